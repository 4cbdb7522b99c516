import { describe, expect, test } from 'vitest';
import type { PowerPhase } from '../../../shared/contract/power.ts';
import type { PowerRun } from '../../stores/power.ts';
import { powerLook, powerTitle } from './power-words.ts';

const run = (change: Partial<PowerRun> = {}): PowerRun => ({
  machineId: 'm',
  action: 'restart',
  force: false,
  startedAt: 0,
  progress: null,
  problem: null,
  stage: 'following',
  endedAt: null,
  ...change,
});
const at = (phase: PowerPhase, words: string, change: Partial<PowerRun> = {}): PowerRun =>
  run({
    progress: { phase, words, elapsedMs: 75_000, limitMs: 300_000, bootBeforeAt: 0, bootAfterAt: 60_000 },
    ...change,
  });

describe('a restart in words', () => {
  test('moves through its phases', () => {
    expect(powerLook(run({ stage: 'queued' }))).toMatchObject({ words: 'Waiting for its turn', ended: false });
    expect(powerLook(at('asked', 'asked to restart')).words).toBe('Asked to restart');
    expect(powerLook(at('settling', '3 services are starting')).words).toBe('Back; 3 services are starting');
    expect(powerLook(at('down', 'does not answer'))).toMatchObject({ glyph: 'pending', ended: false, tint: 'info' });
  });
  test('ends with both boot times and the state of its services', () => {
    const look = powerLook(at('done', 'back, 53 automatic services run', { stage: 'ended' }));
    expect(look).toMatchObject({ glyph: 'healthy', ended: true, advice: null });
    expect(look.words).toMatch(/^Back after 1 min 15 s\. 53 automatic services run\. Booted .+, before that /);
    expect(powerLook(at('done', 'it no longer answers', { action: 'shut-down' })).words).toMatch(/^Shut down after/);
  });
  test('its failures say what to do', () => {
    for (const phase of ['did-not-go-down', 'did-not-come-back'] as const) {
      const look = powerLook(at(phase, ''));
      expect(look).toMatchObject({ glyph: 'critical', ended: true, tint: 'crit' });
      expect(look.advice).toBeTruthy();
    }
  });
  test('a refusal keeps its code, a lost console is no failure of the machine', () => {
    const operation = { method: 'Win32Shutdown', returnValue: 1314, meaning: 'a privilege is missing' };
    const problem = {
      code: 'operation-failed',
      message: 'no',
      advice: ['Do this.'],
      retryable: false,
      operation,
    } as const;
    expect(powerLook(run({ problem }))).toMatchObject({
      words: '1314: a privilege is missing',
      advice: 'Do this.',
      tint: 'crit',
    });
    const lost = { code: 'disconnected', message: 'gone', advice: [], retryable: true } as const;
    expect(powerLook(run({ problem: lost }))).toMatchObject({ tint: 'warn', ended: true });
  });
});

test('the button names machine or count', () => {
  expect(powerTitle('restart', ['HQ-FS03'])).toBe('Restart HQ-FS03');
  expect(powerTitle('shut-down', ['a', 'b', 'c'])).toBe('Shut down 3 machines');
});
