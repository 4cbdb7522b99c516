/**
 * Carries a Command out against a machine. Knows nothing of processes and terminals: what it prints, asks and connects with comes from its
 * environment, so that the `windeck` command and the Console view share it.
 */
import {
  type CallOptions,
  CancelledError,
  type ClientOptions,
  type InputParameter,
  type Target,
  type WSManClient,
} from '../wsman/index.ts';
import { type Command, CommandLineError, type Connection, type Endpoint, type WinrmCommand } from './command.ts';
import { describeFailure, formatFailure } from './failure.ts';
import { formatItem, formatResult, resultsFrame } from './format.ts';
import { helpText } from './help.ts';
import { returnValueMeaning } from './return-values.ts';
import { withSignIn } from './sign-in.ts';
import { printable } from './text-format.ts';

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
  /** Whom to sign in as where the line has no `-u`. Absent for the `windeck` command: it knows nobody. */
  readonly signIn?: (endpoint: Endpoint) => Promise<{ readonly userName: string; readonly password: string } | null>;
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
    let isPrinted = false;
    const stdout = (text: string): Promise<void> => {
      isPrinted = true;
      return environment.stdout(text);
    };
    const work = async (target: Target): Promise<void> => {
      client?.close();
      client = environment.createClient(target, {
        maxConnections: 1,
        ...(connection.timeoutMs === null ? {} : { operationTimeoutMs: connection.timeoutMs }),
      });
      await carryOut(command, client, target, { ...environment, stdout });
    };
    await withSignIn(command, environment, work, () => isPrinted);
    return 0;
  } catch (error) {
    if (error instanceof OutputClosedError || error instanceof CommandLineError) throw error;
    if (environment.signal?.aborted || error instanceof CancelledError) {
      const doubt = command.verb === 'invoke' && client !== null;
      await environment.stderr(
        doubt ? 'Cancelled. If the request had left already, the machine may still carry it out.\n' : 'Cancelled.\n',
      );
      return cancelledExitCode;
    }
    await environment.stderr(
      formatFailure(describeFailure(error, connection.endpoint.host, placeOf(connection)), format),
    );
    return 1;
  } finally {
    client?.close();
  }
}

/** For the sentences and commands of a failure that name them. */
export function placeOf({ endpoint, userName }: Connection): { readonly port: number; readonly userName?: string } {
  return { port: endpoint.port, ...(userName === null ? {} : { userName }) };
}

async function carryOut(
  command: WinrmCommand,
  client: WSManClient,
  target: Target,
  { signal, stdout, stderr }: CommandEnvironment,
): Promise<void> {
  const { format } = command;
  const options: CallOptions = signal === undefined ? {} : { signal };
  switch (command.verb) {
    case 'identify': {
      const anonymous = target.authentication === 'none';
      const identity = await client.identify({ ...options, anonymous });
      await stdout(formatItem(identity.element, format));
      if (anonymous && command.connection.authentication.scheme !== 'none') {
        await stderr('Note: asked without signing in, which says nothing about access; -u:USER signs in.\n');
      }
      return;
    }
    case 'get': {
      const { resource, fragment } = command;
      const element =
        fragment === null ? await client.get(resource, options) : await client.getFragment(resource, fragment, options);
      await stdout(formatItem(element, format));
      return;
    }
    case 'enumerate': {
      const { resource, filter } = command;
      const { opening, closing } = resultsFrame(format);
      let open = false;
      try {
        for await (const batch of client.enumerate(resource, { ...options, ...(filter === null ? {} : { filter }) })) {
          if (!open) await stdout(opening);
          open = true;
          await stdout(batch.map((element) => formatResult(element, format)).join(''));
        }
        if (!open) await stdout(opening);
        open = true;
      } finally {
        // Also where the rest failed: what was printed stays one well-formed document.
        if (open) await stdout(closing);
      }
      return;
    }
    case 'invoke': {
      const { resource, method } = command;
      const input = command.input.map(([name, value]): InputParameter => ({ name, type: 'string', value }));
      const result = await client.invoke(resource, method, input, options);
      await stdout(formatItem(result.output, format));
      if (result.returnValue !== null && result.returnValue !== 0) {
        const meaning = returnValueMeaning(resource.resourceUri, result.returnValue);
        const name = method.slice(method.lastIndexOf('/') + 1);
        await stderr(
          `${name} returned ${result.returnValue}${meaning === null ? ', which is not success' : `: ${meaning}`}.\n`,
        );
      }
    }
  }
}
