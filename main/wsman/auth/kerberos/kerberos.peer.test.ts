/**
 * Our Kerberos against MIT krb5 through python3-gssapi (Debian packages krb5-kdc, krb5-user, libgssapi-krb5-2, python3-gssapi): contexts in
 * both roles, raw and inside SPNEGO, channel bindings, delegation, and sealed messages that each side opens, by IOV and as one token.
 * Missing software is a failure here.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Kdc, startKdc } from '../../../lab/kdc.ts';
import type { OwnContext } from '../security-context.ts';
import { createSpnegoContext } from '../spnego.ts';
import { createInitiatorContext } from './context.ts';
import { GssError } from './gss.ts';
import { loadGss } from './library.ts';
import { createKerberosAcceptor, createKerberosInitiator, forgetTickets } from './provider.ts';
import { type PythonPeer, type PythonPeerOptions, startPythonPeer } from './python-peer.ts';

const SPN = 'HTTP/localhost';
const PASSWORD = 'Pässwort "4711"';
const SIZES = [0, 1, 15, 16, 17, 1024, 200 * 1024];
const BINDING = Buffer.concat([Buffer.from('tls-server-end-point:'), Buffer.alloc(32, 0x5a)]);
const signIn = { kind: 'password', userName: 'alice', password: PASSWORD } as const;
type Form = 'raw' | 'spnego';

const peers: PythonPeer[] = [];
afterEach(() => {
  for (const peer of peers.splice(0)) peer.end();
  forgetTickets();
});

interface Step {
  step(token: Uint8Array | null): Promise<Uint8Array | null>;
}
async function shakeHands(from: Step, to: Step): Promise<void> {
  let [sender, receiver] = [from, to];
  let token = await sender.step(null);
  for (let legs = 0; token !== null; legs++) {
    expect(legs).toBeLessThan(8);
    token = await receiver.step(token);
    [sender, receiver] = [receiver, sender];
  }
}

/** Every size both ways: what WinRM does (IOV), and one plain token as OMI sends it. */
async function converse(ours: OwnContext, theirs: PythonPeer): Promise<void> {
  for (const size of SIZES) {
    const plain = randomBytes(size);
    const sealed = ours.wrap(plain);
    expect(sealed.data.length).toBe(size);
    expect(plain.equals(await theirs.unwrapIov(sealed.signature, sealed.data)), `${size} there`).toBe(true);
    const answer = await theirs.wrapIov(plain);
    expect(answer.padding.length).toBe(0);
    expect(answer.signature.length).toBe(sealed.signature.length);
    expect(plain.equals(ours.unwrap(answer.signature, answer.data)), `${size} back`).toBe(true);
    const again = ours.wrap(plain);
    const whole = await theirs.unwrap(Buffer.concat([again.signature, again.data]));
    expect(plain.equals(whole), `${size} there as one token`).toBe(true);
    const token = await theirs.wrap(plain);
    const [head, tail] = [token.subarray(0, token.length - size), token.subarray(token.length - size)];
    expect(plain.equals(ours.unwrap(head, tail)), `${size} back, not rotated`).toBe(true);
  }
}

function useRealm(permittedEnctypes?: string) {
  let kdc: Kdc;
  const before = process.env['KRB5_CONFIG'];
  beforeAll(async () => {
    const principals = [{ name: 'alice', password: PASSWORD }];
    kdc = await startKdc({ principals, services: [SPN], ...(permittedEnctypes ? { permittedEnctypes } : {}) });
    process.env['KRB5_CONFIG'] = kdc.krb5Config;
  });
  afterAll(async () => {
    if (before === undefined) delete process.env['KRB5_CONFIG'];
    else process.env['KRB5_CONFIG'] = before;
    await kdc?.close();
  });
  const peer = async (options: Pick<PythonPeerOptions, 'role'> & Partial<PythonPeerOptions>) => {
    const about = { user: `alice@${kdc.realm}`, password: PASSWORD, target: `${SPN}@${kdc.realm}` };
    const places = { krb5Config: kdc.krb5Config, keytab: kdc.keytab };
    const started = await startPythonPeer({ form: 'raw', ...about, ...places, ...options });
    peers.push(started);
    return started;
  };
  const initiator = (o: { delegate?: boolean; channelBinding?: Uint8Array } = {}) =>
    createKerberosInitiator({ signIn, spn: SPN, delegate: false, channelBinding: null, ...o });
  const acceptor = (o: { channelBinding?: Uint8Array; requireChannelBinding?: boolean } = {}) =>
    createKerberosAcceptor({ keytab: kdc.keytab, channelBinding: null, requireChannelBinding: false, ...o });
  return { kdc: () => kdc, peer, initiator, acceptor };
}

