import { describe, expect, it } from 'vitest';
import { type ClientOptions, createClientOver, type WSManClient } from './client.ts';
import { CancelledError, OutcomeUnknownError, ProtocolError, TransportError, WSManFault } from './errors.ts';
import { type Answer, type FakePool, fakePool, raw, reply, soap, target } from './fake-pool.ts';
import { buildFault } from './fault.ts';
import { loadFixture } from './fixtures/load.ts';
import { buildIdentifyResponse } from './identify.ts';
import { actions, ns, wmi, wql } from './namespaces.ts';
import { child, childText } from './xml.ts';

const service = { resourceUri: wmi('Win32_Service'), selectors: [['Name', 'Spooler']] as const };
const running = '<p:Win32_Service xmlns:p="urn:c"><p:State>Running</p:State></p:Win32_Service>';
const lost = new TransportError('The connection was lost.', { reason: 'connection-lost' });

function client(answers: Answer[], options?: ClientOptions): { pool: FakePool; client: WSManClient } {
  const pool = fakePool(...answers);
  return { pool, client: createClientOver(pool, target, options) };
}
const faultOf =
  (subcode: string, wsmanCode: number, status = 500): Answer =>
  (asked) => ({
    status,
    body: Buffer.from(
      buildFault(
        { code: 'Sender', subcode, reason: 'No.', wsmanCode },
        { messageId: 'm', relatesTo: asked.soap.messageId },
      ),
    ),
  });

