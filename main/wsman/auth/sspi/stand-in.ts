/**
 * For tests only: a module in the place of the npm package `kerberos` on Windows, with the layout of its results and with its faults
 * (src/win32 of 7.0.0). NTLM tokens are real ones, so that an acceptor of ours can be the other side; Kerberos is only imitated.
 */
import { createNtlmContext } from '../ntlm/context.ts';
import type { MechContext } from '../security-context.ts';
import type { InitializeOptions, KerberosClient, KerberosPackage } from './kerberos-package.ts';

export interface StandIn extends KerberosPackage {
  readonly initialized: { readonly spn: string; readonly options: InitializeOptions }[];
  /** Calls that overlapped, wrapped nothing or unwrapped nothing: each of them wrecks the process there. */
  readonly wrecked: readonly string[];
  /** Texts of the calls to come, as FormatMessage writes them; null: it succeeds. */
  readonly failures: (string | null)[];
}

export interface StandInOptions {
  readonly mechanism: 'NTLM' | 'Kerberos';
  /** Octets of PADDING after the data. */
  readonly padding?: number;
  /** Of the signed-in user. */
  readonly password?: string;
}

const CFX_TOKEN = 60;
const ISC_REQ_CONFIDENTIALITY = 0x10;

export function createStandIn({ mechanism, padding = 0, password = '' }: StandInOptions): StandIn {
  const initialized: StandIn['initialized'] = [];
  const wrecked: string[] = [];
  const failures: (string | null)[] = [];

  async function initializeClient(spn: string, options: InitializeOptions): Promise<KerberosClient> {
    await later();
    fail('AcquireCredentialsHandle');
    initialized.push({ spn, options });
    const ntlm = mechanism === 'NTLM' ? newNtlm(options) : null;
    let isRunning = false;
    let steps = 0;
    let sequence = 0n;
    // The C++ keeps it in the context: whoever comes in between gets, or frees, the other's.
    let response: string | null = null;
    let username: string | null = null;

    async function alone<T extends string | null>(what: string, work: () => T | Promise<T>): Promise<T> {
      if (isRunning) wrecked.push(`${what} during another call`);
      isRunning = true;
      await later();
      try {
        fail(what);
        response = await work();
        await later();
        return response as T;
      } finally {
        isRunning = false;
      }
    }
    const finish = () => {
      username = `${options.domain ?? 'CORP'}\\${options.user ?? 'me'}`;
    };
    return {
      get username() {
        return username;
      },
      // Not in the interface, since nobody is to ask it: true after the first step.
      get contextComplete() {
        return steps > 0;
      },
      step: (token: string) =>
        alone('InitializeSecurityContext', async () => {
          steps++;
          if (ntlm) {
            const next = await ntlm.step(token === '' ? null : Buffer.from(token, 'base64'));
            if (ntlm.complete) finish();
            return next && Buffer.from(next).toString('base64');
          }
          if (steps === 1) return Buffer.from('600dAP-REQ', 'latin1').toString('base64');
          finish();
          return null;
        }),
      wrap: (plain: string, options_: { readonly protect: true }) =>
        alone('EncryptMessage', () => {
          if (plain === '') wrecked.push('wrap of nothing');
          if (!options_.protect || !(options.flags & ISC_REQ_CONFIDENTIALITY)) {
            throw new Error('EncryptMessage: The function requested is not supported\r\n');
          }
          const bytes = Buffer.from(plain, 'base64');
          const { signature, data } = ntlm ? ntlm.wrap(bytes) : imitateCfx(bytes, sequence++);
          return Buffer.concat([signature, data, Buffer.alloc(padding)]).toString('base64');
        }),
      unwrap: (sealed: string) =>
        alone('DecryptMessage', () => {
          const bytes = Buffer.from(sealed, 'base64');
          const length = ntlm ? 16 : CFX_TOKEN;
          const plain = ntlm
            ? ntlm.unwrap(bytes.subarray(0, length), bytes.subarray(length))
            : bytes.subarray(length).map((octet) => octet ^ 0x55);
          if (plain.length === 0) wrecked.push('Error in native callback');
          return Buffer.from(plain).toString('base64');
        }),
    } as KerberosClient;
  }

  function newNtlm(options: InitializeOptions): MechContext {
    return createNtlmContext({
      role: 'initiator',
      userName: { user: options.user ?? 'me', domain: options.domain ?? '', onTarget: options.domain === '.' },
      password: async () => options.password ?? password,
      spn: '',
      channelBinding: null,
    });
  }

  function fail(what: string): void {
    const text = failures.shift();
    if (text) throw new Error(`${what}: ${text}\r\n`);
  }
  return { initializeClient, initialized, wrecked, failures };
}

/** The octets of RFC 4121 that are seen without a key: header, EC 0, RRC 28, sequence number. */
function imitateCfx(plain: Uint8Array, sequence: bigint) {
  const signature = Buffer.alloc(CFX_TOKEN, 0xcc);
  signature.set([5, 4, 6, 0xff, 0, 0, 0, 28]);
  signature.writeBigUInt64BE(sequence, 8);
  return { signature, data: plain.map((octet) => octet ^ 0x55) };
}

/** The package works on other threads. */
const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
