import { ns } from '../wsman/namespaces.ts';
import { escapeXml, type XmlElement } from '../wsman/xml.ts';
import { LabFault } from './faults.ts';
import { type LabRequest, resourceCreated, valuesOf } from './operation.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import { applyStack } from './stacks.ts';
import { type ConfigBranch, type ConfigLeaf, type ConfigListener, isBranch } from './world/winrm-config.ts';

/** winrm/config and winrm/config/listener (MS-WSMV 2.2.4.6, 2.2.4.21, 3.1.4.1.29). A document's namespace is the URI that was asked. */

const listenerUri = `${ns.config}/listener`;
/** What can be asked by URI; other parts come with the whole. */
const documents: ReadonlySet<string> = new Set([
  '',
  'client',
  'client/auth',
  'client/defaultports',
  'service',
  'service/auth',
  'service/defaultports',
  'winrs',
]);

export function getConfig(machine: SimulatedMachine, path: string): string {
  return writeBranch(documentOf(machine, path), path === '' ? ns.config : `${ns.config}/${path}`);
}

function documentOf(machine: SimulatedMachine, path: string): ConfigBranch {
  const node = documents.has(path) ? machine.winrmConfig.find(path) : undefined;
  if (!node || !isBranch(node)) throw new LabFault(2150858752);
  return node;
}

function writeBranch(branch: ConfigBranch, namespace: string): string {
  const inner = (node: ConfigLeaf | ConfigBranch): string => {
    if (isBranch(node)) return `<cfg:${node.name}>${node.children.map(inner).join('')}</cfg:${node.name}>`;
    const source = node.source ? ` Source="${node.source}"` : '';
    return `<cfg:${node.name}${source}>${escapeXml(node.value)}</cfg:${node.name}>`;
  };
  return `<cfg:${branch.name} xmlns:cfg="${namespace}">${branch.children.map(inner).join('')}</cfg:${branch.name}>`;
}

/** Takes the values that differ. Nothing is changed where one of them may not be. */
export function putConfig(machine: SimulatedMachine, path: string, body: XmlElement): string {
  const branch = documentOf(machine, path);
  if (path === 'service/defaultports') throw new LabFault(2150858753);
  if (body.local !== branch.name) throw new LabFault(2150858817);
  const changes: [ConfigLeaf, string][] = [];
  collect(branch, body, changes);
  for (const [leaf, value] of changes) {
    if (leaf.source === 'GPO') throw new LabFault(2150858890);
    if (leaf.writable !== 'yes') throw new LabFault(leaf.writable === 'deprecated' ? 2150859182 : 2150859071);
    if (!isValid(leaf, value)) throw new LabFault(2150858817, { text: `The value of ${leaf.name} is not valid.` });
  }
  for (const [leaf, value] of changes) leaf.value = value;
  machine.listener.update();
  return getConfig(machine, path);
}

function collect(branch: ConfigBranch, element: XmlElement, changes: [ConfigLeaf, string][]): void {
  for (const given of element.children) {
    const node = branch.children.find((candidate) => candidate.name === given.local);
    if (!node) throw new LabFault(2150858817);
    if (isBranch(node)) collect(node, given, changes);
    else if (given.text.trim() !== node.value) changes.push([node, given.text.trim()]);
  }
}

/** The type of a setting is that of its value; numbers have lower ends (MS-WSMV 2.2.4.6). */
function isValid(leaf: ConfigLeaf, value: string): boolean {
  if (leaf.value === 'true' || leaf.value === 'false') return value === 'true' || value === 'false';
  if (leaf.name === 'CbtHardeningLevel') return /^(None|Relaxed|Strict)$/.test(value);
  if (!/^\d+$/.test(leaf.value)) return true;
  if (!/^\d{1,10}$/.test(value)) return false;
  const least =
    leaf.name === 'MaxEnvelopeSizekb' ? 32 : /ms$/.test(leaf.name) ? 500 : leaf.name === 'IdleTimeout' ? 60_000 : 1;
  return Number(value) >= least && Number(value) <= 4_294_967_295;
}

