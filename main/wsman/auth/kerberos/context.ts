/**
 * Kerberos as a security context, both roles (RFC 4121): the library sets the context up, our own code seals with the key it exports.
 * Only the KRB5 mechanism; SPNEGO is carried by auth/spnego.ts. Mutual authentication is a condition, not a wish.
 */
import { AuthenticationError, CancelledError, ProtocolError } from '../../errors.ts';
import { MechOid } from '../neg-token.ts';
import type { MechContext } from '../security-context.ts';
import { type Borrowed, borrowCredential, type KerberosSignIn } from './credentials.ts';
import { type Gss, GssError, GssFlag, type Handle, NO_HANDLE, type Step } from './gss.ts';
import { isStaleTicket, toAuthenticationError } from './kerberos-errors.ts';
import { servicePrincipalOf } from './principal.ts';
import type { KerberosSession } from './session.ts';
import { takeSession } from './take-session.ts';

/** Longer than one KDC that is down, shorter than a user's patience. libkrb5 itself may go on trying for half a minute. */
const STEP_LIMIT_MS = 15_000;
const WANTED = GssFlag.MUTUAL | GssFlag.REPLAY | GssFlag.SEQUENCE | GssFlag.CONF | GssFlag.INTEG;

export interface KerberosInitiatorOptions {
  readonly signIn: KerberosSignIn;
  /** `HTTP/web01.corp.example`, imported as a principal: DNS never rewrites it. */
  readonly spn: string;
  /** Hand the user's forwardable ticket to the target. Where none can be had, `step` throws before anything is sent. */
  readonly delegate: boolean;
  /** Application data: `tls-server-end-point:` and the hash. */
  readonly channelBinding: Uint8Array | null;
  /** How long one step may wait for the KDC, in milliseconds. */
  readonly limitMs?: number;
}

export interface KerberosAcceptorOptions {
  /** File. */
  readonly keytab: string;
  /** What a client's binding must equal, as application data; null where the connection has none. */
  readonly channelBinding: Uint8Array | null;
  /** Refuse a client that sends none (CbtHardeningLevel Strict). A wrong one is refused in any case. */
  readonly requireChannelBinding: boolean;
}

export interface KerberosAcceptor extends MechContext {
  /** Once complete: who it is, `alice@REALM`. */
  readonly peer: { readonly principal: string } | null;
  /** After a refusal: the KRB-ERROR token that may go back to the client, where there is one. */
  readonly errorToken: Uint8Array | null;
}

/**
 * The client. `step` throws AuthenticationError: 'wrong-password', 'unknown-user', 'account-disabled', 'no-kdc', 'spn-unknown', 'clock-skew'
 * and the rest, with SPN, number and text as evidence. The first step may ask the KDC, for no longer than the limit.
 */
export function createInitiatorContext(gss: Gss, options: KerberosInitiatorOptions): MechContext {
  const { signIn, spn, delegate, channelBinding, limitMs = STEP_LIMIT_MS } = options;
  const flags = WANTED | (delegate ? GssFlag.DELEG : 0);
  let handle: Handle = NO_HANDLE;
  let session: KerberosSession | null = null;
  let borrowed: Borrowed | null = null;
  let target: Handle = NO_HANDLE;
  let isStarted = false;
  let isOver = false;
  let isBusy = false;

  /** Only while no call of the library is using them. */
  const release = (): void => {
    if (isBusy) return;
    borrowed?.giveBack();
    borrowed = null;
    if (target !== NO_HANDLE) gss.releaseName(target);
    gss.deleteContext(handle);
    target = handle = NO_HANDLE;
  };

  const initiate = (token: Uint8Array | null, signal: AbortSignal): Promise<Step> => {
    const context = handle;
    handle = NO_HANDLE;
    return gss.initiate({ credential: borrowed!.credential, context, target, flags, channelBinding, token, signal });
  };

  async function start(signal: AbortSignal): Promise<Step> {
    for (let isSecond = false; ; isSecond = true) {
      borrowed = await borrowCredential(gss, signIn, signal);
      signal.throwIfAborted();
      if (target === NO_HANDLE) target = gss.importPrincipal(servicePrincipalOf(spn, borrowed.config));
      try {
        return await initiate(null, signal);
      } catch (cause) {
        // A cached ticket may have grown old while the computer slept; with the password a new one can be had, once.
        if (isSecond || signIn.kind !== 'password' || !isStaleTicket(cause)) throw cause;
        borrowed.drop();
        borrowed.giveBack();
      }
    }
  }

  async function run(token: Uint8Array | null, signal: AbortSignal): Promise<Uint8Array | null> {
    isBusy = true;
    try {
      const step = token === null ? await start(signal) : await initiate(token, signal);
      handle = step.context;
      if (isOver) throw new CancelledError('The Kerberos context was closed.');
      if (delegate && (step.flags & GssFlag.DELEG) === 0) throw notForwardable(spn);
      if (!step.complete) return step.token;
      if ((step.flags & WANTED) !== WANTED) throw notMutual(spn);
      const complete = handle;
      handle = NO_HANDLE;
      session = takeSession(gss, complete, 'initiator');
      isOver = true;
      return step.token;
    } catch (cause) {
      isOver = true;
      const error = toAuthenticationError(cause, { spn, isSignedInUser: signIn.kind === 'signed-in-user' });
      // The service's key has changed since the ticket was issued, or the ticket is no good for another reason.
      if (error instanceof AuthenticationError && error.reason === 'spn-wrong-account') borrowed?.drop();
      throw error;
    } finally {
      isBusy = false;
      if (isOver) release();
    }
  }

  return {
    ...messageProtection(() => session),
    get cipher() {
      return session?.label ?? '';
    },
    get complete() {
      return session !== null;
    },
    async step(token) {
      if (isOver || isBusy || (token === null) === isStarted) throw outOfTurn();
      isStarted = true;
      try {
        return await withLimit((signal) => run(token, signal), limitMs, spn);
      } catch (cause) {
        isOver = true;
        throw cause;
      }
    },
    dispose() {
      isOver = true;
      session?.wipe();
      session = null;
      release();
    },
  };
}

