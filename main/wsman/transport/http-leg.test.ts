import { expect, test } from 'vitest';
import { TransportError } from '../errors.ts';
import type { HttpLeg } from '../exchange.ts';
import { noted } from './http-leg.ts';
import type { HttpHeaders } from './http-message.ts';

const start = 'POST /wsman HTTP/1.1\r\nHost: web01:5985\r\n';
const token = (type: number) =>
  Buffer.concat([Buffer.from('NTLMSSP\0'), Buffer.from([type, 0, 0, 0]), Buffer.alloc(20)]).toString('base64');
async function legOf(lines: string, headers: HttpHeaders): Promise<HttpLeg> {
  const legs: HttpLeg[] = [];
  const answer = { status: 401, headers, body: Buffer.from('x'), keepAlive: true };
  expect(await noted(legs, start, lines, Buffer.from('abc'), async () => answer)).toBe(answer);
  return legs[0]!;
}

test('what proves an identity is described, not kept', async () => {
  const leg = await legOf(
    `Authorization: Negotiate ${token(3)}\r\nCookie: MS-WSMAN=abc\r\nContent-Type: text/xml\r\n`,
    [
      ['www-authenticate', `Negotiate ${token(2)}`],
      ['www-authenticate', 'Basic realm="WSMAN", Kerberos'],
      ['set-cookie', 'MS-WSMAN=def'],
      ['server', 'Microsoft-HTTPAPI/2.0'],
    ],
  );
  expect(leg).toMatchObject({
    requestLine: 'POST /wsman HTTP/1.1',
    requestHeaders: [
      ['Host', 'web01:5985'],
      ['Authorization', 'Negotiate (NTLM AUTHENTICATE_MESSAGE, 32 bytes)'],
      ['Cookie', 'MS-WSMAN=(12 characters, not shown)'],
      ['Content-Type', 'text/xml'],
    ],
    requestBytes: 3,
    status: 401,
    responseHeaders: [
      ['www-authenticate', 'Negotiate (NTLM CHALLENGE_MESSAGE, 32 bytes)'],
      ['www-authenticate', 'Basic realm="WSMAN", Kerberos'],
      ['set-cookie', 'MS-WSMAN=(12 characters, not shown)'],
      ['server', 'Microsoft-HTTPAPI/2.0'],
    ],
    responseBytes: 1,
  });
});

test('Basic, Digest and the certificate', async () => {
  const shown = async (value: string) =>
    (await legOf(`Authorization: ${value}\r\n`, [])).requestHeaders.find(([name]) => name === 'Authorization')?.[1];
  expect(await shown('Basic YW5uYTpzZWNyZXQ=')).toBe('Basic (credentials, not shown)');
  expect(await shown('Digest username="a", response="b"')).toBe('Digest (credentials, not shown)');
  expect(await shown('http://schemas.dmtf.org/x/https/mutual')).toBe('http://schemas.dmtf.org/x/https/mutual');
});

test('a round trip that fails is noted without an answer; without a list nothing is', async () => {
  const legs: HttpLeg[] = [];
  const fails = async () => {
    throw new TransportError('gone', { reason: 'connection-lost' });
  };
  await expect(noted(legs, start, '', new Uint8Array(0), fails)).rejects.toBeInstanceOf(TransportError);
  expect(legs).toMatchObject([{ status: null, responseHeaders: [], responseBytes: 0 }]);
  await expect(noted(undefined, start, '', new Uint8Array(0), fails)).rejects.toBeInstanceOf(TransportError);
});
