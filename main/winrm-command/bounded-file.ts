import { open } from 'node:fs/promises';
import { CommandLineError } from './command.ts';
import type { CommandEnvironment } from './run.ts';

/** A file that the line names, at most `maxLength` octets of it. Throws CommandLineError with the reason in words where it cannot be read. */
export async function readGivenFile(
  kind: 'file' | 'certificate file',
  path: string,
  maxLength: number,
  { readFile }: Pick<CommandEnvironment, 'readFile'>,
): Promise<Uint8Array> {
  try {
    return await readFile(path, maxLength);
  } catch (error) {
    throw new CommandLineError(`The ${kind} ${path} cannot be read: ${reasonOf(error)}.`);
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'you may not';
  if (code === 'EISDIR') return 'it is a folder';
  return error instanceof Error ? error.message : 'unknown reason';
}

/** The content of a file, or of a pipe, of at most `maxLength` octets. Rejects with the error of node:fs, and where there is more. */
export async function readBounded(path: string, maxLength: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const pieces: Uint8Array[] = [];
    let length = 0;
    // Not by its size: a pipe or a device has none.
    for await (const piece of file.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>) {
      pieces.push(piece);
      length += piece.length;
      if (length > maxLength) throw new Error(`it has more than ${maxLength} bytes`);
    }
    return Buffer.concat(pieces);
  } finally {
    await file.close();
  }
}
