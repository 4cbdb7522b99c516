/**
 * The remote shell that runs cmd.exe, WinRS (MS-WSMV 3.1.4.11 to 3.1.4.14, 3.1.4.5.2; examples 4.7): Create, Command, Send, Receive, Signal,
 * Delete, over the connections of a client.
 *
 * A Command is never sent twice. A command has at most one Receive outstanding, on a connection of its own, and the next one only goes out
 * when somebody asks for more output: so a slow reader slows the program. A shell is deleted whatever way it is left, which ends all that
 * runs in it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallOptions, WSManClient } from './client.ts';
import type { Option, ReceivedResponse } from './envelope.ts';
import { CancelledError, OutcomeUnknownError, ProtocolError, TransportError, WSManFault } from './errors.ts';
import { timedOutCode } from './fault.ts';
import { actions } from './namespaces.ts';
import { saysShellIsGone } from './shell-list.ts';
import {
  cmdShellUri,
  commandBody,
  type OutputChunk,
  type Received,
  readCommandId,
  readReceived,
  readShellId,
  receiveBody,
  type ShellDescription,
  type SignalName,
  sendBody,
  shellActions,
  shellBody,
  signalBody,
} from './shell-messages.ts';

export interface ShellOptions extends ShellDescription {
  /** Code page of standard output, standard error and input: WINRS_CODEPAGE. Left out, the target uses its OEM code page. */
  readonly codePage?: number | undefined;
  /** WINRS_NOPROFILE: the user's profile is not loaded. */
  readonly noProfile?: boolean | undefined;
  /** Default: the shell of cmd.exe. */
  readonly resourceUri?: string | undefined;
  /** OperationTimeout of every request, milliseconds; of a Receive it is how long the target keeps silent before it says so. */
  readonly timeoutMs?: number | undefined;
  /** Ends opening. A shell that came to be nevertheless is deleted before this is reported. */
  readonly signal?: AbortSignal | undefined;
}

export interface RunOptions {
  /** WINRS_CONSOLEMODE_STDIN: standard input is a console rather than a pipe. Windows Server 2012 R2 and later do not mind it. */
  readonly consoleModeStdin?: boolean | undefined;
  /** WINRS_SKIP_CMD_SHELL: the program is started without cmd.exe around it. Windows Server 2012 R2 and later do not mind it. */
  readonly skipCmdShell?: boolean | undefined;
  /** Sent as it comes, and ended with it. Without it standard input stays open until `end` is called. */
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  /** Ends the command: reading it rejects with CancelledError, and the command is terminated. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The command is not terminated when the connection is lost under a Receive (TransportError, OutcomeUnknownError): `attach` goes on with it.
   */
  readonly outlivesConnection?: boolean | undefined;
}

/**
 * A command that runs. Iterate it, once, to receive: nothing is received otherwise. Left before the end, the command is terminated. What
 * iterating throws is of `errors.ts`; OutcomeUnknownError where the answer to a Receive was lost, and output perhaps with it.
 */
export interface RunningCommand extends AsyncIterable<OutputChunk> {
  readonly commandId: string;
  /** Signed 32 bit. Settles when the command has been received to its end, and rejects with what ended it otherwise. */
  readonly exitCode: Promise<number>;
  /** A piece of standard input, in the shell's code page; one after another, in the order of the calls. */
  send(bytes: Uint8Array, options?: { readonly isLast?: boolean }): Promise<void>;
  /** There is no more standard input: a program that reads it to its end needs this. */
  end(): Promise<void>;
  signal(name: SignalName): Promise<void>;
}

export interface Shell {
  /** As the target wrote it: WinRM 1.1 has `uuid:` in front. */
  readonly shellId: string;
  readonly resourceUri: string;
  /** Starts a command. Rejects with OutcomeUnknownError where it may have started without our knowing its id. */
  run(command: string, args?: readonly string[], options?: RunOptions): Promise<RunningCommand>;
  /**
   * Goes on with a command that was left by a lost connection. Nothing is sent: whether shell and command are still there, the first Receive
   * says. Output that an answer held which never arrived is gone.
   */
  attach(commandId: string, options?: Pick<RunOptions, 'signal' | 'outlivesConnection'>): RunningCommand;
  /** Deletes the shell and all that runs in it. Never rejects: a target that does not hear of it ends the shell at its idle time-out. */
  close(): Promise<void>;
}

/** Deleting and terminating are waited for no longer than this. */
const farewellMs = 5_000;
/** Delete follows the terminates that are under way, but it does not depend on them. */
const politenessMs = 1_000;
/** A cancelled Create is given so long to say which shell is to be deleted. */
const createGraceMs = 3_000;
/** Answers without news in a row are not asked for faster than this: a target that does not wait must not keep both ends busy. */
const emptyAnswerPauseMs = 200;
/** One piece of standard input; in base64 it stays below the smallest usual MaxEnvelopeSize, 150 KiB. */
const sendBytes = 64 * 1024;

