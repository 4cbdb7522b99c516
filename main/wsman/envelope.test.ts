import { describe, expect, it } from 'vitest';
import { buildEnumerate, buildPull, buildRelease, readBatch } from './enumeration.ts';
import {
  identifyRequest,
  isMustUnderstand,
  isSafeToRepeat,
  methodAction,
  readDuration,
  readRequest,
  readResponse,
  requestBuilder,
  writeDuration,
} from './envelope.ts';
import { buildEpr, isEpr, readEpr, readSelectorSet } from './epr.ts';
import { ProtocolError } from './errors.ts';
import { answerEnvelope, identifyAnswer } from './fake-pool.ts';
import { loadFixture } from './fixtures/load.ts';
import { readIdentity } from './identify.ts';
import { defaultLimits, readLimits } from './limits.ts';
import { actions, className, dialects, ns, wmi, wql } from './namespaces.ts';
import { attribute, child, childText, parseXml, type XmlElement } from './xml.ts';

const build = requestBuilder({ to: 'http://h:5985/wsman', maxEnvelopeSize: 512_000, locale: 'de-DE' });
const recordedBody = (path: string): XmlElement => readResponse(parseXml(loadFixture(path))).body!;

describe('requests', () => {
  it('carry every header that Windows asks for, mustUnderstand where it sets it, and never on Locale', () => {
    const root = parseXml(
      build({
        action: actions.get,
        messageId: 'uuid:1',
        resourceUri: wmi('Win32_Service'),
        operationTimeoutMs: 20_500,
        body: '',
      }),
    );
    const header = child(root, 'Header', ns.soap)!;
    const must = new Map(header.children.map((h) => [h.local, isMustUnderstand(h)]));
    expect(Object.fromEntries(must)).toEqual({
      To: false,
      ReplyTo: false,
      MaxEnvelopeSize: true,
      Locale: false,
      DataLocale: false,
      Action: true,
      MessageID: false,
      ResourceURI: true,
      OperationTimeout: false,
    });
    expect(isMustUnderstand(child(child(header, 'ReplyTo')!, 'Address')!)).toBe(true);
    expect(childText(header, 'OperationTimeout')).toBe('PT20.500S');
    expect(readRequest(root)).toMatchObject({
      locale: 'de-DE',
      maxEnvelopeSize: 512_000,
      operationTimeoutMs: 20_500,
      body: null,
    });
  });

  it('come back as they were built: selectors with an EPR inside, options, fragment', () => {
    const inner = { address: 'anon', resourceUri: 'urn:i', selectors: [['Name', 'a"<b']] as const };
    const request = readRequest(
      parseXml(
        build({
          action: actions.put,
          messageId: 'uuid:1',
          resourceUri: 'urn:r?a=1&b=2',
          operationTimeoutMs: 1000,
          selectors: [
            ['Name', 'Spooler & Co'],
            ['Ref', inner],
          ],
          options: [
            { name: 'WINRS_X', value: 'TRUE', mustComply: true },
            { name: 'nothing', value: null },
          ],
          fragment: { path: 'Name/text()' },
          body: '<x/>',
        }),
      ),
    );
    expect(request).toMatchObject({
      action: actions.put,
      resourceUri: 'urn:r?a=1&b=2',
      selectors: [
        ['Name', 'Spooler & Co'],
        ['Ref', inner],
      ],
      options: [
        { name: 'WINRS_X', value: 'TRUE', mustComply: true },
        { name: 'nothing', value: null, mustComply: false },
      ],
      fragment: { path: 'Name/text()', dialect: dialects.xpath, mustUnderstand: true },
    });
    expect(request.body?.local).toBe('x');
  });

  it('of Windows’ own client are read (MS-WSMV 4.1.1)', () => {
    expect(readRequest(parseXml(loadFixture('MS-WSMV/4.1.1-01-retrieving-a-cim-instance.xml')))).toMatchObject({
      action: actions.get,
      resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/mynamespace/myclass',
      selectors: [['id', '1']],
      operationTimeoutMs: 60_000,
    });
  });

  it('Identify has no addressing header', () => {
    expect(readRequest(parseXml(identifyRequest))).toMatchObject({
      action: null,
      headers: [],
      body: { local: 'Identify', namespace: ns.identity },
    });
  });
});

