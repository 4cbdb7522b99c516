import { afterEach, expect, test } from 'vitest';
import {
  AuthenticationError,
  CancelledError,
  type Identity,
  OutcomeUnknownError,
  ProtocolError,
  type Target,
  TransportError,
  type WSManClient,
} from '../wsman/index.ts';
import { accountOf } from './accounts.ts';
import { createSignInGuard } from './credentials.ts';
import { createLimiter } from './limiter.ts';
import { createSession, type Session, type SessionPlan } from './session.ts';

const identity = { stack: '3.0', productVersion: null } as Identity;
const silent = () => new TransportError('silence', { reason: 'response-timeout' });
const lost = () => new TransportError('lost', { reason: 'connection-lost' });

let sessions: Session[] = [];
afterEach(() => {
  for (const session of sessions) session.close();
  sessions = [];
});

/** A session over clients that do nothing but remember; `identify` and `greet` decide what comes of an attempt. */
function setUp(change: { anonymous?: () => Identity; signedIn?: () => Identity; greet?: () => unknown } = {}) {
  const clients: { closed: boolean; anonymousAsked: number; client: WSManClient }[] = [];
  const plan: SessionPlan = {
    target: { host: 'srv01' } as SessionPlan['target'],
    account: accountOf({ credentialId: 'c1', userName: 'CORP\\admin', machineId: 'm1', host: 'srv01', port: 5985 }),
    certificateOf: null,
    obstacle: null,
  };
  const session = createSession('m1', plan, {
    createClient(_: Target) {
      const made = {
        closed: false,
        anonymousAsked: 0,
        client: {
          async identify({ anonymous = false } = {}) {
            if (!anonymous) return change.signedIn?.() ?? identity;
            made.anonymousAsked++;
            return change.anonymous?.() ?? identity;
          },
          security: () => null,
          close() {
            made.closed = true;
          },
        } as unknown as WSManClient,
      };
      clients.push(made);
      return made.client;
    },
    password: async () => 'secret',
    certificate: async () => null,
    guard: createSignInGuard(),
    connecting: createLimiter(4),
    greeting: createLimiter(4),
    greet: async () => change.greet?.() ?? null,
    onChange: () => {},
    now: Date.now,
    random: () => 0.5,
  });
  sessions.push(session);
  return { session, clients };
}

test('a call whose connection is given up for another call’s sake is made once more over a new one', async () => {
  let greetings = 0;
  const { session, clients } = setUp({
    greet: () => {
      if (++greetings === 2) throw lost();
    },
  });
  const used: WSManClient[] = [];
  const result = await session.run(
    async (client) => {
      used.push(client);
      if (used.length > 1) return 'read';
      // Another call fails, the machine is asked how it is, and does not answer that either.
      await session.run(() => Promise.reject(new ProtocolError('broken'))).catch(() => {});
      await expect.poll(() => clients[0]!.closed).toBe(true);
      throw new CancelledError('The client was closed.');
    },
    { urgent: true },
  );
  expect(result).toBe('read');
  expect(used).toEqual(clients.map(({ client }) => client));
  expect(clients.map(({ closed }) => closed)).toEqual([true, false]);
});

test('with other settings it is not made again: it was meant for another machine', async () => {
  const { session } = setUp();
  let calls = 0;
  const meant = session.run(
    async () => {
      calls++;
      session.replan({ target: { host: 'srv02' } as SessionPlan['target'], account: null });
      throw new CancelledError('The client was closed.');
    },
    { urgent: true },
  );
  await expect(meant).rejects.toMatchObject({ reason: 'connection-lost' });
  expect(calls).toBe(1);
});

test('once more, not for ever; and never after the caller’s own cancellation', async () => {
  const { session } = setUp();
  let calls = 0;
  const given = session.run(
    async () => {
      calls++;
      throw new CancelledError('The client was closed.');
    },
    { urgent: true },
  );
  await expect(given).rejects.toMatchObject({ reason: 'connection-lost' });
  expect(calls).toBe(2);

  const own = new AbortController();
  const cancelled = session.run(
    async () => {
      calls++;
      own.abort(new CancelledError('by the user'));
      throw new CancelledError('The request was cancelled.');
    },
    { urgent: true, signal: own.signal },
  );
  await expect(cancelled).rejects.toBeInstanceOf(CancelledError);
  expect(calls).toBe(3);
});

