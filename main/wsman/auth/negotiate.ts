/**
 * What goes under HTTP's `Negotiate` and `Kerberos`: raw NTLM, a bare Kerberos token, or SPNEGO around either (MS-WSMV 2.2.9.1). The
 * acceptor takes whichever comes, as Windows does. Which of them a client sends is decided in initiator.ts.
 */
import { AuthenticationError } from '../errors.ts';
import { initialTokenMech, isSpnegoToken, MechOid, mechanismOf, parseNegTokenInit } from './neg-token.ts';
import {
  createNtlmContext,
  type NtlmAcceptorOptions,
  type NtlmContext,
  type NtlmInitiatorOptions,
} from './ntlm/context.ts';
import { isNtlmToken } from './ntlm/messages.ts';
import type { MechContext, OwnContext } from './security-context.ts';
import { createSpnegoContext } from './spnego.ts';

export type NegotiateForm = 'raw' | 'spnego';

/** NTLM alone, raw or inside SPNEGO. What a target's policy makes of it is in initiator.ts. */
export function createNegotiateInitiator(form: NegotiateForm, options: NtlmInitiatorOptions): OwnContext {
  const ntlm = createNtlmContext(options);
  return form === 'raw' ? ntlm : createSpnegoContext([ntlm], 'initiator');
}

/** A Kerberos acceptor with the principal that it has accepted. */
export type KerberosAcceptor = MechContext & { readonly peer: { readonly principal: string } | null };

export interface NegotiateAcceptorOptions {
  /** Null: NTLM is not accepted. */
  readonly ntlm: NtlmAcceptorOptions | null;
  /** Makes the Kerberos side when a client offers it; null: not accepted. */
  readonly kerberos: (() => Promise<KerberosAcceptor>) | null;
}

/** Who was accepted. */
export interface AcceptedPeer {
  /** As the client wrote it; of a principal the part before the realm. */
  readonly user: string;
  /** NTLM's domain as the client wrote it, or the realm. */
  readonly domain: string;
  /** Empty with Kerberos. */
  readonly workstation: string;
  /** `user@REALM`; null with NTLM. */
  readonly principal: string | null;
}

/** An acceptor, and whom it accepted. */
export interface NegotiateAcceptor extends OwnContext {
  readonly peer: AcceptedPeer | null;
  /** Which form the client chose; null before its first token. */
  readonly form: NegotiateForm | null;
}

export function createNegotiateAcceptor(options: NegotiateAcceptorOptions): NegotiateAcceptor {
  let ntlm: NtlmContext | null = null;
  let kerberos: KerberosAcceptor | null = null;
  let form: NegotiateForm | null = null;
  let chosen: OwnContext | null = null;

  /** By the first token: which mechanisms it speaks of, and whether they come inside SPNEGO. */
  async function begin(token: Uint8Array): Promise<OwnContext> {
    form = isSpnegoToken(token) ? 'spnego' : 'raw';
    const offered = form === 'spnego' ? parseNegTokenInit(token).mechTypes.map(mechanismOf) : [rawMech(token)];
    const mechs: MechContext[] = [];
    if (options.kerberos && offered.includes(MechOid.KERBEROS)) {
      kerberos = await options.kerberos();
      mechs.push(kerberos);
    }
    if (options.ntlm && offered.includes(MechOid.NTLMSSP)) {
      ntlm = createNtlmContext(options.ntlm);
      mechs.push(ntlm);
    }
    if (!mechs[0]) {
      throw new AuthenticationError('The client offers no mechanism that is accepted here.', { reason: 'bad-token' });
    }
    return form === 'raw' ? mechs[0] : createSpnegoContext(mechs, 'acceptor');
  }

  const begun = (): OwnContext => {
    if (chosen === null) throw new AuthenticationError('There is no security context yet.', { reason: 'bad-token' });
    return chosen;
  };
  return {
    get mechanism() {
      return chosen?.mechanism ?? 'NTLM';
    },
    get cipher() {
      return chosen?.cipher ?? '';
    },
    get complete() {
      return chosen?.complete ?? false;
    },
    get peer() {
      if (!chosen?.complete) return null;
      if (chosen.mechanism === 'NTLM') return ntlm?.peer ? { ...ntlm.peer, principal: null } : null;
      const principal = kerberos?.peer?.principal;
      if (principal === undefined) return null;
      const at = principal.lastIndexOf('@');
      const user = at < 0 ? principal : principal.slice(0, at);
      return { user, domain: at < 0 ? '' : principal.slice(at + 1), workstation: '', principal };
    },
    get form() {
      return form;
    },
    async step(token) {
      if (chosen === null && token !== null) chosen = await begin(token);
      return begun().step(token);
    },
    wrap: (plain) => begun().wrap(plain),
    unwrap: (signature, data) => begun().unwrap(signature, data),
    dispose() {
      chosen?.dispose();
      kerberos?.dispose();
      ntlm?.dispose();
    },
  };
}

/** The mechanism of a token outside SPNEGO. */
function rawMech(token: Uint8Array): string {
  if (isNtlmToken(token)) return MechOid.NTLMSSP;
  const mech = initialTokenMech(token);
  if (mech !== null) return mechanismOf(mech);
  throw new AuthenticationError('The token is neither NTLM nor Kerberos nor SPNEGO.', { reason: 'bad-token' });
}
