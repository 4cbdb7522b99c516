import { randomUUID } from 'node:crypto';
import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type {
  Assignments,
  CredentialSet,
  CredentialsState,
  Keeping,
  Vault,
} from '../../shared/contract/credentials.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import type { Sink } from '../../shared/rpc/endpoint.ts';
import type { InventoryData, StoredCredential } from '../storage/inventory-format.ts';
import { type AreaContext, noSuchCredential, sleep } from './context.ts';
import type { MachinesArea } from './machines.ts';
import { type Bell, createBell, gatherMs, together } from './pump.ts';

/** Sets of credentials: names and assignments are in the inventory, secrets in the secret store, and never on their way back. */
export function createCredentials(
  context: AreaContext,
  machines: Pick<MachinesArea, 'save' | 'secretChanged'>,
): ConsoleHandlers['credentials'] {
  const bells = new Set<Bell>();
  const data = () => context.store.inventory.data;
  const changed = () => {
    for (const bell of bells) bell.ring();
  };

  async function keepingOf({ id, kind }: StoredCredential): Promise<Keeping> {
    if (kind === 'signed-in-user') return 'nothing-to-keep';
    const { secrets } = context.store;
    const there = (await secrets.get(id).catch(() => null)) !== null;
    return !there ? 'missing' : secrets.durable ? 'keychain' : 'this-run';
  }

  async function shown(set: StoredCredential): Promise<CredentialSet> {
    return {
      id: set.id,
      name: set.name,
      kind: set.kind,
      userName: set.kind === 'password' ? set.userName : null,
      certificate: set.kind === 'certificate' ? set.certificate : null,
      kept: await keepingOf(set),
      refusal: null,
    };
  }

  const vault = (): Vault => ({ kind: context.store.secrets.durable ? 'keychain' : 'none', locked: false });

  async function state(): Promise<CredentialsState> {
    const sets = await Promise.all([...data().credentials.values()].map(shown));
    return { sets, assignments: data().assignments, vault: vault() };
  }

  async function watch(_: unknown, sink: Sink<CredentialsState>): Promise<void> {
    const bell = createBell();
    bells.add(bell);
    try {
      await together(sink.signal, async (signal) => {
        for (;;) {
          await sink.push(await state());
          await bell.wait(signal);
          await sleep(gatherMs, signal);
        }
      });
    } finally {
      bells.delete(bell);
    }
  }

  return {
    watch,

    async save({ id, name, credential }) {
      if (id !== null && !data().credentials.has(id)) throw noSuchCredential();
      const setId = id ?? randomUUID();
      const next = setOf(setId, name, credential);
      const secret = credential.kind === 'password' ? credential.password : null;
      // The secret first: a set without one is worse than a secret that nothing names.
      if (secret !== null) await context.store.secrets.set(setId, secret);
      await machines.save((old) => ({ ...old, credentials: new Map(old.credentials).set(setId, next) }));
      context.sessions.secretChanged(setId);
      machines.secretChanged(setId);
      changed();
      return shown(next);
    },

    async remove({ id }) {
      if (!data().credentials.has(id)) throw noSuchCredential();
      await machines.save((old) => without(old, id));
      await context.store.secrets.delete(id);
      context.sessions.secretChanged(id);
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

    createVault: () => Promise.reject(notBuilt()),
    unlock: () => Promise.reject(notBuilt()),
    surveyNtlm: () => Promise.reject(notBuilt()),
  };

  function requireSets({ global, tags }: Assignments): void {
    const named = [...tags.map(({ credentialId }) => credentialId), ...(global === null ? [] : [global])];
    if (named.some((id) => !data().credentials.has(id))) throw noSuchCredential();
  }
}

function setOf(id: string, name: string, credential: { kind: string; userName?: string }): StoredCredential {
  if (credential.kind === 'password') return { id, name, kind: 'password', userName: credential.userName ?? '' };
  if (credential.kind === 'signed-in-user') return { id, name, kind: 'signed-in-user' };
  throw notBuilt();
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

function notBuilt(): ProblemError {
  return new ProblemError({ code: 'not-supported', message: 'This is being built.', advice: [], retryable: false });
}
