/**
 * A shell for many commands. Windows counts every command a shell was ever given against MaxConcurrentOperationsPerUser until the shell is
 * gone, terminated or not (MS-WSMV note 118): 15 on older stacks, 1,500 today. So the shell is replaced before that.
 *
 * For whoever of this library's users gives one target command after command. A line of winrs does not: as Windows' own it opens a shell of
 * its own, for one command, and deletes it.
 */
import type { WSManClient } from './client.ts';
import { WSManFault } from './errors.ts';
import type { TargetLimits } from './limits.ts';
import { openShell, type RunningCommand, type RunOptions, type Shell, type ShellOptions } from './shell.ts';

export interface RecycledShell {
  /** As Shell.run; opens a shell where there is none, or the one there is has been given enough commands. */
  run(command: string, args?: readonly string[], options?: RunOptions): Promise<RunningCommand>;
  /** Deletes every shell, and what still runs in them. Never rejects. */
  close(): Promise<void>;
}

/** Commands that one shell is given: the rest of the quota is left to enumerations and to others who use the account. */
export function commandsPerShell(limits: Pick<TargetLimits, 'maxConcurrentOperationsPerUser'>): number {
  return Math.max(1, Math.floor((limits.maxConcurrentOperationsPerUser * 2) / 3));
}

/** ERROR_WSMAN_UNEXPECTED_SELECTORS: the shell is gone, by its idle time-out for one. */
const shellIsGone = 2150858843;

interface Lease {
  readonly shell: Promise<Shell>;
  given: number;
  running: number;
  isRetired: boolean;
}

/** A retired shell is deleted when its last command has ended; what runs in it is not cut off. */
export function createRecycledShell(
  client: WSManClient,
  options: ShellOptions,
  limits: Pick<TargetLimits, 'maxConcurrentOperationsPerUser'>,
): RecycledShell {
  const most = commandsPerShell(limits);
  const leases = new Set<Lease>();
  let current: Lease | null = null;
  let isClosed = false;

  const closeLease = async (lease: Lease): Promise<void> => {
    leases.delete(lease);
    const shell = await lease.shell.catch(() => null);
    await shell?.close();
  };

  const retire = (lease: Lease): void => {
    lease.isRetired = true;
    if (current === lease) current = null;
  };

  function take(): Lease {
    if (current !== null && current.given >= most) {
      const full = current;
      retire(full);
      if (full.running === 0) void closeLease(full);
    }
    if (current === null) {
      const lease: Lease = { shell: openShell(client, options), given: 0, running: 0, isRetired: false };
      // One that could not be opened is tried anew by the next command.
      lease.shell.catch(() => {
        leases.delete(lease);
        if (current === lease) current = null;
      });
      leases.add(lease);
      current = lease;
    }
    current.given++;
    current.running++;
    return current;
  }

  const giveBack = (lease: Lease): void => {
    if (--lease.running === 0 && lease.isRetired && leases.has(lease)) void closeLease(lease);
  };

  return {
    async run(command, args, runOptions) {
      if (isClosed) throw new TypeError('The shell is closed.');
      const lease = take();
      try {
        const running = await (await lease.shell).run(command, args, runOptions);
        const done = (): void => giveBack(lease);
        running.exitCode.then(done, done);
        return running;
      } catch (error) {
        // The command is not sent again; the next one gets another shell.
        if (error instanceof WSManFault && error.fields.wsmanCode === shellIsGone) retire(lease);
        giveBack(lease);
        throw error;
      }
    },
    async close() {
      isClosed = true;
      await Promise.all([...leases].map(closeLease));
    },
  };
}
