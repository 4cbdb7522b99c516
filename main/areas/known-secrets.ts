/**
 * The secrets that this run of the console has seen, as something that masks them and gives none back. They are looked for in the forms that
 * they take on their way: plain, escaped for XML, JSON, WQL, PowerShell and URLs, in base64 of UTF-8 and UTF-16 at any offset (so inside an
 * -EncodedCommand too).
 */

export interface KnownSecrets {
  /** Takes a secret up. Those shorter than four characters are not: masking them would tear holes into every text, and hide nothing. */
  learn(secret: string): void;
  /** The text with every known secret masked; the very same text where it holds none. Reads each character a bounded number of times. */
  mask(text: string): string;
}

export const secretMask = '••••••';
/** The newest stay. A fleet where each machine has an account of its own still fits. */
const mostSecrets = 4096;
const shortest = 4;
/** A secret is not a document: of a private key its lines are taken up, each alone. */
const longest = 4096;

interface Form {
  readonly text: string;
  /** Stands in base64: all of the base64 around it is masked, since more of the secret may be in it. */
  readonly inBase64: boolean;
}

export function createKnownSecrets(): KnownSecrets {
  const forms = new Map<string, readonly Form[]>();
  let table = tableOf([]);
  let isStale = false;

  return {
    learn(secret) {
      for (const part of partsOf(secret)) {
        if (part.length < shortest || part.length > longest || forms.has(part)) continue;
        const [oldest] = forms.keys();
        if (forms.size >= mostSecrets && oldest !== undefined) forms.delete(oldest);
        forms.set(part, formsOf(part));
        isStale = true;
      }
    },
    mask(text) {
      if (forms.size === 0) return text;
      if (isStale) table = tableOf([...forms.values()].flat());
      isStale = false;
      let out = '';
      let done = 0;
      for (let at = nextCandidate(table, text, 0); at >= 0; ) {
        const form = formAt(table, text, at);
        if (form === null) {
          at = nextCandidate(table, text, at + 1);
          continue;
        }
        const [from, to] = form.inBase64 ? base64Around(text, at, done) : [at, at + form.text.length];
        out += text.slice(done, from) + secretMask;
        done = to;
        at = nextCandidate(table, text, to);
      }
      return done === 0 ? text : out + text.slice(done);
    },
  };
}

/**
 * Looks for all forms at once and skips what cannot be inside one of them (Wu and Manber 1994): by three characters it is known how far the
 * next form can begin at the earliest. Every exchange passes here, so that its cost must not grow with the number of secrets.
 */
interface Table {
  /** Length of the shortest form. */
  readonly window: number;
  readonly shifts: Uint8Array;
  /** By their first three characters. */
  readonly byHead: ReadonlyMap<number, readonly Form[]>;
}

const tableSize = 1 << 16;
const longestShift = 64;

function blockAt(text: string, at: number): number {
  return (text.charCodeAt(at) * 961 + text.charCodeAt(at + 1) * 31 + text.charCodeAt(at + 2)) & (tableSize - 1);
}

function tableOf(forms: readonly Form[]): Table {
  const window = forms.reduce((least, { text }) => Math.min(least, text.length), longestShift);
  const shifts = new Uint8Array(tableSize).fill(window - 2);
  const byHead = new Map<number, Form[]>();
  for (const form of forms) {
    for (let at = 0; at + 3 <= window; at++) {
      const block = blockAt(form.text, at);
      shifts[block] = Math.min(shifts[block]!, window - 3 - at);
    }
    const head = blockAt(form.text, 0);
    const same = byHead.get(head);
    if (same === undefined) byHead.set(head, [form]);
    else same.push(form);
  }
  return { window, shifts, byHead };
}

/** Where a form may begin, at `from` or behind it; -1: nowhere any more. */
function nextCandidate({ window, shifts }: Table, text: string, from: number): number {
  const last = text.length - 3;
  for (let at = from + window - 3; at <= last; ) {
    const shift = shifts[blockAt(text, at)]!;
    if (shift === 0) return at - window + 3;
    at += shift;
  }
  return -1;
}

/** The longest form that begins there. */
function formAt({ byHead }: Table, text: string, at: number): Form | null {
  let found: Form | null = null;
  for (const form of byHead.get(blockAt(text, at)) ?? []) {
    if (form.text.length > (found?.text.length ?? 0) && text.startsWith(form.text, at)) found = form;
  }
  return found;
}

/** A text of several lines (a private key) is known by each of its lines, without the marks around them. */
function partsOf(secret: string): readonly string[] {
  if (!/[\r\n]/.test(secret)) return [secret];
  return secret.split(/[\r\n]+/).filter((line) => line.length >= 16 && !line.startsWith('-----'));
}

function formsOf(secret: string): readonly Form[] {
  const xml = secret.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  const quoted = xml.replace(/"/g, '&quot;');
  const plain = new Set([
    secret,
    xml,
    quoted,
    quoted.replace(/'/g, '&apos;'),
    quoted.replace(/'/g, '&#39;'),
    secret.replace(/'/g, "''"),
    secret.replace(/\\/g, '\\\\').replace(/'/g, "\\'"),
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
  ]);
  const bytes = [Buffer.from(secret, 'utf8'), Buffer.from(secret, 'utf16le'), Buffer.from(xml, 'utf8')];
  if (/[^\0-\x7f]/.test(secret)) bytes.push(Buffer.from(secret, 'latin1'));
  const coded = new Set(bytes.flatMap((form) => [0, 1, 2].map((offset) => base64Inside(form, offset))));
  return [
    ...[...plain].map((text) => ({ text, inBase64: false })),
    ...[...coded].filter((text) => text.length >= shortest).map((text) => ({ text, inBase64: true })),
  ];
}

/** Those characters of the base64 of a longer text that only these bytes decide, where they begin `offset` bytes into a group of three. */
function base64Inside(bytes: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]);
  const first = offset === 0 ? 0 : offset + 1;
  const last = Math.floor((whole.length * 8) / 6);
  return whole.toString('base64').slice(first, last);
}

function base64Around(text: string, at: number, notBefore: number): readonly [from: number, to: number] {
  let from = at;
  while (from > notBefore && isBase64(text.charCodeAt(from - 1))) from--;
  let to = at;
  while (to < text.length && isBase64(text.charCodeAt(to))) to++;
  return [from, to];
}

/** Letters, digits, `+`, `/`, `=`. */
function isBase64(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    (code >= 65 && code <= 90) ||
    (code >= 97 && code <= 122) ||
    '+/='.includes(String.fromCharCode(code))
  );
}
