/**
 * Our NTLM against gss-ntlmssp, which nobody here wrote, through python3-gssapi (Debian packages gss-ntlmssp and python3-gssapi):
 * handshake, channel binding, sealing and unsealing in both roles, raw and inside MIT's SPNEGO. Missing software is a failure here.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { channelBindingOfHash } from '../channel-binding.ts';
import { startLinePeer } from '../line-peer.ts';
import { createNegotiateAcceptor, createNegotiateInitiator, type NegotiateForm } from '../negotiate.ts';
import type { SecurityContext } from '../security-context.ts';
import { parseUserName } from '../user-name.ts';

const SCRIPT = fileURLToPath(new URL('./gss-ntlmssp-peer.py', import.meta.url));
const PASSWORD = 'Pässwort-4711';
const CERTIFICATE_HASH = Buffer.alloc(32, 0x5a);

let folder = '';
const peers: Peer[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windeck-gss-'));
  writeFileSync(join(folder, 'users'), `FLEET:admin:${PASSWORD}\n`, { mode: 0o600 });
});
afterEach(() => {
  for (const peer of peers.splice(0)) peer.end();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Peer extends SecurityContext {
  seal(plain: Uint8Array): Promise<{ signature: Uint8Array; data: Uint8Array }>;
  unseal(signature: Uint8Array, data: Uint8Array): Promise<Uint8Array>;
  end(): void;
}

/** A GSS-API context in a Python process, under the interface of our own. */
async function startPeer(
  role: 'initiate' | 'accept',
  form: NegotiateForm,
  options: { password?: string; isBound?: boolean } = {},
): Promise<Peer> {
  const { child, ask: askLine } = startLinePeer(SCRIPT, [role, form, 'admin', 'FLEET'], {
    ...process.env,
    NTLM_USER_FILE: join(folder, 'users'),
    KRB5_CONFIG: '/dev/null',
    LC_ALL: 'C.UTF-8',
  });
  const ask = async (command: string, data: Uint8Array): Promise<string[]> => {
    const line = await askLine(`${command} ${Buffer.from(data).toString('base64')}`);
    if (line.startsWith('error ')) throw new Error(`gss-ntlmssp: ${line.slice(6)}`);
    return line.split(' ');
  };
  const bytes = (text: string | undefined) => new Uint8Array(Buffer.from(text ?? '', 'base64'));
  let complete = false;
  const peer: Peer = {
    mechanism: 'NTLM',
    get complete() {
      return complete;
    },
    async step(token: Uint8Array | null) {
      const [, state, answer] = await ask('step', token ?? new Uint8Array(0));
      complete = state === '1';
      return answer ? bytes(answer) : null;
    },
    wrap: () => {
      throw new Error('asynchronous here: seal');
    },
    unwrap: () => {
      throw new Error('asynchronous here: unseal');
    },
    dispose: () => {},
    end: () => void child.kill(),
    async seal(plain: Uint8Array) {
      const [, signature, data] = await ask('wrap', plain);
      return { signature: bytes(signature), data: bytes(data) };
    },
    async unseal(signature: Uint8Array, data: Uint8Array) {
      const [, plain] = await ask('unwrap', Buffer.concat([signature, data]));
      return bytes(plain);
    },
  };
  peers.push(peer);
  const binding = options.isBound
    ? Buffer.concat([Buffer.from('tls-server-end-point:'), CERTIFICATE_HASH]).toString('base64')
    : '';
  const first = await askLine(`${options.password ?? PASSWORD}\t${binding}`);
  if (first !== 'ready') {
    throw new Error(`${first}. Install the Debian packages python3-gssapi and gss-ntlmssp (npm run setup).`);
  }
  return peer;
}
async function shakeHands(from: SecurityContext, to: SecurityContext): Promise<number> {
  let [sender, receiver] = [from, to];
  let token = await sender.step(null);
  let legs = 0;
  while (token !== null) {
    legs++;
    token = await receiver.step(token);
    [sender, receiver] = [receiver, sender];
  }
  return legs;
}

/** Several messages each way, of several sizes, in turns and in a row. */
async function converse(ours: SecurityContext, theirs: Peer): Promise<void> {
  const texts = ['a', '<s:Envelope>grüße</s:Envelope>', 'x'.repeat(4096), 'ü'.repeat(60_000), '\0\x01\r\n'];
  for (const text of [...texts, ...texts]) {
    const sealed = ours.wrap(Buffer.from(text));
    expect(Buffer.from(await theirs.unseal(sealed.signature, sealed.data)).toString()).toBe(text);
    const answer = await theirs.seal(Buffer.from(`${text}!`));
    expect(Buffer.from(ours.unwrap(answer.signature, answer.data)).toString()).toBe(`${text}!`);
  }
  const inARow = [1, 2, 3].map((n) => ours.wrap(Buffer.from(`row ${n}`)));
  for (const [i, sealed] of inARow.entries()) {
    expect(Buffer.from(await theirs.unseal(sealed.signature, sealed.data)).toString()).toBe(`row ${i + 1}`);
  }
}

