/** Names that the wire knows (MS-WSMV 2.2.1, DSP0226 annex; the identity namespace as real machines write it, not as MS-WSMV prints it). */
export const ns = {
  soap: 'http://www.w3.org/2003/05/soap-envelope',
  addressing: 'http://schemas.xmlsoap.org/ws/2004/08/addressing',
  /** WS-Addressing 1.0: never written, read where other makes write it. */
  addressing10: 'http://www.w3.org/2005/08/addressing',
  wsman: 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd',
  microsoft: 'http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd',
  enumeration: 'http://schemas.xmlsoap.org/ws/2004/09/enumeration',
  transfer: 'http://schemas.xmlsoap.org/ws/2004/09/transfer',
  eventing: 'http://schemas.xmlsoap.org/ws/2004/08/eventing',
  identity: 'http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd',
  shell: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell',
  fault: 'http://schemas.microsoft.com/wbem/wsman/1/wsmanfault',
  config: 'http://schemas.microsoft.com/wbem/wsman/1/config',
  cim: 'http://schemas.dmtf.org/wbem/wscim/1/common',
  cimBinding: 'http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd',
  /** Of WinRM 1.1 instances: attribute cim:Class and the element cim:Location. */
  cimBase: 'http://schemas.dmtf.org/wbem/wsman/1/base',
  cimBaseOld: 'http://schemas.dmtf.org/wsman/2005/06/base',
  /** Of the event log's own documents (MS-EVEN6 2.2.13). */
  event: 'http://schemas.microsoft.com/win/2004/08/events/event',
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
  xml: 'http://www.w3.org/XML/1998/namespace',
} as const;

/** wsa:Action of requests; the answer's is the same with `Response` behind. */
export const actions = {
  get: `${ns.transfer}/Get`,
  put: `${ns.transfer}/Put`,
  create: `${ns.transfer}/Create`,
  delete: `${ns.transfer}/Delete`,
  enumerate: `${ns.enumeration}/Enumerate`,
  pull: `${ns.enumeration}/Pull`,
  release: `${ns.enumeration}/Release`,
  subscribe: `${ns.eventing}/Subscribe`,
  unsubscribe: `${ns.eventing}/Unsubscribe`,
  /** From the event source: the subscription is over. */
  subscriptionEnd: `${ns.eventing}/SubscriptionEnd`,
  /** From the event source, in delivery mode Events: a batch (DSP0226 10.2.9.4), and what answers it. */
  events: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/Events',
  ack: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/Ack',
  /** Identify has no WS-Addressing headers; exchanges are listed under this name. */
  identify: 'Identify',
} as const;

export const anonymousAddress = 'http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous';

export const dialects = {
  wql: 'http://schemas.microsoft.com/wbem/wsman/1/WQL',
  selector: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter',
  association: 'http://schemas.dmtf.org/wbem/wsman/1/cimbinding/associationFilter',
  xpath: 'http://www.w3.org/TR/1999/REC-xpath-19991116',
  /** A QueryList of the event log (MS-WSMV 3.1.4.1.30.5). */
  eventQuery: 'http://schemas.microsoft.com/win/2004/08/events/eventquery',
} as const;

/** Resource URI prefixes; winrm's aliases stand for these (MS-WSMV 3.1.4.1.1). */
export const resourceUris = {
  wsman: 'http://schemas.microsoft.com/wbem/wsman/1',
  wmi: 'http://schemas.microsoft.com/wbem/wsman/1/wmi',
  cimSchema: 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2',
  shell: ns.shell,
  eventLog: 'http://schemas.microsoft.com/wbem/wsman/1/windows/EventLog',
  config: ns.config,
  configClient: `${ns.config}/client`,
  configService: `${ns.config}/service`,
  configWinrs: `${ns.config}/winrs`,
  configListener: `${ns.config}/listener`,
  configPlugin: `${ns.config}/plugin`,
} as const;

/** Resource URI of a WMI class: `wmi('Win32_Service')`. The namespace may be written with either slash. */
export function wmi(className: string, namespace = 'root/cimv2'): string {
  return `${resourceUris.wmi}/${namespace.replaceAll('\\', '/')}/${className}`;
}

/** Resource URI for a WQL query: every class of a namespace (MS-WSMV 3.1.4.1.13). */
export function wql(namespace = 'root/cimv2'): string {
  return wmi('*', namespace);
}

/** The class name, or last step, of a resource URI: `Win32_Service`. */
export function className(resourceUri: string): string {
  const path = resourceUri.split('?', 1)[0] ?? '';
  return path.slice(path.lastIndexOf('/') + 1);
}
