import { randomUUID } from 'node:crypto';
import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import type {
  ConfigurationDifference,
  ConfigurationSide,
  DriftRow,
  SnapshotInfo,
} from '../../shared/contract/winrm-settings.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { StoredSnapshot, WinrmSnapshots } from '../storage/winrm-snapshots.ts';
import { type ComparableConfig, differencesOf, readConfig } from '../wsman/index.ts';
import { type AreaContext, notInInventory, onMachine } from './context.ts';

/** Named configurations, comparing any two, and the drift of many from one. */

/** So many machines are read at once. */
const atOnce = 8;
const readingLimitMs = 60_000;

interface Side {
  readonly name: string;
  readonly readAt: number;
  readonly config: ComparableConfig;
}

type Handlers = Pick<
  ConsoleHandlers['winrmSettings'],
  'saveSnapshot' | 'listSnapshots' | 'removeSnapshot' | 'compare' | 'drift'
>;

export function createWinrmSnapshots(context: AreaContext, snapshots: WinrmSnapshots): Handlers {
  async function readMachine(machineId: string, outer: AbortSignal): Promise<Side & { stack: string | null }> {
    const settings = context.store.inventory.data.machines.get(machineId);
    if (settings === undefined) throw notInInventory(machineId);
    const signal = AbortSignal.any([outer, context.closing, AbortSignal.timeout(readingLimitMs)]);
    return onMachine(context, machineId, async (session) => {
      const { config } = await session.run((client, within) => readConfig(client, { signal: within }), {
        signal,
        urgent: true,
      });
      const plugins = config.plugins.map(({ element: _, ...plugin }) => plugin);
      return {
        name: settings.name,
        readAt: context.now(),
        config: { ...config, plugins },
        stack: session.status.identity?.stack ?? null,
      };
    });
  }

  async function readSide(side: ConfigurationSide, signal: AbortSignal): Promise<Side> {
    if (side.kind === 'machine') return readMachine(side.machineId, signal);
    const found = (await snapshots.all()).find(({ id }) => id === side.id);
    if (found === undefined) throw noSuchSnapshot();
    return { name: found.name, readAt: found.takenAt, config: storedConfig(found) };
  }

  async function driftOf(machineId: string, against: Side, signal: AbortSignal): Promise<DriftRow> {
    try {
      const { config } = await readMachine(machineId, signal);
      const differences = compare(against.config, config).filter(({ expected }) => !expected);
      const outcome = differences.length === 0 ? 'same' : 'drifted';
      return { machineId, outcome, differences, problem: null, readAt: context.now() };
    } catch (error) {
      signal.throwIfAborted();
      const problem = error instanceof ProblemError ? error.problem : context.toProblem(error, machineId);
      return { machineId, outcome: 'failed', differences: [], problem, readAt: context.now() };
    }
  }

  return {
    async saveSnapshot({ machineId, name }, signal) {
      const { name: machineName, readAt, config, stack } = await readMachine(machineId, signal);
      const snapshot: StoredSnapshot = {
        id: randomUUID(),
        name,
        machineId,
        machineName,
        takenAt: readAt,
        stack,
        config,
      };
      await snapshots.add(snapshot);
      return infoOf(snapshot);
    },
    listSnapshots: async () => (await snapshots.all()).map(infoOf),
    async removeSnapshot({ id }) {
      if (!(await snapshots.remove(id))) throw noSuchSnapshot();
    },
    async compare({ left, right }, signal) {
      const [first, second] = await Promise.all([readSide(left, signal), readSide(right, signal)]);
      const about = ({ name, readAt }: Side) => ({ name, readAt });
      return { left: about(first), right: about(second), differences: compare(first.config, second.config) };
    },
    async drift({ machineIds, against }, sink) {
      const signal = AbortSignal.any([sink.signal, context.closing]);
      const side = await readSide(against, signal);
      const waiting = [...new Set(machineIds)];
      const work = async (): Promise<void> => {
        for (let id = waiting.shift(); id !== undefined; id = waiting.shift())
          await sink.push(await driftOf(id, side, signal));
      };
      await Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, work));
    },
  };
}

const textsOf: Readonly<Record<keyof ComparableConfig, readonly string[]>> = {
  settings: ['path', 'value'],
  listeners: ['address', 'transport', 'hostname', 'urlPrefix', 'thumbprint'],
  mappings: ['issuer', 'subject', 'uri', 'userName'],
  plugins: ['name', 'fileName'],
};
const partsOfPlugin: Readonly<Record<string, readonly string[]>> = {
  quotas: ['name', 'value'],
  resources: ['resourceUri'],
};

/** What was saved, once it is sure that it can be compared: the file may have been edited. Throws StorageError. */
export function storedConfig({ name, config }: Pick<StoredSnapshot, 'name' | 'config'>): ComparableConfig {
  const isList = (list: unknown, texts: readonly string[]): list is Readonly<Record<string, unknown>>[] =>
    Array.isArray(list) &&
    list.every(
      (item) => typeof item === 'object' && item !== null && texts.every((text) => typeof item[text] === 'string'),
    );
  const has = (owner: Readonly<Record<string, unknown>>, lists: Readonly<Record<string, readonly string[]>>): boolean =>
    Object.entries(lists).every(([list, texts]) => isList(owner[list], texts));
  const parts = typeof config === 'object' && config !== null ? (config as Readonly<Record<string, unknown>>) : {};
  const { plugins } = parts;
  if (has(parts, textsOf) && isList(plugins, []) && plugins.every((plugin) => has(plugin, partsOfPlugin)))
    return config as ComparableConfig;
  throw new StorageError(`The snapshot “${name}” cannot be read: it was changed since it was saved.`, {
    advice: ['Remove it, and save another one.'],
  });
}

const compare = (left: ComparableConfig, right: ComparableConfig): ConfigurationDifference[] =>
  differencesOf(left, right).map(({ meaning: _, ...difference }) => difference);

const infoOf = ({ config: _, ...info }: StoredSnapshot): SnapshotInfo => info;

function noSuchSnapshot(): ProblemError {
  return new ProblemError({
    code: 'not-found',
    message: 'There is no such snapshot.',
    advice: ['It may have been removed in another window.'],
    retryable: false,
  });
}
