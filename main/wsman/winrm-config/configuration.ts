/** winrm/config as a plain value, and how its documents become one and are made of one (MS-WSMV 2.2.4). */
import { ProtocolError } from '../errors.ts';
import { ns } from '../namespaces.ts';
import { attribute, child, childrenOf, childText, escapeXml, type XmlElement } from '../xml.ts';

export interface ConfigSetting {
  /** Below winrm/config: `Service/Auth/Basic`. */
  readonly path: string;
  readonly value: string;
  readonly isPolicy: boolean;
}

export interface ListenerKeys {
  readonly address: string;
  readonly transport: 'HTTP' | 'HTTPS';
}
export interface ConfigListener extends ListenerKeys {
  readonly port: number;
  readonly hostname: string;
  readonly enabled: boolean;
  readonly urlPrefix: string;
  readonly thumbprint: string;
  readonly listeningOn: readonly string[];
  readonly source: 'GPO' | 'Compatibility' | null;
}

export interface MappingKeys {
  readonly issuer: string;
  readonly subject: string;
  readonly uri: string;
}
export interface ConfigMapping extends MappingKeys {
  readonly userName: string;
  readonly enabled: boolean;
  readonly source: 'GPO' | null;
}

export interface ConfigPlugin {
  readonly name: string;
  readonly fileName: string;
  readonly enabled: boolean;
  readonly sdkVersion: string | null;
  readonly runAsUser: string | null;
  readonly useSharedProcess: boolean | null;
  readonly autoRestart: boolean | null;
  readonly processIdleTimeoutSeconds: number | null;
  readonly outputBufferingMode: string | null;
  readonly quotas: readonly { readonly name: string; readonly value: string }[];
  readonly resources: readonly {
    readonly resourceUri: string;
    readonly supportsOptions: boolean;
    readonly capabilities: readonly string[];
    readonly sddl: string | null;
  }[];
  /** As it came: a Put sends the whole of it. */
  readonly element: XmlElement;
}

export interface WinrmConfig {
  readonly settings: readonly ConfigSetting[];
  readonly listeners: readonly ConfigListener[];
  readonly mappings: readonly ConfigMapping[];
  readonly plugins: readonly ConfigPlugin[];
}

const isPolicy = (element: XmlElement): boolean => attribute(element, 'Source') === 'GPO';
const isTrue = (text: string | null): boolean => text?.trim().toLowerCase() === 'true';
const wholeNumber = (text: string | null): number | null =>
  text !== null && /^\d{1,10}$/.test(text.trim()) ? Number(text) : null;

/** The leaves of a Config, Client, Service, Auth … document; `below` is the path of that document. */
export function readSettings(document: XmlElement, below = ''): ConfigSetting[] {
  return document.children.flatMap((element) => {
    const path = below === '' ? element.local : `${below}/${element.local}`;
    if (element.children.length > 0) return readSettings(element, path);
    return [{ path, value: element.text.trim(), isPolicy: isPolicy(element) }];
  });
}

/** A Listener document. Other makes pad their values and write TRUE. */
export function readListener(element: XmlElement): ConfigListener {
  const text = (local: string): string => childText(element, local) ?? '';
  const source = attribute(element, 'Source');
  return {
    address: text('Address'),
    transport: text('Transport').toUpperCase() === 'HTTPS' ? 'HTTPS' : 'HTTP',
    port: Number(text('Port')) || 0,
    hostname: text('Hostname'),
    enabled: isTrue(text('Enabled')),
    urlPrefix: text('URLPrefix'),
    thumbprint: text('CertificateThumbprint').replaceAll(' ', '').toUpperCase(),
    listeningOn: childrenOf(element, 'ListeningOn')
      .map((address) => address.text.trim())
      .filter((address) => address !== ''),
    source: source === 'GPO' || source === 'Compatibility' ? source : null,
  };
}

/** A CertMapping document; its password is never taken over, whatever the target sends. */
export function readMapping(element: XmlElement): ConfigMapping {
  const text = (local: string): string => childText(element, local) ?? '';
  return {
    issuer: text('Issuer').replaceAll(' ', ''),
    subject: text('Subject'),
    uri: text('URI'),
    userName: text('UserName'),
    enabled: isTrue(text('Enabled')),
    source: isPolicy(element) ? 'GPO' : null,
  };
}