describe.each([
  ['aes128-cts-hmac-sha1-96', 'AES128-SHA1'],
  ['aes256-cts-hmac-sha1-96', 'AES256-SHA1'],
  ['aes128-cts-hmac-sha256-128', 'AES128-SHA256'],
  ['aes256-cts-hmac-sha384-192', 'AES256-SHA384'],
])('%s', (enctype, cipher) => {
  const realm = useRealm(enctype);

  test.each<Form>(['raw', 'spnego'])('we initiate, MIT accepts: %s', async (form) => {
    const mech = await realm.initiator();
    const ours: OwnContext = form === 'raw' ? mech : createSpnegoContext([mech], 'initiator');
    const theirs = await realm.peer({ role: 'accept', form });
    await shakeHands(ours, theirs);
    expect([ours.complete, theirs.complete, ours.mechanism, ours.cipher]).toEqual([true, true, 'Kerberos', cipher]);
    expect(await theirs.info()).toMatchObject({ initiator: `alice@${realm.kdc().realm}`, delegated: false });
    await converse(ours, theirs);
    ours.dispose();
    expect(() => ours.wrap(Buffer.from('late'))).toThrow();
  });

  test.each<Form>(['raw', 'spnego'])('MIT initiates, we accept: %s', async (form) => {
    const mech = await realm.acceptor();
    const ours: OwnContext = form === 'raw' ? mech : createSpnegoContext([mech], 'acceptor');
    const theirs = await realm.peer({ role: 'initiate', form });
    await shakeHands(theirs, ours);
    expect([ours.complete, theirs.complete, ours.cipher]).toEqual([true, true, cipher]);
    expect(mech.peer?.principal).toBe(`alice@${realm.kdc().realm}`);
    await converse(ours, theirs);
  });

  test('signatures for mechListMIC are made alike', async () => {
    const ours = await realm.initiator();
    const theirs = await realm.peer({ role: 'accept' });
    await shakeHands(ours, theirs);
    const list = Buffer.from('mechanisms');
    await theirs.verify(list, ours.signMechList(list));
    expect(ours.verifyMechList(list, await theirs.sign(list))).toBe(true);
    expect(ours.verifyMechList(Buffer.from('others'), await theirs.sign(list))).toBe(false);
    const { signature, data } = ours.wrap(Buffer.from('after it'));
    expect(Buffer.from(await theirs.unwrapIov(signature, data)).toString()).toBe('after it');
  });

  test('a message of ours changed on the way is refused by MIT, and one of theirs by us', async () => {
    const ours = await realm.initiator();
    const theirs = await realm.peer({ role: 'accept' });
    await shakeHands(ours, theirs);
    const { signature, data } = ours.wrap(Buffer.from('stop it'));
    data[0]! ^= 1;
    await expect(theirs.unwrapIov(signature, data)).rejects.toThrow(/MIT krb5/);
    const answer = await theirs.wrapIov(Buffer.from('never'));
    answer.data[0]! ^= 1;
    expect(() => ours.unwrap(answer.signature, answer.data)).toThrow(/checksum/);
  });
});

describe('RC4, as Windows sends it', () => {
  const realm = useRealm('arcfour-hmac aes256-cts-hmac-sha1-96');

  test('MIT opens it by IOV without a padding byte, and we what MIT pads', async () => {
    const ours = await realm.initiator();
    const theirs = await realm.peer({ role: 'accept' });
    await shakeHands(ours, theirs);
    expect(ours.cipher).toBe('RC4-HMAC');
    for (const size of SIZES) {
      const plain = Buffer.alloc(size, 0x3e);
      const { signature, data } = ours.wrap(plain);
      expect(data.length).toBe(size);
      expect(plain.equals(await theirs.unwrapIov(signature, data)), `${size} there`).toBe(true);
      const answer = await theirs.wrapIov(plain);
      expect(answer.padding.length).toBe(1);
      const padded = Buffer.concat([answer.data, answer.padding]);
      expect(plain.equals(ours.unwrap(answer.signature, padded)), `${size} back`).toBe(true);
      expect(plain.equals(ours.unwrap(await theirs.wrap(plain), new Uint8Array(0))), `${size} as one token`).toBe(true);
    }
    const list = Buffer.from('mechanisms');
    await theirs.verify(list, ours.signMechList(list));
    expect(ours.verifyMechList(list, await theirs.sign(list))).toBe(true);
  });
});

