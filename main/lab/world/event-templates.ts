import type { MachinePlan } from './machine-plan.ts';
import type { Random } from './random.ts';

/** What may happen on a machine, by log, the usual things first. Sources and numbers are those of Windows, the words are our own. */
export interface EventTemplate {
  readonly provider: string;
  readonly eventId: number;
  readonly level: number;
  readonly audit?: 'success' | 'failure';
  readonly task?: number;
  readonly taskName?: string;
  readonly bySystem?: boolean;
  /** `%1` is the first value of the data. */
  readonly message: string;
  readonly data: (random: Random, plan: MachinePlan) => readonly (readonly [name: string, value: string])[];
}

const services = ['Windows Update', 'Print Spooler', 'WMI Performance Adapter', 'Background Tasks Infrastructure'];
const people = ['a.moreau', 'j.lind', 'svc-backup', 'k.osei', 'm.tanaka'];
const none = (): readonly (readonly [string, string])[] => [];
const user = (random: Random, plan: MachinePlan): readonly (readonly [string, string])[] => [
  ['TargetUserName', random.pick(people)],
  ['TargetDomainName', plan.domain.split('.')[0]!.toUpperCase()],
  ['LogonType', random.pick(['3', '3', '3', '5', '10'])],
  ['IpAddress', `10.20.${random.between(1, 9)}.${random.between(10, 240)}`],
];

