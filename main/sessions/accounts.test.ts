import { expect, test } from 'vitest';
import { accountOf, overlap } from './accounts.ts';

const at = (userName: string, host = 'web01.corp.example', port = 5985) =>
  accountOf({ credentialId: 'c', userName, machineId: 'm', host, port });
/** Whether the guard takes two user names, with the same secret, for one account. */
const areOne = (a: ReturnType<typeof at>, b: ReturnType<typeof at>) =>
  a.user === b.user && a.scopes.some((x) => b.scopes.some((y) => overlap(x, y)));

test.each([
  ['CORP\\admin', 'corp\\ADMIN'],
  ['CORP\\admin', 'admin@corp.example'],
  ['CORP\\admin', 'admin@CORP.EXAMPLE.'],
  ['CORP\\admin', 'admin@ad.corp.example'],
  ['admin@example', 'admin@example'],
  ['admin@corp.example', 'admin@ad.corp.example'],
  ['corp.example\\admin', 'admin@corp.example'],
  ['admin', 'CORP\\admin'],
  ['admin', 'admin@corp.example'],
  ['admin', 'Admin'],
  ['\\admin', 'admin'],
])('%s and %s are one account', (a, b) => {
  expect(areOne(at(a), at(b, 'web02.corp.example'))).toBe(true);
  expect(areOne(at(b), at(a, 'web02.corp.example'))).toBe(true);
});

test.each([
  ['CORP\\admin', 'OTHER\\admin'],
  ['CORP\\admin', 'CORP\\admin2'],
  ['admin@corp.example', 'admin@other.example'],
  ['EXAMPLE\\admin', 'admin@corp.example'],
  ['.\\admin', 'CORP\\admin'],
  ['.\\admin', 'admin@corp.example'],
])('%s and %s are two', (a, b) => {
  expect(areOne(at(a!), at(b!))).toBe(false);
});

test('.\\admin is another account on every machine, and the same one on every port of it', () => {
  expect(areOne(at('.\\admin', 'web01'), at('.\\admin', 'web02'))).toBe(false);
  expect(areOne(at('.\\admin', 'web01', 5985), at('.\\admin', 'WEB01', 5986))).toBe(true);
  expect(areOne(at('.\\admin', '10.0.0.1', 5985), at('.\\admin', '10.0.0.1', 5986))).toBe(true);
  // Tunnels to different machines end here.
  expect(areOne(at('.\\admin', '127.0.0.1', 5985), at('.\\admin', '127.0.0.1', 5986))).toBe(false);
});

test('HOST\\admin is .\\admin at that host, also where only one of both gives the whole name', () => {
  expect(areOne(at('WEB01\\admin', 'web01.corp.example'), at('.\\admin', 'web01'))).toBe(true);
  expect(areOne(at('WEB01\\admin', 'web02.corp.example'), at('.\\admin', 'web02'))).toBe(false);
});

test('admin alone may be the local account of the machine it is tried at, and of no other', () => {
  expect(areOne(at('admin', 'web01'), at('.\\admin', 'web01'))).toBe(true);
  expect(areOne(at('admin', 'web01'), at('.\\admin', 'web02'))).toBe(false);
});
