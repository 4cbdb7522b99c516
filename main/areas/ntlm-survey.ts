import { isIP } from 'node:net';
import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { NtlmVerdict } from '../../shared/contract/credentials.ts';
import type { MachineSettings } from '../../shared/contract/machines.ts';
import { accountOf } from '../sessions/accounts.ts';
import type { StoredCredential } from '../storage/inventory-format.ts';
import {
  AuthenticationError,
  type AuthenticationReason,
  CancelledError,
  type ConnectionSecurity,
  TransportError,
} from '../wsman/index.ts';
import type { AreaContext } from './context.ts';
import { credentialOf } from './effective-credential.ts';
import { openTrial, signInOnly } from './trial.ts';

/** For one machine, KDC included. */
const limitMs = 20_000;

type Verdict = Omit<NtlmVerdict, 'machineId'>;

/**
 * Would these machines still be managed if NTLM were switched off? What settings and the live session tell is not asked again; else Kerberos
 * alone is tried on a client of its own, one machine after another, by the rules against lock-outs: nothing is sent that was refused.
 */
export function createNtlmSurvey(context: AreaContext): ConsoleHandlers['credentials']['surveyNtlm'] {
  return async ({ machineIds }, sink) => {
    const signal = AbortSignal.any([sink.signal, context.closing]);
    for (const machineId of new Set(machineIds)) {
      const settings = context.store.inventory.data.machines.get(machineId);
      if (settings === undefined) continue;
      const verdict = await judge(context, machineId, settings, signal);
      signal.throwIfAborted();
      await sink.push({ machineId, ...verdict });
    }
  };
}

async function judge(
  context: AreaContext,
  machineId: string,
  settings: MachineSettings,
  signal: AbortSignal,
): Promise<Verdict> {
  const session = context.sessions.get(machineId)?.status;
  if (session?.state === 'online') {
    const known = fromSession(session.security);
    if (known !== null) return known;
  }
  const { signIn } = settings;
  if (signIn === 'basic' || signIn === 'digest' || signIn === 'certificate') {
    const seen = `It does not sign in by NTLM (${signIn}), but is not connected.`;
    const error = session?.error ?? null;
    return { verdict: 'not-known', seen, problem: error === null ? null : context.toProblem(error, machineId) };
  }
  const hopeless = fromSettings(settings, credentialOf(settings, context.store.inventory.data));
  if (hopeless !== null) return hopeless;
  return tryKerberos(context, machineId, settings, signal);
}

/** What the connection shows that there is; null: it is by NTLM, or says nothing. */
function fromSession(security: ConnectionSecurity | null): Verdict | null {
  switch (security?.mechanism) {
    case 'Kerberos':
      return survives(inWords(security));
    case 'Certificate':
      return survives('A client certificate, which needs no NTLM.');
    case 'Basic':
      return survives('Basic with an account of the machine, which needs no NTLM.');
    case 'Digest':
      return survives('Digest, which needs no NTLM.');
    default:
      return null;
  }
}

/** What no attempt can change. */
function fromSettings(settings: MachineSettings, credential: StoredCredential | null): Verdict | null {
  const { address, port, spn } = settings;
  if (credential === null) return notKnown('No credential set applies to it, so nothing was tried.');
  if (credential.kind === 'certificate') {
    return notKnown('Its credential set is a client certificate, which its way of signing in does not use.');
  }
  if (credential.kind === 'password') {
    const { userName, id } = credential;
    const { scopes } = accountOf({ credentialId: id, userName, machineId: null, host: address, port });
    if (scopes[0]?.kind === 'local') {
      return wouldFail(`${userName} is an account of the machine itself, and those can only use NTLM.`);
    }
  }
  if (isIP(spn.host ?? address) !== 0) {
    return wouldFail(
      'It is reached by its IP address, and Kerberos needs a name: use one, or set the host of its SPN.',
    );
  }
  return null;
}

async function tryKerberos(
  context: AreaContext,
  machineId: string,
  settings: MachineSettings,
  outer: AbortSignal,
): Promise<Verdict> {
  const limit = AbortSignal.timeout(limitMs);
  const signal = AbortSignal.any([outer, limit]);
  const trial = openTrial(context, { ...settings, signIn: 'kerberos', delegate: false }, null);
  try {
    await trial.signIn({ askedAt: null, signal }, () => signInOnly(trial.client, signal));
    const seen = inWords(trial.client.security());
    if (settings.signIn !== 'ntlm') return survives(seen);
    return wouldFail(`${seen} works, but it is set to sign in by NTLM: set it to Negotiate or Kerberos.`);
  } catch (error) {
    outer.throwIfAborted();
    const cause =
      limit.aborted && (error instanceof CancelledError || error === limit.reason)
        ? new TransportError('There was no answer in time.', { reason: 'response-timeout', cause: error })
        : error;
    const problem = context.toProblem(cause, machineId);
    const fails = cause instanceof AuthenticationError && failsKerberos.has(cause.reason);
    return { verdict: fails ? 'would-fail' : 'not-known', seen: problem.message, problem };
  } finally {
    trial.close();
  }
}

/** Reasons that lie with Kerberos itself. A refused password, or a machine that does not answer, would fail with NTLM as well. */
const failsKerberos: ReadonlySet<AuthenticationReason> = new Set<AuthenticationReason>([
  'scheme-not-offered',
  'unknown-user',
  'clock-skew',
  'spn-unknown',
  'spn-wrong-account',
  'no-kdc',
  'no-realm',
  'etype',
  'address-needs-name',
  'binding-unavailable',
  'kerberos',
]);

function inWords(security: ConnectionSecurity | null): string {
  const { spn, cipher } = security ?? {};
  const name = spn ? ` with ${spn}` : '';
  return `Kerberos${name}${cipher ? `, ${cipher}` : ''}`;
}

const survives = (seen: string): Verdict => ({ verdict: 'survives', seen, problem: null });
const wouldFail = (seen: string): Verdict => ({ verdict: 'would-fail', seen, problem: null });
const notKnown = (seen: string): Verdict => ({ verdict: 'not-known', seen, problem: null });
