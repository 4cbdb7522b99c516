/**
 * Association filters: from one instance to what is associated with it, or to the associations themselves (DSP0227 8.2; MS-WSMV 3.1.4.1.13).
 * The specification writes the dialect's URI with a small `a`, Windows' own command line with a capital one: URIs of dialects are compared
 * without regard to case.
 */
import { type Selectors, writeEprContent } from './epr.ts';
import { dialects, ns } from './namespaces.ts';
import { escapeXml } from './xml.ts';

/** What is narrowed is the association where it says so, and otherwise what is at its far end. */
export interface AssociationQuery {
  /** `associated-instances`: what the object is associated with (ASSOCIATORS OF). `association-instances`: the links (REFERENCES OF). */
  readonly select: 'associated-instances' | 'association-instances';
  /** Where the walk begins. */
  readonly object: { readonly resourceUri: string; readonly selectors?: Selectors | undefined };
  /** Class of the link. Only of associated instances: for the links themselves it is `resultClassName`. */
  readonly associationClassName?: string | undefined;
  /** The property of the link that refers to the object. */
  readonly role?: string | undefined;
  readonly resultClassName?: string | undefined;
  /** The property of the link that refers to the result. Only of associated instances. */
  readonly resultRole?: string | undefined;
  /** Names of the properties that the result shall have; all where there are none. */
  readonly includeResultProperties?: readonly string[] | undefined;
}

/**
 * The content of w:Filter, in the order of the schema. The prefixes a, w must be bound where it is put. Throws TypeError where the query has
 * what its kind cannot have.
 */
export function writeAssociationFilter(query: AssociationQuery): string {
  const links = query.select === 'association-instances';
  if (links && (query.associationClassName !== undefined || query.resultRole !== undefined)) {
    throw new TypeError('A query for associations themselves has neither associationClassName nor resultRole.');
  }
  const tag = links ? 'b:AssociationInstances' : 'b:AssociatedInstances';
  const element = (name: string, text: string | undefined): string =>
    text === undefined ? '' : `<b:${name}>${escapeXml(text)}</b:${name}>`;
  const narrowed = links
    ? element('ResultClassName', query.resultClassName) + element('Role', query.role)
    : element('AssociationClassName', query.associationClassName) +
      element('Role', query.role) +
      element('ResultClassName', query.resultClassName) +
      element('ResultRole', query.resultRole);
  const properties = (query.includeResultProperties ?? [])
    .map((name) => element('IncludeResultProperty', name))
    .join('');
  return `<${tag} xmlns:b="${ns.cimBinding}"><b:Object>${writeEprContent({ resourceUri: query.object.resourceUri, selectors: query.object.selectors ?? [] })}</b:Object>${narrowed}${properties}</${tag}>`;
}

/** True where both URIs name the same dialect. */
export function isDialect(uri: string, dialect: keyof typeof dialects): boolean {
  return uri.toLowerCase() === dialects[dialect].toLowerCase();
}