export function writeListener(machine: SimulatedMachine, listener: ConfigListener): string {
  const ports = machine.winrmConfig
    .listeningOn(listener)
    .map((address) => `<cfg:ListeningOn>${escapeXml(address)}</cfg:ListeningOn>`)
    .join('');
  return (
    `<cfg:Listener xmlns:xsi="${ns.xsi}" xmlns:cfg="${listenerUri}"${listener.source ? ` Source="${listener.source}"` : ''}>` +
    `<cfg:Address>${escapeXml(listener.address)}</cfg:Address><cfg:Transport>${listener.transport}</cfg:Transport><cfg:Port>${listener.port}</cfg:Port>` +
    `<cfg:Hostname>${escapeXml(listener.hostname)}</cfg:Hostname><cfg:Enabled>${listener.enabled}</cfg:Enabled><cfg:URLPrefix>${escapeXml(listener.urlPrefix)}</cfg:URLPrefix>` +
    `<cfg:CertificateThumbprint>${escapeXml(listener.certificateThumbprint)}</cfg:CertificateThumbprint>${ports}</cfg:Listener>`
  );
}

export const listenerSelectors = (listener: ConfigListener): (readonly [string, string])[] => [
  ['Address', listener.address],
  ['Transport', listener.transport],
];

function findListener(machine: SimulatedMachine, request: LabRequest): ConfigListener {
  const { address, transport } = listenerKeys(request);
  const found = machine.winrmConfig.listeners.find(
    (listener) => listener.address.toLowerCase() === address.toLowerCase() && listener.transport === transport,
  );
  if (!found) throw new LabFault(2150858752);
  return found;
}

function listenerKeys(request: LabRequest): { address: string; transport: 'HTTP' | 'HTTPS' } {
  const text = (wanted: string): string | undefined => {
    const value = request.selectors.find(([name]) => name.toLowerCase() === wanted)?.[1];
    return typeof value === 'string' ? value : undefined;
  };
  const address = text('address');
  const transport = text('transport')?.toUpperCase();
  if (address === undefined || transport === undefined) throw new LabFault(2150858842);
  if (request.selectors.length > 2) throw new LabFault(2150858843);
  if (transport !== 'HTTP' && transport !== 'HTTPS') throw new LabFault(2150858813);
  return { address, transport };
}

export const getListener = (machine: SimulatedMachine, request: LabRequest): string =>
  writeListener(machine, findListener(machine, request));

