/** tshark (Wireshark's dissectors, which nobody here wrote) reads the same tokens out of a captured HTTP exchange, and says the same of them. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { oidBytes } from '../auth/der.ts';
import { encodeMechTypes, encodeNegTokenInit, encodeNegTokenResp, MechOid, NegState } from '../auth/neg-token.ts';
import {
  AvId,
  encodeAuthenticateMessage,
  encodeChallengeMessage,
  encodeNegotiateMessage,
  OFFERED_FLAGS,
} from '../auth/ntlm/messages.ts';
import { decodeInput } from './decode.ts';
import type { DecodedField } from './field.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windeck-tshark-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Sent {
  readonly fromServer: boolean;
  readonly token: Uint8Array;
}

/** A capture file (libpcap) of one TCP connection over which these tokens go, each request with its answer. */
function captureOf(tokens: readonly Sent[]): Buffer {
  let [asked, answered] = [1001, 1001];
  const packets = [
    packet(true, 1000, 0, 0x02, ''),
    packet(false, 1000, 1001, 0x12, ''),
    packet(true, 1001, 1001, 0x10, ''),
  ];
  for (const { fromServer, token } of tokens) {
    const value = `Negotiate ${Buffer.from(token).toString('base64')}`;
    const text = fromServer
      ? `HTTP/1.1 401 \r\nServer: Microsoft-HTTPAPI/2.0\r\nWWW-Authenticate: ${value}\r\nContent-Length: 0\r\n\r\n`
      : `POST /wsman HTTP/1.1\r\nHost: web01:5985\r\nAuthorization: ${value}\r\nContent-Length: 0\r\n\r\n`;
    packets.push(packet(!fromServer, fromServer ? answered : asked, fromServer ? asked : answered, 0x18, text));
    if (fromServer) answered += text.length;
    else asked += text.length;
  }
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262_144, 16);
  // LINKTYPE_RAW: the packet begins with IP.
  head.writeUInt32LE(101, 20);
  const records = packets.map((bytes, index) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_700_000_000, 0);
    record.writeUInt32LE(index * 1000, 4);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(bytes.length, 12);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([head, ...records]);
}

/** IPv4 (RFC 791) and TCP (RFC 9293) around a text, checksums left out: a capture of one's own sending has none either. */
function packet(fromClient: boolean, sequence: number, acknowledged: number, flags: number, text: string): Buffer {
  const data = Buffer.from(text, 'latin1');
  const bytes = Buffer.alloc(40 + data.length);
  bytes[0] = 0x45;
  bytes.writeUInt16BE(bytes.length, 2);
  bytes[8] = 64;
  bytes[9] = 6;
  const [client, server] = [Buffer.from([192, 0, 2, 1]), Buffer.from([192, 0, 2, 2])];
  (fromClient ? client : server).copy(bytes, 12);
  (fromClient ? server : client).copy(bytes, 16);
  bytes.writeUInt16BE(fromClient ? 49_152 : 5985, 20);
  bytes.writeUInt16BE(fromClient ? 5985 : 49_152, 22);
  bytes.writeUInt32BE(sequence, 24);
  bytes.writeUInt32BE(acknowledged, 28);
  bytes[32] = 0x50;
  bytes[33] = flags;
  bytes.writeUInt16BE(65_535, 34);
  data.copy(bytes, 40);
  return bytes;
}

/**
 * tshark reads a token as what it must be after the ones before it: texts of an AUTHENTICATE by the flags of the CHALLENGE, a bare NegTokenResp
 * only where a NegTokenInit came first.
 */
function before(token: Uint8Array): readonly Sent[] {
  if (token[0] === 0xa1) {
    const isNtlm = Buffer.from(token).includes('NTLMSSP') || !Buffer.from(token).includes(oidBytes(MechOid.KERBEROS));
    const ntlm = encodeNegTokenInit(encodeMechTypes([MechOid.NTLMSSP]), encodeNegotiateMessage(OFFERED_FLAGS));
    return [{ fromServer: false, token: isNtlm ? ntlm : fixture('initial_context_token_neg_token_init') }];
  }
  if (token[8] === 3) return [{ fromServer: true, token: fixture('ntlm_challenge') }];
  return [];
}

const inHexadecimal =
  /^(ntlmssp\.(ntlmserverchallenge|auth\.sesskey|authenticate\.mic|ntlmv2_response\.(ntproofstr|chal|channel_bindings))|spnego\.mechListMIC)$/;
