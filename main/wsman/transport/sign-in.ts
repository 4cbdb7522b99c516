/**
 * The legs of signing in by `Negotiate` or `Kerberos` on one connection (MS-WSMV 2.2.9.1): tokens out, tokens in, until the security context
 * is complete on both ends.
 *
 * The first token goes out unasked, on an empty POST: OMI never answers a request without one. A leg may carry the body of the request where
 * the target is known to take it, or where trying cannot do harm; a request that may change the target is never what the trying is done
 * with. Over plain HTTP only a leg with which a message can be sealed: the last one of NTLM, none of Kerberos before the answer has come.
 * Inside TLS nothing has to be sealed, and the first leg of Kerberos, which is mostly its last, may carry it too.
 */
import type { Initiation, LearnedSignIn } from '../auth/initiator.ts';
import { AuthenticationError, type AuthenticationEvidence, TransportError } from '../errors.ts';
import { type HttpResponse, headerValue } from './http-message.ts';
import { isSealedContentType } from './message-encryption.ts';
import type { DigestLearned } from './request-authorization.ts';
import {
  notOffered,
  offeredBy,
  offersScheme,
  rejected,
  requireKeepAlive,
  tokenHeader,
  tokenOf,
  unexpected,
  withEvidence,
} from './www-authenticate.ts';

/** NTLM inside SPNEGO, refused Kerberos before it, takes four; whatever takes longer is going in circles. */
const MAX_LEGS = 6;

/** What the connections of one machine have learnt about it, shared between them. */
export interface Learned extends LearnedSignIn, DigestLearned {
  /** Does the target take a body on a leg of signing in? Null: not tried yet. */
  bodyRides: boolean | null;
  /** `MS-WSMAN=…`, to be echoed (MS-WSMV 3.1.4.1.31.4). */
  affinityCookie: string | null;
}

/**
 * Why the pool sends a request again, over a new connection: in each case the target has not executed it.
 * `spnego`: it refused raw NTLM. `other-scheme`: Kerberos goes under the other of its two, `Negotiate` and `Kerberos`. `separately`: it dropped the body on a leg.
 * `context-lost`: 401 in mid-session. `challenged`: it closed the connection with its challenge. `without-certificate`: the socket was opened
 * without the client certificate that is now to be shown.
 */
export type Again = 'spnego' | 'other-scheme' | 'separately' | 'context-lost' | 'challenged' | 'without-certificate';

export interface SignInWire {
  readonly isTls: boolean;
  /** The request may change the target. */
  readonly changesTarget: boolean;
  /** An empty POST. */
  sendToken(header: string): Promise<HttpResponse>;
  /** The request itself, sealed where this is plain HTTP. */
  sendBody(header: string): Promise<HttpResponse>;
}

/**
 * Null: signed in, the request is still to be sent. A response: that of the request, which came along with a leg. Throws AuthenticationError
 * with leg, schemes and evidence; TransportError where what answers is not a target at all.
 */
export async function signIn(
  wire: SignInWire,
  initiation: Initiation,
  learned: Learned,
): Promise<HttpResponse | Again | null> {
  const { context, scheme } = initiation;
  let token = initiation.firstToken;
  for (let leg = 1; leg <= MAX_LEGS; leg++) {
    const isLast = initiation.canSeal() || (wire.isTls && leg === 1 && context.mechanism === 'Kerberos');
    const isTrial = learned.bodyRides === null;
    const rides = isLast && learned.bodyRides !== false && !(isTrial && wire.changesTarget);
    const header = tokenHeader(scheme, token);
    const response = rides ? await sendRiding(wire, header, learned) : await wire.sendToken(header);
    const offered = offeredBy(response);
    const answer = tokenOf(response, scheme);
    const seen = () => ({ offered, leg, evidence: evidenceOf(initiation) });
    if (response.status === 401 && (answer === null || context.complete)) return refusal(initiation, learned, seen());
    // Kerberos may give the reason of its refusal on a connection that ends with it.
    if (response.status === 401 && context.mechanism === 'NTLM') requireKeepAlive(response);
    let next: Uint8Array | null = null;
    if (answer !== null && !context.complete) {
      try {
        next = await context.step(answer);
      } catch (cause) {
        throw cause instanceof AuthenticationError ? refusedToken(initiation, cause, seen()) : cause;
      }
    }
    if (next !== null) {
      // A body that was answered must not be sent again after one more leg.
      if (rides && response.status !== 401) throw notCompleted(initiation, response, seen());
      requireKeepAlive(response);
      token = next;
      continue;
    }
    if (!context.complete) throw notCompleted(initiation, response, seen());
    if (response.status === 401) throw refusalOfCredentials(initiation, seen());
    if (rides) return takeAnswer(response, wire.isTls, learned, isTrial);
    if (response.status < 200 || response.status > 299) throw unexpected(response, 'the authentication');
    requireKeepAlive(response);
    return null;
  }
  throw new AuthenticationError('The target asks for one token after another without coming to an end.', {
    reason: 'bad-token',
    leg: MAX_LEGS,
    evidence: evidenceOf(initiation),
  });
}

