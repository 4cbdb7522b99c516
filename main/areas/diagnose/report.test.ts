import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../../shared/contract/diagnose.ts';
import { code, diagnosisMarkdown, prose } from './report.ts';

/** What is left of a line for markup: without escaped letters (CommonMark 2.4) and code spans (6.1). */
function markupOf(line: string): string {
  let left = '';
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '`') {
      const fence = /^`+/.exec(line.slice(at))![0];
      const close = new RegExp(`(?<!\`)${fence}(?!\`)`).exec(line.slice(at + fence.length));
      expect(close, `an open code span in ${line}`).not.toBeNull();
      at += fence.length + close!.index + fence.length - 1;
    } else left += line[at];
  }
  return left;
}

describe('text of a target in Markdown', () => {
  test.each([
    ['plain', '`plain`'],
    ['a `tick` b', '``a `tick` b``'],
    ['``two``', '``` ``two`` ```'],
    ['', '` `'],
    ['line\r\n# heading\u2028- item', '`line # heading - item`'],
    ['\u202eevil\u0007', '`evil`'],
  ])('as code: %j', (text, expected) => {
    expect(code(text)).toBe(expected);
  });

  test.each([
    ['<img src=x onerror=alert(1)>', /</],
    ['[click](javascript:alert(1))', /(?<!\\)\[|(?<!\\)\]/],
    ['![x](y)', /(?<!\\)!(?!\w)|(?<!\\)\[/],
    ['**bold** _it_ ~~no~~', /(?<!\\)[*_~]/],
    ['| a | b |', /(?<!\\)\|/],
    ['&lt;script&gt;', /(?<!\\)&/],
  ])('as prose nothing of %j is markup', (text, markup) => {
    // What stands behind a backslash is a letter like any other (CommonMark 2.4).
    expect(prose(text).replace(/\\[!-/:-@[-`{-~]/g, '')).not.toMatch(markup);
  });

  test('what a reader would turn into a link becomes code', () => {
    expect(prose('See https://evil.example/x now')).toBe('See `https://evil.example/x` now');
    expect(prose('www.evil.example')).toBe('`www.evil.example`');
    expect(prose('mail me@evil.example')).toBe('mail `me@evil.example`');
  });

  test('sentences of ours stay readable', () => {
    expect(prose('The name web01.corp.example has no address, and that is all.')).toBe(
      'The name web01.corp.example has no address, and that is all.',
    );
  });

  test('a whole report: one line per line of evidence, whatever it holds', () => {
    const hostile = 'x`\n\n# Owned\n\n<script>alert(1)</script> [a](http://evil)';
    const diagnosis: Omit<Diagnosis, 'markdown'> = {
      subject: {
        machineId: null,
        name: hostile,
        address: 'web01',
        port: 5985,
        transport: 'http',
        signIn: 'ntlm',
        who: hostile,
        other: null,
      },
      startedAt: 0,
      milliseconds: 1,
      steps: [
        {
          step: 'ws-man',
          state: 'failed',
          milliseconds: 1,
          evidence: [hostile],
          meaning: hostile,
          fixes: [],
          problem: null,
          chain: [],
          trustFailures: [],
        },
      ],
      cause: {
        id: 'web-page',
        outcome: 'fails',
        step: 'ws-man',
        sentence: hostile,
        detail: hostile,
        candidates: [{ what: hostile, check: { text: hostile, command: hostile } }],
        fixes: [{ text: hostile, command: hostile }],
      },
    };
    const lines = diagnosisMarkdown(diagnosis).split('\n');
    expect(lines.filter((line) => line.startsWith('#'))).toEqual([
      expect.stringMatching(/^# Diagnosis of /),
      '## One of these, which look alike from here',
      '## What to do',
      '## Steps',
    ]);
    for (const line of lines) expect(markupOf(line)).not.toMatch(/[<>[\]]/);
  });
});
