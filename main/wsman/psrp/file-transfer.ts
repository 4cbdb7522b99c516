/**
 * Files to and from a machine over one pipeline each: in pieces, with their hash, and never half. Nothing is sent a second time: an upload
 * that is given up, or whose line is lost, takes its unfinished file away where that can still be said.
 */
import { createHash, randomUUID } from 'node:crypto';
import { CancelledError, WSManError } from '../errors.ts';
import { numberOf, propertyOf, textOf } from './clixml-plain.ts';
import type { PsErrorRecord } from './clixml-records.ts';
import type { PsValue } from './clixml-types.ts';
import { discardScript, downloadScript, transferErrors, uploadScript } from './file-transfer-scripts.ts';
import type { Pipeline } from './pipeline.ts';
import { type PsParameter, psCommand } from './pipeline-messages.ts';
import type { RunspacePool } from './runspace-pool.ts';

/** What kept a file from being carried. */
export type FileTransferReason =
  /** There is one of that name, and it was not to be replaced. */
  | 'exists'
  | 'directory'
  | 'not-found'
  /** What arrived is not what was sent. */
  | 'hash'
  /** The machine said no: rights, disk, path, a file in use. */
  | 'refused';

/** A file was not carried. `record` is what PowerShell said, where it did. */
export class FileTransferError extends WSManError {
  override readonly name = 'FileTransferError';
  readonly reason: FileTransferReason;
  readonly path: string;
  readonly record: PsErrorRecord | null;
  constructor(reason: FileTransferReason, path: string, record: PsErrorRecord | null) {
    super(words(reason, path, record));
    this.reason = reason;
    this.path = path;
    this.record = record;
  }
}

function words(reason: FileTransferReason, path: string, record: PsErrorRecord | null): string {
  switch (reason) {
    case 'exists':
      return `There is a file ${path} already.`;
    case 'directory':
      return `${path} is a directory.`;
    case 'not-found':
      return `There is no file ${path}.`;
    case 'hash':
      return `What arrived as ${path} differs from what was sent: its hash is another one.`;
    case 'refused':
      return `The file ${path} could not be carried: ${record?.message ?? 'the machine does not say why'}`;
  }
}

export interface TransferredFile {
  /** The whole path there. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hex, computed on both sides. */
  readonly sha256: string;
}

export interface TransferOptions {
  /** Ends the transfer: it rejects with CancelledError, and what was begun is taken away. */
  readonly signal?: AbortSignal | undefined;
  /** Bytes carried so far, after each piece. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Raw bytes of one piece: in base64 twice it stays well inside the smallest usual envelope (150 KiB), and is a multiple of three. */
const pieceBytes = 60 * 1024;
/** Taking away what was begun is waited for no longer than this. */
const discardMs = 10_000;

const named = (parameters: Readonly<Record<string, PsValue>>): PsParameter[] =>
  Object.entries(parameters).map(([name, value]) => ({ name, value }));

/**
 * Writes a file on the machine. It has its name only once it is there whole; `replace` says whether one that has it already gives way.
 * Rejects with FileTransferError, CancelledError, and as a pipeline's streams do.
 */
export async function uploadFile(
  pool: RunspacePool,
  source: AsyncIterable<Uint8Array>,
  path: string,
  options: TransferOptions & { readonly replace?: boolean | undefined } = {},
): Promise<TransferredFile> {
  const part = `.${randomUUID()}.part`;
  const hash = createHash('sha256');
  let sent = 0;
  async function* input(): AsyncGenerator<string> {
    for await (const piece of pieces(source)) {
      hash.update(piece);
      yield piece.toString('base64');
      sent += piece.length;
      options.onProgress?.(sent);
    }
    yield `#${hash.digest('hex')}`;
  }
  const parameters = named({ Path: path, Part: part, Replace: options.replace === true });
  try {
    const pipeline = await pool.run([psCommand(uploadScript, { isScript: true, parameters })], {
      input: input(),
      signal: options.signal,
    });
    const [result] = await outputOf(pipeline, path, 1);
    return {
      path: textOf(propertyOf(result, 'Path')) ?? path,
      bytes: sent,
      sha256: textOf(propertyOf(result, 'SHA256')) ?? '',
    };
  } catch (error) {
    const isTheirs = error instanceof FileTransferError && error.reason !== 'refused';
    if (!isTheirs) await discard(pool, path, part);
    throw error;
  }
}

/** The source in pieces of the same size, whatever it comes in. */
async function* pieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    waiting.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    size += chunk.length;
    if (size < pieceBytes) continue;
    const all = Buffer.concat(waiting);
    let at = 0;
    for (; all.length - at >= pieceBytes; at += pieceBytes) yield all.subarray(at, at + pieceBytes);
    waiting = [all.subarray(at)];
    size = all.length - at;
  }
  if (size > 0) yield Buffer.concat(waiting);
}

