import { defineClass } from '../cim-class.ts';
import { createRandom } from '../world/random.ts';
import { dateTime } from './operating-system.ts';
import { networkAdapterName } from './perf.ts';
import type { Provider } from './provider.ts';

/** The computer, its firmware, processors, disks and network adapter. */

export const computerSystemProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_ComputerSystem',
    keys: ['Name'],
    bases: ['CIM_ComputerSystem', 'CIM_UnitaryComputerSystem'],
    properties: {
      AdminPasswordStatus: 'uint16',
      AutomaticManagedPagefile: 'boolean',
      AutomaticResetBootOption: 'boolean',
      AutomaticResetCapability: 'boolean',
      BootROMSupported: 'boolean',
      BootupState: 'string',
      Caption: 'string',
      ChassisBootupState: 'uint16',
      CreationClassName: 'string',
      CurrentTimeZone: 'sint16',
      DaylightInEffect: 'boolean',
      Description: 'string',
      DNSHostName: 'string',
      Domain: 'string',
      DomainRole: 'uint16',
      EnableDaylightSavingsTime: 'boolean',
      FrontPanelResetStatus: 'uint16',
      HypervisorPresent: 'boolean',
      InfraredSupported: 'boolean',
      InstallDate: 'datetime',
      KeyboardPasswordStatus: 'uint16',
      Manufacturer: 'string',
      Model: 'string',
      Name: 'string',
      NetworkServerModeEnabled: 'boolean',
      NumberOfLogicalProcessors: 'uint32',
      NumberOfProcessors: 'uint32',
      OEMStringArray: 'string[]',
      PartOfDomain: 'boolean',
      PauseAfterReset: 'sint64',
      PCSystemType: 'uint16',
      PowerOnPasswordStatus: 'uint16',
      PowerState: 'uint16',
      PowerSupplyState: 'uint16',
      PrimaryOwnerName: 'string',
      ResetCapability: 'uint16',
      ResetCount: 'sint16',
      ResetLimit: 'sint16',
      Roles: 'string[]',
      Status: 'string',
      SystemType: 'string',
      ThermalState: 'uint16',
      TotalPhysicalMemory: 'uint64',
      UserName: 'string',
      WakeUpType: 'uint16',
      Workgroup: 'string',
    },
  }),
  instances: (machine) => {
    const { plan } = machine;
    const console_ = machine.sessions.find(({ logonType }) => logonType === 2);
    const isVirtual = /^(VMware|Microsoft)/.test(plan.manufacturer);
    return [
      {
        AdminPasswordStatus: isVirtual ? 3 : 1,
        AutomaticManagedPagefile: true,
        AutomaticResetBootOption: true,
        AutomaticResetCapability: true,
        BootROMSupported: true,
        BootupState: 'Normal boot',
        Caption: plan.name,
        ChassisBootupState: 3,
        CreationClassName: 'Win32_ComputerSystem',
        CurrentTimeZone: plan.offsetMinutes,
        DaylightInEffect: false,
        Description: 'AT/AT COMPATIBLE',
        DNSHostName: plan.name,
        Domain: plan.domain,
        DomainRole: plan.role === 'DC' ? 4 : 3,
        EnableDaylightSavingsTime: true,
        FrontPanelResetStatus: 3,
        HypervisorPresent: isVirtual,
        InfraredSupported: false,
        KeyboardPasswordStatus: 3,
        Manufacturer: plan.manufacturer,
        Model: plan.model,
        Name: plan.name,
        NetworkServerModeEnabled: true,
        NumberOfLogicalProcessors: plan.logicalProcessors,
        NumberOfProcessors: socketsOf(plan.logicalProcessors),
        OEMStringArray: isVirtual ? [] : [plan.manufacturer],
        PartOfDomain: true,
        PauseAfterReset: -1n,
        PCSystemType: isVirtual ? 1 : 4,
        PowerOnPasswordStatus: 0,
        PowerState: 0,
        PowerSupplyState: 3,
        PrimaryOwnerName: 'Windows User',
        ResetCapability: 1,
        ResetCount: -1,
        ResetLimit: -1,
        Roles: ['LM_Workstation', 'LM_Server', 'NT', plan.role === 'DC' ? 'Primary_Domain_Controller' : 'Server_NT'],
        Status: 'OK',
        SystemType: 'x64-based PC',
        ThermalState: 3,
        TotalPhysicalMemory: BigInt(plan.memoryBytes),
        UserName: console_ ? `${console_.domain}\\${console_.user}` : null,
        WakeUpType: 6,
      },
    ];
  },
};

