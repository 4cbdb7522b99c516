/** GSS-API tokens as far as they are in clear: SPNEGO (RFC 4178 4.2, MS-SPNG 2.2) and Kerberos (RFC 4120 5.4, 5.5, 5.9; RFC 4121 4.1). */
import { type DerElement, oidText, readDer, readDerList } from '../auth/der.ts';
import { kerberosErrorName } from '../auth/kerberos/kerberos-errors.ts';
import { MechOid } from '../auth/neg-token.ts';
import { isNtlmToken } from '../auth/ntlm/messages.ts';
import { bitNames, type DecodedField, type DecodedMessage, DecodeError, hexOf } from './field.ts';
import { decodeNtlm } from './ntlm.ts';

const mechNames: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.2': 'SPNEGO',
  [MechOid.KERBEROS]: 'Kerberos 5',
  [MechOid.MS_KERBEROS]: 'Kerberos 5, as Windows 2000 numbered it',
  '1.2.840.113554.1.2.2.3': 'Kerberos 5 user to user',
  [MechOid.NTLMSSP]: 'NTLMSSP',
  '1.3.6.1.4.1.311.2.2.30': 'NEGOEX',
};
const negStates = ['accept-completed', 'accept-incomplete', 'reject', 'request-mic'];
const etypes: Readonly<Record<number, string>> = {
  1: 'des-cbc-crc',
  3: 'des-cbc-md5',
  16: 'des3-cbc-sha1-kd',
  17: 'aes128-cts-hmac-sha1-96',
  18: 'aes256-cts-hmac-sha1-96',
  19: 'aes128-cts-hmac-sha256-128',
  20: 'aes256-cts-hmac-sha384-192',
  23: 'rc4-hmac',
  24: 'rc4-hmac-exp',
};
const nameTypes: Readonly<Record<number, string>> = {
  0: 'NT-UNKNOWN',
  1: 'NT-PRINCIPAL',
  2: 'NT-SRV-INST',
  3: 'NT-SRV-HST',
  10: 'NT-ENTERPRISE',
};
const apOptionNames = [
  [0x40000000, 'use-session-key'],
  [0x20000000, 'mutual-required'],
] as const;

/** One whole token. Throws DecodeError. */
export function decodeGss(token: Uint8Array): DecodedMessage {
  return createGssDecoder(token).token(token, 0);
}

/** SPNEGO inside SPNEGO goes no deeper than this. */
const deepest = 4;

