/**
 * Changes to winrm/config: what would be different afterwards, and which operations make it so. Pure: nothing here talks to a machine.
 * The way back is the same function with its arguments exchanged.
 */
import type {
  ConfigListener,
  ConfigMapping,
  ConfigPlugin,
  ListenerKeys,
  MappingKeys,
  WinrmConfig,
} from './configuration.ts';
import { placeOfSetting } from './configuration.ts';
import type { ConfigGeneration } from './generations.ts';
import { policyFor } from './policies.ts';
import { defaultOf, findSetting, isWritable, refuseValue } from './settings.ts';

interface ListenerChange extends ListenerKeys {
  readonly port: number | null;
  readonly hostname: string | null;
  readonly enabled: boolean;
  readonly urlPrefix: string;
  readonly thumbprint: string | null;
}
interface MappingChange extends MappingKeys {
  readonly userName: string;
  readonly enabled: boolean;
}

/** One change that somebody asks for. Passwords travel here only from the caller to the operation. */
export type ConfigChange =
  | { readonly kind: 'set'; readonly path: string; readonly value: string }
  | ({ readonly kind: 'create-listener' } & ListenerChange)
  | ({ readonly kind: 'edit-listener' } & ListenerChange)
  | ({ readonly kind: 'delete-listener' } & ListenerKeys)
  | ({ readonly kind: 'create-mapping'; readonly password: string } & MappingChange)
  | ({ readonly kind: 'edit-mapping'; readonly password: string | null } & MappingChange)
  | ({ readonly kind: 'delete-mapping' } & MappingKeys)
  | { readonly kind: 'set-plugin'; readonly name: string; readonly property: string; readonly value: string }
  | { readonly kind: 'restore'; readonly what: 'config' | 'plugins' }
  | { readonly kind: 'stop-service' }
  | { readonly kind: 'set-firewall'; readonly enabled: boolean };

/** What the machine is to be like: its configuration, and the two things around it that can cut a connection just as well. */
export interface ConfigState {
  readonly config: WinrmConfig;
  readonly isServiceRunning: boolean;
  readonly isFirewallOpen: boolean;
}

export interface PlannedChange {
  readonly after: ConfigState;
  /** One per change that cannot be, by its index. */
  readonly refusals: ReadonlyMap<number, string>;
}

export const isSameListener = (left: ListenerKeys, right: ListenerKeys): boolean =>
  left.transport === right.transport && left.address.toLowerCase() === right.address.toLowerCase();
export const isSameMapping = (left: MappingKeys, right: MappingKeys): boolean =>
  left.issuer.toLowerCase() === right.issuer.toLowerCase() &&
  left.subject.toLowerCase() === right.subject.toLowerCase() &&
  left.uri.toLowerCase() === right.uri.toLowerCase();

/** What the configuration is after the changes, in their order. A change that is refused changes nothing. */
export function planChanges(
  before: ConfigState,
  changes: readonly ConfigChange[],
  generation: ConfigGeneration,
): PlannedChange {
  const refusals = new Map<number, string>();
  let after = before;
  for (const [index, change] of changes.entries()) {
    const next = applyOne(after, change, generation);
    if (typeof next === 'string') refusals.set(index, next);
    else after = next;
  }
  return { after, refusals };
}

