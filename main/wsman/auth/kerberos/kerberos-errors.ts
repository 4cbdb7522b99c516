/** What the library and the KDC say, as one reason per cause, a sentence, and the evidence. No secret is in any of them. */
import { AuthenticationError, type AuthenticationEvidence, type AuthenticationReason } from '../../errors.ts';
import { GssError, Major, routineError } from './gss.ts';

/**
 * Error table `krb5`, the same in MIT and Heimdal: RFC 4120's numbers (7.5.9) count from its base, the library's own errors begin at 128.
 * GSS-API hands minor codes on as they are, unless two mechanisms use the same number.
 */
const KRB5_TABLE = 0x96c73a00;
const LIBRARY_ERRORS = 128;
/** Error table `k5g` of MIT's GSS-API. */
const K5G_TABLE = 0x025ea100;

interface Known {
  readonly name: string;
  readonly reason: AuthenticationReason;
}
type Row = readonly [number, string, AuthenticationReason?];
const table = (base: number, rows: readonly Row[]): [number, Known][] =>
  rows.map(([offset, name, reason = 'kerberos']) => [base + offset, { name, reason }]);

const KNOWN: ReadonlyMap<number, Known> = new Map([
  ...table(KRB5_TABLE, [
    [1, 'KDC_ERR_NAME_EXP', 'account-expired'],
    [2, 'KDC_ERR_SERVICE_EXP'],
    [3, 'KDC_ERR_BAD_PVNO'],
    [6, 'KDC_ERR_C_PRINCIPAL_UNKNOWN', 'unknown-user'],
    [7, 'KDC_ERR_S_PRINCIPAL_UNKNOWN', 'spn-unknown'],
    [8, 'KDC_ERR_PRINCIPAL_NOT_UNIQUE', 'spn-unknown'],
    [9, 'KDC_ERR_NULL_KEY'],
    [12, 'KDC_ERR_POLICY'],
    [13, 'KDC_ERR_BADOPTION'],
    [14, 'KDC_ERR_ETYPE_NOSUPP', 'etype'],
    [16, 'KDC_ERR_PADATA_TYPE_NOSUPP'],
    [18, 'KDC_ERR_CLIENT_REVOKED', 'account-disabled'],
    [19, 'KDC_ERR_SERVICE_REVOKED'],
    [20, 'KDC_ERR_TGT_REVOKED'],
    [21, 'KDC_ERR_CLIENT_NOTYET', 'account-disabled'],
    [22, 'KDC_ERR_SERVICE_NOTYET'],
    [23, 'KDC_ERR_KEY_EXPIRED', 'password-expired'],
    [24, 'KDC_ERR_PREAUTH_FAILED', 'wrong-password'],
    [25, 'KDC_ERR_PREAUTH_REQUIRED'],
    [29, 'KDC_ERR_SVC_UNAVAILABLE', 'no-kdc'],
    [31, 'KRB_AP_ERR_BAD_INTEGRITY', 'spn-wrong-account'],
    [32, 'KRB_AP_ERR_TKT_EXPIRED'],
    [33, 'KRB_AP_ERR_TKT_NYV', 'clock-skew'],
    [34, 'KRB_AP_ERR_REPEAT'],
    [35, 'KRB_AP_ERR_NOT_US', 'spn-wrong-account'],
    [36, 'KRB_AP_ERR_BADMATCH'],
    [37, 'KRB_AP_ERR_SKEW', 'clock-skew'],
    [39, 'KRB_AP_ERR_BADVERSION', 'bad-token'],
    [40, 'KRB_AP_ERR_MSG_TYPE', 'bad-token'],
    [41, 'KRB_AP_ERR_MODIFIED', 'spn-wrong-account'],
    [44, 'KRB_AP_ERR_BADKEYVER', 'spn-wrong-account'],
    [45, 'KRB_AP_ERR_NOKEY', 'spn-wrong-account'],
    [46, 'KRB_AP_ERR_MUT_FAIL', 'weak-security'],
    [50, 'KRB_AP_ERR_INAPP_CKSUM'],
    [52, 'KRB_ERR_RESPONSE_TOO_BIG'],
    [60, 'KRB_ERR_GENERIC'],
    [68, 'KDC_ERR_WRONG_REALM', 'no-realm'],
    // The library's own.
    [132, 'KRB5_PARSE_ILLCHAR'],
    [133, 'KRB5_PARSE_MALFORMED'],
    [134, 'KRB5_CONFIG_CANTOPEN', 'no-realm'],
    [135, 'KRB5_CONFIG_BADFORMAT', 'no-realm'],
    [141, 'KRB5_CC_NOTFOUND', 'no-ticket'],
    [142, 'KRB5_CC_END', 'no-ticket'],
    [143, 'KRB5_NO_TKT_SUPPLIED', 'no-ticket'],
    [144, 'KRB5KRB_AP_WRONG_PRINC', 'spn-wrong-account'],
    [147, 'KRB5_KDCREP_MODIFIED'],
    [148, 'KRB5_KDCREP_SKEW', 'clock-skew'],
    [150, 'KRB5_PROG_ETYPE_NOSUPP', 'etype'],
    [151, 'KRB5_PROG_KEYTYPE_NOSUPP', 'etype'],
    [152, 'KRB5_WRONG_ETYPE', 'etype'],
    [154, 'KRB5_REALM_UNKNOWN', 'no-realm'],
    [155, 'KRB5_SERVICE_UNKNOWN'],
    [156, 'KRB5_KDC_UNREACH', 'no-kdc'],
    [158, 'KRB5_MUTUAL_FAILED', 'weak-security'],
    [181, 'KRB5_KT_NOTFOUND', 'spn-wrong-account'],
    [194, 'KRB5_FCC_PERM', 'no-ticket'],
    [195, 'KRB5_FCC_NOFILE', 'no-ticket'],
    [199, 'KRB5_CC_FORMAT', 'no-ticket'],
    [200, 'KRB5_CC_NOT_KTYPE', 'etype'],
    [210, 'KRB5_PREAUTH_FAILED'],
    [217, 'KRB5_ERR_HOST_REALM_UNKNOWN', 'no-realm'],
    [220, 'KRB5_REALM_CANT_RESOLVE', 'no-kdc'],
    [224, 'KRB5_CONFIG_NODEFREALM', 'no-realm'],
    [230, 'KRB5_KT_KVNONOTFOUND', 'spn-wrong-account'],
    [237, 'KRB5_CONFIG_ETYPE_NOSUPP', 'etype'],
  ]),
  ...table(K5G_TABLE, [
    [0, 'KG_CCACHE_NOMATCH', 'no-ticket'],
    [1, 'KG_KEYTAB_NOMATCH', 'spn-wrong-account'],
    [2, 'KG_TGT_MISSING', 'no-ticket'],
    [12, 'KG_EMPTY_CCACHE', 'no-ticket'],
  ]),
]);
/** KRB_AP_ERR_TKT_EXPIRED and KDC_ERR_TGT_REVOKED: a fresh ticket may help where there is a password to get one with. */
const STALE: ReadonlySet<number> = new Set([KRB5_TABLE + 20, KRB5_TABLE + 32]);

