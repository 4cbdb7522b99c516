import { expect, test } from 'vitest';
import { AuthenticationError, type FaultFields, TransportError, WSManFault } from '../wsman/index.ts';
import { accountOf, createSignInGuard, SecretWithheldError } from './credentials.ts';

const never = new AbortController().signal;
const background = { askedAt: null, signal: never };
const domain = (machine: string) => accountOf('c1', 'CORP\\admin', machine);
const rejected = () => new AuthenticationError('The target refuses the credential.', { reason: 'rejected' });
const fault = () => new WSManFault('no such class', { wsmanCode: 0x80338000 } as FaultFields);

/** A clock that the test moves, and attempts that it ends. */
function setUp() {
  let now = 1_000_000;
  const guard = createSignInGuard(() => now);
  const attempts: string[] = [];
  const fails = async (machine: string, error: unknown = rejected()) => {
    attempts.push(machine);
    await new Promise((resolve) => setImmediate(resolve));
    throw error;
  };
  const works = async (machine: string) => {
    attempts.push(machine);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { guard, attempts, fails, works, pass: (ms: number) => (now += ms), now: () => now };
}

test('a wrong password for a fleet is sent once', async () => {
  const { guard, attempts, fails } = setUp();
  const outcomes = await Promise.allSettled(
    ['a', 'b', 'c', 'd'].map((machine) => guard.signIn(domain(machine), background, () => fails(machine))),
  );
  expect(attempts).toEqual(['a']);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(Array(4).fill('rejected'));
  for (const outcome of outcomes.slice(1)) {
    expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(SecretWithheldError);
  }
  await expect(guard.signIn(domain('e'), background, () => fails('e'))).rejects.toBeInstanceOf(SecretWithheldError);
  expect(() => guard.check(domain('a'))).toThrow(SecretWithheldError);
  expect(attempts).toEqual(['a']);
});

test('a new secret starts anew', async () => {
  const { guard, attempts, fails, works } = setUp();
  await expect(guard.signIn(domain('a'), background, () => fails('a'))).rejects.toThrow();
  guard.secretChanged('c1');
  await guard.signIn(domain('a'), background, () => works('a'));
  expect(attempts).toEqual(['a', 'a']);
});

test('until a machine has accepted the secret one attempt is in flight, then many', async () => {
  const { guard, attempts, works } = setUp();
  let release = () => {};
  const first = guard.signIn(domain('a'), background, () => {
    attempts.push('a');
    return new Promise<void>((resolve) => {
      release = resolve;
    });
  });
  const others = ['b', 'c'].map((machine) => guard.signIn(domain(machine), background, () => works(machine)));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(attempts).toEqual(['a']);
  release();
  await Promise.all([first, ...others]);
  expect(attempts).toEqual(['a', 'b', 'c']);
});

test('an attempt that never reached a verdict says nothing, and the next one goes', async () => {
  const { guard, attempts, fails, works } = setUp();
  const lost = new TransportError('lost', { reason: 'connection-lost' });
  await expect(guard.signIn(domain('a'), background, () => fails('a', lost))).rejects.toBe(lost);
  await guard.signIn(domain('b'), background, () => works('b'));
  expect(attempts).toEqual(['a', 'b']);
});

test('whoever gets a fault has signed in', async () => {
  const { guard, attempts, fails } = setUp();
  await expect(guard.signIn(domain('a'), background, () => fails('a', fault()))).rejects.toBeInstanceOf(WSManFault);
  await Promise.allSettled(
    ['b', 'c'].map((machine) => guard.signIn(domain(machine), background, () => fails(machine, fault()))),
  );
  expect(attempts).toEqual(['a', 'b', 'c']);
});

test('the user may ask once more, but asking for many machines at once is one attempt', async () => {
  const { guard, attempts, fails, pass, now } = setUp();
  await expect(guard.signIn(domain('a'), background, () => fails('a'))).rejects.toThrow();
  pass(1000);
  const asked = { askedAt: now(), signal: never };
  pass(10);
  await Promise.allSettled(
    ['a', 'b', 'c'].map((machine) => guard.signIn(domain(machine), asked, () => fails(machine))),
  );
  await Promise.allSettled(['d'].map((machine) => guard.signIn(domain(machine), asked, () => fails(machine))));
  expect(attempts).toEqual(['a', 'a']);
});

test('success after a refusal is told, so that withheld machines can try', async () => {
  const { guard, fails, works, pass, now } = setUp();
  const told: string[] = [];
  guard.onAccepted = (credentialId) => told.push(credentialId);
  await expect(guard.signIn(domain('a'), background, () => fails('a'))).rejects.toThrow();
  pass(1000);
  await guard.signIn(domain('b'), { askedAt: now(), signal: never }, () => works('b'));
  expect(told).toEqual(['c1']);
  await guard.signIn(domain('c'), background, () => works('c'));
});

test('a secret that works elsewhere may be refused by single machines, but three refusals in a row end it', async () => {
  const { guard, attempts, fails, works } = setUp();
  await guard.signIn(domain('good'), background, () => works('good'));
  await expect(guard.signIn(domain('odd'), background, () => fails('odd'))).rejects.toThrow();
  await guard.signIn(domain('good2'), background, () => works('good2'));
  for (const machine of ['x', 'y', 'z', 'never']) {
    await expect(guard.signIn(domain(machine), background, () => fails(machine))).rejects.toThrow();
  }
  expect(attempts).toEqual(['good', 'odd', 'good2', 'x', 'y', 'z']);
});

test('a minute after the last success the next attempt goes alone again', async () => {
  const { guard, attempts, fails, works, pass } = setUp();
  await guard.signIn(domain('a'), background, () => works('a'));
  pass(61_000);
  await Promise.allSettled(
    ['b', 'c', 'd', 'e', 'f'].map((machine) => guard.signIn(domain(machine), background, () => fails(machine))),
  );
  expect(attempts).toEqual(['a', 'b', 'c', 'd']);
});

test('.\\user is another account on every machine', async () => {
  const { guard, attempts, fails, works } = setUp();
  const local = (machine: string) => accountOf('c1', '.\\admin', machine);
  await expect(guard.signIn(local('a'), background, () => fails('a'))).rejects.toThrow();
  await guard.signIn(local('b'), background, () => works('b'));
  await expect(guard.signIn(local('a'), background, () => works('a'))).rejects.toBeInstanceOf(SecretWithheldError);
  expect(attempts).toEqual(['a', 'b']);
  guard.secretChanged('c1');
  await guard.signIn(local('a'), background, () => works('a'));
});

test('waiting ends with the signal', async () => {
  const { guard } = setUp();
  const hanging = guard.signIn(domain('a'), background, () => new Promise<void>(() => {}));
  hanging.catch(() => {});
  const abort = new AbortController();
  const waiting = guard.signIn(domain('b'), { askedAt: null, signal: abort.signal }, async () => {});
  abort.abort(new Error('over'));
  await expect(waiting).rejects.toThrow('over');
});
