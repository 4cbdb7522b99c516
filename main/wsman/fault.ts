/**
 * SOAP faults in the three shapes seen (MS-WSMV 2.2.4.43): f:WSManFault with a nested ProviderFault, MSFT_WmiError (Windows 8 and later for CIM
 * operations; OMI's OMI_Error is its sister), and no detail at all (OMI, OpenPegasus: not even a reason). Both roles: read and build.
 */
import { buildResponse, faultAction } from './envelope.ts';
import { type FaultFields, WSManFault } from './errors.ts';
import { ns } from './namespaces.ts';
import {
  attribute,
  child,
  childText,
  descend,
  escapeAttribute,
  escapeXml,
  isNil,
  serializeXml,
  type XmlElement,
} from './xml.ts';

/** WSManFault/@Code of an operation that ended at its OperationTimeout; normal on Pull and Receive. */
export const timedOutCode = 2150858793;

/**
 * Reads s:Fault. `action` is the wsa:Action it came under. All text is trimmed: Windows leaves trailing blanks, OMI pads with line breaks.
 * Where there is no number and the subcode is w:TimedOut, the number Windows has for it is filled in, so that callers ask only one thing.
 */
export function readFault(fault: XmlElement, httpStatus: number, action: string | null): WSManFault {
  const codeElement = child(fault, 'Code', ns.soap);
  const subcode = qname(codeElement && descend(codeElement, 'Subcode', 'Value'));
  const reason = text(descend(fault, 'Reason', 'Text'));
  const detail = child(fault, 'Detail', ns.soap);
  const own = readDetail(detail);
  const fields: FaultFields = {
    httpStatus,
    action,
    code: qname(codeElement && child(codeElement, 'Value', ns.soap)).local,
    subcode: subcode.local,
    subcodeNamespace: subcode.namespace,
    reason,
    faultDetail: text(detail && child(detail, 'FaultDetail')),
    ...own,
    wsmanCode: own.wsmanCode ?? (subcode.local === 'TimedOut' ? timedOutCode : null),
    xml: serializeXml(fault),
  };
  return new WSManFault(fields.message ?? fields.reason ?? sentence(fields), fields);
}

function sentence(fields: FaultFields): string {
  const name = fields.subcode ?? fields.code;
  return name === null
    ? 'The target answered with a fault that says nothing.'
    : `The target answered with the fault ${name}.`;
}

type DetailFields = Pick<
  FaultFields,
  'wsmanCode' | 'machine' | 'message' | 'provider' | 'providerPath' | 'providerCode' | 'wmiError'
>;

function readDetail(detail: XmlElement | undefined): DetailFields {
  const outer = detail && child(detail, 'WSManFault', ns.fault);
  const providerFault = descend(outer, 'Message', 'ProviderFault');
  const inner = providerFault && child(providerFault, 'WSManFault', ns.fault);
  const wmiError = detail?.children.find(isCimError);
  const fromWmi = wmiError ? readWmiError(wmiError) : null;
  return {
    wsmanCode: outer ? unsigned(attribute(outer, 'Code')) : (fromWmi?.code ?? null),
    machine: outer ? emptyToNull(attribute(outer, 'Machine')) : null,
    message: outer ? innermostMessage(outer) : (fromWmi?.message ?? null),
    provider: providerFault
      ? emptyToNull(attribute(providerFault, 'provider') ?? attribute(providerFault, 'providerId'))
      : null,
    providerPath: providerFault ? emptyToNull(attribute(providerFault, 'path')) : null,
    providerCode: inner ? unsigned(attribute(inner, 'Code')) : null,
    wmiError: fromWmi?.fields ?? null,
  };
}

/** The deepest text under f:Message: the provider's own words, where it has some. Bounded by the parser's depth. */
function innermostMessage(fault: XmlElement): string | null {
  const message = child(fault, 'Message', ns.fault);
  if (message === undefined) return null;
  const provider = child(message, 'ProviderFault', ns.fault);
  const nested = provider && child(provider, 'WSManFault', ns.fault);
  return (nested && innermostMessage(nested)) ?? text(provider) ?? extendedError(provider) ?? text(message);
}

/** WMI's __ExtendedStatus: its Description is all that is left when the provider says nothing else. */
function extendedError(provider: XmlElement | undefined): string | null {
  const status = (provider && child(provider, 'ExtendedError', ns.fault))?.children[0];
  return status ? emptyToNull(childText(status, 'Description')) : null;
}

function isCimError(element: XmlElement): boolean {
  return (
    /^(MSFT_WmiError|OMI_Error|CIM_Error)$/i.test(element.local) ||
    attribute(element, 'IsCIM_Error', ns.cimBinding) !== null
  );
}

function readWmiError(element: XmlElement): {
  code: number | null;
  message: string | null;
  fields: ReadonlyMap<string, string>;
} {
  const fields = new Map<string, string>();
  for (const property of element.children) {
    if (!isNil(property)) fields.set(property.local, property.text.trim());
  }
  const hresult = /0x[0-9a-f]{1,8}/i.exec(fields.get('MessageID') ?? '')?.[0];
  const message = fields.get('error_WindowsErrorMessage') || fields.get('Message') || null;
  return { code: unsigned(fields.get('error_Code') ?? hresult ?? null), message, fields };
}

/** Codes are written unsigned, signed (older stacks) or in hex; kept as unsigned 32 bit. */
function unsigned(value: string | null): number | null {
  if (value === null || !/^\s*(-?[0-9]{1,10}|0x[0-9a-fA-F]{1,8})\s*$/.test(value)) return null;
  return Number(value) >>> 0;
}