const socketsOf = (logicalProcessors: number): number => (logicalProcessors >= 16 ? 2 : 1);

export const computerSystemProductProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_ComputerSystemProduct',
    keys: ['IdentifyingNumber', 'Name', 'Version'],
    bases: ['CIM_Product'],
    properties: {
      Caption: 'string',
      Description: 'string',
      IdentifyingNumber: 'string',
      Name: 'string',
      SKUNumber: 'string',
      UUID: 'string',
      Vendor: 'string',
      Version: 'string',
    },
  }),
  instances: ({ plan }) => {
    const random = createRandom(plan.seed ^ 0x0001d);
    const hex = (digits: number): string =>
      Array.from({ length: digits }, () => random.between(0, 15).toString(16).toUpperCase()).join('');
    return [
      {
        Caption: 'Computer System Product',
        Description: 'Computer System Product',
        IdentifyingNumber: plan.serialNumber,
        Name: plan.model,
        UUID: `${hex(8)}-${hex(4)}-4${hex(3)}-A${hex(3)}-${hex(12)}`,
        Vendor: plan.manufacturer,
        Version: plan.manufacturer.startsWith('VMware') ? 'None' : '7.0',
      },
    ];
  },
};

export const biosProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_BIOS',
    keys: ['Name', 'SoftwareElementID', 'SoftwareElementState', 'TargetOperatingSystem', 'Version'],
    bases: ['CIM_BIOSElement'],
    singleton: true,
    properties: {
      BiosCharacteristics: 'uint16[]',
      BIOSVersion: 'string[]',
      BuildNumber: 'string',
      Caption: 'string',
      CurrentLanguage: 'string',
      Description: 'string',
      InstallDate: 'datetime',
      Manufacturer: 'string',
      Name: 'string',
      PrimaryBIOS: 'boolean',
      ReleaseDate: 'datetime',
      SerialNumber: 'string',
      SMBIOSBIOSVersion: 'string',
      SMBIOSMajorVersion: 'uint16',
      SMBIOSMinorVersion: 'uint16',
      SMBIOSPresent: 'boolean',
      SoftwareElementID: 'string',
      SoftwareElementState: 'uint16',
      Status: 'string',
      TargetOperatingSystem: 'uint16',
      Version: 'string',
    },
  }),
  instances: (machine) => {
    const { plan } = machine;
    const version = plan.manufacturer.startsWith('VMware')
      ? 'VMW71.00V.21100432.B64'
      : plan.model === 'Virtual Machine'
        ? 'Hyper-V UEFI Release v4.1'
        : '2.14.1';
    return [
      {
        BiosCharacteristics: [7, 9, 11, 12, 15, 16, 19, 26, 28, 32, 33, 40, 42, 43],
        BIOSVersion: [`${plan.manufacturer.split(/[ ,]/, 1)[0]!.toUpperCase()} - 1`, version],
        Caption: version,
        CurrentLanguage: 'en|US|iso8859-1',
        Description: version,
        Manufacturer: plan.manufacturer,
        Name: version,
        PrimaryBIOS: true,
        ReleaseDate: dateTime(machine, Date.UTC(2022, plan.seed % 12, 1 + (plan.seed % 28))),
        SerialNumber: plan.serialNumber,
        SMBIOSBIOSVersion: version,
        SMBIOSMajorVersion: 2,
        SMBIOSMinorVersion: 7,
        SMBIOSPresent: true,
        SoftwareElementID: version,
        SoftwareElementState: 3,
        Status: 'OK',
        TargetOperatingSystem: 0,
        Version: `${plan.manufacturer.split(/[ ,]/, 1)[0]!.toUpperCase()} - 1`,
      },
    ];
  },
};

