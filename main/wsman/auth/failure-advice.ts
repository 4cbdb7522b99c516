/**
 * A failed sign-in, explained once for every front of this library: one class per cause that the wire can separate, with what was seen and
 * what to do. Errors that were caused by another one (Kerberos failed, and NTLM was not allowed instead) tell both.
 */
import { wsmanErrorName } from '../error-codes.ts';
import { AuthenticationError } from '../errors.ts';
import { type FailureCandidate, type FailureFacts, type FailureWords, failureWords } from './failure-words.ts';
import { parseUserName } from './user-name.ts';

/** Where and as whom it was tried, for sentences and commands that name them. What is not known is left out. */
export interface FailurePlace {
  readonly host?: string;
  readonly port?: number;
  /** As typed: `CORP\\alice`, `alice@corp.example`, `.\\admin`. */
  readonly userName?: string;
}

export interface FailureExplanation extends FailureWords {
  /** Empty where the cause is one. */
  readonly candidates: readonly FailureCandidate[];
  /** What was seen, one line each: schemes offered, leg, mechanism, SPN, number and text of the library. */
  readonly evidence: readonly string[];
}

/** An error may carry its cause, and that its own; nobody reads more than that. */
const MAX_CAUSES = 3;

/** Explains an error and those that led to it, first cause first. */
export function explainFailure(error: AuthenticationError, place: FailurePlace = {}): FailureExplanation {
  const chain: AuthenticationError[] = [];
  for (let one: unknown = error; one instanceof AuthenticationError && chain.length < MAX_CAUSES; one = one.cause) {
    chain.unshift(one);
  }
  const words = chain.map((one) => failureWords[one.reason](factsOf(one, place)));
  const sentences: string[] = [];
  for (const [i, one] of chain.entries()) {
    const cause = chain[i - 1];
    if (cause === undefined) sentences.push(words[i]!.sentence);
    else if (one.message.startsWith(cause.message)) sentences.push(one.message.slice(cause.message.length).trim());
    // The same once more, by somebody who knew more of it.
    else if (one.reason === cause.reason) sentences.splice(-1, 1, one.message);
    else sentences.push(words[i]!.sentence);
  }
  const first = words[0]!;
  return {
    sentence: unique(sentences.filter((sentence) => sentence !== '')).join(' '),
    advice: unique(words.flatMap((each) => each.advice)),
    technical: chain[0]!.evidence.codeName ?? first.technical,
    windowsCode: first.windowsCode,
    candidates: first.candidates ?? [],
    evidence: unique(chain.flatMap((one, i) => evidenceOf(one, words[i]!))),
  };
}

const unique = (lines: readonly string[]): string[] => [...new Set(lines)];

function evidenceOf(error: AuthenticationError, words: FailureWords): string[] {
  const { mechanism, spn, code, codeName, text } = error.evidence;
  const number = code === undefined ? null : code < 0x10000 ? String(code) : hex(code);
  const name = wsmanErrorName(words.windowsCode);
  return [
    ...(text !== undefined || error.cause instanceof AuthenticationError || words.sentence.includes(error.message)
      ? []
      : [error.message]),
    ...(mechanism === undefined ? [] : [`Mechanism: ${mechanism}`]),
    ...(spn === undefined ? [] : [`Service asked for: ${spn}`]),
    ...(number === null ? [] : [`Number: ${number}${codeName === undefined ? '' : ` (${codeName})`}`]),
    ...(text === undefined || error.message.includes(text) ? [] : [`Said: ${text.trim().slice(0, 500)}`]),
    ...(error.leg === null ? [] : [`Failed at leg ${error.leg} of the exchange`]),
    ...(error.offered.length === 0 ? [] : [`The machine offers: ${error.offered.join(', ')}`]),
    `Windows calls it ${hex(words.windowsCode)}${name === null ? '' : ` (${name})`}`,
  ];
}

const hex = (code: number): string => `0x${(code >>> 0).toString(16).toUpperCase().padStart(8, '0')}`;

/** What may stand in a command that somebody copies: names, and nothing that a shell would act on. */
const plainArgument = /^[\w.@/:$-]{1,256}$/;
const asArgument = (value: string | undefined, placeholder: string): string =>
  value !== undefined && plainArgument.test(value) ? value : placeholder;

function factsOf(error: AuthenticationError, place: FailurePlace): FailureFacts {
  const { spn, mechanism } = error.evidence;
  const name = place.userName === undefined ? undefined : parseUserName(place.userName);
  const at = name?.user.lastIndexOf('@') ?? -1;
  const realm = at > 0 ? name?.user.slice(at + 1).toUpperCase() : name?.domain;
  const port = place.port === undefined ? '' : `:${place.port}`;
  const spnHost = spn === undefined ? place.host : spn.replace(/^[^/]*\//, '').replace(/[:@].*$/s, '');
  return {
    message: error.message,
    offered: error.offered,
    wasSent: error.leg !== null || mechanism !== undefined,
    mechanism,
    machine: place.host === undefined ? 'The machine' : `${place.host}${port}`,
    spn: asArgument(spn, 'HTTP/FQDN'),
    forSpn: spn === undefined ? '' : ` for ${spn}`,
    computer: asArgument(spnHost?.split('.')[0]?.toUpperCase(), 'COMPUTER'),
    account: asArgument(at > 0 ? name?.user.slice(0, at) : name?.user, 'NAME'),
    realm: asArgument(realm, 'REALM'),
    userName: place.userName,
  };
}