describe('one realm', () => {
  const realm = useRealm();

  test('delegation only where it is asked for', async () => {
    for (const delegate of [false, true]) {
      const theirs = await realm.peer({ role: 'accept' });
      await shakeHands(await realm.initiator({ delegate }), theirs);
      expect((await theirs.info()).delegated).toBe(delegate);
    }
  });

  test('MIT takes our channel binding, and refuses a wrong one', async () => {
    const right = await realm.peer({ role: 'accept', binding: BINDING });
    await shakeHands(await realm.initiator({ channelBinding: BINDING }), right);
    const boundFlag = 0x800;
    expect((await right.info()).flags & boundFlag).toBe(boundFlag);
    const unbound = await realm.peer({ role: 'accept', binding: BINDING });
    await shakeHands(await realm.initiator(), unbound);
    expect((await unbound.info()).flags & boundFlag).toBe(0);
    const wrong = await realm.peer({ role: 'accept', binding: BINDING });
    const other = Buffer.from('tls-server-end-point:another');
    await expect(shakeHands(await realm.initiator({ channelBinding: other }), wrong)).rejects.toThrow(/binding/i);
  });

  test('we take the channel binding of MIT, refuse a wrong one, and a missing one where it is demanded', async () => {
    const strict = { channelBinding: BINDING, requireChannelBinding: true };
    const attempt = async (binding: Uint8Array | null, requireChannelBinding: boolean) => {
      const theirs = await realm.peer({ role: 'initiate', ...(binding ? { binding } : {}) });
      const ours = await realm.acceptor({ ...strict, requireChannelBinding });
      await shakeHands(theirs, ours);
      return ours.complete;
    };
    expect(await attempt(BINDING, true)).toBe(true);
    expect(await attempt(null, false)).toBe(true);
    const rejected = { reason: 'rejected' };
    await expect(attempt(null, true)).rejects.toMatchObject(rejected);
    await expect(attempt(Buffer.from('tls-server-end-point:another'), false)).rejects.toMatchObject(rejected);
  });

  test('a library that keeps its key seals by itself, and MIT opens it', async () => {
    const gss = await loadGss();
    const refusing: typeof gss = {
      ...gss,
      exportLucid: () => {
        throw new GssError('gss_krb5_export_lucid_sec_context', 0x100000, 0, 'refused');
      },
    };
    const ours = createInitiatorContext(refusing, { signIn, spn: SPN, delegate: false, channelBinding: null });
    const theirs = await realm.peer({ role: 'accept' });
    await shakeHands(ours, theirs);
    await converse(ours, theirs);
    const list = Buffer.from('mechanisms');
    await theirs.verify(list, ours.signMechList(list));
    expect(ours.verifyMechList(list, await theirs.sign(list))).toBe(true);
    const answer = await theirs.wrapIov(Buffer.from('never'));
    answer.data[0]! ^= 1;
    expect(() => ours.unwrap(answer.signature, answer.data)).toThrow(/cannot be read/);
    ours.dispose();
    expect(() => ours.wrap(Buffer.from('late'))).toThrow();
  });

  test('fifty contexts at once cost one AS exchange and one service ticket', async () => {
    const exchanges = async () => {
      const lines = (await realm.kdc().readLog()).split('\n').filter((line) => line.includes('ISSUE'));
      return {
        as: lines.filter((line) => line.includes('AS_REQ')).length,
        tgs: lines.filter((line) => line.includes('TGS_REQ')).length,
      };
    };
    const before = await exchanges();
    const contexts = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const [ours, theirs] = [await realm.initiator(), await realm.acceptor()];
        await shakeHands(ours, theirs);
        return ours.complete && theirs.complete;
      }),
    );
    expect(contexts.every(Boolean)).toBe(true);
    const after = await exchanges();
    expect({ as: after.as - before.as, tgs: after.tgs - before.tgs }).toEqual({ as: 1, tgs: 1 });
    forgetTickets();
    await shakeHands(await realm.initiator(), await realm.acceptor());
    expect((await exchanges()).as).toBe(after.as + 1);
  });

  test('tickets that are forgotten while contexts are being set up do not take them down', async () => {
    const contexts = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const [ours, theirs] = [await realm.initiator(), await realm.acceptor()];
        const running = shakeHands(ours, theirs);
        if (n % 5 === 0) forgetTickets();
        await running;
        return ours.complete;
      }),
    );
    expect(contexts.every(Boolean)).toBe(true);
  });

  test('the signed-in user needs no password, and other forms of a name are the same account', async () => {
    await realm.kdc().kinit({ name: 'alice', password: PASSWORD });
    const domain = realm.kdc().realm.split('.')[0];
    const names = [`alice@${realm.kdc().realm.toLowerCase()}`, `${domain}\\alice`, 'alice'];
    const ways = [
      { kind: 'signed-in-user' } as const,
      ...names.map((userName) => ({ kind: 'password', userName, password: PASSWORD }) as const),
    ];
    for (const way of ways) {
      const ours = await createKerberosInitiator({ signIn: way, spn: SPN, delegate: false, channelBinding: null });
      const theirs = await realm.acceptor();
      await shakeHands(ours, theirs);
      expect(theirs.peer?.principal).toBe(`alice@${realm.kdc().realm}`);
    }
  });
});
