import { describe, expect, it } from 'vitest';
import { type ClientOptions, createClientOver, type WSManClient } from './client.ts';
import { CancelledError, OutcomeUnknownError, ProtocolError, TransportError, WSManFault } from './errors.ts';
import { type Answer, type FakePool, fakePool, faultAnswer, identifyAnswer, raw, soap, target } from './fake-pool.ts';
import { ns, wmi } from './namespaces.ts';
import { child } from './xml.ts';

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

describe('lost answers', () => {
  it('Identify, Get and Enumerate are sent again once, over a fresh connection', async () => {
    const { client: c, pool } = client([lost, running]);
    await c.get(service);
    expect(pool.asked.map((a) => a.fresh ?? false)).toEqual([false, true]);
    expect(pool.asked[0]?.soap.messageId).toBe(pool.asked[1]?.soap.messageId);
    const twice = client([lost, lost, running]);
    await expect(twice.client.get(service)).rejects.toBe(lost);
    expect(twice.pool.asked).toHaveLength(2);
    const identity = client([lost, identifyAnswer('1')]);
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
    ['a gateway’s page with 200', raw('<html/>', 200, 'text/html')],
    ['a gateway’s 502', raw('<html/>', 502, 'text/html')],
    ['an empty 500', raw('', 500)],
    ['the client being closed meanwhile', new CancelledError('The client was closed.')],
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
    for (const status of [403, 404, 407, 503]) {
      const page = raw('<html/>', status, 'text/html');
      await expect(client([page]).client.invoke(service, 'StopService')).rejects.toMatchObject({ reason: 'http' });
    }
    const refused = new TransportError('refused', { reason: 'refused' });
    await expect(client([refused]).client.invoke(service, 'StopService')).rejects.toBe(refused);
  });

  it('Put, Delete and Release may be answered with nothing at all, and nothing else may', async () => {
    const empty = raw('', 200, '');
    await expect(client([empty]).client.put(service, '<a/>')).resolves.toBeNull();
    await expect(client([{ ...empty, status: 204 }]).client.delete(service)).resolves.toBeUndefined();
    await expect(client([empty]).client.create(service, '<a/>')).rejects.toBeInstanceOf(OutcomeUnknownError);
  });

  it('an IPv6 target is addressed in brackets and without its zone', async () => {
    const pool = fakePool(running);
    await createClientOver(pool, { ...target, host: 'fe80::1%eth0' }).get(service);
    expect(pool.asked[0]?.soap.to).toBe('http://[fe80::1]:5985/wsman');
  });

  it('what its caller cancels is cancelled, not unknown', async () => {
    const own = new AbortController();
    const cancelling: Answer = () => {
      own.abort();
      return new CancelledError('The request was cancelled.');
    };
    const stopped = client([cancelling]).client.invoke(service, 'StopService', [], { signal: own.signal });
    await expect(stopped).rejects.toBeInstanceOf(CancelledError);
  });

  it('Identify is awaited as long as it was told, since the target is told nothing', async () => {
    const { client: c, pool } = client([identifyAnswer('1'), running], { networkDelayMs: 700 });
    await c.identify({ anonymous: true, timeoutMs: 3000 });
    await c.get(service, { timeoutMs: 3000 });
    expect(pool.asked.map(({ timeoutMs }) => timeoutMs)).toEqual([3000, 3700]);
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
