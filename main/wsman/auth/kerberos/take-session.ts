/** From a complete context of the library to what seals. */
import { createCfxSession } from './cfx.ts';
import { type Gss, GssError, type Handle, type LucidContext } from './gss.ts';
import { createNativeSession } from './native-session.ts';
import { createRc4HmacSession } from './rc4-hmac.ts';
import type { KerberosSession } from './session.ts';

/** Takes the context over. With the exported key our own code seals; a library that refuses to export it seals itself. */
export function takeSession(gss: Gss, context: Handle, role: 'initiator' | 'acceptor'): KerberosSession {
  let lucid: LucidContext;
  try {
    lucid = gss.exportLucid(context);
  } catch (cause) {
    if (cause instanceof GssError) return createNativeSession(gss, context);
    throw cause;
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
  } finally {
    lucid.key.bytes.fill(0);
  }
}
