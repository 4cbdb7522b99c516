/**
 * The schemes that go with every single request instead of with a connection: Basic, Digest, and the client certificate's own. None of them
 * seals anything.
 */
import { basicAuthorization } from '../auth/basic.ts';
import { AuthenticationError } from '../errors.ts';
import type { HttpResponse } from './http-message.ts';
import { notOffered, offeredBy, offersScheme, rejected } from './www-authenticate.ts';

export interface RequestAuthorization {
  readonly mechanism: 'Basic' | 'Digest' | 'Certificate';
  /** The header line for the next request, CRLF included; null: the target has to be asked for its challenge first. */
  next(): string | null;
  /** Takes up the target's challenge, on a request without credentials. Throws AuthenticationError. */
  challenged(response: HttpResponse): void;
  /** Takes up a 401 or 403. True: the credentials were not judged, and `next` has better ones. Throws AuthenticationError. */
  refused(response: HttpResponse): boolean;
}

/** RFC 7617. Throws AuthenticationError for a name with a colon. */
export function basicRequests(userName: string, password: string): RequestAuthorization {
  const header = `Authorization: ${basicAuthorization(userName, password)}\r\n`;
  return {
    mechanism: 'Basic',
    next: () => header,
    challenged: () => {},
    refused(response) {
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
    refused(response) {
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
