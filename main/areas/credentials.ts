import { randomUUID } from 'node:crypto';
import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type {
  Assignments,
  CredentialSet,
  CredentialsState,
  Keeping,
  NewCredential,
} from '../../shared/contract/credentials.ts';
import { type CertificateInfo, ProblemError } from '../../shared/contract/problem.ts';
import type { Sink } from '../../shared/rpc/endpoint.ts';
import type { InventoryData, StoredCredential } from '../storage/inventory-format.ts';
import { WrongPassphraseError } from '../storage/sealed-file.ts';
import { VaultStateError } from '../storage/secrets.ts';
import { AuthenticationError, readClientCertificate } from '../wsman/index.ts';
import { type AreaContext, noSuchCredential, sleep } from './context.ts';
import type { MachinesArea } from './machines.ts';
import { createNtlmSurvey } from './ntlm-survey.ts';
import { gatherMs, together } from './pump.ts';
import { type StoredCertificate, toClientCertificate } from './stored-secrets.ts';

/** Sets of credentials: names and assignments are in the inventory, secrets in the secret store, and never on their way back. */
export function createCredentials(
  context: AreaContext,
  machines: Pick<MachinesArea, 'save'>,
): ConsoleHandlers['credentials'] {
  const data = () => context.store.inventory.data;
  const changed = () => context.credentialsChanged.ring();

  async function keepingOf({ id, kind }: StoredCredential): Promise<Keeping> {
    return kind === 'signed-in-user' ? 'nothing-to-keep' : context.store.secrets.keptAt(id);
  }

  async function shown(set: StoredCredential): Promise<CredentialSet> {
    const { id, name, kind } = set;
    const refusal = context.sessions.refusalOf(id);
    return {
      id,
      name,
      kind,
      userName: kind === 'password' ? set.userName : null,
      certificate: kind === 'certificate' ? set.certificate : null,
      kept: await keepingOf(set),
      refusal: refusal && {
        machineId: refusal.machineId,
        atMs: refusal.atMs,
        problem: context.toProblem(refusal.error, refusal.machineId ?? undefined),
      },
    };
  }

  async function state(): Promise<CredentialsState> {
    const sets = await Promise.all([...data().credentials.values()].map(shown));
    return { sets, assignments: data().assignments, vault: context.store.secrets.vault };
  }

  async function watch(_: unknown, sink: Sink<CredentialsState>): Promise<void> {
    const bell = context.credentialsChanged.subscribe();
    try {
      await together(sink.signal, async (signal) => {
        for (;;) {
          await sink.push(await state());
          await bell.wait(signal);
          await sleep(gatherMs, signal);
        }
      });
    } finally {
      bell.letGo();
    }
  }

  function requireSets({ global, tags }: Assignments): void {
    const named = [...tags.map(({ credentialId }) => credentialId), ...(global === null ? [] : [global])];
    if (named.some((id) => !data().credentials.has(id))) throw noSuchCredential();
  }

  return {
    watch,

    async save({ id, name, credential }) {
      const old = id === null ? null : data().credentials.get(id);
      if (old === undefined) throw noSuchCredential();
      const { set, secret } = setOf(id ?? randomUUID(), name, credential, old);
      // The secret first: a set without one is worse than a secret that nothing names.
      if (secret !== null) await context.store.secrets.set(set.id, secret);
      // Another name alone means nothing to machines.
      const isOther = secret !== null || isOtherAccount(old, set);
      const save = (before: InventoryData) => ({
        ...before,
        credentials: new Map(before.credentials).set(set.id, set),
      });
      await machines.save(save, isOther ? set.id : undefined);
      if (set.kind === 'signed-in-user' && old !== null && old.kind !== set.kind) {
        await context.store.secrets.delete(set.id);
      }
      changed();
      return shown(set);
    },

    async remove({ id }) {
      if (!data().credentials.has(id)) throw noSuchCredential();
      await machines.save((old) => without(old, id));
      context.sessions.credentialChanged(id);
      await context.store.secrets.delete(id);
      changed();
    },

    async assign(assignments) {
      requireSets(assignments);
      await machines.save((old) => ({ ...old, assignments }));
      changed();
    },

    async assignTo({ machineIds, credentialId }) {
      if (credentialId !== null && !data().credentials.has(credentialId)) throw noSuchCredential();
      await machines.save((old) => {
        const next = new Map(old.machines);
        for (const machineId of machineIds) {
          const settings = next.get(machineId);
          if (settings !== undefined) next.set(machineId, { ...settings, credentialId });
        }
        return { ...old, machines: next };
      });
    },

    async createVault({ passphrase }) {
      await explained(context.store.secrets.createVault(passphrase));
      changed();
    },

    async unlock({ passphrase }) {
      await explained(context.store.secrets.unlock(passphrase, (id) => data().credentials.has(id)));
      changed();
      context.sessions.unlocked();
    },

    surveyNtlm: createNtlmSurvey(context),
  };
}