const initiatorWith = (form: NegotiateForm, changes: { password?: string; channelBinding?: Uint8Array } = {}) =>
  createNegotiateInitiator(form, {
    role: 'initiator',
    userName: parseUserName('FLEET\\admin'),
    password: async () => changes.password ?? PASSWORD,
    spn: 'HTTP/server1',
    channelBinding: changes.channelBinding ?? null,
  });
const acceptorWith = (changes: { channelBinding?: Uint8Array; requireChannelBinding?: boolean } = {}) =>
  createNegotiateAcceptor({
    ntlm: {
      role: 'acceptor',
      findPassword: (user, domain) => (user === 'admin' && domain === 'FLEET' ? PASSWORD : null),
      computerName: 'SERVER1',
      domainName: 'FLEET',
      channelBinding: changes.channelBinding ?? null,
      requireChannelBinding: changes.requireChannelBinding ?? false,
      // Outside SPNEGO gss-ntlmssp sends no MIC, and says so. Inside, it sends one, which is then checked.
      requireMic: false,
    },
    kerberos: null,
  });

describe.each<NegotiateForm>(['raw', 'spnego'])('%s', (form) => {
  const firstSeqNum = form === 'raw' ? 0 : 1;

  test('we initiate, gss-ntlmssp accepts', async () => {
    const theirs = await startPeer('accept', form);
    const ours = initiatorWith(form);
    expect(await shakeHands(ours, theirs)).toBe(form === 'raw' ? 3 : 4);
    expect([ours.complete, theirs.complete]).toEqual([true, true]);
    const answer = await theirs.seal(Buffer.from('first'));
    expect(answer.signature[12]).toBe(firstSeqNum);
    expect(Buffer.from(ours.unwrap(answer.signature, answer.data)).toString()).toBe('first');
    await converse(ours, theirs);
  });

  test('gss-ntlmssp initiates, we accept', async () => {
    const theirs = await startPeer('initiate', form);
    const ours = acceptorWith();
    expect(await shakeHands(theirs, ours)).toBe(form === 'raw' ? 3 : 4);
    expect([ours.complete, theirs.complete, ours.form]).toEqual([true, true, form]);
    expect(ours.peer).toMatchObject({ user: 'admin', domain: 'FLEET' });
    const first = await theirs.seal(Buffer.from('first'));
    expect(first.signature[12]).toBe(firstSeqNum);
    expect(Buffer.from(ours.unwrap(first.signature, first.data)).toString()).toBe('first');
    await converse(ours, theirs);
  });

  test('a message of ours changed on the way is refused by gss-ntlmssp, and one of theirs by us', async () => {
    const theirs = await startPeer('accept', form);
    const ours = initiatorWith(form);
    await shakeHands(ours, theirs);
    const { signature, data } = ours.wrap(Buffer.from('stop it'));
    data[0]! ^= 1;
    await expect(theirs.unseal(signature, data)).rejects.toThrow(/gss-ntlmssp/);
    const answer = await theirs.seal(Buffer.from('never'));
    answer.data[0]! ^= 1;
    expect(() => ours.unwrap(answer.signature, answer.data)).toThrow(/signature/);
  });

  test('wrong passwords are refused on either side', async () => {
    const accepting = await startPeer('accept', form);
    await expect(shakeHands(initiatorWith(form, { password: 'no' }), accepting)).rejects.toThrow(/gss-ntlmssp/);
    const initiating = await startPeer('initiate', form, { password: 'no' });
    await expect(shakeHands(initiating, acceptorWith())).rejects.toMatchObject({ reason: 'rejected' });
  });

  test('the channel binding is made alike', async () => {
    const channelBinding = channelBindingOfHash(CERTIFICATE_HASH);
    const accepting = await startPeer('accept', form, { isBound: true });
    const ours = initiatorWith(form, { channelBinding });
    await shakeHands(ours, accepting);
    expect(ours.complete).toBe(true);
    const strict = { channelBinding, requireChannelBinding: true };
    const accepted = acceptorWith(strict);
    await shakeHands(await startPeer('initiate', form, { isBound: true }), accepted);
    expect(accepted.complete).toBe(true);
    await expect(shakeHands(await startPeer('initiate', form), acceptorWith(strict))).rejects.toMatchObject({
      reason: 'rejected',
    });
    const wrong = initiatorWith(form, { channelBinding: new Uint8Array(16).fill(1) });
    await expect(shakeHands(wrong, await startPeer('accept', form, { isBound: true }))).rejects.toThrow(/gss-ntlmssp/);
  });
});
