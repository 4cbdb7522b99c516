/**
 * Editing a line where no terminal is on the other side: what the keys do, as the data that xterm makes of them. Pure; the terminal draws what
 * this says, and a line goes out only when it is whole.
 */

export interface EditState {
  readonly text: string;
  /** In UTF-16 units, never inside a character. */
  readonly cursor: number;
  /** What stands in front of it while the history is searched. */
  readonly label: string;
  /** Typed, but not shown. */
  readonly isHidden: boolean;
}

export type EditAction =
  /** The line is whole. `isHidden`: it is to be kept nowhere. */
  | { readonly kind: 'line'; readonly text: string; readonly isHidden: boolean }
  | { readonly kind: 'interrupt'; readonly signal: 'ctrl_c' | 'ctrl_break' }
  | { readonly kind: 'clear' };

export interface LineDiscipline {
  readonly state: EditState;
  /** Data of xterm's onData: characters, or the sequence of one key. */
  key(data: string): EditAction | null;
  insert(text: string): void;
  replace(text: string): void;
  /** What is typed next is a secret. */
  hide(isHidden: boolean): void;
}

const letters = /[\p{L}\p{N}_\p{M}]/u;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** A line of cmd.exe has 8,191 at most, one of PowerShell more; beyond this it is no line. */
export const longestLine = 65_536;

/** A line as it may be typed: a tab is a blank, and nothing is left that controls a terminal or turns the direction of writing. */
export const cleanLine = (text: string): string =>
  text.replaceAll('\t', ' ').replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '');

/** `history`: oldest first, asked for at each use. */
export function createLineDiscipline(history: () => readonly string[]): LineDiscipline {
  let text = '';
  let cursor = 0;
  let isHidden = false;
  let killed = '';
  /** Place in the history, counted from its end; -1 for the line that is being typed. */
  let place = -1;
  let draft = '';
  let search: { query: string; from: number; before: string; failed: boolean } | null = null;

  const set = (next: string, at = next.length): void => {
    text = next.slice(0, longestLine);
    cursor = Math.min(at, text.length);
  };
  const insert = (typed: string): void => {
    const clean = cleanLine(typed);
    set(text.slice(0, cursor) + clean + text.slice(cursor), cursor + clean.length);
  };
  const remove = (from: number, to: number, isKill = false): void => {
    if (isKill) killed = text.slice(from, to);
    set(text.slice(0, from) + text.slice(to), from);
  };

  function step(direction: 1 | -1): number {
    if (direction > 0) {
      const [next] = segmenter.segment(text.slice(cursor));
      return cursor + (next?.segment.length ?? 0);
    }
    const before = [...segmenter.segment(text.slice(0, cursor))].at(-1);
    return cursor - (before?.segment.length ?? 0);
  }
  function word(direction: 1 | -1): number {
    let at = cursor;
    const isLetter = (): boolean => letters.test((direction > 0 ? text[at] : text[at - 1]) ?? '');
    const isInside = (): boolean => (direction > 0 ? at < text.length : at > 0);
    while (isInside() && !isLetter()) at += direction;
    while (isInside() && isLetter()) at += direction;
    return at;
  }
  function recall(direction: 1 | -1): void {
    const lines = history();
    const next = place + direction;
    if (isHidden || next < -1 || next >= lines.length) return;
    if (place === -1) draft = text;
    place = next;
    set(place === -1 ? draft : (lines[lines.length - 1 - place] ?? ''));
  }
  function find(from: number): void {
    if (search === null) return;
    const lines = history();
    const wanted = search.query.toLowerCase();
    for (let n = from; n < lines.length; n++) {
      const line = lines[lines.length - 1 - n]!;
      if (wanted === '' || !line.toLowerCase().includes(wanted)) continue;
      search.from = n;
      search.failed = false;
      set(line);
      return;
    }
    search.failed = search.query !== '';
  }
  function searching(data: string): EditAction | null | undefined {
    if (search === null) return undefined;
    if (data === '\u0012') find(search.from + 1);
    else if (data === '\u007f' || data === '\b') {
      search.query = search.query.slice(0, -1);
      find(0);
    } else if (data === '\u0007' || data === '\u0003') {
      set(search.before);
      search = null;
    } else if (data >= ' ' && !data.startsWith('\u007f')) {
      search.query += data;
      find(search.from);
    } else {
      // Any other key takes what was found, and does what it does.
      search = null;
      return data === '\u001b' ? null : undefined;
    }
    return null;
  }

  function finish(): EditAction {
    const action = { kind: 'line', text, isHidden } as const;
    set('');
    place = -1;
    draft = '';
    return action;
  }

  const keys: Readonly<Record<string, () => unknown>> = {
    '\r': finish,
    '\n': finish,
    '\u007f': () => remove(step(-1), cursor),
    '\b': () => remove(word(-1), cursor, true),
    '\u0017': () => remove(word(-1), cursor, true),
    '\u001b\u007f': () => remove(word(-1), cursor, true),
    '\u001b[3~': () => remove(cursor, step(1)),
    '\u001b[3;5~': () => remove(cursor, word(1), true),
    '\u001bd': () => remove(cursor, word(1), true),
    '\u000b': () => remove(cursor, text.length, true),
    '\u0015': () => remove(0, cursor, true),
    '\u0019': () => insert(killed),
    '\u001b': () => set(''),
    '\u001b[D': () => set(text, step(-1)),
    '\u001b[C': () => set(text, step(1)),
    '\u001b[1;5D': () => set(text, word(-1)),
    '\u001b[1;3D': () => set(text, word(-1)),
    '\u001bb': () => set(text, word(-1)),
    '\u001b[1;5C': () => set(text, word(1)),
    '\u001b[1;3C': () => set(text, word(1)),
    '\u001bf': () => set(text, word(1)),
    '\u001b[H': () => set(text, 0),
    '\u001bOH': () => set(text, 0),
    '\u0001': () => set(text, 0),
    '\u001b[F': () => set(text),
    '\u001bOF': () => set(text),
    '\u0005': () => set(text),
    '\u001b[A': () => recall(1),
    '\u001bOA': () => recall(1),
    '\u0010': () => recall(1),
    '\u001b[B': () => recall(-1),
    '\u001bOB': () => recall(-1),
    '\u000e': () => recall(-1),
    '\u0012': () => {
      if (!isHidden) search = { query: '', from: 0, before: text, failed: false };
    },
    '\u000c': () => ({ kind: 'clear' }),
    '\u0003': () => {
      set('');
      place = -1;
      return { kind: 'interrupt', signal: 'ctrl_c' };
    },
  };

  return {
    get state() {
      const label = search === null ? '' : `(${search.failed ? 'nothing found' : 'history'}: ${search.query}) `;
      return { text, cursor, label, isHidden };
    },
    key(data) {
      const found = searching(data);
      if (found !== undefined) return found;
      const key = keys[data];
      if (key !== undefined) return (key() as EditAction | undefined) ?? null;
      // A key that means nothing here; anything else is typed, at once or by an input method.
      if (!data.startsWith('\u001b') && (data.length > 1 || data >= ' ')) insert(data);
      return null;
    },
    insert,
    replace: (line) => set(cleanLine(line)),
    hide(hidden) {
      if (isHidden === hidden) return;
      isHidden = hidden;
      search = null;
      // Nothing of a secret becomes visible, nor does a half-typed line become one.
      set('');
    },
  };
}