/** Never rejects: where nobody can be told any more, an unfinished file stays under a name of its own. */
async function discard(pool: RunspacePool, path: string, part: string): Promise<void> {
  try {
    const parameters = named({ Path: path, Part: part });
    const pipeline = await pool.run([psCommand(discardScript, { isScript: true, parameters })], {
      signal: AbortSignal.timeout(discardMs),
    });
    for await (const _ of pipeline.streams);
  } catch {
    // Said above.
  }
}

export interface Download extends AsyncIterable<Uint8Array> {
  /** Of the file when it was opened. */
  readonly length: number;
  readonly path: string;
  /** Settles when all of it was read and its hash is right; rejects as iterating does. */
  readonly result: Promise<TransferredFile>;
}

/**
 * Reads a file of the machine. Iterate it, once; a slow reader slows the machine. What was read is whole only once the iteration has ended
 * without an error: the hash comes last. Rejects with FileTransferError, CancelledError, and as a pipeline's streams do.
 */
export async function downloadFile(pool: RunspacePool, path: string, options: TransferOptions = {}): Promise<Download> {
  const parameters = named({ Path: path, PieceBytes: pieceBytes });
  const pipeline = await pool.run([psCommand(downloadScript, { isScript: true, parameters })], {
    signal: options.signal,
  });
  const output = outputs(pipeline, path);
  const first = await output.next();
  const length = first.done ? null : numberOf(propertyOf(first.value, 'Length'));
  if (first.done || length === null) throw new FileTransferError('refused', path, null);
  const whole = textOf(propertyOf(first.value, 'Path')) ?? path;
  const result = Promise.withResolvers<TransferredFile>();
  // Whoever iterates gets the error there.
  result.promise.catch(() => {});

  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      for await (const value of output) {
        const text = textOf(value);
        const sha256 = textOf(propertyOf(value, 'SHA256'));
        if (sha256 !== null) {
          if (hash.digest('hex') !== sha256.toLowerCase()) throw new FileTransferError('hash', whole, null);
          result.resolve({ path: whole, bytes, sha256: sha256.toLowerCase() });
          // Its end is read too, so that a failure behind it is one.
          continue;
        }
        const piece = Buffer.from(text ?? '', 'base64');
        hash.update(piece);
        bytes += piece.length;
        yield piece;
        options.onProgress?.(bytes);
      }
      result.reject(new FileTransferError('refused', whole, null));
    } catch (error) {
      result.reject(error);
      throw error;
    } finally {
      result.reject(new CancelledError('The download was left before its end.'));
    }
  }
  const bytes = read();
  return { length, path: whole, result: result.promise, [Symbol.asyncIterator]: () => bytes };
}

async function outputOf(pipeline: Pipeline, path: string, atMost: number): Promise<readonly PsValue[]> {
  const values: PsValue[] = [];
  for await (const value of outputs(pipeline, path)) if (values.length < atMost) values.push(value);
  return values;
}

/** What it writes; a failure, of whatever stream, is a FileTransferError. A line that was lost and found again has lost pieces with it. */
async function* outputs(pipeline: Pipeline, path: string): AsyncGenerator<PsValue, void, undefined> {
  let failure: PsErrorRecord | null = null;
  for await (const record of pipeline.streams) {
    if (record.stream === 'output') yield record.value;
    else if (record.stream === 'error') failure ??= record.error;
    else if (record.stream === 'gap') throw record.reason;
  }
  const end = await pipeline.end;
  if (end.state === 'Stopped') throw new CancelledError('The transfer was stopped.');
  if (end.state === 'Failed' || failure !== null) {
    const record = end.error ?? failure;
    throw new FileTransferError(reasonOf(record), path, record);
  }
}

/** A text that a script throws is both the message and the FullyQualifiedErrorId. */
function reasonOf(record: PsErrorRecord | null): FileTransferReason {
  const said = `${record?.fullyQualifiedErrorId ?? ''} ${record?.message ?? ''}`;
  if (said.includes(transferErrors.exists)) return 'exists';
  if (said.includes(transferErrors.directory)) return 'directory';
  if (said.includes(transferErrors.missing)) return 'not-found';
  return said.includes(transferErrors.hash) ? 'hash' : 'refused';
}
