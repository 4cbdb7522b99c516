import { type CimRow, defineClass, type LabPropertyType } from '../cim-class.ts';
import { LabFault } from '../faults.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import { hardwareAccess, readLog, readSensors, type SensorReading } from '../world/management-controller.ts';
import { dateTime } from './operating-system.ts';
import type { Provider } from './provider.ts';

/**
 * The classes of Windows' IPMI provider in root/hardware, as its documentation has them: NumericSensor is a CIM_NumericSensor, and so on, and
 * what a DMTF URI names is the CIM class. Physical machines have a controller, most of them with its driver; virtual ones have none.
 */

const namespace = 'root/hardware';
/** WBEM_E_PROVIDER_LOAD_FAILURE. */
const providerLoadFailure = 2147749907;

const presentOn = ({ plan }: SimulatedMachine): boolean => hardwareAccess(plan) !== 'no-namespace';

/** True where there is a controller to ask. Throws LabFault where the driver is missing. */
function hasController({ plan }: SimulatedMachine): boolean {
  const access = hardwareAccess(plan);
  if (access === 'no-driver') {
    throw new LabFault(providerLoadFailure, {
      text: 'The provider failed to load.',
      providerText: 'Provider load failure',
    });
  }
  return access === 'controller';
}

const element = {
  Caption: 'string',
  Description: 'string',
  ElementName: 'string',
} as const;
const logicalElement = {
  ...element,
  HealthState: 'uint16',
  InstallDate: 'datetime',
  Name: 'string',
  OperationalStatus: 'uint16[]',
  Status: 'string',
  StatusDescriptions: 'string[]',
} as const;
const device = {
  ...logicalElement,
  CreationClassName: 'string',
  DeviceID: 'string',
  SystemCreationClassName: 'string',
  SystemName: 'string',
} as const;
const sensor = {
  ...device,
  CurrentState: 'string',
  OtherSensorTypeDescription: 'string',
  PollingInterval: 'uint64',
  PossibleStates: 'string[]',
  SensorType: 'uint16',
} as const;
const deviceKeys = ['CreationClassName', 'DeviceID', 'SystemCreationClassName', 'SystemName'];
const enabledElement = [
  'CIM_EnabledLogicalElement',
  'CIM_LogicalElement',
  'CIM_ManagedSystemElement',
  'CIM_ManagedElement',
];

const whole = (
  machine: SimulatedMachine,
  name: string,
  state: 'OK' | 'Degraded' | 'Error',
): Record<string, string | number | readonly number[]> => ({
  Caption: name,
  Description: name,
  ElementName: name,
  Name: name,
  HealthState: state === 'OK' ? 5 : state === 'Degraded' ? 10 : 25,
  OperationalStatus: [state === 'OK' ? 2 : state === 'Degraded' ? 3 : 6],
  Status: state,
  SystemCreationClassName: 'ComputerSystem',
  SystemName: machine.plan.name,
});

/** State by the thresholds, in the words of PossibleStates. */
function stateOf({ plan, reading }: SensorReading): string {
  const [lowerWarn, lowerCritical, lowerFatal] = plan.lower;
  const [upperWarn, upperCritical, upperFatal] = plan.upper;
  const below = (limit: number | null): boolean => limit !== null && reading <= limit;
  const above = (limit: number | null): boolean => limit !== null && reading >= limit;
  if (below(lowerFatal) || above(upperFatal)) return above(upperFatal) ? 'Upper Fatal' : 'Lower Fatal';
  if (below(lowerCritical) || above(upperCritical)) return above(upperCritical) ? 'Upper Critical' : 'Lower Critical';
  if (below(lowerWarn) || above(upperWarn)) return above(upperWarn) ? 'Upper Non-Critical' : 'Lower Non-Critical';
  return 'Normal';
}

const thresholdNames = ['NonCritical', 'Critical', 'Fatal'] as const;

