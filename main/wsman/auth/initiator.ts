/**
 * The client's first token, by the machine's policy: which mechanism, in which order, under which of HTTP's schemes. Nothing here touches
 * the wire to the target; Kerberos may ask the KDC.
 *
 *   negotiate  Kerberos where it can be had, inside SPNEGO, with NTLM behind it on the list where NTLM may be used at all; else NTLM alone
 *   kerberos   SPNEGO with nothing but Kerberos in it, or the bare token under scheme `Kerberos`; NTLM code is not even reached
 *   ntlm       NTLM, raw or in SPNEGO
 *
 * NTLM alone starts raw: every Windows and OMI takes it (MS-WSMV 4.5; Windows does the same where both sides prefer NTLM, MS-SPNG note 8),
 * and it saves the closing leg's mechListMIC. SPNEGO is fallen back to where a target answers the raw token with a bare challenge.
 */
import { AuthenticationError } from '../errors.ts';
import { type Target, uriHost } from '../target.ts';
import { channelBindingData, channelBindingOf } from './channel-binding.ts';
import type { KerberosInitiatorOptions, KerberosSignIn } from './kerberos/provider.ts';
import type { NegotiateForm } from './negotiate.ts';
import { createNtlmContext, type NtlmInitiatorOptions } from './ntlm/context.ts';
import { neither, permitsNtlm, refuseKerberos, refuseNtlm } from './policy.ts';
import type { MechContext, SecurityContext } from './security-context.ts';
import { spnCandidates } from './spn.ts';
import { createSpnegoContext } from './spnego.ts';
import type { SspiOptions } from './sspi/provider.ts';
import { parseUserName } from './user-name.ts';

/** Where the mechanisms come from. Tests put their own at this edge. */
export interface Mechanisms {
  readonly ntlm: (options: NtlmInitiatorOptions) => MechContext;
  readonly kerberos: (options: KerberosInitiatorOptions) => Promise<MechContext>;
  /** Why Kerberos is not available on this computer; null: it is. */
  readonly kerberosAvailability: () => Promise<AuthenticationError | null>;
  /** Windows' own Negotiate and Kerberos, SPNEGO and sealing included, in place of `kerberos`; null elsewhere. */
  readonly sspi: ((options: SspiOptions) => Promise<SecurityContext>) | null;
}

/** Native libraries are loaded when first needed, so that a machine without them still has every other way in. */
export const systemMechanisms: Mechanisms = {
  ntlm: createNtlmContext,
  kerberos: async (options) => (await import('./kerberos/provider.ts')).createKerberosInitiator(options),
  kerberosAvailability: async () => (await import('./kerberos/provider.ts')).kerberosAvailability(),
  sspi:
    process.platform === 'win32'
      ? async (options) => (await import('./sspi/provider.ts')).createSspiContext(options)
      : null,
};

/** What signing in to one machine has taught, shared by its connections. */
export interface LearnedSignIn {
  /** How NTLM alone goes under `Negotiate`. */
  form: NegotiateForm;
  /** Of Kerberos. `Kerberos`: the target did not offer `Negotiate`. */
  scheme: 'Negotiate' | 'Kerberos';
  /** The SPN that the KDC knew. */
  spn: string | null;
  /** Why NTLM had to do, and until when (performance.now) Kerberos is not tried again: a KDC out of reach costs seconds each time. */
  withoutKerberos: { readonly error: AuthenticationError; readonly until: number } | null;
}

export interface Initiation {
  readonly scheme: 'Negotiate' | 'Kerberos';
  readonly context: SecurityContext;
  readonly firstToken: Uint8Array;
  /** The list of mechanisms was negotiated; null for a raw token. */
  readonly inside: 'SPNEGO' | null;
  /** Of the Kerberos ticket; null where only NTLM takes part. */
  readonly spn: string | null;
  /** Over TLS, and yet without a channel binding: SSPI through the `kerberos` package sends none. */
  readonly lacksBinding: boolean;
  /** The keys are there, though the target may still owe its last word. */
  canSeal(): boolean;
}

export interface InitiationOptions {
  /** Null with the signed-in user. */
  readonly password: string | null;
  /** The target's certificate in DER, over TLS. */
  readonly leaf: Uint8Array | null;
  readonly learned: LearnedSignIn;
  readonly mechanisms: Mechanisms;
}

/** How long a target is signed in to by NTLM before Kerberos is tried once more. */
const KERBEROS_RETRY_MS = 10 * 60_000;

/**
 * Throws AuthenticationError: what Kerberos said; where NTLM would have been the next and may not be used, one error for both. No byte has
 * gone to the target then.
 */
export async function startInitiation(target: Target, options: InitiationOptions): Promise<Initiation> {
  const { learned } = options;
  if (target.authentication === 'ntlm') {
    const refused = refuseNtlm(target);
    if (refused) throw refused;
    return startNtlm(target, options);
  }
  if (target.authentication === 'kerberos') {
    const refused = refuseKerberos(target);
    if (refused) throw refused;
    return startKerberos(target, options, false);
  }
  const noNtlm = refuseNtlm(target);
  if (learned.withoutKerberos && performance.now() >= learned.withoutKerberos.until) learned.withoutKerberos = null;
  let noKerberos = refuseKerberos(target) ?? (noNtlm ? null : (learned.withoutKerberos?.error ?? null));
  if (noKerberos === null) {
    try {
      return await startKerberos(target, options, noNtlm === null);
    } catch (cause) {
      if (!(cause instanceof AuthenticationError) || !permitsNtlm(cause.reason, target)) throw cause;
      noKerberos = cause;
      learned.withoutKerberos = { error: cause, until: performance.now() + KERBEROS_RETRY_MS };
    }
  }
  if (noNtlm) throw neither(noKerberos, noNtlm);
  return startNtlm(target, options);
}

