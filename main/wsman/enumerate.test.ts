import { describe, expect, it } from 'vitest';
import { type ClientOptions, createClientOver, type WSManClient } from './client.ts';
import { CancelledError, ProtocolError, TransportError, WSManFault } from './errors.ts';
import { type Answer, type FakePool, fakePool, faultAnswer, target } from './fake-pool.ts';
import { ns, wql } from './namespaces.ts';
import { childText } from './xml.ts';

const running = '<p:Win32_Service xmlns:p="urn:c"><p:State>Running</p:State></p:Win32_Service>';
const lost = new TransportError('The connection was lost.', { reason: 'connection-lost' });

function client(answers: Answer[], options?: ClientOptions): { pool: FakePool; client: WSManClient } {
  const pool = fakePool(...answers);
  return { pool, client: createClientOver(pool, target, options) };
}
const faultOf =
  (subcode: string, wsmanCode: number): Answer =>
  (asked) =>
    faultAnswer(asked, subcode, wsmanCode);

describe('enumerate', () => {
  const item = (n: number): string => `<p:I xmlns:p="urn:c"><p:N>${n}</p:N></p:I>`;
  const first = (context: string | null, items: number[], rest = ''): string =>
    `<n:EnumerateResponse xmlns:n="${ns.enumeration}" xmlns:w="${ns.wsman}">${context === null ? '' : `<n:EnumerationContext>${context}</n:EnumerationContext>`}<w:Items>${items.map(item).join('')}</w:Items>${rest}</n:EnumerateResponse>`;
  const next = (context: string | null, items: number[], rest = ''): string =>
    first(context, items, rest).replaceAll('EnumerateResponse', 'PullResponse').replaceAll('w:Items', 'n:Items');
  const ended = '<w:EndOfSequence/>';
  const steps = (pool: FakePool): string[] =>
    pool.asked.map((a) => `${a.action.split('/').at(-1)} ${contextOf(a.soap.body!) ?? ''}`.trim());
  const contextOf = (body: NonNullable<FakePool['asked'][number]['soap']['body']>): string | null =>
    childText(body, 'EnumerationContext');
  const resource = { resourceUri: wql() };
  const numbers = async (c: WSManClient): Promise<(string | null)[]> =>
    (await c.enumerateAll(resource)).map((e) => childText(e, 'N'));

  it('pulls to the end with the newest context, and asks for batches', async () => {
    const { client: c, pool } = client([first('c1', [1, 2]), next('c2', [3]), next(null, [4], '<n:EndOfSequence/>')]);
    const filter = { dialect: 'wql', text: 'select * from Win32_Service' } as const;
    const batches: number[] = [];
    for await (const batch of c.enumerate(resource, { filter, maxElements: 2 })) batches.push(batch.length);
    expect(batches).toEqual([2, 1, 1]);
    expect(steps(pool)).toEqual(['Enumerate', 'Pull c1', 'Pull c2']);
    expect(pool.asked.map((a) => childText(a.soap.body!, 'MaxElements'))).toEqual(['2', '2', '2']);
    expect(pool.asked.every((a) => !a.changesTarget)).toBe(true);
  });

  it.each([
    ['an EMPTY context', [first('', [1])], ['1'], ['Enumerate']],
    ['context 0', [first('0', [1]), next(null, [2], ended)], ['1', '2'], ['Enumerate', 'Pull 0']],
    [
      'EndOfSequence with a context (OMI)',
      [first('c', [1]), next('c', [2], ended)],
      ['1', '2'],
      ['Enumerate', 'Pull c'],
    ],
    ['an answer without items at first', [first('c', []), next(null, [1], ended)], ['1'], ['Enumerate', 'Pull c']],
    [
      'a Pull without context goes on with the old one',
      [first('c', [1]), next(null, [2]), next(null, [3], ended)],
      ['1', '2', '3'],
      ['Enumerate', 'Pull c', 'Pull c'],
    ],
    ['nothing at all', [first('', [], ended)], [], ['Enumerate']],
  ])('%s', async (_, answers, expected, asked) => {
    const { client: c, pool } = client(answers);
    expect(await numbers(c)).toEqual(expected);
    expect(steps(pool)).toEqual(asked);
  });

  it('ends where a Pull brings nothing and says nothing (openwsman), and releases', async () => {
    const { client: c, pool } = client([first('c', [1]), next(null, []), '']);
    expect(await numbers(c)).toEqual(['1']);
    expect(steps(pool)).toEqual(['Enumerate', 'Pull c', 'Release c']);
  });

  it('does not loop for ever where a target only ever answers with a context', async () => {
    let asked = 0;
    const pool = fakePool(
      ...Array.from({ length: 100 }, (): Answer => () => (asked++ === 0 ? first('c', []) : next('c', []))),
    );
    const c = createClientOver(pool, target);
    await expect(c.enumerateAll(resource)).rejects.toThrow(/neither items nor an end/);
    expect(pool.asked.length).toBeLessThan(30);
    expect(steps(pool).at(-1)).toBe('Release c');
  });

  it('left early, it is released, and the consumer waits for that', async () => {
    const { client: c, pool } = client([first('c', [1, 2]), '']);
    for await (const _ of c.enumerate(resource)) break;
    expect(steps(pool)).toEqual(['Enumerate', 'Release c']);
    expect(pool.asked[1]).toMatchObject({ timeoutMs: 10_000, changesTarget: false });
  });

  it('an error of the consumer releases too, and arrives', async () => {
    const { client: c, pool } = client([first('c', [1]), '']);
    const consume = async (): Promise<void> => {
      for await (const _ of c.enumerate(resource)) throw new RangeError('mine');
    };
    await expect(consume()).rejects.toThrow('mine');
    expect(steps(pool)).toEqual(['Enumerate', 'Release c']);
  });

  it('a failing Release harms nobody', async () => {
    const { client: c } = client([first('c', [1]), new TransportError('gone', { reason: 'refused' })]);
    for await (const _ of c.enumerate(resource)) break;
  });

  it('a fault of Pull releases in the background; one that says the context is gone does not', async () => {
    const failing = client([first('c', [1]), faultOf('InternalError', 1), '']);
    await expect(failing.client.enumerateAll(resource)).rejects.toBeInstanceOf(WSManFault);
    expect(steps(failing.pool)).toEqual(['Enumerate', 'Pull c', 'Release c']);
    const expired = client([first('c', [1]), faultOf('InvalidEnumerationContext', 2150858779)]);
    await expect(expired.client.enumerateAll(resource)).rejects.toMatchObject({ fields: { wsmanCode: 2150858779 } });
    expect(steps(expired.pool)).toEqual(['Enumerate', 'Pull c']);
  });

  it('cancelled, it ends with CancelledError, and is released without the dead signal', async () => {
    const controller = new AbortController();
    const cancelled = (): Answer => {
      controller.abort();
      return new CancelledError('cancelled');
    };
    const { client: c, pool } = client([first('c', [1]), cancelled, '']);
    await expect(c.enumerateAll(resource, { signal: controller.signal })).rejects.toBeInstanceOf(CancelledError);
    expect(steps(pool)).toEqual(['Enumerate', 'Pull c', 'Release c']);
    expect(pool.asked.map((a) => a.signal === controller.signal)).toEqual([true, true, false]);
  });

  it('cancelled between two batches, no further Pull is sent', async () => {
    const controller = new AbortController();
    const { client: c, pool } = client([first('c', [1]), '']);
    const consume = async (): Promise<void> => {
      for await (const _ of c.enumerate(resource, { signal: controller.signal })) controller.abort();
    };
    await expect(consume()).rejects.toBeInstanceOf(CancelledError);
    expect(steps(pool)).toEqual(['Enumerate', 'Release c']);
  });

  it('a lost Pull is never sent again; with nothing handed out yet the whole is, once', async () => {
    const handedOut = client([first('c', [1]), lost, '']);
    await expect(handedOut.client.enumerateAll(resource)).rejects.toBe(lost);
    expect(steps(handedOut.pool)).toEqual(['Enumerate', 'Pull c', 'Release c']);
    const nothingYet = client([first('c', []), lost, first('d', []), next(null, [1], ended)]);
    expect(await numbers(nothingYet.client)).toEqual(['1']);
    expect(steps(nothingYet.pool)).toEqual(['Enumerate', 'Pull c', 'Enumerate', 'Pull d']);
    const twice = client([first('c', []), lost, first('d', []), lost, '']);
    await expect(twice.client.enumerateAll(resource)).rejects.toBe(lost);
  });

  it('anything but an enumeration is a ProtocolError', async () => {
    const { client: c } = client([running]);
    await expect(c.enumerateAll(resource)).rejects.toBeInstanceOf(ProtocolError);
  });
});
