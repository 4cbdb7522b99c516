import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import envPaths from 'env-paths';
import packageJson from '../package.json' with { type: 'json' };
import type { Environment, LabFleet } from './environment.ts';

/** How a host whose executable is no Node starts the self-test of a Mac's GSS library. */
export { type SelfTestChild, setStartSelfTest } from './wsman/index.ts';

/** How large a fleet `--demo` and the third door of the first run open. The environment variable is for tests, which want a small one. */
export const demoMachines = Number(process.env['WINDECK_DEMO_MACHINES']) || 60;
/** The same, as arguments of the lab's command. */
export const demoLabArguments: readonly string[] = ['--machines', String(demoMachines)];

export interface PreparedEnvironment {
  readonly environment: Environment;
  /** Removes what was made for this run only. Call it after the console is closed. */
  release(): Promise<void>;
}

/**
 * What every host supplies in the same way: the version and the data folder. That is the user's own (environment variable WINDECK_DATA
 * overrides it), but a demo always gets a fresh temporary one, so that it can neither read nor change a real inventory.
 */
export async function prepareEnvironment(options: {
  readonly host: Environment['host'];
  readonly demo: boolean;
  readonly log: (line: string) => void;
  readonly startLab: () => Promise<LabFleet>;
}): Promise<PreparedEnvironment> {
  const temporary = options.demo ? await mkdtemp(join(tmpdir(), 'windeck-demo-')) : undefined;
  const dataFolder = temporary ?? (process.env['WINDECK_DATA'] || envPaths('Windeck', { suffix: '' }).data);
  return {
    environment: { version: packageJson.version, dataFolder, ...options },
    async release() {
      // SQLite on Windows may hold a file for a moment after it is closed.
      if (temporary !== undefined) await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Why a host could not start, in one line: what happened and, where the error knows it, what to do. */
export function startFailure(error: unknown): string {
  const { message, advice } = error as { readonly message?: string; readonly advice?: readonly string[] };
  const words = [message ?? String(error), ...(Array.isArray(advice) ? advice : [])].join(' ');
  return `Windeck could not start: ${stripVTControlCharacters(words)}`.replaceAll(/\s*\n\s*/g, ' ');
}
