/** One line on many machines, each in a shell of its own that is deleted behind it. A machine that fails is a result like any other. */
import { ProblemError } from '../../../shared/contract/problem.ts';
import type { BroadcastResult, ShellKind } from '../../../shared/contract/remote-shell.ts';
import type { Sink } from '../../../shared/rpc/endpoint.ts';
import { createLimiter } from '../../sessions/limiter.ts';
import {
  createCodePageDecoder,
  openRunspacePool,
  openShell,
  textOf,
  utf8CodePage,
  type WSManClient,
} from '../../wsman/index.ts';
import type { AreaContext } from '../context.ts';
import { olderCodePage, withClient } from './connect.ts';

/** So many machines have their shell at once. */
const mostAtOnce = 24;
/** Kept of what one machine says; the rest is counted as cut. */
const mostText = 128 * 1024;
/** Of the tables that PowerShell makes. */
const textWidth = 160;

/** Pushes each machine's result as it comes; ends with the last one, or with the signal of the sink, which ends what runs. */
export async function broadcast(
  context: AreaContext,
  input: { readonly machineIds: readonly string[]; readonly kind: ShellKind; readonly line: string },
  sink: Sink<BroadcastResult>,
): Promise<void> {
  const signal = AbortSignal.any([sink.signal, context.closing]);
  const limiter = createLimiter(mostAtOnce);
  const all = input.machineIds.map((machineId) =>
    limiter.run(signal, async () => {
      const startedAt = performance.now();
      let said: Said = { exitCode: null, text: '', isCut: false };
      let problem: BroadcastResult['problem'] = null;
      try {
        said = await withClient(context, machineId, signal, (client, identity) =>
          input.kind === 'powershell'
            ? runScript(client, input.line, signal)
            : runLine(client, input.line, identity?.stack === '1.1' ? olderCodePage : utf8CodePage, signal),
        );
      } catch (error) {
        signal.throwIfAborted();
        problem = error instanceof ProblemError ? error.problem : context.toProblem(error, machineId);
      }
      await sink.push({ machineId, milliseconds: performance.now() - startedAt, ...said, problem });
    }),
  );
  const settled = Promise.allSettled(all);
  context.beforeClosing(settled);
  for (const one of await settled) if (one.status === 'rejected') throw one.reason;
}

interface Said {
  readonly exitCode: number | null;
  readonly text: string;
  readonly isCut: boolean;
}

/** Standard output and standard error in their order. Its standard input is ended at once: nobody is there to answer. */
async function runLine(client: WSManClient, line: string, codePage: number, signal: AbortSignal): Promise<Said> {
  const shell = await openShell(client, { codePage, signal });
  try {
    const running = await shell.run(line, [], { stdin: nothing(), consoleModeStdin: false, signal });
    const decoders = { stdout: createCodePageDecoder(codePage), stderr: createCodePageDecoder(codePage) };
    const kept = bounded();
    for await (const { stream, bytes } of running) kept.add(decoders[stream].decode(bytes));
    return { exitCode: await running.exitCode, ...kept.said() };
  } finally {
    await shell.close();
  }
}

/** In a runspace of its own; what it puts out as text of one width on all machines, or they would differ by that. Nobody answers questions. */
async function runScript(client: WSManClient, line: string, signal: AbortSignal): Promise<Said> {
  const pool = await openRunspacePool(client, { name: 'Windeck', signal });
  try {
    const pipeline = await pool.run(line, { format: { text: { width: textWidth } }, signal });
    const kept = bounded();
    for await (const record of pipeline.streams) {
      if (record.stream === 'output') kept.add(`${textOf(record.value) ?? ''}\n`);
      else if (record.stream === 'error') kept.add(`${record.error.message}\n`);
      else if (record.stream === 'warning') kept.add(`WARNING: ${record.message}\n`);
    }
    const { state, error } = await pipeline.end;
    if (error !== null) kept.add(`${error.message}\n`);
    return { exitCode: state === 'Completed' ? 0 : 1, ...kept.said() };
  } finally {
    await pool.close();
  }
}

function bounded(): { add(piece: string): void; said(): Pick<Said, 'text' | 'isCut'> } {
  let text = '';
  let isCut = false;
  return {
    add(piece) {
      isCut ||= text.length + piece.length > mostText;
      text += piece.slice(0, Math.max(0, mostText - text.length));
    },
    said: () => ({ text, isCut }),
  };
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
