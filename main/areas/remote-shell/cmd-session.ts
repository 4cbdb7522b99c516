/**
 * cmd.exe in a shell of WinRS: one long-lived cmd.exe that reads its lines from standard input, so that current directory, variables, `if`,
 * `for` and programs that ask something are cmd.exe's own affair. README.md beside this file says why not a Command per line.
 */
import { randomBytes } from 'node:crypto';
import type { ShellEvent, ShellInput, ShellState } from '../../../shared/contract/remote-shell.ts';
import type { Sink } from '../../../shared/rpc/endpoint.ts';
import {
  codePageEncoder,
  createCodePageDecoder,
  OutcomeUnknownError,
  openShell,
  type RunningCommand,
  type RunOptions,
  type Shell,
  type StreamName,
  TransportError,
  type WSManClient,
} from '../../wsman/index.ts';
import { type CmdPiece, canBeGiven, createCmdOutput, directoryOf, markedPrompt } from './cmd-output.ts';
import { comeBack } from './come-back.ts';
import { createGatherer } from './gather.ts';
import { createInputQueue } from './input-queue.ts';
import { createQuiet } from './quiet.ts';

export interface CmdOptions {
  readonly codePage: number;
  readonly sink: Sink<Uint8Array | ShellEvent>;
  readonly up: AsyncIterable<ShellInput>;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** OperationTimeout of a Receive: also how long a line that was cut without a word goes unnoticed, so no minute. */
const receiveMs = 20_000;
/** The target ends a shell that nobody asks anything for so long: the time that a lost connection has to come back. */
const idleMs = 15 * 60_000;
/** STATUS_CONTROL_C_EXIT, signed. */
const controlCExit = 0xc000013a | 0;
/** The exit code is asked for when nothing has been typed for so long. */
const askAfterMs = 150;
/** An end so soon after Ctrl+C is its doing. */
const afterInterruptMs = 5_000;
const notSentWords = '\r\n[The connection is lost: what was typed since was not sent.]\r\n';

/** Ends with cmd.exe. Throws what opening the shell or losing it for good throws; a shell that came to be is deleted in every case. */
export async function serveCmd(client: WSManClient, options: CmdOptions): Promise<void> {
  const nonce = randomBytes(9).toString('hex');
  const shell = await openShell(client, {
    codePage: options.codePage,
    environment: [['PROMPT', markedPrompt(nonce)]],
    idleTimeoutMs: idleMs,
    timeoutMs: receiveMs,
    signal: options.signal,
  });
  try {
    await createCmd(client, shell, nonce, options).serve();
  } finally {
    await shell.close();
  }
}

function createCmd(client: WSManClient, shell: Shell, nonce: string, options: CmdOptions): { serve(): Promise<void> } {
  const { signal, now } = options;
  const window = createGatherer(options.sink);
  const encode = codePageEncoder(options.codePage) ?? codePageEncoder(65001)!;
  const runOptions: RunOptions = { consoleModeStdin: true, skipCmdShell: false, signal, outlivesConnection: true };
  let output = createCmdOutput(nonce);
  let decoders = newDecoders(options.codePage);
  let running: RunningCommand;
  let state: ShellState = 'running';
  let directory: string | null = null;
  /** Typed while something ran: cmd.exe may read it at its next prompt, and may not. */
  let typedAhead = 0;
  /** A line has been given at the prompt, so that there is an exit code to ask for. */
  let hasRun = false;
  let interruptedAt = Number.NEGATIVE_INFINITY;
  let asking: NodeJS.Timeout | undefined;
  /** What stands behind the last line end. */
  let openLine = '';

  const input = createInputQueue({
    send: (bytes) => running.send(bytes),
    onUnknown(hasDropped) {
      void window.event({ kind: 'input-unknown' });
      if (hasDropped) void window.text('warning', notSentWords);
    },
  });

  const setState = (next: ShellState, asks: string | null = null): void => {
    if (state === next && next !== 'waiting') return;
    state = next;
    if (next === 'running') quiet.begin();
    else if (next === 'idle' || next === 'lost') quiet.end();
    void window.event({ kind: 'state', state: next, asks, sinceAt: now() });
  };

  const quiet = createQuiet({
    onShort() {
      if (state !== 'running') return;
      for (const piece of output.flush()) take(piece);
      if (typedAhead > 0 && directoryOf(openLine) !== null) becomeIdle(directory);
      else if (directoryOf(openLine) !== null) becomeIdle(directoryOf(openLine));
      else if (openLine.trim() !== '') setState('waiting', openLine.slice(-300));
    },
    onLong() {
      if (state === 'running') setState('silent');
    },
  });

  function becomeIdle(at: string | null): void {
    directory = at ?? directory;
    typedAhead = 0;
    setState('idle');
    void window.event({ kind: 'prompt', directory });
    if (!hasRun) return;
    hasRun = false;
    // Not where the next line comes at once: it would wait for this one's round trip.
    asking = setTimeout(() => {
      if (state === 'idle') input.put(encode(`${output.ask()}\r\n`));
    }, askAfterMs);
  }

  function take(piece: CmdPiece): Promise<void> | null {
    if (piece.kind === 'text') return show('stdout', piece.text);
    if (piece.kind === 'exit') return window.event({ kind: 'exit', exitCode: piece.exitCode });
    directory = piece.directory ?? directory;
    // What was typed ahead may be read now, or was read by the program: if nothing follows, it was.
    if (typedAhead > 0) quiet.touch();
    else becomeIdle(directory);
    return null;
  }

  function show(stream: StreamName, text: string): Promise<void> {
    const cut = text.lastIndexOf('\n');
    openLine = (cut < 0 ? openLine + text : text.slice(cut + 1)).slice(-2000);
    quiet.touch();
    if (state === 'waiting' || state === 'silent') setState('running');
    return window.text(stream, text);
  }

  async function receive({ stream, bytes }: { stream: StreamName; bytes: Uint8Array }): Promise<void> {
    const text = decoders[stream].decode(bytes);
    if (stream === 'stderr') return show('stderr', text);
    let credit: Promise<void> | null = null;
    for (const piece of output.take(text)) credit = take(piece) ?? credit;
    await credit;
  }

  /** To the end of cmd.exe, over any number of lost connections. */
  async function follow(): Promise<number> {
    for (;;) {
      try {
        for await (const chunk of running) await receive(chunk);
        return await running.exitCode;
      } catch (error) {
        const isLost = error instanceof TransportError || error instanceof OutcomeUnknownError;
        if (!isLost || signal.aborted) throw error;
        const before = state;
        const lostAt = now();
        setState('lost');
        await comeBack(client, error, signal, now);
        running = shell.attach(running.commandId, runOptions);
        await window.event({ kind: 'resumed', lostAt });
        setState(before === 'idle' ? 'idle' : 'running');
      }
    }
  }

  async function listen(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const message of options.up) {
      if (message instanceof Uint8Array) {
        const lines = decoder.decode(message, { stream: true }).split(/\r?\n/);
        const rest = lines.pop()!;
        for (const line of lines) type(line);
        if (rest !== '') put(encode(rest));
        await input.room();
      } else if (message.kind === 'interrupt') {
        interruptedAt = now();
        input.clear();
        typedAhead = 0;
        // One that has just ended refuses the signal, and needs none.
        running.signal(message.signal).catch(() => {});
      }
    }
  }

