import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WinrmChange } from '../../shared/contract/winrm-settings.ts';
import { addUnmanaged, all, newDataFolder, problemOf, startTestConsole, type TestConsole } from '../console-fixture.ts';
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
  ({ machineId } = await addUnmanaged(it_, lab));
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

it('of the plug-ins: previewed with what goes and what comes back, then done and read back', async () => {
  const off: WinrmChange = { kind: 'set-plugin', name: 'SEL Plugin', property: 'Enabled', value: 'false' };
  const limit: WinrmChange = { kind: 'set-plugin', name: 'Winrs', property: 'Quotas/MaxShellsPerUser', value: '3' };
  expect((await apply([off, limit], false)).result).toBe('applied');
  const plugins: WinrmChange = { kind: 'restore', what: 'plugins' };
  const { lines, couldCut } = await winrm().preview({ machineId, changes: [plugins] });
  expect(couldCut).toBe(false);
  expect(lines.map(({ subject, after }) => `${subject}: ${after}`)).toEqual([
    'Plug-in microsoft.powershell: null',
    'Plug-in windeck.restricted: null',
    'Plug-in SEL Plugin › Enabled: true',
    'Plug-ins › Quotas: the limits that this Windows ships',
  ]);
  expect((await apply([plugins], true)).result).toBe('applied');
  const after = await winrm().read({ machineId });
  expect(after.plugins.map(({ name, enabled }) => [name, enabled])).toEqual([
    ['Event Forwarding Plugin', true],
    ['SEL Plugin', true],
    ['WMI Provider', true],
    ['Winrs', true],
  ]);
  expect(after.plugins.at(-1)?.quotas).toContainEqual({ name: 'MaxShellsPerUser', value: '2147483647' });
}, 60_000);

it('a time-out of nought is a value: it is read, changed, and read back', async () => {
  const idle = async () =>
    (await winrm().read({ machineId })).plugins.find(({ name }) => name === 'Winrs')?.processIdleTimeoutSeconds;
  expect(await idle()).toBe(0);
  const set = (value: string): WinrmChange => ({
    kind: 'set-plugin',
    name: 'Winrs',
    property: 'ProcessIdleTimeoutSec',
    value,
  });
  expect((await apply([set('15')], true)).result).toBe('applied');
  expect(await idle()).toBe(15);
  expect((await apply([set('0')], true)).result).toBe('applied');
  expect(await idle()).toBe(0);
}, 60_000);
