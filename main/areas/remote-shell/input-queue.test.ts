import { expect, test } from 'vitest';
import { TransportError } from '../../wsman/index.ts';
import { createInputQueue } from './input-queue.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function queue(fail: (sent: string) => Error | null) {
  const sent: string[] = [];
  const told: boolean[] = [];
  const sending = Promise.withResolvers<void>();
  const input = createInputQueue({
    async send(piece) {
      const text = new TextDecoder().decode(piece);
      sent.push(text);
      await sending.promise;
      const error = fail(text);
      if (error !== null) throw error;
    },
    onUnknown: (hasDropped) => void told.push(hasDropped),
  });
  return { input, sent, told, go: sending.resolve };
}

test('what waits behind a Send that was lost is dropped, and said to be; what comes later goes out', async () => {
  const { input, sent, told, go } = queue((text) =>
    text === 'one' ? new TransportError('Cut.', { reason: 'connection-lost' }) : null,
  );
  input.put(bytes('one'));
  input.put(bytes('two'));
  go();
  await expect.poll(() => told).toEqual([true]);
  input.put(bytes('three'));
  await expect.poll(() => sent).toEqual(['one', 'three']);
});

test('any other refusal is an answer: what waits goes out', async () => {
  const { input, sent, told, go } = queue((text) => (text === 'one' ? new Error('Refused.') : null));
  input.put(bytes('one'));
  input.put(bytes('two'));
  go();
  await expect.poll(() => sent).toEqual(['one', 'two']);
  expect(told).toEqual([]);
});
