import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { fromJson, toJson } from '../../shared/rpc/values.ts';

export interface LastKnownValue {
  readonly value: unknown;
  /** When it was true: epoch milliseconds. */
  readonly at: number;
}

/**
 * What was last read from each machine, by topic (`facts`, `services`, `overview.cpu` …), so that the next start shows it with its age.
 * It is a cache: a file that cannot be used is replaced by an empty one, and losing the last seconds costs nothing.
 */
export interface LastKnown {
  get(machineId: string, topic: string): LastKnownValue | null;
  /** All values of one topic, by machine. */
  all(topic: string): ReadonlyMap<string, LastKnownValue>;
  /** Remembers a value. It is seen by `get` at once and written within a few seconds. */
  put(machineId: string, topic: string, value: unknown, at: number): void;
  forget(machineIds: readonly string[]): void;
  close(): void;
}

const writeAfterMs = 2000;
/** Rows per transaction: a few milliseconds of this thread at most, then others have their turn. */
const rowsPerWrite = 100;

/** Opens `last-known.sqlite`; with no folder, one that is forgotten with the object. */
export function openLastKnown(dataFolder: string | null, log: (line: string) => void): LastKnown {
  const database =
    dataFolder === null ? createTables(':memory:') : openFile(join(dataFolder, 'last-known.sqlite'), log);
  const select = database.prepare('SELECT value, at FROM last_known WHERE machine = ? AND topic = ?');
  const selectTopic = database.prepare('SELECT machine, value, at FROM last_known WHERE topic = ?');
  const upsert = database.prepare(
    'INSERT INTO last_known (machine, topic, value, at) VALUES (?, ?, ?, ?) ON CONFLICT (machine, topic) DO UPDATE SET value = excluded.value, at = excluded.at',
  );
  const remove = database.prepare('DELETE FROM last_known WHERE machine = ?');
  /** machine, topic → value not written yet. */
  const waiting = new Map<string, { machineId: string; topic: string; value: unknown; at: number }>();
  let timer: NodeJS.Timeout | null = null;

  const write = (limit: number) => {
    const rows = [...waiting.values()].slice(0, limit);
    if (rows.length === 0) return;
    database.exec('BEGIN');
    for (const { machineId, topic, value, at } of rows) {
      upsert.run(machineId, topic, JSON.stringify(toJson(value)), at);
      waiting.delete(key(machineId, topic));
    }
    database.exec('COMMIT');
  };
  const schedule = (delay: number) => {
    timer ??= setTimeout(() => {
      timer = null;
      try {
        write(rowsPerWrite);
      } catch (error) {
        log(`The last known state could not be written: ${(error as Error).message}`);
        waiting.clear();
      }
      if (waiting.size > 0) schedule(50);
    }, delay).unref();
  };

  return {
    get(machineId, topic) {
      const pending = waiting.get(key(machineId, topic));
      return pending ? { value: pending.value, at: pending.at } : read(select, machineId, topic);
    },
    all(topic) {
      const values = new Map<string, LastKnownValue>();
      for (const row of selectTopic.iterate(topic)) {
        const value = decode(row['value']);
        if (value !== undefined) values.set(String(row['machine']), { value, at: Number(row['at']) });
      }
      for (const row of waiting.values())
        if (row.topic === topic) values.set(row.machineId, { value: row.value, at: row.at });
      return values;
    },
    put(machineId, topic, value, at) {
      waiting.set(key(machineId, topic), { machineId, topic, value, at });
      schedule(writeAfterMs);
    },
    forget(machineIds) {
      const gone = new Set(machineIds);
      for (const [name, row] of waiting) if (gone.has(row.machineId)) waiting.delete(name);
      database.exec('BEGIN');
      for (const id of machineIds) remove.run(id);
      database.exec('COMMIT');
    },
    close() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      if (!database.isOpen) return;
      try {
        write(Number.POSITIVE_INFINITY);
      } catch (error) {
        log(`The last known state could not be written: ${(error as Error).message}`);
      }
      database.close();
    },
  };
}

const key = (machineId: string, topic: string) => `${machineId}\n${topic}`;

function read(select: StatementSync, machineId: string, topic: string): LastKnownValue | null {
  const row = select.get(machineId, topic);
  if (row === undefined) return null;
  const value = decode(row['value']);
  return value === undefined ? null : { value, at: Number(row['at']) };
}

/** A row that cannot be read is as good as none. */
function decode(text: unknown): unknown {
  try {
    return fromJson(JSON.parse(String(text)));
  } catch {
    return undefined;
  }
}

function openFile(path: string, log: (line: string) => void): DatabaseSync {
  try {
    return createTables(path);
  } catch (error) {
    log(`The last known state could not be read and starts empty: ${(error as Error).message}`);
    discard(path);
    return createTables(path);
  }
}

function createTables(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    // SQLite gives its -wal and -shm files the mode of the file they belong to.
    if (path !== ':memory:') chmodSync(path, 0o600);
    // Losing the last transaction in a power cut is fine for a cache; a torn file is not.
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS last_known (machine TEXT NOT NULL, topic TEXT NOT NULL, value TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (machine, topic)) WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS last_known_by_topic ON last_known (topic);`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function discard(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
}
