import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Hardware } from '../../shared/contract/hardware.ts';
import {
  labSettings,
  newDataFolder,
  passwordSet,
  problemOf,
  startTestConsole,
  type TestConsole,
} from '../console-fixture.ts';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';

let lab: Lab;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let console_: TestConsole;
const readings = new Map<string, Hardware>();
const ids = new Map<string, string>();

beforeAll(async () => {
  lab = await startLab({ machines: 24 });
  folder = await newDataFolder();
  console_ = await startTestConsole(folder.path);
  const [first] = lab.machines as [LabMachine];
  const credential = await console_.client.credentials.save(passwordSet(first.user, first.password));
  for (const machine of lab.machines) {
    const { id } = await console_.client.machines.add(labSettings(machine, { credentialId: credential.id }));
    ids.set(machine.name, id);
    readings.set(machine.name, await console_.client.hardware.read({ machineId: id }));
  }
}, 120_000);
afterAll(async () => {
  await console_?.close();
  await folder?.remove();
  await lab?.close();
});

const withController = () => [...readings.values()].filter(({ absence }) => absence === null);
const sensor = (reading: Hardware, name: string) => reading.sensors.value?.find((one) => one.name === name);

it('physical machines have sensors with units and thresholds, a log and a chassis', () => {
  expect(withController().length).toBeGreaterThan(3);
  for (const reading of withController()) {
    expect(reading.sensors.problem).toBeNull();
    expect(sensor(reading, 'CPU2 Temp')).toMatchObject({
      type: 'Temperature',
      unit: '°C',
      upper: { nonCritical: 84, critical: 89, fatal: 94 },
      lower: { nonCritical: 3, critical: -7, fatal: -12 },
      isDiscrete: false,
    });
    // 12060 × 10^-3 V: modifier applied to reading and thresholds alike.
    const board = sensor(reading, 'System Board 12V');
    expect(board).toMatchObject({ unit: 'V', decimals: 3, upper: { nonCritical: 12.6 } });
    expect(board?.reading).toBeGreaterThan(11.9);
    expect(board?.reading).toBeLessThan(12.2);
    expect(sensor(reading, 'Fan1')).toMatchObject({ unit: 'rpm', type: 'Tachometer' });
    expect(sensor(reading, 'Intrusion')).toMatchObject({
      isDiscrete: true,
      reading: null,
      currentState: 'No Intrusion',
    });
    expect(new Set(reading.sensors.value?.map(({ id }) => id)).size).toBe(reading.sensors.value?.length);
    expect(reading.log.value).toMatchObject({ name: 'IPMI SEL', most: 1024, records: reading.records.value?.length });
    expect(new Map(reading.facts.value?.chassis).get('Security')).toBe('No breach');
    expect(new Map(reading.facts.value?.controller).get('Version')).toBe('2.0');
  }
});

it('what is out of range comes first, in the class of the threshold that it passed', () => {
  const states = new Set(withController().flatMap(({ sensors }) => sensors.value?.map(({ state }) => state) ?? []));
  expect([...states].sort()).toEqual(['critical', 'non-critical', 'normal']);
  const hot = withController().find((reading) => sensor(reading, 'CPU1 Temp')?.state === 'critical')!;
  expect(hot.sensors.value?.[0]).toMatchObject({ name: 'CPU1 Temp', reading: 91, currentState: 'Upper Critical' });
  const slow = withController().find((reading) => sensor(reading, 'Fan3')?.state === 'non-critical')!;
  expect(slow.sensors.value?.[0]).toMatchObject({ name: 'Fan3', reading: 700 });
});

it('the record log is newest first, with times, what began and what ended', () => {
  const [reading] = withController();
  const records = reading!.records.value!;
  expect(records.length).toBeGreaterThan(4);
  expect([...records].sort((a, b) => (b.at ?? 0) - (a.at ?? 0))).toEqual(records);
  expect(records.every(({ at, text }) => at !== null && text !== '')).toBe(true);
  expect(records.find(({ text }) => text.includes('input lost'))).toMatchObject({
    asserted: true,
    sensorType: 'Power supply',
  });
  expect(records.find(({ text }) => text.includes('restored'))).toMatchObject({ asserted: false });
  expect(reading?.recordsCutOff).toBe(false);
});

it('where there is no controller it says which way', () => {
  const absences = new Set([...readings.values()].map(({ absence }) => absence));
  expect(absences).toEqual(new Set([null, 'no-namespace', 'no-instances', 'no-driver']));
  for (const { absence, why, sensors, records } of readings.values()) {
    if (absence === null) continue;
    expect(sensors.value).toEqual([]);
    expect(records.value).toEqual([]);
    expect(why === null).toBe(absence === 'no-instances');
  }
});

it('an account without rights is refused, not told that there is no hardware', async () => {
  const credential = await console_.client.credentials.save(passwordSet('reader', 'Windeck-Lab-2!'));
  const [machine] = lab.machines as [LabMachine];
  const { id } = await console_.client.machines.add(
    labSettings(machine, { name: 'reader', credentialId: credential.id }),
  );
  expect((await problemOf(console_.client.hardware.read({ machineId: id }))).code).toBe('access-denied');
});

it('a management controller answers with the same classes, over Digest', async () => {
  const fleet = await startLab({ machines: 2, controllers: 1 });
  try {
    // The last of two is the controller; its make of machine is the second of the fleet, which has a board.
    const controller = fleet.machines.at(-1)!;
    const credential = await console_.client.credentials.save(passwordSet(controller.user, controller.password));
    const { id } = await console_.client.machines.add(
      labSettings(controller, {
        name: 'controller',
        credentialId: credential.id,
        signIn: 'digest',
        allowClearText: true,
      }),
    );
    const reading = await console_.client.hardware.read({ machineId: id });
    expect(reading.absence).toBeNull();
    expect(sensor(reading, 'CPU1 Temp')).toMatchObject({ state: 'critical', unit: '°C' });
  } finally {
    await fleet.close();
  }
});
