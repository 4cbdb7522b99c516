/** What the library and the KDC say, as one class per cause with its evidence. */
import { AuthenticationError, type AuthenticationEvidence, type AuthenticationReason } from '../../errors.ts';
import { GssError, Major, routineError } from './gss.ts';

/** Error table `krb5` of com_err: the numbers of RFC 4120 7.5.9 follow from here, the library's own from 128. */
const KRB5_TABLE = 0x96c73a00;
/** Error table `k5g` of MIT's GSS-API library. */
const K5G_TABLE = 0x025ea100;

interface Known {
  readonly name: string;
  readonly reason: AuthenticationReason;
}
const protocol = (name: string, reason: AuthenticationReason): Known => ({ name, reason });

/** RFC 4120 7.5.9. */
const PROTOCOL_ERRORS: ReadonlyMap<number, Known> = new Map([
  [1, protocol('KDC_ERR_NAME_EXP', 'account-expired')],
  [6, protocol('KDC_ERR_C_PRINCIPAL_UNKNOWN', 'unknown-user')],
  [7, protocol('KDC_ERR_S_PRINCIPAL_UNKNOWN', 'spn-unknown')],
  [14, protocol('KDC_ERR_ETYPE_NOSUPP', 'etype')],
  [18, protocol('KDC_ERR_CLIENT_REVOKED', 'account-disabled')],
  [23, protocol('KDC_ERR_KEY_EXPIRED', 'password-expired')],
  [24, protocol('KDC_ERR_PREAUTH_FAILED', 'wrong-password')],
  [37, protocol('KRB_AP_ERR_SKEW', 'clock-skew')],
  [41, protocol('KRB_AP_ERR_MODIFIED', 'spn-wrong-account')],
]);

export function toAuthenticationError(cause: unknown, about: { spn?: string }): unknown {
  if (!(cause instanceof GssError)) return cause;
  const offset = cause.minor - KRB5_TABLE;
  const known = PROTOCOL_ERRORS.get(offset);
  const evidence: AuthenticationEvidence = {
    mechanism: 'Kerberos',
    ...(about.spn === undefined ? {} : { spn: about.spn }),
    code: offset >= 0 && offset < 128 ? offset : cause.minor,
    ...(known ? { codeName: known.name } : {}),
    text: cause.text,
  };
  void K5G_TABLE;
  void Major;
  void routineError;
  return new AuthenticationError(`Kerberos: ${cause.text}`, { reason: known?.reason ?? 'kerberos', evidence, cause });
}
