/** From the names that users and machines have to the principals that a KDC knows. */
import { AuthenticationError } from '../../errors.ts';
import { type Krb5Config, realmOfHost } from './krb5-config.ts';

/** Where a realm can come from. */
export interface RealmSource {
  readonly config: Krb5Config;
  /** What the library adds to a name without realm; null where none is configured. Asked where the name leaves the realm open. */
  readonly defaultRealm: () => string | null;
}

/**
 * The principal of a user name, by its form:
 * - `user@realm`: that realm, spelt as krb5.conf spells it, else in capitals, as realms of Windows domains are.
 * - `DOMAIN\user`: the realm whose first label is DOMAIN: the default realm first, else the one such realm that krb5.conf mentions. A DOMAIN
 *   with dots is the realm itself. NetBIOS names that differ from the first label cannot be told from the outside.
 * - `user`: the default realm.
 * Throws AuthenticationError 'no-realm' where no realm follows, `.\user` (an account of the target itself) among them.
 */
export function principalOf(userName: string, { config, defaultRealm }: RealmSource): string {
  const at = userName.lastIndexOf('@');
  if (at > 0 && at < userName.length - 1) {
    return join(userName.slice(0, at), asConfigured(userName.slice(at + 1), config));
  }
  const backslash = userName.indexOf('\\');
  if (backslash >= 0) {
    const realm = realmOfDomain(userName.slice(0, backslash), { config, defaultRealm });
    return join(userName.slice(backslash + 1), realm);
  }
  const realm = defaultRealm();
  if (realm === null) {
    throw noRealm('No default realm is configured, and the user name has none: write user@REALM.');
  }
  return join(userName, realm);
}

function realmOfDomain(domain: string, { config, defaultRealm }: RealmSource): string {
  if (domain === '.') throw noRealm('An account of the machine itself cannot sign in with Kerberos, only with NTLM.');
  if (domain.includes('.')) return asConfigured(domain, config);
  const isNamed = (realm: string) => realm.split('.')[0]!.toLowerCase() === domain.toLowerCase();
  const own = defaultRealm();
  if (own !== null && isNamed(own)) return own;
  const fitting = config.realms.filter(isNamed);
  if (fitting.length === 1) return fitting[0]!;
  const why = fitting.length === 0 ? 'no realm' : 'more than one realm';
  throw noRealm(`The domain ${domain} fits ${why} of krb5.conf: write the user name as user@REALM.`);
}

function asConfigured(realm: string, config: Krb5Config): string {
  return config.realms.find((known) => known.toLowerCase() === realm.toLowerCase()) ?? realm.toUpperCase();
}

/** In the text form of a principal `@` and `\` stand for themselves only after a backslash. */
function join(user: string, realm: string): string {
  return `${user.replace(/[\\@]/g, '\\$&')}@${realm}`;
}

/**
 * The principal of an SPN: with the realm that [domain_realm] gives its host, else with none at all, which leaves it to the KDC of the user's
 * own realm to know it or to refer to another (RFC 6806). An SPN that names its realm keeps it.
 */
export function servicePrincipalOf(spn: string, config: Krb5Config): string {
  if (spn.includes('@')) return spn;
  const host = spn.slice(spn.indexOf('/') + 1).replace(/[:/].*$/s, '');
  return `${spn}@${realmOfHost(host, config) ?? ''}`;
}

function noRealm(message: string): AuthenticationError {
  return new AuthenticationError(message, { reason: 'no-realm', evidence: { mechanism: 'Kerberos' } });
}
