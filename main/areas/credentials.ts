import { randomUUID } from 'node:crypto';
import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { Credential } from '../../shared/contract/credentials.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import type { StoredCredential } from '../storage/inventory-format.ts';
import type { AreaContext } from './context.ts';

/** Saved credentials: the user name is in the inventory, the password in the secret store, and never on its way back. */
export function createCredentials(
  context: AreaContext,
  /** Gives these machines new sessions, since what they sign in with is another one. */
  replan: (machineIds: readonly string[]) => void,
): ConsoleHandlers['credentials'] {
  const data = () => context.store.inventory.data;

  async function shown({ id, userName }: StoredCredential): Promise<Credential> {
    const { secrets } = context.store;
    const there = (await secrets.get(id).catch(() => null)) !== null;
    return { id, userName, kept: !there ? 'missing' : secrets.durable ? 'keychain' : 'this-run' };
  }

  const usersOf = (credentialId: string) =>
    [...data().machines].filter(([, settings]) => settings.credentialId === credentialId).map(([id]) => id);

  return {
    list: async () => Promise.all([...data().credentials.values()].map(shown)),

    async save({ id, userName, password }) {
      const credential: StoredCredential = { id: id ?? randomUUID(), userName };
      if (id !== null && !data().credentials.has(id)) throw noSuchCredential();
      // The secret first: a credential without one is worse than a secret that nothing names.
      await context.store.secrets.set(credential.id, password);
      await context.store.inventory.update((old) => ({
        ...old,
        credentials: new Map(old.credentials).set(credential.id, credential),
      }));
      context.sessions.secretChanged(credential.id);
      replan(usersOf(credential.id));
      return shown(credential);
    },

    async remove({ id }) {
      if (!data().credentials.has(id)) throw noSuchCredential();
      const users = usersOf(id);
      await context.store.inventory.update((old) => {
        const credentials = new Map(old.credentials);
        credentials.delete(id);
        const machines = new Map(old.machines);
        for (const machineId of users) machines.set(machineId, { ...machines.get(machineId)!, credentialId: null });
        return { ...old, credentials, machines };
      });
      await context.store.secrets.delete(id);
      context.sessions.secretChanged(id);
      replan(users);
    },
  };
}

export function noSuchCredential(): ProblemError {
  return new ProblemError({
    code: 'not-found',
    message: 'There is no such credential.',
    advice: ['It may have been removed in another window.'],
    retryable: false,
  });
}
