import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type {
  Hardware,
  HardwareAbsence,
  HardwareFacts,
  HardwareLog,
  HardwareLogRecord,
  HardwarePart,
  HardwareSensor,
} from '../../shared/contract/hardware.ts';
import {
  type CimValue,
  decodeInstance,
  readCimInstance,
  resourceUris,
  type WSManClient,
  WSManFault,
  wmi,
  type XmlElement,
} from '../wsman/index.ts';
import { type AreaContext, onMachine } from './context.ts';
import { bySeverity, recordSchema, sensorSchema, toRecord, toSensor } from './hardware-model.ts';
import { isAccessDenied, isNotOffered } from './query.ts';
import { isInvalidNamespace } from './wmi/classes.ts';

const namespace = 'root/hardware';
const readingLimitMs = 90_000;
/** A system event log seldom holds more; what is beyond it is said to be cut off. */
const maxRecords = 4000;
const maxInstances = 2000;

/** WBEM_E_PROVIDER_LOAD_FAILURE, _PROVIDER_FAILURE, _FAILED, and what the IPMI driver says through them: no such device, not ready. */
const driverCodes: ReadonlySet<number> = new Set([
  0x80041013, 0x80041004, 0x80041001, 0x80070002, 0x80070037, 0x80070015,
]);

/** Sensors, event log and chassis of a machine's management controller (protocol: MS-WSMV 3.1.4.1.1; classes: the IPMI provider's). */
export function createHardware(context: AreaContext): ConsoleHandlers['hardware'] {
  return {
    read: ({ machineId }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run((client, within) => readHardware(context, client, machineId, within), {
          signal: AbortSignal.any([signal, context.closing, AbortSignal.timeout(readingLimitMs)]),
          urgent: true,
        }),
      ),
  };
}

async function readHardware(
  context: AreaContext,
  client: WSManClient,
  machineId: string,
  signal: AbortSignal,
): Promise<Hardware> {
  const problemOf = (error: unknown) => context.toProblem(error, machineId);
  /** Where one class says why there is nothing at all, the others need not be asked. */
  let absence: HardwareAbsence | null = null;
  let why: unknown = null;
  let numeric: readonly XmlElement[] = [];
  let sensorsError: unknown = null;
  try {
    numeric = await all(client, 'CIM_NumericSensor', signal, maxInstances);
  } catch (error) {
    absence = absenceOf(error);
    if (absence === null && !(error instanceof WSManFault)) throw error;
    if (absence === null && isAccessDenied(error)) throw error;
    why = error;
    sensorsError = error;
  }
  if (absence !== null && absence !== 'no-class') return nothing(context, absence, problemOf(why));

  const part = async <T>(read: () => Promise<T>, none: T): Promise<HardwarePart<T>> => {
    try {
      return { value: await read(), problem: null };
    } catch (error) {
      if (!(error instanceof WSManFault)) throw error;
      return absenceOf(error) === 'no-class'
        ? { value: none, problem: null }
        : { value: null, problem: problemOf(error) };
    }
  };
  const sensors = await part<readonly HardwareSensor[]>(async () => {
    if (sensorsError !== null && absence !== 'no-class') throw sensorsError;
    return readSensors(client, numeric, signal);
  }, []);
  const log = await part<HardwareLog | null>(() => readLog(client, signal), null);
  let cutOff = false;
  const records = await part<readonly HardwareLogRecord[]>(async () => {
    const elements = await all(client, 'CIM_LogRecord', signal, maxRecords + 1);
    cutOff = elements.length > maxRecords;
    return elements
      .slice(0, maxRecords)
      .map((element) => toRecord(decodeInstance(element, recordSchema)))
      .sort((a, b) => (b.at ?? 0) - (a.at ?? 0) || b.id.localeCompare(a.id, 'en', { numeric: true }));
  }, []);
  const facts = await part<HardwareFacts>(() => readFacts(client, signal), { chassis: [], controller: [] });
  const isEmpty =
    sensors.value?.length === 0 &&
    records.value?.length === 0 &&
    facts.value?.chassis.length === 0 &&
    facts.value.controller.length === 0 &&
    log.value === null &&
    log.problem === null;
  if (isEmpty) return nothing(context, absence ?? 'no-instances', why === null ? null : problemOf(why));
  return {
    readAt: context.now(),
    absence: null,
    why: null,
    namespace,
    sensors,
    log,
    records,
    recordsCutOff: cutOff,
    facts,
  };
}

function nothing(context: AreaContext, absence: HardwareAbsence, why: Hardware['why']): Hardware {
  return {
    readAt: context.now(),
    absence,
    why,
    namespace,
    sensors: { value: [], problem: null },
    log: { value: null, problem: null },
    records: { value: [], problem: null },
    recordsCutOff: false,
    facts: { value: { chassis: [], controller: [] }, problem: null },
  };
}