function createGssDecoder(root: Uint8Array) {
  const at = (part: Uint8Array) => part.byteOffset - root.byteOffset;
  const field = (
    name: string,
    part: Uint8Array,
    value: string | null,
    fields?: readonly DecodedField[],
  ): DecodedField => ({
    name,
    value,
    offset: at(part),
    length: part.length,
    ...(fields === undefined ? {} : { fields }),
  });
  const fail = (what: string, part: Uint8Array): never => {
    throw new DecodeError(what, at(part));
  };

  function der(bytes: Uint8Array, what: string): DerElement {
    try {
      return readDer(bytes);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      return fail(`${what} is not DER: ${cause.message}`, bytes);
    }
  }
  function derList(bytes: Uint8Array, what: string): readonly DerElement[] {
    try {
      return readDerList(bytes);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      return fail(`${what} is not DER: ${cause.message}`, bytes);
    }
  }
  /** The explicitly tagged fields of a SEQUENCE, by number. */
  function sequence(bytes: Uint8Array, what: string): ReadonlyMap<number, DerElement> {
    const list = der(bytes, what);
    if (list.tag !== 0x30) fail(`${what} is not a SEQUENCE`, bytes);
    return new Map(derList(list.value, what).map((one) => [one.tag - 0xa0, der(one.value, what)]));
  }

  function token(bytes: Uint8Array, depth: number): DecodedMessage {
    if (isNtlmToken(bytes)) return decodeNtlm(bytes, at(bytes));
    if (depth > deepest) fail('Tokens are nested too deep', bytes);
    const first = bytes[0] ?? -1;
    if (first === 0xa0) return negTokenInit(bytes, [], depth);
    if (first === 0xa1) return negTokenResp(bytes, depth);
    if (first === 0x6e || first === 0x6f || first === 0x7e) return kerberosMessage(bytes, []);
    if (first === 0x05 && bytes[1] === 0x04) return wrapToken(bytes);
    if (first === 0x04 && bytes[1] === 0x04) return micToken(bytes);
    if (first !== 0x60) fail('It is no token that is known here: neither NTLM nor SPNEGO nor Kerberos', bytes);
    const outer = der(bytes, 'The token');
    const mech = der(outer.value, 'The mechanism');
    if (mech.tag !== 0x06) fail('The token names no mechanism', outer.value);
    const oid = oidText(mech.value);
    const named = [field('thisMech', mech.value, mechText(oid))];
    const inner = outer.value.subarray(mech.whole.length);
    if (mechNames[oid] === 'SPNEGO') {
      return inner[0] === 0xa1 ? negTokenResp(inner, depth) : negTokenInit(inner, named, depth);
    }
    if (oid === MechOid.KERBEROS || oid === MechOid.MS_KERBEROS) return kerberosToken(inner, named);
    return { kind: `GSS-API token of ${mechText(oid)}`, fields: [...named, field('innerToken', inner, hexOf(inner))] };
  }

  function nested(name: string, bytes: Uint8Array, depth: number): DecodedField {
    const isToken = isNtlmToken(bytes) || [0x60, 0xa0, 0xa1, 0x6e, 0x6f, 0x7e].includes(bytes[0] ?? -1);
    if (!isToken) return field(name, bytes, hexOf(bytes));
    const { kind, fields } = token(bytes, depth + 1);
    return field(name, bytes, kind, fields);
  }

  function negTokenInit(bytes: Uint8Array, before: readonly DecodedField[], depth: number): DecodedMessage {
    const outer = der(bytes, 'NegTokenInit');
    if (outer.tag !== 0xa0) fail('It is not a NegTokenInit', bytes);
    const parts = sequence(outer.value, 'NegTokenInit');
    const fields = [...before];
    const mechs = parts.get(0);
    if (mechs !== undefined) {
      const list = derList(mechs.value, 'mechTypes');
      const own = list.map((one) => field('mechType', one.value, mechText(oidText(one.value))));
      fields.push(field('mechTypes', mechs.value, null, own));
    }
    const flags = parts.get(1);
    if (flags?.tag === 0x03) fields.push(field('reqFlags', flags.value, hexOf(flags.value)));
    const mechToken = parts.get(2);
    if (mechToken?.tag === 0x04) fields.push(nested('mechToken', mechToken.value, depth));
    // [3] is negHints in NegTokenInit2, mechListMIC in NegTokenInit.
    const third = parts.get(3);
    if (third?.tag === 0x30) fields.push(negHints(third));
    else if (third?.tag === 0x04) fields.push(field('mechListMIC', third.value, hexOf(third.value)));
    const mic = parts.get(4);
    if (mic?.tag === 0x04) fields.push(field('mechListMIC', mic.value, hexOf(mic.value)));
    return { kind: 'SPNEGO NegTokenInit', fields };
  }

  function negHints(element: DerElement): DecodedField {
    const hints = new Map(
      derList(element.value, 'negHints').map((one) => [one.tag - 0xa0, der(one.value, 'negHints')]),
    );
    const name = hints.get(0);
    const own = name === undefined ? [] : [field('hintName', name.value, ascii(name.value))];
    return field('negHints', element.value, null, own);
  }

  function negTokenResp(bytes: Uint8Array, depth: number): DecodedMessage {
    const outer = der(bytes, 'NegTokenResp');
    const parts = sequence(outer.value, 'NegTokenResp');
    const fields: DecodedField[] = [];
    const state = parts.get(0);
    if (state?.tag === 0x0a)
      fields.push(field('negState', state.value, negStates[state.value[0] ?? -1] ?? hexOf(state.value)));
    const mech = parts.get(1);
    if (mech?.tag === 0x06) fields.push(field('supportedMech', mech.value, mechText(oidText(mech.value))));
    const response = parts.get(2);
    if (response?.tag === 0x04) fields.push(nested('responseToken', response.value, depth));
    const mic = parts.get(3);
    if (mic?.tag === 0x04) fields.push(field('mechListMIC', mic.value, hexOf(mic.value)));
    return { kind: 'SPNEGO NegTokenResp', fields };
  }

  /** Behind the mechanism: TOK_ID and a message (RFC 4121 4.1). */
  function kerberosToken(bytes: Uint8Array, before: readonly DecodedField[]): DecodedMessage {
    const id = bytes.subarray(0, 2);
    if (id.length < 2) fail('The Kerberos token ends before its TOK_ID', bytes);
    const fields = [...before, field('tokId', id, hexOf(id))];
    const message = bytes.subarray(2);
    if ([0x6e, 0x6f, 0x7e].includes(message[0] ?? -1)) return kerberosMessage(message, fields);
    return { kind: 'Kerberos token', fields: [...fields, field('innerToken', message, hexOf(message))] };
  }

  function kerberosMessage(bytes: Uint8Array, before: readonly DecodedField[]): DecodedMessage {
    const outer = der(bytes, 'The Kerberos message');
    const parts = sequence(outer.value, 'The Kerberos message');
    const fields = [...before];
    const put = (made: DecodedField | null) => void (made !== null && fields.push(made));
    put(integer('pvno', parts.get(0)));
    put(integer('msg-type', parts.get(1)));
    if (outer.tag === 0x6e) {
      put(apOptions(parts.get(2)));
      put(ticket(parts.get(3)));
      put(encrypted('authenticator', parts.get(4)));
      return { kind: 'Kerberos AP-REQ', fields };
    }
    if (outer.tag === 0x6f) {
      put(encrypted('enc-part', parts.get(2)));
      return { kind: 'Kerberos AP-REP', fields };
    }
    put(text('ctime', parts.get(2)));
    put(integer('cusec', parts.get(3)));
    put(text('stime', parts.get(4)));
    put(integer('susec', parts.get(5)));
    put(errorCode(parts.get(6)));
    put(text('crealm', parts.get(7)));
    put(principal('cname', parts.get(8)));
    put(text('realm', parts.get(9)));
    put(principal('sname', parts.get(10)));
    put(text('e-text', parts.get(11)));
    const data = parts.get(12);
    if (data !== undefined) put(field('e-data', data.value, hexOf(data.value)));
    return { kind: 'Kerberos KRB-ERROR', fields };
  }

  function integer(name: string, element: DerElement | undefined): DecodedField | null {
    return element === undefined ? null : field(name, element.value, String(numberOf(element)));
  }
  function text(name: string, element: DerElement | undefined): DecodedField | null {
    return element === undefined ? null : field(name, element.value, ascii(element.value));
  }
  function errorCode(element: DerElement | undefined): DecodedField | null {
    if (element === undefined) return null;
    const code = numberOf(element);
    const name = kerberosErrorName(code);
    return field('error-code', element.value, name === null ? String(code) : `${code} ${name}`);
  }
  function apOptions(element: DerElement | undefined): DecodedField | null {
    if (element === undefined) return null;
    const [, a = 0, b = 0, c = 0, d = 0] = element.value;
    const bits = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    return field(
      'ap-options',
      element.value,
      `0x${bits.toString(16).padStart(8, '0')} ${bitNames(bits, apOptionNames)}`,
    );
  }
  function ticket(element: DerElement | undefined): DecodedField | null {
    if (element === undefined) return null;
    if (element.tag !== 0x61) fail('The ticket of the AP-REQ is none', element.whole);
    const parts = sequence(element.value, 'The ticket');
    const own = [
      integer('tkt-vno', parts.get(0)),
      text('realm', parts.get(1)),
      principal('sname', parts.get(2)),
      encrypted('enc-part', parts.get(3)),
    ];
    return field(
      'ticket',
      element.value,
      null,
      own.filter((one) => one !== null),
    );
  }
  function principal(name: string, element: DerElement | undefined): DecodedField | null {
    if (element === undefined) return null;
    const parts = sequence(element.whole, name);
    const type = numberOf(parts.get(0));
    const strings = parts.get(1);
    const names = strings === undefined ? [] : derList(strings.value, name).map((one) => ascii(one.value));
    return field(name, element.value, `${names.join('/')} (${nameTypes[type] ?? `name type ${type}`})`);
  }
  function encrypted(name: string, element: DerElement | undefined): DecodedField | null {
    if (element === undefined) return null;
    const parts = sequence(element.whole, name);
    const etype = numberOf(parts.get(0));
    const cipher = parts.get(2);
    const own = [
      field('etype', parts.get(0)?.value ?? element.value, `${etype} ${etypes[etype] ?? 'unknown'}`),
      integer('kvno', parts.get(1)),
      cipher === undefined ? null : field('cipher', cipher.value, `${cipher.value.length} bytes, encrypted`),
    ];
    return field(
      name,
      element.value,
      null,
      own.filter((one) => one !== null),
    );
  }

  /** RFC 4121 4.2.6.2. */
  function wrapToken(bytes: Uint8Array): DecodedMessage {
    if (bytes.length < 16) fail('The Wrap token ends within its header', bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
    return {
      kind: 'Kerberos Wrap token',
      fields: [
        field('Flags', bytes.subarray(2, 3), bitNames(bytes[2] ?? 0, wrapFlagNames)),
        field('EC', bytes.subarray(4, 6), String(view.getUint16(4))),
        field('RRC', bytes.subarray(6, 8), String(view.getUint16(6))),
        field('SND_SEQ', bytes.subarray(8, 16), String(view.getBigUint64(8))),
        field('data', bytes.subarray(16), `${bytes.length - 16} bytes, encrypted`),
      ],
    };
  }

  /** RFC 4121 4.2.6.1. */
  function micToken(bytes: Uint8Array): DecodedMessage {
    if (bytes.length < 16) fail('The MIC token ends within its header', bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
    return {
      kind: 'Kerberos MIC token',
      fields: [
        field('Flags', bytes.subarray(2, 3), bitNames(bytes[2] ?? 0, wrapFlagNames)),
        field('SND_SEQ', bytes.subarray(8, 16), String(view.getBigUint64(8))),
        field('SGN_CKSUM', bytes.subarray(16), hexOf(bytes.subarray(16))),
      ],
    };
  }

  return { token };
}

const wrapFlagNames = [
  [1, 'SentByAcceptor'],
  [2, 'Sealed'],
  [4, 'AcceptorSubkey'],
] as const;

function mechText(oid: string): string {
  const name = mechNames[oid];
  return name === undefined ? oid : `${oid} ${name}`;
}

function numberOf(element: DerElement | undefined): number {
  let value = 0;
  for (const byte of element?.value.subarray(0, 6) ?? []) value = value * 256 + byte;
  return value;
}

function ascii(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
