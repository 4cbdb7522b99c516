import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from './durable-file.ts';
import { createInTurn } from './in-turn.ts';
import { StorageError } from './storage-error.ts';

/** A named configuration of WinRM, as it was. `config` is plain JSON, whose shape its owner knows; it never holds a secret. */
export interface StoredSnapshot {
  readonly id: string;
  readonly name: string;
  readonly machineId: string | null;
  readonly machineName: string;
  readonly takenAt: number;
  readonly stack: string | null;
  readonly config: unknown;
}

export interface WinrmSnapshots {
  all(): Promise<readonly StoredSnapshot[]>;
  add(snapshot: StoredSnapshot): Promise<void>;
  /** False where there is no such snapshot. */
  remove(id: string): Promise<boolean>;
}

const version = 1;
const maxSnapshots = 500;

function isSnapshot(value: unknown): value is StoredSnapshot {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Readonly<Record<string, unknown>>;
  const isText = (name: string): boolean => typeof entry[name] === 'string';
  return (
    ['id', 'name', 'machineName'].every(isText) &&
    ['machineId', 'stack'].every((name) => isText(name) || entry[name] === null) &&
    Number.isFinite(entry['takenAt']) &&
    'config' in entry
  );
}

/** `winrm-snapshots.json` in the data folder. Changes are made one after another. Throws StorageError where the file cannot be read. */
export function openWinrmSnapshots(dataFolder: string): WinrmSnapshots {
  const path = join(dataFolder, 'winrm-snapshots.json');
  const inTurn = createInTurn();

  async function read(): Promise<readonly StoredSnapshot[]> {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
    try {
      const file = JSON.parse(text) as { version?: unknown; snapshots?: unknown };
      const { snapshots } = file;
      if (file.version === version && Array.isArray(snapshots) && snapshots.every(isSnapshot)) return snapshots;
    } catch {
      // Said below.
    }
    throw new StorageError(`The file ${path} cannot be read.`, {
      advice: ['Move it away to start with no snapshots.'],
    });
  }
  function change<T>(work: (all: readonly StoredSnapshot[]) => readonly [readonly StoredSnapshot[], T]): Promise<T> {
    return inTurn(async () => {
      const [snapshots, result] = work(await read());
      await replaceFile(path, `${JSON.stringify({ version, snapshots }, null, 1)}\n`);
      return result;
    });
  }
  return {
    all: read,
    add: (snapshot) =>
      change((all) => {
        if (all.length >= maxSnapshots)
          throw new StorageError(`There are ${maxSnapshots} snapshots already.`, { advice: ['Remove some of them.'] });
        return [[...all, snapshot], undefined];
      }),
    remove: (id) =>
      change((all) => {
        const rest = all.filter((snapshot) => snapshot.id !== id);
        return [rest, rest.length < all.length];
      }),
  };
}
