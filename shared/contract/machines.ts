import * as v from 'valibot';
import { call, of, stream } from '../rpc/endpoint.ts';
import type { Problem } from './problem.ts';

/** Times are epoch milliseconds (`…At`); sizes are bytes. `null` means not known. */

export const MachineId = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
export const MachineIds = v.pipe(v.array(MachineId), v.maxLength(10_000));

export const Transport = v.picklist(['http', 'https']);
/**
 * `negotiate`: Kerberos where it can be had; NTLM only over TLS, to loopback or to a machine marked trusted; always sealed over HTTP.
 * `kerberos`: Kerberos only, no NTLM byte leaves. `basic`: over TLS, or where clear text was expressly allowed. `certificate`: HTTPS with a
 * client certificate. `digest`: management controllers (over TLS, or where clear text was expressly allowed), never WinRM.
 */
export const SignIn = v.picklist(['negotiate', 'kerberos', 'ntlm', 'basic', 'certificate', 'digest']);
export type SignIn = v.InferOutput<typeof SignIn>;

/** What of the service principal name is not left to the defaults (HTTP/host, then HOST/host). */
export const Spn = v.object({
  /** Service class: `HTTP`, `HOST`, `WSMAN` or one's own; null: the defaults in their order. */
  serviceClass: v.nullable(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be a service class such as HTTP')),
  ),
  /** Another host name than the address; null: the address. */
  host: v.nullable(v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]{1,255}$/, 'must be a host name'))),
  /** Append `:port`. */
  withPort: v.boolean(),
});
export type Spn = v.InferOutput<typeof Spn>;

const Tag = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64));
const Sha256 = v.pipe(v.string(), v.regex(/^[0-9A-F]{64}$/, 'must be a SHA-256 in 64 upper-case hex digits'));

/** What the inventory file keeps of a machine. */
export const MachineSettings = v.object({
  /** Shown everywhere; defaults to the address. */
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(255)),
  /** NetBIOS name, FQDN, IPv4, IPv6 (without brackets) or localhost. */
  address: v.pipe(
    v.string(),
    v.trim(),
    v.minLength(1),
    v.maxLength(255),
    v.regex(/^[^\s/\\?#@]+$/, 'must be a host name or an address'),
  ),
  transport: Transport,
  port: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535)),
  /** URL prefix without slashes at the ends; `wsman` unless the listener has another. */
  path: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_/-]*$/)),
  signIn: SignIn,
  spn: Spn,
  /** Kerberos: forward a ticket, so that the machine can act for the user elsewhere. */
  delegate: v.boolean(),
  /** The machine's own credential set, which overrides what it inherits; null: inherited from its tags, else from the global one. */
  credentialId: v.nullable(v.string()),
  /** NTLM over plain HTTP allowed: the user vouches that this address is the machine, since NTLM does not prove it. */
  trusted: v.boolean(),
  /** Unsealed SOAP over plain HTTP allowed, for this machine only. */
  allowClearText: v.boolean(),
  /** SHA-256 of the leaf certificate that the user confirmed. */
  pin: v.nullable(Sha256),
  tags: v.pipe(v.array(Tag), v.maxLength(50)),
});
export type MachineSettings = v.InferOutput<typeof MachineSettings>;

export type MachineState =
  /** Never asked in this run. */
  | 'unknown'
  | 'connecting'
  | 'online'
  /** No answer: DNS, TCP, TLS handshake or time. */
  | 'unreachable'
  /** Answers, but the credential was refused or is missing. */
  | 'denied'
  /** The certificate is unknown, or no longer the pinned one. Nothing was sent. */
  | 'untrusted'
  /** Windeck asked it to restart or shut down and follows it. */
  | 'restarting'
  /** Answers, but not as WS-Man should. */
  | 'failing';

