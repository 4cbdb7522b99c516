import { create } from 'zustand';
import type { Assignments, CredentialSet, CredentialsState, NewCredential } from '../../shared/contract/credentials.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import { attach, consoleClient } from '../host/connect.ts';
import { problemOf } from './problem-of.ts';

interface CredentialsStore extends CredentialsState {
  /** False until the console has answered once. */
  readonly loaded: boolean;
  /** Why the sets could not be watched. */
  readonly problem: Problem | null;
}

/** What the console says about its credential sets; never a secret. Those pass through the calls below and are kept nowhere here. */
export const useCredentials = create<CredentialsStore>(() => ({
  sets: [],
  assignments: { global: null, tags: [] },
  vault: { kind: 'keychain', locked: false },
  loaded: false,
  problem: null,
}));

/** Watches the sets for as long as there is a console. Called once by main.tsx. */
export function startCredentials(): () => void {
  return attach((client, signal) => {
    void (async () => {
      try {
        for await (const state of client.credentials.watch({}, signal)) {
          useCredentials.setState({ ...state, loaded: true, problem: null });
        }
      } catch (error) {
        if (!signal.aborted) useCredentials.setState({ problem: problemOf(error) });
      }
    })();
  });
}

// Calls. Each throws ProblemError; what is shown changes through the watch.

/** `id` null makes a new set. */
export const saveCredential = (input: {
  id: string | null;
  name: string;
  credential: NewCredential;
}): Promise<CredentialSet> => consoleClient().credentials.save(input);
export const removeCredential = (id: string): Promise<void> => consoleClient().credentials.remove({ id });
/**
 * Changes who inherits what. Shown at once, so that the next change builds on this one and not on what the watch said before it; taken back
 * if the console could not keep it.
 */
export async function changeAssignments(change: (before: Assignments) => Assignments): Promise<void> {
  const before = useCredentials.getState().assignments;
  const assignments = change(before);
  useCredentials.setState({ assignments });
  try {
    await consoleClient().credentials.assign(assignments);
  } catch (error) {
    useCredentials.setState({ assignments: before });
    throw error;
  }
}
/** Gives these machines a set of their own; null: they inherit. */
export const assignToMachines = (machineIds: readonly string[], credentialId: string | null): Promise<void> =>
  consoleClient().credentials.assignTo({ machineIds: [...machineIds], credentialId });
export const createVault = (passphrase: string): Promise<void> =>
  consoleClient().credentials.createVault({ passphrase });
export const unlockVault = (passphrase: string): Promise<void> => consoleClient().credentials.unlock({ passphrase });
