import { expect, it } from 'vitest';
import type { NtlmVerdict } from '../../../shared/contract/credentials.ts';
import { withVerdicts } from '../../stores/ntlm-survey.ts';
import { countVerdicts, matchesVerdict, type VerdictRow, verdictSentence, verdictsAsCsv } from './verdicts.ts';

const verdict = (machineId: string, how: NtlmVerdict['verdict'], seen = 'Seen.'): NtlmVerdict => ({
  machineId,
  verdict: how,
  seen,
  problem:
    how === 'survives'
      ? null
      : { code: 'authentication-failed', message: seen, advice: ['Do this.'], retryable: false, technical: 'KRB 7' },
});
const row = (name: string, how: NtlmVerdict['verdict'], seen?: string): VerdictRow => ({
  verdict: verdict(name, how, seen),
  name,
  address: `${name}.corp.example`,
});

it('counts, and says the whole in one sentence', () => {
  const counts = countVerdicts([verdict('a', 'survives'), verdict('b', 'would-fail'), verdict('c', 'survives')]);
  expect(counts).toEqual({ survives: 2, 'would-fail': 1, 'not-known': 0 });
  expect(verdictSentence(counts)).toBe('1 machine would fail, 2 would survive.');
  expect(verdictSentence({ survives: 3, 'would-fail': 0, 'not-known': 0 })).toBe('All 3 machines would survive.');
  expect(verdictSentence({ survives: 0, 'would-fail': 0, 'not-known': 2 })).toBe('Not known of any of the 2 machines.');
  expect(verdictSentence({ survives: 2, 'would-fail': 1, 'not-known': 3 })).toBe(
    '1 machine would fail, 2 would survive, 3 not known.',
  );
  expect(verdictSentence({ survives: 0, 'would-fail': 0, 'not-known': 0 })).toBe('No machine was checked.');
});

it('filters by verdict and by words, also those of the advice', () => {
  const rows = [row('web01', 'survives', 'Kerberos'), row('sql01', 'would-fail')];
  const found = (shown: Parameters<typeof matchesVerdict>[1], text: string) =>
    rows.filter((each) => matchesVerdict(each, shown, text)).map(({ name }) => name);
  expect(found('all', '')).toEqual(['web01', 'sql01']);
  expect(found('would-fail', '')).toEqual(['sql01']);
  expect(found('all', ' KERBEROS ')).toEqual(['web01']);
  expect(found('all', 'do this')).toEqual(['sql01']);
  expect(found('survives', 'sql')).toEqual([]);
});

it('a newer verdict takes the place of the older one', () => {
  const before = [verdict('a', 'not-known'), verdict('b', 'survives')];
  expect(withVerdicts(before, [])).toBe(before);
  expect(withVerdicts(before, [verdict('a', 'survives')]).map((each) => `${each.machineId} ${each.verdict}`)).toEqual([
    'b survives',
    'a survives',
  ]);
});

it.each(['=1+1', '+1', '-1', '@x', '\tx', '\rx'])('in a file, %j is text and no formula', async (name) => {
  const csv = await verdictsAsCsv([row(name, 'would-fail', 'He said "no", twice')]);
  expect(csv.startsWith('name,address,verdict,seen,advice,code\r\n')).toBe(true);
  expect(csv).toMatch(/\r\n"?'/);
  expect(csv).toContain('"He said ""no"", twice"');
  expect(csv).toContain(',KRB 7\r\n');
});
