/** WS-Enumeration as WS-Man uses it: the messages of Enumerate, Pull and Release (DSP0226 8; MS-WSMV 3.1.4.1.13, 4.1.2). */
import { type AssociationQuery, writeAssociationFilter } from './association.ts';
import { addressingChild, type EndpointReference, isEpr, readEpr, type Selectors, writeSelectorSet } from './epr.ts';
import { ProtocolError } from './errors.ts';
import { dialects, ns } from './namespaces.ts';
import { child, escapeXml, serializeXml, type XmlElement } from './xml.ts';

/** What an Enumerate may be narrowed by. */
export type Filter =
  | { readonly dialect: 'wql'; readonly text: string }
  | { readonly dialect: 'selector'; readonly selectors: Selectors }
  | { readonly dialect: 'association'; readonly query: AssociationQuery };

/** What an item is; without a mode it is the instance (MS-WSMV 3.1.4.1.17). `EnumerateObjectAndEPR` puts both into a w:Item. */
export type EnumerationMode = 'EnumerateEPR' | 'EnumerateObjectAndEPR';

/**
 * What becomes of subclasses (DSP0227 9.3): with all they have, with the base's properties only, or not at all. A hint: Windows may answer
 * with base and derived instances all the same (MS-WSMV 3.1.4.1.27).
 */
export type PolymorphismMode = 'IncludeSubClassProperties' | 'ExcludeSubClassProperties' | 'None';

export interface EnumerateBody {
  readonly filter?: Filter | undefined;
  readonly maxElements: number;
  readonly mode?: EnumerationMode | undefined;
  readonly polymorphism?: PolymorphismMode | undefined;
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
        : writeAssociationFilter(filter.query);
  return `<w:Filter Dialect="${dialects[filter.dialect]}">${content}</w:Filter>`;
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

/** One batch as received from Enumerate or Pull. */
export interface Batch {
  readonly items: readonly XmlElement[];
  /** The context to pull with next; null where the answer ends the enumeration, or names none. */
  readonly context: EnumerationContext | null;
  /** EndOfSequence, or an EMPTY context (OpenPegasus, openwsman): nothing is left at the target. */
  readonly ended: boolean;
}

/**
 * Reads EnumerateResponse or PullResponse. The two namespaces of Items and EndOfSequence are both taken in both answers.
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

/** One item of whatever mode: the instance, where it is, or both. Other makes may leave one of them out although both were asked for. */
export interface Item {
  readonly object: XmlElement | null;
  readonly epr: EndpointReference | null;
}

export function readItem(element: XmlElement): Item {
  if (element.local === 'Item' && element.namespace === ns.wsman) {
    const epr = addressingChild(element, 'EndpointReference');
    return { object: element.children.find((c) => c !== epr) ?? null, epr: epr ? readEpr(epr) : null };
  }
  if (element.local === 'EndpointReference' && isEpr(element)) return { object: null, epr: readEpr(element) };
  return { object: element, epr: null };
}

function contextOf(element: XmlElement): EnumerationContext {
  if (element.children.length > 0) return element.children.map((c) => serializeXml(c)).join('');
  return escapeXml(element.text.trim());
}
