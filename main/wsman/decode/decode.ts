/**
 * Whatever one has copied from a log, a packet or a header: a token in base64 or hexadecimal, an Authorization or WWW-Authenticate header, a SOAP
 * message, a sealed body. What it is is seen from how it begins.
 */
import { isUtf8 } from 'node:buffer';
import { splitChallenges } from '../auth/challenge-list.ts';
import { decodeText } from '../xml.ts';
import { type DecodedField, type DecodedMessage, DecodeError } from './field.ts';
import { decodeGss } from './gss.ts';
import { decodeEnvelope, decodeMultipart } from './message.ts';

const headerLine = /^\s*(?:(?:proxy-)?authorization|(?:www|proxy)-authenticate|authentication-info)\s*:\s*/i;
const tokenSchemes = /^(negotiate|kerberos|ntlm)$/i;
const knownSchemes = /^(negotiate|kerberos|ntlm|basic|digest|credssp|bearer)(\s|$)/i;

/** Throws DecodeError, and nothing else, whatever it is given. */
export function decodeInput(input: Uint8Array): DecodedMessage {
  if (input.length === 0) throw new DecodeError('There is nothing to decode', 0);
  const begin = Buffer.from(input.subarray(0, 256)).toString('latin1');
  if (/^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*\0?</.test(begin)) return decodeEnvelope(textOf(input));
  if (/^\s*--\s?\S[^\r\n]*\r?\n\s*Content-Type:/i.test(begin)) return decodeMultipart(input);
  // A token as it is, out of a packet: text has no such characters.
  if (/[\0-\x08\x0e-\x1f\x7f]/.test(begin) || (begin.charCodeAt(0) >= 0x80 && !isUtf8(input))) return decodeGss(input);
  const text = textOf(input).trim();
  const header = headerLine.exec(text);
  if (header !== null || knownSchemes.test(text)) return decodeHeader(text.slice(header?.[0].length ?? 0));
  const bytes = bytesOfText(text);
  return /^\s*</.test(Buffer.from(bytes.subarray(0, 16)).toString('latin1'))
    ? decodeEnvelope(textOf(bytes))
    : decodeGss(bytes);
}

function textOf(bytes: Uint8Array): string {
  try {
    return decodeText(bytes, undefined);
  } catch {
    return Buffer.from(bytes).toString('latin1');
  }
}

/** Base64, also base64url and with line ends; hexadecimal, also with colons, blanks or `0x`. Throws DecodeError. */
export function bytesOfText(text: string): Uint8Array {
  const compact = text.replace(/\s+/g, '').replace(/^["']|["']$/g, '');
  const hex = compact.replace(/^0x/i, '').replaceAll(':', '');
  if (/^[0-9a-f]+$/i.test(hex)) {
    if (hex.length % 2 === 0) return new Uint8Array(Buffer.from(hex, 'hex'));
    if (/^0x|:/i.test(compact)) throw new DecodeError('Hexadecimal has an odd number of digits', text.length);
  }
  const wrong = /[^A-Za-z0-9+/_=-]/.exec(compact);
  if (wrong !== null) {
    const at = Math.max(0, text.indexOf(wrong[0]));
    throw new DecodeError('It is neither base64 nor hexadecimal, nor a header, XML or a sealed body', at);
  }
  const padding = compact.indexOf('=');
  if (padding >= 0 && !/^={1,2}$/.test(compact.slice(padding))) {
    throw new DecodeError('Base64 goes on behind its end', text.indexOf('='));
  }
  const bytes = Buffer.from(compact, 'base64');
  if (bytes.length === 0) throw new DecodeError('There is nothing to decode', 0);
  return new Uint8Array(bytes);
}

/** The value of one header; a WWW-Authenticate may hold several challenges. */
function decodeHeader(value: string): DecodedMessage {
  const challenges = splitChallenges(value).map((one) => one.trim().replace(/\s*,$/, ''));
  const decoded = challenges.map((one) => challenge(one, Math.max(0, value.indexOf(one))));
  const [only] = decoded;
  if (decoded.length === 1 && only !== undefined) return only;
  return {
    kind: 'header with several challenges',
    fields: decoded.map(({ kind, fields }, index) => {
      const one = challenges[index] ?? '';
      return { name: 'challenge', value: kind, offset: Math.max(0, value.indexOf(one)), length: one.length, fields };
    }),
  };
}

function challenge(text: string, offset: number): DecodedMessage {
  const [, scheme = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
  const named: DecodedField = { name: 'scheme', value: scheme, offset, length: scheme.length };
  const at = offset + text.length - rest.length;
  if (rest === '') return { kind: `${scheme}, without a token`, fields: [named] };
  if (tokenSchemes.test(scheme)) {
    const { kind, fields } = decodeGss(bytesOfText(rest));
    return { kind: `${scheme} with ${kind}`, fields: [named, ...fields] };
  }
  if (/^basic$/i.test(scheme) && !/=.*[",]/.test(rest) && !/^realm=/i.test(rest)) return basic(named, rest, at);
  const parameters = [...rest.matchAll(/([\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]+)/g)].map((match) => ({
    name: match[1] ?? '',
    value: match[2] ?? '',
    offset: at + match.index,
    length: match[0].length,
  }));
  return { kind: scheme, fields: [named, ...parameters] };
}

/** The name may be read; of the password only how long it is. */
function basic(named: DecodedField, rest: string, at: number): DecodedMessage {
  const text = Buffer.from(bytesOfText(rest)).toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) throw new DecodeError('Basic without a colon between name and password', at);
  return {
    kind: 'Basic',
    fields: [
      named,
      { name: 'user-id', value: text.slice(0, colon), offset: at, length: rest.length },
      {
        name: 'password',
        value: `not shown, ${text.length - colon - 1} characters (base64 hides nothing: whoever has this line has it)`,
        offset: at,
        length: rest.length,
      },
    ],
  };
}
