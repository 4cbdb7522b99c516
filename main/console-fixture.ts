/** For lab tests: a console on a data folder of its own, a client of its contract, and a record of everything that crossed the port. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConsoleClient, contract } from '../shared/contract/contract.ts';
import type { NewCredential } from '../shared/contract/credentials.ts';
import type { DiagnosisStep, DiagnosisStepName } from '../shared/contract/diagnose.ts';
import type { Machine, MachineSettings } from '../shared/contract/machines.ts';
import type { Problem } from '../shared/contract/problem.ts';
import { connectClient } from '../shared/rpc/client.ts';
import { memoryPortPair } from '../shared/rpc/memory-port.ts';
import type { Port } from '../shared/rpc/port.ts';
import { settingsFor } from './areas/machine-defaults.ts';
import { type ConsoleOptions, createConsole } from './create-console.ts';
import type { Environment } from './environment.ts';
import type { Exchange } from './wsman/index.ts';

export interface TestConsole {
  readonly client: ConsoleClient;
  readonly dataFolder: string;
  /** Every frame that reached the renderer's side, as text. */
  readonly frames: readonly string[];
  readonly log: readonly string[];
  readonly exchanges: readonly Exchange[];
  /** The newest state of every machine, as a window would know it. */
  readonly machines: ReadonlyMap<string, Machine>;
  /** Resolves with the first machine state that fits. Fails after the limit, saying what it is instead. */
  until(id: string, fits: (machine: Machine) => boolean, limitMs?: number): Promise<Machine>;
  /** Ends this console and its window; the data folder stays. */
  close(): Promise<void>;
}

export async function newDataFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'windeck-console-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export async function startTestConsole(
  dataFolder: string,
  change: Partial<Environment> = {},
  options: Omit<ConsoleOptions, 'onExchange'> = {},
): Promise<TestConsole> {
  const log: string[] = [];
  const frames: string[] = [];
  const exchanges: Exchange[] = [];
  const opened = await createConsole(
    {
      version: '0.0.0',
      host: 'browser',
      dataFolder,
      demo: false,
      log: (line) => void log.push(line),
      startLab: () => Promise.reject(new Error('This test has no lab to open.')),
      ...change,
    },
    { ...options, onExchange: (exchange) => void exchanges.push(exchange) },
  );
  const [ours, theirs] = memoryPortPair();
  opened.serve(recorded(ours, frames));
  const client = connectClient(theirs, contract);
  const machines = new Map<string, Machine>();
  const listeners = new Set<() => void>();
  const ended = new AbortController();
  const watching = (async () => {
    for await (const change of client.machines.watch({}, ended.signal)) {
      if (change.kind === 'all') machines.clear();
      else for (const id of change.removed) machines.delete(id);
      for (const machine of change.machines) machines.set(machine.id, machine);
      for (const listener of listeners) listener();
    }
  })().catch(() => {});
  return {
    client,
    dataFolder,
    frames,
    log,
    exchanges,
    machines,
    async until(id, fits, limitMs = 15_000) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const machine = machines.get(id);
          if (machine === undefined || !fits(machine)) return;
          clearTimeout(timer);
          listeners.delete(look);
          resolve(machine);
        };
        const timer = setTimeout(() => {
          listeners.delete(look);
          const { state, problem } = machines.get(id) ?? {};
          reject(new Error(`It did not come to that within ${limitMs} ms; it is ${state}: ${problem?.message}`));
        }, limitMs);
        listeners.add(look);
        look();
      });
    },
    async close() {
      ended.abort();
      await watching;
      theirs.close('The test is over.');
      await opened.close();
    },
  };
}

function recorded(port: Port, frames: string[]): Port {
  return {
    send(frame) {
      frames.push(typeof frame === 'string' ? frame : Buffer.from(frame).toString('latin1'));
      port.send(frame);
    },
    onMessage: (listener) => port.onMessage(listener),
    onClose: (listener) => port.onClose(listener),
  };
}

