/**
 * PowerShell in a runspace (MS-PSRP): each line is a pipeline that ends in Out-Default, so that text is made by PowerShell there, to the width
 * of this window, and comes by calls of the host; what scripts ask is asked here. The last result stays in a variable there, so that it can be
 * looked at as objects without running anything again.
 */
import type { ShellEvent, ShellInput, ShellState } from '../../../shared/contract/remote-shell.ts';
import type { Sink } from '../../../shared/rpc/endpoint.ts';
import {
  entryOf,
  openRunspacePool,
  type Pipeline,
  type PipelineRecord,
  type PsValue,
  psCommand,
  type RunspacePool,
  textOf,
  type WSManClient,
} from '../../wsman/index.ts';
import { createGatherer } from './gather.ts';
import { createLines } from './lines.ts';
import { consoleText, createPowerShellHost } from './powershell-host.ts';
import { tableOf } from './powershell-table.ts';
import { promptOf } from './prompt.ts';
import { createQuestions } from './questions.ts';
import { restrictedCommands } from './restricted-line.ts';

/** Other limits than the usual ones, milliseconds. */
export interface PowerShellLimits {
  /** Until the session says that it is open. */
  readonly openWithinMs?: number;
  /** For each run of its `prompt` function. */
  readonly promptWithinMs?: number;
}

export interface PowerShellOptions extends PowerShellLimits {
  readonly configurationName: string | null;
  readonly columns: number;
  readonly rows: number;
  readonly sink: Sink<Uint8Array | ShellEvent>;
  readonly up: AsyncIterable<ShellInput>;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** OperationTimeout of a Receive: also how long a line that was cut without a word goes unnoticed. */
const receiveMs = 20_000;
/** The target ends a session that nobody asks anything for so long. */
const idleMs = 15 * 60_000;
/** Then a lost line is given up. */
const takeUpMs = 3 * 60_000;
/** A variable there, out of the way of the user's own. */
const lastResult = 'WindeckLastResult';
const mostRows = 1_000;

/** Ends with `exit`. Throws what opening the session or losing it for good throws; PowerShellUnavailableError where there is none. */
export async function servePowerShell(client: WSManClient, options: PowerShellOptions): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([options.signal, over.signal]);
  const session = createSession(options, signal, over);
  const pool = await openRunspacePool(client, {
    ...(options.configurationName !== null && { configurationName: options.configurationName }),
    host: session.host(),
    name: 'Windeck',
    idleTimeoutMs: idleMs,
    timeoutMs: receiveMs,
    takeUpWithinMs: takeUpMs,
    openWithinMs: options.openWithinMs,
    onState: session.onPoolState,
    signal,
  });
  try {
    await session.serve(pool);
  } finally {
    await pool.close();
  }
}