/** A PlugInConfiguration document (2.2.4.22): attributes, Resources, Quotas. */
export function readPlugin(element: XmlElement): ConfigPlugin {
  const flag = (name: string): boolean | null => {
    const value = attribute(element, name);
    return value === null ? null : isTrue(value);
  };
  const quotas = child(element, 'Quotas');
  const resources = child(element, 'Resources');
  return {
    name: attribute(element, 'Name') ?? '',
    fileName: attribute(element, 'Filename') ?? '',
    // Absent means on: older documents have no such attribute.
    enabled: flag('Enabled') ?? true,
    sdkVersion: attribute(element, 'SDKVersion'),
    runAsUser: attribute(element, 'RunAsUser'),
    useSharedProcess: flag('UseSharedProcess'),
    autoRestart: flag('AutoRestart'),
    processIdleTimeoutSeconds: wholeNumber(attribute(element, 'ProcessIdleTimeoutSec')),
    outputBufferingMode: attribute(element, 'OutputBufferingMode'),
    quotas: (quotas?.attributes ?? []).map(({ local, value }) => ({ name: local, value })),
    resources: (resources ? childrenOf(resources, 'Resource') : []).map((resource) => ({
      resourceUri: attribute(resource, 'ResourceUri') ?? '',
      supportsOptions: isTrue(attribute(resource, 'SupportsOptions')),
      capabilities: childrenOf(resource, 'Capability').map((capability) => attribute(capability, 'Type') ?? ''),
      sddl: childrenOf(resource, 'Security').map((security) => attribute(security, 'Sddl'))[0] ?? null,
    })),
    element,
  };
}

/** Where a setting is put: the document that holds it, and its name there. `Service/Auth/Basic` → `service/auth`, `Basic`. */
export function placeOfSetting(path: string): { readonly section: string; readonly name: string } {
  const slash = path.lastIndexOf('/');
  return { section: path.slice(0, Math.max(0, slash)).toLowerCase(), name: path.slice(slash + 1) };
}

export const sectionUri = (section: string): string => (section === '' ? ns.config : `${ns.config}/${section}`);

/**
 * The document as it was read, with these leaves changed: what winrm puts too. Throws ProtocolError where one of them is not there once.
 * Names compare without case, since Windows' own documents disagree in it.
 */
export function withValues(
  document: XmlElement,
  values: readonly (readonly [name: string, value: string])[],
): XmlElement {
  const children = [...document.children];
  for (const [name, value] of values) {
    const at = children.findIndex((candidate) => candidate.local.toLowerCase() === name.toLowerCase());
    const found = children[at];
    if (found === undefined || found.children.length > 0)
      throw new ProtocolError(`${document.local} has no value ${name}.`);
    const attributes = found.attributes.filter(({ local }) => local !== 'nil');
    children[at] = { ...found, attributes, text: value };
  }
  return { ...document, children };
}

export interface ListenerValues {
  readonly port: number | null;
  readonly hostname: string | null;
  readonly enabled: boolean;
  readonly urlPrefix: string;
  readonly thumbprint: string | null;
}

/** Body of a listener's Create. What is null is left to the machine. */
export function listenerBody({ port, hostname, enabled, urlPrefix, thumbprint }: ListenerValues): string {
  const element = (name: string, value: string | number | boolean | null): string =>
    value === null ? '' : `<cfg:${name}>${escapeXml(String(value))}</cfg:${name}>`;
  const uri = `${ns.config}/listener`;
  return (
    `<cfg:Listener xmlns:cfg="${uri}">${element('Port', port)}${element('Hostname', hostname)}${element('Enabled', enabled)}` +
    `${element('URLPrefix', urlPrefix)}${element('CertificateThumbprint', thumbprint)}</cfg:Listener>`
  );
}

/** Body of a mapping's Create and Put (4.2.3); without a password the stored one stays. */
export function mappingBody(values: { userName: string; password: string | null; enabled: boolean }): string {
  const password = values.password === null ? '' : `<cfg:Password>${escapeXml(values.password)}</cfg:Password>`;
  return (
    `<cfg:CertMapping xmlns:cfg="${ns.config}/service/certmapping"><cfg:UserName>${escapeXml(values.userName)}</cfg:UserName>` +
    `${password}<cfg:Enabled>${values.enabled}</cfg:Enabled></cfg:CertMapping>`
  );
}

export const listenerSelectors = ({ address, transport }: ListenerKeys) =>
  [
    ['Address', address],
    ['Transport', transport],
  ] as const;
export const mappingSelectors = ({ issuer, subject, uri }: MappingKeys) =>
  [
    ['Issuer', issuer],
    ['Subject', subject],
    ['URI', uri],
  ] as const;
