import { encodeDer, oidBytes } from '../../wsman/auth/der.ts';
import { MechOid } from '../../wsman/auth/neg-token.ts';

/** What an acceptor says to a ticket that it refuses: a KRB-ERROR (RFC 4120 5.9.1), framed as a GSS token (RFC 4121 4.1). */

/** RFC 4120 7.5.9 */
export const KRB_AP_ERR_BAD_INTEGRITY = 31;
export const KRB_AP_ERR_SKEW = 37;
export const KRB_AP_ERR_MODIFIED = 41;
const NT_SRV_INST = 2;
const sequence = (...parts: readonly Uint8Array[]): Uint8Array => encodeDer(0x30, ...parts);
const field = (number: number, value: Uint8Array): Uint8Array => encodeDer(0xa0 + number, value);
const text = (value: string): Uint8Array => encodeDer(0x1b, Buffer.from(value));
/** Not negative, below 2^31. */
function integer(value: number): Uint8Array {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(value, 1);
  let start = 0;
  while (start < 4 && bytes[start] === 0 && !(bytes[start + 1]! & 0x80)) start++;
  return encodeDer(0x02, bytes.subarray(start));
}

/** `code` is a number of RFC 4120 7.5.9, `spn` is `HTTP/localhost`, `serverTime` is what the machine takes for the time. */
export function krbErrorToken(code: number, spn: string, realm: string, serverTime: Date): Uint8Array {
  const name = sequence(
    field(0, integer(NT_SRV_INST)),
    field(1, sequence(...spn.split('/').map((component) => text(component)))),
  );
  const time = Buffer.from(`${serverTime.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`);
  const error = encodeDer(
    0x7e, // [APPLICATION 30]
    sequence(
      field(0, integer(5)),
      field(1, integer(30)),
      field(4, encodeDer(0x18, time)),
      field(5, integer(serverTime.getMilliseconds() * 1000)),
      field(6, integer(code)),
      field(9, text(realm)),
      field(10, name),
    ),
  );
  return encodeDer(0x60, encodeDer(0x06, oidBytes(MechOid.KERBEROS)), Uint8Array.of(3, 0), error);
}
