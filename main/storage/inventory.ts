import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { keepCopy, replaceFile } from './durable-file.ts';
import { createInTurn } from './in-turn.ts';
import { emptyInventory, formatInventory, type InventoryData, parseInventory } from './inventory-format.ts';
import { StorageError } from './storage-error.ts';

/** The inventory of this console: what is in memory is what is on the disk. */
export interface Inventory {
  readonly data: InventoryData;
  /** What the user must know about the file: that a corrupt one was set aside, and what took its place. */
  readonly notices: readonly string[];
  /**
   * Computes the next inventory and makes it durable; `data` changes only after that. Updates run one after another, each on the outcome
   * of the one before. Throws StorageError where the file cannot be written, and then nothing has changed.
   */
  update(change: (data: InventoryData) => InventoryData): Promise<void>;
  /** Resolves when every update that was begun has ended. */
  close(): Promise<void>;
}

const keptBackups = 10;
/** The newest of these are kept whatever their age; older ones one per hour, so that ten clicks in a row do not push out yesterday. */
const newestBackups = 5;
const hour = 3_600_000;

/**
 * Opens `inventory.json` in the data folder. A file that cannot be read as an inventory is renamed to `inventory.corrupt-<time>.json`, never
 * overwritten, and the newest good backup takes its place; `notices` says so. Throws StorageError for a file of a later version.
 */
export async function openInventory(dataFolder: string, now: () => number = Date.now): Promise<Inventory> {
  const path = join(dataFolder, 'inventory.json');
  const backups = join(dataFolder, 'backups');
  await mkdir(backups, { recursive: true, mode: 0o700 });
  await rm(`${path}.new`, { force: true });

  const notices: string[] = [];
  const text = await readIfThere(path);
  let data = emptyInventory;
  if (text !== null) {
    const parsed = parseInventory(text);
    if (parsed.kind === 'newer') {
      throw new StorageError(
        `The inventory in ${dataFolder} was written by a later Windeck (format ${parsed.version}).`,
        {
          advice: ['Use that version of Windeck, or start this one with another data folder.'],
        },
      );
    }
    if (parsed.kind === 'good') data = parsed.data;
    else data = await recover(path, backups, parsed.why, notices, now());
  }

  const write = async (next: InventoryData) => {
    try {
      await keepBackup(path, backups, now());
      await replaceFile(path, formatInventory(next));
    } catch (cause) {
      throw new StorageError(`The inventory could not be saved in ${dataFolder}: ${(cause as Error).message}.`, {
        advice: ['Nothing was changed. See whether the disk is full and the folder can be written to, then try again.'],
        cause,
      });
    }
  };
  return serialised(data, notices, write);
}

/** An inventory that lives as long as this object: the embedded lab's, which must not touch the user's file. */
export function temporaryInventory(data: InventoryData = emptyInventory): Inventory {
  return serialised(data, [], async () => {});
}

function serialised(
  initial: InventoryData,
  notices: readonly string[],
  write: (next: InventoryData) => Promise<void>,
): Inventory {
  let data = initial;
  const inTurn = createInTurn();
  return {
    get data() {
      return data;
    },
    notices,
    update: (change) =>
      inTurn(async () => {
        const next = change(data);
        if (next === data) return;
        await write(next);
        data = next;
      }),
    close: () => inTurn(async () => {}),
  };
}

async function recover(
  path: string,
  backups: string,
  why: string,
  notices: string[],
  now: number,
): Promise<InventoryData> {
  const aside = path.replace(/\.json$/, `.corrupt-${stamp(now)}.json`);
  await rename(path, aside);
  const setAside = `The inventory file could not be read: ${why}. It was set aside as ${basename(aside)}.`;
  for (const name of await listBackups(backups)) {
    const text = await readIfThere(join(backups, name));
    const parsed = text === null ? null : parseInventory(text);
    if (parsed?.kind !== 'good') continue;
    await replaceFile(path, formatInventory(parsed.data));
    notices.push(
      `${setAside} The newest good backup, ${name}, was restored with ${parsed.data.machines.size} machines.`,
    );
    return parsed.data;
  }
  notices.push(`${setAside} There is no good backup, so the inventory starts empty.`);
  return emptyInventory;
}

async function keepBackup(path: string, backups: string, now: number): Promise<void> {
  try {
    await keepCopy(path, join(backups, `inventory-${stamp(now)}.json`));
  } catch (error) {
    // The first save of all: there is nothing to keep yet.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const names = await listBackups(backups);
  const keep = new Set(backupsToKeep(names));
  for (const name of names) if (!keep.has(name)) await rm(join(backups, name), { force: true });
}

/** Of backups, newest first: the newest five, then the oldest of each hour, ten in all. */
export function backupsToKeep(names: readonly string[]): string[] {
  const kept = names.slice(0, newestBackups);
  const oldestOfHour = new Map<number, string>();
  for (const name of names.slice(newestBackups)) oldestOfHour.set(Math.floor(timeOf(name) / hour), name);
  return [...kept, ...oldestOfHour.values()].slice(0, keptBackups);
}

async function listBackups(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => /^inventory-\d{8}T\d{9}Z\.json$/.test(name))
    .sort()
    .reverse();
}

/** `20260131T235959123Z`: sorts by time, and is a file name on every system. */
function stamp(time: number): string {
  return new Date(time).toISOString().replace(/[-:.]/g, '');
}

function timeOf(backup: string): number {
  const [, year, month, day, hours, minutes, seconds, ms] =
    /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(backup) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}.${ms}Z`);
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
