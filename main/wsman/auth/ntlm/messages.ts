/** The three NTLM messages and their AV pairs as bytes (MS-NLMP 2.2.1, 2.2.2.1). Parsing never reads outside the token. */
import { AuthenticationError } from '../../errors.ts';
import { utf16 } from './crypto.ts';

/** NEGOTIATE flags (2.2.2.5), those that are used here. */
export const NtlmFlag = {
  UNICODE: 0x00000001,
  REQUEST_TARGET: 0x00000004,
  SIGN: 0x00000010,
  SEAL: 0x00000020,
  NTLM: 0x00000200,
  ANONYMOUS: 0x00000800,
  ALWAYS_SIGN: 0x00008000,
  TARGET_TYPE_DOMAIN: 0x00010000,
  TARGET_TYPE_SERVER: 0x00020000,
  EXTENDED_SESSIONSECURITY: 0x00080000,
  TARGET_INFO: 0x00800000,
  VERSION: 0x02000000,
  KEY_128: 0x20000000,
  KEY_EXCH: 0x40000000,
  KEY_56: 0x80000000,
} as const;

/** What we offer and what Windows Server 2019 answers with in its third message: 0xE2888235. */
export const OFFERED_FLAGS =
  (NtlmFlag.UNICODE |
    NtlmFlag.REQUEST_TARGET |
    NtlmFlag.SIGN |
    NtlmFlag.SEAL |
    NtlmFlag.NTLM |
    NtlmFlag.ALWAYS_SIGN |
    NtlmFlag.EXTENDED_SESSIONSECURITY |
    NtlmFlag.TARGET_INFO |
    NtlmFlag.VERSION |
    NtlmFlag.KEY_128 |
    NtlmFlag.KEY_EXCH |
    NtlmFlag.KEY_56) >>>
  0;

/** Without these there is no NTLMv2 as it is spoken here. */
const AUTHENTICATION_FLAGS = NtlmFlag.UNICODE | NtlmFlag.NTLM | NtlmFlag.EXTENDED_SESSIONSECURITY;
const SIGNING_FLAGS = AUTHENTICATION_FLAGS | NtlmFlag.SIGN | NtlmFlag.KEY_128 | NtlmFlag.KEY_EXCH;
const hasAll = (flags: number, wanted: number): boolean => (flags & wanted) === wanted;

/** True where both sides get 128-bit sealing with extended session security and key exchange; with less the exchange is refused. */
export function areStrongFlags(flags: number): boolean {
  return hasAll(flags, SIGNING_FLAGS | NtlmFlag.SEAL);
}

/** True where both sides can sign by the same keys, whether they seal or not. */
export function areSigningFlags(flags: number): boolean {
  return hasAll(flags, SIGNING_FLAGS);
}

/** True where a client can at least prove itself by NTLMv2. */
export function areAuthenticationFlags(flags: number): boolean {
  return hasAll(flags, AUTHENTICATION_FLAGS);
}

export const AvId = {
  EOL: 0,
  NB_COMPUTER_NAME: 1,
  NB_DOMAIN_NAME: 2,
  DNS_COMPUTER_NAME: 3,
  DNS_DOMAIN_NAME: 4,
  DNS_TREE_NAME: 5,
  FLAGS: 6,
  TIMESTAMP: 7,
  SINGLE_HOST: 8,
  TARGET_NAME: 9,
  CHANNEL_BINDINGS: 10,
} as const;

/** MsvAvFlags bit: the AUTHENTICATE_MESSAGE carries a MIC. */
export const AV_FLAG_MIC_PROVIDED = 2;

/** AV pairs in their order, without the closing MsvAvEOL. */
export type AvPairs = readonly (readonly [id: number, value: Uint8Array])[];

