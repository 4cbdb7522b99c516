import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { newDataFolder, startTestConsole } from './console-fixture.ts';
import { type Lab, startLab } from './lab/start-lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await startLab({ machines: 4, pendingMs: 3000, goingDownMs: 500, downMs: 60_000 });
});
afterAll(() => lab?.close());

test('closed amid everything, a console leaves no timer, socket or stream behind: its process ends by itself', async () => {
  const [, silent, refusing] = lab.machines;
  await lab.misbehave(silent!.name, { kind: 'silence' });
  await lab.misbehave(refusing!.name, { kind: 'refuse-connections' });
  const folder = await newDataFolder();
  onTestFinished(() => folder.remove());
  const script = fileURLToPath(new URL('./console-closing-fixture.ts', import.meta.url));
  const child = spawn(process.execPath, [script, folder.path, JSON.stringify(lab.machines)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  }
  const ended = once(child, 'close');
  await expect.poll(() => said, { timeout: 40_000 }).toContain('closed\n');
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`it is still there: ${said}`), 8000);
  });
  const outcome = await Promise.race([ended.then(([code]) => `exit ${code}`), limit]);
  clearTimeout(timer);
  expect(outcome).toBe('exit 0');
  expect(said).toBe('closed\n');
  // Lock and files are free again.
  await (await startTestConsole(folder.path)).close();
  // And the machine's side sees every connection gone.
  for (const { name } of lab.machines) {
    await expect.poll(async () => (await lab.statistics(name)).openConnections, { timeout: 5000 }).toBe(0);
  }
}, 70_000);
