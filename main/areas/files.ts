/** One file to or from one machine, for a window: over a PowerShell session of its own, so that what runs in a shell goes on. */

import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import { mostDownloadBytes } from '../../shared/contract/files.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import { openAudit } from '../storage/audit.ts';
import { CancelledError, downloadFile, openRunspacePool, type RunspacePool, uploadFile } from '../wsman/index.ts';
import type { AreaContext } from './context.ts';
import { withClient } from './remote-shell/connect.ts';

export function createFiles(
  context: AreaContext,
  {
    dataFolder,
    mostBytes = mostDownloadBytes,
  }: { readonly dataFolder: string; readonly mostBytes?: number | undefined },
): ConsoleHandlers['files'] {
  const audit = openAudit(dataFolder, context.now);

  /** Ends the session in every case; closing the console waits for that. */
  async function inSession(
    { machineId, configurationName }: { readonly machineId: string; readonly configurationName: string | null },
    asked: AbortSignal,
    work: (pool: RunspacePool, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const signal = AbortSignal.any([asked, context.closing]);
    const all = withClient(context, machineId, signal, async (client) => {
      const configuration = configurationName === null ? {} : { configurationName };
      const pool = await openRunspacePool(client, { ...configuration, name: 'Windeck', signal });
      try {
        await work(pool, signal);
      } finally {
        await pool.close();
      }
    });
    context.beforeClosing(all.catch(() => {}));
    try {
      await all;
    } catch (error) {
      if (error instanceof ProblemError && error.problem.machineId !== undefined) throw error;
      throw new ProblemError(context.toProblem(error, machineId), { cause: error });
    }
  }

  return {
    async upload(input, sink, up) {
      const { machineId, path, length, replace } = input;
      const machine = context.store.inventory.data.machines.get(machineId)?.name ?? machineId;
      const entry = { machine, machineId, what: 'upload-file', path, bytes: length, replace };
      await inSession(input, sink.signal, async (pool, signal) => {
        await audit.write({ ...entry, step: 'asked' });
        await sink.push({ kind: 'begun' });
        const file = await uploadFile(pool, exactly(up, length), path, {
          replace,
          signal,
          onProgress(bytes) {
            // Where the window is slow the next one says it too.
            if (sink.ready) sink.push({ kind: 'sent', bytes }).catch(() => {});
          },
        }).catch(async (error: unknown) => {
          await audit.write({ ...entry, step: 'failed' });
          throw error;
        });
        await audit.write({ ...entry, step: 'done', sha256: file.sha256 });
        await sink.push({ kind: 'done', file });
      });
    },
    download: (input, sink) =>
      inSession(input, sink.signal, async (pool, signal) => {
        const download = await downloadFile(pool, input.path, { signal });
        if (download.length > mostBytes) throw tooLarge(download.length, mostBytes);
        await sink.push({ kind: 'begun', length: download.length });
        let bytes = 0;
        for await (const piece of download) {
          // It may grow while it is read.
          bytes += piece.length;
          if (bytes > mostBytes) throw tooLarge(bytes, mostBytes);
          await sink.push(piece);
        }
        await sink.push({ kind: 'done', file: await download.result });
      }),
  };
}

/** What comes, as long as it is as much as was said: a window that goes away in the middle has not sent a shorter file. */
async function* exactly(pieces: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  if (length > 0) {
    for await (const piece of pieces) {
      bytes += piece.length;
      if (bytes > length) break;
      yield piece;
      if (bytes === length) break;
    }
  }
  if (bytes !== length) throw new CancelledError('The file that was sent has another length than was said.');
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2).toLocaleString('en-US')} MB`;

function tooLarge(bytes: number, most: number): ProblemError {
  return new ProblemError({
    code: 'invalid-input',
    message: `The file has ${megabytes(bytes)}; a window takes ${megabytes(most)} at most.`,
    advice: ['The command "windeck copy" takes files of any size.'],
    retryable: false,
  });
}
