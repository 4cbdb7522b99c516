import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CmdPiece, canBeGiven, createCmdOutput, directoryOf, markedPrompt } from './cmd-output.ts';

const nonce = 'n0nce';
const prompt = (directory: string): string =>
  `\u001b]7717;${nonce};A\u001b\\${directory}>\u001b]7717;${nonce};B\u001b\\`;

/** Neighbouring texts as one. */
function joined(pieces: readonly CmdPiece[]): CmdPiece[] {
  const all: CmdPiece[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if (piece.kind === 'text' && last?.kind === 'text')
      all[all.length - 1] = { kind: 'text', text: last.text + piece.text };
    else all.push(piece);
  }
  return all;
}

describe('the output of an interactive cmd.exe', () => {
  test('a prompt is told by its marks, in whatever pieces it comes, and they are not shown', () => {
    const whole = `a > b\r\n\r\n${prompt('C:\\Program Files')}`;
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 5 }), (cuts) => {
        const output = createCmdOutput(nonce);
        const places = [...new Set(cuts)].sort((a, b) => a - b);
        const pieces: CmdPiece[] = [];
        let from = 0;
        for (const place of [...places, whole.length]) {
          pieces.push(...output.take(whole.slice(from, place)));
          from = place;
        }
        expect(joined(pieces)).toEqual([
          { kind: 'text', text: 'a > b\r\n\r\nC:\\Program Files>' },
          { kind: 'prompt', directory: 'C:\\Program Files' },
        ]);
      }),
    );
  });

  test('the repetition of what was typed is left out, piece by piece; anything else is shown whole', () => {
    const output = createCmdOutput(nonce);
    output.typed('dir');
    expect(output.take('di')).toEqual([]);
    expect(output.take('r\r\nVolume')).toEqual([{ kind: 'text', text: 'Volume' }]);
    output.typed('dir');
    expect(output.take('di')).toEqual([]);
    expect(output.take('fferent')).toEqual([{ kind: 'text', text: 'different' }]);
    output.typed('echo');
    expect(output.take('x echo\r\n')).toEqual([{ kind: 'text', text: 'x echo\r\n' }]);
  });

  test.each([
    ['with its repetition', `@echo ${nonce}%errorlevel%\r\n`],
    ['without, where echo is off', ''],
  ])('the question for the exit code leaves the answer alone, %s', (_how, echo) => {
    const output = createCmdOutput(nonce);
    expect(output.ask()).toBe(`@echo ${nonce}%errorlevel%`);
    expect(output.take(`${echo}${nonce}-107`)).toEqual([]);
    expect(output.take(`3741510\r\n\r\n${prompt('C:\\')}`)).toEqual([{ kind: 'exit', exitCode: -1073741510 }]);
    expect(output.take('next')).toEqual([{ kind: 'text', text: 'next' }]);
  });

  test('what comes between question and answer is output; a question that is never answered holds nothing back for ever', () => {
    const output = createCmdOutput(nonce);
    output.ask();
    expect(joined(output.take(`late\r\n@echo ${nonce}%errorlevel%\r\n${nonce}0\r\n${prompt('C:\\')}`))).toEqual([
      { kind: 'text', text: 'late\r\n' },
      { kind: 'exit', exitCode: 0 },
    ]);
    output.ask();
    const flood = 'x'.repeat(70_000);
    expect(joined(output.take(flood))).toEqual([{ kind: 'text', text: flood }]);
  });

  test('an escape that only begins like a mark is let go when nothing follows', () => {
    const output = createCmdOutput(nonce);
    expect(output.take('a\u001b]77')).toEqual([{ kind: 'text', text: 'a' }]);
    expect(output.flush()).toEqual([{ kind: 'text', text: '\u001b]77' }]);
    expect(output.take('b')).toEqual([{ kind: 'text', text: 'b' }]);
  });

  test('a line that no path could be is no prompt, and a directory that cmd.exe would read more into is not given to it', () => {
    expect(directoryOf('text\r\nC:\\Program Files (x86)>')).toBe('C:\\Program Files (x86)');
    expect(directoryOf('\\\\server\\share>')).toBe('\\\\server\\share');
    for (const line of ['C:\\" & evil & ">', 'C:\\a|b>', 'C:\\*>', 'C:\\\u001b[2J>'])
      expect(directoryOf(line)).toBeNull();
    const output = createCmdOutput(nonce);
    expect(output.take(prompt('C:\\" & evil & "')).at(-1)).toEqual({ kind: 'prompt', directory: null });
    expect(['C:\\a & b', 'C:\\%PATH%', 'C:\\"', 'C:\\a\rb'].map(canBeGiven)).toEqual([true, false, false, false]);
  });

  test('the prompt that cmd.exe is given says the usual between the marks', () => {
    expect(markedPrompt(nonce).replaceAll('$E', '\u001b').replace('$P$G', 'C:\\>')).toBe(prompt('C:\\'));
  });
});