/** Takes what is given; thumbprint and host name go together (2150858985), and only HTTPS has them. */
function apply(machine: SimulatedMachine, listener: ConfigListener, body: XmlElement): ConfigListener {
  // winrm names the root as the URI was typed: config/listener as often as config/Listener.
  if (body.local.toLowerCase() !== 'listener') throw new LabFault(2150858817);
  const values = valuesOf(body);
  const port = Number(values.get('port')?.trim() ?? listener.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new LabFault(2150858817);
  const enabled = values.get('enabled')?.trim().toLowerCase() ?? String(listener.enabled);
  if (enabled !== 'true' && enabled !== 'false') throw new LabFault(2150858817);
  const urlPrefix = values.get('urlprefix')?.trim() ?? listener.urlPrefix;
  if (!/^\w+(\/\w+)*$/.test(urlPrefix)) throw new LabFault(2150858817);
  const given = values.get('listeningon');
  if (given !== undefined && !machine.winrmConfig.listeningOn(listener).includes(given?.trim() ?? ''))
    throw new LabFault(2150858818, { text: 'ListeningOn cannot be set.' });
  const next = {
    ...listener,
    port,
    enabled: enabled === 'true',
    urlPrefix,
    hostname: values.get('hostname')?.trim() ?? listener.hostname,
    certificateThumbprint: (
      values.get('certificatethumbprint')?.replace(/\s/g, '') ?? listener.certificateThumbprint
    ).toUpperCase(),
  };
  const taken = machine.winrmConfig.listeners.find(
    (other) =>
      other !== listener &&
      other.port === next.port &&
      other.transport !== next.transport &&
      other.enabled &&
      next.enabled,
  );
  if (taken) throw new LabFault(2150858818, { text: 'HTTP and HTTPS cannot share a port.' });
  return next.transport === 'HTTPS'
    ? withCertificate(machine, next, next.certificateThumbprint !== listener.certificateThumbprint)
    : next;
}

/** The certificate that is named, or the first one for its host name; it has to be there, for that name and for servers. */
function withCertificate(machine: SimulatedMachine, listener: ConfigListener, isNew: boolean): ConfigListener {
  const hostname = listener.hostname || machineHostName(machine);
  const named = listener.certificateThumbprint;
  const own = machine
    .certificates()
    .filter(
      (certificate) => certificate.isForServers && certificate.keyPem !== null && Date.now() < certificate.validToAt,
    );
  const found =
    named === ''
      ? own.find(({ names }) => names.includes(hostname.toLowerCase()))
      : own.find((certificate) => certificate.thumbprint === named);
  if (!found && (isNew || named === '')) throw new LabFault(2150859029);
  if (found && isNew && !found.names.includes(hostname.toLowerCase())) throw new LabFault(2150858985);
  return { ...listener, hostname, certificateThumbprint: found?.thumbprint ?? named };
}

export function putListener(machine: SimulatedMachine, request: LabRequest, body: XmlElement): string {
  const listener = findListener(machine, request);
  if (listener.source === 'GPO') throw new LabFault(2150858890);
  Object.assign(listener, apply(machine, listener, body));
  machine.listener.update();
  return writeListener(machine, listener);
}

export function createListener(machine: SimulatedMachine, request: LabRequest, body: XmlElement): string {
  const { address, transport } = listenerKeys(request);
  const exists = machine.winrmConfig.listeners.some(
    (listener) => listener.address.toLowerCase() === address.toLowerCase() && listener.transport === transport,
  );
  if (exists) throw new LabFault(183, { text: 'There is such a listener already.' });
  const isOwn =
    address === '*' ||
    /^MAC:/i.test(address) ||
    ownAddresses(machine).includes(address.replace(/^IP:/i, '').toLowerCase());
  if (!isOwn) throw new LabFault(2147942487, { text: 'The address of the listener is not one of this machine.' });
  const https = transport === 'HTTPS';
  const listener = apply(
    machine,
    {
      address,
      transport,
      port: machine.winrmConfig.number(`Service/DefaultPorts/${transport}`),
      hostname: https ? machineHostName(machine) : '',
      enabled: true,
      urlPrefix: 'wsman',
      certificateThumbprint: '',
      source: null,
    },
    body,
  );
  machine.winrmConfig.listeners.push(listener);
  machine.listener.update();
  return resourceCreated(machine, listenerUri, listenerSelectors(listener));
}

const machineHostName = (machine: SimulatedMachine): string => `${machine.plan.name}.${machine.plan.domain}`;
const ownAddresses = (machine: SimulatedMachine): string[] => [machine.plan.address, '127.0.0.1', '::1'];

export function deleteListener(machine: SimulatedMachine, request: LabRequest): void {
  const listener = findListener(machine, request);
  if (listener.source === 'GPO') throw new LabFault(2150858890);
  machine.winrmConfig.listeners.splice(machine.winrmConfig.listeners.indexOf(listener), 1);
  machine.listener.update();
}

/** `invoke restore winrm/config`, as Restore of the resource. */
export function restoreConfig(machine: SimulatedMachine): void {
  machine.winrmConfig.restore();
  applyStack(machine);
  machine.listener.update();
}
