/**
 * Secrets are taken out of an exchange before it leaves the library: elements and attributes whose name speaks of a secret, and
 * w:Option, Selector or Param elements whose Name does. Works on the text, tag by tag, so that it holds for messages that no parser accepts.
 * What cannot be known here: a secret inside an innocent name (a command line).
 */
import { charsetOf } from './soap-answer.ts';
import { decodeText } from './xml.ts';

const secretName = /passw|passphrase|passcode|pwd|secret|credential|privatekey|apikey/i;
export const mask = '••••••';

const token =
  /<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|<\?[\s\S]*?(?:\?>|$)|<(\/?)([^\s<>/"'=]+)((?:[^<>"']|"[^"]*"|'[^']*')*?)(\/?)>/g;
const attributePattern = /([^\s="'<>/]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)')/g;

/** The text with secrets masked. The secret values themselves are added to `found`, so that echoes of them can be masked elsewhere. */
export function maskSecrets(xml: string, found: Set<string> = new Set()): string {
  let out = '';
  let at = 0;
  /** Depth inside the element being masked; 0: outside. */
  let depth = 0;
  token.lastIndex = 0;
  for (let match = token.exec(xml); match !== null; match = token.exec(xml)) {
    const [whole, closing, name, attributes, selfClosing] = match;
    const between = xml.slice(at, match.index);
    at = match.index + whole.length;
    out += depth > 0 ? hide(between, found) : between;
    if (name === undefined) {
      out += depth > 0 ? hide(whole.replace(/^<!\[CDATA\[|\]\]>$/g, ''), found) : whole;
      continue;
    }
    if (closing === '/') {
      if (depth > 0) depth--;
      out += whole;
      continue;
    }
    const secret = depth > 0 || isSecret(name, attributes ?? '');
    if (secret && selfClosing !== '/') depth++;
    out += `<${name}${maskAttributes(attributes ?? '', depth > 1 || secret, found)}${selfClosing}>`;
  }
  const rest = xml.slice(at);
  return out + (depth > 0 ? hide(rest, found) : rest);
}

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
