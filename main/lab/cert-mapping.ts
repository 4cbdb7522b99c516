import { X509Certificate } from 'node:crypto';
import { oidText, readDer, readDerList } from '../wsman/auth/der.ts';
import { ns } from '../wsman/namespaces.ts';
import { escapeXml, type XmlElement } from '../wsman/xml.ts';
import { type Account, findAccount, isPassword } from './authentication/accounts.ts';
import { LabFault } from './faults.ts';
import { type LabRequest, resourceCreated, valuesOf } from './operation.ts';
import type { SimulatedMachine } from './simulated-machine.ts';

/** winrm/config/service/certmapping: which client certificate is which local account (MS-WSMV 2.2.4.3, 3.1.4.1.29.3, 3.1.4.1.35). */
export interface CertMapping {
  /** Resource URI, perhaps with an asterisk at the end. */
  readonly uri: string;
  /** UPN or DNS name of the certificate, perhaps with an asterisk at one end. */
  readonly subject: string;
  /** SHA-1 of the issuer's certificate, 40 hex digits. */
  readonly issuer: string;
  userName: string;
  password: string;
  enabled: boolean;
}

export const certMappingUri = `${ns.config}/service/certmapping`;

/** The password never leaves: the element is there, and empty. */
export function writeCertMapping(mapping: CertMapping): string {
  return (
    `<cfg:CertMapping xmlns:cfg="${certMappingUri}" xml:lang="en-US"><cfg:URI>${escapeXml(mapping.uri)}</cfg:URI>` +
    `<cfg:Subject>${escapeXml(mapping.subject)}</cfg:Subject><cfg:Issuer>${escapeXml(mapping.issuer)}</cfg:Issuer>` +
    `<cfg:UserName>${escapeXml(mapping.userName)}</cfg:UserName><cfg:Enabled>${mapping.enabled}</cfg:Enabled><cfg:Password/></cfg:CertMapping>`
  );
}

export const certMappingSelectors = (mapping: CertMapping): (readonly [string, string])[] => [
  ['URI', mapping.uri],
  ['Subject', mapping.subject],
  ['Issuer', mapping.issuer],
];

type Keys = Pick<CertMapping, 'uri' | 'subject' | 'issuer'>;

function keysOf(request: LabRequest): Keys {
  const text = (wanted: string): string => {
    const value = request.selectors.find(([name]) => name.toLowerCase() === wanted)?.[1];
    if (typeof value !== 'string') throw new LabFault(2150858842);
    return value.trim();
  };
  const keys = { uri: text('uri'), subject: text('subject'), issuer: text('issuer').replace(/\s/g, '') };
  if (request.selectors.length > 3) throw new LabFault(2150858843);
  return keys;
}

const isSame = (left: Keys, right: Keys): boolean =>
  left.uri.toLowerCase() === right.uri.toLowerCase() &&
  left.subject.toLowerCase() === right.subject.toLowerCase() &&
  left.issuer.toLowerCase() === right.issuer.toLowerCase();

function findMapping(machine: SimulatedMachine, request: LabRequest): CertMapping {
  const keys = keysOf(request);
  const found = machine.certMappings.find((mapping) => isSame(mapping, keys));
  if (!found) throw new LabFault(2150858752);
  return found;
}

export const getCertMapping = (machine: SimulatedMachine, request: LabRequest): string =>
  writeCertMapping(findMapping(machine, request));

export function createCertMapping(machine: SimulatedMachine, request: LabRequest, body: XmlElement): string {
  const keys = keysOf(request);
  if (!/^[0-9a-f]{40}$/i.test(keys.issuer)) throw invalid('Issuer is a thumbprint of 40 hex digits.');
  if (!isPattern(keys.subject, 'either')) throw invalid('Subject holds at most one asterisk, at one end.');
  if (!isPattern(keys.uri, 'end') || /[\s?]/.test(keys.uri))
    throw invalid('URI holds at most one asterisk, at its end, and neither blanks nor question marks.');
  if (machine.certMappings.some((mapping) => isSame(mapping, keys)))
    throw new LabFault(183, { text: 'There is such a mapping already.' });
  const mapping: CertMapping = { ...keys, userName: '', password: '', enabled: true };
  change(machine, mapping, body);
  if (mapping.userName === '' || mapping.password === '') throw new LabFault(2150858839);
  machine.certMappings.push(mapping);
  return resourceCreated(machine, certMappingUri, certMappingSelectors(mapping));
}

export function putCertMapping(machine: SimulatedMachine, request: LabRequest, body: XmlElement): string {
  const mapping = findMapping(machine, request);
  const values = valuesOf(body);
  const given = { uri: values.get('uri'), subject: values.get('subject'), issuer: values.get('issuer') };
  for (const key of ['uri', 'subject', 'issuer'] as const) {
    const value = given[key]?.trim();
    if (value !== undefined && value.toLowerCase() !== mapping[key].toLowerCase()) throw new LabFault(2150859122);
  }
  change(machine, mapping, body);
  return writeCertMapping(mapping);
}

export function deleteCertMapping(machine: SimulatedMachine, request: LabRequest): void {
  machine.certMappings.splice(machine.certMappings.indexOf(findMapping(machine, request)), 1);
}

