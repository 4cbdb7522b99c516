import { chmod, mkdir } from 'node:fs/promises';
import { StorageError } from './storage-error.ts';

/** Makes the data folder where it is not there, and closes it to everybody but its owner: 0700. Files in it are made 0600 by whoever makes them. */
export async function makeDataFolder(dataFolder: string): Promise<void> {
  try {
    await mkdir(dataFolder, { recursive: true, mode: 0o700 });
    // A folder that was there before keeps its mode otherwise. Windows has access lists instead, and the profile's are right already.
    if (process.platform !== 'win32') await chmod(dataFolder, 0o700);
  } catch (cause) {
    throw new StorageError(`The data folder ${dataFolder} cannot be used: ${(cause as Error).message}.`, {
      advice: ['Start Windeck with a data folder that can be written to.'],
      cause,
    });
  }
}
