import { create } from 'zustand';
import type { Credential } from '../../shared/contract/credentials.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import { attach, consoleClient } from '../host/connect.ts';
import { problemOf } from './problem-of.ts';

interface CredentialsState {
  readonly credentials: readonly Credential[];
  readonly loaded: boolean;
  readonly problem: Problem | null;
}

/** Names only: passwords pass through `saveCredential` and are kept nowhere on this side. */
export const useCredentials = create<CredentialsState>(() => ({ credentials: [], loaded: false, problem: null }));

export function startCredentials(): () => void {
  return attach((_client, signal) => {
    reloadCredentials(signal).catch(() => {});
  });
}

/** Also asked anew when another window, or an opened lab, may have changed them. */
export async function reloadCredentials(signal?: AbortSignal): Promise<void> {
  try {
    const credentials = await consoleClient().credentials.list({}, signal);
    useCredentials.setState({ credentials, loaded: true, problem: null });
  } catch (error) {
    if (!signal?.aborted) useCredentials.setState({ problem: problemOf(error) });
    throw error;
  }
}

/** `id` null makes a new one. Throws ProblemError. */
export async function saveCredential(input: {
  id: string | null;
  userName: string;
  password: string;
}): Promise<Credential> {
  const saved = await consoleClient().credentials.save(input);
  await reloadCredentials().catch(() => {});
  return saved;
}

export async function removeCredential(id: string): Promise<void> {
  await consoleClient().credentials.remove({ id });
  await reloadCredentials().catch(() => {});
}
