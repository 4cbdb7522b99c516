/** What kind of token it is, in a few words, without taking it apart: for lists, where the token itself must not be shown. */
import { initialTokenMech, isSpnegoToken, MechOid, mechanismOf } from './neg-token.ts';
import { isNtlmToken } from './ntlm/messages.ts';

const ntlmMessages: Readonly<Record<number, string>> = { 1: 'NEGOTIATE', 2: 'CHALLENGE', 3: 'AUTHENTICATE' };
const spnego = new Set([0x60, 0xa0, 0xa1]);

/** Never throws. */
export function kindOfToken(token: Uint8Array): string {
  if (isNtlmToken(token)) {
    const type = ntlmMessages[token[8] ?? 0];
    return type === undefined ? 'NTLM, of no known type' : `NTLM ${type}_MESSAGE`;
  }
  if (spnego.has(token[0] ?? 0) && isSpnegoToken(token)) {
    const inner = ntlmInside(token);
    return `SPNEGO ${token[0] === 0xa1 ? 'NegTokenResp' : 'NegTokenInit'}${inner === null ? '' : ` with NTLM ${inner}_MESSAGE`}`;
  }
  const mech = initialTokenMech(token);
  if (mech !== null && mechanismOf(mech) === MechOid.KERBEROS) return 'Kerberos';
  if (token[0] === 0x16) return 'TLS record';
  return 'a token of an unknown kind';
}

function ntlmInside(token: Uint8Array): string | null {
  const at = Buffer.from(token.buffer, token.byteOffset, token.byteLength).indexOf('NTLMSSP\0', 0, 'latin1');
  return at < 0 ? null : (ntlmMessages[token[at + 8] ?? 0] ?? null);
}