/** What was tried, for errors: the SPN only as long as it is Kerberos that is spoken. */
export function evidenceOf({ context, spn }: Pick<Initiation, 'context' | 'spn'>): AuthenticationEvidence {
  const { mechanism } = context;
  return mechanism === 'Kerberos' && spn !== null ? { mechanism, spn } : { mechanism };
}

async function sendRiding(wire: SignInWire, header: string, learned: Learned): Promise<HttpResponse> {
  const isTrial = learned.bodyRides === null;
  try {
    return await wire.sendBody(header);
  } catch (cause) {
    // It may have been the body in that place: the next connection does not try it again.
    if (isTrial && cause instanceof TransportError) learned.bodyRides = false;
    throw cause;
  }
}

function takeAnswer(response: HttpResponse, isTls: boolean, learned: Learned, isTrial: boolean): HttpResponse | Again {
  const contentType = headerValue(response.headers, 'content-type') ?? '';
  const isTaken = isTls
    ? response.body.length > 0 && (response.status < 300 || isSoap(contentType))
    : isSealedContentType(contentType);
  if (isTaken) learned.bodyRides = true;
  else if (isTrial) {
    learned.bodyRides = false;
    return 'separately';
  }
  return response;
}

interface Seen {
  readonly offered: readonly string[];
  readonly leg: number;
  readonly evidence: AuthenticationEvidence;
}

/** A 401 without a token to go on with: the wrong scheme or form, or no. */
function refusal(initiation: Initiation, learned: Learned, { offered, leg, evidence }: Seen): Again {
  const { scheme, context, inside } = initiation;
  if (leg === 1) {
    if (!offersScheme(offered, scheme)) {
      // Also back again: a target may be set up otherwise than it was. Not where the scheme is not ours to choose (SSPI).
      const other = scheme === 'Negotiate' ? 'Kerberos' : 'Negotiate';
      const isChoice = context.mechanism === 'Kerberos' && learned.scheme === scheme;
      if (!isChoice || !offersScheme(offered, other)) throw notOffered(scheme, offered, evidence);
      learned.scheme = other;
      return 'other-scheme';
    }
    if (context.mechanism === 'NTLM') {
      if (inside === null) {
        learned.form = 'spnego';
        return 'spnego';
      }
      throw new AuthenticationError('The target takes neither raw NTLM nor SPNEGO under Negotiate.', {
        reason: 'bad-token',
        offered,
        leg,
        evidence,
      });
    }
  }
  throw refusalOfCredentials(initiation, { offered, leg, evidence });
}

/** What a token told about a refusal, with what the wire adds to it. */
function refusedToken(initiation: Initiation, cause: AuthenticationError, seen: Seen): AuthenticationError {
  const isBare = cause.reason === 'rejected' && cause.evidence.code === undefined;
  return isBare ? refusalOfCredentials(initiation, seen) : withEvidence(cause, seen);
}

function refusalOfCredentials({ lacksBinding }: Initiation, { offered, leg, evidence }: Seen): AuthenticationError {
  if (evidence.mechanism !== 'Kerberos') return rejected(offered, leg, evidence);
  const details = { offered, leg, evidence };
  // Who takes Kerberos under Negotiate mostly offers it by its own name too. Who does not may know nothing but NTLM.
  if (!offersScheme(offered, 'Kerberos')) {
    return new AuthenticationError(
      `The target did not take Kerberos under Negotiate, and offers no scheme Kerberos either (${offered.join(', ')}): it may know only NTLM, or refuse this ticket.`,
      { reason: 'scheme-not-offered', ...details },
    );
  }
  // With a ticket that the KDC gave, and no channel binding to show for it, it is most likely the binding that is missed.
  if (lacksBinding) {
    return new AuthenticationError(
      'The target rejected the Kerberos ticket. It may demand a channel binding (CbtHardeningLevel=Strict), which cannot be sent from Windows over HTTPS: use HTTP, where Kerberos seals by itself.',
      { reason: 'binding-unavailable', ...details },
    );
  }
  return rejected(offered, leg, evidence);
}

function notCompleted(initiation: Initiation, response: HttpResponse, { offered, leg, evidence }: Seen): Error {
  const isMutual = initiation.context.mechanism === 'Kerberos';
  if (leg === 1 && !isMutual) return unexpected(response, 'the first authentication token');
  if (response.status < 200 || response.status > 299) return unexpected(response, 'the authentication');
  const message = isMutual
    ? 'The target let the ticket pass without proving who it is.'
    : 'The target ended the SPNEGO negotiation without completing it.';
  return new AuthenticationError(message, { reason: 'bad-token', offered, leg, evidence });
}

function isSoap(contentType: string): boolean {
  return /^(application\/(soap\+)?xml|text\/xml)\b/i.test(contentType);
}
