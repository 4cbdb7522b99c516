import { afterEach, expect, test, vi } from 'vitest';
import { AuthenticationError, type Identity, type Target, type WSManClient } from '../wsman/index.ts';
import { SecretLockedError, SecretWithheldError, type SignInCredential } from './credentials.ts';
import { createSessionPool, type MachineAccess, type SessionPool } from './session-pool.ts';

const forgetTickets = vi.hoisted(() => vi.fn());
vi.mock('../wsman/index.ts', async (original) => ({ ...(await original<object>()), forgetTickets }));

const fleet = 500;
const identity = { stack: '3.0', productVersion: null } as Identity;
let pools: SessionPool[] = [];
afterEach(() => {
  for (const pool of pools) pool.close();
  pools = [];
});

/** A pool over machines of one domain: each answers anonymously, and takes the right password only. */
function setUp(secretOf: (id: string) => string | null) {
  let rightPassword = 'right';
  let now = 1_000_000;
  /** Every time a password reached a machine. */
  const attempts: { host: string; password: string | null }[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  const targets = new Map<string, Target>();
  const changes: string[] = [];
  const pool = createSessionPool({
    createClient(target: Target) {
      targets.set(target.host, target);
      return {
        async identify({ anonymous = false } = {}) {
          if (anonymous) return identity;
          const password = await target.password();
          attempts.push({ host: target.host, password });
          mostInFlight = Math.max(mostInFlight, ++inFlight);
          await new Promise((resolve) => setImmediate(resolve));
          inFlight--;
          if (password !== rightPassword) throw new AuthenticationError('No.', { reason: 'rejected' });
          return identity;
        },
        security: () => null,
        close() {},
      } as unknown as WSManClient;
    },
    secrets: { get: async (id) => secretOf(id), certificate: async () => null },
    greet: async () => null,
    onChange: (id) => void changes.push(id),
    now: () => now,
    random: () => 0.5,
  });
  pools.push(pool);
  pool.wakeAll();
  const states = () => Map.groupBy(all(pool), (session) => session.status.state);
  return {
    pool,
    attempts,
    targets,
    states,
    changes,
    mostInFlight: () => mostInFlight,
    setRight: (password: string) => {
      rightPassword = password;
    },
    pass: (ms: number) => {
      now += ms;
    },
  };
}

const all = (pool: SessionPool) =>
  Array.from({ length: fleet }, (_, i) => pool.get(`m${i}`)).filter((session) => session !== undefined);

function access(
  i: number,
  credential: SignInCredential | null,
  change: Partial<MachineAccess['target']> = {},
): MachineAccess {
  return {
    target: {
      host: `srv${i}.corp.example`,
      port: 5985,
      transport: 'http',
      path: '/wsman',
      authentication: 'negotiate',
      trusted: true,
      allowClearText: false,
      tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
      ...change,
    },
    credential,
  };
}

/** The same account in every way to write it, in three sets. */
const spellings = ['CORP\\admin', 'admin@corp.example', 'admin'];
const setOf = (i: number): SignInCredential => ({
  kind: 'password',
  id: `c${i % 3}`,
  userName: spellings[i % spellings.length]!,
});

test('a wrong password on 500 machines, in three sets that write its account in three ways, is sent once', async () => {
  let password = 'wrong';
  const { pool, attempts, states, mostInFlight } = setUp(() => password);
  for (let i = 0; i < fleet; i++) pool.set(`m${i}`, access(i, setOf(i)));
  await expect.poll(() => states().get('denied')?.length, { timeout: 10_000 }).toBe(fleet);
  expect(attempts).toHaveLength(1);
  const withheld = all(pool).filter(({ status }) => status.error instanceof SecretWithheldError);
  expect(withheld).toHaveLength(fleet - 1);
  for (const id of ['c0', 'c1', 'c2']) expect(pool.refusalOf(id)).toMatchObject({ machineId: expect.any(String) });

  // The right one is tried alone, then on many machines at once; every machine comes online.
  password = 'right';
  for (const id of ['c0', 'c1', 'c2']) pool.credentialChanged(id);
  for (let i = 0; i < fleet; i++) pool.set(`m${i}`, access(i, setOf(i)));
  await expect.poll(() => states().get('online')?.length, { timeout: 10_000 }).toBe(fleet);
  expect(attempts).toHaveLength(1 + fleet);
  expect(mostInFlight()).toBe(24);
  expect(pool.refusalOf('c0')).toBeNull();
});

test('a user who asks for all 500 after a refusal asks once', async () => {
  const { pool, attempts, states, pass } = setUp(() => 'wrong');
  for (let i = 0; i < fleet; i++) pool.set(`m${i}`, access(i, setOf(0)));
  await expect.poll(() => states().get('denied')?.length, { timeout: 10_000 }).toBe(fleet);
  pass(1000);
  await Promise.all(all(pool).map((session) => session.retry()));
  expect(attempts).toHaveLength(2);
});

test('a fleet that is online and opens new connections with a password that was changed meanwhile tries it three times', async () => {
  const { pool, attempts, states, targets, setRight, pass } = setUp(() => 'right');
  for (let i = 0; i < fleet; i++) pool.set(`m${i}`, access(i, setOf(0)));
  await expect.poll(() => states().get('online')?.length, { timeout: 10_000 }).toBe(fleet);
  // An hour later the network was away for a moment, and the domain has another password for the account.
  pass(3_600_000);
  setRight('changed');
  const before = attempts.length;
  const asked = await Promise.allSettled([...targets.values()].map((target) => target.password()));
  expect(asked.map(({ status }) => status)).toEqual(Array(fleet).fill('rejected'));
  expect(attempts.length - before).toBe(3);
});

test('a fleet that is online and opens new connections with a good password proves it once', async () => {
  const { pool, attempts, states, targets, pass } = setUp(() => 'right');
  for (let i = 0; i < fleet; i++) pool.set(`m${i}`, access(i, setOf(0)));
  await expect.poll(() => states().get('online')?.length, { timeout: 10_000 }).toBe(fleet);
  pass(3_600_000);
  const before = attempts.length;
  const given = await Promise.all([...targets.values()].map((target) => target.password()));
  expect(new Set(given)).toEqual(new Set(['right']));
  expect(attempts.length - before).toBe(1);
});

test('machines whose secret is in the locked file are denied, and connect when it is opened', async () => {
  let isLocked = true;
  const { pool, attempts, states } = setUp(() => {
    if (isLocked) throw new SecretLockedError(null);
    return 'right';
  });
  for (let i = 0; i < 5; i++) pool.set(`m${i}`, access(i, setOf(0)));
  await expect.poll(() => states().get('denied')?.length).toBe(5);
  expect(attempts).toHaveLength(0);
  isLocked = false;
  pool.unlocked();
  await expect.poll(() => states().get('online')?.length).toBe(5);
});

test.each([
  ['certificate', 'password'],
  ['certificate', 'signed-in-user'],
  ['negotiate', 'certificate'],
  ['kerberos', 'certificate'],
  ['basic', 'certificate'],
  ['basic', 'signed-in-user'],
  ['ntlm', 'signed-in-user'],
  ['digest', 'signed-in-user'],
] as const)(
  'settings and set that do not go together are said, and nothing is sent: %s with %s',
  async (authentication, kind) => {
    const { pool, attempts } = setUp(() => 'right');
    const credential = kind === 'password' ? { kind, id: 'c1', userName: 'admin' } : { kind, id: 'c1' };
    pool.set('m0', access(0, credential, { authentication, transport: 'https' }));
    await expect.poll(() => pool.get('m0')?.status.state).toBe('denied');
    expect(pool.get('m0')?.status.error).toMatchObject({ reason: 'no-credential' });
    expect(attempts).toHaveLength(0);
  },
);

test('each kind of set reaches its machine as its settings say', async () => {
  const { pool, targets, states } = setUp(() => 'right');
  pool.set('m0', access(0, { kind: 'signed-in-user', id: 'c1' }, { authentication: 'kerberos', delegate: true }));
  pool.set('m1', access(1, { kind: 'certificate', id: 'c2' }, { authentication: 'certificate', transport: 'https' }));
  pool.set('m2', access(2, { kind: 'password', id: 'c3', userName: 'admin' }));
  await expect.poll(() => states().get('online')?.length).toBe(3);
  expect(targets.get('srv0.corp.example')).toMatchObject({ signedInUser: true, userName: null, delegate: true });
  expect(targets.get('srv0.corp.example')).not.toHaveProperty('clientCertificate');
  expect(targets.get('srv1.corp.example')).toMatchObject({ signedInUser: false, userName: null });
  expect(targets.get('srv1.corp.example')!.clientCertificate).toBeTypeOf('function');
  expect(targets.get('srv2.corp.example')).toMatchObject({ signedInUser: false, userName: 'admin' });
});

test('tickets that were had with a secret do not outlive it, nor the pool', () => {
  const { pool } = setUp(() => 'right');
  forgetTickets.mockClear();
  pool.credentialChanged('c1');
  expect(forgetTickets).toHaveBeenCalledTimes(1);
  pool.close();
  expect(forgetTickets).toHaveBeenCalledTimes(2);
});
