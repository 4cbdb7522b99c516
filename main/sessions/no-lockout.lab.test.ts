import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Attempts, type Lab, startLab } from '../lab/start-lab.ts';
import { createClient } from '../wsman/index.ts';
import { SecretWithheldError } from './credentials.ts';
import { createSessionPool, type SessionPool } from './session-pool.ts';

/** 500 machines on real sockets; the lab counts each secret that reaches one of them. */
const fleet = 500;
let lab: Lab;
let pool: SessionPool | null = null;
beforeAll(async () => {
  lab = await startLab({ machines: fleet });
}, 120_000);
afterAll(() => lab?.close());
afterEach(() => {
  pool?.close();
  pool = null;
});

/** One account, written in three ways, in three sets. */
const spellings = ['CORP\\administrator', 'Administrator@corp.example', 'administrator'];

function start(password: () => string): SessionPool {
  const opened = createSessionPool({
    createClient: (target) => createClient(target),
    secrets: { get: async () => password(), certificate: async () => null },
    greet: async () => null,
    onChange: () => {},
  });
  pool = opened;
  opened.wakeAll();
  plan(opened);
  return opened;
}

function plan(sessions: SessionPool): void {
  for (const [i, { name, address, port, transport }] of lab.machines.entries()) {
    sessions.set(name, {
      target: {
        host: address,
        port,
        transport,
        path: '/wsman',
        authentication: i % 2 === 0 ? 'ntlm' : 'negotiate',
        trusted: true,
        allowClearText: true,
        tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
      },
      credential: { kind: 'password', id: `c${i % 3}`, userName: spellings[i % 3]! },
    });
  }
}

const sessions = () => lab.machines.map(({ name }) => pool!.get(name)!);
const countOf = (state: string) => sessions().filter(({ status }) => status.state === state).length;
const sum = (attempts: Attempts) =>
  Object.values(attempts).reduce((all, schemes) => all + Object.values(schemes).reduce((a, b) => a + b, 0), 0);

test('a wrong password on 500 machines costs one attempt at the account; the right one brings all of them online', async () => {
  const before = sum(await lab.attempts());
  let password = 'Windeck-wrong-1';
  const opened = start(() => password);
  await expect.poll(() => countOf('denied'), { timeout: 60_000 }).toBe(fleet);
  expect(sum(await lab.attempts()) - before).toBe(1);
  expect(sessions().filter(({ status }) => status.error instanceof SecretWithheldError)).toHaveLength(fleet - 1);

  // What a user does next: asks for all of them at once, twice.
  for (let i = 1; i <= 2; i++) {
    await Promise.all(sessions().map((session) => session.retry()));
    expect(sum(await lab.attempts()) - before).toBe(1 + i);
  }
  expect(countOf('denied')).toBe(fleet);

  password = lab.machines[0]!.password;
  for (const id of ['c0', 'c1', 'c2']) opened.credentialChanged(id);
  plan(opened);
  await expect.poll(() => countOf('online'), { timeout: 60_000 }).toBe(fleet);
}, 180_000);
