/**
 * HTTP round trips as they may be shown. What proves somebody's identity is described by its kind and length: an answer to a challenge can be
 * tried against lists of passwords, and a ticket or a cookie be used again.
 */
import { splitChallenges } from '../auth/challenge-list.ts';
import { kindOfToken } from '../auth/token-kind.ts';
import type { HeaderLines, HttpLeg } from '../exchange.ts';
import type { HttpResponse } from './http-message.ts';

/** More than any way of signing in takes, however often the pool begins anew. */
const MAX_LEGS = 24;
const MAX_VALUE = 2048;

/** Does the round trip, and notes it where somebody wants to know. `headStart`: request line and constant headers. */
export function noted(
  legs: HttpLeg[] | undefined,
  headStart: string,
  lines: string,
  body: Uint8Array,
  roundTrip: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  return legs === undefined || legs.length >= MAX_LEGS ? roundTrip() : note(legs, headStart + lines, body, roundTrip);
}

async function note(
  legs: HttpLeg[],
  head: string,
  body: Uint8Array,
  roundTrip: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const startedAt = performance.now();
  let response: HttpResponse | null = null;
  try {
    response = await roundTrip();
    return response;
  } finally {
    legs.push({
      milliseconds: performance.now() - startedAt,
      ...requestOf(head),
      requestBytes: body.length,
      status: response?.status ?? null,
      responseHeaders: response === null ? [] : response.headers.map(shown),
      responseBytes: response?.body.length ?? 0,
    });
  }
}

type RequestHead = Pick<HttpLeg, 'requestLine' | 'requestHeaders'>;

/** Nearly all requests of a connection have the same head, and nearly all headers of a target the same value: one of each is enough. */
const knownHeads = new Map<string, RequestHead>();
const knownLines = new Map<string, HeaderLines[number]>();
const mostKnown = 4096;

function requestOf(head: string): RequestHead {
  const known = knownHeads.get(head);
  if (known !== undefined) return known;
  const [requestLine = '', ...lines] = head.split('\r\n').filter((line) => line !== '');
  const requestHeaders = lines.map((line) => {
    const colon = line.indexOf(':');
    return shown([line.slice(0, colon), line.slice(colon + 1).trim()]);
  });
  const parsed = { requestLine, requestHeaders };
  // What may hold a secret is not kept, not even here.
  if (!lines.some((line) => /^(authorization|cookie)/i.test(line))) {
    if (knownHeads.size >= mostKnown) knownHeads.clear();
    knownHeads.set(head, parsed);
  }
  return parsed;
}

function shown([name, value]: readonly [string, string]): HeaderLines[number] {
  switch (name.toLowerCase()) {
    case 'authorization':
    case 'proxy-authorization':
      return [name, describeAuthorization(value)];
    case 'www-authenticate':
    case 'proxy-authenticate':
    case 'authentication-info':
      return [
        name,
        cut(
          splitChallenges(value)
            .map((one) => describeChallenge(one.trim().replace(/\s*,$/, '')))
            .join(', '),
        ),
      ];
    case 'cookie':
    case 'set-cookie':
      return [name, value.replace(/=.*/s, `=(${value.length} characters, not shown)`)];
    case 'date':
    case 'content-length':
      return [name, cut(value)];
    default:
      return theSame(name, cut(value));
  }
}

function theSame(name: string, value: string): HeaderLines[number] {
  const key = `${name}\0${value}`;
  const known = knownLines.get(key);
  if (known !== undefined) return known;
  if (knownLines.size >= mostKnown) knownLines.clear();
  const line = [name, value] as const;
  knownLines.set(key, line);
  return line;
}

/** Of credentials only the scheme and what kind of token it is. */
function describeAuthorization(value: string): string {
  const [, scheme = '', rest = ''] = /^\s*(\S+)\s*(.*)$/s.exec(value) ?? [];
  if (rest === '') return cut(scheme);
  if (!/^(negotiate|kerberos|ntlm|credssp)$/i.test(scheme)) return `${cut(scheme)} (credentials, not shown)`;
  return `${scheme} (${describeToken(rest)})`;
}

/** A challenge without a token names schemes and realms: nothing secret. */
function describeChallenge(challenge: string): string {
  const [, scheme = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(challenge) ?? [];
  if (!/^(negotiate|kerberos|ntlm|credssp)$/i.test(scheme) || rest === '') return challenge;
  return `${scheme} (${describeToken(rest)})`;
}

function describeToken(base64: string): string {
  const token = Buffer.from(base64, 'base64');
  return `${kindOfToken(token)}, ${token.length} bytes`;
}

function cut(text: string): string {
  return text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE)}…`;
}
