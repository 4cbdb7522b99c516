import * as v from 'valibot';
import { call, of, stream } from '../rpc/endpoint.ts';
import type { CertificateInfo, Problem } from './problem.ts';

const Id = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const Name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100));
const UserName = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(256));
const Secret = v.pipe(v.string(), v.maxLength(1024));

/** A client certificate as it comes from a file; it goes in and never comes out. */
const CertificateFile = v.variant('format', [
  v.object({
    format: v.literal('pem'),
    /** Leaf first, then what it was issued by. */
    certificates: v.pipe(v.string(), v.maxLength(200_000)),
    key: v.pipe(v.string(), v.maxLength(50_000)),
    passphrase: v.nullable(Secret),
  }),
  v.object({
    format: v.literal('pfx'),
    base64: v.pipe(v.string(), v.maxLength(400_000)),
    passphrase: v.nullable(Secret),
  }),
]);

/** What a set signs in with. `null` for a secret means: keep the one that is stored. */
export const NewCredential = v.variant('kind', [
  v.object({ kind: v.literal('password'), userName: UserName, password: v.nullable(Secret) }),
  /** Whoever is signed in at this computer: tickets of the credential cache, SSPI on Windows. Nothing is stored. */
  v.object({ kind: v.literal('signed-in-user') }),
  v.object({ kind: v.literal('certificate'), file: v.nullable(CertificateFile) }),
]);
export type NewCredential = v.InferOutput<typeof NewCredential>;

/** Where the secret of a set is. `locked`: in the sealed file, whose passphrase has not been given in this run. */
export type Keeping = 'keychain' | 'sealed-file' | 'this-run' | 'missing' | 'locked' | 'nothing-to-keep';

/** A named set of credentials. The secret goes in and never comes out. */
export interface CredentialSet {
  readonly id: string;
  readonly name: string;
  readonly kind: 'password' | 'signed-in-user' | 'certificate';
  /** Of kind `password`; null otherwise. */
  readonly userName: string | null;
  /** Of kind `certificate`: its leaf, which is public and shown also while the secret is locked. */
  readonly certificate: CertificateInfo | null;
  readonly kept: Keeping;
  /** It was refused, and is not sent again until its secret changes or the user asks for one machine. */
  readonly refusal: { readonly machineId: string | null; readonly atMs: number; readonly problem: Problem } | null;
}

/** Who inherits what. The first of a machine's own tags (in the machine's order) that is listed here decides. */
export const Assignments = v.object({
  global: v.nullable(Id),
  tags: v.pipe(v.array(v.object({ tag: v.pipe(v.string(), v.maxLength(64)), credentialId: Id })), v.maxLength(1000)),
});
export type Assignments = v.InferOutput<typeof Assignments>;

/**
 * Where new secrets go. `keychain`: this computer's. `sealed-file`: a file sealed with a passphrase, `locked` until it is given in this run.
 * `none`: neither, so that secrets last for this run unless a passphrase is set.
 */
export interface Vault {
  readonly kind: 'keychain' | 'sealed-file' | 'none';
  readonly locked: boolean;
}

export interface CredentialsState {
  readonly sets: readonly CredentialSet[];
  readonly assignments: Assignments;
  readonly vault: Vault;
}

/** Whether a machine would still be managed if NTLM were switched off in the domain. */
export interface NtlmVerdict {
  readonly machineId: string;
  readonly verdict: 'survives' | 'would-fail' | 'not-known';
  /** What was seen, one sentence: `Kerberos with HTTP/web01.corp.example, AES256-SHA1`. */
  readonly seen: string;
  readonly problem: Problem | null;
}

export const credentials = {
  /** The state, at once and after every change. */
  watch: stream(v.object({}), of<CredentialsState>()),
  /** `id` null makes a new one. Saving wakes every machine that was refused with it. Certificates are checked before they are kept. */
  save: call(v.object({ id: v.nullable(Id), name: Name, credential: NewCredential }), of<CredentialSet>()),
  /** Machines and tags that name it inherit from then on. */
  remove: call(v.object({ id: Id }), of<void>()),
  assign: call(Assignments, of<void>()),
  /** Gives these machines this set of their own; null: they inherit. */
  assignTo: call(
    v.object({ machineIds: v.pipe(v.array(Id), v.maxLength(10_000)), credentialId: v.nullable(Id) }),
    of<void>(),
  ),
  /** Starts the sealed file with this passphrase, where there is no keychain; secrets of this run move into it. */
  createVault: call(v.object({ passphrase: v.pipe(v.string(), v.minLength(8), v.maxLength(1024)) }), of<void>()),
  /** Opens the sealed file for this run. A wrong passphrase is `invalid-input`. Wakes the machines that waited for it. */
  unlock: call(v.object({ passphrase: v.pipe(v.string(), v.maxLength(1024)) }), of<void>()),
  /** Would these machines survive NTLM being switched off? Tries Kerberos only, one after another, by the rules against lock-outs. */
  surveyNtlm: stream(v.object({ machineIds: v.pipe(v.array(Id), v.maxLength(10_000)) }), of<NtlmVerdict>()),
};