export const eventTemplates: Readonly<Record<string, readonly EventTemplate[]>> = {
  System: [
    {
      provider: 'Service Control Manager',
      eventId: 7036,
      level: 4,
      message: 'The service %1 entered the state %2.',
      data: (random) => [
        ['param1', random.pick(services)],
        ['param2', random.pick(['running', 'stopped'])],
      ],
    },
    {
      provider: 'Service Control Manager',
      eventId: 7040,
      level: 4,
      bySystem: true,
      message: 'The start type of the service %1 was changed from %2 to %3.',
      data: (random) => [
        ['param1', random.pick(services)],
        ['param2', 'auto start'],
        ['param3', 'demand start'],
      ],
    },
    {
      provider: 'Microsoft-Windows-Time-Service',
      eventId: 37,
      level: 4,
      message: 'The time provider receives valid time from %1.',
      data: (_random, plan) => [['TimeSource', `dc01.${plan.domain}`]],
    },
    {
      provider: 'Microsoft-Windows-Kernel-General',
      eventId: 16,
      level: 4,
      bySystem: true,
      message: 'The access history of the hive %1 was cleared, updating %2 keys.',
      data: (random) => [
        ['HiveName', '\\SystemRoot\\System32\\Config\\DRIVERS'],
        ['KeysUpdated', String(random.between(2, 90))],
      ],
    },
    {
      provider: 'Microsoft-Windows-DNS-Client',
      eventId: 1014,
      level: 3,
      message: 'Resolving the name %1 timed out after none of the configured DNS servers answered.',
      data: (random) => [
        ['QueryName', random.pick(['ctldl.windowsupdate.com', 'wpad.corp.example', 'time.windows.com'])],
      ],
    },
    {
      provider: 'disk',
      eventId: 153,
      level: 3,
      message: 'The I/O operation at block address %1 of disk %2 was tried again.',
      data: (random) => [
        ['', `0x${random.between(4096, 16_777_215).toString(16)}`],
        ['', '0'],
      ],
    },
    {
      provider: 'Tcpip',
      eventId: 4227,
      level: 3,
      message: 'An outgoing connection failed because its local port was used for the same remote end a moment ago.',
      data: none,
    },
    {
      provider: 'Service Control Manager',
      eventId: 7031,
      level: 2,
      message: 'The service %1 ended unexpectedly. It has done this %2 time(s).',
      data: (random) => [
        ['param1', random.pick(services)],
        ['param2', String(random.between(1, 4))],
      ],
    },
    {
      provider: 'Microsoft-Windows-GroupPolicy',
      eventId: 1129,
      level: 2,
      bySystem: true,
      message: 'Group Policy could not be processed because no domain controller was reachable.',
      data: none,
    },
    {
      provider: 'Microsoft-Windows-Kernel-Power',
      eventId: 41,
      level: 1,
      task: 63,
      taskName: '(63)',
      bySystem: true,
      message: 'The machine started again without having been shut down cleanly.',
      data: () => [
        ['BugcheckCode', '0'],
        ['SleepInProgress', '0'],
      ],
    },
  ],
  Application: [
    {
      provider: 'Microsoft-Windows-Security-SPP',
      eventId: 16384,
      level: 4,
      message: 'The software protection service is scheduled to restart at %1. Reason: %2.',
      data: (random) => [
        ['', `2126-01-0${random.between(1, 9)}T04:00:00Z`],
        ['', 'RulesEngine'],
      ],
    },
    {
      provider: 'ESENT',
      eventId: 326,
      level: 4,
      task: 1,
      taskName: 'General',
      message: 'The database engine attached a database (%1, %2).',
      data: (random) => [
        ['', String(random.between(1, 4))],
        ['', 'C:\\Windows\\system32\\LogFiles\\Sum\\SystemIdentity.mdb'],
      ],
    },
    {
      provider: 'VSS',
      eventId: 8224,
      level: 4,
      message: 'The volume shadow copy service shuts down because it was idle.',
      data: none,
    },
    {
      provider: 'Windows Error Reporting',
      eventId: 1001,
      level: 4,
      message: 'Fault bucket %1. Event name: %2.',
      data: (random) => [
        ['', String(random.between(1_000_000, 9_000_000))],
        ['', 'APPCRASH'],
      ],
    },
    {
      provider: 'Microsoft-Windows-User Profiles Service',
      eventId: 1530,
      level: 3,
      bySystem: true,
      message: 'The registry of the user %1 is still in use by other programs.',
      data: (random) => [['Detail', random.pick(people)]],
    },
    {
      provider: 'Application Error',
      eventId: 1000,
      level: 2,
      task: 100,
      taskName: 'Application Crashing Events',
      message: 'Faulting application %1, faulting module %2, exception code %3.',
      data: (random) => [
        ['', random.pick(['orders.exe', 'w3wp.exe', 'engine.exe'])],
        ['', 'KERNELBASE.dll'],
        ['', '0xe0434352'],
      ],
    },
    {
      provider: '.NET Runtime',
      eventId: 1026,
      level: 2,
      message:
        'The process %1 was ended by an exception that nobody handled: %2.\nat Orders.Import.Run()\nat Orders.Program.Main()',
      data: (random) => [
        ['', 'orders.exe'],
        ['', random.pick(['System.TimeoutException', 'System.IO.IOException'])],
      ],
    },
  ],
  Security: [
    {
      provider: 'Microsoft-Windows-Security-Auditing',
      eventId: 4624,
      level: 0,
      audit: 'success',
      task: 12_544,
      taskName: 'Logon',
      message: 'An account was logged on: %2\\%1, logon type %3, from %4.',
      data: user,
    },
    {
      provider: 'Microsoft-Windows-Security-Auditing',
      eventId: 4634,
      level: 0,
      audit: 'success',
      task: 12_545,
      taskName: 'Logoff',
      message: 'An account was logged off: %2\\%1, logon type %3.',
      data: user,
    },
    {
      provider: 'Microsoft-Windows-Security-Auditing',
      eventId: 4672,
      level: 0,
      audit: 'success',
      task: 12_548,
      taskName: 'Special Logon',
      message: 'Special privileges were given to the new logon of %2\\%1.',
      data: user,
    },
    {
      provider: 'Microsoft-Windows-Security-Auditing',
      eventId: 4625,
      level: 0,
      audit: 'failure',
      task: 12_544,
      taskName: 'Logon',
      message: 'An account failed to log on: %2\\%1, logon type %3, from %4.',
      data: user,
    },
  ],
  Setup: [
    {
      provider: 'Microsoft-Windows-Servicing',
      eventId: 2,
      level: 4,
      bySystem: true,
      message: 'Package %1 was changed to the state %2.',
      data: (random) => [
        ['PackageIdentifier', `KB50${random.between(10_000, 49_999)}`],
        ['IntendedPackageState', 'Installed'],
      ],
    },
  ],
  'Microsoft-Windows-PowerShell/Operational': [
    {
      provider: 'Microsoft-Windows-PowerShell',
      eventId: 4104,
      level: 5,
      taskName: 'Execute a Remote Command',
      message: 'Creating scriptblock text (%1 of %2): %3',
      data: (random) => [
        ['MessageNumber', '1'],
        ['MessageTotal', '1'],
        ['ScriptBlockText', random.pick(['Get-Service | Where-Object Status -eq Stopped', 'prompt', 'Get-Volume'])],
      ],
    },
    {
      provider: 'Microsoft-Windows-PowerShell',
      eventId: 40_961,
      level: 4,
      message: 'The PowerShell console is starting up.',
      data: none,
    },
    {
      provider: 'Microsoft-Windows-PowerShell',
      eventId: 4100,
      level: 3,
      message: 'Error message: %1',
      data: (random) => [
        ['ContextInfo', random.pick(['Access to the path is denied.', 'The term is not recognized.'])],
      ],
    },
  ],
};
