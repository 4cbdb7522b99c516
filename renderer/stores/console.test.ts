import { expect, test } from 'vitest';
import type { LineEvent, LineInput } from '../../shared/contract/command-lines.ts';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type { Channel } from '../../shared/rpc/endpoint.ts';
import { bounded, createConsoleStore, type Entry, maxLines } from './console.ts';

/** A console that records the lines and answers each as told. */
function consoleThat(answer: (line: string) => readonly LineEvent[]) {
  const lines: string[] = [];
  const sent: LineInput[] = [];
  const client = {
    commandLines: {
      run({ line }: { line: string }): Channel<LineEvent, LineInput> {
        lines.push(line);
        return {
          async *[Symbol.asyncIterator]() {
            yield* answer(line);
          },
          send: async (message) => void sent.push(message),
          end() {},
          cancel() {},
        };
      },
    },
  } as unknown as ConsoleClient;
  return {
    lines,
    sent,
    store: createConsoleStore(
      () => client,
      () => 1000,
    ),
  };
}
const ended = (exitCode: number): LineEvent => ({ kind: 'end', exitCode, milliseconds: 5 });

test('the line that goes out has its password; entry and history have not', async () => {
  const { lines, store } = consoleThat(() => [ended(0)]);
  expect(store.run('winrm id -u:anna -p:hunter2')).toBeNull();
  await expect.poll(() => store.state.getState().entries[0]?.isRunning).toBe(false);
  expect(lines).toEqual(['winrm id -u:anna -p:hunter2']);
  expect(JSON.stringify(store.state.getState())).not.toContain('hunter2');
  expect(store.state.getState().history).toEqual(['winrm id -u:anna -p:••••']);
});

test('a line of the history whose password is masked is sent so that it is asked for', async () => {
  const { lines, store } = consoleThat(() => [ended(0)]);
  store.run('winrm id -u:anna -p:••••');
  await expect.poll(() => store.state.getState().entries[0]?.isRunning).toBe(false);
  expect(lines).toEqual(['winrm id -u:anna -p']);
  store.run('winrm set x @{Password=••••}');
  expect(lines).toHaveLength(1);
  expect(store.state.getState().entries.at(-1)).toMatchObject({ exitCode: 1, isRunning: false });
});

test('several lines run one after another, and a failure ends the rest', async () => {
  const { lines, store } = consoleThat((line) => [ended(line === 'b' ? 1 : 0)]);
  store.run('a', 'b', 'c');
  expect(store.run('d')).toMatch(/still running/);
  await expect.poll(() => store.state.getState().entries.map(({ isRunning }) => isRunning)).toEqual([false, false]);
  expect(lines).toEqual(['a', 'b']);
  expect(store.state.getState().queue).toEqual([]);
});

test('an answer that is typed hidden is not kept', async () => {
  const { sent, store } = consoleThat(() => []);
  const { state } = store;
  store.run('winrm id -u:anna');
  const [entry] = state.getState().entries;
  state.setState({ entries: [{ ...entry!, question: { question: 7, text: 'Password for anna:', form: 'hidden' } }] });
  store.answer('hunter2');
  expect(sent).toEqual([{ kind: 'answer', question: 7, text: 'hunter2' }]);
  expect(JSON.stringify(state.getState())).not.toContain('hunter2');
});

const entryOf = (id: number, count: number): Entry => ({
  id,
  line: 'x',
  machines: [],
  tag: null,
  isRunning: false,
  exitCode: 0,
  milliseconds: 0,
  startedAt: 0,
  output: Array.from({ length: count }, (_, n) => ({ stream: 'stdout', text: `${n}`, isWhole: true })),
  dropped: 0,
  results: [],
  takesInput: false,
  hidesInput: false,
  question: null,
  problem: null,
});

test('the scroll-back has an end: whole entries go first, then the first lines of the last one', () => {
  const few = [entryOf(1, 10), entryOf(2, 10)];
  expect(bounded(few)).toBe(few);
  expect(bounded([entryOf(1, 10), entryOf(2, maxLines - 5)]).map(({ id }) => id)).toEqual([2]);
  const [only] = bounded([entryOf(1, maxLines + 50)]);
  expect(only?.output).toHaveLength(maxLines - 1);
  expect(only?.dropped).toBe(51);
  expect(only?.output.at(-1)?.text).toBe(String(maxLines + 49));
});
