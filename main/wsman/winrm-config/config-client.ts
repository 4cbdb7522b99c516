/** winrm/config over a client: reading it whole, and carrying out operations on it (MS-WSMV 3.1.4.2 to 3.1.4.8, 4.2). */
import type { WSManClient } from '../client.ts';
import { ProtocolError, WSManFault } from '../errors.ts';
import { ns, resourceUris, wmi } from '../namespaces.ts';
import { attribute, child, type XmlElement } from '../xml.ts';
import type { ConfigChange, ConfigOperation } from './changes.ts';
import {
  type ConfigListener,
  type ConfigMapping,
  type ConfigPlugin,
  listenerBody,
  listenerSelectors,
  mappingBody,
  mappingSelectors,
  readListener,
  readMapping,
  readPlugin,
  readSettings,
  sectionUri,
  type WinrmConfig,
  withValues,
} from './configuration.ts';
import { firewallLine } from './revert-lines.ts';

type Options = { readonly signal?: AbortSignal | undefined };
const mappingUri = `${ns.config}/service/certmapping`;

/** A part that could not be read, and why. The whole of winrm/config and its listeners are not optional: they throw. */
export interface ReadConfig {
  readonly config: WinrmConfig;
  readonly mappingsError: unknown;
  readonly pluginsError: unknown;
}

/** Reads everything. Throws where winrm/config itself or its listeners are refused. */
export async function readConfig(client: WSManClient, options: Options = {}): Promise<ReadConfig> {
  const settings = readSettings(await client.get({ resourceUri: ns.config }, options));
  const listeners = (await client.enumerateAll({ resourceUri: resourceUris.configListener }, options)).map(
    readListener,
  );
  const mappings = await optional(async () =>
    (await client.enumerateAll({ resourceUri: mappingUri }, options)).map(readMapping),
  );
  const plugins = await optional(async () =>
    (await client.enumerateAll({ resourceUri: resourceUris.configPlugin }, options)).map(readPlugin),
  );
  return {
    config: { settings, listeners, mappings: mappings.value ?? [], plugins: plugins.value ?? [] },
    mappingsError: mappings.error,
    pluginsError: plugins.error,
  };
}

/** A fault says that this part is not to be had; everything else is about the connection. */
async function optional<T>(read: () => Promise<T>): Promise<{ value: T | null; error: unknown }> {
  try {
    return { value: await read(), error: null };
  } catch (error) {
    if (!(error instanceof WSManFault)) throw error;
    return { value: null, error };
  }
}

export interface OperationSecrets {
  /** The password of a mapping that is made or changed; null keeps what is stored. */
  readonly passwordOf: (mapping: ConfigMapping) => string | null;
}

/** Carries out one operation. A lost answer rejects with OutcomeUnknownError, and nothing is sent again. */
export async function performOperation(
  client: WSManClient,
  operation: ConfigOperation,
  secrets: OperationSecrets,
  options: Options = {},
): Promise<void> {
  switch (operation.kind) {
    case 'put-settings': {
      const resource = { resourceUri: sectionUri(operation.section) };
      await client.put(resource, withValues(await client.get(resource, options), operation.values), options);
      return;
    }
    case 'create-listener': {
      const { listener } = operation;
      const body = listenerBody({
        ...listener,
        hostname: listener.hostname || null,
        thumbprint: listener.thumbprint || null,
      });
      await client.create(
        { resourceUri: resourceUris.configListener, selectors: listenerSelectors(listener) },
        body,
        options,
      );
      return;
    }
    case 'put-listener': {
      const resource = { resourceUri: resourceUris.configListener, selectors: listenerSelectors(operation.listener) };
      const document = await client.get(resource, options);
      await client.put(resource, withValues(document, listenerValues(operation.before, operation.listener)), options);
      return;
    }
    case 'delete-listener':
      await client.delete(
        { resourceUri: resourceUris.configListener, selectors: listenerSelectors(operation.listener) },
        options,
      );
      return;
    case 'create-mapping':
    case 'put-mapping': {
      const { mapping } = operation;
      const resource = { resourceUri: mappingUri, selectors: mappingSelectors(mapping) };
      const body = mappingBody({ ...mapping, password: secrets.passwordOf(mapping) });
      if (operation.kind === 'create-mapping') await client.create(resource, body, options);
      else await client.put(resource, body, options);
      return;
    }
    case 'delete-mapping':
      await client.delete({ resourceUri: mappingUri, selectors: mappingSelectors(operation.mapping) }, options);
      return;
    case 'put-plugin': {
      const selectors = [['Name', operation.plugin.name]] as const;
      const resource = { resourceUri: resourceUris.configPlugin, selectors };
      await client.put(resource, pluginDocument(operation.before, operation.plugin), options);
      return;
    }
    case 'firewall':
      await startProcess(client, firewallLine(operation.open), options);
      return;
    case 'service': {
      const resource = { resourceUri: wmi('Win32_Service'), selectors: [['Name', 'WinRM']] as const };
      const method = operation.run ? 'StartService' : 'StopService';
      const { returnValue } = await client.invoke(resource, method, [], options);
      if (returnValue !== 0) throw new ProtocolError(`${method} of WinRM returned ${returnValue}.`);
    }
  }
}

