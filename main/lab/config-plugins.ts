import { ns } from '../wsman/namespaces.ts';
import { attribute, child, escapeXml, type XmlElement } from '../wsman/xml.ts';
import { LabFault } from './faults.ts';
import type { LabRequest } from './operation.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import type { ConfigPlugin } from './world/winrm-config.ts';
import { createPlugins } from './world/winrm-plugins.ts';

/** winrm/config/plugin (MS-WSMV 2.2.4.22, 3.1.4.1.29). A change counts once the service has been started anew; here at once. */

const namespace = `${ns.config}/PluginConfiguration`;

export function writePlugin(plugin: ConfigPlugin): string {
  const text = (entries: Iterable<readonly [string, string]>): string =>
    [...entries].map(([name, value]) => ` ${name}="${escapeXml(value)}"`).join('');
  const quotas = plugin.quotas ? `<Quotas${text(plugin.quotas)}/>` : '';
  return (
    `<PlugInConfiguration xmlns="${namespace}" Name="${escapeXml(plugin.name)}" Filename="${escapeXml(plugin.fileName)}"${text(plugin.attributes)}>` +
    `<Resources>${plugin.resources}</Resources>${quotas}</PlugInConfiguration>`
  );
}

export function findPlugin(machine: SimulatedMachine, request: LabRequest): ConfigPlugin {
  const name = request.selectors.find(([key]) => key.toLowerCase() === 'name')?.[1];
  if (typeof name !== 'string') throw new LabFault(2150858842);
  return requirePlugin(machine, name);
}

function requirePlugin(machine: SimulatedMachine, name: string): ConfigPlugin {
  const found = machine.winrmConfig.plugins.find((plugin) => plugin.name.toLowerCase() === name.trim().toLowerCase());
  if (!found) throw new LabFault(2150858752);
  return found;
}

const flags: ReadonlySet<string> = new Set(['Enabled', 'UseSharedProcess', 'AutoRestart']);

export function putPlugin(machine: SimulatedMachine, request: LabRequest, body: XmlElement): string {
  const plugin = findPlugin(machine, request);
  if (body.local !== 'PlugInConfiguration' || body.namespace !== namespace) throw new LabFault(2150858817);
  if (attribute(body, 'Name')?.toLowerCase() !== plugin.name.toLowerCase()) throw new LabFault(2150858817);
  const next = new Map(plugin.attributes);
  for (const { local, value, namespace: own } of body.attributes) {
    if (own !== '' || local === 'Name' || local === 'Filename') continue;
    if (!next.has(local)) throw new LabFault(2150858817);
    if (flags.has(local) && !/^(true|false)$/i.test(value)) throw new LabFault(2150858817);
    next.set(local, flags.has(local) ? value.toLowerCase() : value);
  }
  const quotas = new Map(plugin.quotas ?? []);
  for (const { local, value } of child(body, 'Quotas')?.attributes ?? []) {
    if (!quotas.has(local) || !/^\d{1,10}$/.test(value)) throw new LabFault(2150858817);
    quotas.set(local, value);
  }
  for (const [name, value] of next) plugin.attributes.set(name, value);
  for (const [name, value] of quotas) plugin.quotas?.set(name, value);
  return writePlugin(plugin);
}

/** One value, as the WSMan: drive of PowerShell sets it. */
export function setPluginValue(machine: SimulatedMachine, name: string, item: string, value: string): void {
  const plugin = requirePlugin(machine, name);
  const quota = /^Quotas\\(\w+)$/.exec(item)?.[1];
  const target = quota === undefined ? plugin.attributes : plugin.quotas;
  const key = quota ?? item;
  if (!target?.has(key)) throw new LabFault(2150858752);
  target.set(key, value);
}

/** `invoke restore winrm/config/plugin`: those that come with WinRM as they were shipped; whoever registered others has to do it again. */
export function restorePlugins({ plan, winrmConfig }: SimulatedMachine): void {
  const shipped = createPlugins(plan).filter(({ fileName }) => !/pwrshplugin/i.test(fileName));
  winrmConfig.plugins.splice(0, winrmConfig.plugins.length, ...shipped);
}

/** Which plug-in answers a resource URI is off: its requests find nothing there (3.1.4.1.34). */
export function requirePluginFor(machine: SimulatedMachine, resourceUri: string): void {
  const lower = resourceUri.toLowerCase();
  const fileName = lower.includes('/windows/shell') ? /winrscmd/i : /\/wmi\/|wscim/.test(lower) ? /WsmWmiPl/i : null;
  const plugin = fileName && machine.winrmConfig.plugins.find((candidate) => fileName.test(candidate.fileName));
  if (plugin && plugin.attributes.get('Enabled') === 'false') throw new LabFault(2150858753);
}
