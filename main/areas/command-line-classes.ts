/** What completion knows beside the language: machines and tags of the inventory, classes with properties that answers have shown. */
import type { LineCompletion } from '../../shared/contract/command-lines.ts';
import { complete } from '../winrm-command/complete.ts';
import type { XmlElement } from '../wsman/index.ts';
import type { KnownMachine } from './command-line-destination.ts';

/** Classes of root/cimv2 that Windows has since 2003, with their keys and what they are most often asked for. */
const usual: Readonly<Record<string, string>> = {
  Win32_BIOS: 'Name Manufacturer SerialNumber SMBIOSBIOSVersion ReleaseDate',
  Win32_BaseBoard: 'Tag Manufacturer Product SerialNumber',
  Win32_ComputerSystem:
    'Name Domain Manufacturer Model TotalPhysicalMemory NumberOfLogicalProcessors UserName DomainRole',
  Win32_DependentService: 'Antecedent Dependent',
  Win32_Desktop: 'Name ScreenSaverActive Wallpaper',
  Win32_DiskDrive: 'DeviceID Model InterfaceType Size SerialNumber Status',
  Win32_DiskPartition: 'DeviceID Name Size Bootable Type',
  Win32_Environment: 'Name UserName VariableValue SystemVariable',
  Win32_Group: 'Domain Name SID LocalAccount',
  Win32_LogicalDisk: 'DeviceID DriveType FileSystem FreeSpace Size VolumeName',
  Win32_LoggedOnUser: 'Antecedent Dependent',
  Win32_NTEventlogFile: 'Name LogfileName FileSize MaxFileSize NumberOfRecords',
  Win32_NTLogEvent: 'Logfile RecordNumber EventCode EventType SourceName TimeGenerated Message',
  Win32_NetworkAdapter: 'DeviceID Name MACAddress NetConnectionID NetConnectionStatus Speed',
  Win32_NetworkAdapterConfiguration:
    'Index Description IPAddress IPSubnet DefaultIPGateway DNSServerSearchOrder DHCPEnabled',
  Win32_OperatingSystem:
    'Caption Version BuildNumber OSArchitecture CSName InstallDate LastBootUpTime LocalDateTime FreePhysicalMemory TotalVisibleMemorySize FreeVirtualMemory NumberOfProcesses ServicePackMajorVersion SystemDirectory',
  Win32_PageFileUsage: 'Name AllocatedBaseSize CurrentUsage PeakUsage',
  Win32_PerfFormattedData_PerfOS_Processor: 'Name PercentProcessorTime PercentIdleTime',
  Win32_PhysicalMemory: 'Tag Capacity Speed Manufacturer PartNumber DeviceLocator',
  Win32_PnPEntity: 'DeviceID Name Status ConfigManagerErrorCode',
  Win32_Printer: 'DeviceID Name DriverName PortName PrinterStatus Shared',
  Win32_Process:
    'Handle ProcessId Name CommandLine ExecutablePath CreationDate ParentProcessId ThreadCount WorkingSetSize',
  Win32_Processor:
    'DeviceID Name LoadPercentage NumberOfCores NumberOfLogicalProcessors MaxClockSpeed CurrentClockSpeed',
  Win32_Product: 'IdentifyingNumber Name Vendor Version InstallDate',
  Win32_QuickFixEngineering: 'HotFixID Description InstalledOn InstalledBy',
  Win32_Registry: 'Name CurrentSize MaximumSize ProposedSize',
  Win32_ScheduledJob: 'JobId Command StartTime Status',
  Win32_Service:
    'Name DisplayName State Status StartMode StartName PathName ProcessId ExitCode Started AcceptStop Description',
  Win32_Session: 'LogonId LogonType StartTime',
  Win32_Share: 'Name Path Description Type',
  Win32_StartupCommand: 'Name Command Location User',
  Win32_SystemDriver: 'Name DisplayName State StartMode PathName',
  Win32_SystemEnclosure: 'Tag Manufacturer SerialNumber ChassisTypes',
  Win32_TimeZone: 'StandardName Bias Caption DaylightName',
  Win32_UserAccount: 'Domain Name SID Disabled Lockout LocalAccount PasswordExpires',
  Win32_Volume: 'DeviceID DriveLetter Label FileSystem Capacity FreeSpace',
  CIM_DataFile: 'Name Version FileSize LastModified Extension',
};

/** So many classes with their properties are remembered; the one learned longest ago goes first. */
const maxLearned = 200;

export interface ClassMemory {
  /** An instance that a line brought. */
  learn(element: XmlElement): void;
  complete(line: string, cursor: number, machines: readonly KnownMachine[]): LineCompletion;
}

/** Lives as long as the console; holds names only, never values. */
export function createClassMemory(): ClassMemory {
  const learned = new Map<string, readonly string[]>();
  const first = new Map(Object.entries(usual).map(([name, words]) => [name, words.split(' ')]));

  const propertiesOf = (className: string): readonly string[] => {
    const isIt = (name: string) => name.toLowerCase() === className.toLowerCase();
    const known = [...learned, ...first].filter(([name]) => isIt(name)).flatMap(([, names]) => names);
    return [...new Set(known)];
  };

  return {
    learn(element) {
      const { local, namespace, children } = element;
      // Instances of classes have the class's own URI as namespace; outputs of methods are none.
      if (children.length === 0 || !namespace.endsWith(`/${local}`)) return;
      learned.delete(local);
      learned.set(local, [...new Set(children.map((child) => child.local))]);
      const [oldest] = learned.keys();
      if (learned.size > maxLearned && oldest !== undefined) learned.delete(oldest);
    },
    complete(line, cursor, machines) {
      const names = machines.map(({ settings }) => settings.name);
      const tags = new Set(machines.flatMap(({ settings }) => settings.tags));
      return complete(line, cursor, {
        machines: names,
        tags: [...tags].sort(),
        classes: [...new Set([...first.keys(), ...learned.keys()])].sort(),
        propertiesOf,
      });
    },
  };
}
