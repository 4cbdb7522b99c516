/** One line on one target: the environment that the command language runs in, here without a process and a terminal. */
import { readBounded } from '../winrm-command/bounded-file.ts';
import { type Command, CommandLineError, type WinrmCommand } from '../winrm-command/command.ts';
import { type CommandEnvironment, execute } from '../winrm-command/run.ts';
import type { WinrsCommand, WinrsLine } from '../winrm-command/winrs-parse.ts';
import { executeWinrs, type Interruption, type WinrsEnvironment } from '../winrm-command/winrs-run.ts';
import type { Target, XmlElement } from '../wsman/index.ts';
import { type ClientWatch, ownClient, sessionClient, typedClient } from './command-line-client.ts';
import { connectionTo, type KnownMachine, leavesSignInToInventory } from './command-line-destination.ts';
import type { AreaContext } from './context.ts';
import { credentialOf } from './effective-credential.ts';

/** The person in front of the line, and where its output goes. */
export interface LineFront {
  readonly version: string;
  readonly print: (stream: 'stdout' | 'stderr', text: string) => Promise<void>;
  /** Null where nobody is asked. */
  readonly ask: (question: string, hidden: boolean) => Promise<string | null>;
  /** Null where nothing can be typed for it. */
  readonly standardInput: () => AsyncIterable<Uint8Array> | null;
  /** Takes Ctrl+C instead of ending the line. Returns what ends that. */
  readonly onInterrupt: (handler: (kind: Interruption) => void) => () => void;
  readonly onElement: (element: XmlElement) => void;
  readonly onError: (error: unknown) => void;
  readonly cancellation: AbortController;
  /** When the line was typed. */
  readonly askedAt: number;
}

/** Runs it; resolves with its exit code. Rejects with OutputClosedError alone. `machine` null: as the line says. */
export async function runOn(
  context: AreaContext,
  machine: KnownMachine | null,
  command: Command | WinrsLine,
  front: LineFront,
): Promise<number> {
  const addressed = machine === null || !('connection' in command) ? command : to(machine, command);
  // Asked of the line itself: addressed, it has the transport of the machine.
  const isSaved = machine !== null && 'connection' in command && leavesSignInToInventory(command.connection, machine);
  const environment = environmentFor(context, isSaved, machine, addressed, front);
  if (addressed.verb === 'winrs' || addressed.verb === 'winrs-help') {
    return executeWinrs(() => addressed, winrsEnvironment(environment, front));
  }
  return execute(() => addressed, environment);
}

function to<C extends WinrmCommand | WinrsCommand>(machine: KnownMachine, command: C): C {
  return { ...command, connection: connectionTo(command.connection, machine) };
}

function environmentFor(
  context: AreaContext,
  isSaved: boolean,
  machine: KnownMachine | null,
  command: Command | WinrsLine,
  front: LineFront,
): CommandEnvironment {
  const { signal } = front.cancellation;
  const hasSet = machine !== null && credentialOf(machine.settings, context.store.inventory.data) !== null;
  return {
    version: front.version,
    createClient(target, options) {
      const watch: ClientWatch = {
        timeoutMs: options?.operationTimeoutMs,
        encoding: options?.encoding ?? 'UTF-8',
        onElement: front.onElement,
        onError: front.onError,
      };
      if (isSaved && machine !== null && target.userName === savedSet.userName) {
        if (command.verb === 'winrs' || watch.encoding !== 'UTF-8')
          return ownClient(context, machine, target.delegate === true, signal, watch);
        return sessionClient(context, machine.id, signal, watch);
      }
      const whole = machine === null ? target : withSettings(target, machine);
      return typedClient(context, whole, front.askedAt, signal, watch);
    },
    stdout: (text) => front.print('stdout', text),
    stderr: (text) => front.print('stderr', text),
    signIn: async () => (isSaved ? savedSet : null),
    ask: front.ask,
    // A machine with a set of its own says why that one did not do; whom else to be, -u says.
    asksForUser: !(isSaved && hasSet),
    async readPasswordLine() {
      const line = await front.ask('Password: ', true);
      if (line === null) throw new CommandLineError('No password was given.');
      return line;
    },
    readFile: readBounded,
    warnOfVisiblePassword: false,
    signal,
  };
}

/** The language need not look for anybody: session or trial sign in, with a secret that never comes here. */
const savedSet = { userName: '', password: '' } as const;

/** Where to is saved, with its certificate and service principal name; as whom stands in the line. */
function withSettings(target: Target, { settings }: KnownMachine): Target {
  return {
    ...target,
    spn: target.spn ?? settings.spn,
    delegate: target.delegate === true || settings.delegate,
    tls: { ...target.tls, pin: target.transport === settings.transport ? settings.pin : null },
  };
}

function winrsEnvironment(environment: CommandEnvironment, front: LineFront): WinrsEnvironment {
  return {
    ...environment,
    standardInput: () => front.standardInput(),
    isInteractive: true,
    isTerminal: { stdout: true, stderr: true },
    onInterrupt: front.onInterrupt,
    cancel: () => front.cancellation.abort(),
  };
}
