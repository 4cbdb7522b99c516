import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApplyProgress, WinrmChange } from '../../shared/contract/winrm-settings.ts';
import { addUnmanaged, all, newDataFolder, startTestConsole, type TestConsole } from '../console-fixture.ts';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';

/**
 * A protected change whose first step the machine refuses: nothing was changed, and the console says what became of the revert that it had
 * planted before.
 */

let lab: Lab;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let it_: TestConsole;
let machine: LabMachine;
let machineId = '';

beforeAll(async () => {
  lab = await startLab({ machines: 20, pendingMs: 50 });
  folder = await newDataFolder();
  it_ = await startTestConsole(folder.path);
  ({ machine, machineId } = await addUnmanaged(it_, lab));
}, 60_000);
afterAll(async () => {
  await it_?.close();
  await folder?.remove();
  await lab?.close();
});

const winrm = () => it_.client.winrmSettings;
/** The address is not one of the machine, which only the machine itself knows; what comes behind it would cut the connection. */
const changes = (): WinrmChange[] => [
  {
    kind: 'create-listener',
    address: 'IP:192.0.2.77',
    transport: 'HTTP',
    port: machine.port,
    hostname: null,
    enabled: true,
    urlPrefix: 'wsman',
    thumbprint: null,
  },
  { kind: 'delete-listener', address: '*', transport: 'HTTP' },
];

async function apply(): Promise<ApplyProgress[]> {
  const preview = await winrm().preview({ machineId, changes: changes() });
  expect([preview.couldCut, preview.revertGaps]).toEqual([true, []]);
  return all(
    winrm().apply({
      machineId,
      changes: changes(),
      fingerprint: preview.fingerprint,
      protect: true,
      accept: null,
      revertAfterSeconds: 8,
      follow: null,
    }),
  );
}
const outcomes = (progress: readonly ApplyProgress[]) =>
  progress.filter(({ outcome }) => outcome !== 'running').map(({ phase, outcome }) => `${phase} ${outcome}`);

it('the revert was taken away again, and that is said', async () => {
  const { fingerprint } = await winrm().read({ machineId });
  const progress = await apply();
  const last = progress.at(-1)!;
  expect(outcomes(progress)).toEqual(['check passed', 'plant-revert passed', 'apply failed']);
  expect(last).toMatchObject({ result: 'refused', revertAt: null });
  expect(last.words).toBe('The machine refused. Nothing was changed. The planted revert was taken away.');
  const after = await winrm().read({ machineId });
  expect([after.fingerprint, after.pendingReverts]).toEqual([fingerprint, []]);
}, 60_000);

it('the machine does not let the revert go either: it is said to remain, with its time, and ends by itself', async () => {
  const { fingerprint } = await winrm().read({ machineId });
  // Taking it away runs schtasks.exe; planting it goes another way.
  await lab.misbehave(machine.name, { kind: 'fault', code: 5, containing: 'schtasks.exe' });
  const progress = await apply();
  await lab.misbehave(machine.name, null);
  const last = progress.at(-1)!;
  expect(outcomes(progress)).toEqual(['check passed', 'plant-revert passed', 'apply failed']);
  expect(last.result).toBe('refused');
  expect(last.words).toContain('Nothing was changed. The planted revert could not be taken away');
  expect(last.revertAt).toBe(progress.find(({ revertAt }) => revertAt !== null)?.revertAt);
  expect((await winrm().read({ machineId })).pendingReverts).toHaveLength(1);
  await expect
    .poll(async () => (await winrm().read({ machineId })).pendingReverts, { timeout: 20_000, interval: 500 })
    .toEqual([]);
  expect((await winrm().read({ machineId })).fingerprint).toBe(fingerprint);
}, 60_000);

it('no revert can be planted: nothing is tried, and that is said', async () => {
  const { fingerprint } = await winrm().read({ machineId });
  await lab.misbehave(machine.name, { kind: 'fault', code: 5, containing: 'RegisterByXml' });
  const progress = await apply();
  await lab.misbehave(machine.name, null);
  expect(outcomes(progress)).toEqual(['check passed', 'plant-revert failed']);
  expect(progress.at(-1)).toMatchObject({
    result: 'refused',
    revertAt: null,
    words: 'No revert could be planted. Nothing was changed.',
    problem: { code: 'access-denied' },
  });
  expect((await winrm().read({ machineId })).fingerprint).toBe(fingerprint);
}, 60_000);