test('what may have happened is not done again', async () => {
  const { session } = setUp();
  let calls = 0;
  const unknown = session.run(
    async () => {
      calls++;
      throw new OutcomeUnknownError('lost', { cause: new CancelledError('The client was closed.') });
    },
    { urgent: true },
  );
  await expect(unknown).rejects.toBeInstanceOf(OutcomeUnknownError);
  expect(calls).toBe(1);
});

test.each([silent, lost])(
  'a server that never speaks to strangers is signed in to, and not asked that way again',
  async (no) => {
    const { session, clients } = setUp({
      anonymous: () => {
        throw no();
      },
    });
    await session.retry();
    expect(session.status).toMatchObject({ state: 'online', identity });
    // The connection ends, and another is made.
    await session.beginRestart().end('back');
    expect(session.status.state).toBe('online');
    expect(clients.map(({ anonymousAsked }) => anonymousAsked)).toEqual([1, 0]);
    expect(clients[0]!.closed).toBe(true);
  },
);

test('silence to a stranger and to a sign-in is no server at all, and nothing is learnt from it', async () => {
  let speaks = false;
  const { session, clients } = setUp({
    anonymous: () => {
      if (speaks) return identity;
      throw silent();
    },
    signedIn: () => {
      if (speaks) return identity;
      throw silent();
    },
  });
  await session.retry();
  expect(session.status.state).toBe('unreachable');
  speaks = true;
  await session.retry();
  expect(session.status.state).toBe('online');
  expect(clients.map(({ anonymousAsked, closed }) => [anonymousAsked, closed])).toEqual([
    [1, true],
    [1, false],
  ]);
});

test.each([
  ['nobody listens', new TransportError('refused', { reason: 'refused' }), 'unreachable'],
  ['it does not connect', new TransportError('late', { reason: 'connect-timeout' }), 'unreachable'],
  ['it speaks another protocol', new ProtocolError('no XML'), 'failing'],
])('no sign-in where it could not come to one: %s', async (_, error, state) => {
  let signIns = 0;
  const { session } = setUp({
    anonymous: () => {
      throw error;
    },
    signedIn: () => {
      signIns++;
      return identity;
    },
  });
  await session.retry();
  expect(session.status.state).toBe(state);
  expect(signIns).toBe(0);
});

const kerberos = (reason: 'no-kdc' | 'no-ticket' | 'clock-skew' | 'spn-unknown' | 'rejected') =>
  new AuthenticationError('No.', { reason, leg: 2, evidence: { mechanism: 'Kerberos' } });

test.each([
  ['no KDC answers', kerberos('no-kdc'), true],
  ['nobody has signed in', kerberos('no-ticket'), true],
  ['a clock is wrong', kerberos('clock-skew'), true],
  ['no KDC, and no NTLM', new AuthenticationError('', { reason: 'not-trusted', cause: kerberos('no-kdc') }), true],
  ['the KDC knows no such machine', kerberos('spn-unknown'), false],
  ['the machine rejects the ticket', kerberos('rejected'), false],
])('denied, and tried again by itself only where time may mend it: %s', async (_, error, isTriedAgain) => {
  const { session } = setUp({
    signedIn: () => {
      throw error;
    },
  });
  await session.retry();
  expect(session.status).toMatchObject({ state: 'denied', error });
  expect(session.status.nextAttemptAt !== null).toBe(isTriedAgain);
});

test('closed while it connects: nothing is left open', async () => {
  let release = () => {};
  const { session, clients } = setUp({
    greet: () =>
      new Promise((resolve) => {
        release = () => resolve(null);
      }),
  });
  const attempt = session.retry();
  await expect.poll(() => clients.length).toBe(1);
  await new Promise((resolve) => setImmediate(resolve));
  session.close();
  release();
  await attempt;
  expect(clients.map(({ closed }) => closed)).toEqual([true]);
  await expect(session.run(async () => 'x')).rejects.toBeInstanceOf(CancelledError);
});
