/**
 * The terminal on the page: xterm with the line that is being typed drawn behind its output. Lives outside React; a view lends it a place. This
 * file brings xterm with it, so it is loaded with the first shell.
 */
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { type ITheme, Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { widthOf } from './character-width.ts';
import { documentForTerminal, lendDocumentToRows, withNonce } from './content-security.ts';
import type { EditState } from './line-discipline.ts';

export interface ShellScreen {
  readonly element: HTMLElement;
  readonly size: { readonly columns: number; readonly rows: number };
  /** Output, filtered already. Resolves when the terminal has taken it in: who waits for that keeps it from piling up. */
  write(text: string): Promise<void>;
  /** The line that is being typed, as it is now. */
  edit(state: EditState): void;
  /** The line is whole: it stays as it stands, with `behind` after it, and the next output begins below. */
  finishEdit(behind?: string): void;
  /** Shows it in this element until the returned function is called. */
  attach(place: HTMLElement): () => void;
  fit(): void;
  focus(): void;
  clear(): void;
  setTheme(theme: ITheme): void;
  /** Older with -1, newer with 1; `place` and `count` come by onFound. */
  find(query: string, direction: 1 | -1): void;
  endFind(): void;
  readonly selection: string;
  clearSelection(): void;
  selectAll(): void;
  /** All that is still kept, as text. */
  text(): string;
  dispose(): void;
}

export interface ScreenEvents {
  readonly onData: (data: string) => void;
  /** Before xterm takes a key; false keeps it from doing so. */
  readonly onKey: (event: KeyboardEvent) => boolean;
  readonly onResize: (size: { readonly columns: number; readonly rows: number }) => void;
  readonly onFound: (place: number, count: number) => void;
  readonly onPaste: (text: string) => void;
}

/** Lines that are kept above the screen. */
export const scrollBack = 10_000;
const mostFound = 1_000;

export function createScreen(name: string, theme: ITheme, events: ScreenEvents): ShellScreen {
  const terminal = new Terminal({
    documentOverride: documentForTerminal(),
    allowProposedApi: true,
    fontFamily: `'Cascadia Code Variable','Cascadia Mono',Consolas,ui-monospace,monospace`,
    fontSize: 13,
    fontWeight: 400,
    fontWeightBold: 600,
    lineHeight: 1.25,
    cursorStyle: 'bar',
    cursorInactiveStyle: 'outline',
    cursorBlink: false,
    scrollback: scrollBack,
    scrollOnEraseInDisplay: true,
    minimumContrastRatio: 4.5,
    drawBoldTextInBrightColors: false,
    convertEol: false,
    theme,
    // No link that a target prints is ever opened.
    linkHandler: null,
  });
  const fitter = new FitAddon();
  const search = new SearchAddon({ highlightLimit: mostFound });
  terminal.loadAddon(fitter);
  terminal.loadAddon(search);
  const element = document.createElement('div');
  element.className = 'shell-terminal';

  let isOpen = false;
  let current: EditState = { text: '', cursor: 0, label: '', isHidden: false };
  /** Column where the line begins, and how many rows below that its cursor is drawn; null where output is on its way. */
  let start: number | null = 0;
  let drawnRow = 0;
  let isDrawn = false;
  let writes = 0;

  terminal.onData(events.onData);
  terminal.attachCustomKeyEventHandler(events.onKey);
  terminal.onResize(({ cols, rows }) => events.onResize({ columns: cols, rows }));
  search.onDidChangeResults(({ resultIndex, resultCount }) => events.onFound(resultIndex + 1, resultCount));
  element.addEventListener(
    'paste',
    (event) => {
      event.preventDefault();
      event.stopPropagation();
      events.onPaste(event.clipboardData?.getData('text/plain') ?? '');
    },
    { capture: true },
  );

  const shownText = ({ label, text, isHidden }: EditState): string => label + (isHidden ? '' : text);
  const toStart = (): string => `${drawnRow > 0 ? `\u001b[${drawnRow}A` : ''}${column(start ?? 0)}`;
  const column = (at: number): string => (at > 0 ? `\r\u001b[${at}C` : '\r');
  const erase = (): string => {
    if (!isDrawn) return '';
    isDrawn = false;
    const sequence = `${toStart()}\u001b[J`;
    drawnRow = 0;
    return sequence;
  };
  /** Its sequences; afterwards the cursor is where the line's own is. */
  function draw(state: EditState): string {
    const from = start ?? 0;
    const text = shownText(state);
    if (text === '') return '';
    const { cols } = terminal;
    const end = from + widthOf(text);
    // Behind the last column the terminal waits with going on; a line end makes it do so.
    const wrap = end % cols === 0 ? '\r\n' : '';
    const endRow = Math.floor(end / cols);
    const at = state.isHidden ? end : from + widthOf(state.label + state.text.slice(0, state.cursor));
    drawnRow = Math.floor(at / cols);
    isDrawn = true;
    const up = endRow - drawnRow;
    return `${text}${wrap}${up > 0 ? `\u001b[${up}A` : ''}${column(at % cols)}`;
  }

  function write(text: string): Promise<void> {
    return new Promise((resolve) => {
      writes++;
      const before = erase();
      start = null;
      terminal.write(before + text, () => {
        writes--;
        if (writes === 0) {
          start = Math.min(terminal.buffer.active.cursorX, terminal.cols - 1);
          const line = draw(current);
          if (line !== '') terminal.write(line);
        }
        resolve();
      });
    });
  }

  return {
    element,
    get size() {
      return { columns: terminal.cols, rows: terminal.rows };
    },
    write,
    edit(state) {
      current = state;
      if (start === null) return;
      const sequence = erase() + draw(state);
      if (sequence !== '') terminal.write(sequence);
    },
    finishEdit(behind = '') {
      const state = current;
      current = { text: '', cursor: 0, label: '', isHidden: false };
      if (start === null) {
        // Output is on its way: the line goes behind it.
        void write(`${shownText({ ...state, label: '' })}${behind}\r\n`);
        return;
      }
      const from = start;
      const whole = erase() + draw({ ...state, label: '', cursor: state.text.length });
      const end = from + (state.isHidden ? 0 : widthOf(state.text));
      const isFull = end > from && end % terminal.cols === 0 && behind === '';
      isDrawn = false;
      drawnRow = 0;
      void write(`${whole}${behind}${isFull ? '' : '\r\n'}`);
    },
    attach(place) {
      place.append(element);
      if (!isOpen) {
        isOpen = true;
        withNonce(() => terminal.open(element));
        lendDocumentToRows(terminal);
        terminal.textarea?.setAttribute('aria-label', name);
      }
      const observer = new ResizeObserver(resize);
      observer.observe(place);
      return () => {
        observer.disconnect();
        element.remove();
      };
    },
    fit: resize,
    focus: () => terminal.focus(),
    clear() {
      const before = erase();
      start = null;
      writes++;
      terminal.write(before, () => {
        terminal.clear();
        writes--;
        start = terminal.buffer.active.cursorX;
        const line = draw(current);
        if (line !== '') terminal.write(line);
      });
    },
    setTheme: (next) => {
      terminal.options.theme = next;
    },
    find(query, direction) {
      const options = { decorations: found, incremental: false };
      if (query === '') search.clearDecorations();
      else if (direction < 0) search.findPrevious(query, options);
      else search.findNext(query, options);
    },
    endFind() {
      search.clearDecorations();
      terminal.clearSelection();
    },
    get selection() {
      return terminal.getSelection();
    },
    clearSelection: () => terminal.clearSelection(),
    selectAll: () => terminal.selectAll(),
    text() {
      const { active } = terminal.buffer;
      let text = '';
      for (let row = 0; row < active.length; row++) {
        const line = active.getLine(row);
        if (line === undefined) continue;
        const isWrapped = active.getLine(row + 1)?.isWrapped === true;
        text += line.translateToString(!isWrapped) + (isWrapped ? '' : '\n');
      }
      return text.replace(/\n+$/, '\n');
    },
    dispose() {
      element.remove();
      terminal.dispose();
    },
  };

  function resize(): void {
    if (!element.isConnected || element.clientWidth === 0) return;
    const wanted = fitter.proposeDimensions();
    if (wanted === undefined || !(wanted.cols > 1) || !(wanted.rows > 1)) return;
    if (wanted.cols === terminal.cols && wanted.rows === terminal.rows) return;
    const before = erase();
    start = null;
    writes++;
    // What is typed goes away for the moment in which lines are broken anew.
    terminal.write(before, () => {
      terminal.resize(Math.max(20, wanted.cols), Math.max(2, wanted.rows));
      writes--;
      start = Math.min(terminal.buffer.active.cursorX, terminal.cols - 1);
      const line = draw(current);
      if (line !== '') terminal.write(line);
    });
  }
}

/** Colours must be #RRGGBB here. Readable on both grounds. */
const found = {
  matchBackground: '#8A6D1F',
  matchOverviewRuler: '#B97400',
  activeMatchBackground: '#B97400',
  activeMatchColorOverviewRuler: '#CF3038',
};