function text(element: XmlElement | undefined): string | null {
  return element === undefined ? null : emptyToNull(element.text);
}

function emptyToNull(value: string | null): string | null {
  const trimmed = value?.trim() ?? '';
  return trimmed === '' ? null : trimmed;
}

function qname(element: XmlElement | undefined): { local: string | null; namespace: string | null } {
  const value = text(element);
  if (element === undefined || value === null) return { local: null, namespace: null };
  const colon = value.indexOf(':');
  return {
    local: value.slice(colon + 1),
    namespace: element.resolvePrefix(colon < 0 ? '' : value.slice(0, colon)) || null,
  };
}

/** What a fault to be sent says. `shape` chooses the dialect; `omi` sends no detail. */
export interface FaultDescription {
  readonly shape?: 'windows' | 'wmi-error' | 'omi';
  readonly code: 'Sender' | 'Receiver' | 'MustUnderstand';
  /** Local name, and the namespace it is in: ns.wsman, ns.addressing, ns.enumeration or ns.eventing. */
  readonly subcode: string;
  readonly subcodeNamespace?: string;
  readonly reason: string;
  readonly wsmanCode?: number;
  readonly machine?: string;
  readonly message?: string;
  /** `http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/…`, or only its last step. */
  readonly faultDetail?: string;
  readonly provider?: { readonly name: string; readonly path: string; readonly code: number; readonly message: string };
  /** CIM status code of MSFT_WmiError. */
  readonly cimStatusCode?: number;
}

const prefixes: ReadonlyMap<string, string> = new Map([
  [ns.wsman, 'w'],
  [ns.addressing, 'a'],
  [ns.enumeration, 'n'],
  [ns.transfer, 'x'],
]);

/** Server role: the whole fault envelope as text. Send it with HTTP status 500. */
export function buildFault(
  fault: FaultDescription,
  ids: { readonly messageId: string; readonly relatesTo: string | null },
): string {
  const namespace = fault.subcodeNamespace ?? ns.wsman;
  const prefix = prefixes.get(namespace);
  const subcode = prefix === undefined ? `q:${fault.subcode}` : `${prefix}:${fault.subcode}`;
  const declaration = prefix === undefined ? ` xmlns:q="${escapeAttribute(namespace)}"` : '';
  const body =
    `<s:Fault><s:Code><s:Value>s:${fault.code}</s:Value><s:Subcode><s:Value${declaration}>${escapeXml(subcode)}</s:Value></s:Subcode>` +
    `</s:Code><s:Reason><s:Text xml:lang="en-US">${escapeXml(fault.reason)}</s:Text></s:Reason>${buildDetail(fault)}</s:Fault>`;
  return buildResponse({ action: faultAction(namespace), messageId: ids.messageId, relatesTo: ids.relatesTo, body });
}

function buildDetail(fault: FaultDescription): string {
  if (fault.shape === 'omi') return '';
  const uri = fault.faultDetail?.includes(':')
    ? fault.faultDetail
    : `http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/${fault.faultDetail ?? ''}`;
  const faultDetail = fault.faultDetail === undefined ? '' : `<w:FaultDetail>${escapeXml(uri)}</w:FaultDetail>`;
  const content = fault.shape === 'wmi-error' ? buildWmiError(fault) : buildWSManFault(fault);
  return `<s:Detail>${faultDetail}${content}</s:Detail>`;
}

function buildWSManFault(fault: FaultDescription): string {
  const start = (code: number, machine: string): string =>
    `<f:WSManFault xmlns:f="${ns.fault}" Code="${code >>> 0}" Machine="${escapeAttribute(machine)}">`;
  const machine = fault.machine ?? '';
  const provider = fault.provider;
  const message =
    provider === undefined
      ? escapeXml(fault.message ?? fault.reason)
      : `<f:ProviderFault provider="${escapeAttribute(provider.name)}" path="${escapeAttribute(provider.path)}">` +
        `${start(provider.code, machine)}<f:Message>${escapeXml(provider.message)}</f:Message></f:WSManFault></f:ProviderFault>`;
  return `${start(fault.wsmanCode ?? 0, machine)}<f:Message>${message}</f:Message></f:WSManFault>`;
}

function buildWmiError(fault: FaultDescription): string {
  const code = (fault.wsmanCode ?? 0) >>> 0;
  const property = (name: string, type: string, value: string | number): string =>
    `<p:${name} xsi:type="cim:${type}">${escapeXml(String(value))}</p:${name}>`;
  const message = fault.message ?? fault.reason;
  return (
    `<p:MSFT_WmiError xmlns:p="${ns.wmiError}" xmlns:b="${ns.cimBinding}" xmlns:cim="${ns.cim}" b:IsCIM_Error="true" xsi:type="p:MSFT_WmiError_Type">` +
    property('CIMStatusCode', 'cimUnsignedInt', fault.cimStatusCode ?? 1) +
    property('Message', 'cimString', message) +
    property('MessageID', 'cimString', `HRESULT 0x${code.toString(16)}`) +
    property('error_Category', 'cimUnsignedInt', 30) +
    property('error_Code', 'cimUnsignedInt', code) +
    property('error_Type', 'cimString', 'HRESULT') +
    `${property('error_WindowsErrorMessage', 'cimString', message)}</p:MSFT_WmiError>`
  );
}
