import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { createNtlmContext } from '../auth/ntlm/context.ts';
import type { OwnContext, SecurityContext } from '../auth/security-context.ts';
import {
  isSealedContentType,
  SEALED_CONTENT_TYPE,
  sealedContentType,
  unwrapMessage,
  unwrapMessageLater,
  wrapMessage,
  wrapMessageLater,
} from './message-encryption.ts';

let client: OwnContext;
let server: OwnContext;
beforeEach(async () => {
  client = createNtlmContext({
    role: 'initiator',
    userName: { user: 'u', domain: '', onTarget: false },
    password: async () => 'p',
    spn: 'HTTP/x',
    channelBinding: null,
  });
  server = createNtlmContext({ role: 'acceptor', findPassword: () => 'p', computerName: 'X', channelBinding: null });
  await server.step(await client.step(await server.step(await client.step(null))));
});

const SOAP = Buffer.from('<s:Envelope>grüße</s:Envelope>');
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
/** The sealed parts of a fresh message, to be framed by hand. */
function seal(plain: Uint8Array): string {
  const { signature, data } = client.wrap(plain);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(signature.length);
  return latin1(length) + latin1(signature) + latin1(data);
}
const open = (frame: string) => unwrapMessage(server, Buffer.from(frame, 'latin1'));

test('the bytes of MS-WSMV 2.2.9.1, to the letter', () => {
  const frame = latin1(wrapMessage(client, SOAP));
  const before =
    '--Encrypted Boundary\r\n' +
    '\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n' +
    `\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=${SOAP.length}\r\n` +
    '--Encrypted Boundary\r\n' +
    '\tContent-Type: application/octet-stream\r\n' +
    '\x10\0\0\0\x01\0\0\0';
  expect(frame.slice(0, before.length)).toBe(before);
  expect(frame.slice(-24)).toBe('--Encrypted Boundary--\r\n');
  expect(frame).toHaveLength(before.length - 4 + 16 + SOAP.length + 24);
  expect(SEALED_CONTENT_TYPE).toBe(
    'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"',
  );
});

test('each message of a conversation opens, in order, both ways', () => {
  for (let i = 0; i < 50; i++) {
    const soap = Buffer.alloc(1 + i * 97, `--Encrypted Boundary--\r\n${i}\0x`);
    soap[soap.length - 1] = 1;
    expect(latin1(unwrapMessage(server, wrapMessage(client, soap)).soap)).toBe(latin1(soap));
    expect(latin1(unwrapMessage(client, wrapMessage(server, soap)).soap)).toBe(latin1(soap));
  }
});

describe('dialects that are read', () => {
  const type = 'application/HTTP-SPNEGO-session-encrypted';
  test.each([
    [
      'OMI: no TAB, CRLF after the end',
      `--Encrypted Boundary\r\nContent-Type: ${type}\r\nOriginalContent: type=application/soap+xml;charset=UTF-8;Length=N\r\n--Encrypted Boundary\r\nContent-Type: application/octet-stream\r\n`,
      '--Encrypted Boundary--\r\n\r\n',
    ],
    [
      'Exchange: a blank in the boundary',
      `-- Encrypted Boundary\r\n\tContent-Type: ${type}\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=N\r\n-- Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n`,
      '-- Encrypted Boundary--\r\n',
    ],
    [
      'the Kerberos protocol string',
      '--Encrypted Boundary\r\n\tContent-Type: application/HTTP-Kerberos-session-encrypted\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=N\r\n--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n',
      '--Encrypted Boundary--\r\n',
    ],
    [
      'no line end at the end',
      `--Encrypted Boundary\r\n\tContent-Type: ${type}\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=N\r\n--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n`,
      '--Encrypted Boundary--',
    ],
  ])('%s', (_what, head, tail) => {
    expect(latin1(open(head.replace('=N', `=${SOAP.length}`) + seal(SOAP) + tail).soap)).toBe(latin1(SOAP));
  });

  test('the sample of MS-WSMV 4.5: its frame lines, blanks included, around a message of ours', () => {
    const sample = readFileSync(
      new URL('../fixtures/MS-WSMV-encryption/4.5-encryption-example.txt', import.meta.url),
      'latin1',
    );
    const lines = sample.split('\n');
    const at = lines.indexOf('-- Encrypted Boundary');
    const head = lines.slice(at, at + 5).join('\r\n');
    expect(head).toContain('charset=UTF-16;Length=705');
    const utf16 = Buffer.from('<a>ü</a>', 'utf16le');
    const opened = open(`${head.replace('705', String(utf16.length))}\r\n${seal(utf16)}-- Encrypted Boundary--\r\n`);
    expect(opened.contentType).toBe('application/soap+xml;charset=UTF-16');
    expect(Buffer.from(opened.soap).toString('utf16le')).toBe('<a>ü</a>');
  });

  test.each([
    ['counted', true],
    ['not counted', false],
  ])('NUL padding, %s in the length', (_what, isCounted) => {
    const padded = Buffer.concat([SOAP, Buffer.alloc(9)]);
    const frame = latin1(wrapMessage(client, padded));
    const told = isCounted ? frame : frame.replace(`Length=${padded.length}`, `Length=${SOAP.length}`);
    expect(latin1(open(told).soap)).toBe(latin1(SOAP));
  });
});

