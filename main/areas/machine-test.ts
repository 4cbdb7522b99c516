import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { MachineSettings, TestStep, TestStepName } from '../../shared/contract/machines.ts';
import type { CertificateInfo, TrustFailure } from '../../shared/contract/problem.ts';
import { anonymousLimitMs, identifyAnonymously } from '../sessions/anonymous-identify.ts';
import {
  CertificateError,
  type ConnectionSecurity,
  cimSchema,
  inspectCertificate,
  offeredSchemes,
  TransportError,
} from '../wsman/index.ts';
import { certificateInfo } from './certificate-info.ts';
import type { AreaContext } from './context.ts';
import { queryOne, select } from './query.ts';
import { openTrial, type Trial } from './trial.ts';

/** The whole test ends by then, whatever the target does. */
const limitMs = 9_500;
/** Name, TCP and TLS: each on its own. */
const stepLimitMs = 4_000;
/** Those who answer only after a sign-in are not waited for long. */
const schemesLimitMs = 1_500;
const osSchema = cimSchema({ Caption: 'string', CSName: 'string' });

type Finding = Pick<TestStep, 'seen'> & {
  readonly outcome?: 'passed' | 'skipped';
  readonly chain?: readonly CertificateInfo[];
  readonly trustFailures?: readonly TrustFailure[];
};
interface Step {
  readonly name: TestStepName;
  readonly run: (signal: AbortSignal) => Promise<Finding>;
}

/**
 * Tries settings that need not be saved, one layer after another; the first failure ends it and the rest is skipped. No secret leaves before
 * the certificate is accepted, and a password is tried once, by the rules against lock-outs.
 */
export function createMachineTest(context: AreaContext): ConsoleHandlers['machines']['test'] {
  return async ({ settings, credential }, sink) => {
    const limit = AbortSignal.timeout(limitMs);
    const signal = AbortSignal.any([sink.signal, context.closing, limit]);
    const trial = openTrial(context, settings, credential);
    const steps = stepsOf(context, settings, trial);
    try {
      let failed = false;
      for (const { name, run } of steps) {
        const blank = { step: name, milliseconds: 0, problem: null, chain: [], trustFailures: [] };
        if (failed) {
          await sink.push({ ...blank, outcome: 'skipped', seen: 'Not tried, since an earlier step failed.' });
          continue;
        }
        await sink.push({ ...blank, outcome: 'running', seen: '' });
        const startedAt = performance.now();
        const milliseconds = () => Math.round(performance.now() - startedAt);
        try {
          const { seen, outcome = 'passed', chain = [], trustFailures = [] } = await run(signal);
          await sink.push({ ...blank, outcome, milliseconds: milliseconds(), seen, chain, trustFailures });
        } catch (error) {
          sink.signal.throwIfAborted();
          failed = true;
          const cause = limit.aborted
            ? new TransportError('There was no answer in time.', { reason: 'response-timeout', cause: error })
            : error;
          const { host, port, userName } = trial.target;
          const problem = context.toProblem(cause, undefined, { host, port, ...(userName !== null && { userName }) });
          const { chain, failures } = problem.certificate ?? { chain: [], failures: [] };
          await sink.push({
            ...blank,
            outcome: 'failed',
            milliseconds: milliseconds(),
            seen: problem.message,
            problem,
            chain,
            trustFailures: failures,
          });
        }
      }
    } finally {
      trial.close();
    }
  };
}

function stepsOf(context: AreaContext, settings: MachineSettings, trial: Trial): readonly Step[] {
  const { client } = trial;
  return [
    { name: 'name', run: () => resolveName(settings.address) },
    { name: 'tcp', run: (signal) => openPort(settings.address, settings.port, signal) },
    { name: 'certificate', run: (signal) => lookAtCertificate(settings, signal) },
    { name: 'identify', run: (signal) => identify(trial, signal) },
    {
      name: 'sign-in',
      async run(signal) {
        // The user asked for this one machine.
        await trial.signIn({ askedAt: context.now(), signal }, () => client.identify({ signal }));
        return { seen: howSignedIn(trial.who, client.security()) };
      },
    },
    {
      name: 'read',
      async run(signal) {
        const os = await queryOne(client, select(osSchema, 'Win32_OperatingSystem'), osSchema, signal);
        return { seen: `${os?.CSName ?? 'The machine'} runs ${os?.Caption?.trim() ?? 'an unknown system'}.` };
      },
    },
  ];
}

async function resolveName(address: string): Promise<Finding> {
  if (isIP(address)) return { seen: `${address} is an address; there is no name to resolve.`, outcome: 'skipped' };
  try {
    const found = await withLimit(lookup(address, { all: true }), stepLimitMs);
    return { seen: `${address} is ${found.map((entry) => entry.address).join(', ')}.` };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new TransportError(`The name ${address} is not known here.`, { reason: 'name-not-found', code, cause });
  }
}

