import { defineClass, type LabDateTime } from '../cim-class.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { MethodInput, MethodResult, Provider } from './provider.ts';

export const dateTime = (machine: SimulatedMachine, epochMs: number): LabDateTime => ({
  dateTime: epochMs,
  offsetMinutes: machine.plan.offsetMinutes,
});

/** When Windows was installed: long before the lab started, and the same in every run of a seed. */
const installedAt = (machine: SimulatedMachine): number =>
  Date.UTC(2023, 0, 9, 8, 30) - (machine.plan.seed % 700) * 86_400_000;

const shutdownInProgress = 1115;
const invalidParameter = 87;

function power(machine: SimulatedMachine, comesBack: boolean, forced: boolean): MethodResult {
  if (machine.isGoingDown) return { returnValue: shutdownInProgress };
  return {
    returnValue: 0,
    // A forced one may end WMI before the answer is out; on this machine it always or never does.
    dropsConnection: forced && machine.plan.seed % 2 === 1,
    afterwards: comesBack ? machine.reboot : machine.shutDown,
  };
}

/** Flags: 0 log off, 1 shut down, 2 reboot, 8 power off; 4 more forces it. */
function win32Shutdown(machine: SimulatedMachine, input: MethodInput): MethodResult {
  const flags = Number(input.get('flags') ?? '0');
  const forced = (flags & 4) !== 0;
  switch (flags & ~4) {
    case 0:
      return { returnValue: 0 };
    case 1:
    case 8:
      return power(machine, false, forced);
    case 2:
      return power(machine, true, forced);
    default:
      return { returnValue: invalidParameter };
  }
}