describe('operations', () => {
  it('get asks for one instance and gives its element', async () => {
    const { client: c, pool } = client([running]);
    const element = await c.get(service);
    expect(childText(element, 'State')).toBe('Running');
    expect(pool.asked[0]).toMatchObject({
      action: actions.get,
      anonymous: false,
      changesTarget: false,
      timeoutMs: 65_000,
    });
    expect(pool.asked[0]?.soap).toMatchObject({
      to: 'http://srv01:5985/wsman',
      resourceUri: service.resourceUri,
      selectors: [['Name', 'Spooler']],
      operationTimeoutMs: 60_000,
      maxEnvelopeSize: 512_000,
      body: null,
    });
    expect(pool.asked[0]?.soap.messageId).toMatch(/^uuid:[0-9A-F-]{36}$/);
  });

  it('brackets an IPv6 address, and takes times and sizes from the options', async () => {
    const pool = fakePool(running);
    const c = createClientOver(
      pool,
      { ...target, host: '::1' },
      { operationTimeoutMs: 10_000, maxEnvelopeSize: 153_600, locale: 'fr-FR' },
    );
    await c.get(service, { timeoutMs: 2000, options: [{ name: 'x', value: 'y' }] });
    expect(pool.asked[0]?.soap).toMatchObject({
      to: 'http://[::1]:5985/wsman',
      operationTimeoutMs: 2000,
      maxEnvelopeSize: 153_600,
      locale: 'fr-FR',
      options: [{ name: 'x', value: 'y' }],
    });
    expect(pool.asked[0]?.timeoutMs).toBe(7000);
  });

  it('getFragment asks for a part', async () => {
    const { client: c, pool } = client([`<w:XmlFragment xmlns:w="${ns.wsman}">Running</w:XmlFragment>`]);
    expect((await c.getFragment(service, 'State/text()')).text).toBe('Running');
    expect(pool.asked[0]?.soap.fragment).toMatchObject({ path: 'State/text()', mustUnderstand: true });
  });

  it('invoke sends typed input and reads ReturnValue', async () => {
    const { client: c, pool } = client(['<p:X_OUTPUT xmlns:p="urn:c"><p:ReturnValue>5</p:ReturnValue></p:X_OUTPUT>']);
    const result = await c.invoke(service, 'ChangeStartMode', [{ name: 'StartMode', type: 'string', value: 'Manual' }]);
    expect(result).toMatchObject({ returnValue: 5, returnText: '5' });
    expect(pool.asked[0]).toMatchObject({ action: `${service.resourceUri}/ChangeStartMode`, changesTarget: true });
    const input = pool.asked[0]!.soap.body!;
    expect([input.namespace, input.local, childText(input, 'StartMode')]).toEqual([
      service.resourceUri,
      'ChangeStartMode_INPUT',
      'Manual',
    ]);
  });

  it('put, create, delete in plain form', async () => {
    const created = `<x:ResourceCreated xmlns:x="${ns.transfer}" xmlns:a="${ns.addressing}" xmlns:w="${ns.wsman}"><a:Address>anon</a:Address><a:ReferenceParameters><w:ResourceURI>urn:r</w:ResourceURI><w:SelectorSet><w:Selector Name="K">v</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>`;
    const wrapped = created
      .replace('<a:Address>', '<a:EndpointReference><a:Address>')
      .replace('</x:', '</a:EndpointReference></x:');
    const { client: c, pool } = client([
      running,
      created,
      wrapped,
      '',
      raw(loadFixture('pypsrp/winrs_standard-create-response.xml').replace(/<a:RelatesTo>[^<]*<.a:RelatesTo>/, '')),
    ]);
    expect((await c.put(service, '<?xml version="1.0"?>\n<a/>'))?.local).toBe('Win32_Service');
    expect(pool.asked[0]?.soap.body?.local).toBe('a');
    const epr = { address: 'anon', resourceUri: 'urn:r', selectors: [['K', 'v']] };
    expect(await c.create({ resourceUri: 'urn:r' }, '<a/>')).toEqual(epr);
    expect(await c.create({ resourceUri: 'urn:r' }, '<a/>')).toEqual(epr);
    await c.delete(service);
    expect((await c.create({ resourceUri: 'urn:r' }, '<a/>')).selectors[0]?.[0]).toBe('ShellId');
    expect(pool.asked.map((a) => [a.action.split('/').at(-1), a.changesTarget])).toEqual([
      ['Put', true],
      ['Create', true],
      ['Create', true],
      ['Delete', true],
      ['Create', true],
    ]);
  });

  it('put of a part wraps it', async () => {
    const { client: c, pool } = client([running]);
    await c.put(service, '<Alias>x</Alias>', { fragment: 'Alias' });
    expect(pool.asked[0]?.soap).toMatchObject({
      fragment: { path: 'Alias' },
      body: { local: 'XmlFragment', namespace: ns.wsman },
    });
  });

  it('identify: with and without signing in; stack 1.1 gets one connection', async () => {
    const answer = (stack: string): Answer =>
      raw(
        buildIdentifyResponse({
          productVendor: 'Microsoft Corporation',
          productVersion: `OS: 0.0.0 SP: 0.0 Stack: ${stack}`,
        }),
      );
    const { client: c, pool } = client([answer('3.0'), answer('1.1')]);
    expect((await c.identify()).stack).toBe('3.0');
    expect(pool.maxConnections).toBeNull();
    expect((await c.identify({ anonymous: true })).stack).toBe('1.1');
    expect(pool.maxConnections).toBe(1);
    expect(pool.asked.map((a) => [a.action, a.anonymous, a.soap.headers.length])).toEqual([
      ['Identify', false, 0],
      ['Identify', true, 0],
    ]);
  });

  it('limits: from winrm/config, else the defaults of the stack, and says which; asked once', async () => {
    const identity = raw(
      buildIdentifyResponse({
        productVendor: 'Microsoft Corporation',
        productVersion: 'OS: 10.0.1 SP: 0.0 Stack: 3.0',
      }),
    );
    const config = `<c:Config xmlns:c="${ns.config}"><c:MaxEnvelopeSizekb>800</c:MaxEnvelopeSizekb></c:Config>`;
    const allowed = client([identity, config]);
    expect(await allowed.client.limits()).toMatchObject({
      source: 'target',
      maxEnvelopeSize: 819_200,
      maxBatchItems: 32_000,
    });
    expect(await allowed.client.limits()).toMatchObject({ source: 'target' });
    expect(allowed.pool.asked).toHaveLength(2);
    const denied = client([identity, faultOf('AccessDenied', 5)]);
    expect(await denied.client.limits()).toMatchObject({ source: 'defaults', stack: '3.0', maxEnvelopeSize: 512_000 });
    const unreachable = client([identity, lost, lost]);
    await expect(unreachable.client.limits()).rejects.toBe(lost);
  });

  it('close closes the pool, and refuses what comes later', async () => {
    const { client: c, pool } = client([]);
    c.close();
    expect(pool.closed).toBe(true);
    await expect(c.get(service)).rejects.toBeInstanceOf(CancelledError);
  });
});

