/**
 * Classes that administrators ask for most, with their keys first and the properties that they ask for: for completion where no machine has
 * been asked what it has. Names from the reference pages of the classes.
 */
const table = `
CIM_DataFile Name Version Manufacturer LastModified FileSize
Win32_BIOS Name SerialNumber SMBIOSBIOSVersion Manufacturer ReleaseDate
Win32_ComputerSystem Name Domain Manufacturer Model TotalPhysicalMemory NumberOfLogicalProcessors UserName
Win32_ComputerSystemProduct IdentifyingNumber Name Version UUID
Win32_DependentService Antecedent Dependent TypeOfDependency
Win32_DiskDrive DeviceID Model Size InterfaceType Status
Win32_Environment Name UserName VariableValue SystemVariable
Win32_LoggedOnUser Antecedent Dependent
Win32_LogicalDisk DeviceID DriveType FileSystem FreeSpace Size VolumeName
Win32_LogonSession LogonId LogonType AuthenticationPackage StartTime
Win32_NetworkAdapterConfiguration Index IPAddress IPSubnet DefaultIPGateway DNSServerSearchOrder DHCPEnabled MACAddress
Win32_OperatingSystem Caption Version BuildNumber LastBootUpTime FreePhysicalMemory TotalVisibleMemorySize LocalDateTime
Win32_PerfFormattedData_PerfOS_Processor Name PercentProcessorTime
Win32_PerfRawData_PerfOS_Processor Name PercentProcessorTime Timestamp_Sys100NS
Win32_Process Handle Name ProcessId ParentProcessId CommandLine ExecutablePath WorkingSetSize CreationDate
Win32_Processor DeviceID Name LoadPercentage NumberOfCores NumberOfLogicalProcessors MaxClockSpeed
Win32_QuickFixEngineering HotFixID Description InstalledOn
Win32_Service Name DisplayName State StartMode StartName ProcessId PathName Status
Win32_Share Name Path Description Type
Win32_SystemDriver Name DisplayName State StartMode PathName
Win32_TimeZone StandardName Bias Caption
Win32_UserAccount Domain Name SID Disabled Lockout LocalAccount
Win32_Volume DeviceID DriveLetter Label Capacity FreeSpace
`;

const known: ReadonlyMap<string, { readonly name: string; readonly properties: readonly string[] }> = new Map(
  table
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', ...properties] = line.split(' ');
      return [name.toLowerCase(), { name, properties }] as const;
    }),
);

/** For `Known` of complete.ts. */
export const usualClasses: {
  readonly classes: readonly string[];
  readonly propertiesOf: (className: string) => readonly string[];
} = {
  classes: [...known.values()].map(({ name }) => name),
  propertiesOf: (className) => known.get(className.toLowerCase())?.properties ?? [],
};