export const operatingSystemProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_OperatingSystem',
    keys: ['Name'],
    singleton: true,
    bases: ['CIM_OperatingSystem'],
    properties: {
      BootDevice: 'string',
      BuildNumber: 'string',
      BuildType: 'string',
      Caption: 'string',
      CodeSet: 'string',
      CountryCode: 'string',
      CreationClassName: 'string',
      CSCreationClassName: 'string',
      CSDVersion: 'string',
      CSName: 'string',
      CurrentTimeZone: 'sint16',
      DataExecutionPrevention_32BitApplications: 'boolean',
      DataExecutionPrevention_Available: 'boolean',
      DataExecutionPrevention_Drivers: 'boolean',
      DataExecutionPrevention_SupportPolicy: 'uint8',
      Debug: 'boolean',
      Description: 'string',
      Distributed: 'boolean',
      EncryptionLevel: 'uint32',
      ForegroundApplicationBoost: 'uint8',
      FreePhysicalMemory: 'uint64',
      FreeSpaceInPagingFiles: 'uint64',
      FreeVirtualMemory: 'uint64',
      InstallDate: 'datetime',
      LargeSystemCache: 'uint32',
      LastBootUpTime: 'datetime',
      LocalDateTime: 'datetime',
      Locale: 'string',
      Manufacturer: 'string',
      MaxNumberOfProcesses: 'uint32',
      MaxProcessMemorySize: 'uint64',
      MUILanguages: 'string[]',
      Name: 'string',
      NumberOfLicensedUsers: 'uint32',
      NumberOfProcesses: 'uint32',
      NumberOfUsers: 'uint32',
      OperatingSystemSKU: 'uint32',
      Organization: 'string',
      OSArchitecture: 'string',
      OSLanguage: 'uint32',
      OSProductSuite: 'uint32',
      OSType: 'uint16',
      OtherTypeDescription: 'string',
      PAEEnabled: 'boolean',
      PlusProductID: 'string',
      PlusVersionNumber: 'string',
      PortableOperatingSystem: 'boolean',
      Primary: 'boolean',
      ProductType: 'uint32',
      RegisteredUser: 'string',
      SerialNumber: 'string',
      ServicePackMajorVersion: 'uint16',
      ServicePackMinorVersion: 'uint16',
      SizeStoredInPagingFiles: 'uint64',
      Status: 'string',
      SuiteMask: 'uint32',
      SystemDevice: 'string',
      SystemDirectory: 'string',
      SystemDrive: 'string',
      TotalSwapSpaceSize: 'uint64',
      TotalVirtualMemorySize: 'uint64',
      TotalVisibleMemorySize: 'uint64',
      Version: 'string',
      WindowsDirectory: 'string',
    },
  }),
  instances: (machine) => {
    const { plan, workload, clock } = machine;
    const now = clock.now();
    const kilobytes = Math.floor(plan.memoryBytes / 1024);
    const available = Math.floor(workload.availableBytes(now) / 1024);
    const paging = Math.floor(kilobytes / 4);
    const { generation } = plan;
    return [
      {
        BootDevice: '\\Device\\HarddiskVolume1',
        BuildNumber: String(generation.build),
        BuildType: 'Multiprocessor Free',
        Caption: generation.caption,
        CodeSet: '1252',
        CountryCode: '44',
        CreationClassName: 'Win32_OperatingSystem',
        CSCreationClassName: 'Win32_ComputerSystem',
        CSDVersion: generation.csdVersion,
        CSName: plan.name,
        CurrentTimeZone: plan.offsetMinutes,
        DataExecutionPrevention_32BitApplications: true,
        DataExecutionPrevention_Available: true,
        DataExecutionPrevention_Drivers: true,
        DataExecutionPrevention_SupportPolicy: 3,
        Debug: false,
        Description: '',
        Distributed: false,
        EncryptionLevel: 256,
        ForegroundApplicationBoost: 2,
        FreePhysicalMemory: BigInt(available),
        FreeSpaceInPagingFiles: BigInt(Math.floor(paging * 0.97)),
        FreeVirtualMemory: BigInt(Math.floor(available + paging * 0.95)),
        InstallDate: dateTime(machine, installedAt(machine)),
        LastBootUpTime: dateTime(machine, machine.bootAt),
        LocalDateTime: dateTime(machine, now),
        Locale: '0809',
        Manufacturer: 'Microsoft Corporation',
        MaxNumberOfProcesses: 4_294_967_295,
        MaxProcessMemorySize: 137_438_953_344n,
        MUILanguages: ['en-US'],
        Name: `${generation.caption}|C:\\Windows|\\Device\\Harddisk0\\Partition2`,
        NumberOfLicensedUsers: 0,
        NumberOfProcesses: machine.processes.all().length,
        NumberOfUsers: machine.sessions.filter(({ logonType }) => logonType === 2 || logonType === 10).length,
        OperatingSystemSKU: generation.caption.includes('Datacenter') ? 8 : 7,
        Organization: 'Northwind Example',
        OSArchitecture: '64-bit',
        OSLanguage: 1033,
        OSProductSuite: 272,
        OSType: 18,
        PortableOperatingSystem: false,
        Primary: true,
        ProductType: plan.role === 'DC' ? 2 : 3,
        RegisteredUser: 'Windows User',
        SerialNumber: `00454-${String(plan.seed % 100_000).padStart(5, '0')}-${String((plan.seed >>> 7) % 100_000).padStart(5, '0')}-AA${plan.seed % 900}`,
        ServicePackMajorVersion: generation.servicePack,
        ServicePackMinorVersion: 0,
        SizeStoredInPagingFiles: BigInt(paging),
        Status: 'OK',
        SuiteMask: 272,
        SystemDevice: '\\Device\\HarddiskVolume2',
        SystemDirectory: 'C:\\Windows\\system32',
        SystemDrive: 'C:',
        TotalVirtualMemorySize: BigInt(kilobytes + paging),
        TotalVisibleMemorySize: BigInt(kilobytes),
        Version: generation.version,
        WindowsDirectory: 'C:\\Windows',
      },
    ];
  },
  methods: {
    Reboot: (machine) => power(machine, true, false),
    Shutdown: (machine) => power(machine, false, false),
    Win32Shutdown: (machine, _row, input) => win32Shutdown(machine, input),
  },
};
