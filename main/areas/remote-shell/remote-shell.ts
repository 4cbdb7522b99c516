/** Interactive shells: who is connected to whom; what a cmd.exe or a runspace does is in the files beside. */

import type { ConsoleHandlers } from '../../../shared/contract/contract.ts';
import { ProblemError } from '../../../shared/contract/problem.ts';
import type { ShellEvent } from '../../../shared/contract/remote-shell.ts';
import type { Sink } from '../../../shared/rpc/endpoint.ts';
import { PowerShellUnavailableError, utf8CodePage } from '../../wsman/index.ts';
import type { AreaContext } from '../context.ts';
import { broadcast } from './broadcast.ts';
import { serveCmd } from './cmd-session.ts';
import { olderCodePage, withClient } from './connect.ts';
import { servePowerShellLines } from './powershell-lines.ts';
import { type PowerShellLimits, servePowerShell } from './powershell-session.ts';

export function createRemoteShell(context: AreaContext, limits: PowerShellLimits = {}): ConsoleHandlers['remoteShell'] {
  return {
    broadcast: (input, sink) => broadcast(context, input, sink),
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
      const common = { sink: watched, up, signal, now: context.now };
      const work = withClient(context, input.machineId, signal, async (client, identity) => {
        if (input.kind === 'powershell') {
          const { configurationName, columns, rows } = input;
          try {
            await servePowerShell(client, { ...common, ...limits, configurationName, columns, rows });
          } catch (error) {
            // One that was named is wanted as such: an endpoint of JEA is no powershell.exe.
            if (!(error instanceof PowerShellUnavailableError) || configurationName !== null || isOpen) throw error;
            await servePowerShellLines(client, common);
          }
          return;
        }
        const codePage = input.codePage ?? (identity?.stack === '1.1' ? olderCodePage : utf8CodePage);
        await serveCmd(client, { ...common, codePage });
      });
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
