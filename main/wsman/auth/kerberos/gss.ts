/**
 * The calls of GSS-API (RFC 2744, and MIT's extensions of gssapi_krb5.h) that Kerberos needs here, over koffi. Handles are addresses; whoever
 * gets one releases it. What may ask a KDC runs on another thread, so that no KDC ever blocks the event loop; the rest is memory work.
 *
 * MIT and Heimdal agree on every structure used here. Apple's headers pack theirs to two bytes on Intel Macs, and only there.
 */
import type { LibraryHandle, TypeObject } from 'koffi';
import { createGate } from './gate.ts';

type Koffi = typeof import('koffi');
type KoffiFunction = ReturnType<LibraryHandle['func']>;
/** Address of something that belongs to the library; 0n is none. */
export type Handle = bigint;
export const NO_HANDLE: Handle = 0n;

/** RFC 2744 annex A, and MIT's GSS_C_CHANNEL_BOUND_FLAG. */
export const GssFlag = {
  DELEG: 1,
  MUTUAL: 2,
  REPLAY: 4,
  SEQUENCE: 8,
  CONF: 16,
  INTEG: 32,
  CHANNEL_BOUND: 0x800,
} as const;
/** Major status: routine errors are bits 16 to 23, calling errors 24 to 31. */
export const Major = {
  COMPLETE: 0,
  CONTINUE_NEEDED: 1,
  BAD_MECH: 1,
  BAD_NAME: 2,
  BAD_BINDINGS: 4,
  BAD_SIG: 6,
  NO_CRED: 7,
  NO_CONTEXT: 8,
  DEFECTIVE_TOKEN: 9,
  CREDENTIALS_EXPIRED: 11,
  UNAVAILABLE: 16,
} as const;
export const isError = (major: number): boolean => major >>> 16 !== 0;
export const routineError = (major: number): number => (major >>> 16) & 0xff;

/** 1.2.840.113554.1.2.2 */
export const KRB5_MECH = Buffer.from('2a864886f712010202', 'hex');
/** GSS_KRB5_NT_PRINCIPAL_NAME, 1.2.840.113554.1.2.2.1: taken as it is, so that DNS never rewrites it. */
const PRINCIPAL_NAME = Buffer.from('2a864886f71201020201', 'hex');

const Usage = { INITIATE: 1, ACCEPT: 2 } as const;
const INDEFINITE = 0xffffffff;

/** A call that failed. `texts` are the library's, major first. */
export class GssError extends Error {
  override readonly name = 'GssError';
  readonly major: number;
  /** Of the Kerberos mechanism, unsigned. */
  readonly minor: number;
  readonly text: string;
  /** What an acceptor may send back (KRB-ERROR), where there is something. */
  readonly token: Uint8Array | null;
  constructor(call: string, major: number, minor: number, text: string, token: Uint8Array | null = null) {
    super(`${call}: ${text}`);
    this.major = major >>> 0;
    this.minor = minor >>> 0;
    this.text = text;
    this.token = token;
  }
}

export interface Acquired {
  readonly credential: Handle;
  /** How long it is good for, in seconds; Infinity where it has no end. */
  readonly lifetime: number;
}

export interface Step {
  readonly context: Handle;
  readonly token: Uint8Array | null;
  readonly complete: boolean;
  /** Granted, not asked for. */
  readonly flags: number;
}

/** As gss_krb5_lucid_context_v1_t has it. Keys are copies, to be wiped by whoever asked. */
export interface LucidContext {
  readonly initiate: boolean;
  readonly sendSeq: bigint;
  readonly receiveSeq: bigint;
  /** 0: RFC 1964 / RFC 4757, 1: RFC 4121. */
  readonly protocol: number;
  readonly key: { readonly type: number; readonly bytes: Uint8Array };
  readonly hasAcceptorSubkey: boolean;
}

