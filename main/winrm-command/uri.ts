/** Resource URIs as winrm takes them: aliases in front, `?Name=Value+Name=Value` behind. Aliases exist only here, never on the wire. */
import { CommandLineError, type Resource } from './command.ts';
import { isQuote } from './line.ts';

const wsman1 = 'http://schemas.microsoft.com/wbem/wsman/1';
const dmtf = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2';

/** What each alias stands for. */
export const aliases: ReadonlyMap<string, { readonly uri: string; readonly unconfirmed?: true }> = new Map([
  ['wmi', { uri: `${wsman1}/wmi` }],
  ['wmicimv2', { uri: `${wsman1}/wmi/root/cimv2` }],
  ['cimv2', { uri: dmtf }],
  // Printed beside cimv2 in one article of 2011, in no help text of winrm: taken as cimv2.
  ['cimv2.9', { uri: dmtf, unconfirmed: true as const }],
  ['winrm', { uri: wsman1 }],
  ['wsman', { uri: wsman1 }],
  ['shell', { uri: `${wsman1}/windows/shell` }],
]);

/**
 * Expands the alias and reads the selectors. The URI keeps its case, since a target decides about that; alias names compare without it.
 * Throws CommandLineError on an unknown alias and on selectors that are not `Name=Value` joined by `+`.
 */
export function parseResource(text: string): Resource {
  const question = text.indexOf('?');
  const path = question < 0 ? text : text.slice(0, question);
  const resourceUri = expandAlias(path);
  if (question < 0) return { resourceUri };
  return { resourceUri, selectors: parseSelectors(text.slice(question + 1)) };
}

function expandAlias(path: string): string {
  if (path.includes('<') || path.includes('>')) {
    throw new CommandLineError(`Replace the placeholder in ${path} by a real resource URI.`);
  }
  // Pages of today print these namespaces with https; on the wire they are names, and those names begin with http.
  if (/^https?:\/\//i.test(path))
    return path.replace(/^https:(?=\/\/schemas\.(?:microsoft\.com|dmtf\.org)\/)/i, 'http:');
  const slash = path.indexOf('/');
  const first = slash < 0 ? path : path.slice(0, slash);
  const alias = aliases.get(first.toLowerCase());
  if (alias) return alias.uri + (slash < 0 ? '' : path.slice(slash));
  if (first.includes(':')) return path;
  throw new CommandLineError(
    `${first === '' ? 'A resource URI cannot be empty' : `"${first}" is no alias`}. A resource URI is a full URI, or starts with one of ${[...aliases.keys()].join(', ')}.`,
  );
}

function parseSelectors(text: string): readonly (readonly [string, string])[] {
  const selectors: (readonly [string, string])[] = [];
  const seen = new Set<string>();
  for (const part of splitOutsideQuotes(text)) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(equals, 0)).trim();
    if (equals <= 0 || name === '') {
      throw new CommandLineError(
        `The selector "${part}" is not of the form Name=Value. Selectors are joined by +, and a value that holds a + stands in quotation marks: ?Name="a+b".`,
      );
    }
    if (seen.has(name.toLowerCase())) throw new CommandLineError(`The selector ${name} is given twice.`);
    seen.add(name.toLowerCase());
    selectors.push([name, bare(part.slice(equals + 1))]);
  }
  return selectors;
}

function splitOutsideQuotes(text: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (isQuote(text[at])) quoted = !quoted;
    else if (text[at] === '+' && !quoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

const bare = (value: string): string =>
  value.length >= 2 && isQuote(value[0]) && isQuote(value.at(-1)) ? value.slice(1, -1) : value;