/** One sentence each, without the machine's name. */
const SENTENCES: Partial<Record<AuthenticationReason, string>> = {
  'wrong-password': 'The domain controller refuses the password.',
  'unknown-user': 'The domain controller knows no such user.',
  'account-disabled': 'The domain controller says that the account is disabled or locked.',
  'account-expired': 'The domain controller says that the account has expired.',
  'password-expired': 'The domain controller says that the password has expired and must be changed.',
  'clock-skew':
    'The clocks of this computer, the domain controller and the target differ by more than Kerberos allows.',
  'spn-unknown': 'The domain controller knows no service principal name of this kind.',
  'spn-wrong-account': 'The target cannot read the ticket: the service principal name belongs to another account.',
  'no-kdc': 'No domain controller (KDC) of the realm can be reached.',
  'no-realm': 'No Kerberos realm is configured for this name.',
  'no-ticket':
    'There is no valid Kerberos ticket of a signed-in user: sign in with kinit, or use a user name and password.',
  etype: 'This computer, the domain controller and the target have no encryption type in common.',
  'weak-security': 'The target did not prove who it is.',
  'bad-token': 'The Kerberos token cannot be accepted.',
  rejected: 'The channel binding of the client does not belong to this connection.',
};

export interface ErrorContext {
  readonly spn?: string;
  /** The first ticket of a user was asked for, with a password. */
  readonly isFirstTicket?: boolean;
  /** A client's token was being read. */
  readonly isAcceptor?: boolean;
  /** Where a ticket cannot be had with a password, one that has expired is one that is missing. */
  readonly isSignedInUser?: boolean;
}

/** A ticket was refused for its age alone. */
export function isStaleTicket(cause: unknown): boolean {
  return cause instanceof GssError && STALE.has(cause.minor);
}

/** What GSS-API says as an AuthenticationError; anything else stays what it is. */
export function toAuthenticationError(cause: unknown, context: ErrorContext): unknown {
  if (!(cause instanceof GssError)) return cause;
  const known = KNOWN.get(cause.minor);
  const reason = reasonOf(cause, known, context);
  const offset = cause.minor - KRB5_TABLE;
  const isProtocolError = offset >= 0 && offset < LIBRARY_ERRORS;
  const evidence: AuthenticationEvidence = {
    mechanism: 'Kerberos',
    ...(context.spn === undefined ? {} : { spn: context.spn }),
    ...(cause.minor === 0 ? {} : { code: isProtocolError ? offset : cause.minor }),
    ...(known ? { codeName: known.name } : {}),
    text: cause.text,
  };
  const sentence = SENTENCES[reason] ?? `Kerberos failed: ${cause.text}.`;
  return new AuthenticationError(sentence, { reason, evidence, cause });
}

function reasonOf(cause: GssError, known: Known | undefined, context: ErrorContext): AuthenticationReason {
  if (context.isSignedInUser && isStaleTicket(cause)) return 'no-ticket';
  if (context.isFirstTicket) {
    // A KDC without pre-authentication answers anybody; the wrong password then shows on this side.
    if (known?.name === 'KRB_AP_ERR_BAD_INTEGRITY') return 'wrong-password';
    // The service asked for was the realm's own.
    if (known?.name === 'KDC_ERR_S_PRINCIPAL_UNKNOWN') return 'no-realm';
  }
  if (known && known.reason !== 'kerberos') return known.reason;
  switch (routineError(cause.major)) {
    case Major.BAD_BINDINGS:
      return 'rejected';
    case Major.NO_CRED:
    case Major.CREDENTIALS_EXPIRED:
      return context.isSignedInUser ? 'no-ticket' : context.isAcceptor ? 'bad-token' : 'kerberos';
    case Major.DEFECTIVE_TOKEN:
    case Major.BAD_SIG:
      return 'bad-token';
    default:
      // The library has no word for it: it is not even of Kerberos.
      return context.isAcceptor && cause.minor === 0 ? 'bad-token' : 'kerberos';
  }
}

/** The name of an error number of the protocol (RFC 4120 7.5.9), where it is known here. */
export function kerberosErrorName(code: number): string | null {
  return code < 0 || code >= LIBRARY_ERRORS ? null : (KNOWN.get(KRB5_TABLE + code)?.name ?? null);
}
