/** WS-Enumeration as WS-Man uses it: the messages of Enumerate, Pull and Release, for both roles (DSP0226 8; MS-WSMV 3.1.4.1.13, 4.1.2). */
import { readSelectorSet, type Selectors, type SelectorValue, writeSelectorSet } from './epr.ts';
import { ProtocolError } from './errors.ts';
import { dialects, ns } from './namespaces.ts';
import { attribute, child, childText, escapeXml, serializeXml, type XmlElement } from './xml.ts';

/** What an Enumerate may be narrowed by. `association` takes the wsmb element as XML text. */
export type Filter =
  | { readonly dialect: 'wql'; readonly text: string }
  | { readonly dialect: 'selector'; readonly selectors: Selectors }
  | { readonly dialect: 'association'; readonly xml: string };

export type EnumerationMode = 'EnumerateEPR' | 'EnumerateObjectAndEPR';

export interface EnumerateBody {
  readonly filter?: Filter | undefined;
  readonly maxElements: number;
  readonly mode?: EnumerationMode | undefined;
  readonly polymorphism?: 'IncludeSubClassProperties' | 'ExcludeSubClassProperties' | 'None' | undefined;
}

/** Body of an optimised Enumerate: the first items come with the answer. */
export function buildEnumerate(body: EnumerateBody): string {
  const mode = body.mode === undefined ? '' : `<w:EnumerationMode>${body.mode}</w:EnumerationMode>`;
  const polymorphism =
    body.polymorphism === undefined
      ? ''
      : `<b:PolymorphismMode xmlns:b="${ns.cimBinding}">${body.polymorphism}</b:PolymorphismMode>`;
  return (
    `<n:Enumerate xmlns:n="${ns.enumeration}"><w:OptimizeEnumeration/><w:MaxElements>${body.maxElements}</w:MaxElements>` +
    `${mode}${buildFilter(body.filter)}${polymorphism}</n:Enumerate>`
  );
}

function buildFilter(filter: Filter | undefined): string {
  if (filter === undefined) return '';
  const content =
    filter.dialect === 'wql'
      ? escapeXml(filter.text)
      : filter.dialect === 'selector'
        ? writeSelectorSet(filter.selectors)
        : filter.xml;
  return `<w:Filter Dialect="${dialects[filter.dialect]}">${content}</w:Filter>`;
}

/** Server role: Enumerate as received. The filter's dialect is the URI as sent, without a Dialect attribute XPath (DSP0226 8.2.1). */
export interface ReceivedEnumerate {
  readonly optimize: boolean;
  readonly maxElements: number | null;
  readonly mode: string | null;
  readonly polymorphism: string | null;
  readonly filter: {
    readonly dialect: string;
    readonly text: string;
    readonly selectors: readonly (readonly [name: string, value: SelectorValue])[] | null;
    readonly element: XmlElement;
  } | null;
}

export function readEnumerate(body: XmlElement): ReceivedEnumerate {
  const filter = child(body, 'Filter', ns.wsman) ?? child(body, 'Filter', ns.enumeration);
  const selectorSet = filter && child(filter, 'SelectorSet', ns.wsman);
  return {
    optimize: child(body, 'OptimizeEnumeration', ns.wsman) !== undefined,
    maxElements: count(childText(body, 'MaxElements')),
    mode: childText(body, 'EnumerationMode', ns.wsman),
    polymorphism: childText(body, 'PolymorphismMode', ns.cimBinding),
    filter: filter
      ? {
          dialect: attribute(filter, 'Dialect') ?? dialects.xpath,
          text: filter.text.trim(),
          selectors: selectorSet ? readSelectorSet(selectorSet) : null,
          element: filter,
        }
      : null,
  };
}

/** An enumerationContext as XML content, so that one that is no plain text goes back as it came. */
export type EnumerationContext = string;

