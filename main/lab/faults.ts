import { ns } from '../wsman/namespaces.ts';
import { escapeXml } from '../wsman/xml.ts';
import { type LabResponse, writeEnvelope } from './response.ts';

/** Faults as Windows writes them (MS-WSMV 2.2.4.43): Sender or Receiver, a subcode, words, WSManFault detail, HTTP status 500. */

interface FaultKind {
  readonly code: 'Sender' | 'Receiver' | 'MustUnderstand';
  /** With the prefixes a, n, w of the envelope; null where the kind of fault has none. */
  readonly subcode: string | null;
  readonly detail?: string;
  readonly text: string;
}

const detailPrefix = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/';
const sender = (subcode: string, text: string, detail?: string): FaultKind => ({
  code: 'Sender',
  subcode,
  text,
  ...(detail ? { detail: detailPrefix + detail } : {}),
});
const receiver = (subcode: string, text: string): FaultKind => ({ code: 'Receiver', subcode, text });

/** By WSManFault code; names and numbers are those of winerror.h, the words are our own. */
const kinds: Readonly<Record<number, FaultKind>> = {
  5: sender('w:AccessDenied', 'Access is denied.'),
  87: sender('w:InvalidParameter', 'The parameter is incorrect.', 'InvalidValue'),
  995: receiver('w:InternalError', 'The operation was aborted: its shell or its command has ended.'),
  2147942402: receiver('w:InternalError', 'The system cannot find the file specified.'),
  2147942606: receiver('w:InternalError', 'The file name or extension is too long.'),
  2147942632: receiver('w:InternalError', 'The pipe is being closed.'),
  2147942667: receiver('w:InternalError', 'The directory name is invalid.'),
  2147944216: receiver('w:InternalError', 'Not enough quota is available to process this command.'),
  15001: receiver('w:InternalError', 'The specified query is invalid.'),
  15007: receiver('w:InternalError', 'The specified channel could not be found.'),
  2150858760: sender('e:InvalidMessage', 'The subscription is closed.'),
  2150858752: sender(
    'a:DestinationUnreachable',
    'No resource is identified by this resource URI and these selectors.',
    'ResourceNotFound',
  ),
  2150858753: sender('a:ActionNotSupported', 'The resource does not offer this action.'),
  2150858767: sender('a:InvalidMessageInformationHeader', 'A header of the message is not valid.'),
  2150858768: { code: 'MustUnderstand', subcode: null, text: 'A header that must be understood is not known here.' },
  2150858769: sender('a:MessageInformationHeaderRequired', 'A header that is required is missing.'),
  2150858776: sender('n:FilteringNotSupported', 'This resource cannot be filtered.'),
  2150858777: sender('n:FilterDialectRequestedUnavailable', 'The filter dialect is not known.'),
  2150858778: sender('n:CannotProcessFilter', 'The filter cannot be processed. It is missing or not valid.'),
  2150858779: sender('n:InvalidEnumerationContext', 'The enumeration context is not valid, or has expired.'),
  2150858782: sender('e:DeliveryModeRequestedUnavailable', 'The delivery mode is not offered.'),
  2150858786: sender('e:FilteringRequestedUnavailable', 'The dialect of the filter is not offered for this resource.'),
  2150858789: sender('e:InvalidMessage', 'The message of the subscription is not valid.'),
  2150858791: sender('w:SchemaValidationError', 'The SOAP body is not valid for this action.'),
  2150858793: receiver('w:TimedOut', 'The operation did not finish within its OperationTimeout.'),
  2150858805: sender('w:EncodingLimit', 'A limit of the encoding was exceeded.', 'MinimumEnvelopeLimit'),
  2150858808: sender('w:InvalidBookmark', 'The bookmark is not valid.', 'Invalid'),
  2150858811: sender('a:DestinationUnreachable', 'The resource URI is not valid.', 'InvalidResourceURI'),
  2150858813: sender('w:InvalidSelectors', 'The selectors are not valid for this resource.', 'UnexpectedSelectors'),
  2150858817: sender('w:SchemaValidationError', 'The XML of the body does not match the schema of the resource.'),
  2150858818: sender('w:UnsupportedFeature', 'The feature is not supported.'),
  2150858819: sender('w:SchemaValidationError', 'The request is not well-formed XML.'),
  2150858823: sender('w:EncodingLimit', 'The response is larger than MaxEnvelopeSize.', 'MaxEnvelopeSize'),
  2150858839: sender('w:SchemaValidationError', 'The body lacks a value.', 'MissingValues'),
  2150858841: sender('w:SchemaValidationError', 'The body holds no XmlFragment.'),
  2150858842: sender(
    'w:InvalidSelectors',
    'There are fewer selectors than the resource has keys.',
    'InsufficientSelectors',
  ),
  2150858843: sender(
    'w:InvalidSelectors',
    'There are selectors that the resource does not know.',
    'UnexpectedSelectors',
  ),
  2150858870: sender('w:UnsupportedFeature', 'Only the anonymous reply address is supported.', 'AddressingMode'),
  2150858871: sender(
    'w:UnsupportedFeature',
    'This resource does not support fragment transfer.',
    'FragmentLevelAccess',
  ),
  2150858883: receiver('w:InternalError', 'The plug-in could not process the request.'),
  2150858886: sender('w:UnsupportedFeature', 'The enumeration mode is not supported here.', 'EnumerationMode'),
  2150858887: sender('w:UnsupportedFeature', 'Locale cannot be marked mustUnderstand.', 'Locale'),
  2150858891: receiver('w:Concurrency', 'The subscription is being pulled already.'),
  2150858890: sender('w:AccessDenied', 'A policy controls this setting, so it cannot be changed here.'),
  2150858897: sender('n:CannotProcessFilter', 'The fragment path is missing.'),
  2150858898: sender('n:CannotProcessFilter', 'The dialect of the fragment path is not known.'),
  2150858899: sender('n:CannotProcessFilter', 'The fragment path is not valid.'),
  2150859002: sender(
    'w:InvalidSelectors',
    'The class has several instances, so the URI needs its keys.',
    'InsufficientSelectors',
  ),
  2150859003: sender('w:InvalidSelectors', 'A WQL query goes to a URI that ends in an asterisk, without selectors.'),
  2150859013: sender('w:AccessDenied', 'The WMI provider denied access.'),
  2150859063: sender('w:UnsupportedFeature', 'The polymorphism mode is not supported.', 'PolymorphismMode'),
  2150859067: sender('w:InvalidSelectors', 'The selector __cimnamespace differs from the namespace of the URI.'),
  2150859071: sender('w:AccessDenied', 'The setting is read-only.'),
  2150859173: receiver('w:QuotaLimit', 'The user has as many shells as one user may have.'),
  2150859180: sender('w:AccessDenied', 'This machine allows no remote shells.'),
  2150859182: sender('w:AccessDenied', 'The setting is out of use and cannot be changed.'),
  2150859174: receiver('w:QuotaLimit', 'The user has too many operations at the same time.'),
  2150859206: receiver('w:InternalError', 'The shell was left by another session than the one that reconnects.'),
  2150859213: receiver('w:InternalError', 'The shell is connected to another client.'),
  2150859220: sender('w:InvalidParameter', 'The command id is no GUID.', 'InvalidValue'),
  2150859221: sender('w:InvalidParameter', 'The shell id is no GUID.', 'InvalidValue'),
  2150859222: sender('w:InvalidParameter', 'The shell has a command with this id.', 'InvalidValue'),
  2150859223: sender('w:InvalidParameter', 'There is a shell with this id.', 'InvalidValue'),
  2150859230: receiver('w:InternalError', 'The shell is disconnected, or its stream was.'),
  2150859241: receiver('w:QuotaLimit', 'The shell has as many commands as one shell may have.'),
};

