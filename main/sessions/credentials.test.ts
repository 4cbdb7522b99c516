import { expect, test } from 'vitest';
import {
  AuthenticationError,
  type AuthenticationReason,
  type FaultFields,
  TransportError,
  WSManFault,
} from '../wsman/index.ts';
import { accountOf } from './accounts.ts';
import { createSignInGuard, SecretWithheldError } from './credentials.ts';

const never = new AbortController().signal;
const background = { askedAt: null, signal: never };
const refused = (reason: AuthenticationReason = 'rejected') => new AuthenticationError('No.', { reason });
const fault = () => new WSManFault('no such class', { wsmanCode: 0x80338000 } as FaultFields);

/** A clock that the test moves, and attempts that it ends. */
function setUp() {
  let now = 1_000_000;
  const guard = createSignInGuard(() => now);
  const attempts: string[] = [];
  const login = (machine: string, userName = 'CORP\\admin', secret = 'secret', credentialId: string | null = 'c1') =>
    guard.login(accountOf({ credentialId, userName, machineId: machine, host: machine, port: 5985 }), secret);
  const fails = async (machine: string, error: unknown = refused()) => {
    attempts.push(machine);
    await new Promise((resolve) => setImmediate(resolve));
    throw error;
  };
  const works = async (machine: string) => {
    attempts.push(machine);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { guard, attempts, login, fails, works, pass: (ms: number) => (now += ms), now: () => now };
}

test('a wrong password for a fleet is sent once', async () => {
  const { guard, attempts, login, fails } = setUp();
  const outcomes = await Promise.allSettled(
    ['a', 'b', 'c', 'd'].map((machine) => guard.signIn(login(machine), background, () => fails(machine))),
  );
  expect(attempts).toEqual(['a']);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(Array(4).fill('rejected'));
  for (const outcome of outcomes.slice(1)) {
    expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(SecretWithheldError);
  }
  await expect(guard.signIn(login('e'), background, () => fails('e'))).rejects.toBeInstanceOf(SecretWithheldError);
  expect(() => guard.check(login('a'))).toThrow(SecretWithheldError);
  expect(attempts).toEqual(['a']);
});

test('all ways to write one account are one attempt, also from two sets; another secret may be tried', async () => {
  const { guard, attempts, login, fails } = setUp();
  const ways = [
    ['a', 'CORP\\admin', 'c1'],
    ['b', 'admin@corp.example', 'c1'],
    ['c', 'Admin@CORP.EXAMPLE', 'c2'],
    ['d', 'admin', 'c3'],
    ['e', 'corp\\ADMIN', null],
  ] as const;
  await Promise.allSettled(
    ways.map(([machine, userName, set]) =>
      guard.signIn(login(machine, userName, 'wrong', set), background, () => fails(machine)),
    ),
  );
  expect(attempts).toEqual(['a']);
  await Promise.allSettled(
    ways.map(([machine, userName, set]) =>
      guard.signIn(login(machine, userName, 'another', set), background, () => fails(machine)),
    ),
  );
  expect(attempts).toEqual(['a', 'a']);
  await Promise.allSettled(
    ['OTHER\\admin', 'CORP\\admin2', '.\\admin'].map((userName) =>
      guard.signIn(login(userName, userName, 'wrong'), background, () => fails(userName)),
    ),
  );
  expect(attempts.slice(2)).toEqual(['OTHER\\admin', 'CORP\\admin2', '.\\admin']);
});

test('a name alone waits for every account that it may mean, and they for it', async () => {
  const { guard, attempts, login, fails } = setUp();
  await expect(guard.signIn(login('a', 'admin'), background, () => fails('a'))).rejects.toThrow();
  for (const userName of ['CORP\\admin', 'OTHER\\admin', 'admin@corp.example', '.\\admin']) {
    await expect(
      guard.signIn(login('a', userName), background, () => fails(userName)),
      userName,
    ).rejects.toBeInstanceOf(SecretWithheldError);
  }
  await expect(guard.signIn(login('b', '.\\admin'), background, () => fails('b'))).rejects.toThrow();
  expect(attempts).toEqual(['a', 'b']);
});

test('every reason that refuses a secret counts, also those of a KDC; none that only Kerberos cannot go on for', async () => {
  const refusing = [
    'rejected',
    'wrong-password',
    'unknown-user',
    'account-disabled',
    'account-expired',
    'password-expired',
  ] as const;
  for (const reason of refusing) {
    const { guard, attempts, login, fails } = setUp();
    for (const machine of ['a', 'b']) {
      await guard.signIn(login(machine), background, () => fails(machine, refused(reason))).catch(() => {});
    }
    expect(attempts, reason).toEqual(['a']);
  }
  // The KDC took the password; this machine does not take the ticket. With SSPI the KDC's own refusal has no leg.
  const ofTicket = (leg?: number) =>
    new AuthenticationError('No.', { reason: 'rejected', evidence: { mechanism: 'Kerberos' }, ...(leg && { leg }) });
  for (const [leg, expected] of [
    [2, ['a', 'b']],
    [undefined, ['a']],
  ] as const) {
    const { guard, attempts, login, fails } = setUp();
    for (const machine of ['a', 'b']) {
      await guard.signIn(login(machine), background, () => fails(machine, ofTicket(leg))).catch(() => {});
    }
    expect(attempts, `leg ${leg}`).toEqual(expected);
  }
  const harmless = ['no-kdc', 'clock-skew', 'spn-unknown', 'etype', 'scheme-not-offered', 'library-missing'] as const;
  for (const reason of harmless) {
    const { guard, attempts, login, fails } = setUp();
    for (const machine of ['a', 'b']) {
      await guard.signIn(login(machine), background, () => fails(machine, refused(reason))).catch(() => {});
    }
    expect(attempts, reason).toEqual(['a', 'b']);
    expect(guard.refusalOf('c1')).toBeNull();
  }
});

test('a new secret starts anew', async () => {
  const { guard, attempts, login, fails, works } = setUp();
  await expect(guard.signIn(login('a'), background, () => fails('a'))).rejects.toThrow();
  guard.credentialChanged('c1');
  await guard.signIn(login('a'), background, () => works('a'));
  expect(attempts).toEqual(['a', 'a']);
});

test('the same refused secret, entered again in one of two sets that have it, is still refused', async () => {
  const { guard, attempts, login, fails } = setUp();
  for (const set of ['c1', 'c2']) {
    await expect(guard.signIn(login('a', 'CORP\\admin', 'wrong', set), background, () => fails('a'))).rejects.toThrow();
  }
  guard.credentialChanged('c1');
  await expect(guard.signIn(login('b', 'CORP\\admin', 'wrong'), background, () => fails('b'))).rejects.toThrow();
  expect(attempts).toEqual(['a']);
});

test('until a machine has accepted the secret one attempt is in flight, then four, and more while that is fresh', async () => {
  const { guard, attempts, login, pass } = setUp();
  const ends: (() => void)[] = [];
  const hangs = (machine: string) => {
    attempts.push(machine);
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((machine) =>
    guard.signIn(login(machine), background, () => hangs(machine)),
  );
  const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
  await settled();
  expect(attempts).toEqual(['a']);
  ends.shift()!();
  await settled();
  expect(attempts).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  for (const end of ends.splice(0)) end();
  await Promise.all(all);

  pass(1000);
  const later = Array.from({ length: 30 }, (_, i) => guard.signIn(login(`l${i}`), background, () => hangs(`l${i}`)));
  await settled();
  expect(attempts).toHaveLength(7 + 4);
  ends.shift()!();
  await settled();
  expect(attempts).toHaveLength(7 + 1 + 24);
  while (ends.length > 0) {
    ends.shift()!();
    await settled();
  }
  await Promise.all(later);
});

test('a password that was changed within the minute in which it was good is refused four times at most', async () => {
  const { guard, attempts, login, fails, works, pass } = setUp();
  await guard.signIn(login('a'), background, () => works('a'));
  pass(1000);
  await Promise.allSettled(
    Array.from({ length: 500 }, (_, i) => guard.signIn(login(`m${i}`), background, () => fails(`m${i}`))),
  );
  expect(attempts.slice(1)).toHaveLength(4);
});

test('an attempt that never reached a verdict says nothing, and the next one goes', async () => {
  const { guard, attempts, login, fails, works } = setUp();
  const lost = new TransportError('lost', { reason: 'connection-lost' });
  await expect(guard.signIn(login('a'), background, () => fails('a', lost))).rejects.toBe(lost);
  await guard.signIn(login('b'), background, () => works('b'));
  expect(attempts).toEqual(['a', 'b']);
});

test('whoever gets a fault has signed in', async () => {
  const { guard, attempts, login, fails } = setUp();
  await expect(guard.signIn(login('a'), background, () => fails('a', fault()))).rejects.toBeInstanceOf(WSManFault);
  await Promise.allSettled(
    ['b', 'c'].map((machine) => guard.signIn(login(machine), background, () => fails(machine, fault()))),
  );
  expect(attempts).toEqual(['a', 'b', 'c']);
});

test('the user may ask once more, but asking for many machines at once is one attempt', async () => {
  const { guard, attempts, login, fails, pass, now } = setUp();
  await expect(guard.signIn(login('a'), background, () => fails('a'))).rejects.toThrow();
  pass(1000);
  const asked = { askedAt: now(), signal: never };
  pass(10);
  await Promise.allSettled(['a', 'b', 'c'].map((machine) => guard.signIn(login(machine), asked, () => fails(machine))));
  await Promise.allSettled(['d'].map((machine) => guard.signIn(login(machine), asked, () => fails(machine))));
  expect(attempts).toEqual(['a', 'a']);
});

test('success after a refusal is told, so that withheld machines can try', async () => {
  const { guard, login, fails, works, pass, now } = setUp();
  let told = 0;
  await expect(guard.signIn(login('a'), background, () => fails('a'))).rejects.toThrow();
  const withheld: SecretWithheldError = await guard
    .signIn(login('c'), background, () => works('c'))
    .then(
      () => expect.unreachable(),
      (error) => error,
    );
  expect(guard.isWithheld(withheld)).toBe(true);
  guard.onAccepted = () => {
    told++;
    expect(guard.isWithheld(withheld)).toBe(false);
  };
  pass(1000);
  await guard.signIn(login('b'), { askedAt: now(), signal: never }, () => works('b'));
  expect(told).toBe(1);
  await guard.signIn(login('c'), background, () => works('c'));
});

test('which set was refused, by which machine, when and why; another set with the same account and secret too', async () => {
  const { guard, login, fails, works, pass, now } = setUp();
  let told = 0;
  guard.onRefusal = () => void told++;
  expect(guard.refusalOf('c1')).toBeNull();
  const error = refused('wrong-password');
  await guard.signIn(login('a'), background, () => fails('a', error)).catch(() => {});
  expect(guard.refusalOf('c1')).toMatchObject({ machineId: 'a', atMs: 1_000_000, error });
  expect(guard.refusalOf('c2')).toBeNull();
  await guard.signIn(login('b', 'admin@corp.example', 'secret', 'c2'), background, () => works('b')).catch(() => {});
  expect(guard.refusalOf('c2')).toMatchObject({ machineId: 'a' });
  pass(1);
  await guard.signIn(login('a'), { askedAt: now(), signal: never }, () => works('a'));
  expect(guard.refusalOf('c1')).toBeNull();
  expect(guard.refusalOf('c2')).toBeNull();
  expect(told).toBeGreaterThanOrEqual(3);
});

test('a secret that works elsewhere may be refused by single machines, but three refusals in a row end it', async () => {
  const { guard, attempts, login, fails, works } = setUp();
  await guard.signIn(login('good'), background, () => works('good'));
  await expect(guard.signIn(login('odd'), background, () => fails('odd'))).rejects.toThrow();
  await guard.signIn(login('good2'), background, () => works('good2'));
  for (const machine of ['x', 'y', 'z', 'never']) {
    await expect(guard.signIn(login(machine), background, () => fails(machine))).rejects.toThrow();
  }
  expect(attempts).toEqual(['good', 'odd', 'good2', 'x', 'y', 'z']);
});

test('a rejection that several callers tell of is counted once', async () => {
  const { guard, attempts, login, works, fails } = setUp();
  await guard.signIn(login('good'), background, () => works('good'));
  const error = refused();
  for (let i = 0; i < 5; i++) guard.rejected(login('a'), error);
  await guard.signIn(login('b'), background, () => fails('b')).catch(() => {});
  await guard.signIn(login('c'), background, () => works('c'));
  expect(attempts).toEqual(['good', 'b', 'c']);
});

test('a minute after the last success the next attempt goes alone again', async () => {
  const { guard, attempts, login, fails, works, pass } = setUp();
  await guard.signIn(login('a'), background, () => works('a'));
  pass(61_000);
  await Promise.allSettled(
    ['b', 'c', 'd', 'e', 'f'].map((machine) => guard.signIn(login(machine), background, () => fails(machine))),
  );
  expect(attempts).toEqual(['a', 'b', 'c', 'd']);
});

test('.\\user is another account on every machine', async () => {
  const { guard, attempts, login, fails, works } = setUp();
  const local = (machine: string) => login(machine, '.\\admin');
  await expect(guard.signIn(local('a'), background, () => fails('a'))).rejects.toThrow();
  await guard.signIn(local('b'), background, () => works('b'));
  await expect(guard.signIn(local('a'), background, () => works('a'))).rejects.toBeInstanceOf(SecretWithheldError);
  expect(attempts).toEqual(['a', 'b']);
  guard.credentialChanged('c1');
  await guard.signIn(local('a'), background, () => works('a'));
});

test('waiting ends with the signal', async () => {
  const { guard, login } = setUp();
  const hanging = guard.signIn(login('a'), background, () => new Promise<void>(() => {}));
  hanging.catch(() => {});
  const abort = new AbortController();
  const waiting = guard.signIn(login('b'), { askedAt: null, signal: abort.signal }, async () => {});
  abort.abort(new Error('over'));
  await expect(waiting).rejects.toThrow('over');
});

test('what identifies a secret does not show it, and is another one in every run', () => {
  const account = accountOf({ credentialId: 'c1', userName: 'admin', machineId: 'm', host: 'h', port: 1 });
  const [one, two] = [createSignInGuard(), createSignInGuard()].map(
    (guard) => guard.login(account, 'Planted-1').bucket,
  );
  expect(one).not.toContain('Planted');
  expect(one).not.toBe(two);
});
