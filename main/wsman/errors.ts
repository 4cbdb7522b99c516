/**
 * Every failure that leaves this library is one of these. Each keeps what the wire said and its `cause`; none holds a secret.
 * The words of `message` are one English sentence without the machine's name in front: callers know which machine they asked.
 */
export class WSManError extends Error {
  override readonly name: string = 'WSManError';
}

export type AuthenticationReason =
  /** The target answered 401 after a complete exchange: wrong, locked, expired or disabled look alike here. */
  | 'rejected'
  /** The chosen scheme is not among those that the target offers. */
  | 'scheme-not-offered'
  /** There is no user name or password to send. */
  | 'no-credential'
  /** NTLM over plain HTTP to a machine that is not marked trusted. Nothing was sent. */
  | 'not-trusted'
  /** Basic, or unsealed SOAP, over plain HTTP to a machine where clear text is not allowed. Nothing was sent. */
  | 'clear-text-refused'
  /** The target would not agree to 128-bit signing and sealing. */
  | 'weak-security'
  /** A token that cannot be parsed, a wrong MIC, a rejected SPNEGO negotiation. */
  | 'bad-token'
  /** The KDC says: wrong password (KDC_ERR_PREAUTH_FAILED). */
  | 'wrong-password'
  /** The KDC says: no such user (KDC_ERR_C_PRINCIPAL_UNKNOWN). */
  | 'unknown-user'
  /** The KDC says: locked or disabled (KDC_ERR_CLIENT_REVOKED), which share one number. */
  | 'account-disabled'
  /** The KDC says: the account has expired (KDC_ERR_NAME_EXP). */
  | 'account-expired'
  /** The KDC says: the password has expired (KDC_ERR_KEY_EXPIRED). */
  | 'password-expired'
  /** Clocks differ by more than Kerberos bears (KRB_AP_ERR_SKEW). */
  | 'clock-skew'
  /** The KDC knows no such service (KDC_ERR_S_PRINCIPAL_UNKNOWN): no SPN, or an alias, or an address. */
  | 'spn-unknown'
  /** The target cannot read the ticket (KRB_AP_ERR_MODIFIED, SEC_E_WRONG_PRINCIPAL): the SPN belongs to another account. */
  | 'spn-wrong-account'
  /** No KDC of the realm answers. */
  | 'no-kdc'
  /** No realm is configured, and none follows from user name or host name. */
  | 'no-realm'
  /** No ticket of a signed-in user, or an expired one. */
  | 'no-ticket'
  /** KDC, target and this computer share no encryption type (KDC_ERR_ETYPE_NOSUPP). */
  | 'etype'
  /** Kerberos needs a name, and the target is given by address. Nothing was sent. */
  | 'address-needs-name'
  /** The system library or package that this way in needs is missing; the message names it. */
  | 'library-missing'
  /** The target took part in TLS and then refused the client certificate, or maps it to no account. */
  | 'certificate-not-mapped'
  /** The client certificate or its key cannot be used: unreadable, wrong passphrase, expired. Nothing was sent. */
  | 'certificate-unusable'
  /** CbtHardeningLevel=Strict may ask for a channel binding that this provider cannot send (SSPI through the `kerberos` package). */
  | 'binding-unavailable'
  /** Policy and target do not fit: Digest for Windows, NTLM under Kerberos only, a client certificate over plain HTTP. None of it was sent. */
  | 'policy'
  /** Any other Kerberos failure; `evidence` has its number and text. */
  | 'kerberos';

/** What was seen when signing in failed. No token, no secret. */
export interface AuthenticationEvidence {
  readonly mechanism?: 'NTLM' | 'Kerberos' | 'Basic' | 'Digest' | 'Certificate';
  /** Service principal name that was asked for. */
  readonly spn?: string;
  /** Kerberos error number (RFC 4120 7.5.9) or library code, unsigned, with its name where it has one. */
  readonly code?: number;
  readonly codeName?: string;
  /** The text of the library or the KDC. */
  readonly text?: string;
}

export class AuthenticationError extends WSManError {
  override readonly name = 'AuthenticationError';
  readonly reason: AuthenticationReason;
  /** Schemes of the WWW-Authenticate headers, as offered. */
  readonly offered: readonly string[];
  /** Which leg of the exchange failed, 1-based; null before the first. */
  readonly leg: number | null;
  readonly evidence: AuthenticationEvidence;
  constructor(
    message: string,
    details: {
      reason: AuthenticationReason;
      offered?: readonly string[];
      leg?: number;
      evidence?: AuthenticationEvidence;
      cause?: unknown;
    },
  ) {
    super(message, { cause: details.cause });
    this.reason = details.reason;
    this.offered = details.offered ?? [];
    this.leg = details.leg ?? null;
    this.evidence = details.evidence ?? {};
  }
}

const SECRET_REFUSED: ReadonlySet<AuthenticationReason> = new Set<AuthenticationReason>([
  'rejected',
  'wrong-password',
  'unknown-user',
  'account-disabled',
  'account-expired',
  'password-expired',
]);

/**
 * Whether the same secret must not be sent again, to any machine: it was refused, and more attempts may lock the account. A target that rejects
 * a Kerberos ticket (it has a leg then) is no such case: the KDC had granted the ticket for that very secret.
 */
