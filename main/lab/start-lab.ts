import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LabClientCertificate } from './certificates.ts';
import type { FleetMachine } from './fleet.ts';
import type { LabReply, LabRequestMessage } from './lab-messages.ts';
import type { Misbehaviour } from './misbehaviour.ts';
import type { Stack } from './stacks.ts';
import type { Attempts, LabStatistics } from './statistics.ts';
import type { WrittenEvent } from './world/event-logs.ts';
import type { NetworkPicture } from './world/network-picture.ts';

export type { LabClientCertificate } from './certificates.ts';
export type { Misbehaviour } from './misbehaviour.ts';
export type { Attempts, LabStatistics } from './statistics.ts';
export type { WrittenEvent } from './world/event-logs.ts';
export type { Neighbour, NetworkPicture } from './world/network-picture.ts';

export interface LabMachine extends FleetMachine {
  /** PEM of the certificate, HTTPS only. */
  readonly certificatePem?: string;
}

export interface LabOptions {
  readonly machines?: number;
  readonly basePort?: number;
  readonly seed?: number;
  /** Kinds of machine by their WS-Man server; they take these in turn. Windows of several generations by default. */
  readonly stacks?: readonly Stack[];
  readonly https?: boolean;
  readonly latencyMs?: number;
  /** Ways in, as `--auth` takes them: `kerberos`, `ntlm,basic` … (README.md). NTLM and Basic by default. */
  readonly auth?: string;
  /** The last so many machines are management controllers. */
  readonly controllers?: number;
  /** permitted_enctypes of the realm; see FleetOptions. */
  readonly enctypes?: string;
  /** Ask for client certificates as Windows does; see FleetOptions. */
  readonly renegotiate?: boolean;
  /** How long services stay pending, and how a reboot goes; the demo's values by default, all in milliseconds. */
  readonly pendingMs?: number;
  readonly goingDownMs?: number;
  readonly downMs?: number;
}

/** A running lab. It ends with this process, whatever happens. */
export interface Lab {
  readonly machines: readonly LabMachine[];
  /** With `auth: 'kerberos'`: path of a krb5.conf for KRB5_CONFIG, and the realm. The machines' user is a principal of it. */
  readonly krb5Config?: string;
  readonly realm?: string;
  /** With `auth: 'certificate'`: one that every machine maps to its user, and one of the same authority that none maps. */
  readonly clientCertificate?: LabClientCertificate;
  readonly unmappedClientCertificate?: LabClientCertificate;
  misbehave(machineName: string, misbehaviour: Misbehaviour | null): Promise<void>;
  /** What a machine sees of others by its programs; null: as the fleet is. */
  drawNetwork(machineName: string, picture: NetworkPicture | null): Promise<void>;
  statistics(machineName: string): Promise<LabStatistics>;
  /** Writes into the machine's event logs, now. Resolves with the record ids. */
  writeEvents(machineName: string, events: readonly WrittenEvent[]): Promise<readonly number[]>;
  /** Secrets that were tried so far, at all machines and at the KDC: by account in lower case, then by scheme. */
  attempts(): Promise<Attempts>;
  close(): Promise<void>;
}

const startLimitMs = 60_000;
/** A fleet with a realm lets its KDC go and its folder with it. */
const endLimitMs = 10_000;

/** Starts the simulated fleet in a process of its own and waits until it listens. Throws with the lab's own words where it does not. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const child = fork(fileURLToPath(new URL('./cli.ts', import.meta.url)), toArguments(options), {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  });
  const { machines, ...rest } = await readLine(child);
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
  const ask = async (message: Unnumbered<LabRequestMessage>): Promise<unknown> => {
    if (!child.connected) throw new Error('The lab has ended.');
    const id = ++lastId;
    const reply = await new Promise<LabReply>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      child.send({ ...message, id });
    });
    if ('error' in reply) throw new Error(reply.error);
    return reply.value;
  };
  return {
    ...rest,
    machines,
    misbehave: async (machine, misbehaviour) => {
      await ask({ kind: 'misbehave', machine, misbehaviour });
    },
    writeEvents: async (machine, events) => (await ask({ kind: 'write-events', machine, events })) as number[],
    drawNetwork: async (machine, picture) => {
      await ask({ kind: 'draw-network', machine, picture });
    },
    statistics: async (machine) => (await ask({ kind: 'statistics', machine })) as LabStatistics,
    attempts: async () => (await ask({ kind: 'attempts' })) as Attempts,
    close: () => end(child),
  };
}

function toArguments(options: LabOptions): string[] {
  const values = {
    '--machines': options.machines,
    '--base-port': options.basePort,
    '--seed': options.seed,
    '--auth': options.auth,
    '--stack': options.stacks?.join(','),
    '--controllers': options.controllers,
    '--enctypes': options.enctypes,
    '--latency': options.latencyMs,
    '--pending': options.pendingMs,
    '--going-down': options.goingDownMs,
    '--down': options.downMs,
  };
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return [
    ...given.flatMap(([name, value]) => [name, String(value)]),
    ...(options.https ? ['--https'] : []),
    ...(options.renegotiate ? ['--renegotiate'] : []),
  ];
}

type Line = Pick<Lab, 'machines' | 'krb5Config' | 'realm' | 'clientCertificate' | 'unmappedClientCertificate'>;

async function readLine(child: ChildProcess): Promise<Line> {
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
    const { machines, certificatePem, ...rest } = JSON.parse(line) as Line & { certificatePem?: string };
    return {
      ...rest,
      machines: machines.map((machine) => ({ ...machine, ...(certificatePem ? { certificatePem } : {}) })),
    };
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
