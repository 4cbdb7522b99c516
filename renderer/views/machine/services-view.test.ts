import { expect, test } from 'vitest';
import type { WindowsService } from '../../../shared/contract/windows-services.ts';
import { filterRows, type ServiceRow } from './services-view.ts';

const row = (name: string, change: Partial<WindowsService> = {}): ServiceRow => ({
  record: undefined,
  service: {
    name,
    displayName: `Display of ${name}`,
    description: null,
    state: 'Running',
    startMode: 'Auto',
    account: 'LocalSystem',
    processId: 4242,
    path: null,
    acceptStop: true,
    acceptPause: false,
    exitCode: 0,
    ...change,
  },
});
const rows = [
  row('Spooler'),
  row('Fax', { state: 'Stopped', startMode: 'Manual', processId: null }),
  row('BITS', { state: 'Stop Pending' }),
];
const names = (found: readonly ServiceRow[]) => found.map(({ service }) => service.name);

test('all words must occur, in any of the texts, whatever the case', () => {
  expect(names(filterRows(rows, 'SPOOL local', null))).toEqual(['Spooler']);
  expect(names(filterRows(rows, '4242 display', null))).toEqual(['Spooler', 'BITS']);
  expect(names(filterRows(rows, 'spool fax', null))).toEqual([]);
});

test('running means not stopped: what is still on its way down counts', () => {
  expect(names(filterRows(rows, '', 'running'))).toEqual(['Spooler', 'BITS']);
  expect(names(filterRows(rows, '', 'stopped'))).toEqual(['Fax']);
});

test('without a filter the same rows come back', () => {
  expect(filterRows(rows, '  ', null)).toBe(rows);
});
