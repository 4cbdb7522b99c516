import { describe, expect, test, vi } from 'vitest';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type { ShellEvent, ShellInput } from '../../shared/contract/remote-shell.ts';
import type { ScreenEvents, ShellScreen } from './screen.ts';
import { createLiveShell } from './shell-state.ts';
import { firstView, type ShellView } from './shell-view.ts';

/** A console that says what the test says, and a screen that keeps what is written. */
function shell() {
  const sent: (ShellInput | string)[] = [];
  const waiting: (Uint8Array | ShellEvent)[] = [];
  let wake = (): void => {};
  let isEnded = false;
  const channel = {
    send: async (message: ShellInput) =>
      void sent.push(message instanceof Uint8Array ? new TextDecoder().decode(message) : message),
    end: () => {},
    cancel: () => {},
    async *[Symbol.asyncIterator]() {
      while (!isEnded || waiting.length > 0) {
        const item = waiting.shift();
        if (item !== undefined) yield item;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
  let events = null as unknown as ScreenEvents;
  let written = '';
  const screen = {
    element: null as unknown as HTMLElement,
    size: { columns: 80, rows: 25 },
    write: async (text: string) => {
      written += text;
    },
    edit: () => {},
    finishEdit(behind = '') {
      written += `${behind}\n`;
    },
    selection: '',
    dispose: () => {},
  } as unknown as ShellScreen;
  let view: ShellView = firstView;
  let history: readonly string[] = [];
  const live = createLiveShell({
    plan: { machineId: 'm', kind: 'cmd', configurationName: null, codePage: null },
    client: () => ({ remoteShell: { open: () => channel } }) as unknown as ConsoleClient,
    createScreen: (given) => {
      events = given;
      return screen;
    },
    publish: (change) => {
      view = { ...view, ...change };
    },
    history: {
      lines: () => history,
      add(line) {
        history = [...history, line];
      },
    },
    isPageKey: () => false,
  });
  return {
    live,
    sent,
    view: () => view,
    history: () => history,
    written: () => written,
    keys(...data: readonly string[]) {
      for (const one of data) events.onData(one);
    },
    paste: (text: string) => events.onPaste(text),
    async says(...items: readonly (Uint8Array | ShellEvent | string)[]) {
      waiting.push(...items.map((item) => (typeof item === 'string' ? new TextEncoder().encode(item) : item)));
      wake();
      await vi.waitFor(() => expect(waiting).toHaveLength(0));
      await Promise.resolve();
    },
    end() {
      isEnded = true;
      wake();
    },
  };
}

const state = (name: 'idle' | 'running' | 'waiting' | 'lost', asks: string | null = null): ShellEvent => ({
  kind: 'state',
  state: name,
  asks,
  sinceAt: 0,
});

describe('a shell of the window', () => {
  test('sends whole lines only, keeps those of the prompt, and not what answers a program', async () => {
    const it = shell();
    await it.says(state('idle'));
    it.keys('d', 'i', 'r');
    expect(it.sent).toEqual([]);
    it.keys('\r');
    expect(it.sent).toEqual(['dir\n']);
    expect(it.view().status).toBe('running');
    await it.says(state('waiting', 'Go on? '));
    it.keys('y', '\r');
    expect(it.sent).toEqual(['dir\n', 'y\n']);
    expect(it.history()).toEqual(['dir']);
  });

  test('a question for a password hides what is typed, and it is kept nowhere', async () => {
    const it = shell();
    await it.says(state('idle'), state('running'), state('waiting', 'Enter the password for x: '));
    expect(it.view().hidesInput).toBe(true);
    it.keys('pw', '\r');
    expect(it.sent).toEqual(['pw\n']);
    expect(it.history()).toEqual([]);
    await it.says(state('idle'));
    expect(it.view().hidesInput).toBe(false);
  });

  test('a paste of lines waits for a yes, runs them one by one, and Ctrl+C drops the rest', async () => {
    const it = shell();
    await it.says(state('idle'));
    it.paste('one\r\ntwo\r\nthree\r\n');
    expect(it.view().paste).toEqual(['one', 'two', 'three']);
    expect(it.sent).toEqual([]);
    it.live.runPaste();
    expect(it.sent).toEqual(['one\n']);
    await it.says(state('idle'));
    expect(it.sent).toEqual(['one\n', 'two\n']);
    it.keys('\u0003');
    await it.says(state('idle'));
    expect(it.sent).toEqual(['one\n', 'two\n', { kind: 'interrupt', signal: 'ctrl_c' }]);
    it.paste('alone\n');
    expect(it.view().paste).toBeNull();
  });

  test('what it prints is filtered, errors are red, and after its end it stays', async () => {
    const it = shell();
    await it.says('a\u001b]0;owned\u0007b', { kind: 'stream', stream: 'stderr' }, 'no', {
      kind: 'ended',
      exitCode: 3,
      problem: null,
    });
    expect(it.written()).toContain('ab\u001b[31mno\u001b[39m');
    expect(it.view()).toMatchObject({ status: 'ended', exitCode: 3 });
    it.keys('x', '\r');
    expect(it.sent).toEqual([]);
    it.end();
  });
});