/** Settings for a machine of the lab. */
export function labSettings(
  machine: { name: string; address: string; port: number; transport: 'http' | 'https' },
  change: Partial<MachineSettings> = {},
): MachineSettings {
  const { name, address, port, transport } = machine;
  return settingsFor(address, { name, port, transport, ...change });
}

/** What a window sends to save a set with a password; `id` null makes a new one. */
export function passwordSet(userName: string, password: string, id: string | null = null) {
  return { id, name: userName, credential: typedPassword(userName, password) };
}

/** A password that is typed for a test and not saved. */
export function typedPassword(userName: string, password: string) {
  return { kind: 'password', userName, password } as const;
}

/** All items of a stream, to its end. */
/** The first machine of the lab with today's WinRM on which no policy sets anything, in the inventory and online. */
export async function addUnmanaged<
  Machine extends Parameters<typeof labSettings>[0] & { readonly user: string; readonly password: string },
>(
  { client, until }: TestConsole,
  { machines }: { readonly machines: readonly Machine[] },
): Promise<{ machine: Machine; machineId: string }> {
  for (const machine of machines) {
    const { id: credentialId } = await client.credentials.save(passwordSet(machine.user, machine.password));
    const { id: machineId } = await client.machines.add(labSettings(machine, { credentialId }));
    await until(machineId, ({ state }) => state === 'online');
    const { settings, listeners, stack } = await client.winrmSettings.read({ machineId });
    const isFree =
      settings.every(({ lock }) => lock?.kind !== 'policy') && listeners.every(({ source }) => source === null);
    if (stack === '3.0' && isFree) return { machine, machineId };
  }
  throw new Error('The lab has no machine without policies.');
}

export async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

/** The first item that fits; then the stream is left. */
export async function first<T>(stream: AsyncIterable<T>, fits: (item: T) => boolean): Promise<T> {
  for await (const item of stream) if (fits(item)) return item;
  throw new Error('The stream ended before that.');
}

/** The problem that a promise rejects with. */
export async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  try {
    await promise;
  } catch (error) {
    const { problem } = error as { problem?: Problem };
    if (problem !== undefined) return problem;
    throw error;
  }
  throw new Error('It should have failed.');
}

/** How settings fare that are not saved yet, as the steps that most tests ask about; see `testOf`. */
export interface TestStep {
  readonly step: 'name' | 'tcp' | 'certificate' | 'identify' | 'sign-in' | 'read';
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly milliseconds: number;
  readonly seen: string;
  readonly problem: Problem | null;
  readonly chain: DiagnosisStep['chain'];
  readonly trustFailures: DiagnosisStep['trustFailures'];
}

const parts: Readonly<Record<TestStep['step'], readonly DiagnosisStepName[]>> = {
  name: ['name'],
  tcp: ['tcp'],
  certificate: ['tls'],
  identify: ['ws-man', 'schemes', 'identify'],
  'sign-in': ['sign-in', 'signed-in-identify'],
  read: ['wmi'],
};

/** What the Test of the Add dialog does: a diagnosis of settings with what is typed, null: what they inherit. */
export async function testOf(
  client: ConsoleClient,
  { settings, credential }: { readonly settings: MachineSettings; readonly credential: NewCredential | null },
): Promise<TestStep[]> {
  const subject = { kind: 'settings', settings, credential } as const;
  const end = (await all(client.diagnose.run({ subject, other: null }))).at(-1);
  if (end?.kind !== 'end') throw new Error('The diagnosis did not end.');
  const { steps } = end.diagnosis;
  return (Object.keys(parts) as TestStep['step'][]).map((step) => {
    const known = steps.filter((each) => parts[step].includes(each.step));
    const decisive = known.find(({ state }) => state === 'failed') ?? known.at(-1)!;
    return {
      step,
      outcome: decisive.state as TestStep['outcome'],
      milliseconds: known.reduce((sum, each) => sum + each.milliseconds, 0),
      seen: known.map(({ meaning }) => meaning).join(' '),
      problem: decisive.problem,
      chain: decisive.chain,
      trustFailures: decisive.trustFailures,
    };
  });
}
