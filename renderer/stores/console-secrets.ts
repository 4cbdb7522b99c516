/** What of a typed line may be kept: all of it but its secrets. */

/** Stands where a secret was. */
export const mask = '••••';

const dashes = '[-/\\u2010-\\u2015\\u2212\\ufe58\\ufe63\\uff0d]';
const quote = '["\\u201c-\\u201f\\u2033\\uff02]';
const value = `(?:${quote}(?:\\\\.|[^"\\u201c-\\u201f\\u2033\\uff02])*${quote}?|[^\\s]+)`;
/** `-p:SECRET`, `-password:"SECRET"`, `-pp:` of a proxy; not `-p:-`, which says where it comes from. */
const passwordSwitch = new RegExp(
  `(^|\\s)(${dashes}{1,2}(?:p|password|pp|proxypassword):)(?!-(?:\\s|$))(${value})`,
  'gi',
);
/** `-pSECRET`: the colon was forgotten. */
const withoutColon = new RegExp(
  `(^|\\s)(${dashes}p)(?![\\w]*:)(?!(?:assword|roxy\\w*|ac|a|u|p)(?:\\s|$))([^\\s:]\\S*)`,
  'gi',
);
/** `@{StartPassword="SECRET"}` */
const namedSecret = new RegExp(
  `([{;,\\s]\\w*(?:password(?!expires|required|changeable)|passphrase|passwd|pwd|secret|credential)\\w*\\s*=\\s*)(${quote}(?:\\\\.|[^"\\u201c-\\u201f\\u2033\\uff02])*${quote}?|[^;}\\s]+)`,
  'gi',
);

/** The line with a mask in place of every password that can be told from its place. Anything typed in another way is kept as it is. */
export function maskSecrets(line: string): string {
  const end = endOfSwitches(line);
  const ours = line
    .slice(0, end)
    .replace(passwordSwitch, `$1$2${mask}`)
    .replace(withoutColon, `$1$2${mask}`)
    .replace(namedSecret, `$1${mask}`);
  return ours + line.slice(end);
}

/** Behind its switches a winrs line is the remote command's: a /p: there is something else. */
function endOfSwitches(line: string): number {
  const program = /^\s*(?:windeck\s+)?winrs(?:\.exe)?(?=\s|$)/i.exec(line);
  if (program === null) return line.length;
  const words = new RegExp(`\\s+(${dashes}(?:[^\\s"]|"[^"]*"?)*)?`, 'y');
  let at = program[0].length;
  for (;;) {
    words.lastIndex = at;
    const match = words.exec(line);
    if (match === null || match[1] === undefined) return at;
    at = words.lastIndex;
  }
}

/**
 * A line from the history as it can be run again: `-p:` with a mask becomes `-p`, so that the password is asked for. Null where a mask stands
 * in a place that nobody asks about.
 */
export function withoutMasks(line: string): string | null {
  const asked = line.replace(new RegExp(`(${dashes}(?:p|password)):?${mask}(?=\\s|$)`, 'gi'), '$1');
  return asked.includes(mask) ? null : asked;
}
