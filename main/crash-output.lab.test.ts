import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Lab, startLab } from './lab/start-lab.ts';

/** A process that dies with secrets in its memory says none of them: neither on its streams nor in Node's own crash report. */
const wrongPassword = 'Pl4nted-Crash-Passw0rd';

let lab: Lab;
beforeAll(async () => {
  lab = await startLab({ machines: 1 });
});
afterAll(() => lab?.close());

async function die(how: string): Promise<{ readonly said: string; readonly reports: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'windeck-crash-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const script = fileURLToPath(new URL('./crash-output-fixture.ts', import.meta.url));
  // `ulimit -c 0`: a core file holds the whole memory, and is the system's to allow or to forbid.
  const child = spawn(
    'sh',
    [
      '-c',
      'ulimit -c 0; exec "$0" "$@"',
      process.execPath,
      '--report-uncaught-exception',
      '--report-on-fatalerror',
      `--report-directory=${folder}`,
      script,
      how,
    ],
    { stdio: ['pipe', 'pipe', 'pipe'], timeout: 20_000 },
  );
  const machine = lab.machines[0]!;
  child.stdin.end(`${JSON.stringify({ machine, password: wrongPassword, rightPassword: machine.password })}\n`);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  }
  const code = await new Promise((resolve) => child.once('close', (exitCode, signal) => resolve(exitCode ?? signal)));
  expect(code).not.toBe(0);
  expect(said).toContain('dying\n');
  const files = await readdir(folder);
  const reports = (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('\n');
  return { said, reports };
}

test.each([
  ['refusal', 'AuthenticationError'],
  ['mistake', 'a mistake'],
  ['rejection', 'nobody listens'],
])('%s: streams and crash report hold no secret', async (how, proof) => {
  const { said, reports } = await die(how);
  // It did crash with that error, and Node did print it with its properties.
  expect(said).toContain(proof);
  expect(reports).toContain(proof === 'AuthenticationError' ? 'rejected' : proof);
  for (const secret of [wrongPassword, lab.machines[0]!.password]) {
    for (const form of [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret, 'utf16le').toString('hex'),
    ]) {
      expect(said).not.toContain(form);
      expect(reports).not.toContain(form);
    }
  }
});

test('abort: nothing is said at all', async () => {
  const { said } = await die('abort');
  expect(said).not.toContain(wrongPassword);
  expect(said).not.toContain(lab.machines[0]!.password);
});
