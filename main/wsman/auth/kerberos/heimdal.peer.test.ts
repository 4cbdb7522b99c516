/**
 * Our client over Heimdal's library (Debian package libgssapi3-heimdal), the family that GSS.framework of macOS comes from, against a service
 * of MIT krb5. In a process of its own beside MIT's library, as every test file has it.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Kdc, startKdc } from '../../../lab/kdc.ts';
import { createInitiatorContext, type KerberosInitiatorOptions } from './context.ts';
import { forgetTickets } from './credentials.ts';
import type { Gss } from './gss.ts';
import { openLibrary } from './library.ts';
import { type PythonPeer, startPythonPeer } from './python-peer.ts';

const PASSWORD = 'Pässwort-4711';
const BINDING = Buffer.from('tls-server-end-point:certificate');
const before = process.env['KRB5_CONFIG'];
let kdc: Kdc;
let gss: Gss;
beforeAll(async () => {
  kdc = await startKdc({ principals: [{ name: 'alice', password: PASSWORD }], services: ['HTTP/localhost'] });
  process.env['KRB5_CONFIG'] = kdc.krb5Config;
  gss = await openLibrary(['libgssapi.so.3']);
});
afterAll(async () => {
  if (before === undefined) delete process.env['KRB5_CONFIG'];
  else process.env['KRB5_CONFIG'] = before;
  await kdc?.close();
});
const peers: PythonPeer[] = [];
afterEach(() => {
  for (const peer of peers.splice(0)) peer.end();
  forgetTickets();
});

const signIn = { kind: 'password', userName: 'alice', password: PASSWORD } as const;
const initiator = (options: Partial<KerberosInitiatorOptions> = {}) =>
  createInitiatorContext(gss, { signIn, spn: 'HTTP/localhost', delegate: false, channelBinding: null, ...options });
const accept = async (binding?: Uint8Array) => {
  const places = { krb5Config: kdc.krb5Config, keytab: kdc.keytab };
  const peer = await startPythonPeer({ role: 'accept', form: 'raw', ...places, ...(binding ? { binding } : {}) });
  peers.push(peer);
  return peer;
};

test('a context, its exported key, and messages of every size both ways', async () => {
  const [ours, theirs] = [initiator(), await accept()];
  await ours.step(await theirs.step(await ours.step(null)));
  expect([ours.complete, theirs.complete, ours.cipher]).toEqual([true, true, 'AES256-SHA1']);
  expect((await theirs.info()).initiator).toBe(`alice@${kdc.realm}`);
  for (const size of [0, 1, 15, 16, 17, 1024, 200 * 1024]) {
    const plain = randomBytes(size);
    const { signature, data } = ours.wrap(plain);
    expect(plain.equals(await theirs.unwrapIov(signature, data))).toBe(true);
    const answer = await theirs.wrapIov(plain);
    expect(plain.equals(ours.unwrap(answer.signature, answer.data))).toBe(true);
  }
});

test('channel binding and delegation', async () => {
  const theirs = await accept(BINDING);
  const ours = initiator({ channelBinding: BINDING, delegate: true });
  await ours.step(await theirs.step(await ours.step(null)));
  const info = await theirs.info();
  expect([info.delegated, info.flags & 0x800]).toEqual([true, 0x800]);
  const other = await accept(BINDING);
  const token = await initiator({ channelBinding: Buffer.from('tls-server-end-point:another') }).step(null);
  await expect(other.step(token)).rejects.toThrow(/binding/i);
});

test.each([
  ['a wrong password', { signIn: { ...signIn, password: 'no' } }, 'wrong-password', 24],
  ['an unknown user', { signIn: { ...signIn, userName: 'nobody' } }, 'unknown-user', 6],
  ['an unknown service', { spn: 'HTTP/nowhere.example' }, 'spn-unknown', 7],
])('%s has the same number as with MIT', async (_name, options, reason, code) => {
  await expect(initiator(options).step(null)).rejects.toMatchObject({ reason, evidence: { code } });
});

test('nobody is signed in', async () => {
  const attempt = initiator({ signIn: { kind: 'signed-in-user' } }).step(null);
  await expect(attempt).rejects.toMatchObject({ reason: 'no-ticket' });
});