/** The service. `step` throws AuthenticationError; a missing or wrong channel binding is 'rejected'. */
export function createAcceptorContext(gss: Gss, options: KerberosAcceptorOptions): KerberosAcceptor {
  let handle: Handle = NO_HANDLE;
  let session: KerberosSession | null = null;
  let peer: { readonly principal: string } | null = null;
  let errorToken: Uint8Array | null = null;
  let isOver = false;

  async function accept(token: Uint8Array): Promise<Uint8Array | null> {
    const { credential } = await gss.acquireFromKeytab(options.keytab);
    const context = handle;
    handle = NO_HANDLE;
    try {
      const step = await gss.accept({ credential, context, channelBinding: options.channelBinding, token });
      handle = step.context;
      if (!step.complete) return step.token;
      if (options.requireChannelBinding && (step.flags & GssFlag.CHANNEL_BOUND) === 0) throw unbound();
      handle = NO_HANDLE;
      session = takeSession(gss, step.context, 'acceptor');
      peer = { principal: step.peer ?? '' };
      isOver = true;
      return step.token;
    } finally {
      gss.releaseCredential(credential);
    }
  }

  return {
    ...messageProtection(() => session),
    get cipher() {
      return session?.label ?? '';
    },
    get complete() {
      return session !== null;
    },
    get peer() {
      return peer;
    },
    get errorToken() {
      return errorToken;
    },
    async step(token) {
      if (token === null || isOver) throw outOfTurn();
      try {
        return await accept(token);
      } catch (cause) {
        isOver = true;
        errorToken = cause instanceof GssError ? cause.token : null;
        throw toAuthenticationError(cause, { isAcceptor: true });
      }
    },
    dispose() {
      isOver = true;
      session?.wipe();
      session = null;
      gss.deleteContext(handle);
      handle = NO_HANDLE;
    },
  };
}

/** What follows from the session alone. */
function messageProtection(open: () => KerberosSession | null) {
  const session = (): KerberosSession => {
    const opened = open();
    if (!opened) throw new ProtocolError('The Kerberos context is not complete.');
    return opened;
  };
  return {
    mechanism: 'Kerberos' as const,
    oid: MechOid.KERBEROS,
    wrap: (plain: Uint8Array) => session().seal(plain),
    unwrap: (signature: Uint8Array, data: Uint8Array) => session().unseal(signature, data),
    signMechList: (mechTypes: Uint8Array) => session().sign(mechTypes),
    verifyMechList: (mechTypes: Uint8Array, signature: Uint8Array) => session().verify(mechTypes, signature),
  };
}

/** Waits no longer than that. A call that runs cannot be stopped: it ends in its own time and cleans up after itself. */
async function withLimit<T>(work: (signal: AbortSignal) => Promise<T>, limitMs: number, spn: string): Promise<T> {
  const limit = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new AuthenticationError(
        `No domain controller (KDC) has answered within ${Math.ceil(limitMs / 1000)} seconds.`,
        { reason: 'no-kdc', evidence: { mechanism: 'Kerberos', spn } },
      );
      limit.abort(error);
      reject(error);
    }, limitMs);
  });
  const running = work(limit.signal);
  // Nobody may be left to hear of it.
  running.catch(() => {});
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}

function outOfTurn(): AuthenticationError {
  return new AuthenticationError('The Kerberos token came out of turn.', {
    reason: 'bad-token',
    evidence: { mechanism: 'Kerberos' },
  });
}

function notMutual(spn: string): AuthenticationError {
  return new AuthenticationError('The target did not prove who it is, or would not agree to signing and sealing.', {
    reason: 'weak-security',
    evidence: { mechanism: 'Kerberos', spn },
  });
}

function notForwardable(spn: string): AuthenticationError {
  return new AuthenticationError(
    'Delegation was asked for, and the ticket cannot be forwarded: set "forwardable = true" in krb5.conf, and check that the account is not marked as sensitive.',
    { reason: 'kerberos', evidence: { mechanism: 'Kerberos', spn } },
  );
}

function unbound(): AuthenticationError {
  return new AuthenticationError('The client sends no channel binding, and this listener demands one.', {
    reason: 'rejected',
    evidence: { mechanism: 'Kerberos' },
  });
}