describe('dialects', () => {
  it('a class element in another case than asked (OpenPegasus)', async () => {
    const { client: c } = client([running.replaceAll('Win32_Service', 'WIN32_SERVICE')]);
    expect((await c.get(service)).local).toBe('WIN32_SERVICE');
  });

  it.each([
    ['METHOD for METHOD_OUTPUT (OMI)', '<p:Stop xmlns:p="urn:m"><p:ReturnValue>0</p:ReturnValue></p:Stop>', 0, '0'],
    [
      'a string ReturnValue',
      '<p:Stop_OUTPUT xmlns:p="urn:m"><p:ReturnValue>done</p:ReturnValue></p:Stop_OUTPUT>',
      null,
      'done',
    ],
    [
      'padding and another case',
      '<p:Stop_OUTPUT xmlns:p="urn:m"><p:returnvalue>\n 7 \n</p:returnvalue></p:Stop_OUTPUT>',
      7,
      '7',
    ],
    ['no ReturnValue', '<p:Stop_OUTPUT xmlns:p="urn:m"/>', null, null],
    [
      'a nil ReturnValue',
      `<p:Stop_OUTPUT xmlns:p="urn:m" xmlns:i="${ns.xsi}"><p:ReturnValue i:nil="true"/></p:Stop_OUTPUT>`,
      null,
      null,
    ],
    ['an empty body', '', null, null],
  ])('invoke: %s', async (_, body, returnValue, returnText) => {
    const { client: c } = client([body]);
    expect(await c.invoke(service, 'Stop')).toMatchObject({ returnValue, returnText });
  });

  it('Put answered with an empty body, in SOAP and without', async () => {
    const { client: c } = client(['', { body: new Uint8Array() }]);
    expect(await c.put(service, '<a/>')).toBeNull();
    expect(await c.put(service, '<a/>')).toBeNull();
  });

  it('a missing RelatesTo is tolerated, another case too, a wrong one is not', async () => {
    const { client: c } = client([
      raw(soap(running)),
      (asked) =>
        raw(
          Buffer.from(reply(asked, running).body)
            .toString()
            .replace(asked.soap.messageId!, asked.soap.messageId!.toLowerCase()),
        ),
      (asked) => raw(Buffer.from(reply(asked, running).body).toString().replace(asked.soap.messageId!, 'uuid:other')),
    ]);
    await c.get(service);
    await c.get(service);
    await expect(c.get(service)).rejects.toThrow(/belongs to another request/);
  });

  it('a fault is looked for whatever the status (openwsman: MustUnderstand with 200)', async () => {
    const fault = `<s:Fault><s:Code><s:Value>s:MustUnderstand</s:Value></s:Code></s:Fault>`;
    for (const status of [200, 400, 401, 500, 503]) {
      const { client: c } = client([raw(soap(fault), status)]);
      const error = await c.get(service).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(WSManFault);
      expect((error as WSManFault).fields).toMatchObject({ httpStatus: status, code: 'MustUnderstand' });
    }
  });

  it('bytes that are not UTF-8, and UTF-16', async () => {
    const latin = Buffer.from(soap('<a>\u00e4</a>'), 'latin1');
    const wide = Buffer.from(`\ufeff${soap('<a>\u00e4</a>')}`, 'utf16le');
    const { client: c } = client([{ body: latin }, { body: wide, contentType: 'application/soap+xml;charset=UTF-16' }]);
    expect((await c.get(service)).text).toBe('ä');
    expect((await c.get(service)).text).toBe('ä');
  });
});

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

