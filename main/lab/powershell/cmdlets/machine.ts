/** Get-Process, Get-CimInstance, Get-Date, Start-Sleep, Get-Host, Get-Command: what a machine says about itself. */

import { type PsProperty, type PsValue, psObject, psProperties } from '../../../wsman/psrp/clixml-types.ts';
import type { CimClass, LabScalar, LabValue } from '../../cim-class.ts';
import { providers } from '../../providers/all.ts';
import type { LabProcess } from '../../world/processes.ts';
import { matches, parseWql, WqlError } from '../../wql.ts';
import { type Cmdlet, silently } from '../cmdlet.ts';
import { wildcard } from '../compare.ts';
import { customObject, dateTime, timeSpan } from '../objects.ts';
import { ScriptError } from '../script-error.ts';
import type { ScriptHost } from '../script-host.ts';

function processObject({ machine }: ScriptHost, process: LabProcess): PsValue {
  const used = machine.processes.processorTime(process, machine.clock.now());
  const name = process.name.replace(/\.exe$/i, '');
  const paged = BigInt(Math.round(process.workingSetBytes * 0.7));
  const workingSet = BigInt(process.workingSetBytes);
  return psObject({
    typeNames: [
      'System.Diagnostics.Process',
      'System.ComponentModel.Component',
      'System.MarshalByRefObject',
      'System.Object',
    ],
    text: `System.Diagnostics.Process (${name})`,
    adapted: psProperties({
      BasePriority: process.priority,
      HandleCount: process.handles,
      Id: process.processId,
      MachineName: '.',
      MainWindowTitle: '',
      PagedMemorySize64: paged,
      PriorityClass: 'Normal',
      ProcessName: name,
      SessionId: process.sessionId,
      StartTime: dateTime(machine, process.startedAt),
      Threads: `System.Diagnostics.ProcessThreadCollection`,
      TotalProcessorTime: timeSpan(used),
      VirtualMemorySize64: workingSet * 20n,
      WorkingSet64: workingSet,
    }),
    extended: psProperties({
      Name: name,
      SI: process.sessionId,
      Handles: process.handles,
      VM: workingSet * 20n,
      WS: workingSet,
      PM: paged,
      NPM: BigInt(process.handles * 60),
      Path: process.executablePath,
      CPU: { clixml: 'Db', value: Math.round(used) / 1000 },
      __NounName: 'Process',
    }),
  });
}

const getProcess: Cmdlet = {
  name: 'Get-Process',
  aliases: ['gps', 'ps'],
  parameters: ['Name', 'Id', 'ComputerName'],
  positional: 1,
  async *run({ host, bound, report }) {
    const { machine } = host;
    machine.services.all();
    const all = [...machine.processes.all()].sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
    const id = bound.number('Id');
    const names = bound.texts('Name') ?? ['*'];
    const lists =
      id === null
        ? names.map((name) => [name, all.filter((p) => wildcard(name).test(p.name.replace(/\.exe$/i, '')))] as const)
        : [[String(id), all.filter((p) => p.processId === id)] as const];
    for (const [asked, found] of lists) {
      yield* found.map((process) => processObject(host, process));
      if (found.length > 0 || /[*?]/.test(asked)) continue;
      await report(
        new ScriptError({
          message: `Cannot find a process with the ${id === null ? 'name' : 'process identifier'} ${id === null ? `"${asked}". Verify the process name and call the cmdlet again.` : `${asked}.`}`,
          exception: [
            'Microsoft.PowerShell.Commands.ProcessCommandException',
            'System.SystemException',
            'System.Exception',
          ],
          id: `${id === null ? 'NoProcessFoundForGivenName' : 'NoProcessFoundForGivenId'},Microsoft.PowerShell.Commands.GetProcessCommand`,
          category: 'ObjectNotFound',
          activity: 'Get-Process',
          targetName: asked,
          targetType: id === null ? 'String' : 'Int32',
          targetObject: id ?? asked,
        }),
      );
    }
  },
};

