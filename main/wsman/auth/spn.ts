/** Service principal names: which one to ask the KDC for. */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { AuthenticationError } from '../errors.ts';
import type { SpnChoice } from '../target.ts';

/**
 * Tried in this order where the class is left to the defaults. `HTTP` is what Windows' own client asks for and what every machine account
 * answers to, through the directory's mapping of HTTP to HOST. `HOST` is for the case that an HTTP SPN of that name sits on another account
 * (a web site's), and for directories without the mapping. `WSMAN` is not tried: it is missing on many domain controllers, and where it is
 * registered HOST is so too.
 */
const DEFAULT_CLASSES = ['HTTP', 'HOST'] as const;

/**
 * The SPNs to try, best first: `HTTP/web01.corp.example`, then `HOST/web01.corp.example`; with a chosen class only that one. Never resolved
 * or rewritten by DNS. Throws AuthenticationError 'address-needs-name' for an IP address where no host name was chosen.
 */
export function spnCandidates(
  target: { readonly host: string; readonly port: number; readonly transport: 'http' | 'https' },
  choice: SpnChoice | undefined,
): readonly string[] {
  const chosen = choice?.host?.trim() || null;
  const host = chosen ?? target.host;
  if (isIP(host.replace(/%.*$/s, '').replace(/^\[(.*)\]$/, '$1')) !== 0) {
    throw new AuthenticationError(
      'Kerberos signs in to names, and this machine is given by its IP address. Use its DNS name, or set the host of its SPN.',
      { reason: 'address-needs-name', evidence: { mechanism: 'Kerberos' } },
    );
  }
  // A name is one however it is typed: the final dot of an absolute name is not part of an SPN.
  const name = (domainToASCII(host) || host).replace(/\.$/, '');
  const suffix = choice?.withPort ? `:${target.port}` : '';
  const classes = choice?.serviceClass ? [choice.serviceClass] : DEFAULT_CLASSES;
  return classes.map((serviceClass) => `${serviceClass}/${name}${suffix}`);
}
