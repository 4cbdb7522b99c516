import { randomUUID } from 'node:crypto';
import { anonymousAddress, ns } from '../wsman/namespaces.ts';
import { escapeXml } from '../wsman/xml.ts';

/** An answer before it is sealed. */
export interface LabResponse {
  readonly status: number;
  readonly body: string;
}

const open = `<s:Envelope xml:lang="en-US" xmlns:s="${ns.soap}" xmlns:a="${ns.addressing}"`;
/** Which namespaces Windows declares on the envelope depends on the family of the answer. */
const families = {
  transfer: `${open} xmlns:x="${ns.transfer}" xmlns:w="${ns.wsman}" xmlns:p="${ns.microsoft}">`,
  enumeration: `${open} xmlns:n="${ns.enumeration}" xmlns:w="${ns.wsman}" xmlns:p="${ns.microsoft}">`,
  shell: `${open} xmlns:x="${ns.transfer}" xmlns:w="${ns.wsman}" xmlns:rsp="${ns.shell}" xmlns:p="${ns.microsoft}">`,
  eventing: `${open} xmlns:e="${ns.eventing}" xmlns:n="${ns.enumeration}" xmlns:w="${ns.wsman}" xmlns:p="${ns.microsoft}">`,
  'shell-output': `${open} xmlns:w="${ns.wsman}" xmlns:rsp="${ns.shell}" xmlns:p="${ns.microsoft}">`,
  other: `${open} xmlns:w="${ns.wsman}" xmlns:p="${ns.microsoft}">`,
  fault: `${open} xmlns:x="${ns.transfer}" xmlns:e="${ns.eventing}" xmlns:n="${ns.enumeration}" xmlns:w="${ns.wsman}" xmlns:p="${ns.microsoft}">`,
} as const;

/** Header order of Windows: Action, MessageID, To, RelatesTo, then what the operation adds; no mustUnderstand on any of them. */
export function writeEnvelope(
  family: keyof typeof families,
  action: string,
  relatesTo: string | null,
  body: string,
  headers = '',
): string {
  return (
    `${families[family]}<s:Header><a:Action>${escapeXml(action)}</a:Action><a:MessageID>uuid:${randomUUID().toUpperCase()}</a:MessageID>` +
    `<a:To>${anonymousAddress}</a:To>${relatesTo === null ? '' : `<a:RelatesTo>${escapeXml(relatesTo)}</a:RelatesTo>`}${headers}` +
    `</s:Header><s:Body>${body}</s:Body></s:Envelope>`
  );
}
