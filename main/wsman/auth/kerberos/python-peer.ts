/** Test support: a GSS-API context of MIT krb5 in a Python process (kerberos-peer.py), and a KDC for it. */
import { fileURLToPath } from 'node:url';
import { startLinePeer } from '../line-peer.ts';

const SCRIPT = fileURLToPath(new URL('./kerberos-peer.py', import.meta.url));

export interface PythonPeerOptions {
  readonly role: 'initiate' | 'accept';
  readonly form: 'raw' | 'spnego';
  readonly krb5Config: string;
  /** For the acceptor. */
  readonly keytab?: string;
  /** For the initiator. */
  readonly user?: string;
  readonly password?: string;
  readonly target?: string;
  /** Channel binding as application data. */
  readonly binding?: Uint8Array;
  readonly delegate?: boolean;
}

export interface PythonPeer {
  readonly complete: boolean;
  step(token: Uint8Array | null): Promise<Uint8Array | null>;
  /** gss_wrap_iov: header, data, padding. */
  wrapIov(plain: Uint8Array): Promise<{ signature: Uint8Array; data: Uint8Array; padding: Uint8Array }>;
  unwrapIov(signature: Uint8Array, data: Uint8Array): Promise<Uint8Array>;
  /** gss_wrap and gss_unwrap: one token. */
  wrap(plain: Uint8Array): Promise<Uint8Array>;
  unwrap(token: Uint8Array): Promise<Uint8Array>;
  sign(message: Uint8Array): Promise<Uint8Array>;
  /** Rejects where the signature is wrong. */
  verify(message: Uint8Array, token: Uint8Array): Promise<void>;
  info(): Promise<{ initiator: string; flags: number; delegated: boolean }>;
  /** The token that came with the last failure (KRB-ERROR), if any. */
  readonly errorToken: Uint8Array | null;
  end(): void;
}

/** Starts it. Throws with MIT's words where it cannot make its context. */
export async function startPythonPeer(options: PythonPeerOptions): Promise<PythonPeer> {
  const peer = startLinePeer(SCRIPT, [options.role, options.form], {
    PATH: process.env['PATH'] ?? '',
    LC_ALL: 'C.UTF-8',
    KRB5_CONFIG: options.krb5Config,
    ...(options.keytab === undefined ? {} : { KRB5_KTNAME: `FILE:${options.keytab}` }),
  });
  let complete = false;
  let errorToken: Uint8Array | null = null;
  const word = (bytes: Uint8Array | null) => (bytes && bytes.length > 0 ? Buffer.from(bytes).toString('base64') : '-');
  const bytes = (text: string | undefined) => new Uint8Array(Buffer.from(text === '-' ? '' : (text ?? ''), 'base64'));
  const ask = async (command: string, ...data: (Uint8Array | null)[]): Promise<string[]> => {
    const [kind, ...words] = (await peer.ask([command, ...data.map(word)].join(' '))).split(' ');
    if (kind !== 'error') return words;
    errorToken = words[0] && words[0] !== '-' ? bytes(words[0]) : null;
    throw new Error(`MIT krb5: ${words.slice(1).join(' ')}`);
  };

  const { user, password, target, binding, delegate } = options;
  const settings = { user, password, target, delegate, binding: binding ? word(binding) : undefined };
  const first = await peer.ask(JSON.stringify(settings));
  if (first !== 'ready') throw new Error(`${first} (Debian packages python3-gssapi, krb5-user: npm run setup)`);

  return {
    get complete() {
      return complete;
    },
    get errorToken() {
      return errorToken;
    },
    async step(token) {
      const [state, answer] = await ask('step', token);
      complete = state === '1';
      return answer === '-' ? null : bytes(answer);
    },
    async wrapIov(plain) {
      const [signature, data, padding] = await ask('wrap', plain);
      return { signature: bytes(signature), data: bytes(data), padding: bytes(padding) };
    },
    unwrapIov: async (signature, data) => bytes((await ask('unwrap', signature, data))[0]),
    wrap: async (plain) => bytes((await ask('plainwrap', plain))[0]),
    unwrap: async (token) => bytes((await ask('plainunwrap', token))[0]),
    sign: async (message) => bytes((await ask('sign', message))[0]),
    verify: async (message, token) => void (await ask('verify', message, token)),
    async info() {
      const [initiator, flags, delegated] = await ask('info');
      return { initiator: initiator ?? '', flags: Number(flags), delegated: delegated === '1' };
    },
    end: () => void peer.child.kill(),
  };
}
