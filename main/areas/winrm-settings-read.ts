import { createHash } from 'node:crypto';
import type {
  SettingLock,
  StoreCertificate,
  WinrmConfiguration,
  WinrmPlugin,
  WinrmSetting,
} from '../../shared/contract/winrm-settings.ts';
import type { Session } from '../sessions/session.ts';
import {
  type ConfigGeneration,
  type ConfigSetting,
  carriersOf,
  childText,
  configPolicies,
  defaultOf,
  findSetting,
  generationOf,
  isWritable,
  type OwnConnection,
  pendingReverts,
  policyFor,
  policyKeys,
  type ReadConfig,
  readCertificateStore,
  readConfig,
  registryValues,
  type ServiceStartMode,
  type StoredCertificate,
  unsuitableFor,
  type WinrmConfig,
  type WSManClient,
  WSManFault,
  wmi,
} from '../wsman/index.ts';
import type { AreaContext } from './context.ts';
import { accessOf } from './machine-defaults.ts';
import { isAccessDenied } from './query.ts';

/** Reading: winrm/config with what belongs to it, as the view shows it. Parts are read one after another; a refused one says why. */

/** What a machine's WinRM is like now, with what is needed to judge changes. */
export interface Reading {
  readonly read: ReadConfig;
  readonly generation: ConfigGeneration;
  readonly own: OwnConnection;
}

export async function readNow(
  context: AreaContext,
  session: Session,
  client: WSManClient,
  signal: AbortSignal,
): Promise<Reading> {
  return {
    read: await readConfig(client, { signal }),
    generation: generationFor(session),
    own: ownConnection(context, session),
  };
}

/** How the service starts, so that a revert puts just that back. */
export async function startModeOf(client: WSManClient, signal: AbortSignal): Promise<ServiceStartMode> {
  const resource = { resourceUri: wmi('Win32_Service'), selectors: [['Name', 'WinRM']] as const };
  try {
    const row = await client.get(resource, { signal });
    if (childText(row, 'StartMode') === 'Manual') return 'demand';
    return childText(row, 'DelayedAutoStart') === 'true' ? 'delayed-auto' : 'auto';
  } catch (error) {
    if (!(error instanceof WSManFault)) throw error;
    return 'auto';
  }
}

function generationFor({ status }: Session): ConfigGeneration {
  return generationOf(status.identity?.stack ?? null, status.identity?.os ?? null);
}

/** How this console reaches the machine. */
function ownConnection(context: AreaContext, { id, status }: Session): OwnConnection {
  const { target } = accessOf(context.store.inventory.data.machines.get(id)!, null);
  const { transport, port } = target;
  const { security } = status;
  return {
    transport,
    port,
    path: target.path.slice(1),
    mechanism: security?.mechanism ?? null,
    insideSpnego: security?.inside === 'SPNEGO',
    isClearText: transport === 'http' && security !== null && security.protection === null,
  };
}

/** Another one whenever anything that can be changed is different. */
export function fingerprintOf({ settings, listeners, mappings, plugins }: WinrmConfig): string {
  const plain = [settings, listeners, mappings, plugins.map(({ element: _, ...plugin }) => plugin)];
  return createHash('sha256').update(JSON.stringify(plain)).digest('hex');
}

export async function readConfiguration(
  context: AreaContext,
  session: Session,
  signal: AbortSignal,
): Promise<WinrmConfiguration> {
  const problem = (error: unknown) => (error === null ? null : context.toProblem(error, session.id));
  return session.run(
    async (client, within) => {
      const options = { signal: within };
      let reading: Reading;
      try {
        reading = await readNow(context, session, client, within);
      } catch (error) {
        if (!isAccessDenied(error)) throw error;
        return fromRegistry(context, session, client, within, error);
      }
      const { read, generation, own } = reading;
      const { config } = read;
      const values = config.settings.some(({ isPolicy }) => isPolicy) ? await policyValues(client, options) : new Map();
      const certificates = await part(() => readCertificateStore(client, options));
      const carriers = new Set(carriersOf(config, own));
      return {
        readAt: context.now(),
        source: 'config',
        denied: null,
        stack: session.status.identity?.stack ?? null,
        generation: generation.name,
        listeners: config.listeners.map((listener) => ({ ...listener, carriesThisConnection: carriers.has(listener) })),
        settings: config.settings.map((setting) => toSetting(setting, generation, values)),
        mappings: config.mappings,
        mappingsProblem: problem(read.mappingsError),
        plugins: config.plugins.map(toPlugin),
        pluginsProblem: problem(read.pluginsError),
        certificates: (certificates.value ?? []).map((certificate) => toCertificate(certificate, context.now())),
        certificatesProblem: problem(certificates.error),
        pendingReverts: (await pendingReverts(client, options)).map(({ name }) => ({ name, dueAt: null })),
        fingerprint: fingerprintOf(config),
      };
    },
    { signal, urgent: true },
  );
}

