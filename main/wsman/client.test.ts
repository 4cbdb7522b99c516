import { describe, expect, it } from 'vitest';
import { type ClientOptions, createClientOver, type WSManClient } from './client.ts';
import { CancelledError, TransportError, WSManFault } from './errors.ts';
import {
  type Answer,
  type FakePool,
  fakePool,
  faultAnswer,
  identifyAnswer,
  raw,
  reply,
  soap,
  target,
} from './fake-pool.ts';
import { loadFixture } from './fixtures/load.ts';
import { actions, ns, wmi } from './namespaces.ts';
import { childText } from './xml.ts';

const service = { resourceUri: wmi('Win32_Service'), selectors: [['Name', 'Spooler']] as const };
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

  it.each([
    ['1.1', 153_600, 20],
    ['2.0', 153_600, 1000],
    ['3.0', 512_000, 1000],
    [null, 512_000, 1000],
  ])('stack %s is asked for envelopes of %d octets and %d items', async (stack, octets, items) => {
    const answer: Answer = (asked) =>
      asked.action === 'Identify'
        ? identifyAnswer(stack === null ? '2.8.1' : `OS: 0.0.0 SP: 0.0 Stack: ${stack}`)
        : '<n:EnumerateResponse xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration"><n:EnumerationContext/></n:EnumerateResponse>';
    const asked = async (options?: ClientOptions) => {
      const { client: c, pool } = client([answer, answer], options);
      await c.identify();
      await c.enumerateAll({ resourceUri: wmi('Win32_Service') });
      const { soap: request } = pool.asked[1]!;
      return [request.maxEnvelopeSize, Number(childText(request.body!, 'MaxElements'))];
    };
    expect(await asked()).toEqual([octets, items]);
    // Who says how large an answer may be is not overruled.
    expect(await asked({ maxEnvelopeSize: 32_768 })).toEqual([32_768, items]);
  });

  it('a client for UTF-16 says so for each request; others say nothing', async () => {
    for (const [options, charset] of [
      [{ encoding: 'UTF-16' }, 'UTF-16'],
      [{}, undefined],
    ] as const) {
      const { client: c, pool } = client([running], options);
      await c.get(service);
      expect(pool.asked.map((asked) => asked.charset)).toEqual([charset]);
    }
  });

  it('identify: with and without signing in; stack 1.1 gets one connection', async () => {
    const answer = (stack: string): Answer => identifyAnswer(`OS: 0.0.0 SP: 0.0 Stack: ${stack}`);
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
    const identity = identifyAnswer('OS: 10.0.1 SP: 0.0 Stack: 3.0');
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
