/** What goes wrong at the door on demand. Applies to requests that authenticate, not to those inside a finished context. */
export const authenticationMisbehaviours = [
  /** Its clock: every Kerberos token is answered with KRB_AP_ERR_SKEW. */
  'clock-skew',
  /** The SPN belongs to another account: the machine's key does not open the ticket (KRB_AP_ERR_MODIFIED). */
  'spn-on-another-account',
  /** No Kerberos: it is not offered, and refused inside Negotiate. */
  'ntlm-only',
  /** NTLM is switched off by policy: Negotiate is offered, and NTLM inside it refused. */
  'kerberos-only',
  /** The connection ends where the second leg of an exchange should be answered, or the first where there is one only. */
  'drop-between-legs',
  /** 401 without WWW-Authenticate. */
  'bare-401',
] as const;
export type AuthenticationMisbehaviour = (typeof authenticationMisbehaviours)[number];

export const isAuthenticationMisbehaviour = (kind: string): kind is AuthenticationMisbehaviour =>
  (authenticationMisbehaviours as readonly string[]).includes(kind);
