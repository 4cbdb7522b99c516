import { defineClass } from '../cim-class.ts';
import { LabFault } from '../faults.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import { systemDrivers } from '../world/windows-service-table.ts';
import { dateTime } from './operating-system.ts';
import type { Provider } from './provider.ts';

/** Who is signed in, accounts, environment variables, and the drivers that services depend on. */

export const logonSessionProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_LogonSession',
    keys: ['LogonId'],
    bases: ['Win32_Session'],
    properties: {
      AuthenticationPackage: 'string',
      Caption: 'string',
      Description: 'string',
      InstallDate: 'datetime',
      LogonId: 'string',
      LogonType: 'uint32',
      Name: 'string',
      StartTime: 'datetime',
      Status: 'string',
    },
  }),
  instances: (machine) =>
    machine.sessions.map((session) => ({
      AuthenticationPackage: session.authenticationPackage,
      LogonId: session.logonId,
      LogonType: session.logonType,
      StartTime: dateTime(machine, session.startedAt),
    })),
};

/** Antecedent is the account, Dependent the session. */
export const loggedOnUserProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_LoggedOnUser',
    keys: ['Antecedent', 'Dependent'],
    bases: ['CIM_Dependency'],
    properties: { Antecedent: 'reference', Dependent: 'reference' },
  }),
  instances: (machine) =>
    machine.sessions.map((session) => ({
      Antecedent: { className: 'Win32_Account', keys: { Domain: session.domain, Name: session.user } },
      Dependent: { className: 'Win32_LogonSession', keys: { LogonId: session.logonId } },
    })),
};

export const userAccountProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_UserAccount',
    keys: ['Domain', 'Name'],
    bases: ['Win32_Account'],
    properties: {
      AccountType: 'uint32',
      Caption: 'string',
      Description: 'string',
      Disabled: 'boolean',
      Domain: 'string',
      FullName: 'string',
      LocalAccount: 'boolean',
      Lockout: 'boolean',
      Name: 'string',
      PasswordChangeable: 'boolean',
      PasswordExpires: 'boolean',
      PasswordRequired: 'boolean',
      SID: 'string',
      SIDType: 'uint8',
      Status: 'string',
    },
  }),
  instances: function* (machine) {
    const { plan } = machine;
    const domain = plan.name.toUpperCase();
    const sid = `S-1-5-21-${plan.seed}-${plan.seed ^ 0x1357}-${(plan.seed >>> 3) + 1}`;
    const local: [string, number, boolean, string][] = [
      ['Administrator', 500, false, 'Built-in account for administering the computer/domain'],
      ['Guest', 501, true, 'Built-in account for guest access to the computer/domain'],
      ['reader', 1001, false, 'May sign in, may not manage'],
    ];
    for (const [name, relativeId, disabled, description] of local) {
      yield {
        AccountType: 512,
        Caption: `${domain}\\${name}`,
        Description: description,
        Disabled: disabled,
        Domain: domain,
        FullName: '',
        LocalAccount: true,
        Lockout: false,
        Name: name,
        PasswordChangeable: true,
        PasswordExpires: relativeId !== 500,
        PasswordRequired: !disabled,
        SID: `${sid}-${relativeId}`,
        SIDType: 1,
        Status: disabled ? 'Degraded' : 'OK',
      };
    }
  },
};

function systemVariables(machine: SimulatedMachine): [name: string, value: string][] {
  return [
    ['ComSpec', '%SystemRoot%\\system32\\cmd.exe'],
    ['NUMBER_OF_PROCESSORS', String(machine.plan.logicalProcessors)],
    ['OS', 'Windows_NT'],
    ['Path', '%SystemRoot%\\system32;%SystemRoot%;%SystemRoot%\\System32\\Wbem'],
    ['PATHEXT', '.COM;.EXE;.BAT;.CMD;.VBS;.JS;.MSC'],
    ['PROCESSOR_ARCHITECTURE', 'AMD64'],
    ['TEMP', '%SystemRoot%\\TEMP'],
    ['windir', '%SystemRoot%'],
  ];
}
const environmentKey = (name: string, userName: string): string => `${userName}\u0000${name}`.toLowerCase();

/** Made on first use, then the machine's own. */
function environmentOf(machine: SimulatedMachine): SimulatedMachine['environment'] {
  if (machine.environment.size === 0) {
    for (const [name, value] of systemVariables(machine)) {
      machine.environment.set(environmentKey(name, '<SYSTEM>'), { name, userName: '<SYSTEM>', value });
    }
  }
  return machine.environment;
}

export const environmentProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_Environment',
    keys: ['Name', 'UserName'],
    bases: ['CIM_SystemResource'],
    properties: {
      Caption: 'string',
      Description: 'string',
      InstallDate: 'datetime',
      Name: 'string',
      Status: 'string',
      SystemVariable: 'boolean',
      UserName: 'string',
      VariableValue: 'string',
    },
    writable: ['VariableValue'],
  }),
  instances: (machine) =>
    [...environmentOf(machine).values()].map(({ name, userName, value }) => ({
      Caption: `${userName}\\${name}`,
      Description: `${userName}\\${name}`,
      Name: name,
      Status: 'OK',
      SystemVariable: userName === '<SYSTEM>',
      UserName: userName,
      VariableValue: value,
    })),
  create: (machine, values) => {
    const name = values.get('name');
    const userName = values.get('username');
    const value = values.get('variablevalue');
    if (!name || !userName || value === undefined || value === null) throw new LabFault(2150858839);
    environmentOf(machine).set(environmentKey(name, userName), { name, userName, value });
    return { Name: name, UserName: userName };
  },
  put: (machine, row, values) => {
    const entry = environmentOf(machine).get(environmentKey(row['Name'] as string, row['UserName'] as string))!;
    const value = values.get('variablevalue');
    if (value === null) throw new LabFault(2150858817);
    if (value !== undefined) entry.value = value;
  },
  remove: (machine, row) => {
    environmentOf(machine).delete(environmentKey(row['Name'] as string, row['UserName'] as string));
  },
};

export const systemDriverProvider: Provider = {
  cimClass: defineClass({
    name: 'Win32_SystemDriver',
    keys: ['Name'],
    bases: ['Win32_BaseService', 'CIM_Service'],
    properties: {
      AcceptPause: 'boolean',
      AcceptStop: 'boolean',
      Caption: 'string',
      Description: 'string',
      DisplayName: 'string',
      ErrorControl: 'string',
      ExitCode: 'uint32',
      Name: 'string',
      PathName: 'string',
      ServiceType: 'string',
      Started: 'boolean',
      StartMode: 'string',
      State: 'string',
      Status: 'string',
      SystemName: 'string',
    },
  }),
  instances: (machine) =>
    systemDrivers.map((name) => ({
      AcceptPause: false,
      AcceptStop: true,
      Caption: `${name} driver`,
      Description: `${name} driver`,
      DisplayName: `${name} driver`,
      ErrorControl: 'Normal',
      ExitCode: 0,
      Name: name,
      PathName: `C:\\Windows\\system32\\drivers\\${name.toLowerCase()}.sys`,
      ServiceType: 'Kernel Driver',
      Started: true,
      StartMode: 'System',
      State: 'Running',
      Status: 'OK',
      SystemName: machine.plan.name,
    })),
};