/** A value of WMI as the CIM cmdlets give it (MS-PSRP 2.2.5.1), by the type of its property. */
function cimValue(host: ScriptHost, type: string, value: LabValue): PsValue {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) {
    const item = type.replace('[]', '');
    return psObject({
      typeNames: ['System.Object[]', 'System.Array', 'System.Object'],
      container: { kind: 'LST', items: value.map((one: LabScalar) => cimValue(host, item, one)) },
    });
  }
  const scalar = value as LabScalar;
  switch (type.replace('[]', '')) {
    case 'uint8':
      return { clixml: 'By', value: Number(scalar) };
    case 'uint16':
      return { clixml: 'U16', value: Number(scalar) };
    case 'uint32':
      return { clixml: 'U32', value: Number(scalar) };
    case 'sint32':
      return Number(scalar);
    case 'uint64':
      return { clixml: 'U64', value: BigInt(scalar as string | number | bigint) };
    case 'sint64':
      return BigInt(scalar as string | number | bigint);
    case 'real32':
      return { clixml: 'Db', value: Number(scalar) };
    case 'boolean':
      return scalar === true;
    default:
  }
  if (typeof scalar === 'object' && 'dateTime' in scalar) return dateTime(host.machine, scalar.dateTime);
  if (typeof scalar === 'object' && 'intervalMs' in scalar) return timeSpan(scalar.intervalMs);
  if (typeof scalar !== 'object') return String(scalar);
  return 'className' in scalar ? scalar.className : null;
}

function cimObject(
  host: ScriptHost,
  cimClass: CimClass,
  row: Readonly<Record<string, LabValue>>,
  only: ReadonlySet<string> | null,
): PsValue {
  const prefix = 'Microsoft.Management.Infrastructure.CimInstance';
  const adapted: PsProperty[] = Object.entries(cimClass.properties).map(([name, type]) => ({
    name,
    value: only === null || only.has(name.toLowerCase()) ? cimValue(host, type, row[name] ?? null) : null,
  }));
  const keys = cimClass.keys.map(
    (key) => `${key} = ${typeof row[key] === 'string' ? `"${row[key]}"` : String(row[key] ?? '')}`,
  );
  return psObject({
    typeNames: [
      `${prefix}#${cimClass.namespace}/${cimClass.name}`,
      `${prefix}#${cimClass.name}`,
      prefix,
      'System.Object',
    ],
    text: keys.length === 0 ? cimClass.name : `${cimClass.name} (${keys.join(', ')})`,
    adapted: [...adapted, { name: 'PSComputerName', value: null }],
    extended: psProperties({
      __ClassMetadata: psObject({
        typeNames: ['System.Collections.ArrayList', 'System.Object'],
        container: {
          kind: 'LST',
          items: [
            customObject(
              psProperties({
                ClassName: cimClass.name,
                Namespace: cimClass.namespace,
                ServerName: host.machine.plan.name,
                Hash: -1,
                MiXml: null,
              }),
            ),
          ],
        },
      }),
    }),
  });
}

const getCimInstance: Cmdlet = {
  name: 'Get-CimInstance',
  aliases: ['gcim', 'Get-WmiObject', 'gwmi'],
  parameters: ['ClassName', 'Filter', 'Namespace', 'Property', 'Query', 'ComputerName'],
  positional: 1,
  async *run({ host, bound }) {
    const query = bound.text('Query');
    const fromQuery = query === null ? null : /\bfrom\s+(\w+)/i.exec(query)?.[1];
    const className = bound.text('ClassName') ?? bound.text('Class') ?? fromQuery ?? '';
    const namespace = (bound.text('Namespace') ?? 'root/cimv2').replaceAll('\\', '/');
    const provider = providers.find(
      ({ cimClass }) =>
        cimClass.name.toLowerCase() === className.toLowerCase() &&
        cimClass.namespace.toLowerCase() === namespace.toLowerCase(),
    );
    if (!provider) throw cimError('Invalid class ', className, 'MI RESULT 5', 'NotInstalled');
    const { cimClass } = provider;
    const filter = bound.text('Filter');
    const text = query ?? (filter === null ? null : `select * from ${cimClass.name} where ${filter}`);
    let where: ReturnType<typeof parseWql> | null = null;
    try {
      where = text === null ? null : parseWql(text);
    } catch (error) {
      if (!(error instanceof WqlError)) throw error;
      throw cimError('Invalid query ', className, 'MI RESULT 15', 'InvalidArgument');
    }
    const names = bound.texts('Property');
    const only = names === null ? null : new Set([...names, ...cimClass.keys].map((name) => name.toLowerCase()));
    for (const row of provider.instances(host.machine)) {
      host.signal.throwIfAborted();
      if (where === null || matches(where.where, row, propertyName(cimClass)))
        yield cimObject(host, cimClass, row, only);
    }
  },
};

