import { create, type StoreApi, type UseBoundStore } from 'zustand';
import type {
  LineCompletion,
  LineEvent,
  LineFormat,
  LineInput,
  MachineResult,
} from '../../shared/contract/command-lines.ts';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import type { Channel } from '../../shared/rpc/endpoint.ts';
import { consoleClient } from '../host/connect.ts';
import { remember } from './console-history.ts';
import { append, type OutputLine, type OutputStream } from './console-output.ts';
import { maskSecrets, withoutMasks } from './console-secrets.ts';
import { askBeforeLeaving } from './leaving.ts';
import { problemOf } from './problem-of.ts';

export interface Question {
  readonly question: number;
  readonly text: string;
  readonly form: 'shown' | 'hidden' | 'confirm';
}

/** One line that was run, with what came of it. */
export interface Entry {
  readonly id: number;
  /** Without its secrets. */
  readonly line: string;
  /** Whom it went to, once that is known. */
  readonly machines: readonly string[];
  readonly tag: string | null;
  readonly isRunning: boolean;
  /** Null while it runs, and where the console went away under it. */
  readonly exitCode: number | null;
  readonly milliseconds: number | null;
  readonly startedAt: number;
  readonly output: readonly OutputLine[];
  /** So many lines at its beginning are no longer kept. */
  readonly dropped: number;
  readonly results: readonly MachineResult[];
  readonly takesInput: boolean;
  readonly hidesInput: boolean;
  readonly question: Question | null;
  /** Why it was not run, or not followed to its end. */
  readonly problem: Problem | null;
}

export interface ConsoleState {
  readonly entries: readonly Entry[];
  /** Oldest first, without secrets. For this run of the window. */
  readonly history: readonly string[];
  /** The machine of the prompt. */
  readonly machineId: string | null;
  readonly format: LineFormat;
  /** Lines that wait for their turn, from a paste. */
  readonly queue: readonly string[];
}

export interface ConsoleStore {
  readonly state: UseBoundStore<StoreApi<ConsoleState>>;
  /** Runs a line, or several one after another; a failure ends the rest. Says why not where it cannot be run. */
  run(...lines: readonly string[]): string | null;
  /** Standard input of the line that runs. */
  type(text: string): void;
  endInput(): void;
  answer(text: string | null): void;
  /** Ctrl+C. */
  interrupt(): void;
  clear(): void;
  choose(change: Partial<Pick<ConsoleState, 'machineId' | 'format'>>): void;
  complete(line: string, cursor: number, signal: AbortSignal): Promise<LineCompletion>;
}

/** Scroll-back, over all entries; the oldest lines go first. */
export const maxLines = 10_000;
export const maxEntries = 200;
/** Output is taken in together, this often. */
const gatherMs = 50;

