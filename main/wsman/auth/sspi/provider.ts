/**
 * Windows: the system's own Negotiate and Kerberos (SSPI), through the npm package `kerberos`. SSPI makes and reads the tokens, SPNEGO
 * included, and seals; what is here makes it fit the SecurityContext.
 *
 * NOT SEEN ON REAL WINDOWS. It was written by the package's source and Microsoft's documents and is tested against a stand-in that behaves
 * as they say. What a first run there has to show: that `username` tells the end of the exchange, that TOKEN is 60 octets and more for
 * Kerberos and 16 for NTLM with no PADDING, that DecryptMessage takes signature and data in one STREAM buffer for both, and the texts of
 * the errors.
 *
 * The package passes no channel binding. Over TLS a target with CbtHardeningLevel=Strict refuses for that alone: transport/sign-in.ts
 * explains such a 401 (`binding-unavailable`).
 */
import { AuthenticationError, type AuthenticationReason, ProtocolError } from '../../errors.ts';
import type { KerberosSignIn } from '../kerberos/credentials.ts';
import type { SealedMessage, SecurityContext } from '../security-context.ts';
import { parseUserName } from '../user-name.ts';
import {
  type InitializeOptions,
  type KerberosClient,
  type KerberosPackage,
  loadKerberosPackage,
  Requirement,
  SecurityPackage,
} from './kerberos-package.ts';

export interface SspiOptions {
  /** `Negotiate` may end in NTLM by Windows' own choice; its tokens are SPNEGO. `Kerberos` never does, and its tokens are bare. */
  readonly package: keyof typeof SecurityPackage;
  readonly signIn: KerberosSignIn;
  /** `HTTP/web01.corp.example`. */
  readonly spn: string;
  readonly delegate: boolean;
  /** Inside TLS a refusal may mean that a channel binding was missing. */
  readonly insideTls: boolean;
}

/** SSPI looks for domain controllers on its own time; longer than this nobody waits. */
const MAX_CALL_MS = 60_000;

/**
 * A context of the initiator. Throws AuthenticationError: 'library-missing' without the package, 'no-credential' for an empty user name;
 * `step` throws what SSPI says, with its text as evidence.
 */
export async function createSspiContext(
  options: SspiOptions,
  load: () => Promise<KerberosPackage> = () => loadKerberosPackage(),
): Promise<SecurityContext> {
  const settings = initializeOptions(options);
  const kerberos = await load();
  let client: KerberosClient | null;
  try {
    client = await withinTime(kerberos.initializeClient(options.spn, settings));
  } catch (cause) {
    throw sspiError(cause, options);
  }
  let isNtlm = false;
  // One call at a time, in the order of the asking: sequence numbers, and the package's own fault.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(call: (client: KerberosClient) => Promise<T>): Promise<T> => {
    const turn = last.then(() => {
      if (client === null) throw new ProtocolError('The security context is gone.');
      return withinTime(call(client));
    });
    last = turn.catch(() => {
      // After a failed call the state of the context is anybody's guess.
      client = null;
    });
    return turn;
  };
  return {
    get mechanism() {
      return isNtlm ? 'NTLM' : 'Kerberos';
    },
    get cipher() {
      // The package does not tell the key's type.
      return isNtlm ? 'RC4-128' : 'chosen by Windows';
    },
    get complete() {
      return client?.username != null;
    },
    async step(token) {
      try {
        const answer = await inTurn((context) => context.step(token === null ? '' : toBase64(token)));
        if (!answer) return null;
        const next = Buffer.from(answer, 'base64');
        isNtlm = next.includes('NTLMSSP\0');
        return next;
      } catch (cause) {
        throw sspiError(cause, options);
      }
    },
    async wrap(plain) {
      if (plain.length === 0) throw new ProtocolError('An empty message cannot be sealed through SSPI.');
      const sealed = await inTurn((context) => context.wrap(toBase64(plain), { protect: true })).catch((cause) => {
        throw new ProtocolError(`SSPI did not seal the message: ${textOf(cause)}`, { cause });
      });
      return split(Buffer.from(sealed, 'base64'), plain.length);
    },
    async unwrap(signature, data) {
      if (data.length === 0) throw new ProtocolError('The target sealed an empty message.');
      const sealed = toBase64(Buffer.concat([signature, data]));
      const plain = await inTurn((context) => context.unwrap(sealed)).catch((cause) => {
        throw new ProtocolError(`SSPI cannot open the sealed message: ${textOf(cause)}`, { cause });
      });
      return Buffer.from(plain, 'base64');
    },
    dispose() {
      // The package deletes the context and its keys when nobody holds it any longer.
      client = null;
    },
  };
}

