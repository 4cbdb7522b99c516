import { randomUUID } from 'node:crypto';

/** SOAP for tests of the lab, written out here so that it does not depend on what our client writes. */

export const wmiUri = (className: string): string =>
  `http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/${className}`;
export const configUri = 'http://schemas.microsoft.com/wbem/wsman/1/config';
export const wqlDialect = 'http://schemas.microsoft.com/wbem/wsman/1/WQL';
export const transfer = 'http://schemas.xmlsoap.org/ws/2004/09/transfer';
export const enumeration = 'http://schemas.xmlsoap.org/ws/2004/09/enumeration';

const namespaces =
  'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" ' +
  'xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" ' +
  `xmlns:n="${enumeration}" xmlns:x="${transfer}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`;

export const identifyMessage =
  '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">' +
  '<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>';

export interface RequestParts {
  readonly action: string;
  readonly resourceUri: string;
  readonly selectors?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Further header elements. */
  readonly headers?: string;
  readonly maxEnvelopeSize?: number;
  readonly operationTimeout?: string;
  readonly messageId?: string;
  /** Header elements to leave out, by local name. */
  readonly without?: readonly string[];
}

export function requestMessage(parts: RequestParts): string {
  const selectors = Object.entries(parts.selectors ?? {})
    .map(([name, value]) => `<w:Selector Name="${name}">${value}</w:Selector>`)
    .join('');
  const headers: Record<string, string> = {
    To: '<a:To>http://lab/wsman</a:To>',
    ResourceURI: `<w:ResourceURI s:mustUnderstand="true">${parts.resourceUri}</w:ResourceURI>`,
    ReplyTo:
      '<a:ReplyTo><a:Address s:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>',
    Action: `<a:Action s:mustUnderstand="true">${parts.action}</a:Action>`,
    MaxEnvelopeSize: `<w:MaxEnvelopeSize s:mustUnderstand="true">${parts.maxEnvelopeSize ?? 512_000}</w:MaxEnvelopeSize>`,
    MessageID: `<a:MessageID>${parts.messageId ?? `uuid:${randomUUID()}`}</a:MessageID>`,
    Locale: '<w:Locale xml:lang="en-US" s:mustUnderstand="false"/>',
    OperationTimeout: `<w:OperationTimeout>${parts.operationTimeout ?? 'PT60.000S'}</w:OperationTimeout>`,
    SelectorSet: selectors === '' ? '' : `<w:SelectorSet>${selectors}</w:SelectorSet>`,
  };
  for (const name of parts.without ?? []) delete headers[name];
  return `<s:Envelope ${namespaces}><s:Header>${Object.values(headers).join('')}${parts.headers ?? ''}</s:Header><s:Body>${parts.body ?? ''}</s:Body></s:Envelope>`;
}

export const enumerateBody = (wql: string, maxElements = 32_000): string =>
  `<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>${maxElements}</w:MaxElements>` +
  `<w:Filter Dialect="${wqlDialect}">${wql.replace(/&/g, '&amp;').replace(/</g, '&lt;')}</w:Filter></n:Enumerate>`;