export const processorProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_Processor',
    keys: ['DeviceID'],
    bases: ['CIM_Processor'],
    properties: {
      AddressWidth: 'uint16',
      Architecture: 'uint16',
      Availability: 'uint16',
      Caption: 'string',
      CpuStatus: 'uint16',
      CreationClassName: 'string',
      CurrentClockSpeed: 'uint32',
      DataWidth: 'uint16',
      Description: 'string',
      DeviceID: 'string',
      Family: 'uint16',
      L2CacheSize: 'uint32',
      L3CacheSize: 'uint32',
      Level: 'uint16',
      LoadPercentage: 'uint16',
      Manufacturer: 'string',
      MaxClockSpeed: 'uint32',
      Name: 'string',
      NumberOfCores: 'uint32',
      NumberOfLogicalProcessors: 'uint32',
      ProcessorId: 'string',
      ProcessorType: 'uint16',
      Revision: 'uint16',
      Role: 'string',
      SocketDesignation: 'string',
      Status: 'string',
      StatusInfo: 'uint16',
      SystemCreationClassName: 'string',
      SystemName: 'string',
      VirtualizationFirmwareEnabled: 'boolean',
    },
  }),
  instances: function* ({ plan, workload, clock }) {
    const sockets = socketsOf(plan.logicalProcessors);
    const perSocket = plan.logicalProcessors / sockets;
    const now = clock.now();
    const models = [
      ['Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz', 2993],
      ['Intel(R) Xeon(R) Silver 4314 CPU @ 2.40GHz', 2394],
      ['AMD EPYC 7543 32-Core Processor', 2794],
    ] as const;
    const [name, speed] = models[plan.seed % models.length]!;
    for (let socket = 0; socket < sockets; socket++) {
      // As the raw counters say it for the last second.
      const own = workload.processors.slice(socket * perSocket, (socket + 1) * perSocket);
      const busy = own.reduce((sum, processor) => sum + processor.between(now - 1000, now), 0) / (own.length * 1000);
      yield {
        AddressWidth: 64,
        Architecture: 9,
        Availability: 3,
        Caption: 'Intel64 Family 6 Model 85 Stepping 7',
        CpuStatus: 1,
        CreationClassName: 'Win32_Processor',
        CurrentClockSpeed: speed,
        DataWidth: 64,
        Description: 'Intel64 Family 6 Model 85 Stepping 7',
        DeviceID: `CPU${socket}`,
        Family: 179,
        L2CacheSize: 1024 * perSocket,
        L3CacheSize: 36_608,
        Level: 6,
        LoadPercentage: Math.min(100, Math.round(busy * 100)),
        Manufacturer: name.startsWith('AMD') ? 'AuthenticAMD' : 'GenuineIntel',
        MaxClockSpeed: speed,
        Name: name,
        NumberOfCores: Math.max(1, perSocket / 2),
        NumberOfLogicalProcessors: perSocket,
        ProcessorId: '0F8BFBFF00050657',
        ProcessorType: 3,
        Revision: 21_767,
        Role: 'CPU',
        SocketDesignation: `CPU #${String(socket).padStart(3, '0')}`,
        Status: 'OK',
        StatusInfo: 3,
        SystemCreationClassName: 'Win32_ComputerSystem',
        SystemName: plan.name,
        VirtualizationFirmwareEnabled: false,
      };
    }
  },
};

