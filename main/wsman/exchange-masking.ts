/**
 * Secrets are taken out of an exchange before it leaves the library: elements and attributes whose name speaks of a secret, SecureStrings, and
 * w:Option, Selector or Param elements whose Name does; in base64 of streams too. Works on the text, tag by tag, so that it holds for
 * messages that no parser accepts. Where the recorder wants no contents, command lines and what goes through streams are left out as well.
 * What cannot be known here: a secret inside an innocent name.
 */
import { maskStream } from './exchange-streams.ts';
import { charsetOf } from './soap-answer.ts';
import { decodeText } from './xml.ts';

const secretWords =
  'passw|passphrase|passcode|pwd|secret|credential|privatekey|apikey|accesskey|sharedkey|connectionstring|securestring';
const secretName = new RegExp(secretWords, 'i');
export const mask = '••••••';

/**
 * Elements that hold command lines or streams, lower case: of shells (MS-WSMV 3.1.4.12, 3.1.4.13, 2.2.4.14) and PSRP on them (MS-PSRP 2.2.2.2), of
 * CIM classes (Win32_Process, Win32_ScheduledJob, scheduled tasks, event consumers).
 */
const contentNames: ReadonlySet<string> = new Set([
  'command',
  'commandline',
  'commandlinetemplate',
  'arguments',
  'stream',
  'creationxml',
  'connectxml',
  'connectresponsexml',
  'environment',
  'environmentvariables',
  'scripttext',
  'xml',
]);
const streamNames: ReadonlySet<string> = new Set([
  'arguments',
  'stream',
  'creationxml',
  'connectxml',
  'connectresponsexml',
]);

/** Most messages have no such name in them: looking for one is all that they cost. */
const mayHoldSecret = new RegExp(
  `${secretWords}|<(?:[\\w.-]+:)?SS\\b|[:<](?:${[...streamNames].join('|')})[\\s>]`,
  'i',
);
const mayHoldContents = new RegExp(`[:<](?:${[...contentNames].join('|')})[\\s>]`, 'i');

