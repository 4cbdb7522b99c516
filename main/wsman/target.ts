import { domainToASCII } from 'node:url';

/** Whom to talk to, and under which rules. A plain value, except that the password is asked for late. */
export interface Target {
  /** Host name, IPv4, or IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly transport: 'http' | 'https';
  /** URL path with its leading slash: `/wsman`. */
  readonly path: string;
  readonly authentication: AuthenticationPolicy;
  /** Kerberos with the ticket of the user who is signed in here; `userName` and `password` are not used then. Absent: no. */
  readonly signedInUser?: boolean;
  /** `DOMAIN\user`, `user@realm`, `.\user` or `user`. */
  readonly userName: string | null;
  /** Asked once per security context; null where the store has none. The value goes nowhere else. */
  readonly password: () => Promise<string | null>;
  /** Asked once per connection, with `authentication: 'certificate'`; null where the store has none. Its key goes nowhere else. */
  readonly clientCertificate?: () => Promise<ClientCertificate | null>;
  /** Absent: the default service classes in order, the target's own name. */
  readonly spn?: SpnChoice;
  /** The ticket may be forwarded to the target (Kerberos only). Absent: no. */
  readonly delegate?: boolean;
  /** NTLM over plain HTTP is allowed, since the user has marked the machine. To loopback it is allowed anyway. */
  readonly trusted: boolean;
  /** Unsealed SOAP (and Basic) over plain HTTP is allowed for this machine. */
  readonly allowClearText: boolean;
  readonly tls: TlsTrust;
}

/**
 * How a machine may be signed in to. `negotiate`: Kerberos where it can be had; NTLM only inside TLS, to loopback, or to a machine marked
 * trusted. `kerberos`: nothing else is offered or accepted, no NTLM byte leaves. `digest`: management controllers, never WinRM.
 * `none`: only anonymous Identify.
 */
export type AuthenticationPolicy = 'negotiate' | 'kerberos' | 'ntlm' | 'basic' | 'certificate' | 'digest' | 'none';

/** What of the service principal name is not left to the defaults. */
export interface SpnChoice {
  /** Service class, `HTTP` or `HOST` or one's own; null: the defaults, in order. */
  readonly serviceClass: string | null;
  /** Another host name than the target's; null: the target's. */
  readonly host: string | null;
  /** Append `:port` (-SPNPort). */
  readonly withPort: boolean;
}

/** What the client proves itself with in TLS. */
export type ClientCertificate =
  | { readonly format: 'pem'; readonly certificates: string; readonly key: string; readonly passphrase: string | null }
  | { readonly format: 'pfx'; readonly bytes: Uint8Array; readonly passphrase: string | null };

/** How the certificate is judged. Without a pin: system authorities, name, dates. With a pin: the leaf must be that certificate. */
export interface TlsTrust {
  /** SHA-256 of the leaf in upper-case hex, or null. */
  readonly pin: string | null;
  /** Only for the command line's -skipCNcheck and -skipCAcheck, one command at a time. */
  readonly skipNameCheck: boolean;
  readonly skipAuthorityCheck: boolean;
}

/**
 * The host as URLs and Host headers write it (RFC 3986 3.2.2): ASCII form of a name, brackets around IPv6. The
 * zone of a link-local address means something on this side only, and stays here (RFC 6874).
 */
export function uriHost(host: string): string {
  return host.includes(':') ? `[${host.replace(/%.*$/s, '')}]` : domainToASCII(host);
}