/** Thrown by operations; becomes the answer. */
export class LabFault extends Error {
  readonly wsmanCode: number;
  /** Words of the WMI provider, shown inside ProviderFault. */
  readonly providerText: string | null;
  /** Query or path that the provider complains about, in the extended error. */
  readonly parameterInfo: string | null;
  /** Said by the plug-in of the cmd shell. */
  readonly shellPlugin: boolean;
  /** Said by the plug-in of PowerShell. */
  readonly powershellPlugin: boolean;
  constructor(
    wsmanCode: number,
    details: {
      text?: string;
      providerText?: string;
      parameterInfo?: string;
      shellPlugin?: boolean;
      powershellPlugin?: boolean;
    } = {},
  ) {
    super(details.text ?? kindOf(wsmanCode).text);
    this.wsmanCode = wsmanCode;
    this.providerText = details.providerText ?? null;
    this.parameterInfo = details.parameterInfo ?? null;
    this.shellPlugin = details.shellPlugin ?? false;
    this.powershellPlugin = details.powershellPlugin ?? false;
  }
}

function kindOf(wsmanCode: number): FaultKind {
  return kinds[wsmanCode] ?? receiver('w:InternalError', `The request failed with error ${wsmanCode}.`);
}

export function faultResponse(fault: LabFault, machineName: string, relatesTo: string | null): LabResponse {
  const kind = kindOf(fault.wsmanCode);
  const prefix = kind.subcode?.split(':', 1)[0];
  const action =
    prefix === 'a' || kind.code === 'MustUnderstand'
      ? `${ns.addressing}/fault`
      : prefix === 'n'
        ? `${ns.enumeration}/fault`
        : 'http://schemas.dmtf.org/wbem/wsman/1/wsman/fault';
  const subcode = kind.subcode ? `<s:Subcode><s:Value>${kind.subcode}</s:Value></s:Subcode>` : '';
  // Windows leaves two blanks behind its sentences; clients must trim.
  const words = `${escapeXml(fault.message)}  `;
  const detail = kind.detail ? `<w:FaultDetail>${kind.detail}</w:FaultDetail>` : '';
  const body =
    `<s:Fault><s:Code><s:Value>s:${kind.code}</s:Value>${subcode}</s:Code>` +
    `<s:Reason><s:Text xml:lang="en-US">${words}</s:Text></s:Reason><s:Detail>${detail}` +
    `<f:WSManFault xmlns:f="${ns.fault}" Code="${fault.wsmanCode}" Machine="${escapeXml(machineName)}">` +
    `<f:Message>${messageOf(fault, machineName, words)}</f:Message></f:WSManFault></s:Detail></s:Fault>`;
  return { status: 500, body: writeEnvelope('fault', action, relatesTo, body) };
}

