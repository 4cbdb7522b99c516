/**
 * One shell of a window: its stream, its terminal and the line that is being typed. Outlives the views that show it; what they draw is told by
 * `publish`.
 */
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import type { ShellEvent, ShellInput, ShellStream } from '../../shared/contract/remote-shell.ts';
import type { Channel } from '../../shared/rpc/endpoint.ts';
import { problemOf } from '../stores/problem-of.ts';
import { cleanLine, createLineDiscipline, type EditAction } from './line-discipline.ts';
import { createOutputFilter } from './output-filter.ts';
import type { ScreenEvents, ShellScreen } from './screen.ts';
import type { Progress, ShellPlan, ShellView } from './shell-view.ts';

export interface LiveShell {
  readonly screen: ShellScreen;
  /** Runs a line, or answers what waits in an open line with it. */
  type(line: string, isHidden?: boolean): void;
  /** The lines of the paste, one after another. */
  runPaste(): void;
  /** Only the first one, to be edited; none at all with `false`. */
  endPaste(takesFirst: boolean): void;
  interrupt(signal: 'ctrl_c' | 'ctrl_break'): void;
  answer(question: number, answers: readonly string[] | null): void;
  showTable(isShown: boolean): void;
  /** Finds in what was printed, older with -1; null ends finding. */
  find(query: string | null, direction?: 1 | -1): void;
  /** Opens it anew after its end; what was printed stays. */
  reopen(): void;
  close(): void;
}

export interface LiveShellOptions {
  readonly plan: ShellPlan;
  readonly client: () => ConsoleClient;
  readonly createScreen: (events: ScreenEvents) => ShellScreen;
  readonly publish: (change: Partial<ShellView>) => void;
  readonly history: { readonly lines: () => readonly string[]; readonly add: (line: string) => void };
  /** Keys of the page that xterm is not to take: true where it is one. */
  readonly isPageKey: (event: KeyboardEvent) => boolean;
  readonly now?: () => number;
}

const secretWords = /pass\s?(?:word|phrase|code)|kennwort|passwort|mot de passe|contraseña|\bPIN\b|\bsecret\b/i;
const colourOf: Readonly<Record<ShellStream, string>> = {
  stdout: '',
  stderr: '\u001b[31m',
  warning: '\u001b[33m',
  verbose: '\u001b[90m',
  debug: '\u001b[90m',
};