function applyOne(state: ConfigState, change: ConfigChange, generation: ConfigGeneration): ConfigState | string {
  const { config } = state;
  const withConfig = (part: Partial<WinrmConfig>): ConfigState => ({ ...state, config: { ...config, ...part } });
  switch (change.kind) {
    case 'set':
      return setOne(state, change.path, change.value, generation);
    case 'create-listener': {
      if (config.listeners.some((listener) => isSameListener(listener, change)))
        return `There is a listener ${nameOfListener(change)} already.`;
      if (change.transport === 'HTTPS' && change.thumbprint === null && change.hostname === null)
        return 'A listener for HTTPS needs a certificate, or a host name by which the machine looks for one.';
      return withConfig({ listeners: [...config.listeners, newListener(change, config)] });
    }
    case 'edit-listener': {
      const found = config.listeners.find((listener) => isSameListener(listener, change));
      if (found === undefined) return `There is no listener ${nameOfListener(change)}.`;
      if (found.source !== null) return refuseSource(found);
      return withConfig({
        listeners: config.listeners.map((listener) => (listener === found ? editedListener(found, change) : listener)),
      });
    }
    case 'delete-listener': {
      const found = config.listeners.find((listener) => isSameListener(listener, change));
      if (found === undefined) return `There is no listener ${nameOfListener(change)}.`;
      if (found.source !== null) return refuseSource(found);
      return withConfig({ listeners: config.listeners.filter((listener) => listener !== found) });
    }
    case 'create-mapping': {
      if (config.mappings.some((mapping) => isSameMapping(mapping, change))) return 'There is such a mapping already.';
      const { issuer, subject, uri, userName, enabled } = change;
      return withConfig({ mappings: [...config.mappings, { issuer, subject, uri, userName, enabled, source: null }] });
    }
    case 'edit-mapping':
    case 'delete-mapping': {
      const found = config.mappings.find((mapping) => isSameMapping(mapping, change));
      if (found === undefined) return 'There is no such mapping.';
      if (found.source !== null) return 'Group Policy sets this mapping.';
      if (change.kind === 'delete-mapping')
        return withConfig({ mappings: config.mappings.filter((mapping) => mapping !== found) });
      const edited = { ...found, userName: change.userName, enabled: change.enabled };
      return withConfig({ mappings: config.mappings.map((mapping) => (mapping === found ? edited : mapping)) });
    }
    case 'set-plugin': {
      const found = config.plugins.find(({ name }) => name.toLowerCase() === change.name.toLowerCase());
      if (found === undefined) return `There is no plug-in ${change.name}.`;
      const edited = editedPlugin(found, change.property, change.value);
      if (typeof edited === 'string') return edited;
      return withConfig({ plugins: config.plugins.map((plugin) => (plugin === found ? edited : plugin)) });
    }
    case 'restore':
      return withConfig(
        change.what === 'plugins' ? { plugins: restoredPlugins(config.plugins) } : restored(config, generation),
      );
    case 'stop-service':
      return { ...state, isServiceRunning: false };
    case 'set-firewall':
      return { ...state, isFirewallOpen: change.enabled };
  }
}

function setOne(state: ConfigState, path: string, value: string, generation: ConfigGeneration): ConfigState | string {
  const { settings } = state.config;
  const found = settings.find((setting) => setting.path.toLowerCase() === path.toLowerCase());
  if (found === undefined) return `This machine has no setting ${path}.`;
  if (found.isPolicy) {
    const policy = policyFor(found.path);
    return policy ? `The policy “${policy.name}” sets ${found.path}.` : `Group Policy sets ${found.path}.`;
  }
  const definition = findSetting(found.path);
  const writable = definition ? isWritable(definition, generation) : 'yes';
  if (writable === 'read-only') return `${found.path} is read-only.`;
  if (writable === 'deprecated') return `${found.path} is not in force any more, and this stack refuses to write it.`;
  const refusal = definition ? refuseValue(definition, value) : null;
  if (refusal !== null) return refusal;
  const edited = { ...found, value: definition?.value.kind === 'flag' ? value.toLowerCase() : value };
  return {
    ...state,
    config: { ...state.config, settings: settings.map((setting) => (setting === found ? edited : setting)) },
  };
}

const settingOf = (config: WinrmConfig, path: string): string | undefined =>
  config.settings.find((setting) => setting.path.toLowerCase() === path.toLowerCase())?.value;

function newListener(change: ListenerChange, config: WinrmConfig): ConfigListener {
  const { address, transport, port, hostname, enabled, urlPrefix, thumbprint } = change;
  return {
    address,
    transport,
    port:
      port ?? Number(settingOf(config, `Service/DefaultPorts/${transport}`) ?? (transport === 'HTTPS' ? 5986 : 5985)),
    hostname: hostname ?? '',
    enabled,
    urlPrefix,
    thumbprint: (thumbprint ?? '').toUpperCase(),
    listeningOn: [],
    source: null,
  };
}

