/**
 * EndpointReference: the address of one instance; what Create returns and associations hold (DSP0226 5.1, WS-Addressing 2004/08).
 * SelectorSet: the keys in it (DSP0226 5.1.2.2). A selector's value is text, or again an EndpointReference (association classes).
 */
import { anonymousAddress, ns } from './namespaces.ts';
import { attribute, child, childrenOf, escapeAttribute, escapeXml, type XmlElement } from './xml.ts';

/** A child out of WS-Addressing, of the version that WS-Man builds on or of 1.0. */
export function addressingChild(element: XmlElement, local: string): XmlElement | undefined {
  return child(element, local, ns.addressing) ?? child(element, local, ns.addressing10);
}

/** 2004/08 knows two places for what identifies the resource; WinRM's own subscriptions use the older one. */
function referenceOf(element: XmlElement): XmlElement | undefined {
  return addressingChild(element, 'ReferenceParameters') ?? addressingChild(element, 'ReferenceProperties');
}

export type SelectorValue = string | EndpointReference;
/** In the order they are sent. Windows compares names and values without regard to case. */
export type Selectors = readonly (readonly [name: string, value: SelectorValue])[];

/** `<w:SelectorSet>` as text, empty where there is no selector. The prefixes a, w must be bound where it is put. */
export function writeSelectorSet(selectors: Selectors | undefined): string {
  if (selectors === undefined || selectors.length === 0) return '';
  let out = '<w:SelectorSet>';
  for (const [name, value] of selectors) {
    const content = typeof value === 'string' ? escapeXml(value) : buildEpr(value);
    out += `<w:Selector Name="${escapeAttribute(name)}">${content}</w:Selector>`;
  }
  return `${out}</w:SelectorSet>`;
}

/** Reads a SelectorSet; text is trimmed, an EPR inside a selector is kept as one. */
export function readSelectorSet(selectorSet: XmlElement): (readonly [name: string, value: SelectorValue])[] {
  return childrenOf(selectorSet, 'Selector').map((selector) => {
    const reference = addressingChild(selector, 'EndpointReference');
    return [attribute(selector, 'Name') ?? '', reference ? readEpr(reference) : selector.text.trim()] as const;
  });
}

export interface EndpointReference {
  readonly address: string;
  readonly resourceUri: string;
  readonly selectors: Selectors;
}

/** True where the element holds what an EPR is made of, whatever the element itself is called. */
export function isEpr(element: XmlElement): boolean {
  return referenceOf(element) !== undefined;
}

/** Reads an EPR from the element that contains wsa:Address and wsa:ReferenceParameters. What is missing is an empty string. */
export function readEpr(element: XmlElement): EndpointReference {
  const parameters = referenceOf(element);
  const selectorSet = parameters && child(parameters, 'SelectorSet', ns.wsman);
  return {
    address: addressingChild(element, 'Address')?.text.trim() ?? '',
    resourceUri: (parameters && child(parameters, 'ResourceURI', ns.wsman))?.text.trim() ?? '',
    selectors: selectorSet ? readSelectorSet(selectorSet) : [],
  };
}

/** What stands inside an EPR element, as text. The prefixes a, w must be bound where it is put. */
export function writeEprContent(reference: Partial<EndpointReference> & { readonly resourceUri: string }): string {
  return (
    `<a:Address>${escapeXml(reference.address || anonymousAddress)}</a:Address><a:ReferenceParameters>` +
    `<w:ResourceURI>${escapeXml(reference.resourceUri)}</w:ResourceURI>${writeSelectorSet(reference.selectors)}</a:ReferenceParameters>`
  );
}

/** A whole `<a:EndpointReference>`, as text. */
export function buildEpr(reference: Partial<EndpointReference> & { readonly resourceUri: string }): string {
  return `<a:EndpointReference>${writeEprContent(reference)}</a:EndpointReference>`;
}