async function part<T>(read: () => Promise<T>): Promise<{ value: T | null; error: unknown }> {
  try {
    return { value: await read(), error: null };
  } catch (error) {
    if (!(error instanceof WSManFault)) throw error;
    return { value: null, error };
  }
}

/** All values of the policy keys, by `key\value` in lower case. */
async function policyValues(client: WSManClient, options: { signal: AbortSignal }): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const key of policyKeys) {
    const { value } = await part(() => registryValues(client, key, options));
    for (const [name, text] of value ?? []) all.set(`hklm\\${key}\\${name}`.toLowerCase(), text);
  }
  return all;
}

function toSetting(
  { path, value, isPolicy }: ConfigSetting,
  generation: ConfigGeneration,
  values: ReadonlyMap<string, string>,
): WinrmSetting {
  const definition = findSetting(path);
  return {
    path,
    value: definition?.value ?? guessKind(value),
    current: value,
    default: definition ? defaultOf(definition, generation) : null,
    meaning: definition?.meaning ?? 'A setting that this version of Windeck does not know.',
    lock: lockOf(path, isPolicy, generation, values),
  };
}

/** For settings of later Windows versions. */
const guessKind = (value: string): WinrmSetting['value'] =>
  value === 'true' || value === 'false' ? { kind: 'flag' } : { kind: 'text', looks: 'plain' };

function lockOf(
  path: string,
  isPolicy: boolean,
  generation: ConfigGeneration,
  values: ReadonlyMap<string, string>,
): SettingLock | null {
  if (isPolicy) {
    const policy = policyFor(path);
    if (policy === undefined) return { kind: 'policy', policy: null };
    const { name, key, valueName } = policy;
    const value = values.get(`${key}\\${valueName}`.toLowerCase()) ?? null;
    return { kind: 'policy', policy: { path: policy.path, name, key, valueName, value } };
  }
  const definition = findSetting(path);
  const writable = definition ? isWritable(definition, generation) : 'yes';
  return writable === 'yes' ? null : { kind: writable };
}

function toPlugin({ element: _, ...plugin }: WinrmConfig['plugins'][number]): WinrmPlugin {
  const needed = [
    [/WsmWmiPl/i, 'WMI: all that this console reads of a machine'],
    [/winrscmd/i, 'remote command lines (winrs)'],
    [/wevtfwd/i, 'events as they come'],
  ] as const;
  // Of PowerShell's configurations only this one is asked for unless somebody says otherwise.
  const neededFor = /^microsoft\.powershell$/i.test(plugin.name)
    ? 'PowerShell remoting'
    : (needed.find(([file]) => file.test(plugin.fileName))?.[1] ?? null);
  return { ...plugin, neededFor };
}

function toCertificate(certificate: StoredCertificate, now: number): StoreCertificate {
  const { selfSigned: _, ...rest } = certificate;
  return { ...rest, unsuitable: unsuitableFor(certificate, now) };
}

/** Whoever may not read winrm/config may still be allowed to read what policies have written. */
async function fromRegistry(
  context: AreaContext,
  session: Session,
  client: WSManClient,
  signal: AbortSignal,
  denied: unknown,
): Promise<WinrmConfiguration> {
  const generation = generationFor(session);
  const values = await policyValues(client, { signal });
  const settings = configPolicies.flatMap(({ setting, key, valueName }): WinrmSetting[] => {
    const value = values.get(`${key}\\${valueName}`.toLowerCase());
    if (value === undefined) return [];
    const isFlag = findSetting(setting)?.value.kind === 'flag';
    const current = isFlag ? String(value !== '0') : value;
    return [toSetting({ path: setting, value: current, isPolicy: true }, generation, values)];
  });
  return {
    readAt: context.now(),
    source: 'registry',
    denied: context.toProblem(denied, session.id),
    stack: session.status.identity?.stack ?? null,
    generation: generation.name,
    listeners: [],
    settings,
    mappings: [],
    mappingsProblem: null,
    plugins: [],
    pluginsProblem: null,
    certificates: [],
    certificatesProblem: null,
    pendingReverts: [],
    fingerprint: '',
  };
}