/** `client` asks for the console at each use: it may be another one after a reconnect. */
export function createConsoleStore(client: () => ConsoleClient, now: () => number = Date.now): ConsoleStore {
  const state = create<ConsoleState>(() => ({
    entries: [],
    history: [],
    machineId: null,
    format: 'text',
    queue: [],
  }));
  let running: { readonly id: number; readonly channel: Channel<LineEvent, LineInput> } | null = null;
  let lastId = 0;

  const change = (id: number, update: (entry: Entry) => Entry): void => {
    state.setState(({ entries }) => ({
      entries: bounded(entries.map((entry) => (entry.id === id ? update(entry) : entry))),
    }));
  };

  const send = (message: LineInput): void => {
    // The line may have ended meanwhile; then nobody takes it.
    running?.channel.send(message).catch(() => {});
  };

  const echo = (text: string): void => {
    if (running === null) return;
    change(running.id, (entry) => (entry.hidesInput ? entry : withOutput(entry, 'typed', text)));
  };

  function start(typed: string): boolean {
    const line = withoutMasks(typed);
    const kept = maskSecrets(typed);
    const id = ++lastId;
    const entry: Entry = { ...blank, id, line: kept, startedAt: now() };
    state.setState(({ entries, history }) => ({
      entries: bounded([...entries, entry]),
      history: remember(history, kept),
    }));
    if (line === null) {
      const message = 'The secret in this line is not kept: type it again.';
      change(id, (before) => ({ ...withOutput(before, 'stderr', `${message}\n`), isRunning: false, exitCode: 1 }));
      return false;
    }
    const { machineId, format } = state.getState();
    try {
      running = { id, channel: client().commandLines.run({ line, machineId, format }) };
    } catch (error) {
      change(id, (before) => ({ ...before, isRunning: false, problem: problemOf(error) }));
      return false;
    }
    void follow(id, running.channel);
    return true;
  }

  async function follow(id: number, channel: Channel<LineEvent, LineInput>): Promise<void> {
    let waiting: LineEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const take = (): void => {
      clearTimeout(timer);
      timer = undefined;
      const batch = waiting;
      waiting = [];
      if (batch.length > 0) change(id, (entry) => batch.reduce(applied, entry));
    };
    try {
      for await (const event of channel) {
        const last = waiting.at(-1);
        if (event.kind === 'output' && last?.kind === 'output' && last.stream === event.stream) {
          waiting[waiting.length - 1] = { ...event, text: last.text + event.text };
        } else waiting.push(event);
        if (event.kind === 'output' || event.kind === 'result') timer ??= setTimeout(take, gatherMs);
        else take();
      }
      take();
      change(id, (entry) => ({ ...entry, isRunning: false, question: null }));
    } catch (error) {
      take();
      change(id, (entry) => ({ ...entry, isRunning: false, question: null, problem: problemOf(error) }));
    }
    if (running?.id === id) running = null;
    next(id);
  }

  /** The rest of a paste goes on only after success. */
  function next(id: number): void {
    const { queue, entries } = state.getState();
    const [line, ...rest] = queue;
    if (line === undefined) return;
    const before = entries.find((entry) => entry.id === id);
    if (before !== undefined && before.exitCode !== 0) {
      state.setState({ queue: [] });
      change(id, (entry) =>
        withOutput(
          entry,
          'stderr',
          `${queue.length === 1 ? 'The line' : `The ${queue.length} lines`} behind it did not run.\n`,
        ),
      );
      return;
    }
    state.setState({ queue: rest });
    if (!start(line)) state.setState({ queue: [] });
  }

  return {
    state,
    run(...lines) {
      const [first, ...rest] = lines.map((line) => line.trim()).filter((line) => line !== '');
      if (first === undefined) return null;
      if (running !== null) return 'A line is still running. Ctrl+C stops it.';
      state.setState({ queue: rest });
      if (!start(first)) state.setState({ queue: [] });
      return null;
    },
    type(text) {
      echo(`${text}\n`);
      send({ kind: 'input', text: `${text}\r\n` });
    },
    endInput: () => send({ kind: 'end-of-input' }),
    answer(text) {
      if (running === null) return;
      const question = state.getState().entries.find(({ id }) => id === running?.id)?.question ?? null;
      if (question === null) return;
      send({ kind: 'answer', question: question.question, text });
      change(running.id, (entry) => ({ ...entry, question: null }));
      const said =
        question.form === 'hidden' ? '' : question.form === 'confirm' ? (text === 'y' ? 'yes' : 'no') : (text ?? '');
      echo(`${question.text} ${said}\n`);
    },
    interrupt() {
      state.setState({ queue: [] });
      echo('^C\n');
      send({ kind: 'interrupt' });
    },
    clear() {
      state.setState(({ entries }) => ({ entries: entries.filter(({ isRunning }) => isRunning) }));
    },
    choose: (choice) => state.setState(choice),
    complete: (line, cursor, signal) =>
      client().commandLines.complete({ line, cursor, machineId: state.getState().machineId }, signal),
  };
}

const blank = {
  machines: [],
  tag: null,
  isRunning: true,
  exitCode: null,
  milliseconds: null,
  output: [],
  dropped: 0,
  results: [],
  takesInput: false,
  hidesInput: false,
  question: null,
  problem: null,
} as const;

const withOutput = (entry: Entry, stream: OutputStream, text: string): Entry => ({
  ...entry,
  output: append(entry.output, stream, text),
});

function applied(entry: Entry, event: LineEvent): Entry {
  switch (event.kind) {
    case 'begin': {
      const { tag, takesInput, hidesInput, machines } = event;
      return { ...entry, tag, takesInput, hidesInput, machines: machines.map(({ name }) => name) };
    }
    case 'output':
      return withOutput(entry, event.stream, event.text);
    case 'question':
      return { ...entry, question: { question: event.question, text: event.text, form: event.form } };
    case 'result':
      return { ...entry, results: [...entry.results, event.result] };
    case 'end':
      return { ...entry, isRunning: false, question: null, exitCode: event.exitCode, milliseconds: event.milliseconds };
  }
}

/** Drops what is beyond the scroll-back: whole entries first, then the first lines of the oldest one left. */
export function bounded(entries: readonly Entry[]): readonly Entry[] {
  let kept = entries.slice(-maxEntries);
  let count = kept.reduce((sum, entry) => sum + weightOf(entry), 0);
  while (count > maxLines && kept.length > 1) {
    const [oldest, ...rest] = kept;
    count -= weightOf(oldest!);
    kept = rest;
  }
  const [only] = kept;
  if (count > maxLines && only !== undefined) {
    const excess = Math.min(count - maxLines, only.output.length);
    kept = [{ ...only, output: only.output.slice(excess), dropped: only.dropped + excess }, ...kept.slice(1)];
  }
  return kept.length === entries.length && kept.every((entry, n) => entry === entries[n]) ? entries : kept;
}

/** In lines. */
const weightOf = ({ output, results }: Entry): number =>
  1 + output.length + results.reduce((sum, result) => sum + 1 + (result.rows?.length ?? 0), 0);

export const consoleStore: ConsoleStore = createConsoleStore(consoleClient);
export const useConsole = consoleStore.state;
askBeforeLeaving(() => useConsole.getState().entries.some(({ isRunning }) => isRunning));
