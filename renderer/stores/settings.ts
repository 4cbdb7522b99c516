import { create } from 'zustand';
import type { Problem } from '../../shared/contract/problem.ts';
import type { ConsoleInfo, Settings } from '../../shared/contract/settings.ts';
import { attach, consoleClient } from '../host/connect.ts';
import { problemOf } from './problem-of.ts';

interface SettingsState {
  readonly settings: Settings;
  /** False until the console has answered once: until then the theme is the system's. */
  readonly loaded: boolean;
  readonly info: ConsoleInfo | null;
  readonly problem: Problem | null;
}

export const useSettings = create<SettingsState>(() => ({
  settings: { theme: 'system' },
  loaded: false,
  info: null,
  problem: null,
}));

/** Reads settings and what the console says about itself, after every connect. Called once by main.tsx. */
export function startSettings(): () => void {
  return attach((client, signal) => {
    Promise.all([client.settings.get({}, signal), client.settings.info({}, signal)]).then(
      ([settings, info]) => useSettings.setState({ settings, info, loaded: true, problem: null }),
      (error: unknown) => {
        if (!signal.aborted) useSettings.setState({ problem: problemOf(error), loaded: true });
      },
    );
  });
}

/** Applied at once; taken back if the console could not keep it. Throws ProblemError. */
export async function changeSettings(change: Partial<Settings>): Promise<void> {
  const before = useSettings.getState().settings;
  const settings = { ...before, ...change };
  useSettings.setState({ settings });
  try {
    useSettings.setState({ settings: await consoleClient().settings.set(settings), problem: null });
  } catch (error) {
    useSettings.setState({ settings: before, problem: problemOf(error) });
    throw error;
  }
}

/** Starts the embedded lab fleet; its machines arrive through `machines.watch`. Throws ProblemError. */
export async function openLab(): Promise<void> {
  useSettings.setState({ info: await consoleClient().settings.openLab({}) });
}
