import { setTimeout as sleep } from 'node:timers/promises';
import { contract } from '../shared/contract/contract.ts';
import type { Port } from '../shared/rpc/port.ts';
import { serveContract } from '../shared/rpc/server.ts';
import type { AreaContext, Store } from './areas/context.ts';
import type { DiagnoseOptions } from './areas/diagnose/diagnose.ts';
import { credentialOf } from './areas/effective-credential.ts';
import { createMachines, type MachinesArea } from './areas/machines.ts';
import type { PowerLimits } from './areas/power.ts';
import { createSignal } from './areas/pump.ts';
import type { PowerShellLimits } from './areas/remote-shell/powershell-session.ts';
import { secretsForSigningIn } from './areas/stored-secrets.ts';
import { createTraceRecorder, type TraceRecorder } from './areas/trace.ts';
import { recordedClients } from './areas/trace-clients.ts';
import type { Environment, LabFleet } from './environment.ts';
import { inventoryOfFleet } from './fleet-inventory.ts';
import { createHandlers } from './handlers.ts';
import { createSessionPool, type SessionPool } from './sessions/session-pool.ts';
import { makeDataFolder } from './storage/data-folder.ts';
import { openInventory, temporaryInventory } from './storage/inventory.ts';
import type { InventoryData } from './storage/inventory-format.ts';
import { openKeychain } from './storage/keychain.ts';
import { openLastKnown } from './storage/last-known.ts';
import { lockDataFolder } from './storage/lock.ts';
import { openOpenShells } from './storage/open-shells.ts';
import { openSecrets, secretsForThisRun } from './storage/secrets.ts';
import { toProblem } from './to-problem.ts';
import {
  type ClientOptions,
  createClient,
  type ExchangeListener,
  type FailurePlace,
  type Target,
} from './wsman/index.ts';

/** Closing waits no longer than this for what is tidied up at machines. */
const farewellMs = 3_000;

/** For benchmarks, which reach the console only here. */
export { createTraceRecorder } from './areas/trace.ts';

export interface Console {
  /** Answers the contract at this port until it closes. Any number of ports may be served. */
  serve(port: Port): void;
  /** Ends sessions, timers, streams, the lab and storage; when it resolves, nothing of the console keeps the process alive. */
  close(): Promise<void>;
}

/** For tests and benchmarks; hosts need none of it. */
export interface ConsoleOptions {
  readonly onExchange?: ExchangeListener;
  /** Another recorder than the usual one: to look into what it keeps. */
  readonly recorder?: TraceRecorder;
  /** Other limits than the client's own: what is never answered shall not hold up a test for a minute. */
  readonly client?: Pick<ClientOptions, 'operationTimeoutMs' | 'networkDelayMs' | 'connectTimeoutMs'>;
  /** Another keychain than this computer's. */
  readonly openKeychain?: typeof openKeychain;
  /** Another network than this computer's, for Diagnose. */
  readonly diagnose?: DiagnoseOptions;
  /** Other limits for following a restart. */
  readonly power?: Partial<PowerLimits>;
  /** Other limits for sessions of PowerShell. */
  readonly remoteShell?: PowerShellLimits;
  /** Another limit for files that come to a window. */
  readonly mostDownloadBytes?: number;
}

/**
 * Joins the parts: the one place that knows storage, sessions and areas at once.
 * Throws DataFolderInUseError where another console has the data folder, and StorageError where the folder or a later version's inventory
 * cannot be used.
 */
