/**
 * The calls of GSS-API (RFC 2744, and MIT's extensions of gssapi_krb5.h) that Kerberos needs here, as the rest of this folder sees them.
 * Handles are addresses; whoever gets one releases it.
 */
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
export const PRINCIPAL_NAME = Buffer.from('2a864886f71201020201', 'hex');

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
  /** Of the default credential cache. */
  acquireDefault(signal?: AbortSignal): Promise<Acquired>;
  acquireFromKeytab(keytab: string): Promise<Acquired>;
  /** Without a context yet it may ask the KDC for a service ticket, off the event loop; with one it only reads the target's answer. */
  initiate(o: {
    readonly credential: Handle;
    readonly context: Handle;
    readonly target: Handle;
    readonly flags: number;
    readonly channelBinding: Uint8Array | null;
    readonly token: Uint8Array | null;
    /** Only while it waits for its turn; what runs cannot be stopped. */
    readonly signal?: AbortSignal;
  }): Promise<Step>;
  accept(o: {
    readonly credential: Handle;
    readonly context: Handle;
    readonly channelBinding: Uint8Array | null;
    readonly token: Uint8Array;
  }): Promise<Step & { readonly peer: string | null }>;
  /** Consumes the context; where it throws, the context is still there. */
  exportLucid(context: Handle): LucidContext;
  /** gss_wrap_iov with confidentiality: what stands before the data, the data, and padding behind it. */
  wrapIov(context: Handle, plain: Uint8Array): { readonly header: Uint8Array; readonly data: Uint8Array };
  /** gss_unwrap of one whole token. */
  unwrap(context: Handle, token: Uint8Array): { readonly plain: Uint8Array; readonly sealed: boolean };
  getMic(context: Handle, message: Uint8Array): Uint8Array;
  /** False where the signature or the sequence is wrong. */
  verifyMic(context: Handle, message: Uint8Array, token: Uint8Array): boolean;
}
