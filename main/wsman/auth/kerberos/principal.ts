/** From the name that a user typed to the principal that the KDC knows. */
import { AuthenticationError } from '../../errors.ts';

/** Thin: forms are refined in the next commit. */
export function principalOf(userName: string, defaultRealm: () => string | null): string {
  const at = userName.lastIndexOf('@');
  if (at > 0) return `${userName.slice(0, at)}@${userName.slice(at + 1).toUpperCase()}`;
  const realm = defaultRealm();
  if (!realm) throw new AuthenticationError('No Kerberos realm is configured.', { reason: 'no-realm' });
  return `${userName.replace(/^.*\\/s, '')}@${realm}`;
}
