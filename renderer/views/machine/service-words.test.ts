import { describe, expect, test } from 'vitest';
import type { WindowsService } from '../../../shared/contract/windows-services.ts';
import type { ServiceActionRecord } from '../../stores/windows-services.ts';
import {
  accountWords,
  attentionRank,
  canDo,
  lifelinesAmong,
  progressWords,
  serviceLook,
  shouldRun,
  whyNot,
} from './service-words.ts';

const service = (change: Partial<WindowsService> = {}): WindowsService => ({
  name: 'Spooler',
  displayName: 'Print Spooler',
  description: null,
  state: 'Running',
  startMode: 'Auto',
  account: 'LocalSystem',
  processId: 1,
  path: null,
  acceptStop: true,
  acceptPause: false,
  exitCode: 0,
  ...change,
});
const record = (change: Partial<ServiceActionRecord> = {}): ServiceActionRecord => ({
  id: 1,
  name: 'Spooler',
  displayName: 'Print Spooler',
  action: 'start',
  startMode: null,
  withDependants: false,
  startedAt: 0,
  endedAt: null,
  stage: 'running',
  progress: null,
  problem: null,
  dismissed: false,
  ...change,
});
const refused = record({
  stage: 'failed',
  problem: {
    code: 'operation-failed',
    message: 'no',
    advice: [],
    retryable: true,
    operation: { method: 'StartService', returnValue: 7, meaning: 'did not respond in time' },
  },
});

describe('how a service looks', () => {
  test('stopped is a grey ring when manual and a warning when automatic', () => {
    expect(serviceLook(service({ state: 'Stopped', startMode: 'Manual' }), undefined).glyph).toBe('stopped');
    expect(serviceLook(service({ state: 'Stopped' }), undefined)).toMatchObject({ glyph: 'warning', words: 'Stopped' });
  });
  test('a delayed one that stopped by design is quiet, one that ended with an error is not', () => {
    expect(shouldRun(service({ state: 'Stopped', startMode: 'Auto (delayed)', exitCode: 0 }))).toBe(false);
    expect(shouldRun(service({ state: 'Stopped', startMode: 'Auto (delayed)', exitCode: 1067 }))).toBe(true);
  });
  test('our own action is shown before the state, with its code when it was refused', () => {
    expect(serviceLook(service(), record())).toMatchObject({ glyph: 'pending', words: 'Start asked' });
    expect(serviceLook(service(), refused)).toMatchObject({
      glyph: 'critical',
      words: 'Start failed (7)',
      tone: 'crit',
    });
    expect(serviceLook(service(), { ...refused, dismissed: true }).words).toBe('Running');
    expect(serviceLook(service(), record({ stage: 'unknown' })).words).toBe('Start: outcome unknown');
    expect(serviceLook(service({ state: 'Stop Pending' }), undefined).words).toBe('Stop pending');
    const progress = { service: service({ state: 'Stop Pending' }), elapsedMs: 0, limitMs: 1, settled: false };
    expect(progressWords(record({ progress: { ...progress, words: 'Stop Pending' } }))).toBe('Stop pending');
    expect(progressWords(record({ progress: { ...progress, words: 'Stopping DFSR first' } }))).toBe(
      'Stopping DFSR first',
    );
    expect(progressWords(record({ stage: 'queued' }))).toBe('Start waiting');
  });
});

test('what needs the eye is ranked first', () => {
  const ranks = [
    attentionRank(service(), refused),
    attentionRank(service(), record()),
    attentionRank(service({ state: 'Stopped' }), undefined),
    attentionRank(service({ state: 'Stopped', startMode: 'Auto (delayed)' }), undefined),
    attentionRank(service(), undefined),
  ];
  expect(ranks).toEqual([0, 1, 2, 3, 4]);
  expect(attentionRank(service({ state: 'Stopped', startMode: 'Manual' }), undefined)).toBe(4);
});

test('an action is offered only where it makes sense', () => {
  expect(canDo('start', service(), undefined)).toBe(false);
  expect(canDo('stop', service(), undefined)).toBe(true);
  expect(canDo('stop', service({ acceptStop: false }), undefined)).toBe(false);
  expect(canDo('stop', service(), record())).toBe(false);
  expect(canDo('start', service({ state: 'Stopped', startMode: 'Disabled' }), undefined)).toBe(true);
  expect(canDo('resume', service({ state: 'Paused' }), undefined)).toBe(true);
  expect(whyNot('stop', [service({ acceptStop: false })])).toContain('does not accept');
  expect(whyNot('stop', [])).toBe('Select a service first');
  expect(whyNot('stop', [service()])).toBeNull();
});

test('services that carry this connection are known, whatever their case', () => {
  expect(lifelinesAmong(['Spooler', 'winRM', 'Dhcp']).map(({ name, certain }) => [name, certain])).toEqual([
    ['winRM', true],
    ['Dhcp', false],
  ]);
  expect(lifelinesAmong(['constructor', 'Spooler'])).toEqual([]);
});

test('built-in accounts are written short', () => {
  expect(accountWords('NT AUTHORITY\\NetworkService')).toBe('NetworkService');
  expect(accountWords('CORP\\svc-sql')).toBe('CORP\\svc-sql');
  expect(accountWords(null)).toBe('');
});
