/**
 * One command of a shell while it runs: its output until it is received, its input, its end. A second Receive takes the place of the
 * first; output that nobody receives makes the program wait.
 */
import { LabFault } from '../faults.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import { runCmd, runDirectly } from './cmd.ts';
import type { CommandHost } from './cmd-host.ts';
import { createBell, createPipe } from './pipe.ts';
import { Interruption, type LabEnvironment } from './program.ts';

export interface OutputPiece {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
}
export interface Batch {
  readonly pieces: readonly OutputPiece[];
  /** Unsigned; null while the command runs or there is more to receive. */
  readonly exitCode: number | null;
}

export interface LabCommand {
  readonly commandId: string;
  readonly line: string;
  readonly isRunning: boolean;
  /** At most so many octets of base64. Null: there was nothing within the time. */
  receive(room: number, waitMs: number): Promise<Batch | null>;
  /** False where the program has not taken it within the time. */
  send(bytes: Uint8Array, isLast: boolean, waitMs: number): Promise<boolean>;
  interrupt(kind: 'ctrl_c' | 'ctrl_break'): void;
  /** Ends it at once; a Receive that waits is told so. */
  kill(): void;
}

export interface CommandSettings {
  readonly commandId: string;
  readonly machine: SimulatedMachine;
  readonly user: string;
  readonly codePage: number;
  readonly environment: LabEnvironment;
  readonly directory: string;
  /** The program without cmd.exe around it. */
  readonly direct: { readonly command: string; readonly tail: string } | null;
  readonly line: string;
  /** Every process of the shell is in its job. */
  readonly job: Set<number>;
}

/** Output that is not received yet; beyond it programs wait. */
const fullBytes = 256 * 1024;
/** ERROR_OPERATION_ABORTED. */
const aborted = 995;
/** HRESULT of ERROR_FILE_NOT_FOUND, ERROR_NO_DATA. */
const fileNotFound = 2147942402;
const pipeClosing = 2147942632;

/** Throws LabFault where a program that is to run by itself does not exist. */
export function startCommand(settings: CommandSettings): LabCommand {
  const { machine } = settings;
  const killed = new AbortController();
  let interruption = new AbortController();
  const stdin = createPipe();
  const changed = createBell();
  const output: OutputPiece[] = [];
  let buffered = 0;
  let exitCode: number | null = null;
  let receives = 0;

  const host: CommandHost = {
    machine,
    user: settings.user,
    codePage: settings.codePage,
    stdin,
    async write(stream, bytes) {
      while (buffered >= fullBytes) await host.wait((signal) => changed.wait(signal));
      killed.signal.throwIfAborted();
      if (bytes.length === 0) return;
      output.push({ stream, bytes });
      buffered += bytes.length;
      changed.ring();
    },
    async wait(work) {
      const current = interruption;
      try {
        return await work(AbortSignal.any([killed.signal, current.signal]));
      } catch (error) {
        // Told once; what the program does then is not interrupted any more.
        if (current.signal.aborted && interruption === current) interruption = new AbortController();
        throw error;
      }
    },
    startProcess(commandLine) {
      const processId = machine.processes.create(commandLine, machine.clock.now());
      settings.job.add(processId);
      return () => {
        if (settings.job.delete(processId)) machine.processes.terminate(processId, machine.clock.now());
      };
    },
  };

  const { direct, environment, directory, line } = settings;
  const endCmd = direct === null ? host.startProcess(`C:\\Windows\\system32\\cmd.exe /C "${line}"`) : () => {};
  const work = direct
    ? runDirectly(direct.command, direct.tail, host, environment, directory)
    : runCmd(line, host, environment, directory);
  if (work === null) throw new LabFault(fileNotFound, { shellPlugin: true });
  work
    .catch((error: unknown) => {
      if (!(error instanceof Interruption)) process.stderr.write(`lab: ${String(error)}\n`);
      return 1;
    })
    .then((code) => {
      endCmd();
      exitCode = code;
      changed.ring();
    });

  /** Takes pieces while there is room; base64 makes four octets of three, and each piece has its element around it. */
  function take(room: number): OutputPiece[] {
    const pieces: OutputPiece[] = [];
    let left = room;
    while (output.length > 0 && left > elementOctets + 4) {
      const [piece] = output as [OutputPiece];
      const most = Math.floor((left - elementOctets) / 4) * 3;
      const bytes = piece.bytes.subarray(0, most);
      if (bytes.length === piece.bytes.length) output.shift();
      else output[0] = { stream: piece.stream, bytes: piece.bytes.subarray(most) };
      pieces.push({ stream: piece.stream, bytes });
      buffered -= bytes.length;
      left -= elementOctets + Math.ceil(bytes.length / 3) * 4;
    }
    if (pieces.length > 0) changed.ring();
    return pieces;
  }

  /** False when the time is over first. */
  async function waitFor(condition: () => boolean, waitMs: number): Promise<boolean> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), waitMs);
    try {
      while (!condition()) await changed.wait(patience.signal);
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    commandId: settings.commandId,
    line,
    get isRunning() {
      return exitCode === null;
    },
    async receive(room, waitMs) {
      const turn = ++receives;
      changed.ring();
      const isReady = (): boolean =>
        killed.signal.aborted || turn !== receives || output.length > 0 || exitCode !== null;
      const inTime = await waitFor(isReady, waitMs);
      // What a program writes in one go is received together.
      if (inTime) await new Promise((resolve) => setImmediate(resolve));
      if (killed.signal.aborted || turn !== receives) throw new LabFault(aborted, { shellPlugin: true });
      if (!inTime) return null;
      const pieces = take(room);
      return { pieces, exitCode: output.length === 0 ? exitCode : null };
    },
    async send(bytes, isLast, waitMs) {
      if (exitCode !== null) throw new LabFault(pipeClosing, { shellPlugin: true });
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), waitMs);
      try {
        if (bytes.length > 0) await stdin.write(bytes, AbortSignal.any([patience.signal, killed.signal]));
        if (isLast) stdin.end();
        return true;
      } catch {
        if (killed.signal.aborted) throw new LabFault(aborted, { shellPlugin: true });
        return false;
      } finally {
        clearTimeout(timer);
      }
    },
    interrupt(kind) {
      interruption.abort(new Interruption(kind));
    },
    kill() {
      killed.abort(new Interruption('killed'));
      stdin.end();
      changed.ring();
    },
  };
}

/** `<rsp:Stream Name=… CommandId=…></rsp:Stream>` with some to spare. */
const elementOctets = 128;
