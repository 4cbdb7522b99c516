import { expect, test } from 'vitest';
import { insideQuotes } from './powershell-lines.ts';

test('every quotation mark that PowerShell takes for a single one is doubled', () => {
  expect(insideQuotes("C:\\it's")).toBe("C:\\it''s");
  expect(insideQuotes('a\u2018b\u2019c\u201ad\u201be')).toBe('a\u2018\u2018b\u2019\u2019c\u201a\u201ad\u201b\u201be');
  expect(insideQuotes('a"b\u201c$&')).toBe('a"b\u201c$&');
});
