/** The messages of MS-WSMV 4.4 and 4.6 decode, our Subscribe has the shape of the one printed there, and the loop does what it must. */
import { describe, expect, test } from 'vitest';
import { type CallOptions, createClientOver } from './client.ts';
import { readDuration, readRequest, readResponse } from './envelope.ts';
import { SubscriptionNotOfferedError, WSManFault } from './errors.ts';
import { type EventDelivery, followEvents, subscribe } from './eventing.ts';
import { bookmarkAfter, readBookmark, readEventBatch, readSubscriptionEnd } from './eventing-messages.ts';
import { type Answer, type Asked, fakePool, reply, target } from './fake-pool.ts';
import { loadFixture } from './fixtures/load.ts';
import { actions, ns, resourceUris } from './namespaces.ts';
import { isWindowsEvent, readWindowsEvent } from './windows-event.ts';
import { attribute, child, childText, parseXml, type XmlElement } from './xml.ts';

const squeezed = (text: string | null | undefined): string => (text ?? '').replace(/\s+/g, '');
const fixture = (name: string): XmlElement => parseXml(loadFixture(`MS-WSMV/${name}`));
/** 4.4 as it was meant: attributes without a name, a stray bracket and a blank within an address are misprints. */
const subscribePrinted = (): XmlElement =>
  parseXml(
    loadFixture('MS-WSMV/4.4-01-event-subscription-example.txt')
      .replace(/<(wse:Subscribe|wse:Delivery|wse:Identifier|wsman:ContentEncoding)=""/g, '<$1')
      .replace('</wsman:Filter>]', '</wsman:Filter>'),
  );

