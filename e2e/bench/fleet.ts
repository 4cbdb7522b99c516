/**
 * 1,000 lab machines at 20 ms: time until name, OS, CPU and memory of all have reached the renderer's side of the port; memory of our
 * process alone; event-loop delay while it happens and while gauges run. The lab is a process of its own, and so is the console.
 */
import { spawn } from 'node:child_process';
import { startLab } from '../../main/lab/start-lab.ts';
import { print } from './figure.ts';

export interface FleetFigures {
  readonly seconds: number;
  readonly bytesPerMachine: number;
  readonly rssBytes: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  readonly cpuSeconds: number;
  readonly gaugeDelayP99Ms: number;
  readonly gaugeCpuShare: number;
}

const machines = 1000;
const latencyMs = 20;
const lab = await startLab({ machines, latencyMs, seed: 11 });
// The flag of `npm start` and `npm run web`: V8 otherwise keeps up to 134 MB of young generation after the first rush.
const flags = ['--expose-gc', '--max-semi-space-size=16'];
const console_ = spawn(process.execPath, [...flags, new URL('fleet-console.ts', import.meta.url).pathname], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
console_.stdin.end(JSON.stringify(lab.machines));
let output = '';
console_.stdout.on('data', (part: Buffer) => {
  output += part.toString();
});
await new Promise((resolve) => console_.on('close', resolve));
await lab.close();
if (console_.exitCode !== 0) throw new Error(`the console ended with code ${console_.exitCode}`);
const figures = JSON.parse(output) as FleetFigures;

const of = `${machines} machines at ${latencyMs} ms`;
print({
  name: 'fleet.first-answer',
  value: figures.seconds,
  unit: `s until name, OS, CPU and memory of ${of} are in the table`,
  reference: 'CPU seconds of our process in that time',
  ratio: figures.seconds / figures.cpuSeconds,
  goal: null,
});
print({
  name: 'fleet.memory',
  value: figures.rssBytes / 1e6,
  unit: `MB resident, our process alone, ${of}`,
  reference: null,
  ratio: null,
  goal: '< 250 MB',
});
print({
  name: 'fleet.memory-per-machine',
  value: figures.bytesPerMachine / 1000,
  unit: 'KB per connected idle machine',
  reference: null,
  ratio: null,
  goal: '≤ 60 KB',
});
print({
  name: 'fleet.event-loop-delay',
  value: figures.delayP99Ms,
  unit: 'ms p99 while all connect',
  reference: null,
  ratio: null,
  goal: '≤ 10 ms',
});
print({
  name: 'fleet.event-loop-delay-max',
  value: figures.delayMaxMs,
  unit: 'ms, longest while all connect',
  reference: null,
  ratio: null,
  goal: null,
});
print({
  name: 'fleet.gauges-delay',
  value: figures.gaugeDelayP99Ms,
  unit: `ms p99 with gauges of ${machines} machines every 10 s`,
  reference: null,
  ratio: null,
  goal: '≤ 10 ms',
});
print({
  name: 'fleet.gauges-cpu',
  value: figures.gaugeCpuShare * 100,
  unit: '% of one core, same load',
  reference: null,
  ratio: null,
  goal: null,
});
