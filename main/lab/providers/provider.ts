import type { XmlElement } from '../../wsman/xml.ts';
import type { Account } from '../authentication/accounts.ts';
import type { CimClass, CimRow, LabValue } from '../cim-class.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';

/** What a method gets: values as text by parameter name in lower case; null for xsi:nil. */
export type MethodInput = ReadonlyMap<string, string | null>;
export interface MethodResult {
  readonly returnValue: number;
  /** Further out-parameters. */
  readonly output?: Readonly<Record<string, LabValue>>;
  /** The answer comes this much later, in milliseconds. */
  readonly delayMs?: number;
  /** The connection ends instead of an answer. */
  readonly dropsConnection?: boolean;
  /** Done once the answer is on its way: a reboot. */
  readonly afterwards?: () => void;
}

/** One WMI class as the lab implements it. Everything is looked up when asked; nothing is kept per request. */
export interface Provider {
  readonly cimClass: CimClass;
  /** `reader`: who asks, where that is known; `queryText`: the WQL that asks. For classes that do not show everybody everything. */
  instances(machine: SimulatedMachine, reader?: Account, queryText?: string): Iterable<CimRow>;
  /** Shortcut for a class whose single key is `key`; the value comes as the client wrote it. */
  readonly findByKey?: (machine: SimulatedMachine, value: string) => CimRow | undefined;
  /** By name as the class declares it; found without regard to case. */
  readonly methods?: Readonly<
    Record<string, (machine: SimulatedMachine, row: CimRow | null, input: MethodInput) => MethodResult>
  >;
  /** Methods of the class that need no instance. */
  readonly staticMethods?: readonly string[];
  /** `body`: what was sent, for values that are no single text. */
  readonly put?: (
    machine: SimulatedMachine,
    row: CimRow,
    values: ReadonlyMap<string, string | null>,
    body: XmlElement,
  ) => void;
  readonly create?: (machine: SimulatedMachine, values: ReadonlyMap<string, string | null>, body: XmlElement) => CimRow;
  /** False: this machine has no such class. Where none of a namespace is there, neither is the namespace. */
  readonly presentOn?: (machine: SimulatedMachine) => boolean;
  readonly remove?: (machine: SimulatedMachine, row: CimRow) => void;
}
