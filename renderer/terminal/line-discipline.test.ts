import { describe, expect, test } from 'vitest';
import { createLineDiscipline } from './line-discipline.ts';

const left = '\u001b[D';
const up = '\u001b[A';
const down = '\u001b[B';

function typed(...keys: readonly string[]) {
  const line = createLineDiscipline(() => ['dir', 'ping -t host', 'ipconfig /all']);
  const actions = keys.flatMap((key) => line.key(key) ?? []);
  return { line, actions, ...line.state };
}

describe('the line that is being typed', () => {
  test('characters go in at the cursor; whole characters go out', () => {
    expect(typed('a', 'c', left, 'b')).toMatchObject({ text: 'abc', cursor: 2 });
    expect(typed('x', '👩‍💻', '\u007f')).toMatchObject({ text: 'x', cursor: 1 });
    expect(typed('é', 'z', left, left, '\u001b[3~')).toMatchObject({ text: 'z', cursor: 0 });
  });

  test('words, ends and what is killed and put back', () => {
    const words = 'copy C:\\Setup\\readme.txt D:';
    expect(typed(words, '\u001b[1;5D', '\u001b[1;5D').cursor).toBe(words.indexOf('txt'));
    expect(typed(words, '\u001b[H', '\u001b[1;5C').cursor).toBe(4);
    expect(typed('one two three', '\u0017').text).toBe('one two ');
    expect(typed('one two', left, left, left, '\u000b').text).toBe('one ');
    expect(typed('one two', left, left, left, '\u0015', '\u001b[F', ' ', '\u0019').text).toBe('two one ');
    expect(typed('rubbish', '\u001b').text).toBe('');
  });

  test('Enter gives the line and an empty one; Ctrl+C, Ctrl+L', () => {
    const { actions, text } = typed('dir', '\r', 'x', '\u0003', '\u000c');
    expect(actions).toEqual([
      { kind: 'line', text: 'dir', isHidden: false },
      { kind: 'interrupt', signal: 'ctrl_c' },
      { kind: 'clear' },
    ]);
    expect(text).toBe('');
  });

  test('the history goes up and down and keeps what was begun', () => {
    expect(typed('draft', up).text).toBe('ipconfig /all');
    expect(typed('draft', up, up, up, up).text).toBe('dir');
    expect(typed('draft', up, up, down, down).text).toBe('draft');
  });

  test('searching finds older lines, Esc takes, Ctrl+C gives back, Enter runs', () => {
    expect(typed('\u0012', 'i', 'n').label).toBe('(history: in) ');
    expect(typed('\u0012', 'p', 'i', 'n').text).toBe('ping -t host');
    expect(typed('\u0012', 'i', '\u0012').text).toBe('ping -t host');
    expect(typed('old', '\u0012', 'p', '\u0003')).toMatchObject({ text: 'old', label: '', actions: [] });
    expect(typed('\u0012', 'p', 'i', 'n', '\u001b')).toMatchObject({ text: 'ping -t host', label: '' });
    expect(typed('\u0012', 'd', '\r').actions).toEqual([{ kind: 'line', text: 'dir', isHidden: false }]);
    expect(typed('\u0012', 'z').label).toBe('(nothing found: z) ');
  });

  test('a secret has no history, and nothing of it is left when it is over', () => {
    const { line } = typed('half a line');
    line.hide(true);
    expect(line.state).toMatchObject({ text: '', isHidden: true });
    expect(line.key(up)).toBeNull();
    expect(line.state.text).toBe('');
    for (const letter of 'pass') line.key(letter);
    expect(line.key('\r')).toEqual({ kind: 'line', text: 'pass', isHidden: true });
    line.hide(false);
    expect(line.state).toEqual({ text: '', cursor: 0, label: '', isHidden: false });
  });

  test('control characters and direction marks never get into a line; keys without a meaning do nothing', () => {
    expect(typed('a\u0007\u202eb\u0000')).toMatchObject({ text: 'ab' });
    expect(typed('\u001b[15~', '\u001b[200~').text).toBe('');
  });
});
