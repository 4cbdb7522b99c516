import { expect, test } from 'vitest';
import { psArray, psObject, psProperties } from '../../wsman/index.ts';
import { tableOf } from './powershell-table.ts';

test('objects are rows with every property that one of them has; what names a thing comes first, lists are written out', () => {
  const one = psObject({ adapted: psProperties({ CanStop: true, Name: 'W32Time', Parts: psArray(['a', 'b']) }) });
  const other = psObject({ extended: psProperties({ Name: 'Spooler', Extra: 7n }) });
  expect(tableOf([one, other, 'text'])).toEqual({
    columns: ['Name', 'CanStop', 'Parts', 'Extra'],
    rows: [
      ['W32Time', 'true', '["a","b"]', ''],
      ['Spooler', '', '', '7'],
      ['text', '', '', ''],
    ],
  });
});

test('plain values are a column of themselves; a long one is cut', () => {
  expect(tableOf([1, 'two', null])).toEqual({ columns: ['Value'], rows: [['1'], ['two'], ['']] });
  expect(tableOf(['x'.repeat(1000)]).rows[0]![0]).toHaveLength(401);
});
