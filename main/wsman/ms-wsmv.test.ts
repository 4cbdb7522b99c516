/** The messages of MS-WSMV 4.1, 4.7.6 to 4.7.8 and 4.10 (what is said to a shell is in shell-messages.test.ts): answers decode, and our requests have the shape of those printed there. */
import { describe, expect, test } from 'vitest';
import { createClientOver, type WSManClient } from './client.ts';
import { readRequest } from './envelope.ts';
import { WSManFault } from './errors.ts';
import { fakePool, raw, target } from './fake-pool.ts';
import { loadFixture } from './fixtures/load.ts';
import { ns } from './namespaces.ts';
import { child, parseXml, serializeXml, type XmlElement } from './xml.ts';

const folder = 'MS-WSMV';
/** Texts in the printed messages are broken into lines at will. */
const trimmed = (text: string | null): string | null => text?.replace(/\s+/g, '') ?? null;

interface Shape {
  readonly action: string | null;
  readonly resourceUri: string | null;
  readonly selectors: readonly unknown[];
  readonly body: string | null;
}

function shapeOf(xml: string): Shape & { readonly headers: readonly string[]; readonly understood: readonly string[] } {
  const { action, resourceUri, selectors, body, headers } = readRequest(parseXml(xml));
  const isUnderstood = (element: XmlElement): boolean =>
    element.attributes.some((a) => a.local === 'mustUnderstand' && a.namespace === ns.soap && a.value === 'true');
  return {
    action: trimmed(action),
    resourceUri: trimmed(resourceUri),
    selectors: selectors.map(([name, value]) => [name, value]),
    body: body === null ? null : `{${body.namespace}}${body.local}`,
    headers: headers.map(({ namespace, local }) => `{${namespace}}${local}`),
    understood: headers.filter(isUnderstood).map(({ local }) => local),
  };
}

/** Asks `call` of a machine that answers as printed, and compares what was asked with what is printed. */
async function exchange(
  request: string,
  response: string,
  call: (client: WSManClient, printed: Shape) => Promise<unknown>,
): Promise<unknown> {
  // A misprint of 4.1.4: its body is in another namespace than the class that its own header names.
  const theirs = shapeOf(loadFixture(`${folder}/${request}`).replace('/root/cim/Win32_', '/root/cimv2/Win32_'));
  // The answer belongs to a MessageID of its own; ours is another one.
  const answer = loadFixture(`${folder}/${response}`).replace(/<wsa:RelatesTo[\s\S]*?<\/wsa:RelatesTo>/, '');
  const isFault = /<s:Fault>/.test(answer);
  const pool = fakePool(raw(answer, isFault ? 500 : 200));
  const result = await call(createClientOver(pool, target), theirs).catch((error: unknown) => error);
  const ours = shapeOf(pool.asked[0]!.body);
  expect({ ...ours, headers: null, understood: null }).toEqual({ ...theirs, headers: null, understood: null });
  expect(ours.headers).toEqual(expect.arrayContaining([...theirs.headers]));
  expect(ours.understood).toEqual(expect.arrayContaining([...theirs.understood]));
  return result;
}

const locator = ({ resourceUri, selectors }: Shape) => ({
  resourceUri: resourceUri!,
  selectors: selectors as readonly (readonly [string, string])[],
});

