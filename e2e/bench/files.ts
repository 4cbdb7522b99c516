/**
 * Files: up and down over one pipeline, beside the way of those who have no PSRP, which is base64 in command lines of at most 8191 characters,
 * one Command each.
 */
import { randomBytes } from 'node:crypto';
import { labTarget } from '../../main/lab/lab-target.ts';
import { type LabMachine, startLab } from '../../main/lab/start-lab.ts';
import { createClient, downloadFile, openRunspacePool, openShell, uploadFile } from '../../main/wsman/index.ts';
import { print } from './figure.ts';

const megabyte = 1024 * 1024;
const size = 16 * megabyte;
/** What fits behind `echo` and in front of `>> file`, in base64. */
const commandLineBytes = 6000;
const commandLines = 300;

const lab = await startLab({ machines: 1, stacks: ['3.0'], seed: 7 });
const client = createClient(labTarget(lab.machines[0] as LabMachine));

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 256 * 1024) yield bytes.subarray(at, at + 256 * 1024);
}
const rate = (bytes: number, began: number): number => bytes / megabyte / ((performance.now() - began) / 1000);

try {
  const bytes = randomBytes(size);
  const pool = await openRunspacePool(client);
  await uploadFile(pool, pieces(bytes.subarray(0, megabyte)), 'C:\\Windows\\Temp\\warm.bin');
  let began = performance.now();
  await uploadFile(pool, pieces(bytes), 'C:\\Windows\\Temp\\bench.bin');
  const up = rate(size, began);
  began = performance.now();
  for await (const _ of await downloadFile(pool, 'C:\\Windows\\Temp\\bench.bin'));
  const down = rate(size, began);
  await pool.close();

  const shell = await openShell(client);
  const text = bytes.subarray(0, commandLineBytes).toString('base64').slice(0, 7900);
  began = performance.now();
  for (let n = 0; n < commandLines; n++) {
    const command = await shell.run(`echo ${text}${n === 0 ? '>' : '>>'} C:\\Windows\\Temp\\bench.b64`);
    for await (const _ of command);
  }
  const byLines = rate((commandLines * text.length * 3) / 4, began);
  await shell.close();

  const reference = 'base64 in command lines, one Command each';
  print({ name: 'files: upload', value: up, unit: 'MB/s', reference, ratio: up / byLines, goal: null });
  print({ name: 'files: download', value: down, unit: 'MB/s', reference, ratio: down / byLines, goal: null });
  print({ name: `files: ${reference}`, value: byLines, unit: 'MB/s', reference: null, ratio: null, goal: null });
} finally {
  client.close();
  await lab.close();
}