describe('what is refused', () => {
  test.each([
    [
      'a changed byte',
      (f: string) => `${f.slice(0, -30)}${String.fromCharCode(f.charCodeAt(f.length - 30) ^ 1)}${f.slice(-29)}`,
    ],
    ['a length that is too small', (f: string) => f.replace(/Length=\d+/, 'Length=3')],
    ['a length that is too large', (f: string) => f.replace(/Length=\d+/, 'Length=99999')],
    ['a length that is none', (f: string) => f.replace(/Length=\d+/, 'Length=-1')],
    ['a signature longer than the message', (f: string) => f.replace('\x10\0\0\0', '\xff\xff\xff\x7f')],
    ['no closing boundary', (f: string) => f.slice(0, -24)],
    ['no octet-stream part', (f: string) => f.replace('octet-stream', 'other')],
    ['another boundary', (f: string) => f.replaceAll('Encrypted', 'Encoded')],
    ['plain SOAP', () => SOAP.toString()],
    ['nothing', () => ''],
    ['headers without end', () => `--Encrypted Boundary\r\n${'X: y\r\n'.repeat(10_000)}`],
  ])('%s', (_what, change) => {
    const frame = change(latin1(wrapMessage(client, SOAP)));
    expect(() => open(frame)).toThrow(expect.objectContaining({ name: 'ProtocolError' }));
  });

  test('the same message a second time', () => {
    const frame = wrapMessage(client, SOAP);
    unwrapMessage(server, frame);
    expect(() => unwrapMessage(server, frame)).toThrow(/sequence number/);
  });
});

describe('the protocol of the scheme', () => {
  test('Kerberos names itself in the header and in the frame; either opens the other', () => {
    const frame = wrapMessage(client, SOAP, undefined, 'Kerberos');
    expect(sealedContentType('Kerberos')).toBe(
      'multipart/encrypted;protocol="application/HTTP-Kerberos-session-encrypted";boundary="Encrypted Boundary"',
    );
    expect(latin1(frame)).toContain('\tContent-Type: application/HTTP-Kerberos-session-encrypted\r\n');
    expect(latin1(unwrapMessage(server, frame).soap)).toBe(latin1(SOAP));
  });

  test('a context that seals elsewhere: the same frame; padding that it insists on is counted', async () => {
    const padding: SecurityContext = {
      ...client,
      async wrap(plain) {
        const { signature, data } = await client.wrap(plain);
        return { signature, data: Buffer.concat([data, Buffer.of(1)]) };
      },
    };
    expect(latin1(await wrapMessageLater(padding, SOAP, 'SPNEGO'))).toContain(`;Length=${SOAP.length + 1}\r\n`);
    const opened = { ...server, unwrap: async () => SOAP } as SecurityContext;
    const { contentType, soap } = await unwrapMessageLater(opened, await wrapMessageLater(client, SOAP, 'Kerberos'));
    expect([contentType, latin1(soap)]).toEqual(['application/soap+xml;charset=UTF-8', latin1(SOAP)]);
  });
});

test('content types', () => {
  expect(isSealedContentType(SEALED_CONTENT_TYPE)).toBe(true);
  expect(isSealedContentType('Multipart/Encrypted; protocol="application/HTTP-Kerberos-session-encrypted"')).toBe(true);
  expect(isSealedContentType('application/soap+xml;charset=UTF-8')).toBe(false);
  expect(isSealedContentType('')).toBe(false);
});