/** ERROR_NO_DATA, ERROR_BROKEN_PIPE as HRESULT, and a command that is gone: nobody reads standard input any more. */
const nobodyReads: ReadonlySet<number> = new Set([0x800700e8, 0x8007006d, 87, 2150858843]);

/** Creates a shell. Rejects as a client's calls do: 2150859173 where the user has too many, 2150859180 where shells are not allowed. */
export async function openShell(client: WSManClient, options: ShellOptions = {}): Promise<Shell> {
  const resourceUri = options.resourceUri ?? cmdShellUri;
  const call: CallOptions = { timeoutMs: options.timeoutMs };
  const shellId = await create(client, resourceUri, options);
  client.noteShell({ kind: 'opened', shellId, resourceUri });
  const shell = shellOver(client, { resourceUri, selectors: [['ShellId', shellId]] }, shellId, call);
  if (options.signal?.aborted) {
    await shell.close();
    throw new CancelledError('Cancelled while the shell was opened; it is deleted again.');
  }
  return shell;
}

async function create(client: WSManClient, resourceUri: string, options: ShellOptions): Promise<string> {
  const { signal } = options;
  if (signal?.aborted) throw new CancelledError('Cancelled before the shell was opened.');
  // Not the caller's own signal: a shell nobody knows the id of could not be deleted.
  const patience = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    timer = setTimeout(() => patience.abort(), createGraceMs);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  const set: Option[] = [];
  if (options.noProfile) set.push({ name: 'WINRS_NOPROFILE', value: 'TRUE' });
  if (options.codePage !== undefined) set.push({ name: 'WINRS_CODEPAGE', value: String(options.codePage) });
  try {
    const answer = await client.call({
      action: actions.create,
      resource: { resourceUri },
      body: shellBody(options),
      options: set,
      timeoutMs: options.timeoutMs,
      signal: patience.signal,
    });
    return readShellId(answer.body);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

interface Address {
  readonly resourceUri: string;
  readonly selectors: readonly (readonly [string, string])[];
}

function shellOver(client: WSManClient, resource: Address, shellId: string, call: CallOptions): Shell {
  const lifetime = new AbortController();
  /** Terminates that are still under way: Delete comes after them. */
  const farewells = new Set<Promise<void>>();
  let sending: Promise<void> = Promise.resolve();
  let closing: Promise<void> | null = null;

  const ask = (action: string, body: string, options: CallOptions = {}): Promise<ReceivedResponse> =>
    client.call({ ...call, ...options, action, resource, body });

  /** One Send outstanding per shell (MS-WSMV 3.1.4.13). */
  const sendInTurn = (
    commandId: string,
    bytes: Uint8Array,
    isLast: boolean,
    signal: AbortSignal,
    over: AbortSignal,
  ): Promise<void> => {
    const turn = sending.then(async () => {
      if (over.aborted) throw new CancelledError('The command is over.');
      await ask(shellActions.send, sendBody(commandId, bytes, isLast), { signal });
    });
    sending = turn.catch(() => {});
    return turn;
  };

  const terminate = (commandId: string): void => {
    const farewell = ask(shellActions.signal, signalBody(commandId, 'terminate'), { timeoutMs: farewellMs })
      .then(
        () => {},
        () => {},
      )
      .finally(() => farewells.delete(farewell));
    farewells.add(farewell);
  };

  async function run(command: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunningCommand> {
    if (closing !== null) throw new CancelledError('The shell is closed.');
    const life = lifeOf(options);
    const set: Option[] = [{ name: 'WINRS_SKIP_CMD_SHELL', value: options.skipCmdShell ? 'TRUE' : 'FALSE' }];
    if (options.consoleModeStdin !== undefined) {
      set.push({ name: 'WINRS_CONSOLEMODE_STDIN', value: options.consoleModeStdin ? 'TRUE' : 'FALSE' });
    }
    const answer = await ask(shellActions.command, commandBody(command, args), { options: set, signal: life });
    const commandId = readCommandId(answer.body);
    return running(commandId, life, options);
  }

  const lifeOf = ({ signal }: Pick<RunOptions, 'signal'>): AbortSignal =>
    AbortSignal.any([lifetime.signal, ...(signal ? [signal] : [])]);

  function running(
    commandId: string,
    life: AbortSignal,
    { stdin, outlivesConnection = false }: Pick<RunOptions, 'stdin' | 'outlivesConnection'>,
  ): RunningCommand {
    const release = client.reserveConnection();
    const over = new AbortController();
    const finish = (reason: CancelledError): void => {
      exit.reject(reason);
      over.abort();
      release();
    };
    // A command that nobody ever iterated ends with its shell.
    lifetime.signal.addEventListener('abort', () => finish(new CancelledError('The shell was closed.')), {
      once: true,
      signal: over.signal,
    });
    /** Ends Receive when standard input could not be sent. */
    const inputFailed = new AbortController();
    const signal = AbortSignal.any([life, inputFailed.signal]);
    const exit = Promise.withResolvers<number>();
    // Whoever iterates gets the error there.
    exit.promise.catch(() => {});

    const send = async (bytes: Uint8Array, { isLast = false } = {}): Promise<void> => {
      for (let at = 0; at < bytes.length; at += sendBytes) {
        const ends = isLast && at + sendBytes >= bytes.length;
        await sendInTurn(commandId, bytes.subarray(at, at + sendBytes), ends, life, over.signal);
      }
      if (isLast && bytes.length === 0) await end();
    };
    const end = (): Promise<void> => sendInTurn(commandId, new Uint8Array(), true, life, over.signal);

    async function* receive(): AsyncGenerator<OutputChunk, void, undefined> {
      let isLeftRunning = false;
      try {
        for (;;) {
          const received = await receiveOnce(commandId, signal);
          yield* received.chunks;
          if (received.state !== 'Done') continue;
          if (received.exitCode === null) {
            throw new ProtocolError('The command ended without an exit code: its shell met an error.');
          }
          exit.resolve(received.exitCode);
          return;
        }
      } catch (error) {
        const reason: unknown = inputFailed.signal.aborted ? inputFailed.signal.reason : error;
        exit.reject(reason);
        isLeftRunning =
          outlivesConnection && (reason instanceof TransportError || reason instanceof OutcomeUnknownError);
        throw reason;
      } finally {
        finish(new CancelledError('The command was left before its end.'));
        // Also after its end: only then the target forgets the command. With the shell it goes anyway.
        if (closing === null && !isLeftRunning) terminate(commandId);
      }
    }

    if (stdin) {
      pump(stdin, send, end, over.signal).catch((error: unknown) => {
        if (over.signal.aborted || life.aborted) return;
        if (error instanceof WSManFault && nobodyReads.has(error.fields.wsmanCode ?? 0)) return;
        inputFailed.abort(error);
      });
    }
    const output = receive();
    return {
      commandId,
      exitCode: exit.promise,
      [Symbol.asyncIterator]: () => output,
      send,
      end,
      signal: async (name) => {
        await ask(shellActions.signal, signalBody(commandId, name), { signal: life });
      },
    };
  }

  /** Asks until there is news. That a target has nothing to say within its OperationTimeout is no failure, any number of times. */
  async function receiveOnce(commandId: string, signal: AbortSignal): Promise<Received> {
    const options = [{ name: 'WSMAN_CMDSHELL_OPTION_KEEPALIVE', value: 'TRUE' }];
    for (;;) {
      const askedAt = performance.now();
      try {
        const answer = await ask(shellActions.receive, receiveBody(commandId), { options, signal });
        const received = readReceived(answer.body, commandId);
        if (received.chunks.length > 0 || received.state === 'Done') return received;
      } catch (error) {
        if (!(error instanceof WSManFault) || error.fields.wsmanCode !== timedOutCode) throw error;
      }
      const early = emptyAnswerPauseMs - (performance.now() - askedAt);
      if (early > 0) await sleep(early, undefined, { signal }).catch(() => {});
      if (signal.aborted) throw new CancelledError('The command was cancelled.');
    }
  }

  async function close(): Promise<void> {
    await Promise.race([Promise.all(farewells), sleep(politenessMs, undefined, { ref: false })]);
    lifetime.abort();
    try {
      await ask(actions.delete, '', { timeoutMs: farewellMs });
    } catch (error) {
      // Out of reach: then its idle time-out ends it.
      if (!saysShellIsGone(error)) return;
    }
    client.noteShell({ kind: 'closed', shellId, resourceUri: resource.resourceUri });
  }

  return {
    shellId,
    resourceUri: resource.resourceUri,
    run,
    attach: (commandId, options = {}) => running(commandId, lifeOf(options), options),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** Standard input as it comes, then its end. Stops waiting for more when the command is over. */
async function pump(
  stdin: AsyncIterable<Uint8Array>,
  send: (bytes: Uint8Array) => Promise<void>,
  end: () => Promise<void>,
  over: AbortSignal,
): Promise<void> {
  const iterator = stdin[Symbol.asyncIterator]();
  const isOver = new Promise<null>((resolve) => over.addEventListener('abort', () => resolve(null), { once: true }));
  for (;;) {
    const next = await Promise.race([iterator.next(), isOver]);
    if (next === null) {
      iterator.return?.()?.catch(() => {});
      return;
    }
    if (next.done) break;
    await send(next.value);
  }
  await end();
}
