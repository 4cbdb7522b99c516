import { describe, expect, it } from 'vitest';
import { expandVariables, parseCmdLine } from './cmd-line.ts';
import { createEnvironment, words } from './program.ts';

const texts = (line: string) =>
  parseCmdLine(line)?.map(({ when, pipeline }) => [when, ...pipeline.map(({ text }) => text)]);

describe('the language of cmd.exe', () => {
  it.each([
    ['echo hi', [['always', 'echo hi']]],
    [
      'a & b && c || d',
      [
        ['always', 'a '],
        ['always', ' b '],
        ['success', ' c '],
        ['failure', ' d'],
      ],
    ],
    ['a | b | c', [['always', 'a ', ' b ', ' c']]],
    [
      'echo "a & b" & c',
      [
        ['always', 'echo "a & b" '],
        ['always', ' c'],
      ],
    ],
    ['echo a^&b', [['always', 'echo a&b']]],
    ['echo a &', [['always', 'echo a ']]],
  ])('%s', (line, expected) => {
    expect(texts(line)).toEqual(expected);
  });

  it.each(['& a', 'a &&', 'a || ', 'a |', 'a >', '| a'])('makes no sense of %s', (line) => {
    expect(parseCmdLine(line)).toBeNull();
  });

  it('takes redirections out and leaves what is around them', () => {
    const [step] = parseCmdLine('echo err>&2 2>nul <in.txt >> "a b.txt" x2>y')!;
    expect(step!.pipeline[0]).toEqual({
      text: 'echo err    x2',
      redirections: [
        { from: 1, to: 2 },
        { from: 2, to: { file: 'nul', append: false } },
        { from: 0, to: { file: 'in.txt', append: false } },
        { from: 1, to: { file: 'a b.txt', append: true } },
        { from: 1, to: { file: 'y', append: false } },
      ],
    });
  });
});

it('replaces known variables, whatever their case, and leaves others', () => {
  const environment = createEnvironment([['Path', 'C:\\Windows']]);
  expect(expandVariables('%PATH%;%path%;%nope%;100%', environment)).toBe('C:\\Windows;C:\\Windows;%nope%;100%');
  environment.set('PATH', 'x');
  expect(environment.entries()).toEqual([['Path', 'x']]);
  expect(environment.copy().get('pAtH')).toBe('x');
});

it('cuts a tail into words', () => {
  expect(words(' /i "C:\\Some Folder\\a.msi" /quiet X="" ')).toEqual([
    '/i',
    'C:\\Some Folder\\a.msi',
    '/quiet',
    'X=',
    '',
  ]);
});
