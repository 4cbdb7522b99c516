/** What does not come to an end in a session of PowerShell: opening it, its prompt, a stop that was lost on its way. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ConsoleOverLab, startConsoleOverLab } from '../../console-over-lab.test-suite.ts';
import { labTarget } from '../../lab/lab-target.ts';
import { createClient, openRunspacePool, type RunspacePool } from '../../wsman/index.ts';
import { promptOf } from './prompt.ts';
import { openTestWindow, type TestWindow } from './shell-test-window.ts';

let { lab, it, ids, close } = {} as ConsoleOverLab;
let name: string;
const windows: TestWindow[] = [];
beforeAll(async () => {
  const limits = { openWithinMs: 4_000, promptWithinMs: 2_000 };
  ({ lab, it, ids, close } = await startConsoleOverLab(
    { machines: 1, stacks: ['3.0'] },
    { options: { remoteShell: limits } },
  ));
  name = lab.machines[0]!.name;
});
afterEach(() => lab.misbehave(name, null));
afterAll(async () => {
  for (const window of windows) window.channel.cancel();
  await close?.();
});

function openedWindow(kind: 'cmd' | 'powershell' = 'powershell'): TestWindow {
  const window = openTestWindow(it.client, ids[0]!, { kind });
  windows.push(window);
  return window;
}
const shells = async (): Promise<number> => (await it.client.openShells.list({ machineId: ids[0]! })).length;
/** Of the requests with this action and these words, in their order: whether they were answered. */
const answered = (action: string, words = ''): boolean[] =>
  it.exchanges
    .filter((each) => each.action.endsWith(`/${action}`) && each.request?.includes(words))
    .map(({ response }) => response !== null);

test('a session that never opens is a problem of that machine, and no shell of it stays', async () => {
  // "Nothing yet", for ever.
  await lab.misbehave(name, { kind: 'fault', code: 2150858793, action: 'Receive' });
  const { ended, events } = openedWindow();
  await expect(ended).rejects.toMatchObject({
    problem: {
      code: 'disconnected',
      machineId: ids[0],
      message: expect.stringContaining('never said that it is open'),
    },
  });
  expect(events).toEqual([]);
  expect(answered('Delete')).toEqual([true]);
  expect(await shells()).toBe(0);
});

test('a prompt function that hangs is given up: a plain prompt stands there, and lines run', async () => {
  const window = openedWindow();
  await window.until((now) => now.idles > 0, 'a prompt');
  expect(window.text()).toMatch(/PS C:\\[^>]*> $/);
  expect(await window.run('Invoke-LabScenario hanging-prompt')).toBe('it hangs\r\nPS> ');
  expect(window.events.findLast(({ kind }) => kind === 'prompt')).toEqual({ kind: 'prompt', directory: null });
  expect(await window.run('1 + 1')).toBe('2\r\nPS> ');
});

test('the prompt of windeck shell is given up as well, and one that is none is a plain one', async () => {
  const client = createClient(labTarget(lab.machines[0]!));
  let pool: RunspacePool | null = null;
  try {
    pool = await openRunspacePool(client);
    expect(await promptOf(pool, undefined)).toMatch(/^PS C:\\[^>]*>$/);
    for await (const _ of (await pool.run('Invoke-LabScenario hanging-prompt')).streams);
    expect(await promptOf(pool, undefined, 200)).toBeNull();
    // The one runspace is free again.
    for await (const record of (await pool.run('1 + 1')).streams) expect(record).toMatchObject({ value: 2 });
    // Whoever leaves the shell does not wait for it.
    const left = new AbortController();
    const asking = promptOf(pool, left.signal);
    left.abort(new Error('left'));
    await expect(asking).rejects.toThrow();
    expect(pool.state()).toBe('Opened');
  } finally {
    await pool?.close();
    client.close();
  }
});

test.each([
  ['powershell', 'Start-Sleep 3600', 'powershell/signal/crtl_c'],
  ['cmd', 'ping -t 127.0.0.1', 'shell/signal/ctrl_c'],
] as const)('a Ctrl+C that did not arrive is sent again by the next one: %s', async (kind, line, code) => {
  const window = openedWindow(kind);
  await window.until((now) => now.idles > 0, 'a prompt');
  const { idles } = window;
  await window.type(line);
  await window.until((now) => now.events.findLast(({ kind: is }) => is === 'state')?.state === 'running', 'running');
  if (kind === 'cmd') await window.until((now) => now.text().includes('Reply'), 'its output');
  await lab.misbehave(name, { kind: 'drop-before', action: 'Signal', containing: code, times: 1 });
  await window.channel.send({ kind: 'interrupt', signal: 'ctrl_c' });
  await expect.poll(() => answered('Signal', code)).toEqual([false]);
  // What runs has not heard of it.
  expect(window.idles).toBe(idles);
  await window.channel.send({ kind: 'interrupt', signal: 'ctrl_c' });
  await window.until((now) => now.idles > idles, 'the end of what ran');
  expect(answered('Signal', code)).toEqual([false, true]);
});