/** The set as the inventory keeps it, and its secret; null: the stored one stays, which must be of the same kind. */
function setOf(
  id: string,
  name: string,
  credential: NewCredential,
  old: StoredCredential | null,
): { set: StoredCredential; secret: string | null } {
  switch (credential.kind) {
    case 'password': {
      const { kind, userName, password } = credential;
      if (password === null && old?.kind !== kind) throw invalid('There is no password to keep: type one.');
      return { set: { id, name, kind, userName }, secret: password };
    }
    case 'signed-in-user':
      return { set: { id, name, kind: credential.kind }, secret: null };
    case 'certificate': {
      const { kind, file } = credential;
      if (file !== null) {
        return { set: { id, name, kind, certificate: leafOf(file) }, secret: JSON.stringify(file) };
      }
      if (old?.kind !== kind) throw invalid('There is no certificate to keep: choose a file.');
      return { set: { ...old, name }, secret: null };
    }
  }
}

/** Checks a certificate with its key before it is kept. Throws ProblemError `invalid-input` where it cannot be used. */
function leafOf(file: StoredCertificate): Extract<StoredCredential, { kind: 'certificate' }>['certificate'] {
  try {
    const { leaf } = readClientCertificate(toClientCertificate(file));
    const { subject, issuer, sha256, sha1, userPrincipalName } = leaf;
    const info: CertificateInfo = {
      subject,
      issuer,
      sha256,
      sha1,
      validFromAt: leaf.validFrom.getTime(),
      validToAt: leaf.validTo.getTime(),
      names: userPrincipalName === null ? [] : [userPrincipalName],
      selfSigned: subject === issuer,
    };
    return { ...info, names: [...info.names] };
  } catch (error) {
    if (error instanceof AuthenticationError) throw invalid(error.message);
    throw error;
  }
}

function isOtherAccount(old: StoredCredential | null, set: StoredCredential): boolean {
  if (old === null || old.kind !== set.kind) return true;
  return old.kind === 'password' && set.kind === 'password' && old.userName !== set.userName;
}

/** Whoever named this set inherits from then on. */
function without(data: InventoryData, credentialId: string): InventoryData {
  const credentials = new Map(data.credentials);
  credentials.delete(credentialId);
  const machines = new Map(data.machines);
  for (const [id, settings] of machines) {
    if (settings.credentialId === credentialId) machines.set(id, { ...settings, credentialId: null });
  }
  const { global, tags } = data.assignments;
  const assignments = {
    global: global === credentialId ? null : global,
    tags: tags.filter((entry) => entry.credentialId !== credentialId),
  };
  return { ...data, credentials, machines, assignments };
}

/** What the user can put right is `invalid-input`; the rest is this computer's. */
async function explained(task: Promise<void>): Promise<void> {
  try {
    await task;
  } catch (error) {
    if (error instanceof WrongPassphraseError || error instanceof VaultStateError) throw invalid(error.message);
    throw error;
  }
}

function invalid(message: string): ProblemError {
  return new ProblemError({ code: 'invalid-input', message, advice: [], retryable: false });
}