const attributePattern = /(?<=^|[\s"'/])([^\s="'<>/]+)(\s*=\s*)(?:"([^"]*)"|'([^']*)')/g;

/** How a message is gone through. */
export interface Masking {
  /** The secret values themselves are added, so that echoes of them can be masked elsewhere. */
  readonly found?: Set<string>;
  /** The contents that were left out are added. */
  readonly leftOut?: Set<string>;
  /** Command lines and contents of streams are left out. */
  readonly withoutContents?: boolean;
  /** The path of a fragment that was asked for (w:FragmentTransfer): names what the w:XmlFragment holds. */
  readonly fragment?: string;
}

/** What becomes of the text inside an element. */
export type Treatment = 'secret' | 'content' | 'stream';

/**
 * The text with secrets masked. Looks at every character a bounded number of times, whatever the text is: the answers it is given come from
 * strangers.
 */
export function maskSecrets(xml: string, masking: Masking = {}): string {
  const { withoutContents = false } = masking;
  const fragment = masking.fragment ?? fragmentPath(xml);
  const named = fragment === null ? null : treatmentOfFragment(fragment, withoutContents);
  if (named === null && !mayHoldSecret.test(xml) && !(withoutContents && mayHoldContents.test(xml))) return xml;
  let out = '';
  /** The elements being masked that are open, from the outside in; nothing but a secret begins inside another. */
  const open: { readonly treatment: Treatment; depth: number }[] = [];
  for (let at = 0; at < xml.length; ) {
    const inside = open.at(-1);
    const next = xml.indexOf('<', at);
    const text = xml.slice(at, next < 0 ? xml.length : next);
    out += inside === undefined ? text : treat(inside.treatment, text, masking);
    if (next < 0) break;
    at = markupEnd(xml, next);
    const markup = xml.slice(next, at);
    const tag = /^<(\/?)([^\s<>/"'=!?]+)/.exec(markup);
    if (tag === null) {
      // A comment, a CDATA section, an instruction, or a stray `<`.
      const bare = markup.replace(/^<!\[CDATA\[|\]\]>$/g, '');
      out += inside === undefined ? markup : treat(inside.treatment, bare, masking);
      continue;
    }
    if (tag[1] === '/') {
      if (inside !== undefined && --inside.depth === 0) open.pop();
      out += markup;
      continue;
    }
    const rest = markup.slice(tag[0].length);
    const name = tag[2]!.slice(tag[2]!.indexOf(':') + 1);
    const own = ownTreatment(name, rest, inside?.treatment, withoutContents, named);
    if (!markup.endsWith('/>')) {
      if (own !== null) open.push({ treatment: own, depth: 1 });
      else if (inside !== undefined) inside.depth++;
    }
    out += tag[0] + maskAttributes(rest, own ?? inside?.treatment ?? null, masking);
  }
  return out;
}

/** How an element is treated that is not treated as what it stands in. */
function ownTreatment(
  name: string,
  attributes: string,
  inside: Treatment | undefined,
  withoutContents: boolean,
  fragment: Treatment | null,
): Treatment | null {
  if (inside === 'secret') return null;
  // Also inside a command line: a secret is never less than that.
  if (isSecret(name, attributes)) return 'secret';
  if (inside !== undefined) return null;
  return treatmentOf(name, withoutContents) ?? (name === 'XmlFragment' ? fragment : null);
}

function treatmentOf(name: string, withoutContents: boolean): Treatment | null {
  const lower = name.toLowerCase();
  if (withoutContents) return contentNames.has(lower) ? 'content' : null;
  return streamNames.has(lower) ? 'stream' : null;
}

/** A request for one property says its name in a header, and the answer to `Name/text()` is a bare text. */
function fragmentPath(xml: string): string | null {
  // By position, each looked for once: a pattern over the whole would go over the same text again and again.
  const tag = xml.search(/[<:]FragmentTransfer[\s>]/);
  const start = tag < 0 ? -1 : xml.indexOf('>', tag);
  const end = start < 0 ? -1 : xml.indexOf('<', start);
  return end < 0 ? null : xml.slice(start + 1, end);
}

function treatmentOfFragment(path: string, withoutContents: boolean): Treatment | null {
  if (secretName.test(path)) return 'secret';
  const step = /(?:^|[:/])(\w+)(?:\[\d+\])?(?:\/text\(\))?\s*$/.exec(path)?.[1]?.toLowerCase() ?? '';
  return withoutContents && contentNames.has(step) ? 'content' : null;
}

function treat(treatment: Treatment, text: string, { found, leftOut }: Masking): string {
  if (treatment === 'secret') return hide(text, found);
  return treatment === 'stream' ? maskStream(text) : leaveOut(text, leftOut);
}

function leaveOut(text: string, leftOut: Set<string> | undefined): string {
  const trimmed = text.trim();
  if (trimmed === '') return text;
  // Errors quote commands. Short ones are words like any other.
  if (trimmed.length >= 8 && trimmed.length <= 32_768) leftOut?.add(withoutReferences(trimmed));
  return `[not recorded: ${trimmed.length.toLocaleString('en-US')} characters]`;
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

/** `SS` is a SecureString of CLIXML (MS-PSRP 2.2.5.1.24); there `N` is the name of a property. */
function isSecret(name: string, attributes: string): boolean {
  if (name === 'SS' || secretName.test(name)) return true;
  const named = /(?:^|\s)(?:Name|N)\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(attributes);
  return named !== null && secretName.test(named[1] ?? named[2] ?? '');
}

/** Attribute values with a telling name; inside a masked element also Value. */
function maskAttributes(attributes: string, inside: Treatment | null, masking: Masking): string {
  if (attributes === '') return attributes;
  return attributes.replace(
    attributePattern,
    (whole: string, name: string, equals: string, double?: string, single?: string) => {
      if (name.startsWith('xmlns')) return whole;
      const local = name.slice(name.indexOf(':') + 1);
      const treatment = secretName.test(local) ? 'secret' : /^value$/i.test(local) ? inside : null;
      if (treatment === null) return whole;
      return `${name}${equals}"${treat(treatment, double ?? single ?? '', masking)}"`;
    },
  );
}

function hide(text: string, found: Set<string> | undefined): string {
  const trimmed = text.trim();
  if (trimmed === '') return text;
  // Flags and numbers (PasswordRequired, PasswordAge) are hidden, but are no secrets to look for elsewhere.
  if (!/^(true|false|[\d.:+-]{1,5}|\d{14}\.\d{6}[+-]\d{3})$/i.test(trimmed)) {
    found?.add(trimmed);
    found?.add(withoutReferences(trimmed));
  }
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
function maskEchoes(text: string, found: readonly string[]): string {
  for (const secret of found) if (secret.length >= 4) text = text.replaceAll(secret, mask);
  return text;
}

/**
 * Request, answer and error of one exchange as they may be shown. `found` gets the secrets of the request, never what a target sent: with that
 * it could take words out of other machines' exchanges.
 */
export function maskExchange(
  request: string | null,
  response: { readonly body: Uint8Array; readonly contentType: string } | null,
  error: { readonly name: string; readonly message: string } | null,
  { withoutContents = false, found = new Set() }: Pick<Masking, 'withoutContents' | 'found'> = {},
): { request: string | null; response: string | null; error: { name: string; message: string } | null } {
  const leftOut = new Set<string>();
  const fragment = request === null ? null : fragmentPath(request);
  const maskedRequest = request === null ? null : maskSecrets(request, { found, leftOut, withoutContents });
  const text = response === null ? null : decodeText(response.body, charsetOf(response.contentType));
  // What was asked for is in the request; an answer does not get to say it.
  const maskedText = text === null ? null : maskSecrets(text, { withoutContents, fragment: fragment ?? '' });
  const echoes = [...found, ...leftOut];
  return {
    request: maskedRequest,
    response: maskedText === null ? null : maskEchoes(maskedText, echoes),
    error: error === null ? null : { name: error.name, message: maskEchoes(error.message, echoes) },
  };
}
