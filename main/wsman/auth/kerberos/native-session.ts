/**
 * Sealing by the library itself (gss_wrap_iov, gss_unwrap), for where it will not hand out the key: slower, the same bytes on the wire. RC4
 * messages of the library carry its padding behind the data.
 */
import { ProtocolError } from '../../errors.ts';
import { type Gss, GssError, type Handle, NO_HANDLE } from './gss.ts';
import type { KerberosSession } from './session.ts';

/** Takes the context over; `wipe` deletes it. */
export function createNativeSession(gss: Gss, handle: Handle): KerberosSession {
  let context = handle;
  const open = (): Handle => {
    if (context === NO_HANDLE) throw new ProtocolError('This security context is closed.');
    return context;
  };
  return {
    label: 'Kerberos',
    seal(plain) {
      const { header, data } = gss.wrapIov(open(), plain);
      return { signature: header, data };
    },
    unseal(signature, data) {
      try {
        const { plain, sealed } = gss.unwrap(open(), Buffer.concat([signature, data]));
        if (sealed) return plain;
      } catch (cause) {
        if (!(cause instanceof GssError)) throw cause;
        throw new ProtocolError(`A sealed Kerberos message cannot be read: ${cause.text}.`, { cause });
      }
      throw new ProtocolError('A sealed Kerberos message cannot be read: it is signed only, not sealed.');
    },
    sign: (message) => gss.getMic(open(), message),
    verify: (message, token) => gss.verifyMic(open(), message, token),
    wipe() {
      gss.deleteContext(context);
      context = NO_HANDLE;
    },
  };
}
