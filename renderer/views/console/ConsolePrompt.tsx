import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react';
import { consoleStore, type Entry, useConsole } from '../../stores/console.ts';
import { takeDraft, useConsoleDraft } from '../../stores/console-draft.ts';
import { pastedLines, searchHistory, step } from '../../stores/console-history.ts';
import { maskSecrets } from '../../stores/console-secrets.ts';
import { type Suggestion, Suggestions, suggestionId } from './Suggestions.tsx';

export interface PromptHandle {
  focus(): void;
  /** Opens the search through the history. */
  search(): void;
  /** Puts a line into the prompt. */
  put(line: string): void;
}

interface List {
  readonly kind: 'completion' | 'history';
  readonly items: readonly Suggestion[];
  readonly active: number;
  readonly from: number;
  readonly to: number;
}

const hintId = 'console-prompt-hint';

/** Where lines are typed. While a command runs that reads, what is typed is its standard input. */
export function ConsolePrompt({
  prompt,
  running,
  handle,
  onPaste,
  onFind,
  onScroll,
}: {
  /** What stands in front: the machine that lines go to. */
  prompt: string;
  running: Entry | null;
  handle: React.Ref<PromptHandle>;
  /** Several lines at once. */
  onPaste: (lines: readonly string[]) => void;
  onFind: () => void;
  onScroll: (pages: number) => void;
}) {
  const history = useConsole((state) => state.history);
  const [draft, setDraft] = useState('');
  const [list, setList] = useState<List | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const [hint, setHint] = useState('');
  // A fresh element has no undo memory from which a secret could come back.
  const [generation, renew] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);
  const cursor = useRef<number | null>(null);
  const unsent = useRef('');
  const asking = useRef<AbortController | null>(null);
  const isInput = running?.takesInput === true;
  const isBusy = running !== null && !isInput;

  const put = useCallback((text: string, place = text.length) => {
    cursor.current = place;
    setDraft(text);
    field.current?.focus();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the cursor goes to its place when the new text is there
  useLayoutEffect(() => {
    if (cursor.current !== null) field.current?.setSelectionRange(cursor.current, cursor.current);
    cursor.current = null;
  }, [draft]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each renewal, and once at the beginning
  useEffect(() => {
    field.current?.focus();
  }, [generation]);
  useEffect(() => () => asking.current?.abort(), []);
  const sent = useConsoleDraft((state) => state.line);
  useEffect(() => {
    // Another room has put a line here; while a command reads, it would become its input.
    if (sent === null || running !== null) return;
    const line = takeDraft();
    if (line !== null) put(line);
  }, [sent, running, put]);

  const openSearch = useCallback((query: string) => {
    const items = searchHistory(useConsole.getState().history, query).map((text) => ({ text, note: '' }));
    setList({ kind: 'history', items, active: 0, from: 0, to: 0 });
  }, []);
  useImperativeHandle(
    handle,
    () => ({
      focus: () => field.current?.focus(),
      search() {
        field.current?.focus();
        openSearch(field.current?.value ?? '');
      },
      put: (line) => put(line),
    }),
    [openSearch, put],
  );

  async function suggest(line: string, place: number, pickOnly: boolean): Promise<void> {
    asking.current?.abort();
    const abort = new AbortController();
    asking.current = abort;
    try {
      const { from, to, items } = await consoleStore.complete(line, place, abort.signal);
      if (abort.signal.aborted || field.current?.value !== line) return;
      const [only, ...others] = items;
      if (pickOnly && only !== undefined && others.length === 0) accept(line, { from, to, text: only.text });
      else if (items.length === 0) {
        setList(null);
        if (pickOnly) setHint('Nothing is known that could stand here.');
      } else setList({ kind: 'completion', items, active: 0, from, to });
    } catch {
      // Cancelled, or the console is away: the line can be typed without help.
      if (!abort.signal.aborted) setList(null);
    }
  }

  function accept(line: string, { from, to, text }: { from: number; to: number; text: string }): void {
    const rest = line.slice(to);
    // What goes on behind a colon or a slash is completed at once; a whole word is followed by the next.
    const goesOn = /[:/=?+]$/.test(text);
    const gap = goesOn || rest.startsWith(' ') ? '' : ' ';
    const place = from + text.length + gap.length;
    const next = line.slice(0, from) + text + gap + rest;
    setList(null);
    put(next, place);
    if (goesOn) requestAnimationFrame(() => void suggest(next, place, false));
  }

  function pick(index: number): void {
    const item = list?.items[index];
    if (list === null || item === undefined) return;
    if (list.kind === 'completion') accept(draft, { from: list.from, to: list.to, text: item.text });
    else {
      setList(null);
      put(item.text);
    }
  }

  function send(): void {
    if (isInput) {
      consoleStore.type(draft);
      wipe();
      return;
    }
    const line = draft.trim();
    if (line === '') return;
    if (/^(cls|clear)$/i.test(line)) {
      consoleStore.clear();
      wipe();
      return;
    }
    const why = consoleStore.run(line);
    setHint(why ?? '');
    if (why === null) wipe();
  }

  function wipe(): void {
    const hasSecret = isInput || maskSecrets(draft) !== draft;
    if (hasSecret && field.current !== null) field.current.value = '';
    setDraft('');
    setList(null);
    setAt(null);
    unsent.current = '';
    if (hasSecret) renew((before) => before + 1);
  }

  function walk(direction: 'older' | 'newer'): void {
    if (at === null && direction === 'newer') return;
    if (at === null) unsent.current = draft;
    const next = step(history, at, direction);
    setAt(next);
    put(next === null ? unsent.current : (history[next] ?? ''));
  }

  function press(event: React.KeyboardEvent<HTMLTextAreaElement>): void {
    if (event.nativeEvent.isComposing) return;
    setHint('');
    const action = actionOf(event);
    if (action === null) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  /** What a key does here; null: what it does in every field. */
  function actionOf(event: React.KeyboardEvent<HTMLTextAreaElement>): (() => void) | null {
    const { key, ctrlKey, metaKey, shiftKey, altKey, currentTarget } = event;
    if ((ctrlKey || metaKey) && key === 'f') return onFind;
    if (metaKey || altKey) return null;
    if (ctrlKey) return shiftKey ? null : withControl(key, currentTarget);
    if (list !== null) {
      if (key === 'ArrowDown') return () => move(1);
      if (key === 'ArrowUp') return () => move(-1);
      if (key === 'Enter' || (key === 'Tab' && !shiftKey)) return () => pick(list.active);
      if (key === 'Escape') return () => setList(null);
    }
    switch (key) {
      case 'F1':
        return () => void consoleStore.run(helpLine(draft));
      case 'PageUp':
        return () => onScroll(-1);
      case 'PageDown':
        return () => onScroll(1);
      case 'Enter':
        return send;
      case 'ArrowUp':
        return () => walk('older');
      case 'ArrowDown':
        return () => walk('newer');
      case 'Escape':
        return draft === '' ? null : wipe;
      case 'Tab':
        // An empty prompt lets the focus go on, and Shift+Tab always leaves.
        if (shiftKey || draft.trim() === '' || isInput || isBusy) return null;
        return () => void suggest(draft, currentTarget.selectionStart, true);
      default:
        return null;
    }
  }

  function withControl(key: string, { selectionStart, selectionEnd }: HTMLTextAreaElement): (() => void) | null {
    const isSelected = selectionStart !== selectionEnd || getSelection()?.isCollapsed === false;
    switch (key) {
      case 'c':
        if (isSelected) return null;
        return running === null ? wipe : () => consoleStore.interrupt();
      case 'd':
      case 'z':
        return isInput && draft === '' ? () => consoleStore.endInput() : null;
      case 'r':
        return () => (list?.kind === 'history' ? move(1) : openSearch(draft));
      case 'l':
        return () => consoleStore.clear();
      case ' ':
        return isInput || isBusy ? null : () => void suggest(draft, selectionStart, false);
      case 'Home':
        return () => onScroll(-10_000);
      case 'End':
        return () => onScroll(10_000);
      default:
        return null;
    }
  }

  function move(by: number): void {
    setList((before) => {
      if (before === null || before.items.length === 0) return before;
      const { length } = before.items;
      return { ...before, active: (before.active + by + length) % length };
    });
  }

  function changed(text: string, place: number): void {
    setDraft(text);
    setAt(null);
    if (list?.kind === 'history') openSearch(text);
    else if (list !== null) void suggest(text, place, false);
  }

  function paste(event: React.ClipboardEvent): void {
    const text = event.clipboardData.getData('text');
    if (!/[\r\n]/.test(text)) return;
    event.preventDefault();
    if (isInput) {
      for (const line of text.replace(/\r?\n$/, '').split(/\r?\n/)) consoleStore.type(line);
      return;
    }
    const lines = pastedLines(text);
    const [only = '', ...others] = lines;
    if (others.length > 0) onPaste(lines);
    else {
      const { selectionStart, selectionEnd } = field.current ?? { selectionStart: 0, selectionEnd: 0 };
      put(draft.slice(0, selectionStart) + only + draft.slice(selectionEnd), selectionStart + only.length);
    }
  }

  const label = isInput ? 'Input for the command' : isBusy ? 'The line is running' : `Command line for ${prompt}`;
  return (
    <div className={`console-prompt${isInput ? ' input' : ''}`}>
      {list === null ? null : (
        <Suggestions
          label={list.kind === 'history' ? 'History' : 'What may stand here'}
          items={list.items}
          active={list.active}
          onPick={pick}
        />
      )}
      <label className="console-prompt-name mono" htmlFor={`console-line-${generation}`}>
        {isInput ? 'input' : prompt}
        <span aria-hidden="true"> ›</span>
      </label>
      <textarea
        key={generation}
        id={`console-line-${generation}`}
        ref={field}
        rows={1}
        className={`mono${running?.hidesInput === true && isInput ? ' covered' : ''}`}
        role="combobox"
        aria-label={label}
        aria-expanded={list !== null}
        aria-controls="console-suggestions"
        aria-autocomplete="list"
        aria-activedescendant={list !== null && list.items.length > 0 ? suggestionId(list.active) : undefined}
        aria-describedby={hintId}
        readOnly={isBusy}
        value={draft}
        placeholder={placeholderOf(isInput, isBusy, list)}
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="none"
        autoCorrect="off"
        onChange={(event) => changed(event.target.value.replace(/[\r\n]+/g, ' '), event.target.selectionStart)}
        onKeyDown={press}
        onPaste={paste}
        onBlur={() => setList(null)}
      />
      <span id={hintId} className="console-hint" role="status">
        {hint}
      </span>
    </div>
  );
}

function placeholderOf(isInput: boolean, isBusy: boolean, list: List | null): string {
  if (isInput) return 'Enter sends a line, Ctrl+D ends the input, Ctrl+C interrupts';
  if (isBusy) return 'Running. Ctrl+C stops it';
  return list?.kind === 'history' ? 'Search the history' : 'winrm get winrm/config';
}

/** Help on what is being typed. */
function helpLine(draft: string): string {
  const [program = '', operation = ''] = draft.trim().split(/\s+/);
  if (/^winrs/i.test(program)) return 'winrs -?';
  return /^[a-z]+$/i.test(operation) ? `winrm help ${operation}` : 'winrm help';
}
