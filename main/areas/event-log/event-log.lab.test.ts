/** Event logs of a console, through real sockets: pages, the tail in both ways, details, denial, kept filters. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventEntry, EventFilter, EventTailChange } from '../../../shared/contract/event-log.ts';
import { newDataFolder, problemOf, startTestConsole } from '../../console-fixture.ts';
import { type ConsoleOverLab, startConsoleOverLab } from '../../console-over-lab.test-suite.ts';
import { actions } from '../../wsman/index.ts';

let { lab, it, ids, addAs, close } = {} as ConsoleOverLab;
/** The first machine again, as somebody who is no administrator. */
let asOperator: string;
const names = (): string[] => lab.machines.map(({ name }) => name);
beforeAll(async () => {
  const stacks = ['3.0', '2.0', '1.1', 'omi'] as const;
  ({ lab, it, ids, addAs, close } = await startConsoleOverLab({ machines: 4, stacks, pendingMs: 100 }));
  asOperator = await addAs(lab.machines[0]!, 'operator', 'Windeck-Lab-5!');
  await it.until(asOperator, ({ state }) => state === 'online');
});
afterAll(() => close?.());

const pullAction = actions.pull;
const all: EventFilter = { levels: [], source: '', ids: '', withinMs: null, text: '' };
const filter = (change: Partial<EventFilter>): EventFilter => ({ ...all, ...change });
const page = (machineId: string, log: string, wanted = all, before: bigint | null = null) =>
  it.client.eventLog.page({ machineId, log, filter: wanted, before });
const write = (index: number, messages: readonly string[], log = 'Application') =>
  lab.writeEvents(
    names()[index]!,
    messages.map((message) => ({ log, message })),
  );
const isSorted = (entries: readonly EventEntry[]): boolean =>
  entries.every(({ recordId }, index) => index === 0 || recordId < entries[index - 1]!.recordId);

describe.each([0, 1, 2, 3])('machine %i', (index) => {
  test('lists its logs', async () => {
    const { logs, offersChannels } = await it.client.eventLog.logs({ machineId: ids[index]! });
    expect(logs.map(({ name }) => name)).toEqual(['Application', 'Security', 'System']);
    expect(logs.every(({ records, sizeBytes, maxBytes }) => records! > 0 && sizeBytes! > 0n && maxBytes! > 0n)).toBe(
      true,
    );
    expect(offersChannels).toBe(index !== 3);
  });

  test('pages go back from the newest, without a hole or an overlap', async () => {
    const newest = await page(ids[index]!, 'System');
    expect(newest.by).toBe('wql');
    expect(newest.entries.length).toBe(200);
    const next = await page(ids[index]!, 'System', all, newest.before);
    const both = [...newest.entries, ...next.entries];
    expect(isSorted(both)).toBe(true);
    expect(both[0]!.recordId - both.at(-1)!.recordId).toBe(399n);
    expect(both.every(({ message, source }) => message !== null && source !== '')).toBe(true);
  });
});

test('a filter goes into the query, and means the same in both dialects', async () => {
  const wanted = filter({ levels: ['error', 'critical'], ids: '41, 7030-7035', withinMs: 40 * 86_400_000 });
  const byWql = await page(ids[0]!, 'System', wanted);
  expect(byWql.entries.length).toBeGreaterThan(3);
  expect(byWql.lookedAt).toBe(byWql.entries.length);
  expect(new Set(byWql.entries.map(({ eventId }) => eventId))).toEqual(new Set([41, 7031]));
  // WMI does not tell critical events from errors; the event log itself does.
  expect(new Set(byWql.entries.map(({ level }) => level))).toEqual(new Set(['error']));
  const critical = await page(ids[0]!, 'System', filter({ levels: ['critical'] }));
  expect(critical.by).toBe('subscription');
  expect(critical.entries.length).toBeGreaterThan(0);
  expect(new Set(critical.entries.map(({ eventId, level }) => `${eventId} ${level}`))).toEqual(
    new Set(['41 critical']),
  );
  const failures = await page(ids[0]!, 'Security', filter({ levels: ['audit-failure'] }));
  expect(new Set(failures.entries.map(({ eventId }) => eventId))).toEqual(new Set([4625]));
});

test('a text is looked for on this side, and how far is said', async () => {
  await write(0, ['a needle in it']);
  const found = await page(ids[0]!, 'Application', filter({ text: 'NEEDLE' }));
  expect(found.entries.map(({ message }) => message)).toContain('a needle in it');
  expect(found.lookedAt).toBeGreaterThan(found.entries.length);
});