const editedListener = (found: ConfigListener, change: ListenerChange): ConfigListener => ({
  ...found,
  port: change.port ?? found.port,
  hostname: change.hostname ?? found.hostname,
  enabled: change.enabled,
  urlPrefix: change.urlPrefix,
  thumbprint: (change.thumbprint ?? found.thumbprint).toUpperCase(),
});

const refuseSource = (listener: ConfigListener): string =>
  listener.source === 'GPO'
    ? `Group Policy makes the listener ${nameOfListener(listener)}.`
    : `The listener ${nameOfListener(listener)} comes with EnableCompatibility${listener.transport === 'HTTP' ? 'Http' : 'Https'}Listener.`;

const pluginProperties: ReadonlyMap<string, RegExp> = new Map([
  ['Enabled', /^(true|false)$/],
  ['UseSharedProcess', /^(true|false)$/],
  ['AutoRestart', /^(true|false)$/],
  ['ProcessIdleTimeoutSec', /^\d{1,10}$/],
  ['OutputBufferingMode', /^(Block|Drop)$/],
]);

function editedPlugin(plugin: ConfigPlugin, property: string, value: string): ConfigPlugin | string {
  if (property.startsWith('Quotas/')) {
    const name = property.slice('Quotas/'.length);
    if (!plugin.quotas.some((quota) => quota.name === name)) return `The plug-in ${plugin.name} has no quota ${name}.`;
    if (!/^\d{1,10}$/.test(value)) return `The quota ${name} is a whole number.`;
    return { ...plugin, quotas: plugin.quotas.map((quota) => (quota.name === name ? { name, value } : quota)) };
  }
  const allowed = pluginProperties.get(property);
  if (allowed === undefined) return `A plug-in has no property ${property} that can be changed.`;
  if (!allowed.test(value)) return `${value} is no value for ${property}.`;
  switch (property) {
    case 'Enabled':
      return { ...plugin, enabled: value === 'true' };
    case 'UseSharedProcess':
      return { ...plugin, useSharedProcess: value === 'true' };
    case 'AutoRestart':
      return { ...plugin, autoRestart: value === 'true' };
    case 'ProcessIdleTimeoutSec':
      return { ...plugin, processIdleTimeoutSeconds: Number(value) };
    default:
      return { ...plugin, outputBufferingMode: value };
  }
}

/** `winrm invoke restore winrm/config @{}`: values go back to their defaults, listeners go. What a policy sets stays. */
function restored(config: WinrmConfig, generation: ConfigGeneration): Partial<WinrmConfig> {
  return {
    settings: config.settings.map((setting) => {
      const definition = findSetting(setting.path);
      if (definition === undefined || setting.isPolicy || isWritable(definition, generation) !== 'yes') return setting;
      const value = defaultOf(definition, generation);
      return value === null ? setting : { ...setting, value };
    }),
    listeners: config.listeners.filter(({ source }) => source === 'GPO'),
  };
}

/** The plug-ins that come with WinRM itself, by their files. Those of PowerShell are registered by PowerShell. */
const ownPluginFiles = /(wevtfwd|wsmselpl|WsmWmiPl|winrscmd)\.dll$/i;
export const isOwnPlugin = ({ fileName }: Pick<ConfigPlugin, 'fileName'>): boolean => ownPluginFiles.test(fileName);

/**
 * `winrm invoke restore winrm/config/plugin @{}`: external plug-ins are unregistered, as winrm's own help says, and the others are as they
 * were shipped. That is documented for these properties (MS-WSMV 3.1.4.1.34.3), for quotas it is not: they stand here as they are now.
 */
const restoredPlugins = (plugins: readonly ConfigPlugin[]): ConfigPlugin[] =>
  plugins.filter(isOwnPlugin).map((plugin) => ({
    ...plugin,
    enabled: true,
    autoRestart: plugin.autoRestart === null ? null : false,
    processIdleTimeoutSeconds: plugin.processIdleTimeoutSeconds === null ? null : 0,
    outputBufferingMode: plugin.outputBufferingMode === null ? null : 'Block',
  }));

