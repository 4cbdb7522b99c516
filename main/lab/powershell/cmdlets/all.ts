import { type PsValue, psEnum, psObject, psProperties } from '../../../wsman/psrp/clixml-types.ts';
import type { Cmdlet } from '../cmdlet.ts';
import { wildcard } from '../compare.ts';
import { hostCmdlets } from './host.ts';
import { locationCmdlets } from './location.ts';
import { machineCmdlets } from './machine.ts';
import { objectCmdlets } from './objects.ts';
import { outputCmdlets } from './output.ts';
import { scenarioCmdlets } from './scenario.ts';
import { serviceCmdlets } from './services.ts';

/** Get-Command needs the list that it is in. */
const getCommand: Cmdlet = {
  name: 'Get-Command',
  aliases: ['gcm'],
  parameters: ['Name', 'CommandType', 'Module'],
  positional: 1,
  async *run({ host, bound }) {
    const patterns = (bound.texts('Name') ?? ['*']).map(wildcard);
    for (const cmdlet of cmdlets) {
      if (!cmdlet.name.includes('-') || !patterns.some((pattern) => pattern.test(cmdlet.name))) continue;
      if (host.allowed === null || host.allowed.has(cmdlet.name.toLowerCase())) yield commandInfo(cmdlet);
    }
  },
};

/** A CmdletInfo in the shape that CommandMetadata asks for (MS-PSRP 2.2.3.22). */
export function commandInfo(cmdlet: Cmdlet): PsValue {
  const parameters = [...cmdlet.parameters, ...(cmdlet.switches ?? [])];
  return psObject({
    typeNames: [
      'Selected.System.Management.Automation.CmdletInfo',
      'System.Management.Automation.PSCustomObject',
      'System.Object',
    ],
    text: cmdlet.name,
    extended: psProperties({
      Name: cmdlet.name,
      Namespace: 'Windeck.Lab',
      HelpUri: null,
      CommandType: psEnum('System.Management.Automation.CommandTypes', 'Cmdlet', 8),
      ResolvedCommandName: null,
      OutputType: psObject({ typeNames: [typeNameList, 'System.Object'], container: { kind: 'LST', items: [] } }),
      Parameters: psObject({
        typeNames: ['System.Collections.Hashtable', 'System.Object'],
        container: {
          kind: 'DCT',
          entries: parameters.map((name) => [name, parameterMetadata(name, cmdlet.switches?.includes(name) ?? false)]),
        },
      }),
    }),
  });
}

const typeNameList =
  'System.Collections.ObjectModel.ReadOnlyCollection`1[[System.Management.Automation.PSTypeName, System.Management.Automation, Version=3.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]';
const aliasList =
  'System.Collections.ObjectModel.Collection`1[[System.String, mscorlib, Version=4.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089]]';

/** ParameterMetadata (2.2.3.23): an object of .NET, with properties of its own. */
const parameterMetadata = (name: string, isSwitch: boolean): PsValue =>
  psObject({
    typeNames: ['System.Management.Automation.ParameterMetadata', 'System.Object'],
    text: 'System.Management.Automation.ParameterMetadata',
    adapted: psProperties({
      Name: name,
      ParameterType: isSwitch ? 'System.Management.Automation.SwitchParameter' : 'System.Object',
      Aliases: psObject({ typeNames: [aliasList, 'System.Object'], container: { kind: 'LST', items: [] } }),
      SwitchParameter: isSwitch,
      IsDynamic: false,
    }),
  });

const cmdlets: readonly Cmdlet[] = [
  ...outputCmdlets,
  ...objectCmdlets,
  ...serviceCmdlets,
  ...machineCmdlets,
  ...hostCmdlets,
  ...locationCmdlets,
  ...scenarioCmdlets,
  getCommand,
].sort((a, b) => (a.name < b.name ? -1 : 1));

const byName = new Map<string, Cmdlet>();
for (const cmdlet of cmdlets)
  for (const name of [cmdlet.name, ...(cmdlet.aliases ?? [])]) byName.set(name.toLowerCase(), cmdlet);

/** By name or alias, with or without its module in front; null for one that there is not. */
export function findCmdlet(name: string): Cmdlet | null {
  return byName.get(name.toLowerCase().replace(/^microsoft\.powershell\.\w+\\/, '')) ?? null;
}

/** Cmdlets whose names fit one of the patterns, in order. */
export const cmdletsLike = (patterns: readonly string[]): readonly Cmdlet[] =>
  cmdlets.filter(
    (cmdlet) => cmdlet.name.includes('-') && patterns.some((pattern) => wildcard(pattern).test(cmdlet.name)),
  );
