import { open } from 'node:fs/promises';

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