test('a channel that WMI does not know is read from the event log itself', async () => {
  const channels = await it.client.eventLog.channels({ machineId: ids[0]! });
  expect(channels).toContain('Microsoft-Windows-PowerShell/Operational');
  const first = await page(ids[0]!, 'Microsoft-Windows-PowerShell/Operational');
  expect([first.by, isSorted(first.entries), first.entries.length]).toEqual(['subscription', true, 200]);
  const rest = await page(ids[0]!, 'Microsoft-Windows-PowerShell/Operational', all, first.before);
  expect(rest.entries[0]!.recordId).toBe(first.entries.at(-1)!.recordId - 1n);
  expect(rest.before).toBeNull();
  expect(await problemOf(page(ids[0]!, 'No-Such/Channel'))).toMatchObject({ machineId: ids[0] });
  expect(await problemOf(page(ids[3]!, 'Setup'))).toMatchObject({ code: 'not-supported', machineId: ids[3] });
});

test('answers without events are not taken for the end, nor for a record that is gone', async () => {
  const log = 'Microsoft-Windows-PowerShell/Operational';
  const quietly = (times: number) =>
    lab.misbehave(names()[0]!, { kind: 'fault', code: 2150858793, action: 'Pull', times });
  await quietly(4);
  const { entries } = await page(ids[0]!, log);
  expect(entries.length).toBe(200);
  await quietly(2);
  const { recordId } = entries[0]!;
  const { xml } = await it.client.eventLog.details({ machineId: ids[0]!, log, recordId });
  expect(xml).toContain(`<EventRecordID>${recordId}</EventRecordID>`);
  await lab.misbehave(names()[0]!, null);
});

test('a channel that is written to all the time has a page too', async () => {
  const log = 'Microsoft-Windows-PowerShell/Operational';
  let isRead = false;
  const reading = page(ids[0]!, log).finally(() => {
    isRead = true;
  });
  // Never quiet for as long as it takes to be taken for the end.
  for (let count = 0; !isRead && count < 100; count++) {
    await write(0, [`busy ${count}`], log);
    await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 100))]);
  }
  expect(isRead).toBe(true);
  const { entries } = await reading;
  expect([entries.length, isSorted(entries)]).toEqual([200, true]);
}, 30_000);

test('Security is denied to who is no administrator, and the other logs are not', async () => {
  expect(await problemOf(page(asOperator, 'Security'))).toMatchObject({
    code: 'access-denied',
    machineId: asOperator,
    message: 'The account may not read the log Security.',
  });
  expect((await page(asOperator, 'System')).entries.length).toBe(200);
  const stop = new AbortController();
  for await (const change of it.client.eventLog.tail(
    { machineId: asOperator, log: 'Security', filter: all, after: null },
    stop.signal,
  )) {
    expect(change).toMatchObject({ kind: 'problem', problem: { code: 'access-denied' } });
    break;
  }
});

test('an event in full, with its document where the machine gives it out', async () => {
  const { entries } = await page(ids[0]!, 'Security', filter({ ids: '4624' }));
  const { recordId } = entries[0]!;
  const full = await it.client.eventLog.details({ machineId: ids[0]!, log: 'Security', recordId });
  expect(full.xml).toContain(`<EventRecordID>${recordId}</EventRecordID>`);
  expect(full.data.map(([name]) => name)).toEqual(['TargetUserName', 'TargetDomainName', 'LogonType', 'IpAddress']);
  const old = await page(ids[3]!, 'System');
  const poor = await it.client.eventLog.details({
    machineId: ids[3]!,
    log: 'System',
    recordId: old.entries[0]!.recordId,
  });
  expect([poor.xml, poor.why]).toEqual([null, expect.stringContaining('no subscription')]);
  const gone = it.client.eventLog.details({ machineId: ids[0]!, log: 'System', recordId: 1n });
  expect(await problemOf(gone)).toMatchObject({ code: 'not-found' });
});

/** Follows until `enough`; returns what came, in order. */
async function tail(
  machineId: string,
  request: { readonly log?: string; readonly filter?: EventFilter; readonly after?: bigint | null },
  enough: (got: readonly EventEntry[], changes: readonly EventTailChange[]) => boolean | Promise<boolean>,
): Promise<readonly EventTailChange[]> {
  const changes: EventTailChange[] = [];
  const stop = new AbortController();
  const { log = 'Application', filter: wanted = all, after = null } = request;
  for await (const change of it.client.eventLog.tail({ machineId, log, filter: wanted, after }, stop.signal)) {
    changes.push(change);
    if (await enough(entriesOf(changes), changes)) break;
  }
  stop.abort();
  return changes;
}
const entriesOf = (changes: readonly EventTailChange[]): EventEntry[] =>
  changes.flatMap((change) => (change.kind === 'events' ? change.entries : []));

test('the tail begins behind the newest of the page: nothing falls between the two', async () => {
  const newest = (await page(ids[0]!, 'Application')).entries[0]!;
  const written = await write(0, ['between 1', 'between 2']);
  const changes = await tail(ids[0]!, { after: newest.recordId }, (got) => got.length >= written.length);
  expect(changes[0]).toEqual({ kind: 'how', by: 'subscription' });
  const got = entriesOf(changes).map(({ recordId }) => recordId);
  expect(got[0]).toBe(newest.recordId + 1n);
  expect(got).toEqual(got.map((_, index) => got[0]! + BigInt(index)));
});

