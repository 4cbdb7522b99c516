/** Basic (RFC 7617): the password itself in every request. Only inside TLS, or where clear text is expressly allowed. */
import { AuthenticationError } from '../errors.ts';

/** Value of the Authorization header. Throws AuthenticationError for a name with a colon: the rest of it would be taken for the password. */
export function basicAuthorization(userName: string, password: string): string {
  if (userName.includes(':')) {
    throw new AuthenticationError('Basic cannot carry a user name that holds a colon.', { reason: 'no-credential' });
  }
  return `Basic ${Buffer.from(`${userName}:${password}`, 'utf8').toString('base64')}`;
}
