/**
 * SOAP faults in the three shapes seen (MS-WSMV 2.2.4.43): f:WSManFault with a nested ProviderFault, MSFT_WmiError (Windows 8 and later for CIM
 * operations; OMI's OMI_Error is its sister), and no detail at all (OMI, OpenPegasus: not even a reason).
 */
import { type FaultFields, WSManFault } from './errors.ts';
import { ns } from './namespaces.ts';
import { attribute, child, childText, descend, isNil, serializeXml, type XmlElement } from './xml.ts';

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