export const logicalDiskProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_LogicalDisk',
    keys: ['DeviceID'],
    bases: ['CIM_LogicalDisk'],
    properties: {
      Access: 'uint16',
      Availability: 'uint16',
      BlockSize: 'uint64',
      Caption: 'string',
      Compressed: 'boolean',
      CreationClassName: 'string',
      Description: 'string',
      DeviceID: 'string',
      DriveType: 'uint32',
      FileSystem: 'string',
      FreeSpace: 'uint64',
      InstallDate: 'datetime',
      MaximumComponentLength: 'uint32',
      MediaType: 'uint32',
      Name: 'string',
      ProviderName: 'string',
      QuotasDisabled: 'boolean',
      QuotasIncomplete: 'boolean',
      QuotasRebuilding: 'boolean',
      Size: 'uint64',
      Status: 'string',
      SupportsDiskQuotas: 'boolean',
      SupportsFileBasedCompression: 'boolean',
      SystemCreationClassName: 'string',
      SystemName: 'string',
      VolumeDirty: 'boolean',
      VolumeName: 'string',
      VolumeSerialNumber: 'string',
    },
  }),
  instances: function* ({ plan }) {
    for (const disk of plan.disks) {
      yield {
        Access: 0,
        Caption: disk.drive,
        Compressed: false,
        CreationClassName: 'Win32_LogicalDisk',
        Description: 'Local Fixed Disk',
        DeviceID: disk.drive,
        DriveType: 3,
        FileSystem: 'NTFS',
        FreeSpace: BigInt(Math.floor((disk.sizeBytes * (1 - disk.usedShare)) / 4096) * 4096),
        MaximumComponentLength: 255,
        MediaType: 12,
        Name: disk.drive,
        QuotasDisabled: true,
        QuotasIncomplete: false,
        QuotasRebuilding: false,
        Size: BigInt(disk.sizeBytes),
        SupportsDiskQuotas: true,
        SupportsFileBasedCompression: true,
        SystemCreationClassName: 'Win32_ComputerSystem',
        SystemName: plan.name,
        VolumeDirty: false,
        VolumeName: disk.label,
        VolumeSerialNumber: ((plan.seed ^ (disk.drive.charCodeAt(0) * 0x1010101)) >>> 0)
          .toString(16)
          .toUpperCase()
          .padStart(8, '0'),
      };
    }
    // An empty drive has neither size nor file system.
    yield {
      Access: 0,
      Caption: 'Z:',
      CreationClassName: 'Win32_LogicalDisk',
      Description: 'CD-ROM Disc',
      DeviceID: 'Z:',
      DriveType: 5,
      MediaType: 11,
      Name: 'Z:',
      SystemCreationClassName: 'Win32_ComputerSystem',
      SystemName: plan.name,
    };
  },
};

export const networkAdapterProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_NetworkAdapterConfiguration',
    keys: ['Index'],
    properties: {
      Caption: 'string',
      DefaultIPGateway: 'string[]',
      Description: 'string',
      DHCPEnabled: 'boolean',
      DHCPServer: 'string',
      DNSDomain: 'string',
      DNSDomainSuffixSearchOrder: 'string[]',
      DNSHostName: 'string',
      DNSServerSearchOrder: 'string[]',
      DomainDNSRegistrationEnabled: 'boolean',
      FullDNSRegistrationEnabled: 'boolean',
      GatewayCostMetric: 'uint16[]',
      Index: 'uint32',
      InterfaceIndex: 'uint32',
      IPAddress: 'string[]',
      IPConnectionMetric: 'uint32',
      IPEnabled: 'boolean',
      IPSubnet: 'string[]',
      MACAddress: 'string',
      ServiceName: 'string',
      SettingID: 'string',
      TcpipNetbiosOptions: 'uint32',
    },
  }),
  instances: function* (machine) {
    const { plan } = machine;
    const network = plan.address.split('.').slice(0, 3).join('.');
    const mac = (plan.seed >>> 0).toString(16).padStart(8, '0').toUpperCase().match(/../g)!;
    const adapter = networkAdapterName(machine);
    yield {
      Caption: '[00000000] Microsoft Kernel Debug Network Adapter',
      Description: 'Microsoft Kernel Debug Network Adapter',
      DHCPEnabled: true,
      Index: 0,
      InterfaceIndex: 2,
      IPEnabled: false,
      ServiceName: 'kdnic',
    };
    yield {
      Caption: `[00000001] ${adapter}`,
      DefaultIPGateway: [`${network}.1`],
      Description: adapter,
      DHCPEnabled: false,
      DNSDomain: plan.domain,
      DNSDomainSuffixSearchOrder: [plan.domain],
      DNSHostName: plan.name,
      DNSServerSearchOrder: [`${network}.10`, `${network}.11`],
      DomainDNSRegistrationEnabled: false,
      FullDNSRegistrationEnabled: true,
      GatewayCostMetric: [256],
      Index: 1,
      InterfaceIndex: 4,
      IPAddress: [plan.address, `fe80::${mac[0]}${mac[1]}:${mac[2]}${mac[3]}`.toLowerCase()],
      IPConnectionMetric: 15,
      IPEnabled: true,
      IPSubnet: ['255.255.255.0', '64'],
      MACAddress: `00:50:${mac.join(':')}`,
      ServiceName: 'netvsc',
      SettingID: '{7B1F5C62-2F0A-4D0C-9B7E-0C5C1D3E9A11}',
      TcpipNetbiosOptions: 0,
    };
  },
};
