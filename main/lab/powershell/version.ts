/** How old the PowerShell of a machine is, and $PSVersionTable (MS-PSRP 2.2.2.13, 3.1.5.4.1). */
import { type PsValue, psArray, psObject } from '../../wsman/psrp/clixml-types.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { MachinePlan } from '../world/machine-plan.ts';

export interface PowerShellVersion {
  /** `5.1.20348.558`. */
  readonly version: string;
  readonly edition: 'Desktop' | null;
  readonly protocolVersion: '2.1' | '2.2' | '2.3';
  readonly compatible: readonly string[];
  readonly clr: string;
}

/** PowerShell as this generation of Windows brings it. */
export function powershellOf(plan: MachinePlan): PowerShellVersion {
  const { build } = plan.generation;
  const old = ['1.0', '2.0', '3.0', '4.0', '5.0'];
  if (build >= 14393) {
    const version = `5.1.${build}.1971`;
    return {
      version,
      edition: 'Desktop',
      protocolVersion: '2.3',
      compatible: [...old, version],
      clr: '4.0.30319.42000',
    };
  }
  if (build >= 9600) {
    return {
      version: '4.0',
      edition: null,
      protocolVersion: '2.2',
      compatible: old.slice(0, 4),
      clr: '4.0.30319.34209',
    };
  }
  if (build >= 9200) {
    return {
      version: '3.0',
      edition: null,
      protocolVersion: '2.2',
      compatible: old.slice(0, 3),
      clr: '4.0.30319.17929',
    };
  }
  return { version: '2.0', edition: null, protocolVersion: '2.1', compatible: old.slice(0, 2), clr: '2.0.50727.5420' };
}

export const version = (value: string): PsValue => ({ clixml: 'Version', value });

export const dictionaryTypes = [
  'System.Management.Automation.PSPrimitiveDictionary',
  'System.Collections.Hashtable',
  'System.Object',
];

/** PSVersionTable: a hashtable of PowerShell, as APPLICATION_PRIVATE_DATA has it. */
export function versionTable(machine: SimulatedMachine): PsValue {
  const own = powershellOf(machine.plan);
  const compatible = psArray(own.compatible.map(version), 'System.Version[]');
  const entries: [string, PsValue][] = [
    ['PSVersion', version(own.version)],
    ...(own.edition === null ? [] : [['PSEdition', own.edition] as [string, PsValue]]),
    ['PSCompatibleVersions', compatible],
    ['CLRVersion', version(own.clr)],
    ['BuildVersion', version(`${machine.plan.generation.version}.1971`)],
    ['WSManStackVersion', version(machine.plan.generation.stack)],
    ['PSRemotingProtocolVersion', version(own.protocolVersion)],
    ['SerializationVersion', version('1.1.0.1')],
  ];
  return psObject({ typeNames: dictionaryTypes, container: { kind: 'DCT', entries } });
}
