/** TLS, and who it is that answers in HTTP; all before any secret is at stake. */
import type { TrustFailure } from '../../../shared/contract/problem.ts';
import {
  AuthenticationError,
  CancelledError,
  CertificateError,
  type FirstAnswer,
  firstAnswer,
  type Identity,
  inspectCertificate,
  TransportError,
  WSManFault,
} from '../../wsman/index.ts';
import { certificateInfo } from '../certificate-info.ts';
import { certificateCause, httpCause, noAnswerCause, noSchemeCause, tlsCause } from './answer-causes.ts';
import type { StepContext } from './engine.ts';
import { evidenceOf } from './evidence.ts';
import { signInCause } from './fault-causes.ts';

/** A second look at what a port speaks is only a look. */
const peekMs = 1_000;

/** False where nothing is worth signing in to. */
export async function askWhoAnswers(context: StepContext): Promise<boolean> {
  if (!(await handshake(context))) return false;
  const seen = await lookAtAnswers(context);
  if (seen === null) return false;
  // Who it is is told even where no way leads in.
  const mayGoOn = schemes(context, seen);
  return (await identify(context, seen)) && mayGoOn;
}

async function handshake(context: StepContext): Promise<boolean> {
  const { recorder, target, place, limits, signal, toProblem } = context;
  if (target.transport === 'http') {
    recorder.note('tls', { state: 'skipped', meaning: 'There is no certificate over HTTP.' });
    return true;
  }
  const outcome = await recorder.run('tls', async () => {
    let seen: Awaited<ReturnType<typeof inspectCertificate>>;
    try {
      seen = await inspectCertificate(target.host, target.port, { signal, timeoutMs: limits.answer });
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      const isSilent = error.reason === 'connect-timeout';
      const plainly = !isSilent && (await answersPlainly(context));
      const problem = toProblem(error);
      const cause = tlsCause(place, error, plainly);
      return { state: 'failed', meaning: problem.message, evidence: evidenceOf(problem), cause, problem };
    }
    const { chain, failures, protocol } = seen;
    const leaf = chain[0];
    const { pin, skipNameCheck, skipAuthorityCheck } = target.tls;
    const wrong = failures.filter(
      (failure) =>
        !(skipNameCheck && failure === 'wrong-name') && !(skipAuthorityCheck && failure === 'unknown-authority'),
    );
    const evidence =
      leaf === undefined
        ? []
        : [
            `${leaf.subject}, issued by ${leaf.issuer}`,
            `${protocol ?? 'TLS'}, for ${leaf.names.slice(0, 4).join(', ') || 'no name'}, valid ${day(leaf.validFrom)} to ${day(leaf.validTo)}`,
            `SHA-256 ${leaf.sha256}`,
          ];
    const refusal = refuse(pin, leaf?.sha256, wrong, chain);
    if (refusal !== null) {
      const problem = toProblem(refusal);
      return {
        state: 'failed',
        meaning: problem.message,
        evidence,
        problem,
        cause: certificateCause(place, refusal, problem.advice),
        chain: chain.map(certificateInfo),
        trustFailures: refusal.failures,
      };
    }
    const until = leaf === undefined ? '' : `, valid until ${day(leaf.validTo)}`;
    const how =
      pin === null
        ? wrong.length === failures.length
          ? 'issued by an authority that this computer trusts'
          : 'accepted as asked'
        : 'the confirmed one';
    return {
      state: 'passed',
      meaning: `${protocol ?? 'TLS'}; the certificate is ${how}${until}.`,
      evidence,
      chain: chain.map(certificateInfo),
      trustFailures: pin === null ? [] : failures,
    };
  });
  return outcome.state === 'passed';
}

const day = (date: Date): string => (Number.isNaN(date.getTime()) ? '?' : date.toISOString().slice(0, 10));

const trustWords: Readonly<Record<TrustFailure, string>> = {
  'pin-changed': 'it is not the confirmed one',
  'unknown-authority': 'no authority that this computer trusts has issued it',
  'wrong-name': 'it is for another name',
  expired: 'it has expired',
  'not-yet-valid': 'it is not valid yet',
  unreadable: 'it cannot be read',
};