/** What a fault says about there being a controller; null where it says nothing of the sort. */
function absenceOf(error: unknown): HardwareAbsence | null {
  if (!(error instanceof WSManFault)) return null;
  if (isInvalidNamespace(error)) return 'no-namespace';
  const { wsmanCode, providerCode } = error.fields;
  if (isAccessDenied(error)) return null;
  if (driverCodes.has(providerCode ?? 0) || driverCodes.has(wsmanCode ?? 0)) return 'no-driver';
  return isNotOffered(error) ? 'no-class' : null;
}

/** Instances of a CIM class by its DMTF name, whose default namespace is root/hardware on Windows; by its WMI name where that is not taken. */
async function all(client: WSManClient, className: string, signal: AbortSignal, most: number): Promise<XmlElement[]> {
  try {
    return await enumerate(client, `${resourceUris.cimSchema}/${className}`, signal, most);
  } catch (error) {
    if (absenceOf(error) !== 'no-class') throw error;
    try {
      return await enumerate(client, wmi(className, namespace), signal, most);
    } catch (second) {
      // Of two refusals the clearer one counts.
      throw absenceOf(second) === null ? error : second;
    }
  }
}

async function enumerate(
  client: WSManClient,
  resourceUri: string,
  signal: AbortSignal,
  most: number,
): Promise<XmlElement[]> {
  const elements: XmlElement[] = [];
  for await (const batch of client.enumerate({ resourceUri }, { signal })) {
    elements.push(...batch);
    if (elements.length >= most) break;
  }
  return elements.slice(0, most);
}

/** Numeric sensors, and those of CIM_Sensor that are none. */
async function readSensors(
  client: WSManClient,
  numeric: readonly XmlElement[],
  signal: AbortSignal,
): Promise<readonly HardwareSensor[]> {
  const sensors = numeric.map((element) => toSensor(decodeInstance(element, sensorSchema), false));
  const known = new Set(sensors.map(({ id }) => id));
  let others: readonly XmlElement[] = [];
  try {
    others = await all(client, 'CIM_Sensor', signal, maxInstances);
  } catch (error) {
    // A controller may have numeric sensors and no class for others.
    if (numeric.length === 0 || absenceOf(error) === null) throw error;
  }
  for (const element of others) {
    const row = decodeInstance(element, sensorSchema);
    if (!known.has(row.DeviceID ?? '')) sensors.push(toSensor(row, row.CurrentReading === null));
  }
  return sensors.sort(bySeverity);
}

async function readLog(client: WSManClient, signal: AbortSignal): Promise<HardwareLog | null> {
  const [element] = await all(client, 'CIM_RecordLog', signal, 1);
  if (!element) return null;
  const row = decodeInstance(element, {
    ElementName: 'string',
    Name: 'string',
    CurrentNumberOfRecords: 'uint64',
    MaxNumberOfRecords: 'uint64',
  });
  const number = (value: bigint | null): number | null => (value === null ? null : Number(value));
  return {
    name: row.ElementName || row.Name || 'System event log',
    records: number(row.CurrentNumberOfRecords),
    most: number(row.MaxNumberOfRecords),
  };
}

async function readFacts(client: WSManClient, signal: AbortSignal): Promise<HardwareFacts> {
  const pairs = async (className: string, wanted: readonly (readonly [string, string])[]) => {
    try {
      const [element] = await all(client, className, signal, 1);
      return element ? factsOf(element, wanted) : [];
    } catch (error) {
      if (absenceOf(error) === null) throw error;
      return [];
    }
  };
  return {
    chassis: await pairs('CIM_Chassis', [
      ['Manufacturer', 'Manufacturer'],
      ['Model', 'Model'],
      ['SerialNumber', 'Serial number'],
      ['PartNumber', 'Part number'],
      ['Tag', 'Tag'],
      ['SecurityBreach', 'Security'],
      ['Status', 'Status'],
    ]),
    controller: await pairs('CIM_ComputerSystem', [
      ['ElementName', 'System'],
      ['Name', 'Name'],
      ['EnabledState', 'State'],
      ['Status', 'Status'],
    ]),
  };
}

const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  SecurityBreach: { '2': 'Unknown', '3': 'No breach', '4': 'Breach attempted', '5': 'Breach successful' },
  EnabledState: { '2': 'Enabled', '3': 'Disabled', '5': 'Not applicable', '6': 'Enabled but offline' },
};

function factsOf(element: XmlElement, wanted: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  const values = new Map(readCimInstance(element).properties.map(([name, value]) => [name, value]));
  const facts = wanted.flatMap(([property, label]) => {
    const text = textOf(values.get(property) ?? null);
    return text === null ? [] : [[label, words[property]?.[text] ?? text] as const];
  });
  // IPMI facts come as two lists of the same length: what they are, and their values.
  const names = listOf(values.get('IdentifyingDescriptions') ?? null);
  const infos = listOf(values.get('OtherIdentifyingInfo') ?? null);
  for (const [index, name] of names.entries()) {
    const value = infos[index];
    if (value) facts.push([name.replace(/^IPMI:/, ''), value]);
  }
  return facts;
}

const textOf = (value: CimValue): string | null => (typeof value === 'string' && value !== '' ? value : null);
const listOf = (value: CimValue): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((item): item is string => typeof item === 'string');
