import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KerberosAcceptor } from '../../wsman/auth/negotiate.ts';
import { AuthenticationError } from '../../wsman/errors.ts';
import { type Kdc, startKdc } from '../kdc.ts';
import { countAttempt, type MachineStatistics } from '../statistics.ts';
import type { Account } from './accounts.ts';
import { KRB_AP_ERR_BAD_INTEGRITY, KRB_AP_ERR_MODIFIED, KRB_AP_ERR_SKEW, krbErrorToken } from './krb-error.ts';

/** The Kerberos realm of a fleet: a KDC of its own, the accounts as principals, and the machines' service principals. */
export interface LabRealm {
  readonly name: string;
  /** Path of a krb5.conf for clients. */
  readonly krb5Config: string;
  createAcceptor(options: {
    /** Application data: `tls-server-end-point:` and the certificate's hash. */
    readonly channelBinding: Uint8Array | null;
    readonly requireChannelBinding: boolean;
    readonly fault: 'clock-skew' | 'spn-on-another-account' | null;
  }): Promise<KerberosAcceptor>;
  /** Passwords that were tried at the KDC so far, by account. */
  attempts(): Promise<MachineStatistics['attempts']>;
  close(): Promise<void>;
}

const serviceClasses = ['HTTP', 'HOST', 'WSMAN'] as const;
const spnOfTheLab = 'HTTP/localhost';
/** So many machines have their own names registered before the fleet is ready; some 7 ms each. The others' follow in the background. */
const registeredAtOnce = 20;
const batch = 20;

/** An acceptor's refusal with the words of the mechanism: a token for the answer. */
class RefusalWithToken extends AuthenticationError {
  readonly token: Uint8Array;
  constructor(cause: AuthenticationError, token: Uint8Array) {
    super(cause.message, { reason: cause.reason, evidence: cause.evidence, cause });
    this.token = token;
  }
}
export const refusalTokenOf = (error: unknown): Uint8Array | null =>
  error instanceof RefusalWithToken ? error.token : null;

/**
 * Starts the KDC. The realm is the machines' domain in upper case. `KRB5_CONFIG` of this process is set: the acceptor is libkrb5 in here.
 * Throws one sentence where krb5-kdc is missing.
 */
export async function startRealm(options: {
  readonly domain: string;
  readonly accounts: readonly Account[];
  /** Short names. */
  readonly machines: readonly string[];
  readonly enctypes: string | null;
}): Promise<LabRealm> {
  const { domain, accounts, machines, enctypes } = options;
  const spnsOf = (machine: string): string[] =>
    [machine.toLowerCase(), `${machine.toLowerCase()}.${domain}`].flatMap((host) =>
      serviceClasses.map((serviceClass) => `${serviceClass}/${host}`),
    );
  const kdc = await startKdc({
    realm: domain.toUpperCase(),
    principals: accounts
      .filter(({ scope }) => scope !== 'local')
      .map(({ user, password }) => ({ name: user, password })),
    services: [
      ...serviceClasses.map((serviceClass) => `${serviceClass}/localhost`),
      ...machines.slice(0, registeredAtOnce).flatMap(spnsOf),
    ],
    ...(enctypes === null ? {} : { permittedEnctypes: enctypes }),
  });
  process.env['KRB5_CONFIG'] = kdc.krb5Config;
  // Replays are for libkrb5 to notice, but not in a file that outlives the lab.
  process.env['KRB5RCACHENAME'] = `file2:${join(kdc.folder, 'replay')}`;
  let closing = false;
  const registering = registerRest().catch((error: Error) => {
    if (!closing) process.stderr.write(`lab: not all service principals could be registered: ${error.message}\n`);
  });

  async function registerRest(): Promise<void> {
    for (let at = registeredAtOnce; at < machines.length && !closing; at += batch) {
      const names = machines.slice(at, at + batch).flatMap(spnsOf);
      await kdc.administer(
        ...names.map((name) => `addprinc -randkey ${name}`),
        `ktadd -k ${kdc.keytab} -norandkey ${names.join(' ')}`,
      );
    }
  }

  const otherKeytab = join(kdc.folder, 'another-account.keytab');
  async function keytabOf(fault: string | null): Promise<string> {
    if (fault !== 'spn-on-another-account') return kdc.keytab;
    if (!existsSync(otherKeytab))
      await writeFile(otherKeytab, withOtherKeys(await readFile(kdc.keytab)), { mode: 0o600 });
    return otherKeytab;
  }

  return {
    name: kdc.realm,
    krb5Config: kdc.krb5Config,
    async createAcceptor({ channelBinding, requireChannelBinding, fault }) {
      // Only a fleet with a realm loads the native library.
      const { createKerberosAcceptor } = await import('../../wsman/auth/kerberos/provider.ts');
      const keytab = await keytabOf(fault);
      const acceptor = await createKerberosAcceptor({ keytab, channelBinding, requireChannelBinding });
      const refusalOf = (error: AuthenticationError): AuthenticationError => {
        const code = codeOfWindows(error.evidence.code);
        // What libkrb5 says itself is best, where it says what Windows says.
        const own = code === null ? null : krbErrorToken(code, spnOfTheLab, kdc.realm, new Date());
        const token = code === error.evidence.code ? (acceptor.errorToken ?? own) : own;
        return token === null ? error : new RefusalWithToken(error, token);
      };
      const { step } = acceptor;
      return Object.assign(acceptor, {
        step: async (token: Uint8Array | null): Promise<Uint8Array | null> => {
          if (fault === 'clock-skew') throw skewed(kdc);
          try {
            return await step(token);
          } catch (error) {
            throw error instanceof AuthenticationError ? refusalOf(error) : error;
          }
        },
      });
    },
    attempts: async () => readAttempts(await kdc.readLog(), kdc.realm),
    async close() {
      closing = true;
      await registering;
      await kdc.close();
    },
  };
}

