import type { NewCredential } from '../../shared/contract/credentials.ts';
import type { MachineSettings } from '../../shared/contract/machines.ts';
import type { SignInCredential } from '../sessions/credentials.ts';
import { planOf } from '../sessions/session-pool.ts';
import type { StoredCredential } from '../storage/inventory-format.ts';
import { type ClientOptions, type Target, type WSManClient, WSManFault } from '../wsman/index.ts';
import type { AreaContext } from './context.ts';
import { credentialOf } from './effective-credential.ts';
import { accessOf } from './machine-defaults.ts';
import { toClientCertificate } from './stored-secrets.ts';

/** A client of its own for settings that need not be saved; nobody's session. */
export interface Trial {
  readonly client: WSManClient;
  readonly target: Target;
  /** Whom it signs in as, in words. */
  readonly who: string;
  /**
   * Signs in by the rules against lock-outs, for a password that is typed as for one that is stored: it waits for other attempts at the
   * account, and counts as one. `askedAt` null: not where it was refused before. Throws what keeps settings and set from going together.
   */
  signIn<T>(options: { askedAt: number | null; signal: AbortSignal }, attempt: () => Promise<T>): Promise<T>;
  close(): void;
}

/**
 * Prepares to sign in with what the settings inherit, or with what is typed; a secret that is left out of it is the stored one. Nothing is
 * sent yet.
 */
export function openTrial(
  context: AreaContext,
  settings: MachineSettings,
  typed: NewCredential | null,
  options?: Pick<ClientOptions, 'encoding'>,
): Trial {
  const stored = credentialOf(settings, context.store.inventory.data);
  const credential = typed === null ? accessOf(settings, stored).credential : typedCredential(typed, stored);
  const plan = planOf(null, { ...accessOf(settings, null), credential });
  const storedId = stored !== null && stored.kind === credential?.kind ? stored.id : null;

  async function password(): Promise<string | null> {
    if (typed?.kind === 'password' && typed.password !== null) return typed.password;
    return storedId === null || credential?.kind !== 'password' ? null : context.signInSecrets.get(storedId);
  }
  async function certificate() {
    if (typed?.kind === 'certificate' && typed.file !== null) return toClientCertificate(typed.file);
    return storedId === null ? null : context.signInSecrets.certificate(storedId);
  }

  const target: Target = {
    ...plan.target,
    password,
    ...(credential?.kind === 'certificate' && { clientCertificate: certificate }),
  };
  const client = context.createClient(target, options);
  return {
    client,
    target,
    who: nameOf(credential),
    async signIn(options, attempt) {
      if (plan.obstacle !== null) throw plan.obstacle;
      return context.sessions.trySignIn(plan, plan.account && (await password()), options, attempt);
    },
    close: () => client.close(),
  };
}

/** An attempt that asks for nothing else. Whoever gets a fault has signed in. */
export async function signInOnly(client: WSManClient, signal: AbortSignal): Promise<void> {
  await client.identify({ signal }).catch((error: unknown) => {
    if (!(error instanceof WSManFault)) throw error;
  });
}

/** One that is typed is no set yet; where only its secret is left out, it is the stored one under another name. */
function typedCredential(typed: NewCredential, stored: StoredCredential | null): SignInCredential {
  const id = stored !== null && stored.kind === typed.kind && !hasSecret(typed) ? stored.id : null;
  return typed.kind === 'password' ? { id, kind: typed.kind, userName: typed.userName } : { id, kind: typed.kind };
}

function hasSecret(typed: NewCredential): boolean {
  if (typed.kind === 'password') return typed.password !== null;
  return typed.kind === 'certificate' && typed.file !== null;
}

function nameOf(credential: SignInCredential | null): string {
  switch (credential?.kind) {
    case 'password':
      return credential.userName;
    case 'certificate':
      return 'The holder of the certificate';
    case 'signed-in-user':
      return 'The user of this computer';
    default:
      return 'Nobody';
  }
}
