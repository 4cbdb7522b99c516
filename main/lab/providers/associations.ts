import { defineClass } from '../cim-class.ts';
import type { Provider } from './provider.ts';

/** Links that belong to no single class: what a computer system has. */

export const systemProcessesProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_SystemProcesses',
    keys: ['GroupComponent', 'PartComponent'],
    bases: ['CIM_SystemComponent', 'CIM_Component'],
    properties: { GroupComponent: 'reference', PartComponent: 'reference' },
  }),
  instances: (machine) =>
    machine.processes.all().map(({ processId }) => ({
      GroupComponent: { className: 'Win32_ComputerSystem', keys: { Name: machine.plan.name } },
      PartComponent: { className: 'Win32_Process', keys: { Handle: String(processId) } },
    })),
};

export const systemLogicalDisksProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_SystemDevices',
    keys: ['GroupComponent', 'PartComponent'],
    bases: ['CIM_SystemDevice', 'CIM_SystemComponent', 'CIM_Component'],
    properties: { GroupComponent: 'reference', PartComponent: 'reference' },
  }),
  instances: ({ plan }) =>
    plan.disks.map(({ drive }) => ({
      GroupComponent: { className: 'Win32_ComputerSystem', keys: { Name: plan.name } },
      PartComponent: { className: 'Win32_LogicalDisk', keys: { DeviceID: drive } },
    })),
};