  /** False where there is no connection to put it on: nothing is kept for later, and the window is told. */
  function put(bytes: Uint8Array): boolean {
    if (state === 'lost') {
      void window.text('warning', notSentWords);
      return false;
    }
    input.put(bytes);
    return true;
  }

  function type(line: string): void {
    clearTimeout(asking);
    const before = state;
    if (!put(encode(`${line}\r\n`))) return;
    if (before === 'idle') {
      output.typed(line);
      hasRun = true;
      openLine = '';
    } else typedAhead++;
    setState('running');
    quiet.touch();
  }

  return {
    async serve() {
      running = await shell.run('cmd.exe', [], runOptions);
      await window.event({
        kind: 'opened',
        shell: 'cmd',
        by: 'winrs',
        words: 'cmd.exe over WinRS',
        codePage: options.codePage,
      });
      setState('running');
      quiet.begin();
      const listening = listen().catch(() => {});
      try {
        for (;;) {
          const exitCode = await follow();
          for (const piece of output.flush()) await take(piece);
          if (exitCode !== controlCExit || now() - interruptedAt > afterInterruptMs) {
            await window.event({ kind: 'ended', exitCode, problem: null });
            return;
          }
          output = createCmdOutput(nonce);
          decoders = newDecoders(options.codePage);
          running = await shell.run('cmd.exe', [], runOptions);
          const place = directory !== null && canBeGiven(directory) ? directory : null;
          await window.event({ kind: 'restarted', directory: place });
          hasRun = false;
          setState('running');
          if (place !== null) input.put(encode(`cd /d "${place}"\r\n`));
        }
      } finally {
        quiet.end();
        clearTimeout(asking);
        input.clear();
        await window.flush().catch(() => {});
        void listening;
      }
    },
  };
}

function newDecoders(codePage: number) {
  return { stdout: createCodePageDecoder(codePage), stderr: createCodePageDecoder(codePage) };
}
