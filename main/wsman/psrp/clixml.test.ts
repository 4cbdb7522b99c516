import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../errors.ts';
import { deserializeClixml, readObjs, serializeClixml, writeObjs } from './clixml.ts';
import { entryOf, epochMsOf, itemsOf, numberOf, propertyOf, textOf, toPlain } from './clixml-plain.ts';
import { isPsObject, type PsContainer, type PsValue, psArray, psEnum, psObject, psProperties } from './clixml-types.ts';

interface Recorded {
  readonly recording: string;
  readonly type: string;
  readonly from: 'client' | 'server';
  readonly data: string;
}
const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/pypsrp/psrp-messages.json', import.meta.url), 'utf8'),
) as Recorded[];

/** Any UTF-16 text, halves of pairs, control characters and what looks like an escape included. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 }).map((units) => String.fromCharCode(...units)),
  fc
    .array(fc.constantFrom('_', 'x', 'X', '0', '0041', '_x0041_', '_x005F_', ' ', '\r\n', '\t', '<&>"\''), {
      maxLength: 8,
    })
    .map((a) => a.join('')),
);
const record = <T>(parts: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(parts, { noNullPrototype: true }) as fc.Arbitrary<T>;
const digits = (count: number): fc.Arbitrary<string> =>
  fc.integer({ min: 0, max: 10 ** count - 1 }).map((n) => String(n).padStart(count, '0'));
const whole = (min: number, max: number): fc.Arbitrary<number> =>
  fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max)).map((n) => n + 0);

const primitive: fc.Arbitrary<PsValue> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  whole(-0x8000_0000, 0x7fff_ffff),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  text,
  fc.uint8Array({ maxLength: 40 }),
  whole(0, 255).map((value) => ({ clixml: 'By', value }) as const),
  whole(-128, 127).map((value) => ({ clixml: 'SB', value }) as const),
  whole(0, 0xffff).map((value) => ({ clixml: 'U16', value }) as const),
  whole(-0x8000, 0x7fff).map((value) => ({ clixml: 'I16', value }) as const),
  whole(0, 0xffff_ffff).map((value) => ({ clixml: 'U32', value }) as const),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => ({ clixml: 'U64', value }) as const),
  fc.float().map((value) => ({ clixml: 'Sg', value }) as const),
  fc.double().map((value) => ({ clixml: 'Db', value }) as const),
  fc.integer({ min: 0, max: 0xffff }).map((unit) => ({ clixml: 'C', value: String.fromCharCode(unit) }) as const),
  fc
    .tuple(digits(7), fc.constantFrom('', 'Z', '+02:00', '-07:00'))
    .map(([fraction, zone]) => ({ clixml: 'DT', value: `2026-02-28T23:59:60.${fraction}${zone}` }) as const),
  fc.tuple(digits(3), digits(7)).map(([days, ticks]) => ({ clixml: 'TS', value: `-P${days}DT1M0.${ticks}S` }) as const),
  fc.bigInt().map((value) => ({ clixml: 'D', value: `${value % 10n ** 28n}.50` }) as const),
  fc.uuid().map((value) => ({ clixml: 'G', value }) as const),
  fc
    .array(whole(0, 0x7fff_ffff), { minLength: 2, maxLength: 4 })
    .map((n) => ({ clixml: 'Version', value: n.join('.') }) as const),
  ...(['URI', 'XD', 'SBK', 'SemanticVersion'] as const).map((clixml) =>
    text.map((value) => ({ clixml, value }) as const),
  ),
  fc.uint8Array().map((bytes) => ({ clixml: 'SS', value: Buffer.from(bytes).toString('base64') }) as const),
  record({
    clixml: fc.constant('PR' as const),
    activity: text,
    activityId: whole(0, 9),
    currentOperation: fc.option(text),
    parentActivityId: whole(-1, 9),
    percentComplete: whole(-1, 100),
    type: fc.constantFrom('Processing', 'Completed'),
    secondsRemaining: whole(-1, 9),
    statusDescription: text,
  }),
);

const { value: anyValue } = fc.letrec<{ value: PsValue; object: PsValue }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, primitive, tie('object')),
  object: record({
    typeNames: fc.array(text, { maxLength: 3 }),
    text: fc.option(text),
    base: fc.option(primitive, { nil: undefined }),
    container: fc.option(
      fc.oneof(
        record({
          kind: fc.constantFrom<'LST' | 'IE' | 'QUE' | 'STK'>('LST', 'IE', 'QUE', 'STK'),
          items: fc.array(tie('value'), { maxLength: 3 }),
        }),
        record({
          kind: fc.constant('DCT' as const),
          entries: fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 }),
        }),
      ) as fc.Arbitrary<PsContainer>,
    ),
    adapted: fc.array(record({ name: text, value: tie('value') }), { maxLength: 3 }),
    extended: fc.array(record({ name: text, value: tie('value') }), { maxLength: 3 }),
  }).map((parts) => psObject(parts)),
}));

describe('CLIXML', () => {
  it('gives back every value that was written, type for type', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(deserializeClixml(serializeClixml(value))).toStrictEqual(value);
      }),
      { numRuns: 400 },
    );
  });

  it.each(recorded.map((message, n) => [`${n} ${message.recording} ${message.type}`, message] as const))(
    'reads what was recorded, and writes the same meaning: %s',
    (_, { data }) => {
      const value = deserializeClixml(data);
      const written = serializeClixml(value);
      expect(deserializeClixml(written)).toStrictEqual(value);
      // Word for word, where Windows had no choice either: the order of attributes and a blank before the slash of an empty element.
      const bare = (xml: string): string =>
        xml
          .replace(/^\ufeff/, '')
          .replace(/ RefId="\d+"/g, '')
          .replace(/<(S|DCT|LST)((?: N="[^"]*")?) ?(?:\/>|><\/\1>)/g, '<$1$2/>')
          .replace(/&apos;/g, "'")
          .replace(/&quot;/g, '"')
          .replace(/(<Obj) N=("[^"]*")/g, '$1 N=$2');
      expect(bare(written)).toBe(bare(data));
    },
  );

  it('keeps an object that stands in two places one object', () => {
    const service = recorded.find(({ data }) => data.includes('<Ref N="RequiredServices"'))!;
    const value = deserializeClixml(service.data);
    const shared = propertyOf(value, 'RequiredServices');
    expect(shared).toBe(propertyOf(value, 'servicesdependedon'));
    expect(itemsOf(shared)).toEqual(['RPCSS', 'HTTP']);
    expect(serializeClixml(value)).toContain('<Ref N="RequiredServices" RefId="2" />');
  });

  it('reads an object that refers to one around it, and does not follow it for ever', () => {
    const xml = '<Obj RefId="7"><DCT><En><S N="Key">self</S><Ref N="Value" RefId="7" /></En></DCT></Obj>';
    const value = deserializeClixml(xml);
    expect(entryOf(value, 'SELF')).toEqual({ clixml: 'Ref', levelsUp: 0 });
    expect(toPlain(value)).toEqual({ self: '(refers to an object around it)' });
    expect(deserializeClixml(serializeClixml(value))).toEqual(value);
  });

  it('gives shared objects a bound when they are written out', () => {
    let xml = '<Obj RefId="0"><LST><S>a</S></LST></Obj>';
    for (let n = 1; n < 30; n++) xml = `<Obj RefId="${n}"><LST>${xml}<Ref RefId="${n - 1}" /></LST></Obj>`;
    const value = deserializeClixml(xml);
    expect(serializeClixml(value).length).toBeLessThan(3000);
    expect(JSON.stringify(toPlain(value)).length).toBeLessThan(5_000_000);
  });

  it.each([
    ['an element that is unknown', '<Obj RefId="0"><MS><Strange N="a">1</Strange></MS></Obj>'],
    ['an element of another namespace', '<S xmlns="urn:other">a</S>'],
    ['a reference forward', '<Obj RefId="0"><LST><Ref RefId="1" /><Obj RefId="1" /></LST></Obj>'],
    ['type names that are not there', '<Obj RefId="0"><TNRef RefId="3" /></Obj>'],
    ['a RefId twice', '<Obj RefId="0"><LST><Obj RefId="0" /></LST></Obj>'],
    ['a property without a name', '<Obj RefId="0"><MS><S>a</S></MS></Obj>'],
    ['an entry with three parts', '<Obj RefId="0"><DCT><En><S>a</S><S>b</S><S>c</S></En></DCT></Obj>'],
    ['two containers', '<Obj RefId="0"><LST /><STK /></Obj>'],
    ['a byte that is none', '<By>256</By>'],
    ['an integer with a letter', '<I32>1a</I32>'],
    ['a 64-bit integer that is larger', '<I64>9223372036854775808</I64>'],
    ['a boolean that is none', '<B>yes</B>'],
    ['a character beyond UTF-16', '<C>65536</C>'],
    ['a number that is none', '<Db>1,5</Db>'],
    ['base64 that is none', '<BA>a===</BA>'],
    ['a time that is none', '<DT>yesterday</DT>'],
    ['a duration that is none', '<TS>PT</TS>'],
    ['an identifier that is none', '<G>1234</G>'],
    ['a primitive with elements in it', '<S>a<S>b</S></S>'],
    ['a document type', '<!DOCTYPE S [<!ENTITY a "b">]><S>&a;</S>'],
    ['nothing', ''],
    ['too many levels', `${'<Obj><LST>'.repeat(45)}${'</LST></Obj>'.repeat(45)}`],
  ])('refuses %s', (_, xml) => {
    expect(() => deserializeClixml(xml)).toThrow(ProtocolError);
  });

  it('says nothing of a SecureString that cannot be read', () => {
    expect(() => deserializeClixml('<SS>hush!</SS>')).toThrow(/^(?!.*hush).*SS/);
  });

  it('does not write what a type cannot hold', () => {
    for (const value of [
      1.5,
      2 ** 31,
      2n ** 63n,
      { clixml: 'By', value: -1 },
      { clixml: 'DT', value: 'now' },
      { clixml: 'C', value: 'ab' },
    ]) {
      expect(() => serializeClixml(value as PsValue)).toThrow(RangeError);
    }
    let deep: PsValue = null;
    for (let n = 0; n < 45; n++) deep = psArray([deep]);
    expect(() => serializeClixml(deep)).toThrow(RangeError);
  });

  it('reads white space as it is, and numbers with blanks around them', () => {
    expect(deserializeClixml('<S>  </S>')).toBe('  ');
    expect(deserializeClixml('<S xml:space="preserve"> a </S>')).toBe(' a ');
    expect(deserializeClixml('<I32> 5 </I32>')).toBe(5);
    expect(deserializeClixml('<S />')).toBe('');
  });

  it('reads the numbers of .NET', () => {
    expect(deserializeClixml('<Db>1.7976931348623157E+308</Db>')).toEqual({ clixml: 'Db', value: Number.MAX_VALUE });
    expect(deserializeClixml('<Sg>-INF</Sg>')).toEqual({ clixml: 'Sg', value: Number.NEGATIVE_INFINITY });
    expect(numberOf(deserializeClixml('<U32>4294967295</U32>'))).toBe(4_294_967_295);
    expect(epochMsOf(deserializeClixml('<DT>2008-04-11T10:42:32.2731993-07:00</DT>'))).toBe(
      Date.UTC(2008, 3, 11, 17, 42, 32, 273),
    );
    expect(epochMsOf(deserializeClixml('<DT>2008-04-11T10:42:32.2731993</DT>'))).toBeNull();
  });

  it('reads documents, one or several, with the line before them', () => {
    const one = writeObjs([
      { stream: 'Error', value: 'a\r\n' },
      { stream: null, value: psEnum('System.DayOfWeek', 'Monday', 1) },
    ]);
    expect(readObjs(`#< CLIXML\r\n${one}${one}\r\n`)).toHaveLength(4);
    expect(readObjs(one)[0]).toEqual({ stream: 'Error', value: 'a\r\n' });
    expect(() => readObjs('<S>a</S>')).toThrow(ProtocolError);
  });

  it('shows values plainly', () => {
    const value = psObject({
      adapted: psProperties({ Name: 'a', Status: psEnum('X', 'Running', 4), Size: 2n ** 60n, name: 'hidden?' }),
      extended: psProperties({
        Hidden: { clixml: 'SS', value: '' },
        When: { clixml: 'DT', value: '2026-01-01T00:00:00Z' },
      }),
    });
    expect(toPlain(value)).toEqual({
      name: 'hidden?',
      Status: 'Running',
      Size: '1152921504606846976',
      Hidden: '********',
      When: '2026-01-01T00:00:00Z',
    });
    const hostile = toPlain(psObject({ extended: [{ name: '__proto__', value: 'x' }] }));
    expect(Object.getPrototypeOf(hostile)).toBe(Object.prototype);
    expect(JSON.stringify(hostile)).toBe('{"__proto__":"x"}');
    expect(textOf(psObject({ base: 'inside', text: 'outside' }))).toBe('inside');
    expect(isPsObject('a')).toBe(false);
  });
});