/** All or nothing. An empty Password is what Get shows, and leaves the stored one as it is. */
function change(machine: SimulatedMachine, mapping: CertMapping, body: XmlElement): void {
  // The example of MS-WSMV 4.2.3 writes it in lower case.
  if (body.local.toLowerCase() !== 'certmapping') throw new LabFault(2150858817);
  const values = valuesOf(body);
  const userName = values.get('username')?.trim() || mapping.userName;
  const password = values.get('password') || mapping.password;
  const enabled = values.get('enabled')?.trim() ?? String(mapping.enabled);
  if (enabled !== 'true' && enabled !== 'false') throw invalid('Enabled is true or false.');
  // Domain accounts are not allowed (2.2.4.3), and what is stored must open the account.
  const account = userName === '' ? undefined : findAccount(machine, userName, 'local');
  if (userName !== '' && (!account || (password !== '' && !isPassword(account, password))))
    throw new LabFault(1326, { text: 'The user name or password is incorrect.' });
  Object.assign(mapping, { userName, password, enabled: enabled === 'true' });
}

const invalid = (text: string): LabFault => new LabFault(2150858817, { text });

function isPattern(text: string, asteriskAt: 'end' | 'either'): boolean {
  const bare = text.endsWith('*')
    ? text.slice(0, -1)
    : asteriskAt === 'either' && text.startsWith('*')
      ? text.slice(1)
      : text;
  return text !== '' && !bare.includes('*');
}

function isMatch(pattern: string, text: string): boolean {
  const wanted = pattern.toLowerCase();
  const actual = text.toLowerCase();
  if (wanted.endsWith('*')) return actual.startsWith(wanted.slice(0, -1));
  if (wanted.startsWith('*')) return actual.endsWith(wanted.slice(1));
  return actual === wanted;
}

/** A certificate that a client has proved to hold, and whose issuer this machine trusts. */
export interface ProvenCertificate {
  readonly issuer: string;
  readonly names: readonly string[];
}

/**
 * What can be said before a request is read: is it in date, for client authentication, from an authority that the machine trusts?
 * `authorities` are certificates in PEM.
 */
export function proveCertificate(
  leaf: X509Certificate,
  authorities: readonly string[],
  now: number,
): ProvenCertificate | null {
  if (now < Date.parse(leaf.validFrom) || now > Date.parse(leaf.validTo)) return null;
  if (!leaf.keyUsage?.includes('1.3.6.1.5.5.7.3.2')) return null;
  const issuer = authorities
    .map((pem) => new X509Certificate(pem))
    .find((authority) => leaf.checkIssued(authority) && leaf.verify(authority.publicKey));
  return issuer ? { issuer: issuer.fingerprint.replaceAll(':', ''), names: certificateNames(leaf.raw) } : null;
}

/** Mappings that a certificate may come under, whatever it will ask for. */
export const mappingsFor = (machine: SimulatedMachine, certificate: ProvenCertificate): readonly CertMapping[] =>
  machine.certMappings.filter(
    (mapping) =>
      mapping.enabled &&
      mapping.issuer.toLowerCase() === certificate.issuer.toLowerCase() &&
      certificate.names.some((name) => isMatch(mapping.subject, name)),
  );

/** The account for a resource: longest Subject, then longest URI; null where none or several fit, or the account does not open. */
export function mappedAccount(
  machine: SimulatedMachine,
  certificate: ProvenCertificate,
  resourceUri: string,
): Account | null {
  const fitting = mappingsFor(machine, certificate).filter((mapping) => isMatch(mapping.uri, resourceUri));
  const longest = (items: readonly CertMapping[], key: 'subject' | 'uri'): CertMapping[] => {
    const most = Math.max(0, ...items.map((mapping) => mapping[key].length));
    return items.filter((mapping) => mapping[key].length === most);
  };
  const [only, ...others] = longest(longest(fitting, 'subject'), 'uri');
  if (!only || others.length > 0) return null;
  const account = findAccount(machine, only.userName, 'local');
  return account && isPassword(account, only.password) ? account : null;
}

const subjectAltName = '2.5.29.17';
const userPrincipalName = '1.3.6.1.4.1.311.20.2.3';

/** User principal names and DNS names of a certificate's subjectAltName (RFC 5280 4.2.1.6). Node does not show the former. */
export function certificateNames(der: Uint8Array): readonly string[] {
  const toBeSigned = readDerList(readDer(readDer(der).value).value);
  const extensions = toBeSigned.find(({ tag }) => tag === 0xa3);
  const list = extensions ? readDerList(readDer(extensions.value).value).map(({ value }) => readDerList(value)) : [];
  const value = list.find(([id]) => id && oidText(id.value) === subjectAltName)?.at(-1);
  if (!value) return [];
  return readDerList(readDer(value.value).value).flatMap(({ tag, value: name }) => {
    if (tag === 0x82) return [Buffer.from(name).toString('latin1')];
    if (tag !== 0xa0) return [];
    const [id, wrapped] = readDerList(name);
    const isUpn = id && wrapped && oidText(id.value) === userPrincipalName;
    return isUpn ? [Buffer.from(readDer(wrapped.value).value).toString('utf8')] : [];
  });
}
