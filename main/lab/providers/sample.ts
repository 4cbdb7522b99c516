import { decodeInstance } from '../../wsman/cim.ts';
import type { CimReference, CimSchema } from '../../wsman/cim-types.ts';
import type { XmlElement } from '../../wsman/xml.ts';
import {
  type CimRow,
  defineClass,
  type LabPropertyType,
  type LabReference,
  type LabScalar,
  type LabValue,
} from '../cim-class.ts';
import { LabFault } from '../faults.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { MethodInput, MethodResult, Provider } from './provider.ts';

/**
 * A class of the lab's own, in root/lab, with a property of every type: what is written comes back as it was sent. It can be created, changed,
 * deleted, and called.
 */

const properties = {
  Big: 'uint64',
  Bigs: 'uint64[]',
  Byte: 'uint8',
  Character: 'char16',
  CreatedBy: 'string',
  Double: 'real64',
  Flag: 'boolean',
  Flags: 'boolean[]',
  Id: 'string',
  Link: 'reference',
  Negative: 'sint64',
  Number: 'uint32',
  Numbers: 'uint32[]',
  Octets: 'uint8[]',
  Short: 'sint16',
  Single: 'real32',
  Span: 'interval',
  Text: 'string',
  Texts: 'string[]',
  Times: 'datetime[]',
  When: 'datetime',
} satisfies Record<string, LabPropertyType>;

const schema: CimSchema = properties;
const cimClass = defineClass({
  name: 'Lab_Sample',
  namespace: 'root/lab',
  keys: ['Id'],
  properties,
  writable: Object.keys(properties).filter((name) => name !== 'Id' && name !== 'CreatedBy'),
});

const tables = new WeakMap<SimulatedMachine, Map<string, CimRow>>();

/** Made on first use: one that has something everywhere, one that has nothing. */
function tableOf(machine: SimulatedMachine): Map<string, CimRow> {
  let table = tables.get(machine);
  if (!table) {
    table = new Map<string, CimRow>([
      [
        'first',
        {
          Big: 18_446_744_073_709_551_615n,
          Bigs: [0n, 9_007_199_254_740_993n],
          Byte: 255,
          Character: 9731,
          CreatedBy: 'lab',
          Double: 0.1,
          Flag: true,
          Flags: [true, false],
          Id: 'first',
          Link: { className: 'Win32_Service', keys: { Name: 'Spooler' } },
          Negative: -9_223_372_036_854_775_808n,
          Number: 42,
          Numbers: [1, 2, 3],
          Octets: [0, 127, 255],
          Short: -5,
          Single: 1.5,
          Span: { timeText: 'P1DT2H3M4.567S', wrapper: 'Interval' },
          Text: 'As it was <delivered> & read',
          Texts: ['one', 'two'],
          Times: [{ timeText: '2026-01-02T03:04:05.123456+01:00', wrapper: 'Datetime' }],
          When: { timeText: '2026-01-02T03:04:05.123456+01:00', wrapper: 'Datetime' },
        },
      ],
      ['empty', { CreatedBy: 'lab', Id: 'empty' }],
    ]);
    tables.set(machine, table);
  }
  return table;
}

/** What was sent, and only that: a property that was not sent keeps its value. */
function sent(body: XmlElement): Record<string, LabValue> {
  const values = decodeInstance(body, schema);
  const names = new Set(body.children.map(({ local }) => local.toLowerCase()));
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => names.has(name.toLowerCase()))
      .map(([name, value]) => [name, toLabValue(value)]),
  );
}

function toLabValue(value: unknown): LabValue {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item) => toLabValue(item) as LabScalar);
  if (typeof value !== 'object') return value as LabScalar;
  if ('cim' in value && value.cim === 'reference') return toLabReference(value as CimReference);
  const { cim, text } = value as { cim: string; text: string };
  if (/^[0-9*]{8,14}/.test(text) && !text.includes('-')) return { timeText: text, wrapper: 'CIM_DateTime' };
  return { timeText: text, wrapper: cim === 'interval' ? 'Interval' : 'Datetime' };
}

function toLabReference({ resourceUri, selectors }: CimReference): LabReference {
  const [, namespace = 'root/cimv2', className = ''] = /\/wmi\/(.*)\/([^/]*)$/.exec(resourceUri) ?? [];
  const keys = selectors.flatMap(([name, value]) =>
    typeof value === 'string' && name !== '__cimnamespace' ? [[name, value] as const] : [],
  );
  return { className, namespace, keys: Object.fromEntries(keys) };
}

/** Gives back what it got; `Fail` is what it returns. */
function echo(_machine: SimulatedMachine, _row: CimRow | null, input: MethodInput): MethodResult {
  const fail = Number(input.get('fail') ?? '0');
  const when = input.get('when') ?? null;
  const count = input.get('count') ?? null;
  return {
    returnValue: Number.isInteger(fail) ? fail : 0,
    output: {
      TextOut: input.get('text') ?? null,
      CountOut: count === null ? null : BigInt(count),
      WhenOut: when === null ? null : { timeText: when, wrapper: 'Datetime' },
      NumbersOut: input.has('numbers') ? [Number(input.get('numbers') ?? '0')] : null,
    },
  };
}

export const sampleProvider: Provider = {
  cimClass,
  instances: (machine) => tableOf(machine).values(),
  staticMethods: ['Echo'],
  methods: { Echo: echo },
  put: (machine, row, _values, body) => {
    const table = tableOf(machine);
    const id = row['Id'] as string;
    table.set(id, { ...row, ...sent(body), Id: id });
  },
  create: (machine, values, body) => {
    const id = values.get('id');
    if (!id) throw new LabFault(2150858839, { providerText: 'The key Id needs a value.' });
    const table = tableOf(machine);
    // WBEM_E_ALREADY_EXISTS.
    if (table.has(id))
      throw new LabFault(2147749913, { providerText: `An instance with the Id ${id} exists already.` });
    if (table.size >= 1000) throw new LabFault(2150858839, { providerText: 'There are too many instances.' });
    const row = { CreatedBy: 'Create', ...sent(body), Id: id };
    table.set(id, row);
    return row;
  },
  remove: (machine, row) => void tableOf(machine).delete(row['Id'] as string),
};
