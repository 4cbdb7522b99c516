import { expect, test } from 'vitest';
import { mappingProblems } from './mapping-form.ts';

const good = { print: 'A'.repeat(40), subject: '*@corp.example', uri: '*', userName: 'robot' };
const wrong = (change: Partial<typeof good>, taken: Parameters<typeof mappingProblems>[1] = []) =>
  Object.entries(mappingProblems({ ...good, ...change }, taken)).flatMap(([field, why]) =>
    why === undefined ? [] : field,
  );

test('asterisks stand at an end, an account has no domain, and no two mappings are alike', () => {
  expect(wrong({})).toEqual([]);
  expect(wrong({ subject: 'robot@*' })).toEqual([]);
  expect(wrong({ uri: 'http://example/wmi/*' })).toEqual([]);
  expect(wrong({ subject: '*@*' })).toEqual(['subject']);
  expect(wrong({ subject: 'a*b' })).toEqual(['subject']);
  expect(wrong({ uri: '*/wmi' })).toEqual(['uri']);
  expect(wrong({ uri: 'http://example/wmi?x' })).toEqual(['uri']);
  expect(wrong({ userName: 'CORP\\robot' })).toEqual(['userName']);
  expect(wrong({ userName: 'robot@corp.example' })).toEqual(['userName']);
  expect(wrong({ print: 'A'.repeat(39) })).toEqual(['issuer']);
  expect(wrong({}, [{ issuer: 'a'.repeat(40), subject: '*@CORP.example', uri: '*' }])).toEqual(['subject']);
  expect(wrong({ print: '', subject: '', uri: '', userName: '' })).toEqual(['issuer', 'subject', 'uri', 'userName']);
});
