import { expect, test } from 'vitest';
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
])('more than commands with plain arguments: %j', (line) => {
  expect(restrictedCommands(line)).toBeNull();
});
