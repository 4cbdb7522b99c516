/**
 * Kerberos as a security context, both roles (RFC 4121): the library sets the context up, our own code seals with the key it exports.
 * Only the KRB5 mechanism; SPNEGO is carried by auth/spnego.ts. Mutual authentication is a condition, not a wish.
 */
import { AuthenticationError, ProtocolError } from '../../errors.ts';
import type { MechContext } from '../security-context.ts';
import { createCfxSession } from './cfx.ts';
import { type Borrowed, borrowCredential, dropCredential, type KerberosSignIn, withLimit } from './credentials.ts';
import { type Gss, GssFlag, type Handle, type LucidContext, NO_HANDLE, type Step } from './gss.ts';
import { toAuthenticationError } from './kerberos-errors.ts';
import { createRc4HmacSession } from './rc4-hmac.ts';
import type { KerberosSession } from './session.ts';

export const KRB5_OID = '1.2.840.113554.1.2.2';
/** Longer than one KDC that is down, shorter than a user's patience. libkrb5 itself may try for half a minute and more. */
const STEP_LIMIT_MS = 15_000;

export interface KerberosInitiatorOptions {
  readonly signIn: KerberosSignIn;
  /** `HTTP/web01.corp.example`, imported as a principal. */
  readonly spn: string;
  readonly delegate: boolean;
  /** Application data: `tls-server-end-point:` and the hash. */
  readonly channelBinding: Uint8Array | null;
  /** How long one step may wait for the KDC, in milliseconds. */
  readonly limitMs?: number;
}

export interface KerberosAcceptorOptions {
  /** File. */
  readonly keytab: string;
  readonly channelBinding: Uint8Array | null;
  readonly requireChannelBinding: boolean;
}

export interface KerberosAcceptor extends MechContext {
  readonly peer: { readonly principal: string } | null;
  /** After a refusal: the KRB-ERROR token that may go back, where there is one. */
  readonly errorToken: Uint8Array | null;
}

export function createInitiatorContext(gss: Gss, options: KerberosInitiatorOptions): MechContext {
  const limitMs = options.limitMs ?? STEP_LIMIT_MS;
  const wanted = GssFlag.MUTUAL | GssFlag.REPLAY | GssFlag.SEQUENCE | GssFlag.CONF | GssFlag.INTEG;
  const flags = wanted | (options.delegate ? GssFlag.DELEG : 0);
  const state = createState();
  let borrowed: Borrowed | null = null;
  let target: Handle = NO_HANDLE;

  const release = () => {
    borrowed?.giveBack();
    borrowed = null;
    if (target !== NO_HANDLE) gss.releaseName(target);
    target = NO_HANDLE;
  };

  async function advance(token: Uint8Array | null): Promise<Step> {
    borrowed ??= await borrowCredential(gss, options.signIn, limitMs);
    if (target === NO_HANDLE) target = gss.importPrincipal(options.spn);
    const running = gss.initiate({
      credential: borrowed.credential,
      context: state.handle,
      target,
      flags,
      channelBinding: options.channelBinding,
      token,
    });
    state.handle = NO_HANDLE;
    return withLimit(running, limitMs);
  }

  return {
    ...state.context,
    get cipher() {
      return state.cipher();
    },
    get complete() {
      return state.session !== null;
    },
    async step(token) {
      if (state.isDone || (token === null) !== !state.isStarted) throw outOfTurn();
      state.isStarted = true;
      try {
        const step = await advance(token);
        state.handle = step.context;
        if (!step.complete) return step.token;
        if ((step.flags & wanted) !== wanted) throw weak();
        state.open(gss, 'initiator');
        release();
        return step.token;
      } catch (cause) {
        state.isDone = true;
        release();
        throw toAuthenticationError(cause, { spn: options.spn });
      }
    },
    dispose() {
      state.dispose(gss);
      release();
    },
  };
}

export function createAcceptorContext(gss: Gss, options: KerberosAcceptorOptions): KerberosAcceptor {
  const state = createState();
  let peer: { readonly principal: string } | null = null;
  let errorToken: Uint8Array | null = null;
  void dropCredential;
  return {
    ...state.context,
    get cipher() {
      return state.cipher();
    },
    get complete() {
      return state.session !== null;
    },
    get peer() {
      return peer;
    },
    get errorToken() {
      return errorToken;
    },
    async step(token) {
      if (token === null || state.isDone) throw outOfTurn();
      let credential: Handle = NO_HANDLE;
      try {
        credential = (await gss.acquireFromKeytab(options.keytab)).credential;
        const handle = state.handle;
        state.handle = NO_HANDLE;
        const step = await gss.accept({ credential, context: handle, channelBinding: options.channelBinding, token });
        state.handle = step.context;
        if (!step.complete) return step.token;
        if (options.requireChannelBinding && (step.flags & GssFlag.CHANNEL_BOUND) === 0) {
          throw new AuthenticationError('The client sends no channel binding, and this listener demands one.', {
            reason: 'rejected',
            evidence: { mechanism: 'Kerberos' },
          });
        }
        peer = { principal: step.peer ?? '' };
        state.open(gss, 'acceptor');
        return step.token;
      } catch (cause) {
        state.isDone = true;
        const error = toAuthenticationError(cause, {});
        errorToken = (cause as { token?: Uint8Array | null }).token ?? null;
        throw error;
      } finally {
        gss.releaseCredential(credential);
      }
    },
    dispose() {
      state.dispose(gss);
    },
  };
}

function createState() {
  const state = {
    handle: NO_HANDLE as Handle,
    isStarted: false,
    isDone: false,
    session: null as KerberosSession | null,
    cipher: () => state.session?.label ?? '',
    open(gss: Gss, role: 'initiator' | 'acceptor') {
      const handle = state.handle;
      state.handle = NO_HANDLE;
      state.isDone = true;
      state.session = openSession(gss.exportLucid(handle), role);
    },
    dispose(gss: Gss) {
      state.isDone = true;
      state.session?.wipe();
      state.session = null;
      gss.deleteContext(state.handle);
      state.handle = NO_HANDLE;
    },
    context: {
      mechanism: 'Kerberos' as const,
      oid: KRB5_OID,
      wrap: (plain: Uint8Array) => opened().seal(plain),
      unwrap: (signature: Uint8Array, data: Uint8Array) => opened().unseal(signature, data),
      signMechList: (mechTypes: Uint8Array) => opened().sign(mechTypes),
      verifyMechList: (mechTypes: Uint8Array, signature: Uint8Array) => opened().verify(mechTypes, signature),
    },
  };
  function opened(): KerberosSession {
    if (!state.session) throw new ProtocolError('The Kerberos context is not complete.');
    return state.session;
  }
  return state;
}

function openSession(lucid: LucidContext, role: 'initiator' | 'acceptor'): KerberosSession {
  const keys = {
    role,
    sendSeq: lucid.sendSeq,
    receiveSeq: lucid.receiveSeq,
    keyType: lucid.key.type,
    key: lucid.key.bytes,
    isAcceptorSubkey: lucid.hasAcceptorSubkey,
  };
  try {
    return lucid.protocol === 1 ? createCfxSession(keys) : createRc4HmacSession(keys);
  } finally {
    lucid.key.bytes.fill(0);
  }
}

function outOfTurn(): AuthenticationError {
  return new AuthenticationError('The Kerberos token came out of turn.', { reason: 'bad-token' });
}

function weak(): AuthenticationError {
  return new AuthenticationError('The target did not prove who it is, or would not agree to signing and sealing.', {
    reason: 'weak-security',
    evidence: { mechanism: 'Kerberos' },
  });
}
