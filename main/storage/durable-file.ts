import { copyFile, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file so that a crash at any instant leaves either the old or the new text, whole: the text is written beside it and flushed
 * to the disk, then takes the name in one step, then the folder entry is flushed too.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(text, 'utf8');
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await flushFolder(dirname(path));
}

/** Keeps today's content of a file under a second name. A hard link costs nothing and survives `replaceFile`; not every file system has them. */
export async function keepCopy(path: string, copy: string): Promise<void> {
  await rm(copy, { force: true });
  try {
    await link(path, copy);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error;
    await copyFile(path, copy);
  }
}

async function flushFolder(folder: string): Promise<void> {
  // Windows cannot open a folder for flushing; NTFS journals the rename itself.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