export interface Gss {
  importPrincipal(name: string): Handle;
  /** With its realm: the default one is added where the name has none. */
  canonicalName(name: Handle): string;
  releaseName(name: Handle): void;
  releaseCredential(credential: Handle): void;
  deleteContext(context: Handle): void;
  /** One AS exchange, off the event loop. `password` is not kept by us; the library copies it. */
  acquireWithPassword(name: Handle, password: Uint8Array): Promise<Acquired>;
  /** The default credential cache. */
  acquireDefault(): Promise<Acquired>;
  acquireFromKeytab(keytab: string): Promise<Acquired>;
  /** May ask the KDC for a service ticket, off the event loop. */
  initiate(o: {
    readonly credential: Handle;
    readonly context: Handle;
    readonly target: Handle;
    readonly flags: number;
    readonly channelBinding: Uint8Array | null;
    readonly token: Uint8Array | null;
  }): Promise<Step>;
  accept(o: {
    readonly credential: Handle;
    readonly context: Handle;
    readonly channelBinding: Uint8Array | null;
    readonly token: Uint8Array;
  }): Promise<Step & { readonly peer: string | null }>;
  /** Consumes the context, whether or not it fails. */
  exportLucid(context: Handle): LucidContext;
  statusText(major: number, minor: number): string;
}

