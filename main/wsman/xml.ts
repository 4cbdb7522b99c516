/**
 * XML as SOAP needs it: namespaces resolved, text and attributes kept, nothing else (XML 1.0, Namespaces in XML 1.0).
 * Invariant 9: no DTD, no entity but the five and character references, bounded depth, size and attribute count; names from the network
 * stay strings in fields and never become keys of an object.
 */
export interface XmlElement {
  /** Resolved namespace URI; empty string for none. */
  readonly namespace: string;
  readonly local: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** Character data directly inside this element, CDATA included, concatenated. */
  readonly text: string;
  /** Prefix in scope → URI, innermost first, for QNames in content (xsi:type). */
  resolvePrefix(prefix: string): string | null;
}
export interface XmlAttribute {
  readonly namespace: string;
  readonly local: string;
  readonly value: string;
}
