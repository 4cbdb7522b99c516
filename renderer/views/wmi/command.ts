import type { CimReference } from '../../../shared/contract/cim-value.ts';
import type { MachineSettings } from '../../../shared/contract/machines.ts';
import { classOf, namespaceOf } from '../../../shared/contract/object-path.ts';
import type { MachineWmi } from '../../stores/wmi.ts';
import { quoted, winrmLine } from '../machine/remote-line.ts';

/** The alias of root/cimv2, or the namespace behind that of all. */
const resource = (namespace: string, className: string): string =>
  namespace.toLowerCase() === 'root/cimv2' ? `wmicimv2/${className}` : `wmi/${namespace}/${className}`;

/** An instance as winrm addresses it; null where a key is a reference, which its notation cannot hold. */
export function instanceResource(reference: CimReference): string | null {
  const keys = reference.selectors.filter(([name]) => name !== '__cimnamespace');
  if (keys.some(([, value]) => typeof value !== 'string')) return null;
  const base = resource(namespaceOf(reference) ?? 'root/cimv2', classOf(reference));
  return keys.length === 0 ? base : `${base}?${keys.map(([name, value]) => `${name}=${value as string}`).join('+')}`;
}

/** The view as a winrm line: the instance that is open, else the query, else the class. */
export function wmiCommand(view: MachineWmi, settings: MachineSettings, userName: string | null): string {
  const shown = view.open.at(-1);
  const instance = shown === undefined ? null : instanceResource(shown.reference);
  const line = (verb: string, rest: readonly string[]): string => winrmLine(verb, rest, settings, userName);
  if (instance !== null) return line('get', [quoted(instance)]);
  if (view.mode === 'query') {
    const text = (view.ran ?? view.queryText).replace(/\s+/g, ' ').trim();
    return line('enumerate', [resource(view.namespace, '*'), '-dialect:wql', `-filter:"${text.replaceAll('"', "'")}"`]);
  }
  return line('enumerate', [resource(view.namespace, view.className ?? '__NAMESPACE')]);
}
