/** Signing in for our own commands: one way to a machine, and failures said as those of winrm are. */
import type { Connection } from '../winrm-command/command.ts';
import { CommandLineError } from '../winrm-command/command.ts';
import { describeFailure, formatFailure } from '../winrm-command/failure.ts';
import { OutputClosedError, placeOf } from '../winrm-command/run.ts';
import { withSignIn } from '../winrm-command/sign-in.ts';
import type { WinrsEnvironment } from '../winrm-command/winrs-run.ts';
import { CancelledError, type WSManClient } from '../wsman/index.ts';

const cancelledExitCode = 130;

/**
 * Signs in and opens something on the machine (a session, a shell), works with it, and closes it whatever happens. Where nobody is signed in
 * here, `open` is called once more as somebody else; `work` never is. Resolves with the exit code: that of `work`, 1 where the machine could
 * not be reached or the work failed, 130 cancelled. Rejects with CommandLineError and OutputClosedError only.
 */
export async function onMachine<T>(
  connection: Connection,
  environment: WinrsEnvironment,
  steps: {
    readonly open: (client: WSManClient) => Promise<T>;
    readonly work: (opened: T, client: WSManClient) => Promise<number>;
    readonly close: (opened: T) => Promise<void>;
    /** A failure that is said in words of its own; null leaves it to the usual ones. */
    readonly explain?: (error: unknown) => string | null;
  },
): Promise<number> {
  const { signal } = environment;
  let client = null as WSManClient | null;
  let opened: { readonly value: T } | null = null;
  try {
    signal?.throwIfAborted();
    opened = {
      value: await withSignIn({ verb: 'invoke', connection }, environment, (target) => {
        client?.close();
        client = environment.createClient(target);
        return steps.open(client);
      }),
    };
    return await steps.work(opened.value, client!);
  } catch (error) {
    if (error instanceof OutputClosedError || error instanceof CommandLineError) throw error;
    if (signal?.aborted || error instanceof CancelledError) {
      await environment.stderr('Cancelled.\n');
      return cancelledExitCode;
    }
    const own = steps.explain?.(error) ?? null;
    await environment.stderr(
      own ?? formatFailure(describeFailure(error, connection.endpoint.host, placeOf(connection)), 'text'),
    );
    return 1;
  } finally {
    if (opened !== null) await steps.close(opened.value).catch(() => {});
    client?.close();
  }
}
