/** What a real library does not do on demand: leave out flags, hang, and end after nobody waits any more. The library is a script here. */
import { afterEach, expect, test, vi } from 'vitest';
import { createInitiatorContext, type KerberosInitiatorOptions } from './context.ts';
import { forgetTickets } from './credentials.ts';
import { type Gss, GssError, GssFlag, type Handle, type Step } from './gss.ts';

afterEach(forgetTickets);

const ALL = GssFlag.MUTUAL | GssFlag.REPLAY | GssFlag.SEQUENCE | GssFlag.CONF | GssFlag.INTEG;
const TKT_EXPIRED = new GssError('gss_init_sec_context', 0xb0000, 0x96c73a20, 'Ticket expired');
const complete = (flags: number): Step => ({ context: 7n, token: null, complete: true, flags });

/** A library whose `initiate` is given; it notes what is held and what is released. */
function scripted(initiate: () => Promise<Step>, refuse: () => GssError | null = () => null) {
  const counts = { acquired: 0, initiated: 0 };
  const names = new Set<Handle>();
  const credentials = new Set<Handle>();
  const deleted: Handle[] = [];
  let next = 100n;
  const hold = (held: Set<Handle>): Handle => {
    next++;
    held.add(next);
    return next;
  };
  const acquire = async () => {
    counts.acquired++;
    const refusal = refuse();
    if (refusal) throw refusal;
    return { credential: hold(credentials), lifetime: 36_000 };
  };
  const never = () => {
    throw new Error('not part of this');
  };
  const release = (held: Set<Handle>) => (handle: Handle) => {
    if (!held.delete(handle)) throw new Error('released twice');
  };
  const gss: Gss = {
    importPrincipal: () => hold(names),
    canonicalName: () => 'user@REALM.EXAMPLE',
    releaseName: release(names),
    releaseCredential: release(credentials),
    deleteContext: (handle) => void (handle !== 0n && deleted.push(handle)),
    acquireWithPassword: acquire,
    acquireDefault: acquire,
    acquireFromKeytab: never,
    initiate: (o) => {
      if (!names.has(o.target) || !credentials.has(o.credential)) throw new Error('used after its release');
      counts.initiated++;
      return initiate();
    },
    accept: never,
    exportLucid: () => ({
      initiate: true,
      sendSeq: 1n,
      receiveSeq: 1n,
      protocol: 1,
      key: { type: 18, bytes: new Uint8Array(32) },
      hasAcceptorSubkey: true,
    }),
    wrapIov: never,
    unwrap: never,
    getMic: never,
    verifyMic: never,
  };
  const open = (options: Partial<KerberosInitiatorOptions> = {}) =>
    createInitiatorContext(gss, {
      signIn: { kind: 'password', userName: 'alice', password: 'secret' },
      spn: 'HTTP/web01',
      delegate: false,
      channelBinding: null,
      ...options,
    });
  return { open, counts, names, credentials, deleted };
}
const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test('a context that is complete without mutual authentication, or without sealing, is refused', async () => {
  for (const lacking of [GssFlag.MUTUAL, GssFlag.CONF, GssFlag.INTEG, GssFlag.SEQUENCE]) {
    forgetTickets();
    const { open, deleted, names } = scripted(async () => complete(ALL & ~lacking));
    const context = open();
    await expect(context.step(null)).rejects.toMatchObject({ reason: 'weak-security' });
    expect([context.complete, deleted, names.size]).toEqual([false, [7n], 0]);
  }
});

test('an old ticket of ours is replaced once; one of the signed-in user is not ours to replace', async () => {
  let calls = 0;
  const once = scripted(async () => {
    if (++calls === 1) throw TKT_EXPIRED;
    return complete(ALL);
  });
  const context = once.open();
  await context.step(null);
  expect([context.complete, once.counts.acquired, once.credentials.size]).toEqual([true, 2, 1]);

  const always = scripted(async () => Promise.reject(TKT_EXPIRED));
  const signIn = { kind: 'password', userName: 'bob', password: 'secret' } as const;
  await expect(always.open({ signIn }).step(null)).rejects.toMatchObject({
    reason: 'kerberos',
    evidence: { code: 32 },
  });
  expect(always.counts.acquired).toBe(2);
  const signedIn = scripted(async () => Promise.reject(TKT_EXPIRED));
  const attempt = signedIn.open({ signIn: { kind: 'signed-in-user' } }).step(null);
  await expect(attempt).rejects.toMatchObject({ reason: 'no-ticket' });
  expect([signedIn.counts.acquired, signedIn.credentials.size]).toEqual([1, 0]);
});

test('what a late call uses is released when it ends, and what it brings is thrown away', async () => {
  const { promise, resolve } = Promise.withResolvers<Step>();
  const { open, names, credentials, deleted } = scripted(() => promise);
  const context = open({ limitMs: 20, signIn: { kind: 'signed-in-user' } });
  await expect(context.step(null)).rejects.toMatchObject({ reason: 'no-kdc' });
  context.dispose();
  forgetTickets();
  expect([names.size, credentials.size, deleted]).toEqual([1, 1, []]);
  resolve({ ...complete(ALL), complete: false, token: new Uint8Array(3) });
  await turns();
  expect([names.size, credentials.size, deleted, context.complete]).toEqual([0, 0, [7n], false]);
});

test('a context that is disposed of while it waits releases everything in the end', async () => {
  const { promise, resolve } = Promise.withResolvers<Step>();
  const { open, names, credentials, deleted } = scripted(() => promise);
  const context = open({ signIn: { kind: 'signed-in-user' } });
  const step = context.step(null);
  await turns();
  context.dispose();
  resolve(complete(ALL));
  await step.catch(() => {});
  await turns();
  expect([names.size, credentials.size, context.complete]).toEqual([0, 0, false]);
  expect(deleted).toEqual([7n]);
});

test('one step at a time, and none after the end', async () => {
  const { promise, resolve } = Promise.withResolvers<Step>();
  const { open, counts } = scripted(() => promise);
  const context = open();
  const first = context.step(null);
  await expect(context.step(null)).rejects.toMatchObject({ reason: 'bad-token' });
  resolve(complete(ALL));
  await first;
  await expect(context.step(new Uint8Array(3))).rejects.toMatchObject({ reason: 'bad-token' });
  expect(counts.initiated).toBe(1);
});

test('a KDC that does not answer is asked once for a fleet, and again after a while; other realms meanwhile', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(1000);
  const unreachable = new GssError('gss_acquire_cred_with_password', 0xd0000, 0x96c73a9c, 'Cannot contact any KDC');
  let isDown = true;
  const { open, counts } = scripted(
    async () => complete(ALL),
    () => (isDown ? unreachable : null),
  );
  const signIn = (userName: string) => ({ signIn: { kind: 'password', userName, password: 'secret' } as const });
  for (const userName of ['alice@DOWN.TEST', 'alice@DOWN.TEST', 'bob@DOWN.TEST']) {
    await expect(open(signIn(userName)).step(null)).rejects.toMatchObject({ reason: 'no-kdc' });
  }
  expect(counts.acquired).toBe(1);
  isDown = false;
  await open(signIn('alice@UP.TEST')).step(null);
  expect(counts.acquired).toBe(2);
  await expect(open(signIn('alice@DOWN.TEST')).step(null)).rejects.toMatchObject({ reason: 'no-kdc' });
  clock.mockReturnValue(11_000);
  await open(signIn('alice@DOWN.TEST')).step(null);
  expect(counts.acquired).toBe(3);
  clock.mockRestore();
});
