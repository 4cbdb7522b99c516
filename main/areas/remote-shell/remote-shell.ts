/** Interactive shells: who is connected to whom; what a cmd.exe or a runspace does is in the files beside. */

import type { ConsoleHandlers } from '../../../shared/contract/contract.ts';
import { ProblemError } from '../../../shared/contract/problem.ts';
import type { ShellEvent } from '../../../shared/contract/remote-shell.ts';
import type { Sink } from '../../../shared/rpc/endpoint.ts';
import { type Identity, utf8CodePage, type WSManClient, WSManFault } from '../../wsman/index.ts';
import { type AreaContext, notInInventory } from '../context.ts';
import { openTrial } from '../trial.ts';
import { serveCmd } from './cmd-session.ts';

/** OEM page of Western Europe: what cmd.exe of a Windows before 7 is asked for, where UTF-8 is none of its pages. */
const olderCodePage = 850;

export function createRemoteShell(context: AreaContext): ConsoleHandlers['remoteShell'] {
  return {
    async open(input, sink, up) {
      const signal = AbortSignal.any([sink.signal, context.closing]);
      let isOpen = false;
      const watched: Sink<Uint8Array | ShellEvent> = {
        push(item) {
          isOpen = true;
          return sink.push(item);
        },
        get ready() {
          return sink.ready;
        },
        signal: sink.signal,
      };
      const work = withClient(context, input.machineId, signal, (client, identity) =>
        serveCmd(client, {
          codePage: input.codePage ?? (identity?.stack === '1.1' ? olderCodePage : utf8CodePage),
          sink: watched,
          up,
          signal,
          now: context.now,
        }),
      );
      context.beforeClosing(work);
      try {
        await work;
      } catch (error) {
        const problem = error instanceof ProblemError ? error.problem : context.toProblem(error, input.machineId);
        // Not opened is a refusal of the call; lost later, an end of what there was.
        if (!isOpen || signal.aborted) throw new ProblemError(problem, { cause: error });
        await sink.push({ kind: 'ended', exitCode: null, problem });
      }
    },
  };
}

/** A connection of its own with the saved settings and set: a shell that lasts for hours is no concern of the machine's session. */
export async function withClient<T>(
  context: AreaContext,
  machineId: string,
  signal: AbortSignal,
  work: (client: WSManClient, identity: Identity | null) => Promise<T>,
): Promise<T> {
  const settings = context.store.inventory.data.machines.get(machineId);
  if (settings === undefined) throw notInInventory(machineId);
  const trial = openTrial(context, settings, null);
  try {
    const identity = await trial.signIn({ askedAt: null, signal }, async () => {
      try {
        return await trial.client.identify({ signal });
      } catch (error) {
        // Whoever gets a fault has signed in.
        if (error instanceof WSManFault) return null;
        throw error;
      }
    });
    return await work(trial.client, identity);
  } finally {
    trial.close();
  }
}
