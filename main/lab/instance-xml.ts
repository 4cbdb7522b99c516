import { ns } from '../wsman/namespaces.ts';
import { escapeXml } from '../wsman/xml.ts';
import {
  anonymousAddress,
  type CimClass,
  type CimRow,
  resourceUriOf,
  writeInstance,
  writeProperties,
} from './cim-class.ts';
import { writeSelector } from './operation.ts';
import type { Provider } from './providers/provider.ts';
import { hiddenProperties, selectorsOf } from './resources.ts';
import type { SimulatedMachine } from './simulated-machine.ts';

/** An instance as this machine's stack writes it. `as`: a base class, to whose properties it is cut down. */
export function instanceXml(machine: SimulatedMachine, provider: Provider, row: CimRow, as?: CimClass): string {
  const cimClass = as ?? provider.cimClass;
  if (machine.plan.generation.stack !== '1.1') return writeInstance(cimClass, row, hiddenProperties(machine));
  return firstInstance(machine, provider, row, cimClass);
}

/** WinRM 1.1: the class in an attribute, no xsi:type, and at the end the instance's own address. */
function firstInstance(machine: SimulatedMachine, provider: Provider, row: CimRow, cimClass: CimClass): string {
  const uri = resourceUriOf(cimClass);
  const selectors = selectorsOf(provider, row)
    .filter(([name]) => name !== '__cimnamespace')
    .map(([name, value]) => `<w:Selector Name="${escapeXml(name)}">${writeSelector(value)}</w:Selector>`)
    .join('');
  const address =
    `<cim:Location xmlns:cim="${ns.cimBase}" xmlns:a="${ns.addressing}" xmlns:w="${ns.wsman}"><a:Address>${anonymousAddress}</a:Address>` +
    `<a:ReferenceParameters><w:ResourceURI>${uri}</w:ResourceURI><w:SelectorSet>${selectors}</w:SelectorSet></a:ReferenceParameters></cim:Location>`;
  return (
    `<p:${cimClass.name} xmlns:xsi="${ns.xsi}" xmlns:p="${uri}" xmlns:cim="${ns.cimBase}" xmlns:d="${ns.cim}" cim:Class="${cimClass.name}">` +
    `${writeProperties(cimClass, row, hiddenProperties(machine), 'd:')}${selectors === '' ? '' : address}</p:${cimClass.name}>`
  );
}
