/**
 * Secrets are taken out of an exchange before it leaves the library: elements and attributes whose name speaks of a secret, and
 * w:Option, Selector or Param elements whose Name does. Works on the text, tag by tag, so that it holds for messages that no parser accepts.
 * What cannot be known here: a secret inside an innocent name (a command line).
 */
import { charsetOf } from './soap-answer.ts';
import { decodeText } from './xml.ts';

const secretName = /passw|passphrase|passcode|pwd|secret|credential|privatekey|apikey/i;
export const mask = '••••••';

const attributePattern = /(?<=^|[\s"'/])([^\s="'<>/]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)')/g;

/**
 * The text with secrets masked. The secret values themselves are added to `found`, so that echoes of them can be masked elsewhere.
 * Looks at every character a bounded number of times, whatever the text is: the answers it is given come from strangers.
 */
export function maskSecrets(xml: string, found: Set<string> = new Set()): string {
  let out = '';
  /** Depth inside the element being masked; 0: outside. */
  let depth = 0;
  for (let at = 0; at < xml.length; ) {
    const open = xml.indexOf('<', at);
    const textEnd = open < 0 ? xml.length : open;
    const text = xml.slice(at, textEnd);
    out += depth > 0 ? hide(text, found) : text;
    if (open < 0) break;
    at = markupEnd(xml, open);
    const markup = xml.slice(open, at);
    const tag = /^<(\/?)([^\s<>/"'=!?]+)/.exec(markup);
    if (tag === null) {
      // A comment, a CDATA section, an instruction, or a stray `<`.
      out += depth > 0 ? hide(markup.replace(/^<!\[CDATA\[|\]\]>$/g, ''), found) : markup;
      continue;
    }
    if (tag[1] === '/') {
      if (depth > 0) depth--;
      out += markup;
      continue;
    }
    const rest = markup.slice(tag[0].length);
    const secret = depth > 0 || isSecret(tag[2]!, rest);
    if (secret && !markup.endsWith('/>')) depth++;
    out += tag[0] + maskAttributes(rest, secret, found);
  }
  return out;
}

/** Behind the markup that starts at `open`. A tag ends at its `>` outside quotes, or before the next `<`, where it is broken. */
function markupEnd(xml: string, open: number): number {
  for (const [start, close] of sections) {
    if (!xml.startsWith(start, open)) continue;
    const end = xml.indexOf(close, open + start.length);
    return end < 0 ? xml.length : end + close.length;
  }
  let quote = '';
  for (let p = open + 1; p < xml.length; p++) {
    const c = xml[p]!;
    if (c === '<') return p;
    if (quote !== '') quote = c === quote ? '' : quote;
    else if (c === '"' || c === "'") quote = c;
    else if (c === '>') return p + 1;
  }
  return xml.length;
}
const sections = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const;

function isSecret(name: string, attributes: string): boolean {
  if (secretName.test(name.slice(name.indexOf(':') + 1))) return true;
  const named = /(?:^|\s)Name\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(attributes);
  return named !== null && secretName.test(named[1] ?? named[2] ?? '');
}

/** Attribute values with a telling name; inside a secret element also Value. */
function maskAttributes(attributes: string, inSecret: boolean, found: Set<string>): string {
  if (attributes === '') return attributes;
  return attributes.replace(
    attributePattern,
    (whole: string, name: string, equals: string, double?: string, single?: string) => {
      const local = name.slice(name.indexOf(':') + 1);
      if (name.startsWith('xmlns') || !(secretName.test(local) || (inSecret && /^value$/i.test(local)))) return whole;
      return `${name}${equals}"${hide(double ?? single ?? '', found)}"`;
    },
  );
}

function hide(text: string, found: Set<string>): string {
  const trimmed = text.trim();
  if (trimmed === '') return text;
  found.add(trimmed);
  found.add(withoutReferences(trimmed));
  return mask;
}

function withoutReferences(text: string): string {
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&amp;/g, '&');
}

/** Replaces every echo of a secret. Very short ones are left: they would tear holes into everything, and hide nothing. */
function maskEchoes(text: string, found: ReadonlySet<string>): string {
  for (const secret of found) if (secret.length >= 4) text = text.replaceAll(secret, mask);
  return text;
}

/** Request, answer and error of one exchange as they may be shown. */
export function maskExchange(
  request: string | null,
  response: { readonly body: Uint8Array; readonly contentType: string } | null,
  error: { readonly name: string; readonly message: string } | null,
): { request: string | null; response: string | null; error: { name: string; message: string } | null } {
  const found = new Set<string>();
  const maskedRequest = request === null ? null : maskSecrets(request, found);
  const text = response === null ? null : decodeText(response.body, charsetOf(response.contentType));
  const maskedResponse = text === null ? null : maskEchoes(maskSecrets(text, found), found);
  const message = error === null ? null : { name: error.name, message: maskEchoes(error.message, found) };
  return { request: maskedRequest, response: maskedResponse, error: message };
}
