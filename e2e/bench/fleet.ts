/**
 * 1,000 lab machines at 20 ms: time until name, OS, CPU and memory of all have reached the renderer's side of the port; memory of our
 * process alone; event-loop delay while it happens and while gauges run. The lab is a process of its own, and so is the console.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { type LabMachine, startLab } from '../../main/lab/start-lab.ts';
import { print } from './figure.ts';

export interface FleetFigures {
  readonly seconds: number;
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

async function measure(fleet: readonly LabMachine[]): Promise<FleetFigures> {
  const child = spawn(process.execPath, [...flags, new URL('fleet-console.ts', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(JSON.stringify(fleet));
  const output = text(child.stdout);
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`the console ended with code ${child.exitCode}`);
  return JSON.parse(await output) as FleetFigures;
}

// A console of few machines has paid for its code and V8's reserves; what more machines cost is the difference.
const few = await measure(lab.machines.slice(0, machines / 5));
const figures = await measure(lab.machines);
await lab.close();
const bytesPerMachine = (figures.rssBytes - few.rssBytes) / (machines - machines / 5);

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
  value: bytesPerMachine / 1000,
  unit: `KB resident per connected machine (${machines} against ${machines / 5} of them)`,
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