const propertyName =
  (cimClass: CimClass) =>
  (name: string): string | undefined =>
    Object.keys(cimClass.properties).find((candidate) => candidate.toLowerCase() === name.toLowerCase());

const cimError = (
  message: string,
  target: string,
  native: string,
  category: 'NotInstalled' | 'InvalidArgument',
): ScriptError =>
  new ScriptError({
    message,
    exception: ['Microsoft.Management.Infrastructure.CimException', 'System.Exception'],
    id: `HRESULT 0x80041010,Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand`,
    category,
    activity: 'Get-CimInstance',
    targetName: `root/cimv2:${target}`,
    targetType: 'String',
    targetObject: native,
  });

const getDate: Cmdlet = {
  name: 'Get-Date',
  parameters: ['Date', 'Format', 'UFormat'],
  positional: 1,
  async *run({ host, bound }) {
    const { machine } = host;
    const now = dateTime(machine, machine.clock.now());
    const format = bound.text('Format');
    if (format === null) {
      yield psObject({
        base: now,
        extended: psProperties({
          DisplayHint: 'DateTime',
          DateTime: longDate(machine.clock.now() + machine.plan.offsetMinutes * 60_000),
        }),
      });
      return;
    }
    const local = new Date(machine.clock.now() + machine.plan.offsetMinutes * 60_000).toISOString();
    const parts: Readonly<Record<string, string>> = {
      yyyy: local.slice(0, 4),
      MM: local.slice(5, 7),
      dd: local.slice(8, 10),
      HH: local.slice(11, 13),
      mm: local.slice(14, 16),
      ss: local.slice(17, 19),
      fff: local.slice(20, 23),
    };
    yield format === 'o' && typeof now === 'object' && now !== null && 'value' in now
      ? String(now.value)
      : format.replace(/yyyy|MM|dd|HH|mm|ss|fff/g, (part) => parts[part] ?? part);
  },
};

/** `Saturday, November 28, 2026 4:28:03 PM` */
function longDate(localMs: number): string {
  const options = { dateStyle: 'full', timeStyle: 'medium', timeZone: 'UTC' } as const;
  return new Intl.DateTimeFormat('en-US', options)
    .format(localMs)
    .replace(' at ', ' ')
    .replace(/\u202f/g, ' ');
}

const startSleep: Cmdlet = {
  name: 'Start-Sleep',
  aliases: ['sleep'],
  parameters: ['Seconds', 'Milliseconds'],
  positional: 1,
  run: silently(async ({ host, bound }) => {
    await host.pause(bound.number('Milliseconds') ?? (bound.number('Seconds') ?? 0) * 1000);
  }),
};

const getRandom: Cmdlet = {
  name: 'Get-Random',
  parameters: ['Maximum', 'Minimum'],
  positional: 1,
  async *run({ bound }) {
    const from = bound.number('Minimum') ?? 0;
    yield from + Math.floor(Math.random() * ((bound.number('Maximum') ?? 0x7fff_ffff) - from));
  },
};

const getHost: Cmdlet = {
  name: 'Get-Host',
  parameters: [],
  positional: 0,
  async *run({ host }) {
    const culture = (name: string): PsValue => name;
    yield psObject({
      typeNames: [
        'System.Management.Automation.Internal.Host.InternalHost',
        'System.Management.Automation.Host.PSHost',
        'System.Object',
      ],
      text: 'System.Management.Automation.Internal.Host.InternalHost',
      adapted: psProperties({
        Name: 'ServerRemoteHost',
        Version: { clixml: 'Version', value: '1.0.0.0' },
        InstanceId: { clixml: 'G', value: '00000000-0000-0000-0000-000000000000' },
        CurrentCulture: culture('en-GB'),
        CurrentUICulture: culture('en-US'),
        IsRunspacePushed: host.isInteractive ? false : null,
      }),
    });
  },
};

export const machineCmdlets: readonly Cmdlet[] = [getProcess, getCimInstance, getDate, startSleep, getRandom, getHost];