export interface NegotiateMessage {
  readonly flags: number;
}
export interface ChallengeMessage {
  readonly flags: number;
  readonly serverChallenge: Uint8Array;
  readonly targetName: string;
  readonly targetInfo: AvPairs;
}
export interface AuthenticateMessage {
  readonly flags: number;
  readonly lmChallengeResponse: Uint8Array;
  readonly ntChallengeResponse: Uint8Array;
  readonly domainName: string;
  readonly userName: string;
  readonly workstation: string;
  readonly encryptedRandomSessionKey: Uint8Array;
  /** Where the MIC lies in the token; null where the layout has no room for one. */
  readonly micOffset: number | null;
}

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');
/** 10.0, NTLMSSP_REVISION_W2K3 (2.2.2.10); informative only. */
const VERSION = Uint8Array.of(10, 0, 0, 0, 0, 0, 0, 15);
const MIC_OFFSET = 72;
const MIC_LENGTH = 16;

/** True for a raw NTLM token, as opposed to SPNEGO. */
export function isNtlmToken(token: Uint8Array): boolean {
  return token.length >= SIGNATURE.length && SIGNATURE.equals(token.subarray(0, SIGNATURE.length));
}

export function encodeNegotiateMessage(flags: number): Uint8Array {
  const { bytes, view } = startMessage(40, 1);
  view.setUint32(12, flags, true);
  if (flags & NtlmFlag.VERSION) bytes.set(VERSION, 32);
  return bytes;
}

export function parseNegotiateMessage(token: Uint8Array): NegotiateMessage {
  const view = openMessage(token, 1, 16);
  return { flags: view.getUint32(12, true) };
}

export function encodeChallengeMessage(message: ChallengeMessage): Uint8Array {
  const name = utf16(message.targetName);
  const info = encodeAvPairs(message.targetInfo);
  const { bytes, view } = startMessage(56 + name.length + info.length, 2);
  view.setUint32(20, message.flags, true);
  bytes.set(message.serverChallenge, 24);
  if (message.flags & NtlmFlag.VERSION) bytes.set(VERSION, 48);
  placeField(bytes, view, 12, 56, name);
  placeField(bytes, view, 40, 56 + name.length, info);
  return bytes;
}

export function parseChallengeMessage(token: Uint8Array): ChallengeMessage {
  const view = openMessage(token, 2, 32);
  const flags = view.getUint32(20, true);
  const hasInfo = (flags & NtlmFlag.TARGET_INFO) !== 0 && token.length >= 48;
  return {
    flags,
    serverChallenge: copyOf(token, 24, 32),
    targetName: fromUtf16(readField(token, view, 12)),
    targetInfo: hasInfo ? parseAvPairs(readField(token, view, 40)) : [],
  };
}

/** With its MIC field zeroed; `setMic` fills it in. */
export function encodeAuthenticateMessage(message: Omit<AuthenticateMessage, 'micOffset'>): Uint8Array {
  const fields: readonly (readonly [at: number, value: Uint8Array])[] = [
    [28, utf16(message.domainName)],
    [36, utf16(message.userName)],
    [44, utf16(message.workstation)],
    [12, message.lmChallengeResponse],
    [20, message.ntChallengeResponse],
    [52, message.encryptedRandomSessionKey],
  ];
  const start = MIC_OFFSET + MIC_LENGTH;
  const length = fields.reduce((sum, [, value]) => sum + value.length, start);
  const { bytes, view } = startMessage(length, 3);
  view.setUint32(60, message.flags, true);
  if (message.flags & NtlmFlag.VERSION) bytes.set(VERSION, 64);
  let offset = start;
  for (const [at, value] of fields) {
    placeField(bytes, view, at, offset, value);
    offset += value.length;
  }
  return bytes;
}

export function setMic(authenticate: Uint8Array, mic: Uint8Array): void {
  authenticate.set(mic, MIC_OFFSET);
}

export function parseAuthenticateMessage(token: Uint8Array): AuthenticateMessage {
  const view = openMessage(token, 3, 64);
  // Version and MIC came late to this message: the lowest payload offset tells whether there is room for them.
  let payload = token.length;
  for (const at of [12, 20, 28, 36, 44, 52]) {
    if (view.getUint16(at, true) > 0) payload = Math.min(payload, view.getUint32(at + 4, true));
  }
  return {
    flags: view.getUint32(60, true),
    lmChallengeResponse: readField(token, view, 12),
    ntChallengeResponse: readField(token, view, 20),
    domainName: fromUtf16(readField(token, view, 28)),
    userName: fromUtf16(readField(token, view, 36)),
    workstation: fromUtf16(readField(token, view, 44)),
    encryptedRandomSessionKey: readField(token, view, 52),
    micOffset: payload >= MIC_OFFSET + MIC_LENGTH ? MIC_OFFSET : payload >= 64 + MIC_LENGTH ? 64 : null,
  };
}

