import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Problem, ProblemCode } from '../../shared/contract/problem.ts';
import {
  all,
  labSettings,
  newDataFolder,
  passwordSet,
  problemOf,
  startTestConsole,
  type TestConsole,
} from '../console-fixture.ts';
import { type Lab, type LabMachine, type Misbehaviour, startLab } from '../lab/start-lab.ts';

/**
 * Everything that the lab's machines can do wrong, seen from where the renderer sits: it ends in a typed problem with a sentence and advice,
 * within its limits, and the session works afterwards. `client` has short limits, so that what never answers need not be awaited for a minute.
 */

const limits = { operationTimeoutMs: 5_000, networkDelayMs: 1_000 };
/** More than any limit that applies here, and far less than the 65 s of hosts. */
const boundMs = 25_000;

interface Case {
  readonly misbehaviour: Misbehaviour;
  readonly code: ProblemCode;
}

function suite(transport: 'http' | 'https') {
  let lab: Lab;
  let machine: LabMachine;
  let folder: Awaited<ReturnType<typeof newDataFolder>>;
  let it: TestConsole;
  let machineId: string;
  beforeAll(async () => {
    lab = await startLab({ machines: 1, pendingMs: 100, https: transport === 'https' });
    [machine] = lab.machines as [LabMachine];
    folder = await newDataFolder();
    it = await startTestConsole(folder.path, {}, { client: limits });
    const { user: userName, password } = machine;
    const credential = await it.client.credentials.save(passwordSet(userName, password));
    const pin = machine.certificateSha256 ?? null;
    const settings = labSettings(machine, { credentialId: credential.id, pin });
    ({ id: machineId } = await it.client.machines.add(settings));
    await it.until(machineId, ({ state }) => state === 'online');
  });
  afterEach(() => lab.misbehave(machine.name, null));
  afterAll(async () => {
    await it?.close();
    await folder?.remove();
    await lab?.close();
  });

  const misbehave = (misbehaviour: Misbehaviour) => lab.misbehave(machine.name, misbehaviour);
  const read = () => bounded(it.client.windowsServices.dependencies({ machineId, name: 'LanmanWorkstation' }));
  const control = (action: 'start' | 'stop', name = 'Spooler') =>
    bounded(all(it.client.windowsServices.control({ machineId, name, action, withDependants: false })));
  const executed = async (method: string) => {
    const { executed: counts } = await lab.statistics(machine.name);
    return Object.entries(counts).find(([key]) => key.toLowerCase() === `win32_service.${method}`)?.[1] ?? 0;
  };
  const handshakes = async () => (await lab.statistics(machine.name)).handshakes;

  function check(problem: Problem, code: ProblemCode): void {
    expect(problem).toMatchObject({ code, machineId });
    expect(problem.message).toMatch(/^\S.*\.$/s);
    expect(problem.advice.length).toBeGreaterThan(0);
    // A sentence, or one that ends with a command to be copied.
    for (const advice of problem.advice) expect(advice).toMatch(/^\S.*(\.|: \S.*)$/s);
  }

  async function worksAgain(): Promise<void> {
    await lab.misbehave(machine.name, null);
    expect((await read()).map(({ name }) => name)).toContain('nsi');
    expect((await it.until(machineId, ({ state }) => state === 'online')).problem).toBeNull();
  }

  return { misbehave, read, control, executed, handshakes, check, worksAgain, refresh };

  async function refresh(): Promise<string | undefined> {
    await bounded(it.client.machines.refresh({ ids: [machineId] }));
    return it.machines.get(machineId)?.state;
  }
}