/** Declares the functions. Throws where one is missing from the library. */
export function bindGss(koffi: Koffi, library: LibraryHandle): Gss {
  const isPacked = process.platform === 'darwin' && process.arch === 'x64';
  const struct = (members: Record<string, TypeObject | string>): TypeObject =>
    koffi.struct(
      Object.fromEntries(Object.entries(members).map(([name, type]) => [name, isPacked ? [2, type] : type])) as Record<
        string,
        TypeObject
      >,
    );
  const Buf = struct({ length: 'size_t', value: 'void *' });
  const Oid = struct({ length: 'uint32', elements: 'void *' });
  const OidSet = struct({ count: 'size_t', elements: 'void *' });
  const Bindings = struct({
    initiatorType: 'uint32',
    initiator: Buf,
    acceptorType: 'uint32',
    acceptor: Buf,
    application: Buf,
  });
  const KeyValue = struct({ key: 'void *', value: 'void *' });
  const KeyValueSet = struct({ count: 'uint32', elements: 'void *' });
  const LucidKey = struct({ type: 'uint32', length: 'uint32', data: 'void *' });
  const Lucid = struct({
    version: 'uint32',
    initiate: 'uint32',
    endtime: 'uint32',
    sendSeq: 'uint64',
    receiveSeq: 'uint64',
    protocol: 'uint32',
    rfc1964: struct({ sign: 'uint32', seal: 'uint32', key: LucidKey }),
    cfx: struct({ hasSubkey: 'uint32', key: LucidKey, subkey: LucidKey }),
  });

  const outInt = koffi.out(koffi.pointer('uint32'));
  const outHandle = koffi.out(koffi.pointer('void *'));
  const inOutHandle = koffi.inout(koffi.pointer('void *'));
  const inBuf = koffi.pointer(Buf);
  const outBuf = koffi.out(koffi.pointer(Buf));
  const declare = (name: string, ...args: Parameters<LibraryHandle['func']>[2][]): KoffiFunction =>
    library.func(name, 'uint32', [outInt, ...(args as unknown as TypeObject[])]);
  type Argument = Parameters<LibraryHandle['func']>[2];
  const of = (...args: unknown[]) => args as Argument[];

  const f = {
    importName: declare('gss_import_name', ...of(inBuf, 'void *', outHandle)),
    canonicalizeName: declare('gss_canonicalize_name', ...of('void *', 'void *', outHandle)),
    displayName: declare('gss_display_name', ...of('void *', outBuf, 'void *')),
    releaseName: declare('gss_release_name', ...of(inOutHandle)),
    releaseBuffer: declare('gss_release_buffer', ...of(inBuf)),
    releaseCred: declare('gss_release_cred', ...of(inOutHandle)),
    deleteContext: declare('gss_delete_sec_context', ...of(inOutHandle, 'void *')),
    displayStatus: declare(
      'gss_display_status',
      ...of('uint32', 'int', 'void *', koffi.inout(koffi.pointer('uint32')), outBuf),
    ),
    acquireCred: declare(
      'gss_acquire_cred',
      ...of('void *', 'uint32', koffi.pointer(OidSet), 'int', outHandle, 'void *', outInt),
    ),
    acquireWithPassword: declare(
      'gss_acquire_cred_with_password',
      ...of('void *', inBuf, 'uint32', koffi.pointer(OidSet), 'int', outHandle, 'void *', outInt),
    ),
    initSecContext: declare(
      'gss_init_sec_context',
      ...of(
        'void *',
        inOutHandle,
        'void *',
        'void *',
        'uint32',
        'uint32',
        koffi.pointer(Bindings),
        inBuf,
        'void *',
        outBuf,
        outInt,
        'void *',
      ),
    ),
    acceptSecContext: declare(
      'gss_accept_sec_context',
      ...of(
        inOutHandle,
        'void *',
        inBuf,
        koffi.pointer(Bindings),
        outHandle,
        'void *',
        outBuf,
        outInt,
        'void *',
        'void *',
      ),
    ),
    exportLucid: declare('gss_krb5_export_lucid_sec_context', ...of(inOutHandle, 'uint32', outHandle)),
    freeLucid: declare('gss_krb5_free_lucid_sec_context', ...of('void *')),
  };

  // These live as long as the process: the library may keep referring to them.
  const permanent = (bytes: Uint8Array): bigint => {
    const oid: bigint = koffi.alloc(Oid, 1);
    const elements: bigint = koffi.alloc('uint8', bytes.length);
    new Uint8Array(koffi.view(elements, bytes.length)).set(bytes);
    koffi.encode(oid, Oid, { length: bytes.length, elements });
    return oid;
  };
  const krb5Mech = permanent(KRB5_MECH);
  const principalName = permanent(PRINCIPAL_NAME);
  const krb5Only = { count: 1, elements: krb5Mech };
  const gate = createGate();

  const bufferOf = (bytes: Uint8Array | null) => (bytes === null ? null : { length: bytes.length, value: bytes });
  const bindingsOf = (data: Uint8Array | null) =>
    data === null
      ? null
      : {
          initiatorType: 0,
          initiator: { length: 0, value: null },
          acceptorType: 0,
          acceptor: { length: 0, value: null },
          application: { length: data.length, value: data },
        };

  type OutBuffer = { length?: number | bigint; value?: bigint };
  /** A copy of what the library allocated, which is released. */
  const take = (buffer: OutBuffer): Uint8Array | null => {
    if (!buffer.value) return null;
    const length = Number(buffer.length);
    const copy = length > 0 ? new Uint8Array(koffi.view(buffer.value, length)).slice() : null;
    f.releaseBuffer([0], buffer);
    return copy;
  };
  const asText = (bytes: Uint8Array | null) =>
    bytes === null ? '' : Buffer.from(bytes).toString('utf8').replace(/\0+$/, '');

  const oneStatus = (value: number, type: 1 | 2): string => {
    const texts: string[] = [];
    const more = [0];
    do {
      const buffer: OutBuffer = {};
      if (isError(f.displayStatus([0], value, type, krb5Mech, more, buffer))) break;
      texts.push(asText(take(buffer)));
    } while (more[0] !== 0 && texts.length < 8);
    return texts.join(' ');
  };
  const statusText = (major: number, minor: number): string => {
    const mechanism = minor === 0 ? '' : oneStatus(minor, 2);
    return mechanism === '' ? oneStatus(major, 1) : mechanism;
  };
  const failure = (call: string, major: number, minor: number, token: Uint8Array | null = null) =>
    new GssError(call, major, minor, statusText(major, minor), token);
  const check = (call: string, major: number, minor: readonly number[]): void => {
    if (isError(major)) throw failure(call, major, minor[0]!);
  };
  const handleOf = (cell: readonly unknown[]): Handle => (typeof cell[0] === 'bigint' ? cell[0] : NO_HANDLE);

  /** Runs on another thread, one of the few that are not to be blocked all at once. */
  const background = (fn: KoffiFunction, ...args: unknown[]): Promise<number> =>
    gate(
      () =>
        new Promise<number>((resolve, reject) => {
          fn.async(...args, (error: Error | null, major: number) => (error ? reject(error) : resolve(major)));
        }),
    );
  const lifetimeOf = (cell: readonly number[]) => (cell[0] === INDEFINITE ? Number.POSITIVE_INFINITY : cell[0]!);
  const releaseName = (name: Handle) => void f.releaseName([0], [name]);
  const deleteContext = (context: Handle) => {
    if (context !== NO_HANDLE) f.deleteContext([0], [context], null);
  };
  const nameText = (name: Handle): string => {
    const buffer: OutBuffer = {};
    const minor = [0];
    check('gss_display_name', f.displayName(minor, name, buffer, null), minor);
    return asText(take(buffer));
  };

  /** gss_acquire_cred_from with a keytab, where the library has it (MIT); nothing global is changed that way. */
  const acquireFromKeytab = async (keytab: string): Promise<Acquired> => {
    const acquireFrom = declare(
      'gss_acquire_cred_from',
      ...of('void *', 'uint32', koffi.pointer(OidSet), 'int', koffi.pointer(KeyValueSet), outHandle, 'void *', outInt),
    );
    const key = Buffer.from('keytab\0');
    const value = Buffer.from(`FILE:${keytab}\0`);
    const element: bigint = koffi.alloc(KeyValue, 1);
    koffi.encode(element, KeyValue, { key, value });
    const minor = [0];
    const credential = [null];
    const lifetime = [0];
    try {
      const store = { count: 1, elements: element };
      const major = acquireFrom(minor, null, INDEFINITE, krb5Only, Usage.ACCEPT, store, credential, null, lifetime);
      check('gss_acquire_cred_from', major, minor);
    } finally {
      koffi.free(element);
    }
    return { credential: handleOf(credential), lifetime: lifetimeOf(lifetime) };
  };

  return {
    importPrincipal(name) {
      const minor = [0];
      const handle = [null];
      const major = f.importName(minor, bufferOf(Buffer.from(name, 'utf8')), principalName, handle);
      check('gss_import_name', major, minor);
      return handleOf(handle);
    },
    canonicalName(name) {
      const minor = [0];
      const handle = [null];
      check('gss_canonicalize_name', f.canonicalizeName(minor, name, krb5Mech, handle), minor);
      const text = nameText(handleOf(handle));
      releaseName(handleOf(handle));
      return text;
    },
    releaseName,
    releaseCredential(credential) {
      if (credential !== NO_HANDLE) f.releaseCred([0], [credential]);
    },
    deleteContext,
    async acquireWithPassword(name, password) {
      const minor = [0];
      const credential = [null];
      const lifetime = [0];
      const major = await background(
        f.acquireWithPassword,
        minor,
        name,
        bufferOf(password),
        INDEFINITE,
        krb5Only,
        Usage.INITIATE,
        credential,
        null,
        lifetime,
      );
      check('gss_acquire_cred_with_password', major, minor);
      return { credential: handleOf(credential), lifetime: lifetimeOf(lifetime) };
    },
    async acquireDefault() {
      const minor = [0];
      const credential = [null];
      const lifetime = [0];
      const major = await background(
        f.acquireCred,
        minor,
        null,
        INDEFINITE,
        krb5Only,
        Usage.INITIATE,
        credential,
        null,
        lifetime,
      );
      check('gss_acquire_cred', major, minor);
      return { credential: handleOf(credential), lifetime: lifetimeOf(lifetime) };
    },
    acquireFromKeytab,
    async initiate({ credential, context, target, flags, channelBinding, token }) {
      const minor = [0];
      const cell = [context === NO_HANDLE ? null : context];
      const granted = [0];
      const output: OutBuffer = {};
      const major = await background(
        f.initSecContext,
        minor,
        credential,
        cell,
        target,
        krb5Mech,
        flags,
        0,
        bindingsOf(channelBinding),
        bufferOf(token),
        null,
        output,
        granted,
        null,
      );
      const answer = take(output);
      if (isError(major)) {
        const error = failure('gss_init_sec_context', major, minor[0]!);
        deleteContext(handleOf(cell));
        throw error;
      }
      return { context: handleOf(cell), token: answer, complete: major === Major.COMPLETE, flags: granted[0]! };
    },
    async accept({ credential, context, channelBinding, token }) {
      const minor = [0];
      const cell = [context === NO_HANDLE ? null : context];
      const source = [null];
      const granted = [0];
      const output: OutBuffer = {};
      const major = await background(
        f.acceptSecContext,
        minor,
        cell,
        credential,
        bufferOf(token),
        bindingsOf(channelBinding),
        source,
        null,
        output,
        granted,
        null,
        null,
      );
      const answer = take(output);
      const peerName = handleOf(source);
      const peer = peerName === NO_HANDLE ? null : nameText(peerName);
      if (peerName !== NO_HANDLE) releaseName(peerName);
      if (isError(major)) {
        const error = failure('gss_accept_sec_context', major, minor[0]!, answer);
        deleteContext(handleOf(cell));
        throw error;
      }
      return { context: handleOf(cell), token: answer, complete: major === Major.COMPLETE, flags: granted[0]!, peer };
    },
    exportLucid(context) {
      const minor = [0];
      const cell = [context];
      const result = [null];
      const major = f.exportLucid(minor, cell, 1, result);
      // MIT deletes the context on export, Heimdal leaves it.
      const text = isError(major) ? failure('gss_krb5_export_lucid_sec_context', major, minor[0]!) : null;
      deleteContext(handleOf(cell));
      if (text) throw text;
      const lucid = handleOf(result);
      try {
        return readLucid(koffi.decode(lucid, Lucid), (address, length) =>
          new Uint8Array(koffi.view(address, length)).slice(),
        );
      } finally {
        f.freeLucid([0], lucid);
      }
    },
    statusText,
  };
}

interface RawKey {
  readonly type: number;
  readonly length: number;
  readonly data: bigint;
}
interface RawLucid {
  readonly initiate: number;
  readonly sendSeq: number | bigint;
  readonly receiveSeq: number | bigint;
  readonly protocol: number;
  readonly rfc1964: { readonly key: RawKey };
  readonly cfx: { readonly hasSubkey: number; readonly key: RawKey; readonly subkey: RawKey };
}

function readLucid(raw: RawLucid, copy: (address: bigint, length: number) => Uint8Array): LucidContext {
  const hasAcceptorSubkey = raw.protocol === 1 && raw.cfx.hasSubkey !== 0;
  const key = raw.protocol === 0 ? raw.rfc1964.key : hasAcceptorSubkey ? raw.cfx.subkey : raw.cfx.key;
  if (raw.protocol > 1 || key.length > 64) throw new RangeError('the exported context has an unknown layout');
  return {
    initiate: raw.initiate !== 0,
    sendSeq: BigInt(raw.sendSeq),
    receiveSeq: BigInt(raw.receiveSeq),
    protocol: raw.protocol,
    key: { type: key.type, bytes: copy(key.data, key.length) },
    hasAcceptorSubkey,
  };
}