function createSession(options: PowerShellOptions, signal: AbortSignal, over: AbortController) {
  const { now } = options;
  const window = createGatherer(options.sink);
  const questions = createQuestions((event) => window.event(event));
  let size = { columns: options.columns, rows: options.rows };
  let state: ShellState = 'running';
  let current: Pipeline | null = null;
  let lostAt: number | null = null;
  let exitCode: number | null = null;
  /** Shown by the host already: a record of the same words is not shown again. */
  let shown = new Map<string, number>();
  /** Ctrl+C came before the line that it is meant for was started. */
  let isStopWanted = false;
  const lines = createLines(signal);

  const setState = (next: ShellState, asks: string | null = null): void => {
    if (state === next) return;
    state = next;
    void window.event({ kind: 'state', state: next, asks, sinceAt: now() });
  };

  const host = () =>
    createPowerShellHost(size, questions, {
      text: (stream, text) => window.text(stream, text),
      said(stream, words) {
        const key = `${stream} ${words}`;
        shown.set(key, (shown.get(key) ?? 0) + 1);
      },
      event: (event) => window.event(event),
      exit(code) {
        exitCode = code;
      },
      onAsking: (asks) => setState(asks === null ? 'running' : 'waiting', asks),
    });

  async function show(record: PipelineRecord): Promise<void> {
    switch (record.stream) {
      case 'output': {
        // Out-Default keeps objects there; what comes all the same is text, as of an endpoint that has no Out-Default.
        const text = consoleText(record.value);
        return text === '' ? undefined : window.text('stdout', `${text}\r\n`);
      }
      case 'error': {
        const { message, categoryMessage, fullyQualifiedErrorId } = record.error;
        const more = [
          categoryMessage && `    + CategoryInfo          : ${categoryMessage}`,
          fullyQualifiedErrorId && `    + FullyQualifiedErrorId : ${fullyQualifiedErrorId}`,
        ];
        return window.text('stderr', `${[message, ...more.filter(Boolean)].join('\n').replace(/\r?\n/g, '\r\n')}\r\n`);
      }
      case 'warning':
      case 'verbose':
      case 'debug': {
        const key = `${record.stream} ${record.message}`;
        const times = shown.get(key) ?? 0;
        if (times > 0) {
          shown.set(key, times - 1);
          return undefined;
        }
        return window.text(record.stream, `${record.stream.toUpperCase()}: ${record.message}\r\n`);
      }
      case 'progress': {
        const { progress } = record;
        return window.event({
          kind: 'progress',
          activity: progress.activityId,
          parent:
            progress.parentActivityId !== null && progress.parentActivityId >= 0 ? progress.parentActivityId : null,
          title: progress.activity,
          status: progress.currentOperation ?? progress.status,
          percent: progress.percentComplete,
          secondsLeft: progress.secondsRemaining,
          isDone: progress.isCompleted,
        });
      }
      case 'gap':
        return window.event({ kind: 'resumed', lostAt: lostAt ?? now() });
      default:
        return undefined;
    }
  }

  /** True where it ran to its end. */
  async function runLine(pool: RunspacePool, line: string): Promise<boolean> {
    shown = new Map();
    isStopWanted = false;
    const keep = psCommand('Tee-Object', { parameters: [{ name: 'Variable', value: `global:${lastResult}` }] });
    const script = psCommand(line, { isScript: true });
    const statement = isRestricted ? (restrictedCommands(line) ?? [script]) : [script, keep];
    current = await pool.run([statement], { format: 'console', addToHistory: true, host: host(), signal });
    if (isStopWanted) current.stop().catch(() => {});
    try {
      for await (const record of current.streams) await show(record);
      const { state: how, error } = await current.end;
      if (how === 'Failed' && error !== null) await show({ stream: 'error', value: null, error });
      return how === 'Completed';
    } finally {
      current = null;
      questions.cancel();
    }
  }
  /** An endpoint of JEA: no scripts, and of the commands only some. */
  const isRestricted = options.configurationName !== null;

  async function showTable(pool: RunspacePool): Promise<void> {
    const values: PsValue[] = [];
    const pipeline = await pool.run(`$global:${lastResult} | Select-Object -First ${mostRows + 1}`, { signal });
    for await (const record of pipeline.streams) if (record.stream === 'output') values.push(record.value);
    await window.event({ kind: 'table', ...tableOf(values.slice(0, mostRows)), isCut: values.length > mostRows });
  }

  function hear(pool: RunspacePool, message: Exclude<ShellInput, Uint8Array>): void {
    if (message.kind === 'interrupt') {
      questions.cancel();
      isStopWanted = true;
      // The terminal has gone to the next line: a prompt belongs there.
      if (state === 'idle') lines.put('');
      else current?.stop().catch(() => {});
    } else if (message.kind === 'resize') size = message;
    else if (message.kind === 'answer') questions.answer(message.question, message.answers);
    else if (current === null) void showTable(pool).catch(() => {});
  }

  return {
    host,
    onPoolState(next: string, error: Error | null): void {
      if (next === 'Disconnected' && lostAt === null) {
        lostAt = now();
        setState('lost');
      } else if (next === 'Opened' && lostAt !== null) {
        void window.event({ kind: 'resumed', lostAt });
        lostAt = null;
        setState(current === null ? 'idle' : 'running');
      } else if (next === 'Broken') over.abort(error ?? new Error('The session is broken.'));
    },
    async serve(pool: RunspacePool): Promise<void> {
      const words = wordsOf(pool, options.configurationName);
      await window.event({ kind: 'opened', shell: 'powershell', by: 'psrp', words, codePage: null });
      await window.text('debug', `${words}\r\n`);
      void lines
        // What is typed while a script reads a line is its answer.
        .follow(options.up, (message) => hear(pool, message), questions.answerLine)
        .catch(() => {});
      try {
        while (exitCode === null) {
          const prompt = isRestricted ? null : await promptOf(pool, signal, options.promptWithinMs);
          await window.text('stdout', `${prompt ?? 'PS>'} `);
          setState('idle');
          await window.event({ kind: 'prompt', directory: /^PS (.*?)>+\s*$/.exec(prompt ?? '')?.[1] ?? null });
          const line = await lines.next();
          setState('running');
          if (line.trim() === '') continue;
          // As in Enter-PSSession, it is this session that is left.
          const leaves = /^\s*(?:exit(?:\s+(-?\d{1,9}))?|exit-pssession)\s*$/i.exec(line);
          if (leaves !== null) {
            exitCode = Number(leaves[1] ?? 0);
            break;
          }
          const isWhole = await runLine(pool, line);
          await window.event({ kind: 'exit', exitCode: isWhole ? 0 : 1 });
          if (!isRestricted) await window.event({ kind: 'objects', isKept: isWhole });
        }
        await window.event({ kind: 'ended', exitCode, problem: null });
      } catch (error) {
        // What broke the session says more than that its last request was given up.
        throw over.signal.aborted && !options.signal.aborted ? over.signal.reason : error;
      } finally {
        questions.cancel();
        await window.flush().catch(() => {});
      }
    },
  };
}

/** What answers there, from what the session told about itself. */
function wordsOf(pool: RunspacePool, configurationName: string | null): string {
  const version = textOf(entryOf(entryOf(pool.applicationPrivateData(), 'PSVersionTable'), 'PSVersion'));
  const product = Number.parseInt(version ?? '', 10) > 5 ? 'PowerShell' : 'Windows PowerShell';
  const name = [version === null ? 'PowerShell' : `${product} ${version}`, configurationName]
    .filter(Boolean)
    .join(', ');
  return `${name}, PSRP ${pool.protocolVersion}, runspace ${pool.id.slice(0, 4).toLowerCase()}`;
}