describe('answers', () => {
  it('are read as recorded from Windows', () => {
    const answer = readResponse(parseXml(loadFixture('pypsrp/config-get-response.xml')));
    expect(answer).toMatchObject({ action: `${actions.get}Response`, fault: null });
    expect(answer.body?.local).toBe('Config');
    expect(answer.relatesTo).toMatch(/^uuid:/);
  });

  it('with an empty body have neither body nor fault', () => {
    const answer = readResponse(parseXml(answerEnvelope('a', null, '')));
    expect(answer).toMatchObject({ body: null, fault: null, relatesTo: null });
  });

  it.each([
    '<html/>',
    '<Envelope/>',
    `<s:Envelope xmlns:s="${ns.soap}"/>`,
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>',
  ])('%s is refused', (text) => expect(() => readResponse(parseXml(text))).toThrow(ProtocolError));
});

describe('small parts', () => {
  it('durations', () => {
    expect(writeDuration(60_000)).toBe('PT60.000S');
    expect(readDuration('PT60.000S')).toBe(60_000);
    expect(readDuration('P1DT2H3M4.5S')).toBe(93_784_500);
    expect(readDuration('-PT1S')).toBe(-1000);
    expect(readDuration('P')).toBeNull();
    expect(readDuration('60')).toBeNull();
  });

  it('method actions: a name or a whole URI', () => {
    expect(methodAction('urn:c', 'StopService')).toBe('urn:c/StopService');
    expect(methodAction('urn:c', 'http://x/StopService')).toBe('http://x/StopService');
  });

  it('resource URIs', () => {
    expect(wmi('Win32_Service', 'root\\cimv2')).toBe(
      'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/Win32_Service',
    );
    expect(wql()).toBe('http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/*');
    expect(className('http://x/wmi/root/cimv2/Win32_Service?Name=a/b')).toBe('Win32_Service');
  });

  it('only Identify, Get and Enumerate are safe to repeat', () => {
    const safe = [...Object.values(actions), 'urn:c/StopService'].filter(isSafeToRepeat);
    expect(safe).toEqual([actions.get, actions.enumerate, actions.identify]);
  });

  it('EPRs round trip', () => {
    const epr = { address: 'http://h/wsman', resourceUri: 'urn:r', selectors: [['A', 'b']] as const };
    const read = readEpr(
      parseXml(`<e xmlns:a="${ns.addressing}" xmlns:w="${ns.wsman}">${buildEpr(epr)}</e>`).children[0]!,
    );
    expect(read).toEqual(epr);
  });

  it('EPRs and headers of WS-Addressing 1.0 are read as well, and ReferenceProperties of the older one', () => {
    const epr = { address: 'http://h/wsman', resourceUri: 'urn:r', selectors: [['A', 'b']] as const };
    const holder = { address: 'x', resourceUri: 'urn:h', selectors: [['Of', epr]] as const };
    const text = `<e xmlns:a="${ns.addressing}" xmlns:w="${ns.wsman}">${buildEpr(holder)}</e>`;
    for (const dialect of [
      text.replaceAll(ns.addressing, ns.addressing10),
      text.replaceAll('ReferenceParameters', 'ReferenceProperties'),
    ]) {
      const [element] = parseXml(dialect).children;
      expect(isEpr(element!)).toBe(true);
      expect(readEpr(element!)).toEqual(holder);
    }
    const answer = readResponse(
      parseXml(
        `<s:Envelope xmlns:s="${ns.soap}" xmlns:a="${ns.addressing10}"><s:Header><a:Action>urn:x</a:Action><a:RelatesTo> uuid:1 </a:RelatesTo></s:Header><s:Body/></s:Envelope>`,
      ),
    );
    expect(answer).toMatchObject({ action: 'urn:x', relatesTo: 'uuid:1' });
  });
});