describe('MS-WSMV 4.4 and 4.6 decode', () => {
  test('4.4: a subscription to the Application log, with its options', () => {
    const { action, resourceUri, options, body } = readRequest(subscribePrinted());
    expect(squeezed(action)).toBe(actions.subscribe);
    expect(squeezed(resourceUri)).toBe(resourceUris.eventLog);
    expect(options.map(({ name, value }) => [name, value])).toEqual([
      ['Compression', 'SLDC'],
      ['CDATA', null],
      ['ContentFormat', 'RenderedText'],
      ['IgnoreChannelError', null],
    ]);
    const delivery = child(body!, 'Delivery', ns.eventing)!;
    expect(readDuration(childText(delivery, 'Heartbeats', ns.wsman)!)).toBe(3_600_000);
    expect(child(body!, 'SendBookmarks', ns.wsman)).toBeDefined();
    const select = child(child(child(body!, 'Filter', ns.wsman)!, 'QueryList')!, 'Query')!.children[0]!;
    expect([attribute(select, 'Path'), select.text]).toEqual(['Application', '*']);
  });

  test('4.4: ours has the same parts in the same order, for Pull where that one is for delivery to a listener', async () => {
    const printed = readRequest(subscribePrinted());
    const pool = fakePool(new Error('stop'));
    const queryList = '<QueryList><Query Id="0"><Select Path="Application">*</Select></Query></QueryList>';
    await subscribe(createClientOver(pool, target), {
      resourceUri: resourceUris.eventLog,
      filter: { dialect: 'eventquery', queryList },
      from: null,
      contentFormat: 'RenderedText',
      ignoreChannelError: true,
    }).catch(() => {});
    const ours = pool.asked[0]!.soap;
    expect(ours.action).toBe(squeezed(printed.action));
    expect(ours.resourceUri).toBe(squeezed(printed.resourceUri));
    const names = (element: XmlElement) => element.children.map(({ local }) => local);
    const isOurs = (name: string) => names(ours.body!).includes(name);
    expect(names(printed.body!).filter(isOurs)).toEqual(names(ours.body!));
    const theirOptions = printed.options.map(({ name, value }) => `${name}=${value}`);
    for (const { name, value } of ours.options) expect(theirOptions).toContain(`${name}=${value}`);
    const filter = child(ours.body!, 'Filter', ns.wsman)!;
    expect(squeezed(JSON.stringify(shape(filter.children[0]!)))).toBe(
      squeezed(JSON.stringify(shape(child(printed.body!, 'Filter', ns.wsman)!.children[0]!))),
    );
  });

  test('4.6.1 and 4.6.2: subscriptions of a collector', () => {
    const request = readRequest(fixture('4.6.1-01-enumerate-example.xml'));
    expect([squeezed(request.action), squeezed(request.resourceUri)]).toEqual([
      actions.enumerate,
      'http://schemas.microsoft.com/wbem/wsman/1/SubscriptionManager/Subscription',
    ]);
    const { body } = readResponse(fixture('4.6.2-01-enumerate-response-subscriptions-example.xml'));
    const subscription = child(child(body!, 'Items', ns.wsman)!, 'Subscription')!;
    expect(squeezed(childText(subscription, 'Version'))).toBe('uuid:BB8CD0E7-46F4-40E4-B74C-A0C7B509F669');
    const inner = readRequest(child(subscription, 'Envelope', ns.soap)!);
    expect(squeezed(inner.action)).toBe(actions.subscribe);
    expect(squeezed(attribute(child(inner.body!, 'Delivery', ns.eventing)!, 'Mode'))).toBe(actions.events);
  });

  test('4.6.3: a delivered batch; 4.6.4: its acknowledgement', () => {
    const delivered = readRequest(fixture('4.6.3-01-event-delivery-example.xml'));
    expect(squeezed(delivered.action)).toBe(actions.events);
    expect(delivered.headers.map(({ local }) => local)).toEqual(expect.arrayContaining(['Identifier', 'AckRequested']));
    expect(readEventBatch(delivered.body)).toEqual([
      { action: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/Event', content: null, text: '' },
    ]);
    expect(readBookmark(delivered.headers)).toBeNull();
    const ack = readResponse(fixture('4.6.4-01-ack-example.xml'));
    expect([squeezed(ack.action), ack.body, ack.fault]).toEqual([actions.ack, null, null]);
    expect(squeezed(ack.relatesTo)).toBe(squeezed(delivered.messageId));
  });

  test('4.6.5: the source shuts down', () => {
    const { action, body } = readRequest(fixture('4.6.5-01-end-subscription-example.xml'));
    expect(squeezed(action)).toBe(actions.subscriptionEnd);
    expect(readSubscriptionEnd(body)).toEqual({
      status: 'SourceShuttingDown',
      reason: null,
      identifier: 'F04857FA-DB89-40D2-9A7F-8AF5EBBA6FA6',
    });
  });
});

const shape = (element: XmlElement): unknown => [
  element.local,
  element.attributes.map(({ local, value }) => [local, value]),
  element.children.length > 0 ? element.children.map(shape) : element.text.trim(),
];

const subscribed = (context = 'c0'): string =>
  `<e:SubscribeResponse xmlns:e="${ns.eventing}" xmlns:n="${ns.enumeration}"><e:SubscriptionManager><a:Address>http://srv01/wsman</a:Address>` +
  `<a:ReferenceProperties><w:ResourceURI>${resourceUris.eventLog}</w:ResourceURI><e:Identifier>AB-1</e:Identifier></a:ReferenceProperties>` +
  `</e:SubscriptionManager><e:Expires>PT60.000S</e:Expires><n:EnumerationContext>${context}</n:EnumerationContext></e:SubscribeResponse>`;

/** A PullResponse with its bookmark, in the header where WS-Man has it. */
const pulled =
  (recordIds: readonly number[], context: string, channel = 'System') =>
  (asked: Asked): Answer => {
    const events = recordIds.map(
      (id) =>
        `<Event xmlns="${ns.event}"><System><Provider Name="P"/><EventID Qualifiers="16384">7036</EventID><Level>4</Level>` +
        `<Keywords>0x8080000000000000</Keywords><TimeCreated SystemTime="2026-01-02T03:04:05.123456700Z"/><EventRecordID>${id}</EventRecordID>` +
        `<Channel>${channel}</Channel><Computer>srv01</Computer><Security UserID="S-1-5-18"/></System><EventData><Data Name="param1">a &lt; b</Data>` +
        '</EventData><RenderingInfo Culture="en-US"><Message> It happened. </Message></RenderingInfo></Event>',
    );
    const answer = reply(
      asked,
      `<n:PullResponse xmlns:n="${ns.enumeration}"><n:EnumerationContext>${context}</n:EnumerationContext><n:Items>${events.join('')}</n:Items></n:PullResponse>`,
    );
    const mark = `<w:Bookmark xmlns:w="${ns.wsman}"><BookmarkList><Bookmark Channel="${channel}" RecordId="${recordIds.at(-1) ?? 0}" IsCurrent="true"/></BookmarkList></w:Bookmark>`;
    const text = Buffer.from(answer.body).toString().replace('</s:Header>', `${mark}</s:Header>`);
    return { ...answer, body: Buffer.from(text) };
  };
const fault =
  (code: number, subcode = 'w:TimedOut') =>
  (asked: Asked): Answer => ({
    ...reply(
      asked,
      `<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>${subcode}</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">x</s:Text></s:Reason>` +
        `<s:Detail><f:WSManFault xmlns:f="${ns.fault}" Code="${code}" Machine="srv01"><f:Message>x</f:Message></f:WSManFault></s:Detail></s:Fault>`,
    ),
    status: 500,
  });
const wanted = {
  resourceUri: resourceUris.eventLog,
  filter: { dialect: 'eventquery' as const, queryList: '<QueryList/>' },
  from: null,
};
const recordIdsOf = ({ events }: EventDelivery): (bigint | null)[] =>
  events.map((event) => readWindowsEvent(event).recordId);
const actionsOf = (pool: { asked: Asked[] }): string[] =>
  pool.asked.map(({ action }) => action.slice(action.lastIndexOf('/') + 1));

describe('the loop', () => {
  test('a Pull that times out is asked again; leaving unsubscribes by the identifier', async () => {
    const pool = fakePool(subscribed(), fault(2150858793), pulled([], 'c1'), pulled([7, 8], 'c2'), '');
    const subscription = await subscribe(createClientOver(pool, target), wanted);
    expect([subscription.identifier, subscription.expiresMs]).toEqual(['AB-1', 60_000]);
    const seen: EventDelivery[] = [];
    for await (const delivery of subscription) {
      seen.push(delivery);
      if (delivery.events.length > 0) break;
    }
    expect(seen.map(recordIdsOf)).toEqual([[], [], [7n, 8n]]);
    expect(seen.at(-1)!.bookmark).toContain('RecordId="8"');
    expect(actionsOf(pool)).toEqual(['Subscribe', 'Pull', 'Pull', 'Pull', 'Unsubscribe']);
    const contexts = pool.asked.slice(1, 4).map(({ soap }) => childText(soap.body!, 'EnumerationContext'));
    expect(contexts).toEqual(['c0', 'c0', 'c1']);
    const header = pool.asked.at(-1)!.soap.headers.find(({ local }) => local === 'Identifier');
    expect([header?.namespace, header?.text]).toEqual([ns.eventing, 'AB-1']);
  });

  test.each([
    ['the resource does not offer it', 2150858753, 'a:ActionNotSupported'],
    ['no such resource', 2150858811, 'a:DestinationUnreachable'],
    ['no Pull', 2150858782, 'e:DeliveryModeRequestedUnavailable'],
  ])('%s: typed, so that callers poll', async (_words, code, subcode) => {
    const pool = fakePool(fault(code, subcode));
    const refused = await subscribe(createClientOver(pool, target), wanted).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(SubscriptionNotOfferedError);
    expect((refused as SubscriptionNotOfferedError).fault.fields.wsmanCode).toBe(code);
  });

  test('a channel that is denied is a fault as it came', async () => {
    const pool = fakePool(fault(5, 'w:AccessDenied'));
    await expect(subscribe(createClientOver(pool, target), wanted)).rejects.toBeInstanceOf(WSManFault);
  });

  test('a context that the target has forgotten is subscribed anew, behind the last bookmark', async () => {
    const pool = fakePool(
      subscribed(),
      pulled([1], 'c1'),
      fault(2150858779, 'n:InvalidEnumerationContext'),
      '',
      subscribed(),
      pulled([2], 'c2'),
      '',
    );
    const ids: (bigint | null)[] = [];
    const told: boolean[] = [];
    for await (const each of followEvents(createClientOver(pool, target), { ...wanted, retryMs: 1 })) {
      if (each.kind === 'subscribed') told.push(each.gap);
      else ids.push(...recordIdsOf(each));
      if (ids.length === 2) break;
    }
    expect(ids).toEqual([1n, 2n]);
    expect(told).toEqual([false, false]);
    const second = pool.asked.filter(({ action }) => action === actions.subscribe)[1]!.soap.body!;
    const mark = child(second, 'Bookmark', ns.wsman)!.children[0]!.children[0]!;
    expect([attribute(mark, 'Channel'), attribute(mark, 'RecordId')]).toEqual(['System', '1']);
  });

  test('without a bookmark to go on from, the gap is said', async () => {
    const pool = fakePool(subscribed(), fault(2150858779), '', subscribed(), pulled([9], 'c'), '');
    const told: boolean[] = [];
    for await (const each of followEvents(createClientOver(pool, target), { ...wanted, retryMs: 1 })) {
      if (each.kind === 'events') break;
      told.push(each.gap);
    }
    expect(told).toEqual([false, true]);
  });

  test('cancelled while Subscribe is under way: what came to be is ended', async () => {
    const stop = new AbortController();
    const pool = fakePool(() => {
      stop.abort();
      return subscribed();
    }, '');
    const options: CallOptions = { signal: stop.signal };
    await expect(subscribe(createClientOver(pool, target), { ...wanted, ...options })).rejects.toThrow('unsubscribed');
    expect(actionsOf(pool)).toEqual(['Subscribe', 'Unsubscribe']);
  });
});

describe('an event', () => {
  const read = (xml: string) => readWindowsEvent(parseXml(xml));
  test('as elements, wrapped, or as text in CDATA', async () => {
    const document = `<Event xmlns="${ns.event}"><System><Provider Name="P"/><EventID>1</EventID><Level>2</Level><EventRecordID>4294967301</EventRecordID><Channel>C</Channel></System><UserData><x:Q xmlns:x="urn:q"><x:File>C:\\a</x:File></x:Q></UserData></Event>`;
    for (const xml of [document, `<w>${document}</w>`, `<w><![CDATA[${document}]]></w>`]) {
      expect(read(xml)).toMatchObject({ provider: 'P', level: 2, recordId: 4294967301n, data: [['File', 'C:\\a']] });
    }
    expect(isWindowsEvent(parseXml('<p:Win32_Service xmlns:p="urn:p"/>'))).toBe(false);
  });
  test('its fields, trimmed', async () => {
    const answer = pulled([7], 'c')({ action: actions.pull, soap: { messageId: 'uuid:1' } } as Asked) as {
      body: Uint8Array;
    };
    const { body } = readResponse(parseXml(Buffer.from(answer.body).toString()));
    const event = readWindowsEvent(child(body!, 'Items')!.children[0]!);
    expect(event).toMatchObject({
      eventId: 7036,
      qualifiers: 16384,
      keywords: 0x8080000000000000n,
      createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 123),
      userSid: 'S-1-5-18',
      message: 'It happened.',
      data: [['param1', 'a < b']],
    });
    expect(event.xml).toContain('<EventRecordID>7</EventRecordID>');
  });
  test('the bookmark behind a record is XML whatever the channel is called', () => {
    const mark = parseXml(bookmarkAfter('a"<b>', 12n)).children[0]!;
    expect([attribute(mark, 'Channel'), attribute(mark, 'RecordId')]).toEqual(['a"<b>', '12']);
  });
});
