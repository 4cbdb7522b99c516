/**
 * Our SPNEGO against MIT's, where there is something to choose: Kerberos or NTLM, either first, mechListMIC owed by both ends. MIT krb5 and
 * gss-ntlmssp are the mechanisms of the other side, through python3-gssapi (Debian packages krb5-kdc, krb5-admin-server, krb5-user,
 * libgssapi-krb5-2, gss-ntlmssp, python3-gssapi). Missing software is a failure here.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Kdc, startKdc } from '../../lab/kdc.ts';
import { createKerberosAcceptor, createKerberosInitiator, forgetTickets } from './kerberos/provider.ts';
import { startLinePeer } from './line-peer.ts';
import { NegState, parseNegTokenResp } from './neg-token.ts';
import { createNegotiateAcceptor } from './negotiate.ts';
import { createNtlmContext } from './ntlm/context.ts';
import type { MechContext, OwnContext } from './security-context.ts';
import { createSpnegoContext } from './spnego.ts';
import { parseUserName } from './user-name.ts';

const SCRIPT = fileURLToPath(new URL('./spnego-peer.py', import.meta.url));
const SPN = 'HTTP/localhost';
const PASSWORD = 'Pässwort-4711';

let kdc: Kdc;
const before = process.env['KRB5_CONFIG'];
const peers: Peer[] = [];
beforeAll(async () => {
  kdc = await startKdc({ principals: [{ name: 'admin', password: PASSWORD }], services: [SPN] });
  process.env['KRB5_CONFIG'] = kdc.krb5Config;
  writeFileSync(join(kdc.folder, 'ntlm-users'), `FLEET:admin:${PASSWORD}\n`, { mode: 0o600 });
});
afterEach(() => {
  for (const peer of peers.splice(0)) peer.end();
  forgetTickets();
});
afterAll(async () => {
  if (before === undefined) delete process.env['KRB5_CONFIG'];
  else process.env['KRB5_CONFIG'] = before;
  await kdc?.close();
});

interface Peer {
  readonly complete: boolean;
  /** Once complete: `krb5` or `ntlm`. */
  readonly mechanism: string;
  step(token: Uint8Array | null): Promise<Uint8Array | null>;
  wrap(plain: Uint8Array): Promise<Buffer>;
  unwrap(token: Uint8Array): Promise<Buffer>;
  end(): void;
}

async function startPeer(role: 'initiate' | 'accept', mechanisms: string): Promise<Peer> {
  const { child, ask: askLine } = startLinePeer(SCRIPT, [role, mechanisms], {
    PATH: process.env['PATH'] ?? '',
    LC_ALL: 'C.UTF-8',
    KRB5_CONFIG: kdc.krb5Config,
    KRB5_KTNAME: `FILE:${kdc.keytab}`,
    NTLM_USER_FILE: join(kdc.folder, 'ntlm-users'),
  });
  const ask = async (command: string, data: Uint8Array | null): Promise<string[]> => {
    const word = data && data.length > 0 ? Buffer.from(data).toString('base64') : '-';
    const [kind, ...words] = (await askLine(`${command} ${word}`)).split(' ');
    if (kind === 'error') throw new Error(`MIT: ${words.join(' ')}`);
    return words;
  };
  const bytes = (word: string | undefined) => Buffer.from(word === '-' ? '' : (word ?? ''), 'base64');
  let [complete, mechanism] = [false, 'none'];
  const peer: Peer = {
    get complete() {
      return complete;
    },
    get mechanism() {
      return mechanism;
    },
    async step(token) {
      const [state, name, answer] = await ask('step', token);
      complete = state === '1';
      mechanism = name ?? '';
      return answer === '-' ? null : bytes(answer);
    },
    wrap: async (plain) => bytes((await ask('wrap', plain))[0]),
    unwrap: async (token) => bytes((await ask('unwrap', token))[0]),
    end: () => void child.kill(),
  };
  peers.push(peer);
  const first = await askLine(JSON.stringify({ user: 'admin', password: PASSWORD, target: 'HTTP@localhost' }));
  if (first !== 'ready') throw new Error(`${first}. Install the Debian packages named above (npm run setup).`);
  return peer;
}

const kerberos = () =>
  createKerberosInitiator({
    signIn: { kind: 'password', userName: 'admin', password: PASSWORD },
    spn: SPN,
    delegate: false,
    channelBinding: null,
  });
const ntlm = () =>
  createNtlmContext({
    role: 'initiator',
    userName: parseUserName('FLEET\\admin'),
    password: async () => PASSWORD,
    spn: SPN,
    channelBinding: null,
  });
const acceptor = (mechanisms: { readonly kerberos?: boolean; readonly ntlm?: boolean }) =>
  createNegotiateAcceptor({
    ntlm: mechanisms.ntlm
      ? {
          role: 'acceptor',
          findPassword: (user) => (user === 'admin' ? PASSWORD : null),
          computerName: 'SERVER1',
          domainName: 'FLEET',
          channelBinding: null,
        }
      : null,
    kerberos: mechanisms.kerberos
      ? () => createKerberosAcceptor({ keytab: kdc.keytab, channelBinding: null, requireChannelBinding: false })
      : null,
  });
const initiatorOver = (mechs: MechContext[]) => createSpnegoContext(mechs, 'initiator');

