import { actions, ns } from '../wsman/namespaces.ts';
import { escapeXml } from '../wsman/xml.ts';
import { LabFault } from './faults.ts';
import type { LabRequest } from './operation.ts';
import { type LabResponse, writeEnvelope } from './response.ts';

/**
 * Habits of Open Management Infrastructure (OMI 1.0.8), as seen on a live one: everything on one path, values padded with line breaks, TRUE and
 * FALSE, the output of a method in a namespace of its own, faults without detail, both a context and an end in the last Pull.
 */

/** IdentifyResponse is in the namespace of SOAP there, its children where they belong. */
export function omiIdentity(): LabResponse {
  return {
    status: 200,
    body:
      `<SOAP-ENV:Envelope xmlns:SOAP-ENV="${ns.soap}" xmlns:wsmid="${ns.identity}"><SOAP-ENV:Header/><SOAP-ENV:Body><SOAP-ENV:IdentifyResponse>` +
      `<wsmid:ProtocolVersion>${ns.wsman}</wsmid:ProtocolVersion>` +
      '<wsmid:ProductVendor>Open Management Infrastructure</wsmid:ProductVendor><wsmid:ProductVersion>1.0.8</wsmid:ProductVersion>' +
      '</SOAP-ENV:IdentifyResponse></SOAP-ENV:Body></SOAP-ENV:Envelope>',
  };
}

/** What it does not have: fragments, shells, subscriptions, WinRM's settings. Throws LabFault. */
export function refuseForOmi(request: Omit<LabRequest, 'account'>): void {
  if (request.fragment !== null) throw new LabFault(2150858768);
  const uri = request.resourceUri.toLowerCase();
  if (request.action.startsWith(ns.eventing)) throw new LabFault(2150858753);
  if (uri.startsWith(ns.shell) || uri.startsWith(ns.config)) throw new LabFault(2150858753);
}

/** The body as OMI writes it. Instances and outputs are what carries the prefix p. */
export function omiBody(request: LabRequest, body: string): string {
  const padded = body.replace(/<(p:\w+)>([^<]*)<\/\1>/g, (_, name: string, value: string) => {
    const text = value === 'true' || value === 'false' ? value.toUpperCase() : value;
    return `<${name}>\n${text}\n</${name}>`;
  });
  if (request.action === actions.pull && padded.includes('<n:EndOfSequence/>')) {
    return padded.replace('<n:PullResponse>', '<n:PullResponse><n:EnumerationContext>0</n:EnumerationContext>');
  }
  // {…/cim-schema/2/METHOD}METHOD instead of {CLASS}METHOD_OUTPUT.
  const output = /^<p:(\w+)_OUTPUT\b[^>]*>([\s\S]*)<\/p:\1_OUTPUT>$/.exec(padded);
  if (output === null) return padded;
  const [, method = '', values = ''] = output;
  const namespace = `http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/${method}`;
  return `<p:${method} xmlns:p="${namespace}" xmlns:xsi="${ns.xsi}" xmlns:cim="${ns.cim}">${values}</p:${method}>`;
}

/** A fault with nothing but code and reason. */
export function omiFault(fault: LabFault, relatesTo: string | null): LabResponse {
  const body =
    '<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:InternalError</s:Value></s:Subcode></s:Code>' +
    `<s:Reason><s:Text xml:lang="en-US">\n${escapeXml(fault.message)}\n</s:Text></s:Reason></s:Fault>`;
  return {
    status: 500,
    body: writeEnvelope('fault', 'http://schemas.dmtf.org/wbem/wsman/1/wsman/fault', relatesTo, body),
  };
}
