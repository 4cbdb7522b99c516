/** NTLM messages with every field (MS-NLMP 2.2.1, 2.2.2). Nothing is decrypted or recomputed: responses and keys are what the wire had. */
import { AvId } from '../auth/ntlm/messages.ts';
import { bitNames, type DecodedField, type DecodedMessage, DecodeError, fileTimeText, hexOf } from './field.ts';

/** 2.2.2.5, in the order of the bits. */
const flagNames = [
  [0x00000001, 'NTLMSSP_NEGOTIATE_UNICODE'],
  [0x00000002, 'NTLM_NEGOTIATE_OEM'],
  [0x00000004, 'NTLMSSP_REQUEST_TARGET'],
  [0x00000010, 'NTLMSSP_NEGOTIATE_SIGN'],
  [0x00000020, 'NTLMSSP_NEGOTIATE_SEAL'],
  [0x00000040, 'NTLMSSP_NEGOTIATE_DATAGRAM'],
  [0x00000080, 'NTLMSSP_NEGOTIATE_LM_KEY'],
  [0x00000200, 'NTLMSSP_NEGOTIATE_NTLM'],
  [0x00000800, 'NTLMSSP_ANONYMOUS'],
  [0x00001000, 'NTLMSSP_NEGOTIATE_OEM_DOMAIN_SUPPLIED'],
  [0x00002000, 'NTLMSSP_NEGOTIATE_OEM_WORKSTATION_SUPPLIED'],
  [0x00008000, 'NTLMSSP_NEGOTIATE_ALWAYS_SIGN'],
  [0x00010000, 'NTLMSSP_TARGET_TYPE_DOMAIN'],
  [0x00020000, 'NTLMSSP_TARGET_TYPE_SERVER'],
  [0x00080000, 'NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY'],
  [0x00100000, 'NTLMSSP_NEGOTIATE_IDENTIFY'],
  [0x00400000, 'NTLMSSP_REQUEST_NON_NT_SESSION_KEY'],
  [0x00800000, 'NTLMSSP_NEGOTIATE_TARGET_INFO'],
  [0x02000000, 'NTLMSSP_NEGOTIATE_VERSION'],
  [0x20000000, 'NTLMSSP_NEGOTIATE_128'],
  [0x40000000, 'NTLMSSP_NEGOTIATE_KEY_EXCH'],
  [0x80000000, 'NTLMSSP_NEGOTIATE_56'],
] as const;
const UNICODE = 0x00000001;
const VERSION = 0x02000000;

const avNames: Readonly<Record<number, string>> = {
  [AvId.EOL]: 'MsvAvEOL',
  [AvId.NB_COMPUTER_NAME]: 'MsvAvNbComputerName',
  [AvId.NB_DOMAIN_NAME]: 'MsvAvNbDomainName',
  [AvId.DNS_COMPUTER_NAME]: 'MsvAvDnsComputerName',
  [AvId.DNS_DOMAIN_NAME]: 'MsvAvDnsDomainName',
  [AvId.DNS_TREE_NAME]: 'MsvAvDnsTreeName',
  [AvId.FLAGS]: 'MsvAvFlags',
  [AvId.TIMESTAMP]: 'MsvAvTimestamp',
  [AvId.SINGLE_HOST]: 'MsvAvSingleHost',
  [AvId.TARGET_NAME]: 'MsvAvTargetName',
  [AvId.CHANNEL_BINDINGS]: 'MsvAvChannelBindings',
};
const avFlagNames = [
  [1, 'account authentication is constrained'],
  [2, 'MIC is present'],
  [4, 'target name is from an untrusted source'],
] as const;

/** Throws DecodeError. `base`: where the message begins in the token that was given. */
export function decodeNtlm(message: Uint8Array, base = 0): DecodedMessage {
  const reader = readerOf(message, base);
  const type = reader.u32(8, 'MessageType');
  if (type === 1) return { kind: 'NTLM NEGOTIATE_MESSAGE', fields: negotiateFields(reader) };
  if (type === 2) return { kind: 'NTLM CHALLENGE_MESSAGE', fields: challengeFields(reader) };
  if (type === 3) return { kind: 'NTLM AUTHENTICATE_MESSAGE', fields: authenticateFields(reader) };
  throw new DecodeError(`NTLM has no message of type ${type}`, base + 8);
}

