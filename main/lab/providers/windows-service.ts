import { type CimRow, defineClass } from '../cim-class.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import { isSystemDriver } from '../world/windows-service-templates.ts';
import type { WindowsServiceRecord } from '../world/windows-services.ts';
import type { MethodInput, MethodResult, Provider } from './provider.ts';

const windowsServiceClass = defineClass({
  name: 'Win32_Service',
  keys: ['Name'],
  bases: ['Win32_BaseService', 'CIM_Service'],
  properties: {
    AcceptPause: 'boolean',
    AcceptStop: 'boolean',
    Caption: 'string',
    CheckPoint: 'uint32',
    CreationClassName: 'string',
    DelayedAutoStart: 'boolean',
    Description: 'string',
    DesktopInteract: 'boolean',
    DisplayName: 'string',
    ErrorControl: 'string',
    ExitCode: 'uint32',
    InstallDate: 'datetime',
    Name: 'string',
    PathName: 'string',
    ProcessId: 'uint32',
    ServiceSpecificExitCode: 'uint32',
    ServiceType: 'string',
    Started: 'boolean',
    StartMode: 'string',
    StartName: 'string',
    State: 'string',
    Status: 'string',
    SystemCreationClassName: 'string',
    SystemName: 'string',
    TagId: 'uint32',
    WaitHint: 'uint32',
  },
});

function toRow(machine: SimulatedMachine, record: WindowsServiceRecord): CimRow {
  const { template, state } = record;
  const settled = state === 'Running' || state === 'Paused';
  return {
    AcceptPause: settled && template.acceptPause,
    AcceptStop: settled && template.acceptStop,
    Caption: template.displayName,
    CheckPoint: machine.services.checkPoint(record),
    CreationClassName: 'Win32_Service',
    DelayedAutoStart: record.delayed,
    Description: template.description,
    DesktopInteract: template.name === 'Spooler',
    DisplayName: template.displayName,
    ErrorControl: 'Normal',
    ExitCode: record.exitCode,
    Name: template.name,
    PathName: template.path,
    ProcessId: record.processId,
    ServiceSpecificExitCode: 0,
    ServiceType: template.sharedProcess === null ? 'Own Process' : 'Share Process',
    Started: state !== 'Stopped',
    StartMode: record.startMode,
    StartName: template.account,
    State: state,
    Status: 'OK',
    SystemCreationClassName: 'Win32_ComputerSystem',
    SystemName: machine.plan.name,
    TagId: 0,
    WaitHint: machine.services.waitHint(record),
  };
}

type Control = (machine: SimulatedMachine, name: string, input: MethodInput) => number;
const method =
  (control: Control) =>
  (machine: SimulatedMachine, row: CimRow | null, input: MethodInput): MethodResult => ({
    returnValue: control(machine, row!['Name'] as string, input),
  });

export const windowsServiceProvider: Provider = {
  cimClass: windowsServiceClass,
  instances: (machine) => machine.services.all().map((record) => toRow(machine, record)),
  findByKey: (machine, name) => {
    const record = machine.services.find(name);
    return record && toRow(machine, record);
  },
  methods: {
    StartService: (machine, row) => {
      const returnValue = machine.services.start(row!['Name'] as string);
      if (returnValue === 0 && (row!['Name'] as string).toLowerCase() === 'winrm') machine.startListening();
      // Code 7 is what the service control manager says after having waited.
      return { returnValue, delayMs: returnValue === 7 ? machine.services.pendingMs : 0 };
    },
    StopService: (machine, row) => {
      const name = row!['Name'] as string;
      const returnValue = machine.services.stop(name);
      const endsService = returnValue === 0 && name.toLowerCase() === 'winrm';
      return endsService ? { returnValue, afterwards: machine.stopListening } : { returnValue };
    },
    PauseService: method((machine, name) => machine.services.pause(name)),
    ResumeService: method((machine, name) => machine.services.resume(name)),
    InterrogateService: method((machine, name) => machine.services.interrogate(name)),
    ChangeStartMode: method((machine, name, input) =>
      machine.services.changeStartMode(name, input.get('startmode') ?? ''),
    ),
  },
};

/** Antecedent is needed by Dependent. */
export const dependentServiceProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_DependentService',
    keys: ['Antecedent', 'Dependent'],
    bases: ['CIM_ServiceServiceDependency', 'CIM_Dependency'],
    properties: { Antecedent: 'reference', Dependent: 'reference', TypeOfDependency: 'uint16' },
  }),
  instances: function* (machine) {
    for (const { template } of machine.services.all()) {
      for (const needed of template.dependsOn) {
        const driver = isSystemDriver(needed);
        // Tables write names in many cases; references carry the service's own.
        const name = driver ? needed : machine.services.find(needed)?.template.name;
        if (name === undefined) continue;
        yield {
          Antecedent: { className: driver ? 'Win32_SystemDriver' : 'Win32_Service', keys: { Name: name } },
          Dependent: { className: 'Win32_Service', keys: { Name: template.name } },
        };
      }
    }
  },
};

/** The computer has each of its services. */
export const systemServicesProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_SystemServices',
    keys: ['GroupComponent', 'PartComponent'],
    bases: ['CIM_SystemComponent', 'CIM_Component'],
    properties: { GroupComponent: 'reference', PartComponent: 'reference' },
  }),
  instances: (machine) =>
    machine.services.all().map(({ template }) => ({
      GroupComponent: { className: 'Win32_ComputerSystem', keys: { Name: machine.plan.name } },
      PartComponent: { className: 'Win32_Service', keys: { Name: template.name } },
    })),
};