/** With a pin only the pinned certificate is accepted, else what the system trusts. */
function refuse(
  pin: string | null,
  sha256: string | undefined,
  wrong: readonly TrustFailure[],
  chain: CertificateError['chain'],
): CertificateError | null {
  if (pin !== null) {
    if (sha256 === pin) return null;
    return new CertificateError('The certificate is not the one that was confirmed for this machine.', {
      chain,
      failures: ['pin-changed'],
      pinned: pin,
    });
  }
  if (wrong.length === 0) return null;
  return new CertificateError(
    `The certificate is not accepted: ${wrong.map((failure) => trustWords[failure]).join(', ')}.`,
    { chain, failures: wrong },
  );
}

/** Whether the port answers in HTTP when it is asked without TLS. Nothing but an empty POST is sent. */
async function answersPlainly({ target, signal }: StepContext): Promise<boolean> {
  return firstAnswer({ ...target, transport: 'http' }, { signal, timeoutMs: peekMs }).then(
    () => true,
    () => false,
  );
}

/** Whether the port takes a TLS handshake. Nothing is sent in it. */
async function answersInTls({ target, signal }: StepContext): Promise<boolean> {
  if (target.transport === 'https') return false;
  return inspectCertificate(target.host, target.port, { signal, timeoutMs: peekMs }).then(
    () => true,
    // Whoever sends an alert speaks TLS as well.
    (error: unknown) => error instanceof TransportError && /ALERT|UNSUPPORTED_PROTOCOL/.test(error.code ?? ''),
  );
}

interface Seen {
  /** Null where it answered nothing before a sign-in. */
  readonly answer: FirstAnswer | null;
  /** Null where it was not asked yet. */
  readonly anonymous: Anonymous | null;
}

/** What came of anonymous Identify: who it is, or why it does not say. */
interface Anonymous {
  readonly identity: Identity | null;
  readonly refusal: unknown;
}

/**
 * Who answers: an empty POST, and where that does not tell, anonymous Identify after it, since old stacks bear one connection only. A 401 is
 * enough to go on; whoever answers anything else must at least identify itself. Null where it is no WS-Man.
 */
async function lookAtAnswers(context: StepContext): Promise<Seen | null> {
  const { recorder, target, place, limits, signal, toProblem } = context;
  let seen: Seen | null = null;
  await recorder.run('ws-man', async () => {
    let answer: FirstAnswer | null = null;
    let error: unknown = null;
    try {
      answer = await firstAnswer(target, { signal, timeoutMs: limits.answer });
    } catch (cause) {
      if (signal.aborted) throw cause;
      error = cause;
    }
    const evidence = answer === null ? [] : evidenceOfAnswer(answer);
    if (answer?.status === 401 && !isIis(answer)) {
      seen = { answer, anonymous: null };
      return {
        state: 'passed',
        meaning: 'It answers 401 to whoever has not signed in, as WS-Man does.',
        evidence,
      };
    }
    // Other makes keep silent where there is no credential, or answer an empty message in their own way, and yet identify themselves.
    const anonymous = await identifyAnonymously(context);
    if (anonymous.identity !== null) {
      seen = { answer, anonymous };
      return { state: 'passed', meaning: 'It identifies itself as WS-Man.', evidence };
    }
    if (answer !== null) {
      const cause = httpCause(place, answer);
      const { status: httpStatus, excerpt } = answer;
      const problem = toProblem(new TransportError(cause.sentence, { reason: 'http', httpStatus, excerpt }));
      return { state: 'failed', meaning: cause.sentence, evidence, cause, problem };
    }
    const inTls = await answersInTls(context);
    if (!inTls && isTimeout(error) && isTimeout(anonymous.refusal)) {
      seen = { answer: null, anonymous };
      const meaning = 'Nothing is answered before a sign-in; some servers answer only those who sign in.';
      return { state: 'skipped', meaning };
    }
    const cause = noAnswerCause(place, error, inTls);
    const problem = toProblem(error);
    return { state: 'failed', meaning: cause.sentence, evidence: evidenceOf(problem), cause, problem };
  });
  return seen;
}

const isIis = ({ server }: FirstAnswer): boolean => /Microsoft-IIS/i.test(server ?? '');
const isTimeout = (error: unknown): boolean => error instanceof TransportError && error.reason === 'response-timeout';

function evidenceOfAnswer({ status, server, contentType, via, location, excerpt }: FirstAnswer): readonly string[] {
  return [
    `HTTP ${status}${server === null ? '' : `, ${server}`}${contentType === null ? '' : `, ${contentType}`}`,
    ...(via === null ? [] : [`Passed on by ${via}`]),
    ...(location === null ? [] : [`Sent on to ${location}`]),
    ...(words(excerpt) === '' ? [] : [words(excerpt)]),
  ];
}

