import type { SimulatedMachine } from '../simulated-machine.ts';
import type { Pipe } from './pipe.ts';
import type { LabEnvironment } from './program.ts';

/** Where a command runs: its streams, its shell's settings, and what can stop it. */
export interface CommandHost {
  readonly machine: SimulatedMachine;
  readonly user: string;
  readonly codePage: number;
  readonly stdin: Pipe;
  write(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void>;
  /** Calls back with a signal that ends every wait when the command is interrupted or killed. */
  wait<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** A process in the machine's table, until the returned function is called. */
  startProcess(commandLine: string): () => void;
}

/** What a cmd.exe of its own may change. */
export interface CmdState {
  readonly environment: LabEnvironment;
  directory: string;
}

export interface Outcome {
  readonly exitCode: number;
  /** `exit`, or Ctrl-C: what stands behind is not run. */
  readonly ends: boolean;
  /** `exit`: the cmd.exe ends too. */
  readonly exits?: boolean;
}