/** `winrm invoke restore winrm/config @{}`: the action is that of the resource, its input empty. */
export async function restoreConfig(
  client: WSManClient,
  what: Extract<ConfigChange, { kind: 'restore' }>['what'],
  options: Options = {},
): Promise<void> {
  const resourceUri = what === 'plugins' ? resourceUris.configPlugin : ns.config;
  await client.invoke({ resourceUri }, 'Restore', [], options);
}

async function startProcess(client: WSManClient, commandLine: string, options: Options): Promise<void> {
  const input = [{ name: 'CommandLine', type: 'string', value: commandLine }] as const;
  const { returnValue } = await client.invoke({ resourceUri: wmi('Win32_Process') }, 'Create', input, options);
  if (returnValue !== 0) throw new ProtocolError(`The process could not be started (${returnValue}).`);
}

function listenerValues(before: ConfigListener, after: ConfigListener): (readonly [string, string])[] {
  const all = [
    ['Port', String(before.port), String(after.port)],
    ['Hostname', before.hostname, after.hostname],
    ['Enabled', String(before.enabled), String(after.enabled)],
    ['URLPrefix', before.urlPrefix, after.urlPrefix],
    ['CertificateThumbprint', before.thumbprint, after.thumbprint],
  ] as const;
  return all.filter(([, old, now]) => old !== now).map(([name, , now]) => [name, now] as const);
}

/** The plug-in's document with its changed attributes: properties on the root, quotas on Quotas (2.2.4.22). */
function pluginDocument(before: ConfigPlugin, after: ConfigPlugin): XmlElement {
  const changed: (readonly [string, string])[] = (
    [
      ['Enabled', String(before.enabled), String(after.enabled)],
      ['UseSharedProcess', String(before.useSharedProcess), String(after.useSharedProcess)],
      ['AutoRestart', String(before.autoRestart), String(after.autoRestart)],
      [
        'ProcessIdleTimeoutSec',
        String(before.processIdleTimeoutSeconds ?? 0),
        String(after.processIdleTimeoutSeconds ?? 0),
      ],
      ['OutputBufferingMode', String(before.outputBufferingMode), String(after.outputBufferingMode)],
    ] as const
  )
    .filter(([, old, now]) => old !== now)
    .map(([name, , now]) => [name, now]);
  const { element } = before;
  const quotas = child(element, 'Quotas');
  return {
    ...withAttributes(element, changed),
    children: element.children.map((part) =>
      part === quotas
        ? withAttributes(
            part,
            after.quotas.map(({ name, value }) => [name, value]),
          )
        : part,
    ),
  };
}

function withAttributes(element: XmlElement, values: readonly (readonly [string, string])[]): XmlElement {
  const given = new Map(values);
  const kept = element.attributes.map((item) => ({ ...item, value: given.get(item.local) ?? item.value }));
  const added = values
    .filter(([name]) => attribute(element, name) === null)
    .map(([local, value]) => ({ namespace: '', local, value }));
  return { ...element, attributes: [...kept, ...added] };
}
