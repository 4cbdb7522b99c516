import { expect, it, vi } from 'vitest';
import type { CimReference } from '../../shared/contract/cim-value.ts';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import type { WmiInstance, WmiRowsItem } from '../../shared/contract/wmi.ts';
import { createWmiStore } from './wmi.ts';

const reference = (name: string): CimReference => ({
  cim: 'reference',
  address: '',
  resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service',
  selectors: [['Name', name]],
});
const instance = (name: string): WmiInstance => ({
  namespace: 'root/cimv2',
  className: 'Win32_Service',
  reference: reference(name),
  properties: [
    ['Name', name],
    ['State', 'Running'],
  ],
});
const refused = (message: string) =>
  new ProblemError({ code: 'protocol-error', message, advice: [], retryable: false });

/** The network's edge: a console whose answers the test gives. */
function fakeClient(change: Record<string, unknown> = {}) {
  const rows = async function* (): AsyncGenerator<WmiRowsItem> {
    yield { kind: 'started', className: 'Win32_Service', types: [] };
    yield { kind: 'rows', rows: [instance('A')] };
    yield { kind: 'end', count: 1, cutOff: true, tookMs: 3 };
  };
  const wmi = {
    namespaces: vi.fn(async () => ['root/cimv2']),
    classes: vi.fn(async () => ({
      namespace: 'root/cimv2',
      source: 'declarations',
      classes: ['Win32_Service'],
      why: null,
      readAt: 1,
    })),
    describe: vi.fn(async () => {
      throw refused('no declarations');
    }),
    instances: vi.fn(rows),
    query: vi.fn(rows),
    associated: vi.fn(rows),
    get: vi.fn(async ({ reference: where }: { reference: CimReference }) => instance(where.selectors[0]![1] as string)),
    put: vi.fn(async () => instance('A')),
    ...change,
  };
  return { wmi } as unknown as ConsoleClient & { wmi: typeof wmi };
}
const settle = () => vi.waitFor(() => new Promise<void>((resolve) => setImmediate(resolve)));

it('reads what the room begins with once, and a query to its end', async () => {
  const client = fakeClient();
  const store = createWmiStore(
    () => client,
    () => 7,
  );
  const now = () => store.state.getState()['m']!;
  store.enter('m');
  await vi.waitFor(() => expect(now().classes.value?.classes).toEqual(['Win32_Service']));
  store.enter('m');
  expect(client.wmi.classes).toHaveBeenCalledTimes(1);
  store.setQuery('m', 'SELECT * FROM Win32_Service');
  store.run('m');
  await vi.waitFor(() => expect(now().results).toMatchObject({ stage: 'done', cutOff: true, readAt: 7 }));
  store.run('m');
  await settle();
  expect(now().history).toEqual(['SELECT * FROM Win32_Service']);
});

it('a query that fails keeps its problem; one that is cancelled is no failure', async () => {
  const client = fakeClient({
    query: async function* () {
      yield* [];
      throw refused('Invalid query');
    },
  });
  const store = createWmiStore(() => client);
  store.setQuery('m', 'x');
  store.run('m');
  await vi.waitFor(() =>
    expect(store.state.getState()['m']?.results).toMatchObject({
      stage: 'failed',
      problem: { message: 'Invalid query' },
    }),
  );
  const hanging = fakeClient({
    query: async function* (_input: unknown, signal: AbortSignal) {
      yield* [];
      signal.throwIfAborted();
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))),
      );
    },
  });
  const other = createWmiStore(() => hanging);
  other.setQuery('m', 'x');
  other.run('m');
  other.setMode('m', 'query');
  other.cancel('m');
  await vi.waitFor(() => expect(other.state.getState()['m']?.results.stage).toBe('cancelled'));
});

it('opens instances one behind the other, and goes back', async () => {
  const store = createWmiStore(() => fakeClient());
  const open = () => store.state.getState()['m']!.open;
  const [a, b] = [reference('A'), reference('B')];
  store.openInstance('m', a, false);
  store.openInstance('m', b, true);
  await vi.waitFor(() => expect(open().at(-1)?.instance.value?.properties[0]).toEqual(['Name', 'B']));
  expect(open()).toHaveLength(2);
  store.back('m');
  await vi.waitFor(() => expect(open().at(-1)?.instance.value?.properties[0]).toEqual(['Name', 'A']));
  store.openInstance('m', b, false);
  expect(open()).toHaveLength(1);
});

it('sends with a change what it was, only of what changes; whatever comes of it, the instance is read again', async () => {
  const client = fakeClient({ put: vi.fn(() => Promise.reject(refused('read-only'))) });
  const store = createWmiStore(() => client);
  store.openInstance('m', reference('A'), false);
  await vi.waitFor(() => expect(client.wmi.get).toHaveBeenCalledTimes(1));
  const change = { name: 'State', type: 'string' as const, value: 'Stopped' };
  await expect(store.put('m', [change], instance('A'))).rejects.toThrow('read-only');
  expect(client.wmi.put).toHaveBeenCalledExactlyOnceWith({
    machineId: 'm',
    reference: reference('A'),
    changes: [change],
    before: [['State', 'Running']],
  });
  await vi.waitFor(() => expect(client.wmi.get).toHaveBeenCalledTimes(2));
});

it('a query that takes the place of another is not called cancelled by the end of that one', async () => {
  const ends: (() => void)[] = [];
  const client = fakeClient({
    query: async function* (_input: unknown, signal: AbortSignal) {
      yield* [];
      await new Promise((_, reject) => {
        const end = () => reject(new DOMException('', 'AbortError'));
        ends.push(end);
        signal.addEventListener('abort', end);
      });
    },
  });
  const store = createWmiStore(() => client);
  const stage = () => store.state.getState()['m']?.results.stage;
  store.setQuery('m', 'x');
  store.run('m');
  await vi.waitFor(() => expect(ends).toHaveLength(1));
  store.run('m');
  await vi.waitFor(() => expect(ends).toHaveLength(2));
  await settle();
  expect(stage()).toBe('reading');
  store.cancel('m');
  await vi.waitFor(() => expect(stage()).toBe('cancelled'));
});

it('reads again only while the room is held; the last release ends what is read, and entering begins it anew', async () => {
  const signals: AbortSignal[] = [];
  const client = fakeClient({
    classes: vi.fn((_input: unknown, signal: AbortSignal) => {
      signals.push(signal);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }),
  });
  const store = createWmiStore(() => client);
  const releases = [store.hold('m'), store.hold('m')];
  store.enter('m');
  releases[0]!();
  releases[0]!();
  expect(signals[0]?.aborted).toBe(false);
  store.refresh('m');
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  releases[1]!();
  expect(signals[1]?.aborted).toBe(true);
  await settle();
  expect(store.state.getState()['m']?.classes).toEqual({ value: null, problem: null, reading: false });
  store.refresh('m');
  expect(signals).toHaveLength(2);
  store.hold('m');
  store.enter('m');
  expect(signals).toHaveLength(3);
});