describe('MS-WSMV 4.1', () => {
  test('4.1.1 Get', async () => {
    const files = ['4.1.1-01-retrieving-a-cim-instance.xml', '4.1.1-02-retrieving-a-cim-instance.xml'] as const;
    const instance = (await exchange(...files, (client, printed) => client.get(locator(printed)))) as XmlElement;
    expect(instance.local).toBe('myclass');
  });

  test('4.1.2 Enumerate, Pull until the end', async () => {
    const steps = [
      ['4.1.2.1-01-enumerate-request.xml', '4.1.2.2-01-enumerate-response.xml'],
      ['4.1.2.3-01-first-pull-request.xml', '4.1.2.4-01-first-pull-response.xml'],
      ['4.1.2.5-01-second-pull-request.xml', '4.1.2.6-01-second-pull-response-with-endofsequence.xml'],
    ] as const;
    const answers = steps.map(([, response]) =>
      raw(loadFixture(`${folder}/${response}`).replace(/<wsa:RelatesTo[\s\S]*?<\/wsa:RelatesTo>/, '')),
    );
    const pool = fakePool(...answers);
    const printed = steps.map(([request]) => shapeOf(loadFixture(`${folder}/${request}`)));
    const items = await createClientOver(pool, target).enumerateAll({ resourceUri: printed[0]!.resourceUri! });
    expect(items.map(({ local }) => local)).toEqual(['myclass', 'myclass']);
    const ours = pool.asked.map((asked) => shapeOf(asked.body));
    expect(ours.map(({ action, resourceUri, body }) => [action, resourceUri, body])).toEqual(
      printed.map(({ action, resourceUri, body }) => [action, resourceUri, body]),
    );
    // Each Pull has the context of the answer before it.
    const contextOf = (xml: string) =>
      trimmed(child(readRequest(parseXml(xml)).body!, 'EnumerationContext', ns.enumeration)?.text ?? null);
    expect(pool.asked.slice(1).map(({ body }) => contextOf(body))).toEqual(
      steps.slice(1).map(([request]) => contextOf(loadFixture(`${folder}/${request}`))),
    );
  });

  test('4.1.3 Put: what was read goes back, its own address with it', async () => {
    const files = ['4.1.3-01-modifying-an-instance.xml', '4.1.3-02-modifying-an-instance.xml'] as const;
    const document = readRequest(parseXml(loadFixture(`${folder}/${files[0]}`))).body!;
    const after = (await exchange(...files, (client, printed) => client.put(locator(printed), document))) as XmlElement;
    expect(after.local).toBe('myclass');
    expect(child(after, 'Data1')?.text).toBe('Test Message');
    // An instance of that time has an address in it that is no property, and survives being written again.
    expect(serializeXml(document)).toContain('Location');
  });

  test('4.1.4 Invoke', async () => {
    const files = ['4.1.4-01-invoking-a-method.xml', '4.1.4-02-invoking-a-method.xml'] as const;
    const printed = readRequest(parseXml(loadFixture(`${folder}/${files[0]}`)));
    const method = printed.body!.local.replace(/_INPUT$/, '');
    const input = printed.body!.children.map(({ local, text }) => ({
      name: local,
      type: 'string' as const,
      value: text,
    }));
    expect(input.map(({ name }) => name)).toEqual(['CommandLine', 'CurrentDirectory']);
    const result = await exchange(...files, (client, shape) => client.invoke(locator(shape), method, input));
    expect(result).toMatchObject({ returnValue: 0 });
  });
});

describe('MS-WSMV 4.7', () => {
  const answerOf = (file: string) =>
    raw(loadFixture(`${folder}/${file}`).replace(/<\w+:RelatesTo[\s\S]*?<\/\w+:RelatesTo>/, ''));

  test('4.7.6 Enumerate shells, Pull', async () => {
    const printed = ['01', '03'].map((n) => shapeOf(loadFixture(`${folder}/4.7.6-${n}-enumerate-remote-shells.xml`)));
    const pool = fakePool(...['02', '04'].map((n) => answerOf(`4.7.6-${n}-enumerate-remote-shells.xml`)));
    const shells = await createClientOver(pool, target).enumerateAll({ resourceUri: printed[0]!.resourceUri! });
    expect(shells.map(({ local, namespace }) => [local, namespace])).toEqual([['Shell', ns.shell]]);
    const ours = pool.asked.map((asked) => shapeOf(asked.body));
    expect(ours.map(({ action, resourceUri, body }) => [action, resourceUri, body])).toEqual(
      printed.map(({ action, resourceUri, body }) => [action, resourceUri, body]),
    );
  });

  test('4.7.7 Get of a shell', async () => {
    const files = ['4.7.7-01-retrieve-shell-instance.xml', '4.7.7-02-retrieve-shell-instance.xml'] as const;
    const shell = (await exchange(...files, (client, printed) => client.get(locator(printed)))) as XmlElement;
    expect([shell.local, shell.namespace]).toEqual(['Shell', ns.shell]);
  });

  test('4.7.8 Delete of a shell', async () => {
    const files = ['4.7.8-01-delete-shell.xml', '4.7.8-02-delete-shell.xml'] as const;
    expect(await exchange(...files, (client, printed) => client.delete(locator(printed)))).toBeUndefined();
  });
});

describe('MS-WSMV 4.10', () => {
  test('a Get of a class that is not there, and its fault with the detail', async () => {
    const fault = await exchange('4.10-01-fault-detail.xml', '4.10-02-fault-detail.xml', (client, printed) =>
      client.get({ resourceUri: printed.resourceUri! }),
    );
    expect(fault).toBeInstanceOf(WSManFault);
    expect((fault as WSManFault).fields).toMatchObject({ subcode: 'DestinationUnreachable', wsmanCode: 32768 });
  });
});
