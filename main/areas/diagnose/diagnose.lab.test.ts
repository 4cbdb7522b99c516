import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Diagnosis, DiagnosisItem, DiagnosisStepName } from '../../../shared/contract/diagnose.ts';
import { diagnosisSteps } from '../../../shared/contract/diagnose.ts';
import {
  all,
  labSettings,
  newDataFolder,
  passwordSet,
  problemOf,
  startTestConsole,
  type TestConsole,
  typedPassword,
} from '../../console-fixture.ts';
import { type Lab, type LabMachine, startLab } from '../../lab/start-lab.ts';

let lab: Lab;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let it: TestConsole;
beforeAll(async () => {
  lab = await startLab({ machines: 2 });
});
afterAll(() => lab?.close());
beforeEach(async () => {
  folder = await newDataFolder();
  it = await startTestConsole(folder.path);
});
afterEach(async () => {
  for (const { name } of lab.machines) await lab.misbehave(name, null);
  await it.close();
  await folder.remove();
});

function endOf(items: readonly DiagnosisItem[]): Diagnosis {
  const last = items.at(-1);
  if (last?.kind !== 'end') throw new Error('It did not end.');
  return last.diagnosis;
}

const states = ({ steps }: Diagnosis) =>
  Object.fromEntries(steps.map(({ step, state }) => [step, state])) as Record<DiagnosisStepName, string>;

test('a machine that is well: every layer passes, and each was told as it went', async () => {
  const [machine] = lab.machines as [LabMachine];
  const subject = {
    kind: 'settings',
    settings: labSettings(machine),
    credential: typedPassword(machine.user, machine.password),
  } as const;
  const items = await all(it.client.diagnose.run({ subject, other: null }));
  expect(items[0]).toMatchObject({
    kind: 'begin',
    subject: { machineId: null, port: machine.port, who: machine.user },
  });
  const diagnosis = endOf(items);
  expect(diagnosis.steps.map(({ step }) => step)).toEqual(diagnosisSteps);
  expect(states(diagnosis)).toEqual({
    name: 'skipped',
    tcp: 'passed',
    tls: 'skipped',
    'ws-man': 'passed',
    schemes: 'passed',
    identify: 'passed',
    'sign-in': 'passed',
    'signed-in-identify': 'passed',
    config: 'passed',
    service: 'passed',
    wmi: 'passed',
    shell: 'passed',
    'way-back': 'skipped',
  });
  expect(diagnosis.cause).toMatchObject({ id: 'works', outcome: 'works', step: null });
  expect(diagnosis.markdown).toContain('# Diagnosis of');
  expect(diagnosis.markdown).toContain('`hostname: ');
});

test('a wrong password: one attempt, and the causes that look alike are named as a set', async () => {
  const [machine] = lab.machines as [LabMachine];
  const { id: credentialId } = await it.client.credentials.save(passwordSet('someone', 'wrong'));
  const { id } = await it.client.machines.add(labSettings(machine, { credentialId }));
  await it.until(id, ({ state }) => state === 'denied');
  const subject = { kind: 'machine', machineId: id } as const;
  const diagnosis = endOf(await all(it.client.diagnose.run({ subject, other: null })));
  expect(diagnosis.cause).toMatchObject({ id: 'sign-in-rejected', outcome: 'fails', step: 'sign-in' });
  expect(diagnosis.cause.candidates.length).toBeGreaterThan(2);
  // The session has tried it once, and the diagnosis, which the user asked for, once more.
  expect((await lab.attempts())['someone']).toEqual({ NTLM: 2 });
});

test('a machine that is not in the inventory', async () => {
  const subject = { kind: 'machine', machineId: 'nobody' } as const;
  expect((await problemOf(all(it.client.diagnose.run({ subject, other: null })))).code).toBe('not-found');
});