export const numericSensorProvider: Provider = {
  cimClass: defineClass({
    name: 'NumericSensor',
    namespace,
    keys: deviceKeys,
    bases: ['CIM_NumericSensor', 'CIM_Sensor', 'CIM_LogicalDevice', ...enabledElement],
    properties: {
      ...sensor,
      Accuracy: 'sint32',
      BaseUnits: 'uint16',
      CurrentReading: 'sint32',
      EnabledThresholds: 'uint16[]',
      Hysteresis: 'uint32',
      IsLinear: 'boolean',
      LowerThresholdCritical: 'sint32',
      LowerThresholdFatal: 'sint32',
      LowerThresholdNonCritical: 'sint32',
      MaxReadable: 'sint32',
      MinReadable: 'sint32',
      NominalReading: 'sint32',
      NormalMax: 'sint32',
      NormalMin: 'sint32',
      RateUnits: 'uint16',
      Resolution: 'uint32',
      SettableThresholds: 'uint16[]',
      SupportedThresholds: 'uint16[]',
      Tolerance: 'sint32',
      UnitModifier: 'sint32',
      UpperThresholdCritical: 'sint32',
      UpperThresholdFatal: 'sint32',
      UpperThresholdNonCritical: 'sint32',
    },
  }),
  presentOn,
  instances: function* (machine) {
    if (!hasController(machine)) return;
    for (const entry of readSensors(machine.plan, machine.clock.now())) {
      const { plan, reading } = entry;
      const state = stateOf(entry);
      const limits: Record<string, number | null> = {};
      for (const [index, name] of thresholdNames.entries()) {
        limits[`LowerThreshold${name}`] = plan.lower[index] ?? null;
        limits[`UpperThreshold${name}`] = plan.upper[index] ?? null;
      }
      yield {
        ...whole(machine, plan.name, state === 'Normal' ? 'OK' : state.includes('Non') ? 'Degraded' : 'Error'),
        ...limits,
        BaseUnits: plan.units,
        CreationClassName: 'NumericSensor',
        CurrentReading: reading,
        CurrentState: state,
        DeviceID: `${plan.id}.0.32`,
        IsLinear: true,
        MaxReadable: plan.most,
        MinReadable: plan.units === 2 ? -128 : 0,
        PossibleStates: [
          'Normal',
          'Lower Non-Critical',
          'Lower Critical',
          'Upper Non-Critical',
          'Upper Critical',
          'Unknown',
        ],
        RateUnits: 0,
        SensorType: plan.type,
        UnitModifier: plan.modifier,
      };
    }
  },
};

const discrete: readonly (readonly [
  id: string,
  name: string,
  type: number,
  state: string,
  states: readonly string[],
])[] = [
  [
    '98',
    'PS1 Status',
    1,
    'Presence detected',
    ['Presence detected', 'Power Supply Failure detected', 'Predictive Failure'],
  ],
  [
    '99',
    'PS2 Status',
    1,
    'Presence detected',
    ['Presence detected', 'Power Supply Failure detected', 'Predictive Failure'],
  ],
  ['115', 'Intrusion', 16, 'No Intrusion', ['No Intrusion', 'General Chassis Intrusion']],
  ['117', 'Fan Redundancy', 1, 'Fully Redundant', ['Fully Redundant', 'Redundancy Lost']],
];

export const sensorProvider: Provider = {
  cimClass: defineClass({
    name: 'Sensor',
    namespace,
    keys: deviceKeys,
    bases: ['CIM_Sensor', 'CIM_LogicalDevice', ...enabledElement],
    properties: sensor,
  }),
  presentOn,
  instances: function* (machine) {
    if (!hasController(machine)) return;
    for (const [id, name, type, state, states] of discrete) {
      yield {
        ...whole(machine, name, 'OK'),
        CreationClassName: 'Sensor',
        CurrentState: state,
        DeviceID: `${id}.0.32`,
        OtherSensorTypeDescription: type === 1 ? (name.startsWith('PS') ? 'Power supply' : 'Redundancy') : null,
        PossibleStates: [...states],
        SensorType: type,
      };
    }
  },
};

/** What was in the log when it was cleared is gone. */
const clearedAt = new WeakMap<SimulatedMachine, number>();
const logOf = (machine: SimulatedMachine) =>
  readLog(machine.plan, machine.bootAt).filter(({ at }) => at > (clearedAt.get(machine) ?? Number.NEGATIVE_INFINITY));

export const recordLogProvider: Provider = {
  cimClass: defineClass({
    name: 'RecordLog',
    namespace,
    keys: ['InstanceID'],
    bases: ['CIM_RecordLog', 'CIM_Log', ...enabledElement],
    properties: {
      ...logicalElement,
      CurrentNumberOfRecords: 'uint64',
      EnabledState: 'uint16',
      InstanceID: 'string',
      MaxNumberOfRecords: 'uint64',
    },
  }),
  presentOn,
  instances: (machine) =>
    hasController(machine)
      ? [
          {
            ...whole(machine, 'IPMI SEL', 'OK'),
            CurrentNumberOfRecords: BigInt(logOf(machine).length),
            EnabledState: 2,
            InstanceID: 'IPMI:SEL',
            MaxNumberOfRecords: 1024n,
          },
        ]
      : [],
  methods: {
    ClearLog: (machine) => {
      clearedAt.set(machine, machine.clock.now());
      return { returnValue: 0 };
    },
  },
};

/** Fields of one record and their types, in the notation of the IPMI CIM mapping. */
const recordFormat =
  '*string CIM_Sensor.DeviceID*uint8[2] IPMI_RecordID*uint8 IPMI_RecordType*uint8[4] IPMI_TimeStamp*uint8[2] IPMI_GeneratorID' +
  '*uint8 IPMI_EvMRev*uint8 IPMI_SensorType*uint8 IPMI_SensorNumber*boolean IPMI_AssertionEvent*uint8 IPMI_EventType' +
  '*uint8 IPMI_EventData1*uint8 IPMI_EventData2*uint8 IPMI_EventData3*uint32 IANA*';

