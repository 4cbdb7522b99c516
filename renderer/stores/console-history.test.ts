import { expect, test } from 'vitest';
import { maxHistory, pastedLines, remember, searchHistory, step } from './console-history.ts';

test('a repeated line is kept once, at the end; the oldest go first', () => {
  expect(remember(['a', 'b', 'c'], ' b ')).toEqual(['a', 'c', 'b']);
  expect(remember(['a'], '  ')).toEqual(['a']);
  const full = Array.from({ length: maxHistory }, (_, n) => `line ${n}`);
  const more = remember(full, 'one more');
  expect(more).toHaveLength(maxHistory);
  expect([more[0], more.at(-1)]).toEqual(['line 1', 'one more']);
});

test('older and newer, with the line being typed at the end', () => {
  const history = ['a', 'b'];
  expect(step(history, null, 'older')).toBe(1);
  expect(step(history, 1, 'older')).toBe(0);
  expect(step(history, 0, 'older')).toBe(0);
  expect(step(history, 0, 'newer')).toBe(1);
  expect(step(history, 1, 'newer')).toBeNull();
  expect(step([], null, 'older')).toBeNull();
});

test('a search finds every word in any order, the newest first', () => {
  const history = ['winrm get winrm/config -r:a', 'winrm id', 'winrm get winrm/config -r:b'];
  expect(searchHistory(history, 'CONFIG get')).toEqual([history[2], history[0]]);
  expect(searchHistory(history, '')).toEqual(history.toReversed());
  expect(searchHistory(history, '', 1)).toEqual([history[2]]);
  expect(searchHistory(history, 'nothing')).toEqual([]);
});

test('a paste of several lines: prompts, comments and empty lines are no lines', () => {
  const text = 'C:\\Users\\a>winrm id\r\n\r\nREM check\r\nPS C:\\> winrm get winrm/config\n# end\n  winrs dir  \n';
  expect(pastedLines(text)).toEqual(['winrm id', 'winrm get winrm/config', 'winrs dir']);
});