/** What a page says, without its markup, as far as it tells who it is. */
const words = (excerpt: string): string =>
  excerpt
    .replace(/<[^>]*(>|$)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 120);

async function identifyAnonymously({ client, limits, signal }: StepContext): Promise<Anonymous> {
  try {
    return { identity: await client.identify({ anonymous: true, signal, timeoutMs: limits.answer }), refusal: null };
  } catch (refusal) {
    if (refusal instanceof CancelledError) throw refusal;
    return { identity: null, refusal };
  }
}

/** By way of signing in: the schemes of which one must be offered. A client certificate is announced by nobody. */
const schemesOf: Readonly<Record<string, readonly string[]>> = {
  negotiate: ['Negotiate', 'Kerberos'],
  kerberos: ['Kerberos', 'Negotiate'],
  ntlm: ['Negotiate', 'NTLM'],
  basic: ['Basic'],
  digest: ['Digest'],
};

/** Whether the chosen way to sign in is on offer. Without it nothing is tried: an attempt would be in vain. */
function schemes({ recorder, target, place, toProblem }: StepContext, { answer }: Seen): boolean {
  if (answer?.status !== 401) {
    recorder.note('schemes', { state: 'skipped', meaning: 'It says nothing of schemes before a sign-in.' });
    return true;
  }
  const { offered } = answer;
  const wanted = schemesOf[target.authentication];
  const evidence = [offered.length === 0 ? 'No WWW-Authenticate' : offered.join(', ')];
  if (wanted === undefined) {
    recorder.note('schemes', { state: 'passed', meaning: 'This way to sign in is announced by nobody.', evidence });
    return true;
  }
  if (offered.some((scheme) => wanted.some((name) => name.toLowerCase() === scheme.toLowerCase()))) {
    recorder.note('schemes', { state: 'passed', meaning: `It offers ${offered.join(', ')}.`, evidence });
    return true;
  }
  const [first] = wanted;
  const error = new AuthenticationError(
    `The target does not offer ${first}; it offers ${offered.join(', ') || 'no scheme at all'}.`,
    { reason: 'scheme-not-offered', offered, evidence: { mechanism: mechanisms[target.authentication] ?? 'NTLM' } },
  );
  const problem = toProblem(error);
  const cause = offered.length === 0 ? noSchemeCause(place) : signInCause(place, error);
  recorder.note('schemes', { state: 'failed', meaning: problem.message, evidence, cause, problem });
  return false;
}

const mechanisms: Readonly<Record<string, 'Kerberos' | 'Basic' | 'Digest'>> = {
  kerberos: 'Kerberos',
  basic: 'Basic',
  digest: 'Digest',
};

/** Who it is, as far as strangers are told. False only where nobody is there any more. */
async function identify(context: StepContext, seen: Seen): Promise<boolean> {
  const { recorder, limits } = context;
  const outcome = await recorder.run('identify', async () => {
    const { identity, refusal } = seen.anonymous ?? (await identifyAnonymously(context));
    if (identity !== null) {
      const { productVendor, stack, productVersion, os } = identity;
      const what = stack === null ? (productVersion ?? 'WS-Management') : `WinRM ${stack}`;
      return {
        state: 'passed',
        meaning: `${what} answers${productVendor ? ` (${productVendor})` : ''}.`,
        evidence: [
          [productVendor, productVersion].filter((part) => part !== null).join(', '),
          ...(os === null || os.startsWith('0.') ? [] : [`OS ${os}`]),
        ],
      };
    }
    if (
      refusal instanceof TransportError &&
      (refusal.reason === 'response-timeout' || refusal.reason === 'connection-lost')
    ) {
      const seconds = limits.answer / 1000;
      return {
        state: 'skipped',
        meaning: `Nothing was answered before a sign-in within ${seconds} s; some servers answer only those who sign in.`,
      };
    }
    if (
      refusal instanceof AuthenticationError ||
      refusal instanceof WSManFault ||
      (refusal instanceof TransportError && refusal.reason === 'http')
    ) {
      return {
        state: 'passed',
        meaning: 'Something answers, but tells nothing before a sign-in.',
        evidence: [refusal.message],
      };
    }
    throw refusal;
  });
  return outcome.state !== 'failed';
}