describe('lost answers', () => {
  it('Identify, Get and Enumerate are sent again once, over a fresh connection', async () => {
    const { client: c, pool } = client([lost, running]);
    await c.get(service);
    expect(pool.asked.map((a) => a.fresh ?? false)).toEqual([false, true]);
    expect(pool.asked[0]?.soap.messageId).toBe(pool.asked[1]?.soap.messageId);
    const twice = client([lost, lost, running]);
    await expect(twice.client.get(service)).rejects.toBe(lost);
    expect(twice.pool.asked).toHaveLength(2);
    const identity = client([lost, raw(buildIdentifyResponse({ productVendor: 'x', productVersion: '1' }))]);
    await identity.client.identify({ anonymous: true });
    expect(identity.pool.asked).toHaveLength(2);
    expect(identity.pool.asked.every((a) => a.anonymous)).toBe(true);
  });

  it('a late answer is not asked for again', async () => {
    const late = new TransportError('late', { reason: 'response-timeout' });
    const { client: c, pool } = client([late]);
    await expect(c.get(service)).rejects.toBe(late);
    expect(pool.asked).toHaveLength(1);
  });

  it.each([
    ['connection-lost', lost],
    ['response-timeout', new TransportError('late', { reason: 'response-timeout' })],
    ['a bad signature', new ProtocolError('signature')],
    ['broken XML', raw('<s:Envelope')],
    ['an unsealed answer', { trustworthy: false, status: 200 }],
    [
      'an answer to something else',
      raw(
        soap('<x/>').replace(
          '<s:Body>',
          `<s:Header><a:RelatesTo xmlns:a="${ns.addressing}">uuid:no</a:RelatesTo></s:Header><s:Body>`,
        ),
      ),
    ],
  ] as [string, Answer][])(
    '%s: what may have changed the target is OutcomeUnknownError, with its cause',
    async (_, answer) => {
      const calls: ((c: WSManClient) => Promise<unknown>)[] = [
        (c) => c.invoke(service, 'StopService'),
        (c) => c.put(service, '<a/>'),
        (c) => c.create(service, '<a/>'),
        (c) => c.delete(service),
      ];
      for (const call of calls) {
        const { client: c, pool } = client([answer]);
        const error = await call(c).catch((e: unknown) => e);
        expect(error).toBeInstanceOf(OutcomeUnknownError);
        expect((error as Error).cause).toBeInstanceOf(Error);
        expect(pool.asked).toHaveLength(1);
      }
    },
  );

  it('nothing is unknown where nothing was sent, or where the target said no', async () => {
    const unsent: Answer = (asked) => {
      asked.progress.bodySent = false;
      return lost;
    };
    await expect(client([unsent]).client.invoke(service, 'StopService')).rejects.toBe(lost);
    await expect(client([faultOf('AccessDenied', 5)]).client.invoke(service, 'StopService')).rejects.toBeInstanceOf(
      WSManFault,
    );
    await expect(client([raw('', 413)]).client.invoke(service, 'StopService')).rejects.toMatchObject({
      reason: 'http',
      httpStatus: 413,
    });
    const refused = new TransportError('refused', { reason: 'refused' });
    await expect(client([refused]).client.invoke(service, 'StopService')).rejects.toBe(refused);
  });

  it('an aborted signal sends nothing', async () => {
    const { client: c, pool } = client([running]);
    await expect(c.get(service, { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(CancelledError);
    expect(pool.asked).toEqual([]);
  });
});

describe('answers that are not WS-Man', () => {
  const html = '<html><head><title>Proxy\u0007 says</title></head><body>\u001b[31mDenied\u202e</body></html>';
  it.each([
    ['a proxy’s page', raw(html, 200, 'text/html'), /web page/],
    ['a page that calls itself nothing', raw(html, 502, ''), /no WS-Man answer/],
    ['an empty 500', raw('', 500), /without saying why/],
    ['an empty 200', raw('', 200), /nothing/],
    ['404', raw('Not found', 404, 'text/plain'), /404/],
    ['413', raw('', 413), /larger/],
    ['503', raw('', 503), /503/],
    ['401 to an anonymous question', raw('', 401), /401/],
    [
      'SOAP 1.1',
      raw('<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"/>', 500, 'text/xml'),
      /no WS-Man/,
    ],
    ['SOAP without fault and a bad status', raw(soap('<x/>'), 500), /without a fault/],
  ])('%s is a TransportError with evidence', async (_, answer, message) => {
    const error = (await client([answer])
      .client.get(service)
      .catch((e: unknown) => e)) as TransportError;
    expect(error).toBeInstanceOf(TransportError);
    expect(error).toMatchObject({ reason: 'http', httpStatus: answer.status });
    expect(error.message).toMatch(message);
  });

  it('the excerpt holds no control or direction characters', async () => {
    const error = (await client([raw(html, 200, 'text/html')])
      .client.get(service)
      .catch((e: unknown) => e)) as TransportError;
    expect(error.excerpt).toContain('Proxy says');
    expect(error.excerpt).toContain('Denied');
    expect(error.excerpt).not.toMatch(/[\u0000-\u001f\u202e]/);
    expect(error.excerpt!.length).toBeLessThanOrEqual(300);
  });

  it('hostile XML that calls itself SOAP is a ProtocolError', async () => {
    const bomb = '<!DOCTYPE a [<!ENTITY x "yyyyyyyyyy"><!ENTITY z "&x;&x;&x;">]><a>&z;</a>';
    await expect(client([raw(bomb)]).client.get(service)).rejects.toThrow(/document type/);
    await expect(client([raw('<a>'.repeat(5000))]).client.get(service)).rejects.toThrow(/deeper/);
  });

  it('an unsealed answer in a sealed session is never decoded, and its status is called a hint', async () => {
    const unsealed: Answer = { trustworthy: false, status: 500, body: Buffer.from(soap(running)) };
    const { client: c, pool } = client([unsealed]);
    await expect(c.get(service)).rejects.toThrow(/status 500 is an unauthenticated hint/);
    expect(pool.asked).toHaveLength(1);
  });
});

it('the timed-out fault is a WSManFault with the number callers ask for', async () => {
  const { client: c } = client([
    raw(
      `<s:Envelope xmlns:s="${ns.soap}" xmlns:w="${ns.wsman}"><s:Body><s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:TimedOut</s:Value></s:Subcode></s:Code></s:Fault></s:Body></s:Envelope>`,
      500,
    ),
  ]);
  await expect(c.get(service)).rejects.toMatchObject({ name: 'WSManFault', fields: { wsmanCode: 2150858793 } });
});

describe('onExchange', () => {
  it('hears of every exchange, secrets masked, also of a failed one', async () => {
    const heard: import('./exchange.ts').Exchange[] = [];
    const { client: c } = client(
      [
        '<p:Change_OUTPUT xmlns:p="urn:c"><p:ReturnValue>0</p:ReturnValue></p:Change_OUTPUT>',
        faultOf('AccessDenied', 5),
        lost,
      ],
      { onExchange: (exchange) => heard.push(exchange) },
    );
    const input = [
      { name: 'StartName', type: 'string', value: 'LAB\\svc' },
      { name: 'StartPassword', type: 'string', value: 'S3cret-Value' },
    ] as const;
    await c.invoke(service, 'Change', input);
    await expect(c.get(service)).rejects.toBeInstanceOf(WSManFault);
    await expect(c.invoke(service, 'Change', input)).rejects.toBeInstanceOf(OutcomeUnknownError);
    expect(JSON.stringify(heard)).not.toContain('S3cret-Value');
    expect(heard[0]).toMatchObject({
      host: 'srv01',
      port: 5985,
      action: `${service.resourceUri}/Change`,
      resourceUri: service.resourceUri,
      httpStatus: 200,
      sealed: true,
      mechanism: 'NTLM',
      timings: { queue: 1, connect: 2, authenticate: 3, server: 4 },
      bytesSent: 100,
      bytesReceived: 200,
      roundTrips: 1,
      error: null,
    });
    expect(heard[0]?.request).toContain('LAB\\svc');
    expect(heard[0]?.response).toContain('ReturnValue');
    expect(heard[0]?.timings.decode).toBeGreaterThan(0);
    expect(heard[1]).toMatchObject({ httpStatus: 500, error: { name: 'WSManFault', message: 'No.' } });
    expect(heard[2]).toMatchObject({ httpStatus: null, response: null, error: { name: 'OutcomeUnknownError' } });
  });

  it('a listener that throws changes nothing', async () => {
    const { client: c } = client([running], {
      onExchange: () => {
        throw new Error('listener');
      },
    });
    expect((await c.get(service)).local).toBe('Win32_Service');
    expect(child(await client([running]).client.get(service), 'State')).toBeDefined();
  });
});