describe('enumeration messages', () => {
  const inside = (content: string): XmlElement =>
    parseXml(`<e xmlns:w="${ns.wsman}" xmlns:n="${ns.enumeration}">${content}</e>`).children[0]!;

  it('Enumerate with WQL, with selectors, with a mode', () => {
    const text = `select * from Win32_Service where Name like "a%" and PID < 5`;
    const body = inside(buildEnumerate({ filter: { dialect: 'wql', text }, maxElements: 50, mode: 'EnumerateEPR' }));
    expect(body.children.map((c) => `${c.local}=${c.text}`)).toEqual([
      'OptimizeEnumeration=',
      'MaxElements=50',
      'EnumerationMode=EnumerateEPR',
      `Filter=${text}`,
    ]);
    expect(body.children.every((c) => c.namespace === ns.wsman)).toBe(true);
    expect(attribute(body.children[3]!, 'Dialect')).toBe(dialects.wql);
  });

  it('the selector filter as in MS-WSMV 4.9', () => {
    const selectors = [
      ['StartMode', 'Auto'],
      ['State', 'Stopped'],
    ] as const;
    const ours = child(
      inside(buildEnumerate({ filter: { dialect: 'selector', selectors }, maxElements: 1 })),
      'Filter',
    )!;
    const sample = readRequest(parseXml(loadFixture('MS-WSMV/4.9-01-selector-filter-dialect-example.xml'))).body!;
    const theirs = child(sample, 'Filter')!;
    expect(attribute(ours, 'Dialect')).toBe(attribute(theirs, 'Dialect'));
    expect(readSelectorSet(ours.children[0]!)).toEqual(readSelectorSet(theirs.children[0]!));
    expect(ours.children[0]).toMatchObject({ local: 'SelectorSet', namespace: theirs.children[0]!.namespace });
  });

  it('the exchange of MS-WSMV 4.1.2', () => {
    expect(readBatch(recordedBody('MS-WSMV/4.1.2.2-01-enumerate-response.xml'))).toEqual({
      items: [],
      context: 'uuid:22EB9809-5543-4020-A75C-FD95FF06217B',
      ended: false,
    });
    expect(readBatch(recordedBody('MS-WSMV/4.1.2.4-01-first-pull-response.xml'))).toMatchObject({
      items: [{ local: 'myclass' }],
      context: 'uuid:2504CA0D-94B9-4F91-B2F7-9F4CD9A2A96C',
      ended: false,
    });
    expect(readBatch(recordedBody('MS-WSMV/4.1.2.6-01-second-pull-response-with-endofsequence.xml'))).toMatchObject({
      items: [{ local: 'myclass' }],
      context: null,
      ended: true,
    });
    const pull = readRequest(parseXml(loadFixture('MS-WSMV/4.1.2.3-01-first-pull-request.xml'))).body!;
    const context = childText(pull, 'EnumerationContext', ns.enumeration);
    const ours = inside(buildPull(context!, 10));
    expect(childText(ours, 'EnumerationContext', ns.enumeration)).toBe('uuid:22EB9809-5543-4020-A75C-FD95FF06217B');
    expect([ours.namespace, ours.local]).toEqual([pull.namespace, pull.local]);
  });

  it.each([
    ['an EMPTY context', '<n:EnumerateResponse><n:EnumerationContext/><w:Items/></n:EnumerateResponse>', null, true],
    [
      'context 0',
      '<n:EnumerateResponse><n:EnumerationContext>0</n:EnumerationContext></n:EnumerateResponse>',
      '0',
      false,
    ],
    [
      'both context and end',
      '<n:PullResponse><n:EnumerationContext>7</n:EnumerationContext><n:Items/><n:EndOfSequence/></n:PullResponse>',
      null,
      true,
    ],
    ['neither', '<n:PullResponse><n:Items/></n:PullResponse>', null, false],
    ['the end in the other namespace', '<n:PullResponse><n:Items/><w:EndOfSequence/></n:PullResponse>', null, true],
  ])('%s', (_, text, context, ended) => {
    expect(readBatch(inside(text))).toEqual({ items: [], context, ended });
  });

  it('a context that is XML goes back as it came', () => {
    const batch = readBatch(
      inside(
        '<n:EnumerateResponse><n:EnumerationContext><c xmlns="urn:c" k="1">x</c></n:EnumerationContext></n:EnumerateResponse>',
      ),
    );
    const pull = inside(buildPull(batch.context!, 5));
    expect(child(pull, 'EnumerationContext')!.children[0]).toMatchObject({ namespace: 'urn:c', local: 'c', text: 'x' });
    expect(childText(inside(buildRelease('a&amp;b')), 'EnumerationContext')).toBe('a&b');
  });

  it('anything else is refused', () => {
    expect(() => readBatch(parseXml('<x/>'))).toThrow(ProtocolError);
    expect(() => readBatch(null)).toThrow(ProtocolError);
  });
});