/** Body of Pull. `maxTimeMs` asks the target to answer with what it has by then. */
export function buildPull(context: EnumerationContext, maxElements: number): string {
  return (
    `<n:Pull xmlns:n="${ns.enumeration}"><n:EnumerationContext>${context}</n:EnumerationContext>` +
    `<n:MaxElements>${maxElements}</n:MaxElements></n:Pull>`
  );
}

/** Body of Release. */
export function buildRelease(context: EnumerationContext): string {
  return `<n:Release xmlns:n="${ns.enumeration}"><n:EnumerationContext>${context}</n:EnumerationContext></n:Release>`;
}

/** Server role: the context and the limits of a Pull or a Release. */
export function readPull(body: XmlElement): { readonly context: string | null; readonly maxElements: number | null } {
  return {
    context: childText(body, 'EnumerationContext', ns.enumeration),
    maxElements: count(childText(body, 'MaxElements', ns.enumeration)),
  };
}

/** Server role. `context` null: written EMPTY, as Windows does when the first answer held everything. `items` are XML texts. */
export function buildEnumerateResponse(answer: {
  readonly context: string | null;
  readonly items: readonly string[];
  readonly endOfSequence: boolean;
  /** False for an Enumerate that did not ask for items. */
  readonly optimized?: boolean;
}): string {
  const context =
    answer.context === null
      ? '<n:EnumerationContext/>'
      : `<n:EnumerationContext>${escapeXml(answer.context)}</n:EnumerationContext>`;
  const items = answer.optimized === false ? '' : `<w:Items>${answer.items.join('')}</w:Items>`;
  const end = answer.endOfSequence ? '<w:EndOfSequence/>' : '';
  return `<n:EnumerateResponse>${context}${items}${end}</n:EnumerateResponse>`;
}

/** Server role. A finished Pull has no context, but EndOfSequence. */
export function buildPullResponse(answer: {
  readonly context: string | null;
  readonly items: readonly string[];
  readonly endOfSequence: boolean;
}): string {
  const context =
    answer.context === null ? '' : `<n:EnumerationContext>${escapeXml(answer.context)}</n:EnumerationContext>`;
  const end = answer.endOfSequence ? '<n:EndOfSequence/>' : '';
  return `<n:PullResponse>${context}<n:Items>${answer.items.join('')}</n:Items>${end}</n:PullResponse>`;
}

/** One batch as received from Enumerate or Pull. */
export interface Batch {
  readonly items: readonly XmlElement[];
  /** The context to pull with next; null where the answer ends the enumeration, or names none. */
  readonly context: EnumerationContext | null;
  /** EndOfSequence, or an EMPTY context (OpenPegasus, openwsman): nothing is left at the target. */
  readonly ended: boolean;
}

/**
 * Client role: reads EnumerateResponse or PullResponse. The two namespaces of Items and EndOfSequence are both taken in both answers.
 * Throws ProtocolError where the body is neither.
 */
export function readBatch(body: XmlElement | null): Batch {
  if (body === null || !/^(Enumerate|Pull)Response$/.test(body.local)) {
    throw new ProtocolError(`The answer is no enumeration, but "${body?.local.slice(0, 80) ?? 'nothing'}".`);
  }
  const either = (local: string): XmlElement | undefined =>
    child(body, local, ns.wsman) ?? child(body, local, ns.enumeration);
  const element = child(body, 'EnumerationContext', ns.enumeration);
  const context = element === undefined ? null : contextOf(element);
  const ended = either('EndOfSequence') !== undefined || context === '';
  return { items: either('Items')?.children ?? [], context: ended ? null : context, ended };
}

function contextOf(element: XmlElement): EnumerationContext {
  if (element.children.length > 0) return element.children.map((c) => serializeXml(c)).join('');
  return escapeXml(element.text.trim());
}

function count(text: string | null): number | null {
  return text !== null && /^[0-9]{1,10}$/.test(text) ? Number(text) : null;
}
