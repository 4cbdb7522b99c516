/** Values that several cmdlets make. */
import { type PsObject, type PsProperty, type PsValue, psObject } from '../../wsman/psrp/clixml-types.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';

/** A local time of the machine with its zone, in seven digits, as .NET serialises DateTimeKind.Local. */
export function dateTime(machine: SimulatedMachine, epochMs: number): PsValue {
  const { offsetMinutes } = machine.plan;
  const two = (n: number): string => String(n).padStart(2, '0');
  const zone = `${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offsetMinutes) / 60))}:${two(Math.abs(offsetMinutes) % 60)}`;
  const text = new Date(epochMs + offsetMinutes * 60_000).toISOString().slice(0, -1);
  const ticks = String(Math.floor((epochMs % 1) * 10_000)).padStart(4, '0');
  return { clixml: 'DT', value: `${text}${ticks}${zone}` };
}

/** Milliseconds as xs:duration. */
export const timeSpan = (milliseconds: number): PsValue => {
  const seconds = Math.max(0, milliseconds) / 1000;
  return {
    clixml: 'TS',
    value: `PT${Math.floor(seconds / 3600)}H${Math.floor(seconds / 60) % 60}M${(seconds % 60).toFixed(7)}S`,
  };
};

/** What Select-Object and [pscustomobject] make. */
export function customObject(properties: readonly PsProperty[], type: string | null = null): PsObject {
  return psObject({
    typeNames: [...(type === null ? [] : [type]), 'System.Management.Automation.PSCustomObject', 'System.Object'],
    extended: properties,
  });
}
