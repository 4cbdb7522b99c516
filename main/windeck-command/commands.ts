/**
 * The commands of `windeck` that are no lines of winrm or winrs, one file each beside this one. Each is loaded when it is called, so that a
 * line of winrm does not wait for what it never uses.
 */
import type { WinrsEnvironment } from '../winrm-command/winrs-run.ts';

/**
 * Carries out one command: its arguments without the command's own name. Resolves with the exit code. Rejects with CommandLineError for what
 * is said wrongly, and with OutputClosedError when nobody reads any more.
 */
export type OwnCommand = (args: readonly string[], environment: WinrsEnvironment) => Promise<number>;

/** By the word that calls it, lower case. */
export const ownCommands: ReadonlyMap<string, () => Promise<OwnCommand>> = new Map<string, () => Promise<OwnCommand>>([
  ['diagnose', async () => (await import('./diagnose.ts')).diagnoseCommand],
  ['decode', async () => (await import('./decode.ts')).decode],
  ['trace', async () => (await import('./trace.ts')).trace],
  ['copy', async () => (await import('./copy.ts')).copy],
  ['ps', async () => (await import('./ps.ts')).ps],
  ['shell', async () => (await import('./shell.ts')).shell],
]);
