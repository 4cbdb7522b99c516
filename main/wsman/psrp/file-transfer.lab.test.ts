/** Files over a session of PowerShell, on real sockets, against the lab's peer. */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labTarget } from '../../lab/lab-target.ts';
import { type Lab, type LabMachine, startLab } from '../../lab/start-lab.ts';
import { createClient, type WSManClient } from '../client.ts';
import { CancelledError } from '../errors.ts';
import { downloadFile, FileTransferError, uploadFile } from './file-transfer.ts';
import { openRunspacePool, type RunspacePool } from './runspace-pool.ts';

let lab: Lab;
let client: WSManClient;
let pool: RunspacePool;
beforeAll(async () => {
  lab = await startLab({ machines: 1 });
  client = createClient(labTarget(lab.machines[0] as LabMachine));
  pool = await openRunspacePool(client);
});
afterAll(async () => {
  await pool?.close();
  client?.close();
  await lab?.close();
});

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
async function read(path: string): Promise<{ bytes: Buffer; sha256: string }> {
  const download = await downloadFile(pool, path);
  const pieces: Uint8Array[] = [];
  for await (const piece of download) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  expect(download.length).toBe(bytes.length);
  return { bytes, sha256: (await download.result).sha256 };
}
async function failure(promise: Promise<unknown>): Promise<FileTransferError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FileTransferError);
  return error as FileTransferError;
}

describe('files over PSRP', () => {
  test.each([0, 1, 61_440, 61_441, 3_000_001])('%i bytes arrive whole, and come back', async (size) => {
    const bytes = randomBytes(size);
    const path = `C:\\Windows\\Temp\\file-${size}.bin`;
    const seen: number[] = [];
    const sent = await uploadFile(pool, chunks(bytes, 70_000), path, { onProgress: (n) => seen.push(n) });
    expect(sent).toEqual({ path, bytes: size, sha256: sha256(bytes) });
    expect(seen.at(-1) ?? 0).toBe(size);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    const back = await read(path);
    expect(back.bytes.equals(bytes)).toBe(true);
    expect(back.sha256).toBe(sha256(bytes));
  });

  test('a file that is there is replaced only where that is said', async () => {
    const path = 'C:\\Windows\\Temp\\there.txt';
    await uploadFile(pool, chunks(Buffer.from('one'), 3), path);
    const error = await failure(uploadFile(pool, chunks(Buffer.from('two'), 3), path));
    expect(error.reason).toBe('exists');
    expect(error.message).toContain(path);
    expect((await read(path)).bytes.toString()).toBe('one');
    await uploadFile(pool, chunks(Buffer.from('two'), 3), path, { replace: true });
    expect((await read(path)).bytes.toString()).toBe('two');
  });

  test('what is not there, is a directory, or has no place says so', async () => {
    expect((await failure(downloadFile(pool, 'C:\\Windows\\Temp\\none.txt'))).reason).toBe('not-found');
    expect((await failure(downloadFile(pool, 'C:\\Windows'))).reason).toBe('directory');
    expect((await failure(uploadFile(pool, chunks(Buffer.from('x'), 1), 'C:\\Windows'))).reason).toBe('directory');
    const error = await failure(uploadFile(pool, chunks(Buffer.from('x'), 1), 'C:\\No\\Such\\Folder\\a.txt'));
    expect(error.reason).toBe('refused');
    expect(error.message).toContain('Could not find a part of the path');
  });

  test('an upload that is cancelled leaves nothing, and the session goes on', async () => {
    const path = 'C:\\Windows\\Temp\\given-up.bin';
    const stop = new AbortController();
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let sent = 0; ; sent++) {
        if (sent === 5) stop.abort(new CancelledError('Enough.'));
        yield randomBytes(61_440);
      }
    }
    await expect(uploadFile(pool, endless(), path, { signal: stop.signal })).rejects.toBeInstanceOf(CancelledError);
    expect((await failure(downloadFile(pool, path))).reason).toBe('not-found');
    const listing = await pool.run('Get-Date');
    for await (const _ of listing.streams);
    expect((await listing.end).state).toBe('Completed');
  });

  test('a source that fails ends the upload with its own error', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield randomBytes(100_000);
      throw new Error('The disk here is broken.');
    }
    const path = 'C:\\Windows\\Temp\\broken.bin';
    await expect(uploadFile(pool, broken(), path)).rejects.toThrow('The disk here is broken.');
    expect((await failure(downloadFile(pool, path))).reason).toBe('not-found');
  });

  test('a download that is left is no result', async () => {
    const path = 'C:\\Windows\\Temp\\left.bin';
    await uploadFile(pool, chunks(randomBytes(400_000), 100_000), path);
    const download = await downloadFile(pool, path);
    for await (const _ of download) break;
    await expect(download.result).rejects.toBeInstanceOf(CancelledError);
  });
});