/** The KRB-ERROR number that Windows would send; null for what is no number of RFC 4120 7.5.9. */
function codeOfWindows(code: number | undefined): number | null {
  if (code === undefined || code < 1 || code > 127) return null;
  // A ticket under another account's key: MIT speaks of integrity, Windows of modification.
  return code === KRB_AP_ERR_BAD_INTEGRITY ? KRB_AP_ERR_MODIFIED : code;
}

const skewMs = 3 * 3_600_000;
function skewed(kdc: Kdc): RefusalWithToken {
  const cause = new AuthenticationError('The clocks differ by too much.', { reason: 'clock-skew' });
  return new RefusalWithToken(
    cause,
    krbErrorToken(KRB_AP_ERR_SKEW, spnOfTheLab, kdc.realm, new Date(Date.now() + skewMs)),
  );
}

/** AS requests that bring a proof of the password along. The KDC's first answer, "pre-authenticate", is not an attempt. */
export function readAttempts(log: string, realm: string): MachineStatistics['attempts'] {
  const attempts: MachineStatistics['attempts'] = new Map();
  for (const line of log.split('\n')) {
    const match = /AS_REQ .*: (?:ISSUE: .*}, |PREAUTH_FAILED: )(\S+)@(\S+) for /.exec(line);
    if (match?.[2] === realm) countAttempt({ attempts }, match[1]!, 'Kerberos');
  }
  return attempts;
}

/** The same keytab (MIT's file format 0x502) with other keys of the same names, types and versions. */
export function withOtherKeys(keytab: Buffer): Buffer {
  const changed = Buffer.from(keytab);
  for (let at = 2; at + 4 <= changed.length; ) {
    const size = changed.readInt32BE(at);
    at += 4;
    if (size > 0) {
      let next = at;
      const components = changed.readUInt16BE(next);
      next += 2;
      // Realm and components, each with its length before it; then type of name, time, version, and the key.
      for (let index = 0; index <= components; index++) next += 2 + changed.readUInt16BE(next);
      next += 4 + 4 + 1 + 2;
      const length = changed.readUInt16BE(next);
      for (let byte = next + 2; byte < next + 2 + length; byte++) changed[byte] = changed[byte]! ^ 0x5a;
    }
    // A hole has a negative size.
    at += Math.abs(size);
  }
  return changed;
}