/** Fails where the limits do not hold. */
async function bounded<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It did not end within ${boundMs} ms.`)), boundMs);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

const named = (cases: readonly Case[]) => cases.map((entry) => [JSON.stringify(entry.misbehaviour), entry] as const);

/** What both transports have in common. */
const everywhere: readonly Case[] = [
  { misbehaviour: { kind: 'drop-before' }, code: 'unreachable' },
  { misbehaviour: { kind: 'drop-after' }, code: 'unreachable' },
  { misbehaviour: { kind: 'reset-mid-body' }, code: 'unreachable' },
  { misbehaviour: { kind: 'expired-context' }, code: 'protocol-error' },
  { misbehaviour: { kind: 'fault', code: 0x80041003 }, code: 'access-denied' },
  { misbehaviour: { kind: 'fault', code: 0x8033ffff, text: 'Nobody has heard of this.' }, code: 'protocol-error' },
  { misbehaviour: { kind: 'quota' }, code: 'quota-exceeded' },
  { misbehaviour: { kind: 'malformed-xml' }, code: 'protocol-error' },
  { misbehaviour: { kind: 'hostile-xml', variant: 'dtd' }, code: 'protocol-error' },
  { misbehaviour: { kind: 'hostile-xml', variant: 'deep' }, code: 'protocol-error' },
  { misbehaviour: { kind: 'hostile-xml', variant: 'huge-attribute' }, code: 'protocol-error' },
  { misbehaviour: { kind: 'hostile-xml', variant: 'many-attributes' }, code: 'protocol-error' },
  { misbehaviour: { kind: 'hostile-xml', variant: 'proto' }, code: 'protocol-error' },
  { misbehaviour: { kind: 'proxy-html', status: 200 }, code: 'protocol-error' },
  { misbehaviour: { kind: 'proxy-html', status: 407 }, code: 'protocol-error' },
  { misbehaviour: { kind: 'proxy-html', status: 502 }, code: 'protocol-error' },
  { misbehaviour: { kind: 'empty-500' }, code: 'protocol-error' },
];

/** Only where messages are sealed by NTLM, or too slow to be done twice. */
const sealedOnly: readonly Case[] = [
  { misbehaviour: { kind: 'latency', milliseconds: 60_000 }, code: 'timeout' },
  { misbehaviour: { kind: 'drip', millisecondsPerByte: 20 }, code: 'timeout' },
  { misbehaviour: { kind: 'silence' }, code: 'timeout' },
  { misbehaviour: { kind: 'bad-signature' }, code: 'protocol-error' },
  { misbehaviour: { kind: 'wrong-sequence' }, code: 'protocol-error' },
  { misbehaviour: { kind: 'unsealed' }, code: 'protocol-error' },
  { misbehaviour: { kind: 'unsealed-fault' }, code: 'protocol-error' },
  { misbehaviour: { kind: 'truncated-multipart' }, code: 'protocol-error' },
  // In clear text anybody may have written the status, so it is not believed.
  { misbehaviour: { kind: 'unavailable' }, code: 'protocol-error' },
];

describe('over HTTP, sealed', () => {
  const { misbehave, read, control, executed, handshakes, check, worksAgain, refresh } = suite('http');

  test.each(named([...everywhere, ...sealedOnly]))('a read meets %s', async (_, { misbehaviour, code }) => {
    await misbehave({ ...misbehaviour, action: 'Enumerate' });
    check(await problemOf(read()), code);
    await worksAgain();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('a read meets {"kind":"silence"}, and not even a sign-in is answered', async () => {
    await misbehave({ kind: 'silence' });
    check(await problemOf(read()), 'timeout');
    await worksAgain();
  });

  test('a read meets {"kind":"refuse-connections"}', async () => {
    await misbehave({ kind: 'refuse-connections' });
    check(await problemOf(read()), 'unreachable');
    await misbehave({ kind: 'latency', milliseconds: 1, times: 1 });
    // The lab opens its port a moment after it said so.
    await expect.poll(refresh, { timeout: 10_000 }).toBe('online');
    await worksAgain();
  });

  test('a read meets {"kind":"unauthorized"}: once it is signed in again unnoticed, for ever it is a refusal', async () => {
    const before = await handshakes();
    await misbehave({ kind: 'unauthorized', action: 'Enumerate', times: 1 });
    expect((await read()).length).toBeGreaterThan(0);
    expect(await handshakes()).toBe(before + 1);
    await misbehave({ kind: 'unauthorized', action: 'Enumerate' });
    check(await problemOf(read()), 'authentication-failed');
    await misbehave({ kind: 'latency', milliseconds: 1, times: 1 });
    // Nothing signs in again by itself, so that the account is not locked; the user does.
    await expect.poll(refresh, { timeout: 10_000 }).toBe('online');
    await worksAgain();
  });

  test.each<Misbehaviour['kind']>(['drop-before', 'drop-after', 'reset-mid-body'] as const)(
    'a read whose answer is lost once (%s) is asked once more, unnoticed',
    async (kind) => {
      await misbehave({ kind, action: 'Enumerate', times: 1 } as Misbehaviour);
      expect((await read()).length).toBeGreaterThan(0);
      await worksAgain();
    },
  );

  test('a machine that is merely slow is waited for', async () => {
    await misbehave({ kind: 'latency', milliseconds: 700, action: 'Enumerate' });
    expect((await read()).length).toBeGreaterThan(0);
    await worksAgain();
  });

  const executedAll: readonly Misbehaviour[] = [
    { kind: 'drop-after' },
    { kind: 'reset-mid-body' },
    { kind: 'bad-signature' },
    { kind: 'wrong-sequence' },
    { kind: 'unsealed' },
    { kind: 'truncated-multipart' },
    { kind: 'drip', millisecondsPerByte: 50 },
  ];
  test.each(executedAll.map((entry) => [JSON.stringify(entry), entry] as const))(
    'a change is carried out, and its answer meets %s: done once, and seen in the state that is read back',
    async (_, misbehaviour) => {
      const before = await executed('stopservice');
      await misbehave({ ...misbehaviour, action: 'StopService', times: 1 });
      const progress = await control('stop');
      expect(progress.at(-1)).toMatchObject({ settled: true, service: { state: 'Stopped' } });
      expect((await executed('stopservice')) - before).toBe(1);
      await worksAgain();
      await control('start');
    },
  );

  const executedNone: readonly Misbehaviour[] = [
    { kind: 'silence' },
    { kind: 'unauthorized' },
    { kind: 'empty-500' },
    { kind: 'malformed-xml' },
  ];
  test.each(executedNone.map((entry) => [JSON.stringify(entry), entry] as const))(
    'a change meets %s and is not carried out: outcome-unknown, with the state as it is, and nothing is asked twice',
    async (_, misbehaviour) => {
      const before = await executed('stopservice');
      await misbehave({ ...misbehaviour, action: 'StopService', times: 1 });
      const problem = await problemOf(control('stop'));
      check(problem, 'outcome-unknown');
      expect(problem.message).toContain('StopService');
      expect(problem.message).toContain('Print Spooler is now: Running');
      expect(await executed('stopservice')).toBe(before);
      await worksAgain();
    },
    boundMs + 5_000,
  );

  test.each(
    named([
      { misbehaviour: { kind: 'quota' }, code: 'quota-exceeded' },
      { misbehaviour: { kind: 'fault', code: 5 }, code: 'access-denied' },
    ]),
  )('a change meets %s: that is an answer, and no doubt is left', async (_, { misbehaviour, code }) => {
    const before = await executed('stopservice');
    await misbehave({ ...misbehaviour, action: 'StopService', times: 1 });
    check(await problemOf(control('stop')), code);
    expect(await executed('stopservice')).toBe(before);
    await worksAgain();
  });

  test.each([
    ['The machine accepted StopService', null],
    ['The answer to StopService was lost', 'drop-after'],
  ] as const)('%s, and then nothing can be read any more: the outcome is left open', async (words, kind) => {
    if (kind !== null) await misbehave({ kind, action: 'StopService', times: 1 });
    const before = await executed('stopservice');
    // The service that answers us ends, and with it every answer.
    const problem = await problemOf(control('stop', 'WinRM'));
    check(problem, 'outcome-unknown');
    expect(problem.message).toContain(words);
    expect((await executed('stopservice')) - before).toBe(1);
    await misbehave({ kind: 'latency', milliseconds: 1, times: 1 });
    await expect.poll(refresh, { timeout: 10_000 }).toBe('online');
    await control('start', 'WinRM');
    await worksAgain();
  });
});

describe('over HTTPS', () => {
  const { misbehave, read, control, executed, handshakes, check, worksAgain, refresh } = suite('https');
  const cases: readonly Case[] = [...everywhere, { misbehaviour: { kind: 'unavailable' }, code: 'quota-exceeded' }];

  test.each(named(cases))('a read meets %s', async (_, { misbehaviour, code }) => {
    await misbehave({ ...misbehaviour, action: 'Enumerate' });
    check(await problemOf(read()), code);
    await worksAgain();
  });

  test('a read meets {"kind":"unauthorized"}', async () => {
    await misbehave({ kind: 'unauthorized', action: 'Enumerate' });
    check(await problemOf(read()), 'authentication-failed');
    await misbehave({ kind: 'latency', milliseconds: 1, times: 1 });
    await expect.poll(refresh, { timeout: 10_000 }).toBe('online');
    await worksAgain();
  });

  test('a change meets {"kind":"unauthorized"}: inside TLS that is the machine’s word, so it is signed in and asked again', async () => {
    const before = { stops: await executed('stopservice'), handshakes: await handshakes() };
    await misbehave({ kind: 'unauthorized', action: 'StopService', times: 1 });
    expect((await control('stop')).at(-1)).toMatchObject({ settled: true, service: { state: 'Stopped' } });
    expect((await executed('stopservice')) - before.stops).toBe(1);
    expect(await handshakes()).toBeGreaterThan(before.handshakes);
    await worksAgain();
    await control('start');
  });

  test.each(
    named([
      { misbehaviour: { kind: 'proxy-html', status: 200 }, code: 'outcome-unknown' },
      { misbehaviour: { kind: 'proxy-html', status: 502 }, code: 'outcome-unknown' },
      { misbehaviour: { kind: 'proxy-html', status: 407 }, code: 'protocol-error' },
      { misbehaviour: { kind: 'unavailable' }, code: 'quota-exceeded' },
    ]),
  )(
    'a change meets %s: in doubt where something else answered in its place',
    async (_, { misbehaviour, code }) => {
      const before = await executed('stopservice');
      await misbehave({ ...misbehaviour, action: 'StopService', times: 1 });
      check(await problemOf(control('stop')), code);
      expect(await executed('stopservice')).toBe(before);
      await worksAgain();
    },
    boundMs + 5_000,
  );
});