export function createLiveShell(options: LiveShellOptions): LiveShell {
  const { plan, publish, history } = options;
  const now = options.now ?? Date.now;
  const line = createLineDiscipline(history.lines);
  const encoder = new TextEncoder();
  let channel: Channel<Uint8Array | ShellEvent, ShellInput> | null = null;
  let status: ShellView['status'] = 'opening';
  let stream: ShellStream = 'stdout';
  let queue: string[] = [];
  let pasted: readonly string[] = [];
  let progress: readonly Progress[] = [];
  let enteredAt: number | null = null;
  let isFinding = false;
  let isClosed = false;
  /** A secret is asked for in a form of its own: what is typed into the terminal meanwhile is shown nowhere and goes nowhere. */
  let isSecretAsked = false;

  const screen = options.createScreen({
    onData(data) {
      act(line.key(data));
      screen.edit(line.state);
    },
    onKey,
    onResize(size) {
      publish({ size });
      send({ kind: 'resize', columns: clamp(size.columns, 20, 1000), rows: clamp(size.rows, 2, 500) });
    },
    onFound: (place, count) => {
      if (isFinding) publish({ find: { place, count } });
    },
    onPaste: paste,
  });

  const send = (message: ShellInput): void => {
    // It may have ended meanwhile; then nobody takes it.
    channel?.send(message).catch(() => {});
  };
  const notice = (words: string): Promise<void> => screen.write(`\u001b[0m\u001b[90m${words}\u001b[0m\r\n`);

  function setStatus(next: ShellView['status'], more: Partial<ShellView> = {}): void {
    status = next;
    publish({ status: next, sinceAt: now(), ...more });
  }

  function act(action: EditAction | null): void {
    if (action === null) return;
    if (action.kind === 'clear') screen.clear();
    else if (action.kind === 'interrupt') interrupt(action.signal);
    else enter(action.text, action.isHidden);
  }

  function enter(text: string, isHidden: boolean): void {
    screen.finishEdit();
    if (isSecretAsked) {
      void notice('[The answer is typed below; this was not sent.]');
      return;
    }
    if (isOver()) {
      if (text.trim() === '') reopen();
      return;
    }
    // An answer to a program is no line of the history.
    if (!isHidden && status === 'idle') history.add(text);
    enteredAt = performance.now();
    if (status === 'idle') setStatus('running');
    send(encoder.encode(`${text}\n`));
  }

  const isOver = (): boolean => status === 'ended' || status === 'failed';

  function onKey(event: KeyboardEvent): boolean {
    if (event.type !== 'keydown') return true;
    const key = event.key.toLowerCase();
    const isCommand = event.ctrlKey || event.metaKey;
    if (options.isPageKey(event)) return false;
    if (isCommand && event.key === 'Cancel') {
      event.preventDefault();
      interrupt('ctrl_break');
      return false;
    }
    if (isCommand && (key === 'v' || (event.shiftKey && key === 'insert'))) return false;
    if (event.shiftKey && key === 'insert') return false;
    if (
      (isCommand && key === 'c' && (event.shiftKey || event.metaKey || screen.selection !== '')) ||
      (event.ctrlKey && key === 'insert')
    ) {
      event.preventDefault();
      copy();
      return false;
    }
    if (isCommand && event.shiftKey && key === 'a') {
      event.preventDefault();
      screen.selectAll();
      return false;
    }
    // Leaves the terminal, as everywhere on the page.
    return key !== 'tab';
  }

  function copy(): void {
    const { selection } = screen;
    if (selection === '') return;
    navigator.clipboard.writeText(selection).catch(() => {});
    screen.clearSelection();
  }

  function paste(text: string): void {
    // What is confirmed is what runs: no control character and no change of direction comes with it.
    const lines = text.replace(/\r\n?/g, '\n').split('\n').map(cleanLine);
    // One line that ends: the end is not pasted, since nothing runs unasked.
    while (lines.length > 1 && lines.at(-1)?.trim() === '') lines.pop();
    if (lines.length === 1) {
      line.insert(lines[0]!);
      screen.edit(line.state);
      return;
    }
    pasted = lines;
    publish({ paste: lines });
  }

  function nextOfQueue(): void {
    const [first, ...rest] = queue;
    if (first === undefined) return;
    queue = rest;
    publish({ queued: rest.length });
    type(first);
  }

  function type(text: string, isHidden = line.state.isHidden): void {
    line.replace(text);
    screen.edit(line.state);
    act({ ...(line.key('\r') as Extract<EditAction, { kind: 'line' }>), isHidden });
    screen.edit(line.state);
  }

  function interrupt(signal: 'ctrl_c' | 'ctrl_break'): void {
    queue = [];
    publish({ queued: 0 });
    line.replace('');
    screen.finishEdit('^C');
    if (isOver()) return;
    send({ kind: 'interrupt', signal });
  }

  function hide(isHidden: boolean): void {
    line.hide(isHidden);
    screen.edit(line.state);
    publish({ hidesInput: isHidden });
  }

  async function follow(opened: Channel<Uint8Array | ShellEvent, ShellInput>): Promise<void> {
    const decoder = new TextDecoder();
    const filter = createOutputFilter();
    let isEnded = false;
    try {
      for await (const item of opened) {
        if (channel !== opened) return;
        if (item instanceof Uint8Array) {
          if (enteredAt !== null) {
            publish({ echoMs: performance.now() - enteredAt });
            enteredAt = null;
          }
          const text = filter.take(decoder.decode(item, { stream: true }));
          const colour = colourOf[stream];
          await screen.write(colour === '' || text === '' ? text : `${colour}${text}\u001b[39m`);
        } else {
          if (item.kind === 'ended') isEnded = true;
          await handle(item);
        }
      }
      if (!isEnded && channel === opened) over('ended', null, null);
    } catch (error) {
      if (channel === opened) over(status === 'opening' ? 'failed' : 'ended', null, problemOf(error));
    }
  }

  function over(how: 'ended' | 'failed', exitCode: number | null, problem: Problem | null): void {
    channel = null;
    queue = [];
    hide(false);
    setStatus(how, { problem, exitCode, progress: [], question: null, queued: 0, asks: null });
    const words =
      problem === null ? `The shell has ended${exitCode === null ? '' : ` with ${exitCode}`}.` : problem.message;
    if (how === 'ended') void notice(`\r\n[${words} What it printed stays here.]`);
  }

  function handle(event: ShellEvent): Promise<void> | void {
    switch (event.kind) {
      case 'opened':
        stream = 'stdout';
        setStatus('running', { words: event.words, by: event.by, openedAt: now(), problem: null, exitCode: null });
        return;
      case 'stream':
        stream = event.stream;
        return;
      case 'state':
        hide(event.state === 'waiting' && secretWords.test(event.asks ?? ''));
        setStatus(event.state, { asks: event.asks, ...(event.state === 'idle' && { progress: [] }) });
        if (event.state === 'idle') {
          progress = [];
          nextOfQueue();
        }
        return;
      case 'exit':
        publish({ exitCode: event.exitCode });
        return;
      case 'input-unknown':
        return notice(
          '\r\n[The connection was lost as this line went out: it may or may not have arrived. It is not sent again.]',
        );
      case 'resumed': {
        const seconds = Math.max(1, Math.round((now() - event.lostAt) / 1000));
        return notice(
          `\r\n[The connection was lost for ${seconds} s and is back: the same shell. Some output may be missing here.]`,
        );
      }
      case 'restarted':
        return notice(
          `\r\n[Ctrl+C ended cmd.exe as well. Another one was started ${
            event.directory === null ? 'in the directory of the profile' : 'in its directory'
          }; variables that were set are gone.]`,
        );
      case 'progress':
        progress = [
          ...progress.filter(({ activity }) => activity !== event.activity),
          ...(event.isDone ? [] : [event]),
        ].slice(-4);
        publish({ progress });
        return;
      case 'question':
        isSecretAsked = event.form === 'fields' && event.fields.some(({ isSecret }) => isSecret);
        line.hide(isSecretAsked);
        screen.edit(line.state);
        publish({ question: event });
        return;
      case 'question-over':
        isSecretAsked = false;
        line.hide(false);
        screen.edit(line.state);
        publish({ question: null });
        return;
      case 'objects':
        publish({ hasObjects: event.isKept, table: null });
        return;
      case 'table':
        publish({ table: event });
        return;
      case 'ended':
        over('ended', event.exitCode, event.problem);
        return;
      default:
        return;
    }
  }

  function open(): void {
    const { columns, rows } = screen.size;
    setStatus('opening', { problem: null });
    try {
      channel = options.client().remoteShell.open({
        ...plan,
        columns: clamp(columns, 20, 1000),
        rows: clamp(rows, 2, 500),
      });
    } catch (error) {
      over('failed', null, problemOf(error));
      return;
    }
    void follow(channel);
  }

  function reopen(): void {
    if (isOver() && !isClosed) open();
  }

  open();
  return {
    screen,
    type,
    runPaste() {
      queue = pasted.map((one) => one);
      pasted = [];
      publish({ paste: null, queued: queue.length });
      if (status === 'idle') nextOfQueue();
    },
    endPaste(takesFirst) {
      if (takesFirst) line.insert(pasted[0] ?? '');
      pasted = [];
      publish({ paste: null });
      screen.edit(line.state);
    },
    interrupt,
    answer(question, answers) {
      send({ kind: 'answer', question, answers: answers === null ? null : [...answers] });
      isSecretAsked = false;
      line.hide(false);
      publish({ question: null });
    },
    showTable(isShown) {
      if (isShown) send({ kind: 'table' });
      else publish({ table: null });
    },
    find(query, direction = -1) {
      isFinding = query !== null;
      publish({ find: query === null ? null : { place: 0, count: 0 } });
      if (query === null) screen.endFind();
      else screen.find(query, direction);
    },
    reopen,
    close() {
      isClosed = true;
      channel?.cancel();
      channel = null;
      screen.dispose();
    },
  };
}

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
