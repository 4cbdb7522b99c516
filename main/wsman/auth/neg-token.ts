/** The tokens of SPNEGO in DER (RFC 4178 4.2, MS-SPNG 2.2): read tolerantly, written to the letter. No negotiation here. */
import { AuthenticationError } from '../errors.ts';
import { type DerElement, encodeDer, oidBytes, oidText, readDer, readDerList } from './der.ts';

/** Mechanisms as SPNEGO lists them. */
export const MechOid = {
  KERBEROS: '1.2.840.113554.1.2.2',
  /** The same mechanism under the number that Windows 2000 gave it by mistake; Windows still lists it first (MS-SPNG 3.1.5.2). */
  MS_KERBEROS: '1.2.840.48018.1.2.2',
  NTLMSSP: '1.3.6.1.4.1.311.2.2.10',
} as const;

const SPNEGO = '1.3.6.1.5.5.2';
const SPNEGO_OID = oidBytes(SPNEGO);
const Tag = { OCTET_STRING: 0x04, OID: 0x06, ENUMERATED: 0x0a, SEQUENCE: 0x30, APPLICATION: 0x60 } as const;
const field = (number: number) => 0xa0 + number;

/** negState of NegTokenResp (RFC 4178 4.2.2). */
export const NegState = { ACCEPT_COMPLETED: 0, ACCEPT_INCOMPLETE: 1, REJECT: 2, REQUEST_MIC: 3 } as const;

export interface NegTokenInit {
  readonly mechTypes: readonly string[];
  /** The MechTypeList as encoded: what mechListMIC signs. */
  readonly mechTypesDer: Uint8Array;
  readonly mechToken: Uint8Array | null;
}
export interface NegTokenResp {
  readonly negState: number | null;
  /** Dotted. */
  readonly supportedMech: string | null;
  readonly responseToken: Uint8Array | null;
  readonly mechListMic: Uint8Array | null;
}

/** The mechanism that an identifier means: both numbers of Kerberos are one mechanism. */
export function mechanismOf(oid: string): string {
  return oid === MechOid.MS_KERBEROS ? MechOid.KERBEROS : oid;
}

/** The mechanism of an InitialContextToken (RFC 2743 3.1), dotted; null where it is none. */
export function initialTokenMech(token: Uint8Array): string | null {
  if (token[0] !== Tag.APPLICATION) return null;
  try {
    const mech = readDer(readDer(token).value);
    return mech.tag === Tag.OID ? oidText(mech.value) : null;
  } catch (cause) {
    if (cause instanceof RangeError) return null;
    throw cause;
  }
}

/** True for an InitialContextToken of SPNEGO, or a bare NegTokenInit / NegTokenResp. */
export function isSpnegoToken(token: Uint8Array): boolean {
  if (token[0] === field(0) || token[0] === field(1)) return true;
  return token[0] === Tag.APPLICATION && initialTokenMech(token) === SPNEGO;
}

export function encodeMechTypes(mechTypes: readonly string[]): Uint8Array {
  return encodeDer(Tag.SEQUENCE, ...mechTypes.map((oid) => encodeDer(Tag.OID, oidBytes(oid))));
}

export function encodeNegTokenInit(mechTypesDer: Uint8Array, mechToken: Uint8Array | null): Uint8Array {
  const fields = [encodeDer(field(0), mechTypesDer)];
  if (mechToken) fields.push(encodeDer(field(2), encodeDer(Tag.OCTET_STRING, mechToken)));
  const init = encodeDer(field(0), encodeDer(Tag.SEQUENCE, ...fields));
  return encodeDer(Tag.APPLICATION, encodeDer(Tag.OID, SPNEGO_OID), init);
}

/**
 * Reads NegTokenInit and Microsoft's NegTokenInit2. negHints, and a mechListMIC of this early token, are passed over: no mechanism here is
 * complete with its first token, so that nothing could have been signed. Throws AuthenticationError (`bad-token`).
 */
export function parseNegTokenInit(token: Uint8Array): NegTokenInit {
  return reading(() => {
    let outer = readDer(token);
    if (outer.tag === Tag.APPLICATION) {
      const [mech, inner] = readDerList(outer.value);
      if (mech?.tag !== Tag.OID || Buffer.compare(mech.value, SPNEGO_OID) !== 0 || !inner) {
        throw badToken('it is not of SPNEGO');
      }
      outer = inner;
    }
    if (outer.tag !== field(0)) throw badToken('it is not a NegTokenInit');
    const fields = readFields(outer);
    const list = fields.get(0);
    if (list?.tag !== Tag.SEQUENCE) throw badToken('it lists no mechanisms');
    return {
      mechTypes: readDerList(list.value).map((mech) => oidText(mech.value)),
      mechTypesDer: list.whole,
      mechToken: octets(fields.get(2)),
    };
  });
}

export function encodeNegTokenResp(response: NegTokenResp): Uint8Array {
  const fields: Uint8Array[] = [];
  if (response.negState !== null) {
    fields.push(encodeDer(field(0), encodeDer(Tag.ENUMERATED, Uint8Array.of(response.negState))));
  }
  if (response.supportedMech !== null) {
    fields.push(encodeDer(field(1), encodeDer(Tag.OID, oidBytes(response.supportedMech))));
  }
  if (response.responseToken) {
    fields.push(encodeDer(field(2), encodeDer(Tag.OCTET_STRING, response.responseToken)));
  }
  if (response.mechListMic) fields.push(encodeDer(field(3), encodeDer(Tag.OCTET_STRING, response.mechListMic)));
  return encodeDer(field(1), encodeDer(Tag.SEQUENCE, ...fields));
}

/** Throws AuthenticationError (`bad-token`). */
export function parseNegTokenResp(token: Uint8Array): NegTokenResp {
  return reading(() => {
    const outer = readDer(token);
    if (outer.tag !== field(1)) throw badToken('it is not a NegTokenResp');
    const fields = readFields(outer);
    const negState = fields.get(0);
    const supportedMech = fields.get(1);
    return {
      negState: negState?.tag === Tag.ENUMERATED ? (negState.value[0] ?? null) : null,
      supportedMech: supportedMech?.tag === Tag.OID ? oidText(supportedMech.value) : null,
      responseToken: octets(fields.get(2)),
      mechListMic: octets(fields.get(3)),
    };
  });
}

export function badToken(what: string, cause?: unknown): AuthenticationError {
  return new AuthenticationError(`The SPNEGO token cannot be accepted: ${what}.`, { reason: 'bad-token', cause });
}

/** The explicitly tagged fields of the SEQUENCE in `outer`, by number. */
function readFields(outer: DerElement): Map<number, DerElement> {
  const sequence = readDer(outer.value);
  if (sequence.tag !== Tag.SEQUENCE) throw badToken('it is not a sequence');
  return new Map(readDerList(sequence.value).map((item) => [item.tag - field(0), readDer(item.value)]));
}

function octets(element: DerElement | undefined): Uint8Array | null {
  return element?.tag === Tag.OCTET_STRING && element.value.length > 0 ? element.value : null;
}

function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof RangeError) throw badToken('it is not DER', cause);
    throw cause;
  }
}
