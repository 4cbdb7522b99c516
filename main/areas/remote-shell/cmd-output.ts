/**
 * What an interactive cmd.exe prints on its standard output, told apart: prompts, the repetition of what was typed, and everything else. cmd.exe
 * was given a prompt with marks around it, so that no line of a program is taken for one. Pure; text in, pieces out.
 */

export type CmdPiece =
  | { readonly kind: 'text'; readonly text: string }
  /** A whole prompt has been printed (its text is among the pieces before): cmd.exe reads the next line. */
  | { readonly kind: 'prompt'; readonly directory: string | null }
  | { readonly kind: 'exit'; readonly exitCode: number };

export interface CmdOutput {
  take(text: string): CmdPiece[];
  /** A line has gone to cmd.exe at its prompt, where the terminal shows it already: cmd.exe's own repetition of it is left out. */
  typed(line: string): void;
  /** The line that asks for the exit code of the one before; neither it nor its answer nor the prompt behind it becomes a piece. */
  ask(): string;
  /** Text that waits for what may complete it; for when nothing comes any more. */
  flush(): CmdPiece[];
}

/** More than this is held back by nothing. */
const mostHeld = 64 * 1024;

/** `nonce`: letters and digits nobody guesses, for this session. */
export function createCmdOutput(nonce: string): CmdOutput {
  const open = `\u001b]7717;${nonce};A\u001b\\`;
  const close = `\u001b]7717;${nonce};B\u001b\\`;
  const question = `@echo ${nonce}%errorlevel%`;
  let held = '';
  /** The prompt that is being printed: its text so far. */
  let prompt: string | null = null;
  let echo: string | null = null;
  let asked: string | null = null;

  function take(text: string): CmdPiece[] {
    const pieces: CmdPiece[] = [];
    let rest = held + text;
    held = '';
    for (;;) {
      const mark = prompt === null ? open : close;
      const at = rest.indexOf(mark);
      const known = at < 0 ? rest.slice(0, rest.length - overlap(rest, mark)) : rest.slice(0, at);
      if (at < 0) {
        held = rest.slice(known.length);
        put(known, pieces);
        return pieces;
      }
      put(known, pieces);
      rest = rest.slice(at + mark.length);
      if (prompt === null) prompt = '';
      else endPrompt(pieces);
    }
  }

  function put(text: string, pieces: CmdPiece[]): void {
    if (prompt !== null) prompt += text;
    if (asked !== null) {
      asked += text;
      if (asked.length > mostHeld) settleAsked(pieces);
      return;
    }
    let shown = text;
    if (echo !== null && text !== '') {
      const whole = echo;
      if (whole.startsWith(text)) {
        echo = whole.slice(text.length);
        if (echo === '') echo = null;
        swallowed += text;
        return;
      }
      echo = null;
      shown = text.startsWith(whole) ? text.slice(whole.length) : swallowed + text;
      swallowed = '';
    }
    if (shown !== '') pieces.push({ kind: 'text', text: shown });
  }
  let swallowed = '';

  function endPrompt(pieces: CmdPiece[]): void {
    const directory = /([A-Za-z]:\\[^"<>|*?\p{Cc}]*|\\\\[^"<>|*?\p{Cc}]+)>\s*$/u.exec(prompt ?? '')?.[1] ?? null;
    prompt = null;
    if (asked !== null) {
      settleAsked(pieces);
      return;
    }
    pieces.push({ kind: 'prompt', directory });
  }

  /** Takes the question, its answer and the prompt out of what came since; anything else that came between is output. */
  function settleAsked(pieces: CmdPiece[]): void {
    const text = asked ?? '';
    asked = null;
    const found = new RegExp(`(?:@echo ${nonce}%errorlevel%\\r?\\n)?${nonce}(-?\\d{1,10})\\s*?\\r?\\n`).exec(text);
    if (found === null) {
      if (text !== '') pieces.push({ kind: 'text', text });
      return;
    }
    const before = text.slice(0, found.index);
    if (before !== '') pieces.push({ kind: 'text', text: before });
    pieces.push({ kind: 'exit', exitCode: Number(found[1]) });
  }

  return {
    take,
    typed(line) {
      echo = `${line}\r\n`;
      swallowed = '';
    },
    ask() {
      asked = '';
      return question;
    },
    flush() {
      const pieces: CmdPiece[] = [];
      const text = (prompt === null ? '' : open) + held;
      if (asked !== null) settleAsked(pieces);
      if (text !== '') pieces.push({ kind: 'text', text });
      held = '';
      prompt = null;
      echo = null;
      return pieces;
    },
  };
}

/** PROMPT of the shell's environment: the usual one between marks. */
export const markedPrompt = (nonce: string): string => `$E]7717;${nonce};A$E\\$P$G$E]7717;${nonce};B$E\\`;

/** A prompt by its looks, for a cmd.exe whose prompt somebody has changed. No path of Windows has the characters left out. */
const promptLook = /(?:^|\n)([A-Za-z]:\\[^"<>|*?\p{Cc}]*|\\\\[^"<>|*?\p{Cc}]+)>$/u;

/** The directory of the prompt that `text` ends with; null where it ends with none. */
export const directoryOf = (text: string): string | null => promptLook.exec(text)?.[1] ?? null;

/** Whether a directory that was read off the output may stand between quotation marks in a line for cmd.exe: `%` would expand there. */
export const canBeGiven = (directory: string): boolean => !/["<>|*?%\p{Cc}]/u.test(directory);

/** How many characters at the end of `text` begin `mark`. */
function overlap(text: string, mark: string): number {
  const from = Math.max(0, text.length - mark.length + 1);
  for (let at = text.indexOf('\u001b', from); at >= 0; at = text.indexOf('\u001b', at + 1)) {
    if (mark.startsWith(text.slice(at))) return text.length - at;
  }
  return 0;
}
