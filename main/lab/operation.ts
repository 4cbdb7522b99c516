import type { ReceivedRequest } from '../wsman/envelope.ts';
import { ns } from '../wsman/namespaces.ts';
import { attribute, escapeXml, type XmlElement } from '../wsman/xml.ts';
import type { Account } from './authentication/accounts.ts';
import { type LabReference, writeReference } from './cim-class.ts';
import type { SimulatedMachine } from './simulated-machine.ts';

/** What every operation of the lab takes and gives, and the pieces of XML that several of them write. */

/** What an operation answers; the envelope is put around it here. */
export interface OperationResult {
  readonly body: string;
  readonly headers?: string;
  readonly delayMs?: number;
  /** The connection ends instead of an answer. */
  readonly dropsConnection?: boolean;
  /** Done when the answer is on its way. */
  readonly afterwards?: () => void;
}
export interface LabRequest extends ReceivedRequest {
  readonly action: string;
  readonly resourceUri: string;
  /** Who asks. */
  readonly account: Account;
  /** Octets that the answer may have. */
  readonly limit: number;
}

/** Text of an element by name, null for xsi:nil; wrappers such as cim:Datetime are looked through. */
export function valuesOf(element: XmlElement): Map<string, string | null> {
  const values = new Map<string, string | null>();
  for (const property of element.children) {
    const nil = attribute(property, 'nil', ns.xsi);
    const inner = property.children.length === 1 ? property.children[0]! : property;
    values.set(property.local.toLowerCase(), nil === 'true' || nil === '1' ? null : inner.text);
  }
  return values;
}

/** An EPR of this machine's, for items and ResourceCreated. */
export function writeEpr(
  element: string,
  address: string,
  resourceUri: string,
  selectors: readonly (readonly [string, string | LabReference])[],
): string {
  const set = selectors
    .map(([name, value]) => `<w:Selector Name="${escapeXml(name)}">${writeSelector(value)}</w:Selector>`)
    .join('');
  return (
    `<${element} xmlns:a="${ns.addressing}" xmlns:w="${ns.wsman}"><a:Address>${escapeXml(address)}</a:Address><a:ReferenceParameters>` +
    `<w:ResourceURI>${escapeXml(resourceUri)}</w:ResourceURI>${set === '' ? '' : `<w:SelectorSet>${set}</w:SelectorSet>`}</a:ReferenceParameters></${element}>`
  );
}

/** Text, or the EPR of the end of a link (DSP0227 8.1). */
export const writeSelector = (value: string | LabReference): string =>
  typeof value === 'string'
    ? escapeXml(value)
    : `<a:EndpointReference xmlns:a="${ns.addressing}">${writeReference(value)}</a:EndpointReference>`;

/** Body of a CreateResponse: where the new thing is (WS-Transfer 3.3). */
export function resourceCreated(
  machine: SimulatedMachine,
  resourceUri: string,
  selectors: readonly (readonly [string, string | LabReference])[],
): string {
  const address = `${machine.transport}://${machine.plan.name}:${machine.port}/wsman`;
  return writeEpr('x:ResourceCreated', address, resourceUri, selectors);
}