interface Reader {
  readonly bytes: Uint8Array;
  readonly base: number;
  u16(at: number, what: string): number;
  u32(at: number, what: string): number;
  u64(at: number, what: string): bigint;
  slice(at: number, length: number, what: string): Uint8Array;
  /** Of a Len/MaxLen/BufferOffset triple. */
  payload(at: number, what: string): { readonly at: number; readonly bytes: Uint8Array };
}

function readerOf(bytes: Uint8Array, base: number): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const need = (at: number, length: number, what: string) => {
    if (at + length > bytes.length) throw new DecodeError(`${what} runs past the end of the message`, base + at);
  };
  const reader: Reader = {
    bytes,
    base,
    u16: (at, what) => {
      need(at, 2, what);
      return view.getUint16(at, true);
    },
    u32: (at, what) => {
      need(at, 4, what);
      return view.getUint32(at, true);
    },
    u64: (at, what) => {
      need(at, 8, what);
      return view.getBigUint64(at, true);
    },
    slice: (at, length, what) => {
      need(at, length, what);
      return bytes.subarray(at, at + length);
    },
    payload(at, what) {
      const length = reader.u16(at, what);
      const start = reader.u32(at + 4, what);
      return { at: start, bytes: length === 0 ? new Uint8Array(0) : reader.slice(start, length, what) };
    },
  };
  return reader;
}

const field = (
  { base }: Reader,
  name: string,
  at: number,
  length: number,
  value: string | null,
  fields?: readonly DecodedField[],
): DecodedField => ({ name, value, offset: base + at, length, ...(fields === undefined ? {} : { fields }) });

function flagsField(reader: Reader, at: number): DecodedField {
  const flags = reader.u32(at, 'NegotiateFlags');
  return field(
    reader,
    'NegotiateFlags',
    at,
    4,
    `0x${flags.toString(16).padStart(8, '0')} ${bitNames(flags, flagNames)}`,
  );
}

/** 2.2.2.10; only there where the flag says so and it is not payload already. */
function versionFields(reader: Reader, at: number, flags: number, payloadStart: number): readonly DecodedField[] {
  if ((flags & VERSION) === 0 || payloadStart < at + 8 || reader.bytes.length < at + 8) return [];
  const [major = 0, minor = 0] = reader.bytes.subarray(at);
  const text = `${major}.${minor} build ${reader.u16(at + 2, 'Version')}, NTLM revision ${reader.bytes[at + 7]}`;
  return [field(reader, 'Version', at, 8, text)];
}

function textField(reader: Reader, name: string, at: number, isUnicode: boolean): DecodedField {
  const { at: start, bytes } = reader.payload(at, name);
  return field(reader, name, start, bytes.length, textOf(bytes, isUnicode));
}

function textOf(bytes: Uint8Array, isUnicode: boolean): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(isUnicode ? 'utf16le' : 'latin1');
}

/** The lowest offset of any payload: what lies before it is header. */
function payloadStart(reader: Reader, triples: readonly number[]): number {
  let start = reader.bytes.length;
  for (const at of triples) {
    if (reader.u16(at, 'a length') > 0) start = Math.min(start, reader.u32(at + 4, 'an offset'));
  }
  return start;
}

function negotiateFields(reader: Reader): readonly DecodedField[] {
  const flags = reader.u32(12, 'NegotiateFlags');
  const own = [flagsField(reader, 12)];
  // Old clients end here.
  if (reader.bytes.length < 32) return own;
  return [
    ...own,
    textField(reader, 'DomainName', 16, false),
    textField(reader, 'WorkstationName', 24, false),
    ...versionFields(reader, 32, flags, payloadStart(reader, [16, 24])),
  ];
}