let captures = 0;
/** What tshark says of a token: its fields by their names, each with all its values. */
async function dissect(
  token: Uint8Array,
  fromServer: boolean,
  earlier: readonly Sent[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  captures++;
  const file = join(folder, `${captures}.pcap`);
  const tokens = [...earlier, { fromServer, token }];
  await writeFile(file, captureOf(tokens));
  const { stdout } = await promisify(execFile)(
    '/usr/bin/tshark',
    ['-r', file, '-2', '-d', 'tcp.port==5985,http', '-T', 'pdml', '-Y', `frame.number==${3 + tokens.length}`],
    { maxBuffer: 16 * 1024 * 1024, timeout: 60_000, env: { PATH: '/usr/bin:/bin', HOME: folder } },
  );
  const found = new Map<string, string[]>();
  for (const [, attributes = ''] of stdout.matchAll(/<field ([^>]*)>/g)) {
    const at = (name: string) => new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
    const name = at('name') === 'spnego.krb5_oid' ? 'gss-api.OID' : at('name');
    if (!/^(ntlmssp|spnego|kerberos|gss-api)\./.test(name)) continue;
    const values = found.get(name) ?? [];
    values.push(at(inHexadecimal.test(name) ? 'value' : 'show'));
    found.set(name, values);
  }
  return found;
}

function all(fields: readonly DecodedField[], name: string, within?: string): readonly DecodedField[] {
  return fields.flatMap((field) => [
    ...(field.name === name && within === undefined ? [field] : []),
    ...all(field.fields ?? [], name, within === undefined || field.name === within ? undefined : within),
  ]);
}

interface Pair {
  readonly ours: string;
  /** Only inside this field of ours. */
  readonly within?: string;
  readonly tshark: string;
  readonly as?: (value: string) => string;
}
const hexNumber = (value: string): string => /^0x[0-9a-f]+/.exec(value)?.[0] ?? value;
const oid = (value: string): string => value.split(' ')[0]!;
/** `Apr 30, 2020 02:46:22.414371800 UTC` → ISO, to the millisecond, as ours is. */
const time = (value: string): string => new Date(value.replace(/\.(\d{3})\d* UTC/, '.$1 UTC')).toISOString();

const pairs: readonly (Pair & { readonly theirs?: (value: string) => string })[] = [
  { ours: 'NegotiateFlags', tshark: 'ntlmssp.negotiateflags', as: hexNumber },
  { ours: 'TargetName', tshark: 'ntlmssp.challenge.target_name' },
  { ours: 'ServerChallenge', tshark: 'ntlmssp.ntlmserverchallenge' },
  { ours: 'UserName', tshark: 'ntlmssp.auth.username' },
  { ours: 'Workstation', tshark: 'ntlmssp.auth.hostname' },
  { ours: 'EncryptedRandomSessionKey', tshark: 'ntlmssp.auth.sesskey' },
  { ours: 'MIC', tshark: 'ntlmssp.authenticate.mic' },
  { ours: 'NTProofStr', tshark: 'ntlmssp.ntlmv2_response.ntproofstr' },
  { ours: 'ChallengeFromClient', tshark: 'ntlmssp.ntlmv2_response.chal' },
  { ours: 'TimeStamp', tshark: 'ntlmssp.ntlmv2_response.time', theirs: time },
  ...(['TargetInfo', 'AvPairs'] as const).flatMap((within) => {
    const prefix = within === 'TargetInfo' ? 'ntlmssp.challenge.target_info' : 'ntlmssp.ntlmv2_response';
    return [
      { ours: 'MsvAvNbComputerName', within, tshark: `${prefix}.nb_computer_name` },
      { ours: 'MsvAvNbDomainName', within, tshark: `${prefix}.nb_domain_name` },
      { ours: 'MsvAvDnsComputerName', within, tshark: `${prefix}.dns_computer_name` },
      { ours: 'MsvAvDnsDomainName', within, tshark: `${prefix}.dns_domain_name` },
      { ours: 'MsvAvDnsTreeName', within, tshark: `${prefix}.dns_tree_name` },
      { ours: 'MsvAvTargetName', within, tshark: `${prefix}.target_name` },
      { ours: 'MsvAvFlags', within, tshark: `${prefix}.flags`, as: hexNumber },
      { ours: 'MsvAvTimestamp', within, tshark: `${prefix}.timestamp`, theirs: time },
      { ours: 'MsvAvChannelBindings', within, tshark: `${prefix}.channel_bindings` },
    ];
  }),
  { ours: 'thisMech', tshark: 'gss-api.OID', as: oid },
  { ours: 'mechType', tshark: 'spnego.MechType', as: oid },
  { ours: 'supportedMech', tshark: 'spnego.supportedMech', as: oid },
  {
    ours: 'negState',
    tshark: 'spnego.negResult',
    as: (value) => String(['accept-completed', 'accept-incomplete', 'reject', 'request-mic'].indexOf(value)),
  },
  { ours: 'mechListMIC', tshark: 'spnego.mechListMIC' },
  { ours: 'realm', tshark: 'kerberos.realm' },
  { ours: 'etype', tshark: 'kerberos.etype', as: oid },
];

/** How many fields both name; fails where they differ in one. */
async function compare(token: Uint8Array, fromServer: boolean, earlier = before(token)): Promise<readonly string[]> {
  const { fields } = decodeInput(token);
  const theirs = await dissect(token, fromServer, earlier);
  const compared: string[] = [];
  const ourSide: Record<string, readonly string[]> = {};
  const theirSide: Record<string, readonly string[]> = {};
  for (const { ours, within, tshark, as = String, theirs: theirForm = String } of pairs) {
    const found = theirs.get(tshark);
    const own = all(fields, ours, within).map(({ value }) => as(value ?? ''));
    if (found === undefined && own.every((value) => value === '')) continue;
    ourSide[tshark] = own;
    theirSide[tshark] = (found ?? []).map(theirForm);
    compared.push(tshark);
  }
  expect(ourSide).toEqual(theirSide);
  return compared;
}

const fixture = (name: string): Buffer => readFileSync(new URL(`../fixtures/pyspnego/${name}`, import.meta.url));

/** tshark takes seconds to start where much else runs. */
const limits = { timeout: 120_000 };

describe('tokens of real Windows and of other libraries', limits, () => {
  test.each([
    ['ntlm_negotiate', false, 1],
    ['ntlm_challenge', true, 9],
    ['ntlm_authenticate', false, 15],
    ['ntlm_authenticate_no_sign_seal', false, 10],
    ['initial_context_token_neg_token_init', false, 4],
    ['initial_context_token_neg_token_init2', true, 2],
    ['neg_token_resp', true, 3],
  ])('%s', async (name, fromServer, least) => {
    expect((await compare(fixture(name), fromServer)).length).toBeGreaterThanOrEqual(least);
  });

  test.each(['sspi_ntlm.md', 'sspi_ntlm_invalid_spn.md', 'gssapi_negotiate_ntlm_with_ntlm.md', 'gssapi_ntlm.md'])(
    'every message of %s',
    async (name) => {
      const messages = tokensOf(fixture(name).toString('utf8'));
      expect(messages.length).toBeGreaterThanOrEqual(3);
      let compared = 0;
      const earlier: Sent[] = [];
      for (const token of messages) {
        const fromServer = earlier.length % 2 === 1;
        compared += (await compare(token, fromServer, [...earlier])).length;
        earlier.push({ fromServer, token });
      }
      expect(compared).toBeGreaterThanOrEqual(20);
    },
  );
});

/** The raw bytes that the notes print: base64 or hexadecimal of whole tokens. */
function tokensOf(notes: string): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const [word] of notes.matchAll(/[A-Za-z0-9+/=]{40,}/g)) {
    for (const bytes of [Buffer.from(word, 'hex'), Buffer.from(word, 'base64')]) {
      const begin = bytes.toString('latin1', 0, 8);
      if (begin === 'NTLMSSP\0' || /^[\x60\xa1]\x82?/.test(begin)) found.push(new Uint8Array(bytes));
    }
  }
  return found;
}
describe('tokens of our own', limits, () => {
  const utf16 = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le'));
  const challenge = encodeChallengeMessage({
    flags: OFFERED_FLAGS,
    serverChallenge: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    targetName: 'CORP',
    targetInfo: [
      [AvId.NB_DOMAIN_NAME, utf16('CORP')],
      [AvId.NB_COMPUTER_NAME, utf16('WEB01')],
      [AvId.DNS_DOMAIN_NAME, utf16('corp.example')],
      [AvId.DNS_COMPUTER_NAME, utf16('web01.corp.example')],
      [AvId.TIMESTAMP, new Uint8Array(new BigUint64Array([133_500_000_000_000_000n]).buffer)],
    ],
  });
  const authenticate = encodeAuthenticateMessage({
    flags: OFFERED_FLAGS,
    lmChallengeResponse: new Uint8Array(24),
    ntChallengeResponse: new Uint8Array(
      Buffer.from(
        `${'ab'.repeat(16)}0101000000000000${'80c5a7d0e8d5da01'}${'cd'.repeat(8)}00000000${'0000000000000000'}`,
        'hex',
      ),
    ),
    domainName: 'CORP',
    userName: 'änna',
    workstation: 'DESK7',
    encryptedRandomSessionKey: new Uint8Array(16).fill(7),
  });

  test.each([
    ['NEGOTIATE', encodeNegotiateMessage(OFFERED_FLAGS), false],
    ['CHALLENGE', challenge, true],
    ['AUTHENTICATE', authenticate, false],
    [
      'NegTokenInit',
      encodeNegTokenInit(encodeMechTypes([MechOid.NTLMSSP, MechOid.KERBEROS]), encodeNegotiateMessage(OFFERED_FLAGS)),
      false,
    ],
    [
      'NegTokenResp',
      encodeNegTokenResp({
        negState: NegState.ACCEPT_INCOMPLETE,
        supportedMech: MechOid.NTLMSSP,
        responseToken: challenge,
        mechListMic: null,
      }),
      true,
    ],
    [
      'NegTokenResp with mechListMIC',
      encodeNegTokenResp({
        negState: NegState.ACCEPT_COMPLETED,
        supportedMech: null,
        responseToken: null,
        mechListMic: new Uint8Array(16).fill(9),
      }),
      true,
    ],
  ] as const)('%s', async (_, token, fromServer) => {
    expect((await compare(token, fromServer)).length).toBeGreaterThan(0);
  });
});
