/** From a complete context of the library to what seals. */
import { AuthenticationError } from '../../errors.ts';
import { createCfxSession } from './cfx.ts';
import { type Gss, GssError, type Handle, type LucidContext } from './gss.ts';
import { createNativeSession } from './native-session.ts';
import { createRc4HmacSession } from './rc4-hmac.ts';
import type { KerberosSession } from './session.ts';

/**
 * Takes the context over. With the exported key our own code seals; a library that refuses to export it seals itself.
 * Throws AuthenticationError 'etype' for a key that our code cannot use.
 */
export function takeSession(gss: Gss, context: Handle, role: 'initiator' | 'acceptor'): KerberosSession {
  let lucid: LucidContext;
  try {
    lucid = gss.exportLucid(context);
  } catch (cause) {
    if (cause instanceof GssError) return createNativeSession(gss, context);
    throw unusable('in a form that is not known here', cause);
  }
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
  } catch (cause) {
    throw unusable(`of encryption type ${lucid.key.type}, which is not known here`, cause);
  } finally {
    lucid.key.bytes.fill(0);
  }
}

function unusable(what: string, cause: unknown): AuthenticationError {
  return new AuthenticationError(`The session key of this Kerberos context is ${what}.`, {
    reason: 'etype',
    evidence: { mechanism: 'Kerberos' },
    cause,
  });
}
