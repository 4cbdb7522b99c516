/**
 * Carries a Command out against a machine. Knows nothing of processes and terminals: what it prints, asks and connects with comes from its
 * environment, so that the `windeck` command and the Console view share it.
 */
import { CancelledError, type ClientOptions, type Target, TransportError, type WSManClient } from '../wsman/index.ts';
import { carryOut } from './carry-out.ts';
import { type Command, CommandLineError, type Connection, type Endpoint, type WinrmCommand } from './command.ts';
import { complete } from './complete.ts';
import { completionScript } from './completion-scripts.ts';
import { refuseByRisk } from './consent.ts';
import { describeFailure, formatFailure } from './failure.ts';
import { helpText } from './help.ts';
import { errorMessage } from './helpmsg.ts';
import { localScript } from './quickconfig.ts';
import { withSignIn } from './sign-in.ts';
import { printable } from './text-format.ts';
import { usualClasses } from './usual-classes.ts';

export interface CommandEnvironment {
  readonly version: string;
  readonly createClient: (target: Target, options?: ClientOptions) => WSManClient;
  /** Takes output as it comes; resolves when there is room for more. Rejects with OutputClosedError where nobody reads any longer. */
  readonly stdout: (text: string) => Promise<void>;
  readonly stderr: (text: string) => Promise<void>;
  /** Asks the person at the terminal, without echo where hidden. Null where there is no terminal. Rejects with CancelledError on Ctrl-C. */
  readonly ask: (question: string, hidden: boolean) => Promise<string | null>;
  /** `-p:-`: the first line of standard input, without its end. */
  readonly readPasswordLine: () => Promise<string>;
  /** The content of a file here, of at most so many octets. Rejects with the error of node:fs. */
  readonly readFile: (path: string, maxLength: number) => Promise<Uint8Array>;
  /**
   * Asks whether to go on with what could cut the way to the machine. Absent, as in a script: it is done, as winrm does it. Rejects with
   * CancelledError on Ctrl-C.
   */
  readonly confirm?: (question: string) => Promise<boolean>;
  /** Whom to sign in as where the line has no `-u`. Absent for the `windeck` command: it knows nobody. */
  readonly signIn?: (endpoint: Endpoint) => Promise<{ readonly userName: string; readonly password: string } | null>;
  /** Whether a user is asked for where the line names none and there is nobody to sign in as. Absent: yes. */
  readonly asksForUser?: boolean;
  /** Where a line without `-r` goes, instead of 5985: for tests, whose machines listen elsewhere. */
  readonly localhostPort?: number;
  /** The line was an argument of the process, so that others can read a password in it; said on standard error. */
  readonly warnOfVisiblePassword: boolean;
  readonly signal?: AbortSignal;
}

/** Nobody reads the output any longer (`| head`). Not a failure: whoever started the run ends it quietly. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';
}

const cancelledExitCode = 130;
/** After these it matters whether the request had left. */
const changes: ReadonlySet<WinrmCommand['verb']> = new Set([
  'set',
  'create',
  'delete',
  'invoke',
  'quickconfig',
  'configsddl',
] as const);

/**
 * Parses and runs one line. Resolves with its exit code: 0 done, 1 any error as winrm has it, 2 not a command of ours, 130 cancelled.
 * Rejects only with OutputClosedError.
 */
export async function execute(parse: () => Command, environment: CommandEnvironment): Promise<number> {
  try {
    return await run(parse(), environment);
  } catch (error) {
    if (!(error instanceof CommandLineError)) throw error;
    // It repeats what was typed, which may have been copied from anywhere.
    await environment.stderr(`Error: ${printable(error.message)}\n`);
    return error.exitCode;
  }
}

/** Runs one command. Rejects with CommandLineError where the line asks for what this place cannot give, and with OutputClosedError. */
export async function run(command: Command, environment: CommandEnvironment): Promise<number> {
  switch (command.verb) {
    case 'help': {
      const text = helpText(command.topic);
      if (text === null)
        throw new CommandLineError(
          `There is no help on "${command.topic}" in this version. "windeck help" lists what there is.`,
        );
      await environment.stdout(text);
      return 0;
    }
    case 'helpmsg': {
      const text = errorMessage(command.code);
      if (text === null) throw new CommandLineError(`There is no message for ${command.code}.`);
      await environment.stdout(text);
      return 0;
    }
    case 'completion':
      await environment.stdout(completionScript(command.shell));
      return 0;
    case 'complete': {
      const { line } = command;
      const { from, items } = complete(line, line.length, {
        machines: [],
        tags: [],
        valuesOf: () => [],
        ...usualClasses,
      });
      // Shells replace whole words.
      const head = line.slice(0, from).replace(/^.*\s/s, '');
      await environment.stdout(items.map(({ text, note }) => `${head}${text}\t${note}\n`).join(''));
      return 0;
    }
    case 'version':
      await environment.stdout(`windeck ${environment.version}\n`);
      return 0;
    default:
      return runWinrm(command, environment);
  }
}

async function runWinrm(command: WinrmCommand, environment: CommandEnvironment): Promise<number> {
  const { connection, format } = command;
  let client = null as WSManClient | null;
  try {
    environment.signal?.throwIfAborted();
    await refuseByRisk(command, environment);
    let isPrinted = false;
    const stdout = (text: string): Promise<void> => {
      isPrinted = true;
      return environment.stdout(text);
    };
    const work = async (target: Target): Promise<void> => {
      client?.close();
      client = environment.createClient(target, {
        maxConnections: 1,
        encoding: connection.encoding,
        ...(connection.timeoutMs === null ? {} : { operationTimeoutMs: connection.timeoutMs }),
      });
      await carryOut(command, client, target, { ...environment, stdout });
    };
    await withSignIn(command, environment, work, () => isPrinted);
    return 0;
  } catch (error) {
    if (error instanceof OutputClosedError || error instanceof CommandLineError) throw error;
    if (environment.signal?.aborted || error instanceof CancelledError) {
      const doubt = changes.has(command.verb) && client !== null;
      await environment.stderr(
        doubt ? 'Cancelled. If the request had left already, the machine may still carry it out.\n' : 'Cancelled.\n',
      );
      return cancelledExitCode;
    }
    await environment.stderr(
      formatFailure(describeFailure(error, connection.endpoint.host, placeOf(connection)), format),
    );
    if (command.verb === 'quickconfig' && error instanceof TransportError) {
      await environment.stderr(localScript(command));
    }
    return 1;
  } finally {
    client?.close();
  }
}

/** For the sentences and commands of a failure that name them. */
export function placeOf({ endpoint, userName }: Connection): { readonly port: number; readonly userName?: string } {
  return { port: endpoint.port, ...(userName === null ? {} : { userName }) };
}
