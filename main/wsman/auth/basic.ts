/** Basic (RFC 7617): the password itself in every request. Only inside TLS, or where clear text is expressly allowed. */

/** Value of the Authorization header. A colon would end the user name early, so such a name cannot be sent. */
export function basicAuthorization(userName: string, password: string): string {
  return `Basic ${Buffer.from(`${userName}:${password}`, 'utf8').toString('base64')}`;
}
