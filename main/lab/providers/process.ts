import { type CimRow, defineClass } from '../cim-class.ts';
import { isKnownLocally, runLocally } from '../local-commands.ts';
import { findFolder, resolvePath } from '../shell/file-system.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { LabProcess } from '../world/processes.ts';
import { dateTime } from './operating-system.ts';
import { ticks } from './perf.ts';
import type { Provider } from './provider.ts';

const uint64 = 'uint64' as const;
const uint32 = 'uint32' as const;

const processClass = defineClass({
  name: 'Win32_Process',
  keys: ['Handle'],
  bases: ['CIM_Process'],
  properties: {
    Caption: 'string',
    CommandLine: 'string',
    CreationClassName: 'string',
    CreationDate: 'datetime',
    CSCreationClassName: 'string',
    CSName: 'string',
    Description: 'string',
    ExecutablePath: 'string',
    ExecutionState: 'uint16',
    Handle: 'string',
    HandleCount: uint32,
    InstallDate: 'datetime',
    KernelModeTime: uint64,
    MaximumWorkingSetSize: uint32,
    MinimumWorkingSetSize: uint32,
    Name: 'string',
    OSCreationClassName: 'string',
    OSName: 'string',
    PageFaults: uint32,
    PageFileUsage: uint32,
    ParentProcessId: uint32,
    PeakWorkingSetSize: uint32,
    Priority: uint32,
    PrivatePageCount: uint64,
    ProcessId: uint32,
    ReadOperationCount: uint64,
    ReadTransferCount: uint64,
    SessionId: uint32,
    Status: 'string',
    TerminationDate: 'datetime',
    ThreadCount: uint32,
    UserModeTime: uint64,
    VirtualSize: uint64,
    WindowsVersion: 'string',
    WorkingSetSize: uint64,
    WriteOperationCount: uint64,
    WriteTransferCount: uint64,
  },
});

function toRow(machine: SimulatedMachine, process: LabProcess): CimRow {
  const now = machine.clock.now();
  const used = machine.processes.processorTime(process, now);
  const kernel = process.processId <= 4;
  const moved = Math.max(0, now - process.startedAt) * process.weight * 4000;
  return {
    Caption: process.name,
    CommandLine: process.commandLine,
    CreationClassName: 'Win32_Process',
    CreationDate: process.processId === 0 ? null : dateTime(machine, process.startedAt),
    CSCreationClassName: 'Win32_ComputerSystem',
    CSName: machine.plan.name,
    Description: process.name,
    ExecutablePath: process.executablePath,
    Handle: String(process.processId),
    HandleCount: process.handles,
    KernelModeTime: ticks(kernel ? used : used * 0.32),
    MaximumWorkingSetSize: 1380,
    MinimumWorkingSetSize: 200,
    Name: process.name,
    OSCreationClassName: 'Win32_OperatingSystem',
    OSName: `${machine.plan.generation.caption}|C:\\Windows|\\Device\\Harddisk0\\Partition2`,
    PageFaults: Math.floor(process.workingSetBytes / 2048),
    PageFileUsage: Math.floor((process.workingSetBytes * 0.7) / 1024),
    ParentProcessId: process.parentProcessId,
    PeakWorkingSetSize: Math.floor((process.workingSetBytes * 1.3) / 1024),
    Priority: process.priority,
    PrivatePageCount: BigInt(Math.floor(process.workingSetBytes * 0.7)),
    ProcessId: process.processId,
    ReadOperationCount: BigInt(Math.floor(moved / 8192)),
    ReadTransferCount: BigInt(Math.floor(moved)),
    SessionId: process.sessionId,
    ThreadCount: process.threads,
    UserModeTime: ticks(kernel ? 0 : used * 0.68),
    VirtualSize: 2_203_318_222_848n + BigInt(process.workingSetBytes),
    WindowsVersion: machine.plan.generation.version,
    WorkingSetSize: BigInt(process.workingSetBytes),
    WriteOperationCount: BigInt(Math.floor(moved / 16_384)),
    WriteTransferCount: BigInt(Math.floor(moved / 2)),
  };
}

const accessDenied = 2;
const pathNotFound = 9;
const invalidParameter = 21;

export const processProvider: Provider = {
  cimClass: processClass,
  instances: (machine) => {
    // A service that is due to start or stop has its process come or go with it.
    machine.services.all();
    return machine.processes.all().map((process) => toRow(machine, process));
  },
  findByKey: (machine, handle) => {
    machine.services.all();
    const process = /^\d{1,10}$/.test(handle) ? machine.processes.find(Number(handle)) : undefined;
    return process && toRow(machine, process);
  },
  staticMethods: ['Create'],
  methods: {
    Create: (machine, _row, input) => {
      const commandLine = input.get('commandline')?.trim() ?? '';
      if (commandLine === '') return { returnValue: invalidParameter };
      if (/nosuch|missing/i.test(commandLine)) return { returnValue: pathNotFound };
      if (/\\protected\\/i.test(commandLine)) return { returnValue: accessDenied };
      const folder = input.get('currentdirectory')?.trim();
      if (folder && findFolder(machine, 'SYSTEM', resolvePath('C:\\', folder) ?? '') === null) {
        return { returnValue: invalidParameter };
      }
      const processId = machine.processes.create(commandLine, machine.clock.now());
      if (isKnownLocally(commandLine)) {
        const running = new AbortController();
        machine.background.running.set(processId, running);
        void runLocally(machine, commandLine, running.signal).finally(() => {
          machine.background.running.delete(processId);
          machine.processes.terminate(processId, machine.clock.now());
        });
      }
      return { returnValue: 0, output: { ProcessId: processId } };
    },
    Terminate: (machine, row) => {
      const processId = row!['ProcessId'] as number;
      machine.background.running.get(processId)?.abort();
      return { returnValue: machine.processes.terminate(processId, machine.clock.now()) ? 0 : accessDenied };
    },
    GetOwner: (machine, row) => {
      const session = row!['SessionId'] as number;
      const people = machine.sessions.filter(({ logonType }) => logonType === 2 || logonType === 10);
      const person = session >= 2 ? people[session - 2] : undefined;
      if (session >= 2 && !person) return { returnValue: accessDenied };
      return { returnValue: 0, output: { Domain: person?.domain ?? 'NT AUTHORITY', User: person?.user ?? 'SYSTEM' } };
    },
  },
};