export async function createConsole(environment: Environment, options: ConsoleOptions = {}): Promise<Console> {
  const { dataFolder, log } = environment;
  await makeDataFolder(dataFolder);
  const lock = lockDataFolder(dataFolder);
  let userStore: Store;
  try {
    userStore = {
      inventory: await openInventory(dataFolder),
      lastKnown: openLastKnown(dataFolder, log),
      secrets: await openSecrets(dataFolder, await (options.openKeychain ?? openKeychain)(log)),
    };
  } catch (error) {
    lock.release();
    throw error;
  }

  const openShells = await openOpenShells(dataFolder, Date.now, log);
  let store = userStore;
  let lab: Promise<LabFleet> | null = null;
  let isLab = false;
  const closing = new AbortController();
  /** Shells that are being deleted, for one. */
  const farewells = new Set<Promise<void>>();
  const problemOf: AreaContext['toProblem'] = (error, machineId, place) => {
    const problem = toProblem(error, machineId, place ?? placeOf(store.inventory.data, machineId));
    if (problem.code === 'internal-error') log(trace(error));
    return problem;
  };

  /** The embedded lab's shells end with it. */
  const rememberShell = ({ host, port }: Target): ClientOptions['onShell'] =>
    isLab
      ? undefined
      : ({ kind, shellId, resourceUri }) => {
          if (kind === 'closed') openShells.remove(shellId);
          else openShells.add({ shellId, resourceUri, host, port, openedAt: Date.now() });
        };
  const recorder = options.recorder ?? createTraceRecorder();
  const clients = recordedClients(recorder, {
    createClient: (target, more) =>
      createClient(target, { ...options.client, ...more, onShell: rememberShell(target) }),
    onExchange: options.onExchange,
    machines: () => store.inventory.data.machines,
  });
  const changes = createSignal();
  const signInSecrets = secretsForSigningIn(() => store.secrets);
  // Sessions tell the machines area what they read and become; that area needs the sessions.
  let machines: MachinesArea;
  const pool = createSessionPool({
    createClient: clients.ofMachine,
    secrets: signInSecrets,
    greet: (...call) => machines.greet(...call),
    onChange: (machineId) => machines.changed(machineId),
    onRefusal: () => changes.ring(),
  });
  const sessions: SessionPool = {
    ...pool,
    remove(machineId) {
      pool.remove(machineId);
      recorder.forget(machineId);
    },
  };
  const context: AreaContext = {
    get store() {
      return store;
    },
    sessions,
    signInSecrets,
    createClient: clients.anywhere,
    toProblem: problemOf,
    log,
    now: Date.now,
    credentialsChanged: changes,
    closing: closing.signal,
    beforeClosing(work) {
      const settled = work.then(
        () => {},
        () => {},
      );
      farewells.add(settled);
      void settled.finally(() => farewells.delete(settled));
    },
  };
  machines = createMachines(context);

  async function openLab(): Promise<void> {
    lab ??= environment.startLab();
    try {
      const fleet = await lab;
      if (isLab) return;
      isLab = true;
      const secrets = secretsForThisRun();
      const { settings } = userStore.inventory.data;
      const data = await inventoryOfFleet(fleet.machines, settings, (id, password) => secrets.set(id, password));
      // The user's inventory and keychain stay as they are.
      store = { inventory: temporaryInventory(data), lastKnown: openLastKnown(null, log), secrets };
      machines.reload();
      changes.ring();
    } catch (error) {
      lab = null;
      throw error;
    }
  }

  const handlers = createHandlers(context, machines, {
    about: { version: environment.version, host: environment.host, dataFolder },
    isLab: () => isLab,
    notices: () => userStore.inventory.notices,
    openLab,
    openShells,
    power: options.power,
    remoteShell: options.remoteShell,
    mostDownloadBytes: options.mostDownloadBytes,
    diagnose: options.diagnose,
    recorder,
  });
  const stops = new Set<() => void>();

  async function close(): Promise<void> {
    if (closing.signal.aborted) return;
    closing.abort();
    for (const stop of stops) stop();
    await Promise.race([Promise.all(farewells), sleep(farewellMs, undefined, { ref: false })]);
    sessions.close();
    try {
      await (await lab)?.close();
    } finally {
      await openShells.flush();
      await userStore.inventory.close();
      if (store !== userStore) store.lastKnown.close();
      userStore.lastKnown.close();
      store.secrets.close();
      userStore.secrets.close();
      lock.release();
    }
  }

  try {
    machines.reload();
    if (environment.demo) await openLab();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    serve(port) {
      const stop = serveContract(
        {
          send: (frame) => port.send(frame),
          onMessage: (listener) => port.onMessage(listener),
          onClose: (listener) =>
            port.onClose((reason) => {
              stops.delete(stop);
              listener(reason);
            }),
        },
        contract,
        handlers,
        problemOf,
      );
      stops.add(stop);
    },
    close,
  };
}

/** Where a machine is and who signs in there, for the words of its problems. Empty for one that is not in the inventory. */
function placeOf(inventory: InventoryData, machineId: string | undefined): FailurePlace {
  const settings = machineId === undefined ? undefined : inventory.machines.get(machineId);
  if (settings === undefined) return {};
  const credential = credentialOf(settings, inventory);
  return {
    host: settings.address,
    port: settings.port,
    ...(credential?.kind === 'password' && { userName: credential.userName }),
  };
}

/** Where a mistake of ours happened. Its message stays out: it may quote anything, also a secret. */
function trace(error: unknown): string {
  if (!(error instanceof Error)) return `A mistake: something was thrown that is no Error (${typeof error}).`;
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [`A mistake: ${error.name}`, ...frames.slice(0, 8)].join('\n');
}
