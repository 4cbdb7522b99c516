import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DataFolderInUseError } from './storage-error.ts';

export interface DataFolderLock {
  release(): void;
}

/**
 * Takes the data folder for this process. The lock is an exclusive transaction on `windeck.lock`: SQLite asks the operating system for it
 * on every platform, and the operating system drops it when the process dies, so there is no stale lock to clean up.
 * Throws DataFolderInUseError where another console, also one in this process, holds it.
 */
export function lockDataFolder(dataFolder: string): DataFolderLock {
  const path = join(dataFolder, 'windeck.lock');
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    chmodSync(path, 0o600);
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE;');
  } catch (cause) {
    database.close();
    if (isBusy(cause)) throw new DataFolderInUseError(dataFolder, cause);
    throw cause;
  }
  return {
    release() {
      if (database.isOpen) database.close();
    },
  };
}

/** SQLITE_BUSY (5) and SQLITE_LOCKED (6), extended codes included. */
function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' && ((code & 0xff) === 5 || (code & 0xff) === 6);
}
