import * as v from 'valibot';
import { of, stream } from '../rpc/endpoint.ts';
import { MachineId } from './machines.ts';
import type { Problem } from './problem.ts';

/**
 * An interactive shell on one machine. Output comes as bytes, UTF-8 whatever the machine's code page is, with an event before each change of
 * the stream that they belong to; what is typed goes as bytes, whole lines with their ends. Nothing of it is kept or logged here.
 */

export const ShellKind = v.picklist(['cmd', 'powershell']);
export type ShellKind = v.InferOutput<typeof ShellKind>;

const Bytes = v.pipe(
  v.custom<Uint8Array>((value) => value instanceof Uint8Array, 'must be bytes'),
  v.check((bytes) => bytes.length <= 262_144, 'must be no more than 256 KiB'),
);
const Columns = v.pipe(v.number(), v.integer(), v.minValue(20), v.maxValue(1000));
const Rows = v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(500));

export const ShellInput = v.union([
  Bytes,
  v.variant('kind', [
    v.object({ kind: v.literal('interrupt'), signal: v.picklist(['ctrl_c', 'ctrl_break']) }),
    /** The window has another size: PowerShell formats its tables by it. */
    v.object({ kind: v.literal('resize'), columns: Columns, rows: Rows }),
    /** To the question of that number. `null`: none, which cancels what asked. */
    v.object({
      kind: v.literal('answer'),
      question: v.number(),
      answers: v.nullable(v.array(v.pipe(v.string(), v.maxLength(65_536)))),
    }),
    /** The objects of the last PowerShell result, as a table. */
    v.object({ kind: v.literal('table') }),
  ]),
]);
export type ShellInput = v.InferOutput<typeof ShellInput>;

export type ShellStream = 'stdout' | 'stderr' | 'warning' | 'verbose' | 'debug';

/**
 * `waiting`: the program has asked something in an open line and is silent since. `silent`: it has said nothing for long; nobody can tell
 * whether it works or waits. `lost`: the connection is gone and is being tried again.
 */
export type ShellState = 'idle' | 'running' | 'waiting' | 'silent' | 'lost';

export interface ShellField {
  readonly label: string;
  /** Not shown, nor kept anywhere, while it is typed. */
  readonly isSecret: boolean;
}

/** What a PowerShell host is asked. */
export type ShellQuestion =
  | { readonly form: 'fields'; readonly fields: readonly ShellField[] }
  | {
      readonly form: 'choice';
      readonly choices: readonly { readonly label: string; readonly key: string; readonly help: string }[];
      /** Index of the one that Enter takes; null for none. */
      readonly preset: number | null;
    };

export type ShellEvent =
  /** First. `words`: what answers there. `codePage` null for PowerShell, which speaks text. */
  | {
      readonly kind: 'opened';
      readonly shell: ShellKind;
      /** `lines`: PowerShell without an endpoint of its own, each line a process. */
      readonly by: 'winrs' | 'psrp' | 'lines';
      readonly words: string;
      readonly codePage: number | null;
    }
  | { readonly kind: 'stream'; readonly stream: ShellStream }
  | {
      readonly kind: 'state';
      readonly state: ShellState;
      /** Of `waiting`: what was asked. */
      readonly asks: string | null;
      readonly sinceAt: number;
    }
  /** Idle again, in this directory where that is known. */
  | { readonly kind: 'prompt'; readonly directory: string | null }
  /** Of the last line. */
  | { readonly kind: 'exit'; readonly exitCode: number }
  /** A line of input went out as the connection was lost: it may or may not have arrived, and is not sent again. */
  | { readonly kind: 'input-unknown' }
  | { readonly kind: 'resumed'; readonly lostAt: number }
  /** Ctrl+C took cmd.exe along; another one was started where it was. Variables are gone. */
  | { readonly kind: 'restarted'; readonly directory: string | null }
  | {
      readonly kind: 'progress';
      readonly activity: number;
      readonly parent: number | null;
      readonly title: string;
      readonly status: string;
      readonly percent: number | null;
      readonly secondsLeft: number | null;
      readonly isDone: boolean;
    }
  | ({
      readonly kind: 'question';
      readonly question: number;
      readonly title: string;
      readonly message: string;
    } & ShellQuestion)
  | { readonly kind: 'question-over'; readonly question: number }
  /** The last result is kept there, and can be asked for as a table. */
  | { readonly kind: 'objects'; readonly isKept: boolean }
  | {
      readonly kind: 'table';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
      readonly isCut: boolean;
    }
  | { readonly kind: 'title'; readonly text: string }
  /** Last: it ended by itself, with `exit`, or the machine has ended it. */
  | { readonly kind: 'ended'; readonly exitCode: number | null; readonly problem: Problem | null };

/** What one machine said to a line that went to many. */
export interface BroadcastResult {
  readonly machineId: string;
  /** Null where it did not come to its end. */
  readonly exitCode: number | null;
  /** Standard output and standard error in their order. */
  readonly text: string;
  /** It said more than is kept of it. */
  readonly isCut: boolean;
  readonly milliseconds: number;
  readonly problem: Problem | null;
}

export const remoteShell = {
  /**
   * One line on many machines, each in a shell of its own that is deleted behind it. A machine that fails is a result; leaving the stream ends
   * what runs. The line is not kept.
   */
  broadcast: stream(
    v.object({
      machineIds: v.pipe(v.array(MachineId), v.minLength(1), v.maxLength(10_000)),
      kind: ShellKind,
      line: v.pipe(v.string(), v.minLength(1), v.maxLength(8_191)),
    }),
    of<BroadcastResult>(),
  ),
  /**
   * Opens a shell; leaving the stream deletes it and ends all that runs in it. Rejects with why it could not be opened; what happens later is
   * an event. Without credit nothing more is received, which makes the program there wait.
   */
  open: stream(
    v.object({
      machineId: MachineId,
      kind: ShellKind,
      /** Name of a PowerShell session configuration, JEA's among them. */
      configurationName: v.nullable(
        v.pipe(v.string(), v.regex(/^[\w.-]{1,200}$/, 'must be the name of a session configuration')),
      ),
      /** Of cmd. Null: UTF-8 where Windows is new enough for it, else 850. */
      codePage: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
      columns: Columns,
      rows: Rows,
    }),
    of<Uint8Array | ShellEvent>(),
    ShellInput,
  ),
};
