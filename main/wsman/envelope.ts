/**
 * SOAP envelopes of WS-Man: the client builds requests and reads answers, the lab reads requests (and writes its answers by itself, so that
 * the two sides are not wrong alike). DSP0226 5 and 6; MS-WSMV 3.1.4.1. mustUnderstand is set where Windows' own client sets it (4.1.1).
 */

import { addressingChild, readSelectorSet, type Selectors, type SelectorValue, writeSelectorSet } from './epr.ts';
import { ProtocolError } from './errors.ts';
import { actions, anonymousAddress, dialects, ns } from './namespaces.ts';
import { attribute, child, childrenOf, escapeAttribute, escapeXml, isNil, type XmlElement } from './xml.ts';

/** One per-request switch (DSP0226 6.4). `mustComply` false: the target may ignore it. */
export interface Option {
  readonly name: string;
  readonly value: string | null;
  readonly type?: string;
  readonly mustComply?: boolean;
}
export type OptionSet = readonly Option[];

/** What does not change from one request of a client to the next. */
export interface RequestDefaults {
  readonly to: string;
  readonly maxEnvelopeSize: number;
  readonly locale: string;
}

export interface Request {
  readonly action: string;
  readonly messageId: string;
  readonly resourceUri: string;
  readonly selectors?: Selectors | undefined;
  readonly options?: OptionSet | undefined;
  readonly operationTimeoutMs: number;
  /** Fragment transfer of Get and Put (DSP0226 7.7). */
  readonly fragment?: { readonly path: string; readonly dialect?: string | undefined } | undefined;
  /** Headers beyond those of every request, as XML text; the prefixes of the envelope are bound there. */
  readonly headers?: string | undefined;
  /** XML, as text. */
  readonly body: string;
}

const declarations = `xmlns:s="${ns.soap}" xmlns:a="${ns.addressing}" xmlns:w="${ns.wsman}" xmlns:p="${ns.microsoft}"`;
const end = '</s:Body></s:Envelope>';

/**
 * Joins once what every request of a client has in common; the function it returns only adds what differs. Prefixes `s a w p xsi`
 * are bound inside the body to soap, addressing, wsman, Microsoft's wsman and XMLSchema-instance.
 */
export function requestBuilder(defaults: RequestDefaults): (request: Request) => string {
  const locale = escapeAttribute(defaults.locale);
  const start =
    `<s:Envelope ${declarations} xmlns:xsi="${ns.xsi}"><s:Header><a:To>${escapeXml(defaults.to)}</a:To>` +
    `<a:ReplyTo><a:Address s:mustUnderstand="true">${anonymousAddress}</a:Address></a:ReplyTo>` +
    `<w:MaxEnvelopeSize s:mustUnderstand="true">${defaults.maxEnvelopeSize}</w:MaxEnvelopeSize>` +
    `<w:Locale xml:lang="${locale}" s:mustUnderstand="false"/><p:DataLocale xml:lang="${locale}" s:mustUnderstand="false"/>` +
    '<a:Action s:mustUnderstand="true">';
  return (request) =>
    `${start}${escapeXml(request.action)}</a:Action><a:MessageID>${escapeXml(request.messageId)}</a:MessageID>` +
    `<w:ResourceURI s:mustUnderstand="true">${escapeXml(request.resourceUri)}</w:ResourceURI>` +
    `<w:OperationTimeout>${writeDuration(request.operationTimeoutMs)}</w:OperationTimeout>` +
    `${writeSelectorSet(request.selectors)}${writeOptionSet(request.options)}${writeFragment(request.fragment)}` +
    `${request.headers ?? ''}</s:Header><s:Body>${request.body}${end}`;
}

/** Milliseconds as the xs:duration that Windows writes: `PT60.000S`. */
export function writeDuration(milliseconds: number): string {
  return `PT${(Math.max(0, milliseconds) / 1000).toFixed(3)}S`;
}

/** An xs:duration in milliseconds, or null where it is none. Years and months count as 365 and 30 days. */
export function readDuration(text: string): number | null {
  const match = /^\s*(-?)P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d*)?)S)?)?\s*$/.exec(
    text,
  );
  if (match === null || match.slice(2).every((part) => part === undefined)) return null;
  const [years, months, days, hours, minutes, seconds] = match.slice(2).map((part) => Number(part ?? 0));
  const wholeDays = years! * 365 + months! * 30 + days!;
  return (
    (match[1] === '-' ? -1 : 1) * (((wholeDays * 24 + hours!) * 60 + minutes!) * 60_000 + Math.round(seconds! * 1000))
  );
}

function writeOptionSet(options: OptionSet | undefined): string {
  if (options === undefined || options.length === 0) return '';
  let out = '<w:OptionSet s:mustUnderstand="true">';
  for (const o of options) {
    const type = o.type === undefined ? '' : ` Type="${escapeAttribute(o.type)}"`;
    const comply = o.mustComply ? ' MustComply="true"' : '';
    const start = `<w:Option Name="${escapeAttribute(o.name)}"${type}${comply}`;
    out += o.value === null ? `${start} xsi:nil="true"/>` : `${start}>${escapeXml(o.value)}</w:Option>`;
  }
  return `${out}</w:OptionSet>`;
}

function writeFragment(fragment: Request['fragment']): string {
  if (fragment === undefined) return '';
  const dialect = escapeAttribute(fragment.dialect ?? dialects.xpath);
  return `<w:FragmentTransfer s:mustUnderstand="true" Dialect="${dialect}">${escapeXml(fragment.path)}</w:FragmentTransfer>`;
}