interface Stepping {
  readonly complete: boolean;
  step(token: Uint8Array | null): Promise<Uint8Array | null>;
}

/** Until nobody has anything to say. What the acceptor said, decoded. */
async function shakeHands(from: Stepping, to: Stepping) {
  const answers: ReturnType<typeof parseNegTokenResp>[] = [];
  let token = await from.step(null);
  for (let leg = 0; token !== null; leg++) {
    expect(leg).toBeLessThan(6);
    const answer = await to.step(token);
    if (answer !== null) answers.push(parseNegTokenResp(answer));
    token = answer === null || from.complete ? null : await from.step(answer);
  }
  expect([from.complete, to.complete]).toEqual([true, true]);
  return answers;
}

async function converse(ours: OwnContext, theirs: Peer): Promise<void> {
  for (const size of [1, 100, 5000]) {
    const plain = Buffer.alloc(size, `x${size}ü`);
    const sealed = ours.wrap(plain);
    expect(plain.equals(await theirs.unwrap(Buffer.concat([sealed.signature, sealed.data])))).toBe(true);
    const token = await theirs.wrap(plain);
    const at = token.length - size;
    expect(plain.equals(ours.unwrap(token.subarray(0, at), token.subarray(at)))).toBe(true);
  }
}

describe('we initiate, MIT accepts', () => {
  test('Kerberos first on both sides: one round trip', async () => {
    const [ours, theirs] = [initiatorOver([await kerberos(), ntlm()]), await startPeer('accept', 'krb5,ntlm')];
    const answers = await shakeHands(ours, theirs);
    expect(answers.map(({ negState }) => negState)).toEqual([NegState.ACCEPT_COMPLETED]);
    expect([ours.mechanism, theirs.mechanism]).toEqual(['Kerberos', 'krb5']);
    await converse(ours, theirs);
  });

  test('MIT has only NTLM: request-mic, another mechanism, mechListMIC both ways', async () => {
    const [ours, theirs] = [initiatorOver([await kerberos(), ntlm()]), await startPeer('accept', 'ntlm')];
    const answers = await shakeHands(ours, theirs);
    expect(answers[0]!.negState).toBe(NegState.REQUEST_MIC);
    expect(answers.at(-1)!.mechListMic).toHaveLength(16);
    expect([ours.mechanism, theirs.mechanism]).toEqual(['NTLM', 'ntlm']);
    await converse(ours, theirs);
  });

  test('we prefer NTLM, MIT has only Kerberos: request-mic, mechListMIC both ways under Kerberos’ key', async () => {
    const [ours, theirs] = [initiatorOver([ntlm(), await kerberos()]), await startPeer('accept', 'krb5')];
    const answers = await shakeHands(ours, theirs);
    expect(answers[0]!.negState).toBe(NegState.REQUEST_MIC);
    expect(answers.some(({ mechListMic }) => mechListMic !== null)).toBe(true);
    expect([ours.mechanism, theirs.mechanism]).toEqual(['Kerberos', 'krb5']);
    await converse(ours, theirs);
  });

  test('we offer only Kerberos, MIT has only NTLM: refused, and not a byte of NTLM is said', async () => {
    const [ours, theirs] = [initiatorOver([await kerberos()]), await startPeer('accept', 'ntlm')];
    const first = (await ours.step(null))!;
    expect(Buffer.from(first).includes(Buffer.from('NTLMSSP\0'))).toBe(false);
    expect(Buffer.from(first).includes(Buffer.from('2b06010401823702020a', 'hex'))).toBe(false);
    await expect(theirs.step(first)).rejects.toThrow(/MIT/);
  });
});

describe('MIT initiates, we accept', () => {
  test('Kerberos first on both sides: one round trip', async () => {
    const [theirs, ours] = [await startPeer('initiate', 'krb5,ntlm'), acceptor({ kerberos: true, ntlm: true })];
    await shakeHands(theirs, ours);
    expect([ours.mechanism, theirs.mechanism, ours.peer?.principal]).toEqual([
      'Kerberos',
      'krb5',
      `admin@${kdc.realm}`,
    ]);
    await converse(ours, theirs);
  });

  test('we have only NTLM: request-mic, another mechanism, mechListMIC both ways', async () => {
    const [theirs, ours] = [await startPeer('initiate', 'krb5,ntlm'), acceptor({ ntlm: true })];
    const answers = await shakeHands(theirs, ours);
    expect(answers[0]!.negState).toBe(NegState.REQUEST_MIC);
    expect([ours.mechanism, theirs.mechanism, ours.peer?.user]).toEqual(['NTLM', 'ntlm', 'admin']);
    await converse(ours, theirs);
  });

  test('MIT prefers NTLM, we have only Kerberos: request-mic, mechListMIC both ways under Kerberos’ key', async () => {
    const [theirs, ours] = [await startPeer('initiate', 'ntlm,krb5'), acceptor({ kerberos: true })];
    const answers = await shakeHands(theirs, ours);
    expect(answers.map(({ negState }) => negState)).toEqual([NegState.REQUEST_MIC, NegState.ACCEPT_INCOMPLETE]);
    expect([ours.mechanism, theirs.mechanism]).toEqual(['Kerberos', 'krb5']);
    await converse(ours, theirs);
  });
});
