/**
 * What goes under HTTP's `Negotiate`: raw NTLM or SPNEGO.
 *
 * The client starts raw: every Windows and OMI takes it (MS-WSMV 4.5; Windows clients do the same where both sides prefer NTLM,
 * MS-SPNG note 8), and it saves the closing leg's mechListMIC. SPNEGO can be chosen, and is fallen back to where a target answers
 * the first raw token with a bare challenge. The acceptor takes whichever comes.
 */
import { AuthenticationError } from '../errors.ts';
import { createNtlmContext, type NtlmAcceptorOptions, type NtlmInitiatorOptions } from './ntlm/context.ts';
import { isNtlmToken } from './ntlm/messages.ts';
import type { OwnContext } from './security-context.ts';
import { createSpnegoContext, isSpnegoToken } from './spnego.ts';

export type NegotiateForm = 'raw' | 'spnego';

export function createNegotiateInitiator(form: NegotiateForm, options: NtlmInitiatorOptions): OwnContext {
  const ntlm = createNtlmContext(options);
  return form === 'raw' ? ntlm : createSpnegoContext(ntlm, 'initiator');
}

/** An acceptor, and whom it accepted. */
export interface NegotiateAcceptor extends OwnContext {
  readonly peer: { readonly user: string; readonly domain: string; readonly workstation: string } | null;
  /** Which form the client chose; null before its first token. */
  readonly form: NegotiateForm | null;
}

export function createNegotiateAcceptor(options: NtlmAcceptorOptions): NegotiateAcceptor {
  const ntlm = createNtlmContext(options);
  let form: NegotiateForm | null = null;
  let chosen: OwnContext = ntlm;
  return {
    mechanism: ntlm.mechanism,
    cipher: ntlm.cipher,
    get complete() {
      return chosen.complete;
    },
    get peer() {
      return ntlm.peer;
    },
    get form() {
      return form;
    },
    async step(token) {
      if (form === null && token !== null) {
        if (isNtlmToken(token)) form = 'raw';
        else if (isSpnegoToken(token)) form = 'spnego';
        else throw new AuthenticationError('The token is neither NTLM nor SPNEGO.', { reason: 'bad-token' });
        if (form === 'spnego') chosen = createSpnegoContext(ntlm, 'acceptor');
      }
      return chosen.step(token);
    },
    wrap: ntlm.wrap,
    unwrap: ntlm.unwrap,
    dispose: () => chosen.dispose(),
  };
}
