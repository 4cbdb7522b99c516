import type { PsObject, PsValue } from '../../wsman/psrp/clixml-types.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import type { ScriptError } from './script-error.ts';

export interface Progress {
  readonly activity: string;
  readonly activityId?: number;
  readonly status?: string;
  readonly currentOperation?: string | null;
  readonly parentActivityId?: number;
  readonly percentComplete?: number;
  readonly secondsRemaining?: number;
  readonly isCompleted?: boolean;
}

/** What a script runs in: a pipeline of PSRP, or powershell.exe. Everything that waits rejects when the script is stopped. */
export interface ScriptHost {
  readonly machine: SimulatedMachine;
  readonly user: string;
  readonly processId: number;
  /** Names of the only commands there are, in lower case; null for all. */
  readonly allowed: ReadonlySet<string> | null;
  /** Somebody can be asked. */
  readonly isInteractive: boolean;
  /** Character cells in a line of the screen. */
  readonly width: number;
  /** Objects that are piped in from outside. */
  readonly input: AsyncIterable<PsValue>;
  output(value: PsValue): Promise<void>;
  error(error: ScriptError): Promise<void>;
  warning(text: string): Promise<void>;
  verbose(text: string): Promise<void>;
  debug(text: string): Promise<void>;
  progress(progress: Progress): Promise<void>;
  /** An InformationRecord. */
  information(record: PsObject): Promise<void>;
  /** A line on the screen. */
  writeLine(text: string): Promise<void>;
  /** A method of the host that answers. Throws ScriptError where there is no host, or where it says no. */
  call(method: string, parameters: readonly PsValue[]): Promise<PsValue>;
  /** One that does not. */
  tell(method: string, parameters: readonly PsValue[]): Promise<void>;
  /** Of a SecureString that the host gave. */
  reveal(secret: PsValue): Promise<string>;
  protect(plain: string): Promise<PsValue>;
  /** USER_EVENT and a call to the host of the pool; nothing where there is no pool. */
  raiseEvent(sourceId: string, messageData: PsValue): Promise<void>;
  tellPool(method: string, parameters: readonly PsValue[]): Promise<void>;
  pause(milliseconds: number): Promise<void>;
  readonly signal: AbortSignal;
}
