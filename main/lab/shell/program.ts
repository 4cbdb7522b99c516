import type { SimulatedMachine } from '../simulated-machine.ts';

/** What a simulated program gets. Everything that waits rejects when the program is interrupted or its job ends. */
export interface ProgramContext {
  readonly machine: SimulatedMachine;
  /** Account name, without a domain. */
  readonly user: string;
  /** What stands behind the program's name, untouched. */
  readonly tail: string;
  readonly environment: LabEnvironment;
  /** Current directory, without a backslash at its end except for a root. */
  directory: string;
  /** Standard input: the next bytes, null at its end. */
  read(): Promise<Uint8Array | null>;
  /** A line of standard input without its end, null where there is none any more. */
  readLine(): Promise<string | null>;
  out(text: string): Promise<void>;
  err(text: string): Promise<void>;
  outBytes(bytes: Uint8Array): Promise<void>;
  /** Milliseconds of real time. */
  pause(milliseconds: number): Promise<void>;
  readonly codePage: number;
}

/** Resolves with the exit code. */
export type Program = (context: ProgramContext) => Promise<number>;

/** Why a program ends before its time. Ctrl-C is something it may answer; the others just end it. */
export class Interruption extends Error {
  readonly kind: 'ctrl_c' | 'ctrl_break' | 'killed';
  constructor(kind: Interruption['kind']) {
    super(kind);
    this.kind = kind;
  }
}
/** STATUS_CONTROL_C_EXIT, as the exit code of what Ctrl-C ended. */
export const controlCExit = 0xc000013a;

/** Environment variables: the case of a name is kept, and does not matter. */
export interface LabEnvironment {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  remove(name: string): void;
  /** Sorted as `set` prints them. */
  entries(): readonly (readonly [name: string, value: string])[];
  copy(): LabEnvironment;
}

export function createEnvironment(initial: readonly (readonly [name: string, value: string])[] = []): LabEnvironment {
  const byKey = new Map<string, readonly [name: string, value: string]>();
  const environment: LabEnvironment = {
    get: (name) => byKey.get(name.toUpperCase())?.[1],
    set(name, value) {
      const key = name.toUpperCase();
      byKey.set(key, [byKey.get(key)?.[0] ?? name, value]);
    },
    remove: (name) => void byKey.delete(name.toUpperCase()),
    entries: () => [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
    copy: () => createEnvironment([...byKey.values()]),
  };
  for (const [name, value] of initial) environment.set(name, value);
  return environment;
}

/** Words of a tail; quotation marks hold blanks together and go. */
export function words(tail: string): string[] {
  return [...tail.matchAll(/"([^"]*)"?|[^\s"]+/g)].map((match) => match[1] ?? match[0]);
}
