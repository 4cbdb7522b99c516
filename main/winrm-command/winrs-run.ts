/**
 * Carries a winrs command out. As run.ts it knows nothing of processes and terminals: standard input, output and Ctrl-C come from its
 * environment. The shell is deleted whatever way the command is left.
 */
import {
  CancelledError,
  codePageEncoder,
  createCodePageDecoder,
  openShell,
  type RunningCommand,
  type Shell,
  type StreamName,
  utf8CodePage,
  type WSManClient,
} from '../wsman/index.ts';
import { CommandLineError } from './command.ts';
import { refuseByCommand } from './consent.ts';
import { describeFailure, formatFailure } from './failure.ts';
import { type CommandEnvironment, OutputClosedError, placeOf } from './run.ts';
import { withSignIn } from './sign-in.ts';
import { printable, shown } from './text-format.ts';
import { winrsHelp } from './winrs-help.ts';
import type { WinrsCommand, WinrsLine } from './winrs-parse.ts';

export type Interruption = 'ctrl_c' | 'ctrl_break';

export interface WinrsEnvironment extends CommandEnvironment {
  /** Standard input for the command; null where there is none to pass on. Asked for once. */
  readonly standardInput: (
    noEcho: boolean,
    interrupt: (kind: Interruption) => void,
  ) => AsyncIterable<Uint8Array> | null;
  /** Standard input is typed by a person. */
  readonly isInteractive: boolean;
  /** Output is seen by a person: control characters are shown instead of sent to the terminal. */
  readonly isTerminal: Readonly<Record<StreamName, boolean>>;
  /** While a command runs, Ctrl-C comes here. Returns what ends that. */
  readonly onInterrupt: (handler: (kind: Interruption) => void) => () => void;
  /** Ends everything: the second Ctrl-C. */
  readonly cancel: () => void;
}

const cancelledExitCode = 130;

/**
 * Parses and runs one line. Resolves with the exit code of the remote command, signed 32 bit; 1 where it could not be run, 130 cancelled.
 * Rejects only with OutputClosedError.
 */
export async function executeWinrs(parse: () => WinrsLine, environment: WinrsEnvironment): Promise<number> {
  try {
    const line = parse();
    if (line.verb === 'winrs') return await runWinrs(line, environment);
    await environment.stdout(winrsHelp);
    return 0;
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error;
    await environment.stderr(`Error: ${printable(error.message)}\n`);
    return error.exitCode;
  }
}

async function runWinrs(command: WinrsCommand, environment: WinrsEnvironment): Promise<number> {
  const { connection } = command;
  const { signal } = environment;
  let client = null as WSManClient | null;
  let shell: Shell | null = null;
  try {
    signal?.throwIfAborted();
    await refuseByCommand(command.commandLine, connection.endpoint.host, environment);
    await note(command, environment);
    shell = await withSignIn({ verb: 'invoke', connection }, environment, (target) => {
      client?.close();
      client = environment.createClient({ ...target, ...(command.allowDelegate ? { delegate: true } : {}) });
      return openShell(client, {
        codePage: command.codePage,
        noProfile: command.noProfile,
        workingDirectory: command.directory ?? undefined,
        environment: command.environment,
        signal,
      });
    });
    if (command.allowDelegate && client?.security()?.mechanism !== 'Kerberos') {
      await environment.stderr('Note: -allowdelegate has no effect: only a Kerberos ticket can be used onward.\n');
    }
    return await runIn(shell, command, environment);
  } catch (error) {
    if (error instanceof OutputClosedError || error instanceof CommandLineError) throw error;
    if (signal?.aborted || error instanceof CancelledError) {
      await environment.stderr('Cancelled; the shell there is being deleted, and what runs in it.\n');
      return cancelledExitCode;
    }
    await environment.stderr(
      formatFailure(describeFailure(error, connection.endpoint.host, placeOf(connection)), 'text'),
    );
    return 1;
  } finally {
    await shell?.close();
    client?.close();
  }
}

async function note(command: WinrsCommand, { stderr }: WinrsEnvironment): Promise<void> {
  if (command.compression) await stderr('Note: -compression is accepted; nothing is compressed.\n');
  if (command.timeout) await stderr('Note: -timeout is deprecated in winrs and has no effect.\n');
  if (!createCodePageDecoder(command.codePage).isKnown) {
    await stderr(`Note: code page ${command.codePage} is not known here; its bytes are read as Latin-1.\n`);
  }
}

async function runIn(shell: Shell, command: WinrsCommand, environment: WinrsEnvironment): Promise<number> {
  const { signal } = environment;
  let running: RunningCommand | null = null;
  let interruptions = 0;
  const interrupt = (kind: Interruption): void => {
    if (++interruptions > 1) environment.cancel();
    // One that has just ended refuses the signal, and needs none.
    else running?.signal(kind).catch(() => {});
  };
  const stdin = environment.standardInput(command.noEcho, interrupt);
  running = await shell.run(command.commandLine, [], {
    consoleModeStdin: environment.isInteractive,
    skipCmdShell: false,
    stdin: stdin === null ? nothing() : environment.isInteractive ? inCodePage(command.codePage, stdin) : stdin,
    signal,
  });
  const release = environment.onInterrupt(interrupt);
  try {
    const decoders = {
      stdout: createCodePageDecoder(command.codePage),
      stderr: createCodePageDecoder(command.codePage),
    };
    const print = (stream: StreamName, text: string): Promise<void> =>
      environment[stream](environment.isTerminal[stream] ? shown(text) : text);
    for await (const { stream, bytes } of running) await print(stream, decoders[stream].decode(bytes));
    await print('stdout', decoders.stdout.end());
    await print('stderr', decoders.stderr.end());
    return await running.exitCode;
  } finally {
    release();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** What is typed is text, and comes as UTF-8; what comes from a file or a program is passed on byte by byte. */
async function* inCodePage(codePage: number, typed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const decoder = createCodePageDecoder(utf8CodePage);
  const encode = codePageEncoder(codePage) ?? codePageEncoder(utf8CodePage)!;
  for await (const piece of typed) {
    const bytes = encode(decoder.decode(piece));
    if (bytes.length > 0) yield bytes;
  }
}
