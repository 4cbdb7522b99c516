/**
 * Whom to sign in as and under which rules, decided before the first byte: what will be refused is refused before a password is asked, and
 * a secret goes from where it came from into the Target and nowhere else.
 */
import {
  AuthenticationError,
  type AuthenticationReason,
  type ClientCertificate,
  needsPassphrase,
  readClientCertificate,
  refuseByPolicy,
  type Target,
} from '../wsman/index.ts';
import { defaultScheme } from './authentication.ts';
import { readGivenFile } from './bounded-file.ts';
import { CommandLineError, type Connection, type Scheme, type WinrmCommand } from './command.ts';
import type { CommandEnvironment } from './run.ts';

type Line = Pick<WinrmCommand, 'verb' | 'connection'>;

/** Nobody is signed in here, or Kerberos has no use for it; the target has not seen a byte. */
const NOBODY: ReadonlySet<AuthenticationReason> = new Set<AuthenticationReason>([
  'no-ticket',
  'no-realm',
  'no-credential',
  'library-missing',
  'address-needs-name',
]);

/**
 * Carries `work` out on the line's target. A line without `-u` signs in as the user who is signed in here; where there is nobody, and the line
 * does not insist, an Identify is asked without signing in, and for anything else somebody is asked for at the terminal: then `work` is called
 * once more, unless `hasBegun` says that it got somewhere before (a ticket that ends in the middle). Throws what `work` throws,
 * AuthenticationError for what may not be sent, and CommandLineError.
 */
export async function withSignIn<T>(
  line: Line,
  environment: CommandEnvironment,
  work: (target: Target) => Promise<T>,
  hasBegun: () => boolean = () => false,
): Promise<T> {
  let first: unknown;
  try {
    return await work(await makeTarget(line, environment));
  } catch (error) {
    const isNobody = error instanceof AuthenticationError && NOBODY.has(error.reason);
    const insists = line.connection.userName !== null || line.connection.authentication.chosen;
    if (!isNobody || insists || hasBegun()) throw error;
    first = error;
  }
  const other = await makeOtherTarget(line, environment);
  if (other === null) throw first;
  return work(other);
}

/** The target with whom the line names: a user, a certificate, nobody, or whoever is signed in here. */
async function makeTarget(line: Line, environment: CommandEnvironment): Promise<Target> {
  const { connection } = line;
  const { scheme, certificateFile } = connection.authentication;
  if (scheme === 'none') return newTarget(connection, environment, 'none');
  if (certificateFile !== null) {
    const plain = newTarget(connection, environment, scheme);
    const named = { ...plain, clientCertificate: async () => certificate };
    let certificate: ClientCertificate | null = null;
    refuse(named);
    certificate = await readCertificate(certificateFile, environment);
    return named;
  }
  if (connection.userName === null) {
    const known = await environment.signIn?.(connection.endpoint);
    if (known) return withCredential(connection, environment, known.userName, async () => known.password);
    const signedIn = { ...newTarget(connection, environment, scheme), signedInUser: true };
    refuse(signedIn);
    return signedIn;
  }
  const { userName } = connection;
  return withCredential(connection, environment, userName, () => findPassword(connection, userName, environment));
}

async function makeOtherTarget({ verb, connection }: Line, environment: CommandEnvironment): Promise<Target | null> {
  // An Identify needs nobody, and nobody is better than a question.
  if (verb === 'identify') return newTarget(connection, environment, 'none');
  if (environment.asksForUser === false) return null;
  const { endpoint } = connection;
  const userName = (await environment.ask(`User name for ${endpoint.host}: `, false))?.trim() ?? '';
  if (userName === '') return null;
  return withCredential(connection, environment, userName, async () => {
    const password = await environment.ask(`Password for ${userName}: `, true);
    if (password !== null) return password;
    throw new AuthenticationError('No password was given to sign in with.', { reason: 'no-credential' });
  });
}

/** With a user the rule for lines without `-auth` may choose another scheme. */
async function withCredential(
  connection: Connection,
  environment: CommandEnvironment,
  userName: string,
  findIt: () => Promise<string>,
): Promise<Target> {
  const { scheme, chosen } = connection.authentication;
  const used = chosen ? scheme : defaultScheme(connection.endpoint, { namesUser: true, trusted: connection.trusted });
  const plain = { ...newTarget(connection, environment, used), userName };
  refuse(plain);
  const password = await findIt();
  return { ...plain, password: async () => password };
}

function newTarget(connection: Connection, environment: CommandEnvironment, authentication: Scheme): Target {
  const { endpoint, authentication: asked } = connection;
  return {
    host: endpoint.host,
    port: connection.remote ? endpoint.port : (environment.localhostPort ?? endpoint.port),
    transport: endpoint.transport,
    path: endpoint.path,
    authentication,
    userName: null,
    password: async () => null,
    ...(asked.spnWithPort ? { spn: { serviceClass: null, host: null, withPort: true } } : {}),
    trusted: connection.trusted,
    allowClearText: connection.unencrypted,
    tls: { pin: null, skipNameCheck: connection.skipNameCheck, skipAuthorityCheck: connection.skipAuthorityCheck },
  };
}

function refuse(target: Target): void {
  const refused = refuseByPolicy(target);
  if (refused) throw refused;
}

/** Certificates with their chain and key are a few KB; what is larger is another file. */
const MAX_CERTIFICATE_FILE = 1_000_000;

/** Reads the file of `-certificate` and judges it, so that a passphrase that is missing or wrong is told at once. */
async function readCertificate(path: string, environment: CommandEnvironment): Promise<ClientCertificate> {
  const bytes = await readGivenFile('certificate file', path, MAX_CERTIFICATE_FILE, environment);
  let certificate = asCertificate(bytes, null);
  if (needsPassphrase(certificate)) {
    const answer = await environment.ask(`Passphrase of ${path}: `, true);
    // Without a terminal it comes as a password does behind -p:-.
    certificate = asCertificate(bytes, answer ?? (await environment.readPasswordLine()));
  }
  readClientCertificate(certificate);
  return certificate;
}

function asCertificate(bytes: Uint8Array, passphrase: string | null): ClientCertificate {
  const text = Buffer.from(bytes).toString('latin1');
  // A PEM file holds everything, in any order.
  if (text.includes('-----BEGIN ')) return { format: 'pem', certificates: text, key: text, passphrase };
  return { format: 'pfx', bytes, passphrase };
}

async function findPassword(
  connection: Connection,
  userName: string,
  environment: CommandEnvironment,
): Promise<string> {
  const source = connection.password;
  switch (source?.kind) {
    case 'given':
      if (environment.warnOfVisiblePassword) {
        await environment.stderr(
          'Warning: a password in the command line can be seen by others in the list of processes. Leave -p out to be asked for it, or use -p:- to hand it over on standard input.\n',
        );
      }
      return source.value;
    case 'standard-input':
      return environment.readPasswordLine();
    default: {
      const answer = await environment.ask(`Password for ${userName}: `, true);
      if (answer === null) {
        throw new CommandLineError(
          'There is no terminal to ask for the password on. Hand it over on standard input with -p:-.',
        );
      }
      return answer;
    }
  }
}