function challengeFields(reader: Reader): readonly DecodedField[] {
  const flags = reader.u32(20, 'NegotiateFlags');
  const fields = [
    textField(reader, 'TargetName', 12, (flags & UNICODE) !== 0),
    flagsField(reader, 20),
    field(reader, 'ServerChallenge', 24, 8, hexOf(reader.slice(24, 8, 'ServerChallenge'))),
  ];
  if (reader.bytes.length < 48) return fields;
  const info = reader.payload(40, 'TargetInfo');
  return [
    ...fields,
    field(reader, 'TargetInfo', info.at, info.bytes.length, null, avFields(reader, info.at, info.bytes.length)),
    ...versionFields(reader, 48, flags, payloadStart(reader, [12, 40])),
  ];
}

function authenticateFields(reader: Reader): readonly DecodedField[] {
  const flags = reader.u32(60, 'NegotiateFlags');
  const isUnicode = (flags & UNICODE) !== 0;
  const start = payloadStart(reader, [12, 20, 28, 36, 44, 52]);
  const lm = reader.payload(12, 'LmChallengeResponse');
  const key = reader.payload(52, 'EncryptedRandomSessionKey');
  const version = versionFields(reader, 64, flags, start);
  const micAt = 64 + (version.length > 0 ? 8 : 0);
  return [
    field(reader, 'LmChallengeResponse', lm.at, lm.bytes.length, hexOf(lm.bytes)),
    ntResponseField(reader),
    textField(reader, 'DomainName', 28, isUnicode),
    textField(reader, 'UserName', 36, isUnicode),
    textField(reader, 'Workstation', 44, isUnicode),
    field(reader, 'EncryptedRandomSessionKey', key.at, key.bytes.length, hexOf(key.bytes)),
    flagsField(reader, 60),
    ...version,
    ...(start >= micAt + 16 ? [field(reader, 'MIC', micAt, 16, hexOf(reader.slice(micAt, 16, 'MIC')))] : []),
  ];
}

/** NTLMv2_RESPONSE (2.2.2.8) where it is long enough for one, else the 24 octets of NTLM v1. */
function ntResponseField(reader: Reader): DecodedField {
  const { at, bytes } = reader.payload(20, 'NtChallengeResponse');
  if (bytes.length < 44) return field(reader, 'NtChallengeResponse', at, bytes.length, hexOf(bytes));
  const time = reader.u64(at + 24, 'TimeStamp');
  return field(reader, 'NtChallengeResponse', at, bytes.length, 'NTLMv2', [
    field(reader, 'NTProofStr', at, 16, hexOf(bytes.subarray(0, 16))),
    field(reader, 'RespType', at + 16, 1, String(bytes[16])),
    field(reader, 'HiRespType', at + 17, 1, String(bytes[17])),
    field(reader, 'TimeStamp', at + 24, 8, fileTimeText(time)),
    field(reader, 'ChallengeFromClient', at + 32, 8, hexOf(bytes.subarray(32, 40))),
    field(reader, 'AvPairs', at + 44, bytes.length - 44, null, avFields(reader, at + 44, bytes.length - 44)),
  ]);
}

function avFields(reader: Reader, start: number, length: number): readonly DecodedField[] {
  const fields: DecodedField[] = [];
  const end = start + length;
  for (let at = start; at + 4 <= end; ) {
    const id = reader.u16(at, 'AvId');
    const size = reader.u16(at + 2, 'AvLen');
    const name = avNames[id] ?? `AvId ${id}`;
    if (id === AvId.EOL) break;
    if (at + 4 + size > end) throw new DecodeError(`${name} runs past the end of the AV pairs`, reader.base + at);
    const value = reader.slice(at + 4, size, name);
    fields.push(field(reader, name, at + 4, size, avText(reader, id, at + 4, value)));
    at += 4 + size;
  }
  return fields;
}

function avText(reader: Reader, id: number, at: number, value: Uint8Array): string {
  if (id === AvId.FLAGS && value.length === 4) {
    const flags = reader.u32(at, 'MsvAvFlags');
    return `0x${flags.toString(16).padStart(8, '0')} ${bitNames(flags, avFlagNames)}`;
  }
  if (id === AvId.TIMESTAMP && value.length === 8) return fileTimeText(reader.u64(at, 'MsvAvTimestamp'));
  const isText = (id >= AvId.NB_COMPUTER_NAME && id <= AvId.DNS_TREE_NAME) || id === AvId.TARGET_NAME;
  return isText ? textOf(value, true) : hexOf(value);
}
