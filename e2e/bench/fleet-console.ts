/** The console under measurement: reads the lab's machines on standard input, prints FleetFigures as JSON. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConsole } from '../../main/create-console.ts';
import type { LabFleet } from '../../main/environment.ts';
import { contract } from '../../shared/contract/contract.ts';
import type { Machine } from '../../shared/contract/machines.ts';
import { connectClient } from '../../shared/rpc/client.ts';
import { memoryPortPair } from '../../shared/rpc/memory-port.ts';
import type { FleetFigures } from './fleet.ts';

const fleet = JSON.parse(await text(process.stdin)) as LabFleet['machines'];
const dataFolder = mkdtempSync(join(tmpdir(), 'windeck-bench-'));
const console_ = await createConsole({
  version: '0',
  host: 'browser',
  dataFolder,
  demo: false,
  log: () => {},
  startLab: () => Promise.reject(new Error('not here')),
});
const [hostPort, rendererPort] = memoryPortPair();
console_.serve(hostPort);
const client = connectClient(rendererPort, contract);

const first = fleet[0]!;
if (fleet.some((machine) => machine.user !== first.user || machine.password !== first.password))
  throw new Error('one account expected');
const credential = await client.credentials.save({
  id: null,
  name: first.user,
  credential: { kind: 'password', userName: first.user, password: first.password },
});

const delay = monitorEventLoopDelay({ resolution: 1 });
const loop = () => ({ p99: Math.max(0, delay.percentile(99) / 1e6 - 1), max: Math.max(0, delay.max / 1e6 - 1) });
delay.enable();
const cpuBefore = process.cpuUsage();
const began = performance.now();

const lines = fleet.map((machine) => `${machine.name},${machine.address},${machine.transport},${machine.port}`);
await client.machines.import({
  text: ['name,address,transport,port', ...lines].join('\n'),
  format: 'csv',
  credentialId: credential.id,
});

const machines = new Map<string, Machine>();
const readings = new Set<string>();
const complete = (machine: Machine): boolean =>
  machine.facts?.computerName != null && machine.facts.osCaption != null && readings.has(machine.id);
const stop = new AbortController();
const allDone = Promise.withResolvers<void>();
const check = (): void => {
  if (machines.size === fleet.length && [...machines.values()].every(complete)) allDone.resolve();
};
const watchMachines = async (): Promise<void> => {
  for await (const change of client.machines.watch({}, stop.signal)) {
    for (const machine of change.machines) machines.set(machine.id, machine);
    check();
  }
};
const watchGauges = async (): Promise<void> => {
  while (machines.size < fleet.length) await sleep(10);
  for await (const batch of client.gauges.watch(
    { machineIds: [...machines.keys()], intervalMs: 10_000 },
    stop.signal,
  )) {
    for (const reading of batch)
      if (reading.cpuPercent !== null && reading.memoryPercent !== null) readings.add(reading.machineId);
    check();
  }
};
const ends = [watchMachines(), watchGauges()].map((watch) => watch.catch(() => undefined));
const limit = setTimeout(() => {
  const states = Map.groupBy(machines.values(), (machine) => machine.state);
  const words = [...states].map(([state, list]) => `${list.length} ${state}`).join(', ');
  allDone.reject(new Error(`not complete after 120 s: ${words}; ${readings.size} with CPU and memory`));
}, 120_000);
await allDone.promise;
clearTimeout(limit);
const seconds = (performance.now() - began) / 1000;
const used = process.cpuUsage(cpuBefore);
const connecting = loop();

// Let the gauges of all machines run for a while, then measure what is resident once the garbage is gone.
delay.reset();
const gaugeCpuBefore = process.cpuUsage();
await sleep(20_000);
const gaugeCpu = process.cpuUsage(gaugeCpuBefore);
const gauging = loop();
for (let i = 0; i < 3; i += 1) {
  globalThis.gc?.();
  await sleep(100);
}

const figures: FleetFigures = {
  seconds,
  rssBytes: process.memoryUsage().rss,
  delayP99Ms: connecting.p99,
  delayMaxMs: connecting.max,
  cpuSeconds: (used.user + used.system) / 1e6,
  gaugeDelayP99Ms: gauging.p99,
  gaugeCpuShare: (gaugeCpu.user + gaugeCpu.system) / 20e6,
};
process.stdout.write(JSON.stringify(figures));
stop.abort();
await Promise.all(ends);
await console_.close();
rmSync(dataFolder, { recursive: true, force: true });
