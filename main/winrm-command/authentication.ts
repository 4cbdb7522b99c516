/** The authentication switches and what winrm allows of them together. Pure, as parse.ts. */
import { type Authentication, CommandLineError, type Endpoint, type Scheme, schemes } from './command.ts';
import { isLoopback } from './remote.ts';
import type { Switches, Verb } from './switches.ts';

const isScheme = (text: string): text is Scheme => (schemes as readonly string[]).includes(text);

/** How to sign in. Throws CommandLineError where the switches contradict one another. */
export function parseAuthentication(verb: Verb, switches: Switches, endpoint: Endpoint): Authentication {
  const typed = switches.get('auth')?.toLowerCase() ?? null;
  const certificate = switches.get('certificate') ?? null;
  checkTogether(typed, switches, endpoint);
  const usual = defaultScheme(endpoint, { namesUser: switches.has('username'), trusted: switches.has('trusted') });
  const scheme = typed ?? (certificate === null ? usual : 'certificate');
  if (!isScheme(scheme)) {
    throw new CommandLineError(
      'The authentication is none, basic, digest, kerberos, negotiate or certificate (winrm also has credssp).',
    );
  }
  if (scheme === 'none' && verb !== 'identify') {
    throw new CommandLineError(`Only winrm id works without authentication; a machine refuses ${verb}.`);
  }
  return {
    scheme,
    chosen: typed !== null || certificate !== null,
    certificateFile: certificate === null ? null : certificateFile(certificate),
    spnWithPort: switches.has('SPNPort'),
  };
}

function checkTogether(typed: string | null, switches: Switches, endpoint: Endpoint): void {
  const hasUser = switches.has('username');
  const hasSecret = switches.has('password');
  const hasCertificate = switches.has('certificate');
  if (!hasUser && (typed === 'basic' || typed === 'digest' || typed === 'credssp')) {
    throw new CommandLineError(`-auth:${typed} needs -username.`);
  }
  if (typed === 'credssp') {
    throw new CommandLineError(
      '-auth:credssp, which hands the password itself to the machine, is not in this version of Windeck.',
    );
  }
  if (typed === 'none' && (hasUser || hasSecret || hasCertificate)) {
    throw new CommandLineError('-auth:none goes with none of -username, -password and -certificate.');
  }
  if (typed === 'certificate' && !hasCertificate) {
    throw new CommandLineError('-auth:certificate needs -certificate:FILE.');
  }
  if (hasCertificate && typed !== null && typed !== 'certificate') {
    throw new CommandLineError(`-certificate goes with -auth:certificate, not with -auth:${typed}.`);
  }
  if (hasCertificate && (hasUser || hasSecret)) {
    throw new CommandLineError(
      '-certificate goes with neither -username nor -password: the certificate says who you are. The passphrase of its file is asked for.',
    );
  }
  if (!hasUser && hasSecret) throw new CommandLineError('-password needs -username.');
  if (switches.has('defaultCreds')) checkDefaultCreds(typed, hasUser, endpoint);
  const takesSpn = typed === 'negotiate' || typed === 'kerberos' || (typed === null && !hasCertificate);
  if (switches.has('SPNPort') && !takesSpn) {
    throw new CommandLineError('-SPNPort goes with -auth:kerberos and -auth:negotiate, or without -auth.');
  }
}

function checkDefaultCreds(typed: string | null, hasUser: boolean, endpoint: Endpoint): void {
  if (typed !== 'negotiate') throw new CommandLineError('-defaultCreds needs -auth:negotiate.');
  if (hasUser) throw new CommandLineError('-defaultCreds means the user who is signed in here, -username another.');
  if (endpoint.transport !== 'https') {
    throw new CommandLineError('-defaultCreds needs HTTPS: add -usessl, or write -r:https://HOST.');
  }
}

/**
 * winrm's own rule: Kerberos, except Negotiate for this computer, and where a user is named and the machine is trusted. Over HTTPS it is:
 * its certificate proves it. (winrm's third exception, a computer outside of any domain, has nobody to sign in but a user who is named.)
 */
export function defaultScheme(
  endpoint: Endpoint,
  { namesUser, trusted }: { readonly namesUser: boolean; readonly trusted: boolean },
): 'kerberos' | 'negotiate' {
  const isProven = trusted || endpoint.transport === 'https';
  return isLoopback(endpoint.host) || (namesUser && isProven) ? 'negotiate' : 'kerberos';
}

/** winrm looks a thumbprint up in the store of Windows; here it is a file. */
function certificateFile(value: string): string {
  if (/^[0-9a-f]{40}$/i.test(value.replace(/[\s:\u200e]/g, ''))) {
    throw new CommandLineError(
      'A thumbprint names a certificate in the store of Windows, which Windeck does not read. Export it with its private key, and give the file: -certificate:alice.pfx.',
    );
  }
  return value;
}
