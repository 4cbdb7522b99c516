import { useCallback, useEffect, useRef, useState } from 'react';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import { type CarriedFile, mostPieceBytes } from '../../shared/contract/files.ts';
import { type Problem, ProblemError } from '../../shared/contract/problem.ts';
import { saveFile } from '../components/save-file.ts';
import { consoleClient } from '../host/connect.ts';
import { askBeforeLeaving } from './leaving.ts';
import { problemOf } from './problem-of.ts';

/** Where a file is, or shall be. */
export interface RemoteFile {
  readonly machineId: string;
  readonly configurationName: string | null;
  readonly path: string;
}

export interface Transfer {
  /** `opening`: the session, and the file there. */
  readonly phase: 'opening' | 'carrying' | 'done' | 'failed';
  readonly bytes: number;
  /** Null until it is known. */
  readonly length: number | null;
  readonly file: CarriedFile | null;
  readonly problem: Problem | null;
}

type Progress = (bytes: number, length: number) => void;
type Files = Pick<ConsoleClient, 'files'>;

/** Sends a file of this computer. Null where it was stopped. Throws why it could not be carried. */
export async function carryUp(
  client: Files,
  to: RemoteFile & { readonly replace: boolean },
  source: Blob,
  onProgress: Progress,
  signal: AbortSignal,
): Promise<CarriedFile | null> {
  const channel = client.files.upload({ ...to, length: source.size }, signal);
  let unreadable: unknown = null;
  const send = async (): Promise<void> => {
    for (let at = 0; at < source.size; at += mostPieceBytes) {
      const piece = await source.slice(at, at + mostPieceBytes).arrayBuffer();
      await channel.send(new Uint8Array(piece));
    }
    channel.end();
  };
  let file: CarriedFile | null = null;
  for await (const event of channel) {
    if (event.kind === 'done') file = event.file;
    else onProgress(event.kind === 'sent' ? event.bytes : 0, source.size);
    if (event.kind !== 'begun') continue;
    send().catch((error: unknown) => {
      // What ended the stream is told by the stream.
      if (!(error instanceof ProblemError)) unreadable = error;
      channel.cancel();
    });
  }
  if (file !== null || unreadable === null) return file;
  throw new ProblemError(
    {
      code: 'invalid-input',
      message: 'The file cannot be read here any more.',
      advice: ['It was changed, moved or taken away since it was chosen: choose it again.'],
      retryable: true,
    },
    { cause: unreadable },
  );
}

/** So much is gathered before it becomes a Blob, which the browser may put on the disk. */
const gatherBytes = 8 * 1024 * 1024;

/** Fetches a file of the machine, whole. Null where it was stopped. Throws why it could not be carried. */
export async function carryDown(
  client: Files,
  from: RemoteFile,
  onProgress: Progress,
  signal: AbortSignal,
): Promise<{ readonly file: CarriedFile; readonly content: Blob } | null> {
  let parts: BlobPart[] = [];
  let gathered = 0;
  let bytes = 0;
  let length = 0;
  for await (const item of client.files.download(from, signal)) {
    if (item instanceof Uint8Array) {
      parts.push(new Uint8Array(item));
      bytes += item.length;
      gathered += item.length;
      if (gathered >= gatherBytes) {
        parts = [new Blob(parts)];
        gathered = 0;
      }
      onProgress(bytes, length);
    } else if (item.kind === 'begun') {
      length = item.length;
      onProgress(0, length);
    } else return { file: item.file, content: new Blob(parts, { type: 'application/octet-stream' }) };
  }
  return null;
}

let underWay = 0;
// What was begun is taken away with the window.
askBeforeLeaving(() => underWay > 0);

/** One transfer of a dialog; it ends with the dialog. */
export function useFileTransfer() {
  const [transfer, setTransfer] = useState<Transfer | null>(null);
  const stopper = useRef<AbortController | null>(null);
  useEffect(() => () => stopper.current?.abort(), []);

  const run = useCallback(async (carry: (onProgress: Progress, signal: AbortSignal) => Promise<CarriedFile | null>) => {
    const stop = new AbortController();
    stopper.current = stop;
    underWay += 1;
    const begun: Transfer = { phase: 'opening', bytes: 0, length: null, file: null, problem: null };
    setTransfer(begun);
    try {
      const onProgress: Progress = (bytes, length) => setTransfer({ ...begun, phase: 'carrying', bytes, length });
      const file = await carry(onProgress, stop.signal);
      setTransfer(file === null ? null : { ...begun, phase: 'done', bytes: file.bytes, length: file.bytes, file });
    } catch (error) {
      setTransfer(stop.signal.aborted ? null : { ...begun, phase: 'failed', problem: problemOf(error) });
    } finally {
      underWay -= 1;
    }
  }, []);

  return {
    transfer,
    upload: (to: RemoteFile & { readonly replace: boolean }, source: Blob): void =>
      void run((onProgress, signal) => carryUp(consoleClient(), to, source, onProgress, signal)),
    /** Hands it over as a file of this name once it is whole. */
    download: (from: RemoteFile, fileName: string): void =>
      void run(async (onProgress, signal) => {
        const got = await carryDown(consoleClient(), from, onProgress, signal);
        if (got !== null) saveFile(fileName, got.content);
        return got?.file ?? null;
      }),
    stop: (): void => stopper.current?.abort(),
  };
}