/** How the current connection is protected, in words for header and table. */
export interface ConnectionSecurity {
  readonly mechanism: 'Kerberos' | 'NTLM' | 'Basic' | 'Digest' | 'Certificate';
  /** Key type of the Kerberos session or cipher of NTLM: `AES256-SHA1`, `RC4-128`; null where there is none. */
  readonly cipher: string | null;
  /** What protects the messages: `AES256-SHA1` or `RC4-128` where they are sealed, `TLS 1.3` and the like over HTTPS, null for clear text. */
  readonly protection: string | null;
  /** The service principal name that the ticket is for. */
  readonly spn: string | null;
  /** True where the mechanism was carried inside SPNEGO. */
  readonly insideSpnego: boolean;
  /** The certificate that the machine showed: subject and end of its time. */
  readonly serverCertificate: { readonly subject: string; readonly sha256: string; readonly validToAt: number } | null;
  /** The certificate that we showed. */
  readonly clientCertificate: { readonly subject: string; readonly validToAt: number } | null;
}

/** What was read from the machine, with the time it was read. */
export interface MachineFacts {
  readonly readAt: number;
  readonly computerName: string | null;
  readonly domain: string | null;
  readonly osCaption: string | null;
  readonly osVersion: string | null;
  readonly lastBootAt: number | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly logicalProcessors: number | null;
  readonly memoryBytes: bigint | null;
  readonly worstDisk: { readonly drive: string; readonly freePercent: number } | null;
  /** WinRM stack as Identify gives it: `1.1`, `2.0`, `3.0`, or the product's own words. */
  readonly stack: string | null;
}

/** Credential sets are inherited: the machine's own, else that of the first of its tags that has one, else the global one. */
export interface EffectiveCredential {
  readonly id: string | null;
  readonly source: 'machine' | 'tag' | 'global' | 'none';
  /** The tag that it comes from. */
  readonly tag: string | null;
}

export interface Machine {
  readonly id: string;
  readonly settings: MachineSettings;
  readonly state: MachineState;
  /** Since when it has been in this state. */
  readonly stateSinceAt: number;
  /** The last moment at which it answered, also in an earlier run. */
  readonly lastSeenAt: number | null;
  /** When the next attempt is due, while it does not answer. */
  readonly nextAttemptAt: number | null;
  readonly problem: Problem | null;
  readonly security: ConnectionSecurity | null;
  /** Which credential set it signs in with, and why that one. */
  readonly credential: EffectiveCredential;
  readonly facts: MachineFacts | null;
}

export type MachinesChange =
  /** The whole list: first item of every watch. */
  | { readonly kind: 'all'; readonly machines: readonly Machine[] }
  | { readonly kind: 'changed'; readonly machines: readonly Machine[]; readonly removed: readonly string[] };

export const ImportFormat = v.picklist(['auto', 'list', 'csv']);
export interface ImportRow {
  readonly line: number;
  readonly settings: MachineSettings | null;
  /** `new`, already in the inventory, twice in the text, or not usable with the reason in `note`. */
  readonly verdict: 'new' | 'known' | 'duplicate' | 'invalid';
  readonly note: string;
}
export interface ImportPreview {
  readonly format: 'list' | 'csv';
  readonly rows: readonly ImportRow[];
}

const ImportText = v.object({ text: v.pipe(v.string(), v.maxLength(5_000_000)), format: ImportFormat });

export const machines = {
  watch: stream(v.object({}), of<MachinesChange>()),
  add: call(MachineSettings, of<Machine>()),
  update: call(v.object({ id: MachineId, settings: MachineSettings }), of<Machine>()),
  remove: call(v.object({ ids: MachineIds }), of<void>()),
  /** Adds and removes tags on many machines at once. */
  tag: call(v.object({ ids: MachineIds, add: v.array(Tag), remove: v.array(Tag) }), of<void>()),
  /** Asks these machines now, also those that are waiting for their next attempt. */
  refresh: call(v.object({ ids: MachineIds }), of<void>()),
  previewImport: call(ImportText, of<ImportPreview>()),
  /** Adds every `new` row of that text, with this credential, in one save. Returns how many were added. */
  import: call(
    v.object({ ...ImportText.entries, credentialId: v.nullable(v.string()) }),
    of<{ readonly added: number }>(),
  ),
  /** The inventory as text to save; no secret is part of it. `ids` null means all. */
  export: call(
    v.object({ ids: v.nullable(MachineIds), format: v.picklist(['list', 'csv']) }),
    of<{ readonly fileName: string; readonly text: string }>(),
  ),
};
