import { describe, expect, it } from 'vitest';
import { decodeInstance } from './cim.ts';
import { type InputParameter, methodInput, toCimXml } from './cim-input.ts';
import type { CimTypeName } from './cim-types.ts';
import { readRequest, requestBuilder } from './envelope.ts';
import { actions } from './namespaces.ts';
import { parseXml, serializeXml, type XmlElement } from './xml.ts';

const build = requestBuilder({ to: 'http://h:5985/wsman', maxEnvelopeSize: 512_000, locale: 'en-US' });
/** The input element as a target reads it, inside the envelope that it is sent in. */
function sent(parameters: readonly InputParameter[]): XmlElement {
  const body = methodInput('urn:class', 'Method', parameters);
  return readRequest(
    parseXml(build({ action: actions.get, messageId: 'm', resourceUri: 'urn:class', operationTimeoutMs: 1, body })),
  ).body!;
}
const one = (type: CimTypeName, value: InputParameter['value']): XmlElement => sent([{ name: 'V', type, value }]);

describe('typed inputs', () => {
  it('stand in METHOD_INPUT of the class, in the order given', () => {
    const input = sent([
      { name: 'B', type: 'string', value: 'x' },
      { name: 'A', type: 'uint32', value: 1 },
    ]);
    expect([input.namespace, input.local]).toEqual(['urn:class', 'Method_INPUT']);
    expect(input.children.map((c) => [c.namespace, c.local, c.text])).toEqual([
      ['urn:class', 'B', 'x'],
      ['urn:class', 'A', '1'],
    ]);
    expect(sent([]).children).toEqual([]);
  });

  it('come back as they were sent, whatever the type', () => {
    const date = new Date('2026-01-02T03:04:05.678Z');
    const all: [CimTypeName, InputParameter['value'], unknown][] = [
      ['string', '<&> "quoted"', '<&> "quoted"'],
      ['string', '', ''],
      ['boolean', false, false],
      ['uint8', 255, 255],
      ['sint64', -9223372036854775808n, -9223372036854775808n],
      ['uint64', 18446744073709551615n, 18446744073709551615n],
      ['uint32', '4294967295', 4294967295],
      ['real64', 1.5, 1.5],
      ['string[]', ['a', 'b'], ['a', 'b']],
      ['uint16[]', [7], [7]],
      ['string[]', [], null],
      ['string', null, null],
      ['string[]', null, null],
      ['datetime', date, { cim: 'datetime', text: '2026-01-02T03:04:05.678Z', epochMs: date.getTime() }],
      ['interval', 100_000_000n, { cim: 'interval', text: 'P0DT0H1M40S', microseconds: 100_000_000n }],
      [
        'reference',
        { cim: 'reference', address: 'anon', resourceUri: 'urn:r', selectors: [['Name', 'a&b']] },
        { cim: 'reference', address: 'anon', resourceUri: 'urn:r', selectors: [['Name', 'a&b']] },
      ],
    ];
    for (const [type, value, expected] of all) {
      expect(decodeInstance(one(type, value), { V: type }).V, `${type} ${String(value)}`).toEqual(expected);
    }
  });

  it('write dates in the wrappers that Windows answers with', () => {
    expect(one('datetime', '20260102030405.000006+060').children[0]!.children[0]).toMatchObject({
      namespace: 'http://schemas.dmtf.org/wbem/wscim/1/common',
      local: 'Datetime',
      text: '2026-01-02T03:04:05.000006+01:00',
    });
    expect(one('datetime', '2026****030405.******+000').children[0]!.children[0]).toMatchObject({
      local: 'CIM_DateTime',
    });
    expect(() => one('datetime', 'tomorrow')).toThrow(TypeError);
  });

  it('embed an instance with its class in xsi:type', () => {
    const embedded = parseXml('<q:Inner xmlns:q="urn:q"><q:Name>n</q:Name></q:Inner>');
    const decoded = decodeInstance(one('instance', embedded), { V: 'instance' });
    expect(decoded.V).toEqual({ cim: 'instance', className: 'Inner', properties: [['Name', 'n']] });
  });

  it('refuse what does not fit', () => {
    expect(() => one('uint8', 256)).toThrow(RangeError);
    expect(() => one('uint32', -1)).toThrow(RangeError);
    expect(() => one('uint32', 1.5)).toThrow(TypeError);
    expect(() => one('uint32', 'many')).toThrow(TypeError);
    expect(() => one('boolean', 'perhaps')).toThrow(TypeError);
    expect(() => one('string', new Date())).toThrow(TypeError);
  });

  it('never let a name or a value become markup', () => {
    expect(() => toCimXml({ name: 'A><evil', type: 'string', value: '' })).toThrow(TypeError);
    expect(() => toCimXml({ name: 'a:b', type: 'string', value: '' })).toThrow(TypeError);
    expect(() => methodInput('urn:class', 'urn://class/Stop><evil', [])).toThrow(TypeError);
    expect(() => methodInput('urn:class', '', [])).toThrow(TypeError);
    const input = one('string', '</m:V><m:Evil/>');
    expect(input.children).toHaveLength(1);
    expect(serializeXml(input)).not.toContain('<m:Evil');
  });
});
