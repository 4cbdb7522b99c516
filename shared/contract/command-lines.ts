import * as v from 'valibot';
import { call, of, stream } from '../rpc/endpoint.ts';
import { MachineId } from './machines.ts';
import type { Problem } from './problem.ts';

/**
 * Command lines of winrm and winrs, as the Console view types them. A line that names no machine goes to the machine of the prompt; `-r:NAME`
 * finds a machine of the inventory by its name or address; `-r:@TAG` is every machine that has the tag.
 */

const Line = v.pipe(v.string(), v.maxLength(32_768));

/** How results are printed where the line itself does not say. */
export const LineFormat = v.picklist(['text', 'xml', 'pretty', 'json', 'table']);
export type LineFormat = v.InferOutput<typeof LineFormat>;

/** What goes to a line while it runs. */
export const LineInput = v.variant('kind', [
  /** To the question of that number; null: no answer. */
  v.object({
    kind: v.literal('answer'),
    question: v.number(),
    text: v.nullable(v.pipe(v.string(), v.maxLength(4096))),
  }),
  /** Standard input of a winrs command, with its line ends. */
  v.object({ kind: v.literal('input'), text: v.pipe(v.string(), v.maxLength(65_536)) }),
  v.object({ kind: v.literal('end-of-input') }),
  /** Ctrl+C: a signal for a winrs command, the end of anything else. The second one ends both. */
  v.object({ kind: v.literal('interrupt') }),
]);
export type LineInput = v.InferOutput<typeof LineInput>;

/** One instance, or other element, as a row: path of names → text. */
export type LineRow = Readonly<Record<string, string>>;

/** What came of a line on one machine of a tag. */
export interface MachineResult {
  readonly machineId: string;
  readonly machine: string;
  /** Null where it was not run to its end. */
  readonly exitCode: number | null;
  readonly milliseconds: number;
  /** Of a line whose results are instances; null where it prints text. */
  readonly rows: readonly LineRow[] | null;
  /** Of a line that prints text (winrs, `-format`), standard output and standard error in their order. */
  readonly text: string | null;
  /** The machine said more than is kept of it. */
  readonly isCut: boolean;
  /** Beside rows: what winrm prints on standard error, such as the meaning of a return value. */
  readonly note: string | null;
  readonly problem: Problem | null;
}

export type LineEvent =
  /** First: what the line was understood to be, and whom it goes to. `takesInput`: what is typed meanwhile is its standard input. */
  | {
      readonly kind: 'begin';
      readonly machines: readonly { readonly machineId: string; readonly name: string }[];
      /** The tag that names them. */
      readonly tag: string | null;
      readonly takesInput: boolean;
      /** What is typed for it is not to be shown. */
      readonly hidesInput: boolean;
    }
  | { readonly kind: 'output'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  /** Waits for an answer. `confirm`: yes or no, `y` or `n`. */
  | {
      readonly kind: 'question';
      readonly question: number;
      readonly text: string;
      readonly form: 'shown' | 'hidden' | 'confirm';
    }
  /** One machine of a tag is done. */
  | { readonly kind: 'result'; readonly result: MachineResult }
  | { readonly kind: 'end'; readonly exitCode: number; readonly milliseconds: number };

export interface LineCompletion {
  /** The part of the line that an item replaces, in UTF-16 units. */
  readonly from: number;
  readonly to: number;
  readonly items: readonly { readonly text: string; readonly note: string }[];
}

export const commandLines = {
  /**
   * Runs a line as the tools do: failures are output and an exit code, never a Problem of the stream. Leaving the stream cancels the line. The
   * line is not kept, nor written to any log: it may hold a password. What changes something is written down in the audit file without values.
   */
  run: stream(
    v.object({
      line: Line,
      /** The machine of the prompt. */
      machineId: v.nullable(MachineId),
      format: LineFormat,
    }),
    of<LineEvent>(),
    LineInput,
  ),
  /**
   * What may stand at the cursor: words of the language, machines and tags of the inventory, classes and properties, and values of a key from
   * the machine that the line goes to, if that one is connected.
   */
  complete: call(
    v.object({
      line: Line,
      cursor: v.pipe(v.number(), v.integer(), v.minValue(0)),
      machineId: v.nullable(MachineId),
    }),
    of<LineCompletion>(),
  ),
};