/** The body of a request: Identify carries no addressing header at all (DSP0226 11). */
export const identifyRequest = `<s:Envelope xmlns:s="${ns.soap}" xmlns:wsmid="${ns.identity}"><s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>`;

/** A request as a server sees it. Absent headers are null: it is the server that decides which of them it insists on. */
export interface ReceivedRequest {
  readonly action: string | null;
  readonly messageId: string | null;
  readonly to: string | null;
  readonly replyTo: string | null;
  readonly resourceUri: string | null;
  readonly selectors: readonly (readonly [name: string, value: SelectorValue])[];
  readonly options: readonly Required<Pick<Option, 'name' | 'value' | 'mustComply'>>[];
  readonly operationTimeoutMs: number | null;
  readonly maxEnvelopeSize: number | null;
  readonly locale: string | null;
  readonly fragment: {
    readonly path: string;
    readonly dialect: string | null;
    readonly mustUnderstand: boolean;
  } | null;
  /** First child of the body, or null. */
  readonly body: XmlElement | null;
  readonly headers: readonly XmlElement[];
}

/** Server role: takes a request envelope apart. Throws ProtocolError where the root is no SOAP 1.2 envelope with a body. */
export function readRequest(root: XmlElement): ReceivedRequest {
  const { header, body } = split(root);
  const text = (local: string, namespace: string): string | null => textOf(header, local, namespace);
  const selectorSet = header && child(header, 'SelectorSet', ns.wsman);
  const optionSet = header && child(header, 'OptionSet', ns.wsman);
  const fragment = header && child(header, 'FragmentTransfer', ns.wsman);
  const locale = header && child(header, 'Locale', ns.wsman);
  const replyTo = header && child(header, 'ReplyTo', ns.addressing);
  const timeout = text('OperationTimeout', ns.wsman);
  const size = text('MaxEnvelopeSize', ns.wsman);
  return {
    action: text('Action', ns.addressing),
    messageId: text('MessageID', ns.addressing),
    to: text('To', ns.addressing),
    replyTo: textOf(replyTo, 'Address', ns.addressing),
    resourceUri: text('ResourceURI', ns.wsman),
    selectors: selectorSet ? readSelectorSet(selectorSet) : [],
    options: optionSet
      ? childrenOf(optionSet, 'Option').map((o) => ({
          name: attribute(o, 'Name') ?? '',
          value: isNil(o) ? null : o.text,
          mustComply: /^(true|1)$/i.test(attribute(o, 'MustComply') ?? ''),
        }))
      : [],
    operationTimeoutMs: timeout === null ? null : readDuration(timeout),
    maxEnvelopeSize: size !== null && /^\d+$/.test(size) ? Number(size) : null,
    locale: locale ? attribute(locale, 'lang', ns.xml) : null,
    fragment: fragment
      ? {
          path: fragment.text.trim(),
          dialect: attribute(fragment, 'Dialect'),
          mustUnderstand: isMustUnderstand(fragment),
        }
      : null,
    body: body.children[0] ?? null,
    headers: header ? header.children : [],
  };
}

/** True where a header has s:mustUnderstand set, in the SOAP namespace, as it must be. */
export function isMustUnderstand(header: XmlElement): boolean {
  return /^\s*(true|1)\s*$/i.test(attribute(header, 'mustUnderstand', ns.soap) ?? '');
}

/** An answer taken apart. Exactly one of `body` and `fault` may be there; both are null for an empty body (OpenPegasus' Put). */
export interface ReceivedResponse {
  readonly action: string | null;
  readonly relatesTo: string | null;
  readonly body: XmlElement | null;
  readonly fault: XmlElement | null;
  readonly headers: readonly XmlElement[];
}

/** Client role: throws ProtocolError where the root is no SOAP 1.2 envelope with a body. */
export function readResponse(root: XmlElement): ReceivedResponse {
  const { header, body } = split(root);
  const first = body.children[0] ?? null;
  const isFault = first !== null && first.local === 'Fault' && first.namespace === ns.soap;
  return {
    action: (header && addressingChild(header, 'Action'))?.text.trim() ?? null,
    relatesTo: (header && addressingChild(header, 'RelatesTo'))?.text.trim() ?? null,
    body: isFault ? null : first,
    fault: isFault ? first : null,
    headers: header ? header.children : [],
  };
}

function split(root: XmlElement): { header: XmlElement | undefined; body: XmlElement } {
  const body = root.local === 'Envelope' && root.namespace === ns.soap ? child(root, 'Body', ns.soap) : undefined;
  if (body === undefined)
    throw new ProtocolError(`This is no SOAP 1.2 envelope with a body, but "${root.local.slice(0, 80)}".`);
  return { header: child(root, 'Header', ns.soap), body };
}

function textOf(parent: XmlElement | undefined, local: string, namespace: string): string | null {
  const found = parent && child(parent, local, namespace);
  return found ? found.text.trim() : null;
}

/** The action of a CIM method: the class URI and the method's name, unless a whole URI is given (DSP0230 10.3). */
export function methodAction(resourceUri: string, method: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(method) ? method : `${resourceUri}/${method}`;
}

/** Actions that read only: all that is ever sent again without being asked (invariant 4). */
export function isSafeToRepeat(action: string): boolean {
  return action === actions.get || action === actions.enumerate || action === actions.identify;
}