describe('Identify', () => {
  const profile = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/http/spnego-kerberos';
  const windows = Buffer.from(identifyAnswer('OS: 10.0.20348 SP: 0.0 Stack: 3.0', [profile]).body).toString();

  it('Windows, with profiles', () => {
    expect(readIdentity(readResponse(parseXml(windows)).body)).toMatchObject({
      protocolVersion: ns.wsman,
      productVendor: 'Microsoft Corporation',
      os: '10.0.20348',
      servicePack: '0.0',
      stack: '3.0',
      securityProfiles: ['http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/http/spnego-kerberos'],
    });
  });

  it('the page’s samples, and OMI, which answers in the SOAP namespace with padding', () => {
    const page = parseXml(
      loadFixture('MicrosoftDocs/detecting-whether-a-remote-computer-supports-ws-management-protocol-07.xml'),
    );
    expect(readIdentity(page)).toMatchObject({ stack: '1.0' });
    const omi = parseXml(
      `<s:IdentifyResponse xmlns:s="${ns.soap}" xmlns:i="${ns.identity}"><i:ProductVendor>\n Open Management Infrastructure\n</i:ProductVendor><i:ProductVersion>1.0.8</i:ProductVersion></s:IdentifyResponse>`,
    );
    expect(readIdentity(omi)).toMatchObject({
      productVendor: 'Open Management Infrastructure',
      productVersion: '1.0.8',
      os: null,
      stack: null,
      protocolVersion: null,
    });
    expect(() => readIdentity(parseXml('<x/>'))).toThrow(ProtocolError);
  });
});

describe('limits', () => {
  it('of a real machine’s winrm/config', () => {
    expect(readLimits(recordedBody('pypsrp/config-get-response.xml'), '3.0')).toEqual({
      maxEnvelopeSize: 512_000,
      maxTimeoutMs: 60_000,
      maxBatchItems: 32_000,
      maxConcurrentOperationsPerUser: 1500,
      enumerationTimeoutMs: 240_000,
      maxConnections: 300,
      maxShellsPerUser: 2147483647,
      source: 'target',
      stack: '3.0',
    });
  });

  it('defaults by stack, the strictest for a make that names none', () => {
    expect(defaultLimits('1.1')).toMatchObject({
      maxBatchItems: 20,
      maxEnvelopeSize: 153_600,
      maxShellsPerUser: 2,
      source: 'defaults',
    });
    expect(defaultLimits('2.0')).toMatchObject({
      maxBatchItems: 32_000,
      maxConcurrentOperationsPerUser: 15,
      maxShellsPerUser: 5,
    });
    expect(defaultLimits('3.0')).toMatchObject({ maxEnvelopeSize: 512_000, maxConcurrentOperationsPerUser: 1500 });
    expect(defaultLimits(null)).toMatchObject({ maxBatchItems: 20, stack: null });
  });
});
