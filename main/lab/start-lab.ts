import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FleetMachine } from './fleet.ts';
import type { LabReply, LabRequestMessage } from './lab-messages.ts';
import type { Misbehaviour } from './misbehaviour.ts';
import type { LabStatistics } from './statistics.ts';

export type { Misbehaviour } from './misbehaviour.ts';
export type { LabStatistics } from './statistics.ts';

export interface LabMachine extends FleetMachine {
  /** PEM of the certificate, HTTPS only. */
  readonly certificatePem?: string;
}

export interface LabOptions {
  readonly machines?: number;
  readonly basePort?: number;
  readonly seed?: number;
  readonly https?: boolean;
  readonly latencyMs?: number;
  /** How long services stay pending, and how a reboot goes; the demo's values by default, all in milliseconds. */
  readonly pendingMs?: number;
  readonly goingDownMs?: number;
  readonly downMs?: number;
}

/** A running lab. It ends with this process, whatever happens. */
export interface Lab {
  readonly machines: readonly LabMachine[];
  misbehave(machineName: string, misbehaviour: Misbehaviour | null): Promise<void>;
  statistics(machineName: string): Promise<LabStatistics>;
  close(): Promise<void>;
}

const startLimitMs = 60_000;
const endLimitMs = 2_000;

/** Starts the simulated fleet in a process of its own and waits until it listens. Throws with the lab's own words where it does not. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const child = fork(fileURLToPath(new URL('./cli.ts', import.meta.url)), toArguments(options), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  });
  const machines = await readMachines(child);
  child.stderr!.on('data', (chunk: Buffer) => process.stderr.write(chunk));

  let lastId = 0;
  const waiting = new Map<number, { resolve: (reply: LabReply) => void; reject: (error: Error) => void }>();
  child.on('message', (reply: LabReply) => {
    waiting.get(reply.id)?.resolve(reply);
    waiting.delete(reply.id);
  });
  child.once('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('The lab has ended.'));
    waiting.clear();
  });
  type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;
  const ask = async (message: Unnumbered<LabRequestMessage>): Promise<LabStatistics | null> => {
    if (!child.connected) throw new Error('The lab has ended.');
    const id = ++lastId;
    const reply = await new Promise<LabReply>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      child.send({ ...message, id });
    });
    if ('error' in reply) throw new Error(reply.error);
    return reply.statistics;
  };
  return {
    machines,
    misbehave: async (machine, misbehaviour) => {
      await ask({ kind: 'misbehave', machine, misbehaviour });
    },
    statistics: async (machine) => (await ask({ kind: 'statistics', machine }))!,
    close: () => end(child),
  };
}

function toArguments(options: LabOptions): string[] {
  const numbers = {
    '--machines': options.machines,
    '--base-port': options.basePort,
    '--seed': options.seed,
    '--latency': options.latencyMs,
    '--pending': options.pendingMs,
    '--going-down': options.goingDownMs,
    '--down': options.downMs,
  };
  const given = Object.entries(numbers).filter(([, value]) => value !== undefined);
  return [...given.flatMap(([name, value]) => [name, String(value)]), ...(options.https ? ['--https'] : [])];
}

async function readMachines(child: ChildProcess): Promise<readonly LabMachine[]> {
  let complaint = '';
  const collect = (chunk: Buffer): void => {
    complaint = (complaint + chunk.toString()).slice(-4000);
  };
  child.stderr!.on('data', collect);
  const lines = createInterface({ input: child.stdout! });
  let timer: NodeJS.Timeout | undefined;
  try {
    const line = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      child.once('error', reject);
      child.once('exit', (code) =>
        reject(new Error(`The lab ended with code ${code} before it was ready. ${complaint}`.trim())),
      );
      timer = setTimeout(() => reject(new Error('The lab was not ready in time.')), startLimitMs);
    });
    const { machines, certificatePem } = JSON.parse(line) as { machines: FleetMachine[]; certificatePem?: string };
    return machines.map((machine) => ({ ...machine, ...(certificatePem ? { certificatePem } : {}) }));
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    lines.close();
    child.stdout!.resume();
    child.stderr!.off('data', collect);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const killer = setTimeout(() => child.kill('SIGKILL'), endLimitMs);
  // The lab ends when the channel does.
  if (child.connected) child.disconnect();
  else child.kill();
  await gone;
  clearTimeout(killer);
}
