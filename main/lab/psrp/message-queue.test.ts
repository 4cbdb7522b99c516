import { expect, test } from 'vitest';
import { LabFault } from '../faults.ts';
import { createMessageQueue } from './message-queue.ts';
import { createMessageReader } from './psrp-test-client.ts';

const poolId = '6F1903CA-E06A-4A8B-BDFC-B44203149D55';
const text = (size: number): string => `<S>${'a'.repeat(size)}</S>`;
const message = (size: number) => ({
  type: 'PIPELINE_OUTPUT' as const,
  runspacePoolId: poolId,
  pipelineId: poolId,
  data: text(size),
});
function createQueue() {
  let objectId = 0n;
  return createMessageQueue(() => ++objectId);
}
const never = new AbortController().signal;

test('whoever writes waits while nobody receives', async () => {
  const queue = createQueue();
  let written = 0;
  const writer = (async () => {
    for (; written < 100; written++) await queue.push(message(50_000), never);
  })();
  await expect.poll(() => written).toBe(11);
  const read = createMessageReader();
  let received = 0;
  while (received < 100) {
    const batch = await queue.receive(200_000, 1000);
    received += batch!.fragments.flatMap((fragment) => read(Buffer.from(fragment))).length;
    expect(written - received).toBeLessThanOrEqual(12);
  }
  await writer;
});

test('where output is dropped nobody waits, and the oldest that has not begun goes', async () => {
  const queue = createQueue();
  queue.drops = true;
  for (let n = 0; n < 100; n++) await queue.push(message(50_000), never);
  const read = createMessageReader();
  let received = 0;
  for (let batch = await queue.receive(500_000, 10); batch !== null; batch = await queue.receive(500_000, 10)) {
    received += batch.fragments.flatMap((fragment) => read(Buffer.from(fragment))).length;
  }
  expect(received).toBeLessThan(15);
  expect(received).toBeGreaterThan(5);
});

test('a second Receive takes the place of the first, and an interruption ends it', async () => {
  const queue = createQueue();
  const first = queue.receive(10_000, 60_000);
  const second = queue.receive(10_000, 60_000);
  await expect(first).rejects.toMatchObject({ wsmanCode: 995 });
  queue.interrupt(new LabFault(2150859230));
  await expect(second).rejects.toMatchObject({ wsmanCode: 2150859230 });
  queue.put(message(10));
  expect((await queue.receive(10_000, 1000))!.fragments).toHaveLength(1);
  queue.end();
  expect(await queue.receive(10_000, 1000)).toEqual({ fragments: [], isDone: true });
});