function initializeOptions({ package: name, signIn, delegate }: SspiOptions): InitializeOptions {
  const flags =
    Requirement.mutualAuthentication |
    Requirement.replayDetection |
    Requirement.sequenceDetection |
    Requirement.confidentiality |
    Requirement.integrity |
    (delegate ? Requirement.delegate : 0);
  const common = { mechOID: SecurityPackage[name], flags };
  if (signIn.kind === 'signed-in-user') return common;
  const { user, domain, onTarget } = parseUserName(signIn.userName);
  if (user === '') {
    // The package takes an empty name for the signed-in user, whom nobody has asked for.
    throw new AuthenticationError('There is no user name to sign in with.', { reason: 'no-credential' });
  }
  return { ...common, user, domain: onTarget ? '.' : domain, password: signIn.password };
}

/** TOKEN||DATA||PADDING: what exceeds the plaintext has to be the token alone, as it is with AES and NTLM. */
function split(sealed: Buffer, plainLength: number): SealedMessage {
  const length = sealed.length - plainLength;
  if (length !== tokenLength(sealed, length)) {
    throw new ProtocolError('SSPI sealed the message in a layout that is not known here; HTTPS does without sealing.');
  }
  return { signature: sealed.subarray(0, length), data: sealed.subarray(length) };
}

/** As the token itself tells it; null where it is none that is known. `expected` where it leaves that open. */
function tokenLength(token: Buffer, expected: number): number | null {
  if (expected < 16 || token.length < 16) return null;
  // RFC 4121 4.2.6.2, rotated as MS-KILE 3.4.5.4.1 says: header, confounder and encrypted header of 16 octets, checksum, EC and RRC.
  if (token.readUInt16BE(0) === 0x0504) {
    const [extra, rotated] = [token.readUInt16BE(4), token.readUInt16BE(6)];
    return rotated === 0 ? expected : 32 + extra + rotated;
  }
  // RFC 4757 7.3: DER around the identifier of Kerberos, and 32 octets.
  if (token[0] === 0x60) return token[1]! < 0x80 ? 45 : 45 + (token[1]! & 0x7f);
  // MS-NLMP 2.2.2.9.
  return token.readUInt32LE(0) === 1 ? 16 : null;
}

/**
 * winerror.h in English. The package hands on the text without its number, and the text is in the language of Windows: whatever is not
 * found here counts as a refused password where there was one, since another try could lock the account.
 */
const TEXTS: readonly (readonly [RegExp, AuthenticationReason, string])[] = [
  [/target is unknown or unreachable/i, 'spn-unknown', 'The domain controller knows no such service.'],
  [/logon attempt failed/i, 'rejected', 'The domain controller refuses the user name or the password.'],
  [/no credentials are available/i, 'no-ticket', 'Windows has no Kerberos ticket of the signed-in user.'],
  [/no authority could be contacted/i, 'no-kdc', 'No domain controller can be reached.'],
  [/cannot contact a domain controller/i, 'no-kdc', 'No domain controller can be reached.'],
  [
    /target principal name is incorrect/i,
    'spn-wrong-account',
    'The service principal name belongs to another account.',
  ],
  [/clocks? .*skew/i, 'clock-skew', 'The clocks of this computer and the domain differ by more than Kerberos bears.'],
  [/common algorithm|encryption type/i, 'etype', 'Both sides have no encryption type in common.'],
  [
    /channel bindings/i,
    'binding-unavailable',
    'The target asks for a channel binding, which this provider cannot send.',
  ],
  [/token supplied .* invalid/i, 'bad-token', 'The target answered with a token that SSPI does not take.'],
  [/function requested is not supported/i, 'weak-security', 'The target does not agree to signing and sealing.'],
];

function sspiError(cause: unknown, { package: name, spn, signIn, insideTls }: SspiOptions): Error {
  if (cause instanceof AuthenticationError || cause instanceof ProtocolError) return cause;
  const text = textOf(cause);
  const [, reason, sentence] = TEXTS.find(([pattern]) => pattern.test(text)) ?? [
    null,
    signIn.kind === 'password' ? 'rejected' : 'kerberos',
    `Windows could not sign in: ${text}`,
  ];
  const isAboutBinding = reason === 'binding-unavailable' && insideTls;
  return new AuthenticationError(isAboutBinding ? `${sentence} CbtHardeningLevel on the target is Strict.` : sentence, {
    reason,
    evidence: { ...(name === 'Kerberos' ? { mechanism: 'Kerberos' } : {}), spn, text },
    cause,
  });
}

/** One line, as FormatMessage ends its texts with a line break. */
function textOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replace(/\s+/g, ' ').trim();
}

async function withinTime<T>(call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new AuthenticationError('Windows found no domain controller in time.', { reason: 'no-kdc' })),
      MAX_CALL_MS,
    );
  });
  try {
    return await Promise.race([call, limit]);
  } finally {
    clearTimeout(timer);
  }
}

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