export const logRecordProvider: Provider = {
  cimClass: defineClass({
    name: 'LogRecord',
    namespace,
    keys: ['CreationClassName', 'LogCreationClassName', 'LogName', 'MessageTimestamp', 'RecordID'],
    bases: ['CIM_LogRecord', 'CIM_ManagedElement'],
    properties: {
      ...element,
      CreationClassName: 'string',
      DataFormat: 'string',
      LogCreationClassName: 'string',
      LogName: 'string',
      MessageTimestamp: 'datetime',
      RecordData: 'string',
      RecordFormat: 'string',
      RecordID: 'string',
    },
  }),
  presentOn,
  instances: function* (machine) {
    if (!hasController(machine)) return;
    for (const entry of logOf(machine)) {
      const seconds = Math.floor(entry.at / 1000);
      const stamp = [0, 8, 16, 24].map((shift) => (seconds >>> shift) & 255).join(' ');
      yield {
        Caption: 'IPMI log record',
        Description: entry.description,
        ElementName: `Record ${entry.id}`,
        CreationClassName: 'LogRecord',
        LogCreationClassName: 'RecordLog',
        LogName: 'IPMI SEL',
        MessageTimestamp: dateTime(machine, seconds * 1000),
        RecordData:
          `*${entry.sensorNumber}.0.32*${entry.id & 255} ${entry.id >> 8}*2*${stamp}*32 0*4*${entry.sensorType}*${entry.sensorNumber}` +
          `*${entry.asserted ? 'true' : 'false'}*111*1*255*255*0*`,
        RecordFormat: recordFormat,
        RecordID: String(entry.id),
      };
    }
  },
};

const chassisProperties: Readonly<Record<string, LabPropertyType>> = {
  ...logicalElement,
  ChassisPackageType: 'uint16',
  CreationClassName: 'string',
  LockPresent: 'boolean',
  Manufacturer: 'string',
  Model: 'string',
  PartNumber: 'string',
  SecurityBreach: 'uint16',
  SerialNumber: 'string',
  Tag: 'string',
  VisibleAlarm: 'boolean',
};

export const chassisProvider: Provider = {
  cimClass: defineClass({
    name: 'Chassis',
    namespace,
    keys: ['CreationClassName', 'Tag'],
    bases: ['CIM_Chassis', 'CIM_PhysicalFrame', 'CIM_PhysicalPackage', 'CIM_PhysicalElement', 'CIM_ManagedElement'],
    properties: chassisProperties,
  }),
  presentOn,
  instances: (machine): CimRow[] =>
    hasController(machine)
      ? [
          {
            ...whole(machine, 'System Chassis', 'OK'),
            // 23: rack mount.
            ChassisPackageType: 23,
            CreationClassName: 'Chassis',
            LockPresent: true,
            Manufacturer: machine.plan.manufacturer,
            Model: machine.plan.model,
            PartNumber: null,
            SecurityBreach: 3,
            SerialNumber: machine.plan.serialNumber,
            Tag: 'IPMI:chassis.0',
            VisibleAlarm: false,
          },
        ]
      : [],
};

export const controllerSystemProvider: Provider = {
  cimClass: defineClass({
    name: 'ComputerSystem',
    namespace,
    keys: ['CreationClassName', 'Name'],
    bases: ['CIM_ComputerSystem', 'CIM_System', ...enabledElement],
    properties: {
      ...logicalElement,
      CreationClassName: 'string',
      Dedicated: 'uint16[]',
      EnabledState: 'uint16',
      IdentifyingDescriptions: 'string[]',
      NameFormat: 'string',
      OtherIdentifyingInfo: 'string[]',
      PrimaryOwnerName: 'string',
    },
  }),
  presentOn,
  instances: (machine): CimRow[] =>
    hasController(machine)
      ? [
          {
            ...whole(machine, machine.plan.name, 'OK'),
            CreationClassName: 'ComputerSystem',
            // 28: management controller.
            Dedicated: [28],
            EnabledState: 2,
            IdentifyingDescriptions: ['IPMI:Version', 'IPMI:Firmware', 'IPMI:DeviceID'],
            NameFormat: 'Other',
            OtherIdentifyingInfo: ['2.0', `${4 + (machine.plan.seed % 3)}.${machine.plan.seed % 40}`, '32'],
          },
        ]
      : [],
};

export const ipmiProviders: readonly Provider[] = [
  numericSensorProvider,
  sensorProvider,
  recordLogProvider,
  logRecordProvider,
  chassisProvider,
  controllerSystemProvider,
];
