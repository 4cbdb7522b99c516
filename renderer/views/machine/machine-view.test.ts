import { expect, test } from 'vitest';
import type { Machine } from '../../../shared/contract/machines.ts';
import { buildOf, heldMachine, isProduction, nameParts } from './machine-view.ts';

const machine = (name: string, computerName: string | null = null, domain: string | null = null): Machine =>
  ({ settings: { name, tags: ['Production', 'site a'] }, facts: { computerName, domain } }) as unknown as Machine;

test('a name is split at its domain, an address is not', () => {
  expect(nameParts(machine('hq-sql01.corp.contoso.com'))).toEqual(['hq-sql01', '.corp.contoso.com']);
  expect(nameParts(machine('10.1.2.3'))).toEqual(['10.1.2.3', '']);
  expect(nameParts(machine('fe80::1.2'))).toEqual(['fe80::1.2', '']);
});

test('the domain that the machine reports is added only to its own name', () => {
  expect(nameParts(machine('HQ-SQL01', 'hq-sql01', 'corp.contoso.com'))).toEqual(['HQ-SQL01', '.corp.contoso.com']);
  expect(nameParts(machine('Database', 'hq-sql01', 'corp.contoso.com'))).toEqual(['Database', '']);
  expect(nameParts(machine('HQ-SQL01', 'HQ-SQL01', 'WORKGROUP'))).toEqual(['HQ-SQL01', '']);
});

test('builds are written as administrators name them', () => {
  expect(buildOf('10.0.20348')).toBe('20348');
  expect(buildOf('10.0.20348.3807')).toBe('20348.3807');
  expect(buildOf('6.1')).toBe('6.1');
  expect(buildOf(null)).toBeNull();
});

test('production is a tag, whatever its case', () => {
  expect(isProduction(machine('a'))).toBe(true);
});

test('an attempt in between does not take the reason from the screen; success and another reason do', () => {
  const problem = { code: 'unreachable', message: 'no answer' };
  const away = {
    ...machine('a'),
    state: 'unreachable',
    stateSinceAt: 5,
    problem,
    nextAttemptAt: 99,
  } as unknown as Machine;
  const trying = {
    ...machine('a'),
    state: 'connecting',
    stateSinceAt: 9,
    problem: null,
    nextAttemptAt: null,
  } as Machine;
  const held = heldMachine(away, trying);
  expect(held).toMatchObject({ state: 'unreachable', stateSinceAt: 5, problem, nextAttemptAt: 0 });
  expect(heldMachine(held, trying).state).toBe('unreachable');
  expect(heldMachine(undefined, trying)).toBe(trying);
  expect(heldMachine({ ...away, state: 'restarting' }, trying)).toBe(trying);
  const online = { ...trying, state: 'online' } as Machine;
  expect(heldMachine(held, online)).toBe(online);
});