export const nameOfListener = ({ address, transport }: ListenerKeys): string => `${address}+${transport}`;

/** What makes one state out of another. Operations are in an order that leaves a way in as long as possible: new listeners first. */
export type ConfigOperation =
  | { readonly kind: 'create-listener'; readonly listener: ConfigListener }
  | { readonly kind: 'put-settings'; readonly section: string; readonly values: readonly (readonly [string, string])[] }
  | { readonly kind: 'put-listener'; readonly before: ConfigListener; readonly listener: ConfigListener }
  | { readonly kind: 'create-mapping'; readonly mapping: ConfigMapping }
  | { readonly kind: 'put-mapping'; readonly mapping: ConfigMapping }
  | { readonly kind: 'delete-mapping'; readonly mapping: ConfigMapping }
  | { readonly kind: 'put-plugin'; readonly before: ConfigPlugin; readonly plugin: ConfigPlugin }
  | { readonly kind: 'delete-listener'; readonly listener: ConfigListener }
  | { readonly kind: 'firewall'; readonly open: boolean }
  | { readonly kind: 'service'; readonly run: boolean };

export function operationsBetween(before: ConfigState, after: ConfigState): ConfigOperation[] {
  const from = before.config;
  const to = after.config;
  const operations: ConfigOperation[] = [];
  for (const listener of to.listeners) {
    const old = from.listeners.find((candidate) => isSameListener(candidate, listener));
    if (old === undefined) operations.push({ kind: 'create-listener', listener });
  }
  const sections = new Map<string, [string, string][]>();
  for (const setting of to.settings) {
    const old = from.settings.find(({ path }) => path === setting.path);
    if (old === undefined || old.value === setting.value) continue;
    const { section, name } = placeOfSetting(setting.path);
    sections.set(section, [...(sections.get(section) ?? []), [name, setting.value]]);
  }
  for (const [section, values] of sections) operations.push({ kind: 'put-settings', section, values });
  for (const mapping of to.mappings) {
    const old = from.mappings.find((candidate) => isSameMapping(candidate, mapping));
    if (old === undefined) operations.push({ kind: 'create-mapping', mapping });
    else if (old.userName !== mapping.userName || old.enabled !== mapping.enabled)
      operations.push({ kind: 'put-mapping', mapping });
  }
  for (const mapping of from.mappings) {
    if (!to.mappings.some((candidate) => isSameMapping(candidate, mapping)))
      operations.push({ kind: 'delete-mapping', mapping });
  }
  for (const plugin of to.plugins) {
    const old = from.plugins.find(({ name }) => name === plugin.name);
    if (old !== undefined && pluginText(old) !== pluginText(plugin))
      operations.push({ kind: 'put-plugin', before: old, plugin });
  }
  for (const listener of to.listeners) {
    const old = from.listeners.find((candidate) => isSameListener(candidate, listener));
    if (old !== undefined && listenerText(old) !== listenerText(listener))
      operations.push({ kind: 'put-listener', before: old, listener });
  }
  for (const listener of from.listeners) {
    if (!to.listeners.some((candidate) => isSameListener(candidate, listener)))
      operations.push({ kind: 'delete-listener', listener });
  }
  if (before.isFirewallOpen !== after.isFirewallOpen) operations.push({ kind: 'firewall', open: after.isFirewallOpen });
  if (before.isServiceRunning !== after.isServiceRunning)
    operations.push({ kind: 'service', run: after.isServiceRunning });
  return operations;
}

/** What can be set about a listener, as one text: ListeningOn follows from it and from filters. */
const listenerText = ({ port, hostname, enabled, urlPrefix, thumbprint }: ConfigListener): string =>
  JSON.stringify([port, hostname, enabled, urlPrefix, thumbprint]);
const pluginText = ({ element: _, ...rest }: ConfigPlugin): string => JSON.stringify(rest);