export function refusesSecret({ reason, evidence, leg }: AuthenticationError): boolean {
  if (reason === 'rejected' && evidence.mechanism === 'Kerberos' && leg !== null) return false;
  return SECRET_REFUSED.has(reason);
}

export type TransportReason =
  | 'name-not-found'
  | 'refused'
  | 'network-unreachable'
  | 'connect-timeout'
  | 'response-timeout'
  /** The socket ended before the answer was whole. */
  | 'connection-lost'
  | 'tls'
  | 'certificate'
  /** An HTTP status, or a body, that is not WS-Man: proxy page, empty 500, 404, 413, 503. */
  | 'http';

export class TransportError extends WSManError {
  override readonly name: string = 'TransportError';
  readonly reason: TransportReason;
  /** Node's error code (`ECONNREFUSED`), where there is one. */
  readonly code: string | null;
  readonly httpStatus: number | null;
  /** First characters of a body that was not SOAP, control characters removed, for evidence. */
  readonly excerpt: string | null;
  constructor(
    message: string,
    details: {
      reason: TransportReason;
      code?: string | undefined;
      httpStatus?: number;
      excerpt?: string;
      cause?: unknown;
    },
  ) {
    super(message, { cause: details.cause });
    this.reason = details.reason;
    this.code = details.code ?? null;
    this.httpStatus = details.httpStatus ?? null;
    this.excerpt = details.excerpt ?? null;
  }
}

/** One certificate as presented, leaf first in a chain. Fingerprints are upper-case hex without separators. */
export interface PresentedCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly sha256: string;
  readonly sha1: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** DNS names and IP addresses it is for: subjectAltName, else the CN. */
  readonly names: readonly string[];
  readonly selfSigned: boolean;
}
export type TrustFailure =
  | 'pin-changed'
  | 'unknown-authority'
  | 'wrong-name'
  | 'expired'
  | 'not-yet-valid'
  | 'unreadable';

/** The target's certificate is not accepted. Raised before the first HTTP byte. */
export class CertificateError extends TransportError {
  override readonly name = 'CertificateError';
  readonly chain: readonly PresentedCertificate[];
  readonly failures: readonly TrustFailure[];
  readonly pinned: string | null;
  constructor(
    message: string,
    details: { chain: readonly PresentedCertificate[]; failures: readonly TrustFailure[]; pinned?: string | null },
  ) {
    super(message, { reason: 'certificate' });
    this.chain = details.chain;
    this.failures = details.failures;
    this.pinned = details.pinned ?? null;
  }
}

/** What a fault said, every field kept (MS-WSMV 2.2.4.43; MSFT_WmiError and OMI_Error where that is the detail). */
export interface FaultFields {
  readonly httpStatus: number;
  /** wsa:Action of the fault message. */
  readonly action: string | null;
  /** s:Code/s:Value without prefix: `Sender`, `Receiver`, `MustUnderstand`. */
  readonly code: string | null;
  /** s:Subcode/s:Value as `localName` with its namespace. */
  readonly subcode: string | null;
  readonly subcodeNamespace: string | null;
  readonly reason: string | null;
  /** w:FaultDetail URI. */
  readonly faultDetail: string | null;
  /** f:WSManFault/@Code or error_Code, unsigned 32 bit. */
  readonly wsmanCode: number | null;
  readonly machine: string | null;
  /** Innermost message text. */
  readonly message: string | null;
  readonly provider: string | null;
  readonly providerPath: string | null;
  /** Code of the f:WSManFault inside f:ProviderFault. */
  readonly providerCode: number | null;
  /** MSFT_WmiError fields as text, by name. */
  readonly wmiError: ReadonlyMap<string, string> | null;
  /** The whole s:Fault element as it came, for Trace and `-format:xml`. */
  readonly xml: string;
}

export class WSManFault extends WSManError {
  override readonly name = 'WSManFault';
  readonly fields: FaultFields;
  constructor(message: string, fields: FaultFields) {
    super(message);
    this.fields = fields;
  }
}

/** The target answers, and offers no subscription of that kind: whoever wants its news must poll. `cause` is the fault. */
export class SubscriptionNotOfferedError extends WSManError {
  override readonly name = 'SubscriptionNotOfferedError';
  readonly fault: WSManFault;
  constructor(fault: WSManFault) {
    super(`This machine offers no such subscription. ${fault.message}`.trim(), { cause: fault });
    this.fault = fault;
  }
}

/** The answer breaks a rule: XML, SOAP, sealing. The connection it came over is gone. */
export class ProtocolError extends WSManError {
  override readonly name = 'ProtocolError';
}

/** In a sealed session an answer came that is not sealed: nothing of it is read. */
export class UnsealedAnswerError extends ProtocolError {
  /** Anybody may have written it. */
  readonly httpStatus: number;
  constructor(httpStatus: number) {
    super(
      `The answer was not sealed although the session is, so nothing of it is read; its status ${httpStatus} is an unauthenticated hint.`,
    );
    this.httpStatus = httpStatus;
  }
}

/** The answer to something that changes the target was lost. It may have happened; read the state back. */
export class OutcomeUnknownError extends WSManError {
  override readonly name = 'OutcomeUnknownError';
}

/** Ended by the caller's AbortSignal. */
export class CancelledError extends WSManError {
  override readonly name = 'CancelledError';
}
