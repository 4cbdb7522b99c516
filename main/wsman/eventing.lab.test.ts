/** Subscriptions of the client against the lab, over sealed sessions on real sockets. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { labTarget } from '../lab/lab-target.ts';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';
import { createClient, type WSManClient } from './client.ts';
import { CancelledError, SubscriptionNotOfferedError, WSManFault } from './errors.ts';
import { followEvents, type SubscribeOptions, subscribe } from './eventing.ts';
import { actions, resourceUris, wmi, wql } from './namespaces.ts';
import { isWindowsEvent, readWindowsEvent } from './windows-event.ts';
import { descend } from './xml.ts';

let lab: Lab;
let modern: LabMachine;
let r2: LabMachine;
let first: LabMachine;
let omi: LabMachine;
const clients: WSManClient[] = [];

beforeAll(async () => {
  lab = await startLab({ machines: 4, stacks: ['3.0', '2.0', '1.1', 'omi'], pendingMs: 50 });
  [modern, r2, first, omi] = lab.machines as [LabMachine, LabMachine, LabMachine, LabMachine];
});
afterEach(async () => {
  await lab.misbehave(modern.name, null);
  for (const client of clients.splice(0)) client.close();
  expect((await lab.statistics(modern.name)).openSubscriptions).toBe(0);
});
afterAll(() => lab?.close());

function clientOf(of: LabMachine = modern, account = { user: of.user, password: of.password }): WSManClient {
  const client = createClient({ ...labTarget(of), userName: account.user, password: async () => account.password });
  clients.push(client);
  return client;
}

const onLog = (channel: string, xpath = '*'): SubscribeOptions => ({
  resourceUri: resourceUris.eventLog,
  filter: {
    dialect: 'eventquery',
    queryList: `<QueryList><Query Id="0"><Select Path="${channel}">${xpath}</Select></Query></QueryList>`,
  },
  from: null,
  contentFormat: 'RenderedText',
});
const ours = "*[System[Provider[@Name='Windeck Lab']]]";
const write = (messages: readonly string[], of = modern) =>
  lab.writeEvents(
    of.name,
    messages.map((message) => ({ log: 'Application', message })),
  );
const requests = async (action: string, of = modern): Promise<number> =>
  (await lab.statistics(of.name)).requests[action] ?? 0;

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('It did not come about within 10 s.');
}

describe.each(['3.0', '2.0', '1.1'])('the event log on stack %s', (stack) => {
  test('what is written comes, through time-outs and heartbeats, and leaving unsubscribes', async () => {
    const machine = { '3.0': modern, '2.0': r2, '1.1': first }[stack]!;
    const client = clientOf(machine);
    await client.identify();
    // Shorter than the heartbeat: the target says that the time is over, and is asked again.
    const subscription = await subscribe(client, {
      ...onLog('Application', ours),
      timeoutMs: 500,
      heartbeatMs: 1_300,
    });
    const messages: (string | null)[] = [];
    let empty = 0;
    for await (const { events } of subscription) {
      if (events.length === 0) empty += 1;
      if (empty === 3 && events.length === 0) await write(['one', 'two'], machine);
      messages.push(...events.map((event) => readWindowsEvent(event).message));
      if (messages.length >= 2) break;
    }
    expect(messages).toEqual(['one', 'two']);
    expect(empty).toBeGreaterThanOrEqual(3);
    expect(await requests(actions.unsubscribe, machine)).toBe(1);
    expect((await lab.statistics(machine.name)).openSubscriptions).toBe(0);
  });
});

test('heartbeats are answers without events', async () => {
  const subscription = await subscribe(clientOf(), { ...onLog('Application', ours), heartbeatMs: 300 });
  for await (const { events, bookmark } of subscription) {
    expect(events).toEqual([]);
    expect(bookmark).toContain('Channel="application"');
    break;
  }
});

test('while a Pull waits, other calls do not', async () => {
  const client = clientOf();
  const subscription = await subscribe(client, onLog('Application', ours));
  const next = subscription[Symbol.asyncIterator]().next();
  const pulls = await requests(actions.pull);
  await Promise.all(
    ['WinRM', 'Spooler', 'W32Time'].map((Name) =>
      client.get({ resourceUri: wmi('Win32_Service'), selectors: [['Name', Name]] }),
    ),
  );
  expect(await requests(actions.pull)).toBeLessThanOrEqual(pulls + 1);
  await write(['now']);
  expect((await next).value?.events.length).toBe(1);
  await subscription.close();
});

test.each([
  ['before the answer was made', 'drop-before'],
  ['after it was made: what it held is asked for again', 'drop-after'],
  ['in the middle of it', 'reset-mid-body'],
] as const)('a line that is cut %s loses no event and doubles none', async (_words, kind) => {
  const all = Array.from({ length: 60 }, (_, index) => `${kind} ${index}`);
  const got: string[] = [];
  let again = 0;
  const events = followEvents(clientOf(), { ...onLog('Application', ours), maxElements: 7, retryMs: 10 });
  for await (const each of events) {
    if (each.kind === 'subscribed') {
      again += each.again ? 1 : 0;
      expect(each.gap).toBe(false);
      if (!each.again) await write(all.slice(0, 20));
      continue;
    }
    got.push(...each.events.map((event) => readWindowsEvent(event).message!));
    if (got.length === 14) {
      await lab.misbehave(modern.name, { kind, action: 'Pull', times: 1 });
      await write(all.slice(20, 40));
    }
    if (got.length === 35) {
      await lab.misbehave(modern.name, { kind, action: 'Pull', times: 1 });
      await write(all.slice(40));
    }
    if (got.length >= all.length) break;
  }
  expect(got).toEqual(all);
  expect(again).toBeGreaterThanOrEqual(2);
});

test('existing events from the earliest, in order and bounded by what is asked for at once', async () => {
  const subscription = await subscribe(clientOf(), {
    ...onLog('System'),
    from: 'earliest',
    maxElements: 50,
    contentFormat: 'Raw',
  });
  const ids: bigint[] = [];
  for await (const { events } of subscription) {
    expect(events.length).toBeLessThanOrEqual(50);
    for (const event of events.map(readWindowsEvent)) {
      ids.push(event.recordId!);
      expect(event.message).toBeNull();
    }
    if (ids.length >= 500) break;
  }
  expect(ids).toEqual(ids.map((_, index) => ids[0]! + BigInt(index)));
});

test('a signal ends it, and the target hears of it', async () => {
  const stop = new AbortController();
  const subscription = await subscribe(clientOf(), { ...onLog('System'), signal: stop.signal });
  const before = await requests(actions.unsubscribe);
  const reading = (async () => {
    for await (const { events } of subscription) expect(events).toBeDefined();
  })();
  setTimeout(() => stop.abort(), 50);
  await expect(reading).rejects.toBeInstanceOf(CancelledError);
  expect(await requests(actions.unsubscribe)).toBe(before + 1);
});

test('Security is denied to who is no administrator, and left out where that is asked for', async () => {
  const client = clientOf(modern, { user: 'operator', password: 'Windeck-Lab-5!' });
  const both: SubscribeOptions = {
    ...onLog('Security'),
    filter: {
      dialect: 'eventquery',
      queryList:
        '<QueryList><Query Id="0"><Select Path="Security">*</Select><Select Path="Application">*</Select></Query></QueryList>',
    },
  };
  const denied = await subscribe(client, both).catch((error: unknown) => error);
  expect(denied).toBeInstanceOf(WSManFault);
  expect((denied as WSManFault).fields.wsmanCode).toBe(5);
  const lenient = await subscribe(client, { ...both, ignoreChannelError: true });
  await lenient.close();
});

test('another make, and WMI indications before Windows 8, are typed as not offered', async () => {
  await expect(subscribe(clientOf(omi), onLog('System'))).rejects.toBeInstanceOf(SubscriptionNotOfferedError);
  for (const old of [r2, first]) {
    await expect(subscribe(clientOf(old), onServices)).rejects.toBeInstanceOf(SubscriptionNotOfferedError);
  }
});

const onServices: SubscribeOptions = {
  resourceUri: wql(),
  filter: {
    dialect: 'wql',
    text: "SELECT * FROM __InstanceModificationEvent WITHIN 0.2 WHERE TargetInstance ISA 'Win32_Service'",
  },
  from: null,
};

test('a WMI indication tells of a service that stops', async () => {
  const client = clientOf();
  const subscription = await subscribe(client, { ...onServices, heartbeatMs: 5_000 });
  const spooler = { resourceUri: wmi('Win32_Service'), selectors: [['Name', 'Spooler']] as const };
  const states: string[] = [];
  expect((await client.invoke(spooler, 'StopService')).returnValue).toBe(0);
  for await (const { events } of subscription) {
    for (const event of events) {
      expect(event.local).toBe('__InstanceModificationEvent');
      expect(isWindowsEvent(event)).toBe(false);
      if (descend(event, 'TargetInstance', 'Name')?.text !== 'Spooler') continue;
      states.push(
        `${descend(event, 'PreviousInstance', 'State')?.text} > ${descend(event, 'TargetInstance', 'State')?.text}`,
      );
    }
    if (states.at(-1)?.endsWith('> Stopped')) break;
  }
  expect(states.at(-1)).toMatch(/> Stopped$/);
});

test('a subscription that the target forgets in a reboot goes on behind its bookmark', async () => {
  const client = clientOf(r2);
  const got: string[] = [];
  for await (const each of followEvents(client, { ...onLog('Application', ours), retryMs: 200, attempts: 30 })) {
    if (each.kind === 'subscribed' && !each.again) await write(['before'], r2);
    if (each.kind !== 'events') continue;
    got.push(...each.events.map((event) => readWindowsEvent(event).message!));
    if (got.length === 1) {
      await lab.misbehave(r2.name, { kind: 'refuse-connections' });
      await write(['meanwhile'], r2);
      await lab.misbehave(r2.name, null);
    }
    if (got.length === 2) break;
  }
  expect(got).toEqual(['before', 'meanwhile']);
  await until(async () => (await lab.statistics(r2.name)).openSubscriptions === 0);
});
