import { expect, test } from 'vitest';
import { type ConsoleClient, contract } from '../../shared/contract/contract.ts';
import type { DownloadEvent, UploadEvent } from '../../shared/contract/files.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import { connectClient } from '../../shared/rpc/client.ts';
import type { Sink } from '../../shared/rpc/endpoint.ts';
import { memoryPortPair } from '../../shared/rpc/memory-port.ts';
import { serveContract } from '../../shared/rpc/server.ts';
import { carryDown, carryUp } from './file-transfer.ts';
import { problemOf } from './problem-of.ts';

type Upload = (input: { length: number }, sink: Sink<UploadEvent>, up: AsyncIterable<Uint8Array>) => Promise<void>;
type Download = (input: unknown, sink: Sink<Uint8Array | DownloadEvent>) => Promise<void>;

/** A client whose console answers with these, over real frames. */
function client(handlers: { upload?: Upload; download?: Download }): ConsoleClient {
  const [mine, theirs] = memoryPortPair();
  const unused = () => Promise.reject(new Error('Not asked for here.'));
  const files = { upload: handlers.upload ?? unused, download: handlers.download ?? unused };
  serveContract(theirs, { files: contract.files }, { files } as never, problemOf);
  return connectClient(mine, contract) as ConsoleClient;
}
const there = { machineId: 'm', configurationName: null, path: 'C:\\Temp\\a.bin' };
const none = new AbortController().signal;
const bytes = Uint8Array.from({ length: 600_000 }, (_, n) => n % 251);
const carried = (length: number) => ({ path: there.path, bytes: length, sha256: 'ab' });

test('a file goes up in pieces of 256 KB at most, once the session is open, with its length said before', async () => {
  const pieces: Uint8Array[] = [];
  const seen: number[] = [];
  const file = await carryUp(
    client({
      async upload({ length }, sink, up) {
        await sink.push({ kind: 'begun' });
        let sent = 0;
        for await (const piece of up) {
          pieces.push(piece);
          sent += piece.length;
          await sink.push({ kind: 'sent', bytes: sent });
        }
        await sink.push({ kind: 'done', file: carried(length) });
      },
    }),
    { ...there, replace: false },
    new Blob([bytes]),
    (sent, length) => seen.push(sent / length),
    none,
  );
  expect(file).toEqual(carried(600_000));
  expect(pieces.map(({ length }) => length)).toEqual([262_144, 262_144, 75_712]);
  expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  expect(seen[0]).toBe(0);
  expect(seen.at(-1)).toBe(1);
});

test('a file that cannot be read any more ends the transfer and says so; what the machine refused is told as it is', async () => {
  let isLeft = false;
  const waits: Upload = async (_input, sink) => {
    await sink.push({ kind: 'begun' });
    await new Promise<void>((resolve) => sink.signal.addEventListener('abort', () => resolve()));
    isLeft = true;
  };
  const blob = new Blob([bytes]);
  const broken = Object.assign(blob, {
    slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotReadableError')) }),
  });
  await expect(
    carryUp(client({ upload: waits }), { ...there, replace: false }, broken, () => {}, none),
  ).rejects.toThrow('The file cannot be read here any more.');
  await expect.poll(() => isLeft).toBe(true);

  const refuses: Upload = async (_input, sink) => {
    await sink.push({ kind: 'begun' });
    throw new ProblemError({
      code: 'invalid-input',
      message: 'There is a file already.',
      advice: [],
      retryable: false,
    });
  };
  await expect(
    carryUp(client({ upload: refuses }), { ...there, replace: false }, new Blob([bytes]), () => {}, none),
  ).rejects.toThrow('There is a file already.');
});

test('what is stopped is no file, up or down', async () => {
  const stop = new AbortController();
  const up: Upload = async (_input, sink) => {
    await sink.push({ kind: 'begun' });
    await new Promise<void>((resolve) => sink.signal.addEventListener('abort', () => resolve()));
  };
  const to = { ...there, replace: false };
  expect(await carryUp(client({ upload: up }), to, new Blob([bytes]), () => stop.abort(), stop.signal)).toBeNull();

  const again = new AbortController();
  const down: Download = async (_input, sink) => {
    await sink.push({ kind: 'begun', length: 10 });
    await new Promise<void>((resolve) => sink.signal.addEventListener('abort', () => resolve()));
  };
  expect(await carryDown(client({ download: down }), there, () => again.abort(), again.signal)).toBeNull();
});

test('a file comes whole, or not at all', async () => {
  const seen: number[] = [];
  const sends =
    (isWhole: boolean): Download =>
    async (_input, sink) => {
      await sink.push({ kind: 'begun', length: bytes.length });
      for (let at = 0; at < bytes.length; at += 61_440) await sink.push(bytes.subarray(at, at + 61_440));
      if (!isWhole) throw new ProblemError({ code: 'protocol-error', message: 'Cut.', advice: [], retryable: true });
      await sink.push({ kind: 'done', file: carried(bytes.length) });
    };
  const got = await carryDown(
    client({ download: sends(true) }),
    there,
    (came, length) => seen.push(came / length),
    none,
  );
  expect(got?.file).toEqual(carried(bytes.length));
  expect(Buffer.from(await got!.content.arrayBuffer()).equals(bytes)).toBe(true);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(seen.at(-1)).toBe(1);
  await expect(carryDown(client({ download: sends(false) }), there, () => {}, none)).rejects.toThrow('Cut.');
});
