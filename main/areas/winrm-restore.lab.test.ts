import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WinrmChange } from '../../shared/contract/winrm-settings.ts';
import {
  all,
  labSettings,
  newDataFolder,
  passwordSet,
  problemOf,
  startTestConsole,
  type TestConsole,
} from '../console-fixture.ts';
import { type Lab, startLab } from '../lab/start-lab.ts';

/**
 * Restore from the view: what it would undo is shown before, it goes alone, and since it takes the listener away that carries the connection,
 * the machine takes it back.
 */

let lab: Lab;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let it_: TestConsole;
let machineId = '';

beforeAll(async () => {
  lab = await startLab({ machines: 20, pendingMs: 50 });
  folder = await newDataFolder();
  it_ = await startTestConsole(folder.path);
  const { user, password } = lab.machines[0]!;
  const { id: credentialId } = await it_.client.credentials.save(passwordSet(user, password));
  for (const machine of lab.machines) {
    const { id } = await it_.client.machines.add(labSettings(machine, { credentialId }));
    await it_.until(id, ({ state }) => state === 'online');
    const { settings, listeners, stack } = await it_.client.winrmSettings.read({ machineId: id });
    const isFree =
      settings.every(({ lock }) => lock?.kind !== 'policy') && listeners.every(({ source }) => source === null);
    if (stack !== '3.0' || !isFree) continue;
    machineId = id;
    return;
  }
  throw new Error('The lab has no machine without policies.');
}, 60_000);
afterAll(async () => {
  await it_?.close();
  await folder?.remove();
  await lab?.close();
});

const winrm = () => it_.client.winrmSettings;
const restore: WinrmChange = { kind: 'restore', what: 'config' };
const shorter: WinrmChange = { kind: 'set', path: 'MaxTimeoutms', value: '50000' };

async function apply(changes: WinrmChange[], protect: boolean) {
  const preview = await winrm().preview({ machineId, changes });
  const progress = await all(
    winrm().apply({
      machineId,
      changes,
      fingerprint: preview.fingerprint,
      protect,
      accept: null,
      revertAfterSeconds: 6,
      follow: null,
    }),
  );
  return progress.at(-1)!;
}

it('is previewed setting by setting, with what it would cut, and goes alone', async () => {
  expect((await apply([shorter], false)).result).toBe('applied');
  const preview = await winrm().preview({ machineId, changes: [restore] });
  expect(preview.lines).toContainEqual(
    expect.objectContaining({ subject: 'MaxTimeoutms', before: '50000', after: '60000', refusal: null }),
  );
  expect(preview.couldCut).toBe(true);
  expect(preview.lines.flatMap(({ risk }) => (risk === null ? [] : [risk.class]))).toContain('listener-removed');
  const mixed = await winrm().preview({ machineId, changes: [restore, shorter] });
  expect(mixed.lines.map(({ refusal }) => refusal)).toContain('Restore goes alone, without other changes.');
  expect((await problemOf(apply([restore], false))).code).toBe('invalid-input');
}, 60_000);

it('is taken back by the machine where nobody gets in afterwards', async () => {
  const before = await winrm().read({ machineId });
  const last = await apply([restore], true);
  expect([last.result, last.words]).toEqual(['reverted', last.words]);
  await it_.until(machineId, ({ state }) => state === 'online');
  const after = await winrm().read({ machineId });
  expect(after.fingerprint).toBe(before.fingerprint);
  expect(after.pendingReverts).toEqual([]);
  expect(after.settings.find(({ path }) => path === 'MaxTimeoutms')?.current).toBe('50000');
}, 120_000);
