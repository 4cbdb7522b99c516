import { isDialect } from '../wsman/association.ts';
import { attribute, type XmlElement } from '../wsman/xml.ts';
import { type CimRow, wmiPrefix, writeProperties } from './cim-class.ts';
import { LabFault } from './faults.ts';
import type { LabRequest } from './operation.ts';
import type { Provider } from './providers/provider.ts';
import { providersOf, resolveResource, selectorsOf } from './resources.ts';
import type { SimulatedMachine } from './simulated-machine.ts';

/**
 * WMI indications (Windows 8 and later: MS-WSMV 3.1.4.6, note 112): `SELECT * FROM __InstanceModificationEvent WITHIN 2 WHERE TargetInstance ISA
 * 'Win32_Service'`, Creation, Deletion and Operation alike, over the instances that the lab has. As WMI does it for classes without a provider of
 * events, it looks every WITHIN seconds.
 */
export interface Indications {
  readonly kind: 'indications';
  readonly everyMs: number;
  take(most: number): string[];
}

const grammar =
  /^\s*SELECT\s+\*\s+FROM\s+__Instance(Creation|Modification|Deletion|Operation)Event\s+WITHIN\s+(\d+(?:\.\d+)?)\s+WHERE\s+TargetInstance\s+ISA\s+["'](\w+)["']\s*$/i;

export function readIndicationQuery(
  machine: SimulatedMachine,
  request: LabRequest,
  filter: XmlElement | undefined,
): Indications {
  const resource = resolveResource(machine, request);
  if (machine.plan.generation.stack !== '3.0' || resource.kind !== 'all-classes') throw new LabFault(2150858753);
  const dialect = filter && attribute(filter, 'Dialect');
  if (!dialect || !isDialect(dialect, 'wql')) throw new LabFault(2150858786);
  const text = filter!.text.trim();
  const match = grammar.exec(text);
  const [, what = '', seconds = '', className = ''] = match ?? [];
  const providers = providersOf(resource.namespace, className);
  if (!match || providers.length === 0) {
    throw new LabFault(2150858778, { providerText: 'Unparsable query', parameterInfo: text });
  }
  const wanted = what[0]!.toUpperCase() + what.slice(1).toLowerCase();
  const look = () => {
    const rows = new Map<string, { provider: Provider; row: CimRow; xml: string }>();
    for (const provider of providers) {
      for (const row of provider.instances(machine)) {
        const key = JSON.stringify(selectorsOf(provider, row));
        rows.set(key, { provider, row, xml: writeProperties(provider.cimClass, row, null, 'cim:') });
      }
    }
    return rows;
  };
  let before = look();
  let lookedAt = machine.clock.now();
  const everyMs = Number(seconds) * 1000;
  const waiting: string[] = [];
  const tell = (kind: string, target: { provider: Provider; xml: string }, previous: { xml: string } | null): void => {
    if (wanted !== 'Operation' && wanted !== kind) return;
    const { name, namespace } = target.provider.cimClass;
    const className = `__Instance${kind}Event`;
    const instance = (element: string, xml: string): string =>
      `<p:${element} xmlns:q="${wmiPrefix}${namespace}/${name}" xsi:type="q:${name}_Type">${xml.replace(/(<\/?)p:/g, '$1q:')}</p:${element}>`;
    waiting.push(
      `<p:${className} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common" ` +
        `xmlns:p="${wmiPrefix}${namespace}/${className}" xsi:type="p:${className}_Type">` +
        `${previous === null ? '' : instance('PreviousInstance', previous.xml)}<p:SECURITY_DESCRIPTOR xsi:nil="true"/>` +
        `${instance('TargetInstance', target.xml)}<p:TIME_CREATED>${BigInt(Math.floor(machine.clock.now())) * 10_000n + 116_444_736_000_000_000n}</p:TIME_CREATED></p:${className}>`,
    );
  };
  return {
    kind: 'indications',
    everyMs,
    take(most) {
      const now = machine.clock.now();
      if (now - lookedAt >= everyMs) {
        lookedAt = now;
        const after = look();
        for (const [key, target] of after) {
          const previous = before.get(key);
          if (!previous) tell('Creation', target, null);
          else if (previous.xml !== target.xml) tell('Modification', target, previous);
        }
        for (const [key, gone] of before) if (!after.has(key)) tell('Deletion', gone, null);
        before = after;
      }
      return waiting.splice(0, most);
    },
  };
}