/** The MIC of an AUTHENTICATE_MESSAGE, and the message as it was when the MIC was made. */
export function takeMic(token: Uint8Array, micOffset: number): { mic: Uint8Array; withoutMic: Uint8Array } {
  const mic = copyOf(token, micOffset, micOffset + MIC_LENGTH);
  const withoutMic = copyOf(token);
  withoutMic.fill(0, micOffset, micOffset + MIC_LENGTH);
  return { mic, withoutMic };
}

export function encodeAvPairs(pairs: AvPairs): Uint8Array {
  const bytes = new Uint8Array(pairs.reduce((sum, [, value]) => sum + 4 + value.length, 4));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const [id, value] of pairs) {
    if (value.length > 0xffff) throw tooLong();
    view.setUint16(offset, id, true);
    view.setUint16(offset + 2, value.length, true);
    bytes.set(value, offset + 4);
    offset += 4 + value.length;
  }
  return bytes;
}

/** Reads up to MsvAvEOL; the end of the data is taken as one too. */
export function parseAvPairs(bytes: Uint8Array): AvPairs {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pairs: [number, Uint8Array][] = [];
  let offset = 0;
  while (offset + 4 <= bytes.length) {
    const id = view.getUint16(offset, true);
    const length = view.getUint16(offset + 2, true);
    if (id === AvId.EOL) break;
    if (offset + 4 + length > bytes.length) throw malformed('an AV pair runs past the end');
    pairs.push([id, copyOf(bytes, offset + 4, offset + 4 + length)]);
    offset += 4 + length;
  }
  return pairs;
}

export function findAvPair(pairs: AvPairs, id: number): Uint8Array | undefined {
  return pairs.find(([candidate]) => candidate === id)?.[1];
}

export function malformed(what: string): AuthenticationError {
  return new AuthenticationError(`The NTLM token cannot be read: ${what}.`, { reason: 'bad-token' });
}

/** Lengths are of 16 bits: a name or a target information beyond that would be cut without a word. */
function tooLong(): AuthenticationError {
  return new AuthenticationError('A name is too long for NTLM, or the target sent too much about itself.', {
    reason: 'bad-token',
  });
}

function startMessage(length: number, type: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes.set(SIGNATURE);
  view.setUint32(8, type, true);
  return { bytes, view };
}

function openMessage(token: Uint8Array, type: number, minimum: number): DataView {
  if (!isNtlmToken(token)) throw malformed('it does not begin with NTLMSSP');
  if (token.length < minimum) throw malformed('it is too short');
  const view = new DataView(token.buffer, token.byteOffset, token.byteLength);
  if (view.getUint32(8, true) !== type) throw malformed(`message type ${type} was expected`);
  return view;
}

function placeField(bytes: Uint8Array, view: DataView, at: number, offset: number, value: Uint8Array): void {
  if (value.length > 0xffff) throw tooLong();
  view.setUint16(at, value.length, true);
  view.setUint16(at + 2, value.length, true);
  view.setUint32(at + 4, offset, true);
  bytes.set(value, offset);
}

function readField(token: Uint8Array, view: DataView, at: number): Uint8Array {
  const length = view.getUint16(at, true);
  const offset = view.getUint32(at + 4, true);
  if (length === 0) return new Uint8Array(0);
  if (offset + length > token.length) throw malformed('a field runs past the end');
  return copyOf(token, offset, offset + length);
}

export function fromUtf16(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf16le');
}

/** A copy, which `slice` is not where the bytes are a Buffer. */
export function copyOf(bytes: Uint8Array, start = 0, end = bytes.length): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end));
}