/** Opens the port and closes it again: nothing is sent. */
async function openPort(host: string, port: number, signal: AbortSignal): Promise<Finding> {
  const startedAt = performance.now();
  const socket = connect({ host, port, autoSelectFamily: true });
  try {
    await withLimit(
      new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve).once('error', reject);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
      stepLimitMs,
    );
    return { seen: `Port ${port} answers after ${Math.round(performance.now() - startedAt)} ms.` };
  } catch (cause) {
    signal.throwIfAborted();
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED') {
      throw new TransportError(`Nothing listens on port ${port}, or a firewall refuses it.`, {
        reason: 'refused',
        code,
        cause,
      });
    }
    if (cause instanceof LimitError || code === 'ETIMEDOUT') {
      throw new TransportError(`Port ${port} does not answer.`, {
        reason: 'connect-timeout',
        code: 'ETIMEDOUT',
        cause,
      });
    }
    throw new TransportError(`Port ${port} cannot be reached.`, { reason: 'network-unreachable', code, cause });
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
}

/** Shows the chain. With a pin only the pinned certificate is accepted, else what the system trusts. */
async function lookAtCertificate(settings: MachineSettings, signal: AbortSignal): Promise<Finding> {
  if (settings.transport === 'http') return { seen: 'There is no certificate over HTTP.', outcome: 'skipped' };
  const { address, port, pin } = settings;
  const { chain, failures, protocol } = await inspectCertificate(address, port, { signal, timeoutMs: stepLimitMs });
  const leaf = chain[0];
  if (pin !== null && leaf?.sha256 !== pin) {
    throw new CertificateError('The certificate is not the one that was confirmed for this machine.', {
      chain,
      failures: ['pin-changed'],
      pinned: pin,
    });
  }
  if (pin === null && failures.length > 0) {
    throw new CertificateError(
      `The certificate is not accepted: ${failures.map((failure) => trustWords[failure]).join(', ')}.`,
      { chain, failures },
    );
  }
  const until = leaf === undefined ? '' : `, valid until ${new Date(leaf.validTo).toISOString().slice(0, 10)}`;
  const how = pin === null ? 'issued by an authority that this computer trusts' : 'the confirmed one';
  return {
    seen: `${protocol ?? 'TLS'}; the certificate is ${how}${until}.`,
    chain: chain.map(certificateInfo),
    trustFailures: pin === null ? [] : failures,
  };
}

const trustWords: Readonly<Record<TrustFailure, string>> = {
  'pin-changed': 'it is not the confirmed one',
  'unknown-authority': 'no authority that this computer trusts has issued it',
  'wrong-name': 'it is for another name',
  expired: 'it has expired',
  'not-yet-valid': 'it is not valid yet',
  unreadable: 'it cannot be read',
};

/** Not every server speaks to strangers: what one keeps to itself here, the sign-in shows. Which schemes it offers is asked beside. */
async function identify({ client, target }: Trial, signal: AbortSignal): Promise<Finding> {
  // One after the other: old stacks bear one connection only.
  const offered = await offeredSchemes(target, { signal, timeoutMs: schemesLimitMs }).catch(() => []);
  const answer = await identifyAnonymously(client, signal);
  const schemes = offered.length === 0 ? '' : ` It offers ${offered.join(', ')}.`;
  if (answer.kind === 'silent') {
    const seconds = anonymousLimitMs / 1000;
    return {
      seen: `Nothing was answered before a sign-in within ${seconds} s; some servers answer only those who sign in.${schemes}`,
      outcome: 'skipped',
    };
  }
  if (answer.kind === 'refused') return { seen: `Something answers, but tells nothing before a sign-in.${schemes}` };
  const { productVendor, stack, productVersion } = answer.identity;
  const what = stack === null ? (productVersion ?? 'WS-Management') : `WinRM ${stack}`;
  return { seen: `${what} answers${productVendor ? ` (${productVendor})` : ''}.${schemes}` };
}

/** `CORP\admin is signed in with Kerberos inside SPNEGO (AES256-SHA1, HTTP/web01.corp.example); messages are protected by TLS 1.3.` */
export function howSignedIn(who: string, security: ConnectionSecurity | null): string {
  if (security === null || security.mechanism === null) return `${who} is signed in, without any mechanism.`;
  const { mechanism, inside, cipher, spn, clientCertificate, protection } = security;
  const details = [cipher, spn, clientCertificate?.subject].filter((detail) => detail != null);
  const with_ = `${mechanism}${inside === null ? '' : ` inside ${inside}`}`;
  const more = details.length === 0 ? '' : ` (${details.join(', ')})`;
  const messages = protection === null ? 'messages go in clear text' : `messages are protected by ${protection}`;
  return `${who} is signed in with ${with_}${more}; ${messages}.`;
}

class LimitError extends Error {}

function withLimit<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LimitError('The time is over.')), milliseconds);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}
