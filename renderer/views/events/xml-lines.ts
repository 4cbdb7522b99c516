/** Longest document that is broken into lines; longer ones are shown as they are. */
const longest = 100_000;

/** XML with a line per element, for the eye only: what is copied stays as it came. */
export function indentXml(xml: string): string {
  if (xml.length > longest) return xml;
  let depth = 0;
  let out = '';
  let isOpen = false;
  for (const [part] of xml.matchAll(/<[^>]*>|[^<]+/g)) {
    if (!part.startsWith('<')) {
      out += part;
      continue;
    }
    if (part.startsWith('</')) {
      depth = Math.max(0, depth - 1);
      // Text and its end stay on the line of its beginning.
      out += isOpen ? part : `\n${'  '.repeat(depth)}${part}`;
      isOpen = false;
      continue;
    }
    out += `${out === '' ? '' : '\n'}${'  '.repeat(depth)}${part}`;
    isOpen = !part.endsWith('/>');
    if (isOpen) depth += 1;
  }
  return out;
}
