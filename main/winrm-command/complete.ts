/**
 * Completion of a winrm or winrs line, for the Console view and the completion scripts of shells. Pure: what is known of machines, tags and
 * classes is handed in.
 */

/** What the place that asks knows beside the language itself. */
export interface Known {
  readonly machines: readonly string[];
  /** Offered as `#tag`. */
  readonly tags: readonly string[];
  readonly classes: readonly string[];
  /** Keys and properties of a class, by its name; empty where nothing is known. */
  readonly propertiesOf: (className: string) => readonly string[];
}

export interface CompletionItem {
  /** Stands in the line from `from` to `to`. */
  readonly text: string;
  /** A few words about it; may be empty. */
  readonly note: string;
}

export interface Completion {
  /** The part of the line that an item replaces: offsets in UTF-16 units, `from` inclusive, `to` exclusive. */
  readonly from: number;
  readonly to: number;
  readonly items: readonly CompletionItem[];
}

/**
 * What may stand at the cursor. Never throws, whatever the line is; the items are empty where nothing is known. `to` is at or behind the
 * cursor: the rest of the word under it is replaced as well.
 */
export function complete(line: string, cursor: number, known: Known): Completion {
  const at = Math.max(0, Math.min(cursor, line.length));
  const from = startOfWord(line, at);
  const words = line.slice(0, from).trim().split(/\s+/).filter(Boolean);
  const typed = line.slice(from, at).toLowerCase();
  const programs: readonly CompletionItem[] = [
    { text: 'winrm', note: 'reads and changes over WS-Management' },
    { text: 'winrs', note: 'runs a command on a machine' },
  ];
  const items = words.length === 0 ? programs : typed.startsWith('-r:') ? machinesOf(known) : [];
  return { from, to: at, items: items.filter((item) => item.text.toLowerCase().startsWith(typed)) };
}

function startOfWord(line: string, at: number): number {
  let from = at;
  while (from > 0 && !/\s/.test(line[from - 1]!)) from--;
  return from;
}

const machinesOf = (known: Known): CompletionItem[] =>
  known.machines.map((machine) => ({ text: `-r:${machine}`, note: 'machine' }));
