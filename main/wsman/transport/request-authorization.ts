/**
 * The schemes that go with every single request instead of with a connection: Basic, Digest, and the client certificate's own. None of them
 * seals anything.
 */
import { basicAuthorization } from '../auth/basic.ts';
import {
  chooseDigestChallenge,
  createDigestSession,
  type DigestChallenge,
  type DigestSession,
  parseDigestChallenges,
} from '../auth/digest.ts';
import { AuthenticationError } from '../errors.ts';
import { type HttpResponse, headerValues } from './http-message.ts';
import { isWindows, notOffered, offeredBy, offersScheme, rejected, unexpected } from './www-authenticate.ts';

export interface RequestAuthorization {
  readonly mechanism: 'Basic' | 'Digest' | 'Certificate';
  /** The header line for the next request, CRLF included; null: the target has to be asked for its challenge first. */
  next(): string | null;
  /** Takes up the target's challenge, on an empty request without credentials. Throws AuthenticationError or TransportError. */
  challenged(response: HttpResponse): void;
  /**
   * Takes up the answer to a request. True: its credentials were not judged, and `next` has better ones. Throws AuthenticationError where
   * they were refused.
   */
  mustRepeat(response: HttpResponse): boolean;
  /** Wipes what is kept of the secret. */
  dispose(): void;
}

/** RFC 7617. Throws AuthenticationError for a name with a colon. */
export function basicRequests(userName: string, password: string): RequestAuthorization {
  const header = `Authorization: ${basicAuthorization(userName, password)}\r\n`;
  return {
    mechanism: 'Basic',
    next: () => header,
    challenged: () => {},
    dispose: () => {},
    mustRepeat(response) {
      if (response.status !== 401) return false;
      const offered = offeredBy(response);
      const evidence = { mechanism: 'Basic' } as const;
      if (offered.length > 0 && !offersScheme(offered, 'Basic')) throw notOffered('Basic', offered, evidence);
      throw rejected(offered, 1, evidence);
    },
  };
}

/** What tells WinRM to look at the certificate of the TLS handshake (DSP0226 annex C, `https/mutual`). */
const MUTUAL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual';

export function certificateRequests(): RequestAuthorization {
  return {
    mechanism: 'Certificate',
    next: () => `Authorization: ${MUTUAL}\r\n`,
    challenged: () => {},
    dispose: () => {},
    mustRepeat(response) {
      if (response.status !== 401 && response.status !== 403) return false;
      throw new AuthenticationError(
        `The target answered the client certificate with HTTP ${response.status}: it does not trust the certificate, maps it to no account, or has Certificate authentication switched off.`,
        {
          reason: 'certificate-not-mapped',
          offered: offeredBy(response),
          leg: 1,
          evidence: { mechanism: 'Certificate' },
        },
      );
    },
  };
}

/** A challenge on a connection that the target closed with it: to be answered on the next one. */
export interface DigestLearned {
  digestChallenge: DigestChallenge | null;
}

/**
 * RFC 7616, for management controllers. Never for Windows, which offers Kerberos and NTLM: the password would be spent on a weaker scheme
 * that seals nothing. `uri`: the request target.
 */
export function digestRequests(
  userName: string,
  password: string,
  uri: string,
  learned: DigestLearned,
): RequestAuthorization {
  const evidence = { mechanism: 'Digest' } as const;
  let session: DigestSession | null = null;
  /** The password was right a request ago: a 401 without `stale` may then be a target that takes each nonce once. */
  let wasTaken = false;

  /** The challenge of a 401. Nothing has been answered to it yet. */
  function challengeOf(response: HttpResponse): DigestChallenge {
    const offered = offeredBy(response);
    if (isWindows(response)) {
      throw new AuthenticationError(
        'This is Windows, which is never signed in to by Digest. Choose Negotiate, or Kerberos only.',
        { reason: 'policy', offered, leg: 1, evidence },
      );
    }
    if (!offersScheme(offered, 'Digest')) throw notOffered('Digest', offered, evidence);
    return chooseDigestChallenge(parseDigestChallenges(headerValues(response.headers, 'www-authenticate')));
  }

  function take(challenge: DigestChallenge, response: HttpResponse | null): void {
    if (response?.keepAlive === false) learned.digestChallenge = challenge;
    if (session?.renew(challenge)) return;
    session?.dispose();
    session = createDigestSession(challenge, userName, password);
  }

  if (learned.digestChallenge) {
    take(learned.digestChallenge, null);
    learned.digestChallenge = null;
  }
  return {
    mechanism: 'Digest',
    next: () => (session ? `Authorization: ${session.authorization('POST', uri)}\r\n` : null),
    challenged(response) {
      if (response.status !== 401) throw unexpected(response, 'the question for a challenge');
      take(challengeOf(response), response);
    },
    mustRepeat(response) {
      if (response.status !== 401) {
        for (const info of headerValues(response.headers, 'authentication-info')) session?.takeInfo(info);
        wasTaken = true;
        return false;
      }
      const challenge = challengeOf(response);
      const isWorthAnother = challenge.stale || wasTaken;
      wasTaken = false;
      if (!isWorthAnother) throw rejected(offeredBy(response), 2, evidence);
      take(challenge, response);
      return true;
    },
    dispose: () => session?.dispose(),
  };
}