async function startNtlm(target: Target, options: InitiationOptions): Promise<Initiation> {
  const ntlm = newNtlm(target, options);
  const isRaw = options.learned.form === 'raw';
  const context = isRaw ? ntlm : createSpnegoContext([ntlm], 'initiator');
  return withFirstToken({
    scheme: 'Negotiate',
    context,
    inside: isRaw ? null : 'SPNEGO',
    spn: null,
    lacksBinding: false,
    canSeal: () => ntlm.complete,
  });
}

/** `withNtlm`: NTLM may stand behind Kerberos on the list. */
async function startKerberos(target: Target, options: InitiationOptions, withNtlm: boolean): Promise<Initiation> {
  const { mechanisms, learned } = options;
  const missing = mechanisms.sspi ? null : await mechanisms.kerberosAvailability();
  if (missing) throw missing;
  const candidates = spnCandidates(target, target.spn);
  const known = learned.spn !== null && candidates.includes(learned.spn) ? learned.spn : null;
  const inOrder = known ? [known, ...candidates.filter((spn) => spn !== known)] : candidates;
  let unknown: AuthenticationError | null = null;
  for (const spn of inOrder) {
    try {
      const initiation = await startWithSpn(target, options, spn, withNtlm);
      learned.spn = spn;
      return initiation;
    } catch (cause) {
      if (!(cause instanceof AuthenticationError) || cause.reason !== 'spn-unknown') throw cause;
      // The first candidate is the one that a user would look for.
      unknown ??= cause;
    }
  }
  learned.spn = null;
  if (inOrder.length === 1 && unknown) throw unknown;
  throw new AuthenticationError(`The KDC knows none of the names that this machine may have: ${inOrder.join(', ')}.`, {
    reason: 'spn-unknown',
    evidence: unknown?.evidence ?? { mechanism: 'Kerberos' },
    cause: unknown,
  });
}

async function startWithSpn(
  target: Target,
  options: InitiationOptions,
  spn: string,
  withNtlm: boolean,
): Promise<Initiation> {
  const { mechanisms, learned, leaf } = options;
  const signIn = kerberosSignIn(target, options.password);
  const delegate = target.delegate ?? false;
  if (mechanisms.sspi) {
    // SSPI's Negotiate may choose NTLM by itself: it is let only where NTLM would be allowed.
    const sspiPackage = withNtlm ? 'Negotiate' : 'Kerberos';
    const context = await mechanisms.sspi({ package: sspiPackage, signIn, spn, delegate, insideTls: leaf !== null });
    const inside = sspiPackage === 'Negotiate' ? 'SPNEGO' : null;
    const lacksBinding = leaf !== null;
    return withFirstToken({ scheme: sspiPackage, context, inside, spn, lacksBinding, canSeal: () => context.complete });
  }
  const channelBinding = leaf ? channelBindingData(leaf) : null;
  const kerberos = await mechanisms.kerberos({ signIn, spn, delegate, channelBinding });
  if (learned.scheme === 'Kerberos') {
    return withFirstToken({
      scheme: 'Kerberos',
      context: kerberos,
      inside: null,
      spn,
      lacksBinding: false,
      canSeal: () => kerberos.complete,
    });
  }
  const context = createSpnegoContext(withNtlm ? [kerberos, newNtlm(target, options)] : [kerberos], 'initiator');
  return withFirstToken({
    scheme: 'Negotiate',
    context,
    inside: 'SPNEGO',
    spn,
    lacksBinding: false,
    canSeal: () => context.established,
  });
}

/** The context is ended where it does not come so far. */
async function withFirstToken(initiation: Omit<Initiation, 'firstToken'>): Promise<Initiation> {
  const { context } = initiation;
  try {
    const firstToken = await context.step(null);
    if (firstToken !== null) return { ...initiation, firstToken };
    throw new AuthenticationError(`${context.mechanism} made no first token.`, { reason: 'bad-token' });
  } catch (cause) {
    context.dispose();
    throw cause;
  }
}

function newNtlm(target: Target, { mechanisms, password, leaf }: InitiationOptions): MechContext {
  return mechanisms.ntlm({
    role: 'initiator',
    userName: parseUserName(target.userName ?? ''),
    password: async () => password,
    spn: `HTTP/${uriHost(target.host).replace(/^\[|\]$/g, '')}`,
    channelBinding: leaf ? channelBindingOf(leaf) : null,
  });
}

function kerberosSignIn(target: Target, password: string | null): KerberosSignIn {
  if (target.signedInUser) return { kind: 'signed-in-user' };
  return { kind: 'password', userName: target.userName ?? '', password: password ?? '' };
}