function messageOf(fault: LabFault, machineName: string, words: string): string {
  if (fault.shellPlugin) {
    return `<f:ProviderFault provider="Shell cmd plugin" path="%systemroot%\\system32\\winrscmd.dll">${words}</f:ProviderFault>`;
  }
  if (fault.powershellPlugin) {
    return `<f:ProviderFault provider="microsoft.powershell" path="C:\\Windows\\system32\\pwrshplugin.dll">${words}</f:ProviderFault>`;
  }
  return fault.providerText === null ? words : providerFault(fault, machineName);
}

function providerFault(fault: LabFault, machineName: string): string {
  const extended =
    fault.parameterInfo === null
      ? ''
      : `<f:ExtendedError><p:__ExtendedStatus xmlns:xsi="${ns.xsi}" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2/__ExtendedStatus" ` +
        `xmlns:cim="${ns.cim}" xsi:type="p:__ExtendedStatus_Type"><p:Description xsi:nil="true"/><p:Operation>ExecQuery</p:Operation>` +
        `<p:ParameterInfo>${escapeXml(fault.parameterInfo)}</p:ParameterInfo><p:ProviderName>WinMgmt</p:ProviderName>` +
        '<p:StatusCode xsi:nil="true"/></p:__ExtendedStatus></f:ExtendedError>';
  return (
    `<f:ProviderFault provider="WMI Provider" path="%systemroot%\\system32\\WsmWmiPl.dll">` +
    `<f:WSManFault xmlns:f="${ns.fault}" Code="${fault.wsmanCode}" Machine="${escapeXml(machineName)}">` +
    `<f:Message>${escapeXml(fault.providerText!)} </f:Message></f:WSManFault>${extended}</f:ProviderFault>`
  );
}
