import { expect, test } from 'vitest';
import { psArray } from '../../wsman/index.ts';
import { restrictedCommands } from './restricted-line.ts';

const short = (line: string) =>
  restrictedCommands(line)?.map(({ text, parameters }) => [
    text,
    ...parameters.map(({ name, value }) => [name, value]),
  ]);

test.each([
  ['Get-Service', [['Get-Service']]],
  ['Get-Service W32Time -Verbose', [['Get-Service', [null, 'W32Time'], ['Verbose', true]]]],
  [
    'Get-Service -Name "Windows Time" | Select-Object Name -First 3',
    [
      ['Get-Service', ['Name', 'Windows Time']],
      ['Select-Object', [null, 'Name'], ['First', 3]],
    ],
  ],
  ["Get-Help 'a | b' -Name:'x'", [['Get-Help', [null, 'a | b'], ['Name', 'x']]]],
  ["Stop-It -Force -Name '-odd'", [['Stop-It', ['Force', true], ['Name', '-odd']]]],
])('%s', (line, expected) => {
  expect(short(line)).toEqual(expected);
});

test('an unquoted word with commas is a list of texts, a quoted one is a text', () => {
  const list = psArray(['Name', 'Status'], 'System.String[]');
  expect(short("Select-Object Name,Status -Property:Name,Status -Other 'a,b'")).toEqual([
    ['Select-Object', [null, list], ['Property', list], ['Other', 'a,b']],
  ]);
});

test.each([
  '$x = 1',
  'Get-Service $name',
  '& { 1 }',
  'Get-Service; Get-Help',
  'Get-Help "open',
  '',
  ' | ',
  '"quoted"',
  'a (b)',
  'Get-Service a, b',
  'Get-Service a,"b c"',
])('more than commands with plain arguments: %j', (line) => {
  expect(restrictedCommands(line)).toBeNull();
});
