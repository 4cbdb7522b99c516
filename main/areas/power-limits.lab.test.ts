import { afterEach, expect, test } from 'vitest';
import {
  all,
  labSettings,
  newDataFolder,
  passwordSet,
  problemOf,
  startTestConsole,
  type TestConsole,
} from '../console-fixture.ts';
import { type Lab, type LabMachine, type LabOptions, startLab } from '../lab/start-lab.ts';
import type { PowerLimits } from './power.ts';

/** What a restart comes to when the machine does not play along. The limits are minutes in earnest. */

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function setUp(
  options: LabOptions,
  power: Partial<PowerLimits>,
): Promise<{ lab: Lab; machine: LabMachine; it: TestConsole; id: string }> {
  const lab = await startLab({ machines: 1, pendingMs: 100, ...options });
  ends.push(() => lab.close());
  const [machine] = lab.machines as [LabMachine];
  const folder = await newDataFolder();
  ends.push(() => folder.remove());
  const it = await startTestConsole(folder.path, {}, { power: { pollMs: 100, ...power } });
  ends.push(() => it.close());
  const { user: userName, password } = machine;
  const credential = await it.client.credentials.save(passwordSet(userName, password));
  const { id } = await it.client.machines.add(labSettings(machine, { credentialId: credential.id }));
  await it.until(id, ({ state }) => state === 'online');
  return { lab, machine, it, id };
}
const restart = (it: TestConsole, machineId: string) =>
  it.client.power.run({ machineId, action: 'restart', force: false });

test('it does not go down: said, and the machine is online as before', async () => {
  const { it, id } = await setUp({ goingDownMs: 120_000 }, { goDownMs: 500 });
  const progress = await all(restart(it, id));
  expect(progress.at(-1)).toMatchObject({ phase: 'did-not-go-down', limitMs: 500, bootAfterAt: null });
  expect(progress.some(({ phase }) => phase === 'going-down')).toBe(true);
  expect(progress.some(({ phase }) => phase === 'down')).toBe(false);
  expect((await it.until(id, ({ state }) => state === 'online')).problem).toBeNull();
});

test('it does not come back: said, and the machine is unreachable and asked again later', async () => {
  const { it, id } = await setUp({ goingDownMs: 200, downMs: 120_000 }, { comeBackMs: 1500 });
  const progress = await all(restart(it, id));
  expect(progress.at(-1)).toMatchObject({ phase: 'did-not-come-back', limitMs: 1500, bootAfterAt: null });
  const gone = await it.until(id, ({ state }) => state === 'unreachable');
  expect(gone.problem?.code).toBe('unreachable');
  expect(gone.nextAttemptAt).not.toBeNull();
});

test('services that take for ever do not keep it from being back', async () => {
  const { it, id } = await setUp({ pendingMs: 120_000, goingDownMs: 200, downMs: 500 }, { settleMs: 800 });
  const progress = await all(restart(it, id));
  expect(progress.map(({ phase }) => phase)).toContain('settling');
  expect(progress.at(-1)!.phase).toBe('done');
  expect(progress.at(-1)!.words).toMatch(/^back, [1-9]\d* automatic services are still starting$/);
  await it.until(id, ({ state }) => state === 'online');
});

/** Lets the machine refuse from when it is down: an attempt is an anonymous Identify and a sign-in, both meet 401. */
async function restartRefusing(
  { lab, machine, it, id }: Awaited<ReturnType<typeof setUp>>,
  attempts: number,
): Promise<string[]> {
  const phases: string[] = [];
  let isSet = false;
  for await (const { phase } of restart(it, id)) {
    phases.push(phase);
    if (phase !== 'down' || isSet) continue;
    isSet = true;
    await lab.misbehave(machine.name, { kind: 'unauthorized', times: 2 * attempts });
  }
  return phases;
}

test('a sign-in that is refused while it starts is tried again, later', async () => {
  const world = await setUp({ goingDownMs: 200, downMs: 2500 }, { afterRefusedSignInMs: 300 });
  const before = (await world.lab.statistics(world.machine.name)).handshakes;
  expect((await restartRefusing(world, 2)).slice(-1)).toEqual(['done']);
  expect((await world.lab.statistics(world.machine.name)).handshakes - before).toBeGreaterThan(2);
  expect((await world.it.until(world.id, ({ state }) => state === 'online')).problem).toBeNull();
}, 30_000);

test('three refused sign-ins are enough: it stops, so that the account is not locked', async () => {
  const world = await setUp({ goingDownMs: 200, downMs: 2500 }, { afterRefusedSignInMs: 300 });
  const { lab, machine, it, id } = world;
  const before = (await lab.statistics(machine.name)).handshakes;
  expect((await problemOf(restartRefusing(world, 1000))).code).toBe('authentication-failed');
  await it.until(id, ({ state }) => state === 'denied');
  expect((await lab.statistics(machine.name)).handshakes - before).toBe(3);
  await lab.misbehave(machine.name, null);
  await it.client.machines.refresh({ ids: [id] });
  expect((await it.until(id, ({ state }) => state === 'online')).problem).toBeNull();
}, 30_000);