test('the tail survives a line that is cut, without losing or doubling an event, and unsubscribes when it is left', async () => {
  const sent: string[] = [];
  const send = async (count: number) => {
    const messages = Array.from({ length: count }, (_, index) => `cut ${sent.length + index}`);
    sent.push(...messages);
    await write(1, messages);
  };
  let cuts = 0;
  const changes = await tail(ids[1]!, { filter: filter({ source: 'Windeck Lab' }) }, async (got, all) => {
    if (all.length === 1) await send(10);
    if (got.length > 0 && got.length === sent.length && cuts < 3) {
      cuts += 1;
      await lab.misbehave(names()[1]!, { kind: cuts === 2 ? 'drop-before' : 'drop-after', action: 'Pull', times: 1 });
      await send(10);
    }
    return cuts === 3 && got.length >= sent.length;
  });
  await lab.misbehave(names()[1]!, null);
  expect(entriesOf(changes).map(({ message }) => message)).toEqual(sent);
  expect(changes.filter(({ kind }) => kind === 'gap')).toEqual([]);
  await expect.poll(async () => (await lab.statistics(names()[1]!)).openSubscriptions, { timeout: 10_000 }).toBe(0);
}, 30_000);

test('the tail goes on behind its bookmark after the machine was out of reach', async () => {
  const changes = await tail(ids[2]!, { filter: filter({ source: 'Windeck Lab' }) }, async (got, all) => {
    if (all.length === 1) await write(2, ['before']);
    if (got.length === 1 && all.at(-1)?.kind === 'events' && entriesOf(all.slice(-1)).length === 1) {
      await lab.misbehave(names()[2]!, { kind: 'refuse-connections' });
      await write(2, ['meanwhile']);
      await lab.misbehave(names()[2]!, null);
    }
    return got.length >= 2;
  });
  expect(entriesOf(changes).map(({ message }) => message)).toEqual(['before', 'meanwhile']);
}, 40_000);

test('a reader that is slow slows the machine, and gets everything in its order', async () => {
  const pulls = async () => (await lab.statistics(names()[0]!)).requests[pullAction] ?? 0;
  const stop = new AbortController();
  const request = { machineId: ids[0]!, log: 'Application', filter: filter({ source: 'Windeck Lab' }), after: null };
  const items = it.client.eventLog.tail(request, stop.signal)[Symbol.asyncIterator]();
  expect((await items.next()).value).toEqual({ kind: 'how', by: 'subscription' });
  const sent = Array.from({ length: 4000 }, (_, index) => `slow ${index}`);
  await write(0, sent);
  // Nobody reads on: before long nothing is pulled any more, although there is plenty.
  let before = -1;
  await expect
    .poll(
      async () => {
        const now = await pulls();
        const isStill = now === before;
        before = now;
        return isStill;
      },
      { timeout: 10_000, interval: 300 },
    )
    .toBe(true);
  const got: (string | null)[] = [];
  while (got.length < sent.length) {
    const { value } = await items.next();
    if (value?.kind === 'events') got.push(...value.entries.map(({ message }: EventEntry) => message));
  }
  expect(got).toEqual(sent);
  expect(await pulls()).toBeGreaterThan(before);
  stop.abort();
  await items.return?.();
}, 60_000);

test('without a subscription it is polled, which is said, with the reason', async () => {
  const changes = await tail(ids[3]!, { filter: filter({ source: 'Windeck Lab' }) }, async (got, all) => {
    if (all.filter(({ kind }) => kind === 'events').length === 1 && got.length === 0)
      await write(3, ['polled 1', 'polled 2']);
    return got.length >= 2;
  });
  expect(changes[0]).toMatchObject({ kind: 'how', by: 'polling', everyMs: 5000 });
  expect(changes[0]).toHaveProperty('why', expect.stringContaining('no such subscription'));
  expect(entriesOf(changes).map(({ message }) => message)).toEqual(['polled 1', 'polled 2']);
}, 30_000);

test('kept filters are in the inventory file, by name', async () => {
  const errors = {
    name: 'Errors of today',
    log: 'System',
    filter: filter({ levels: ['error'], withinMs: 86_400_000 }),
  };
  await it.client.eventLog.saveFilter({ ...errors, filter: all });
  await it.client.eventLog.saveFilter({ name: 'Any', log: null, filter: all });
  expect(await it.client.eventLog.saveFilter(errors)).toEqual([{ name: 'Any', log: null, filter: all }, errors]);
  await it.client.settings.set({ ...(await it.client.settings.get({})) });
  const other = await startTestConsole((await newDataFolder()).path);
  expect(await other.client.eventLog.savedFilters({})).toEqual([]);
  await other.close();
  expect(await it.client.eventLog.removeFilter({ name: 'Any' })).toEqual([errors]);
  expect(
    await problemOf(it.client.eventLog.saveFilter({ ...errors, filter: filter({ ids: '1; DROP' }) })),
  ).toMatchObject({
    code: 'invalid-input',
  });
});
