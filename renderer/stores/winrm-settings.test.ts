import { describe, expect, test, vi } from 'vitest';
import { type ConsoleClient, contract } from '../../shared/contract/contract.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import type { ApplyPhase, ApplyProgress, WinrmConfiguration } from '../../shared/contract/winrm-settings.ts';
import { connectClient } from '../../shared/rpc/client.ts';
import type { Sink } from '../../shared/rpc/endpoint.ts';
import { memoryPortPair } from '../../shared/rpc/memory-port.ts';
import { serveContract } from '../../shared/rpc/server.ts';
import { problemOf } from './problem-of.ts';
import type { Attach } from './standing-stream.ts';
import type { DraftChange } from './winrm-draft.ts';
import { createWinrmSettingsStore } from './winrm-settings.ts';

const item = (phase: ApplyPhase, more: Partial<ApplyProgress> = {}): ApplyProgress => ({
  phase,
  outcome: 'passed',
  words: phase,
  revertAt: null,
  problem: null,
  result: null,
  ...more,
});
const configurationWith = (idle: string): WinrmConfiguration => ({
  readAt: 1,
  source: 'config',
  denied: null,
  stack: null,
  generation: null,
  listeners: [],
  settings: [
    {
      path: 'Winrs/IdleTimeout',
      value: { kind: 'number', least: 60_000, most: 2147483647, unit: 'ms' },
      current: idle,
      default: '7200000',
      meaning: '',
      lock: null,
    },
  ],
  mappings: [],
  mappingsProblem: null,
  plugins: [],
  pluginsProblem: null,
  certificates: [],
  certificatesProblem: null,
  pendingReverts: [],
  fingerprint: idle,
});
const change: DraftChange = { kind: 'set', path: 'Winrs/IdleTimeout', value: '900000' };
const input = {
  changes: [{ kind: 'set' as const, path: 'Winrs/IdleTimeout', value: '900000' }],
  fingerprint: 'f',
  protect: true,
  revertAfterSeconds: 60,
  follow: null,
};

function open(handlers: {
  read?: () => Promise<WinrmConfiguration>;
  apply?: (asked: unknown, sink: Sink<ApplyProgress>) => Promise<void>;
}) {
  const [mine, theirs] = memoryPortPair();
  const nothing = async () => configurationWith('7200000');
  const winrmSettings = { read: handlers.read ?? nothing, apply: handlers.apply ?? (async () => {}) };
  serveContract(theirs, { winrmSettings: contract.winrmSettings }, { winrmSettings } as never, problemOf);
  const client = connectClient(mine, contract) as ConsoleClient;
  const attach: Attach = (run) => {
    const lost = new AbortController();
    run(client, lost.signal);
    return () => lost.abort();
  };
  return { store: createWinrmSettingsStore(() => client, attach), lose: () => mine.close('gone') };
}

describe('the WinRM settings of a machine', () => {
  test('are read while somebody looks; a failure is kept beside what was known', async () => {
    let reads = 0;
    const { store } = open({
      read: async () => {
        reads += 1;
        if (reads === 1) return configurationWith('7200000');
        throw new ProblemError({ code: 'access-denied', message: 'No.', advice: [], retryable: false });
      },
    });
    const release = store.watch('a');
    await vi.waitFor(() => expect(store.state.getState()['a']?.configuration?.fingerprint).toBe('7200000'));
    store.refresh('a');
    await vi.waitFor(() => expect(store.state.getState()['a']?.problem?.code).toBe('access-denied'));
    expect(store.state.getState()['a']?.configuration?.fingerprint).toBe('7200000');
    release();
    store.refresh('a');
    expect(reads).toBe(2);
  });

  test('a change is followed phase by phase; once applied its draft goes and the settings are read again', async () => {
    let idle = '7200000';
    let asked: unknown = null;
    const { store } = open({
      read: async () => configurationWith(idle),
      apply: async (what, sink) => {
        asked = what;
        await sink.push(item('check', { outcome: 'running' }));
        await sink.push(item('check'));
        idle = '900000';
        await sink.push(item('apply'));
        await sink.push(item('remove-revert', { result: 'applied' }));
      },
    });
    const release = store.watch('a');
    await vi.waitFor(() => expect(store.state.getState()['a']?.configuration).not.toBeNull());
    store.setDraft('a', () => [change]);
    expect(store.apply('a', input, [change])).toBe(true);
    expect(store.apply('a', input, [change])).toBe(false);
    expect(store.isChanging()).toBe(true);
    await vi.waitFor(() => expect(store.state.getState()['a']?.run?.result).toBe('applied'));
    expect(store.isChanging()).toBe(false);
    expect(asked).toMatchObject({ protect: true, accept: null, machineId: 'a' });
    expect(store.state.getState()['a']?.run?.steps.map((step) => [step.phase, step.outcome])).toEqual([
      ['check', 'passed'],
      ['apply', 'passed'],
      ['remove-revert', 'passed'],
    ]);
    expect(store.state.getState()['a']?.draft).toEqual([]);
    await vi.waitFor(() => expect(store.state.getState()['a']?.configuration?.fingerprint).toBe('900000'));
    store.dismiss('a');
    expect(store.state.getState()['a']?.run).toBeNull();
    release();
  });

  test('taken back: the draft stays; without a revert that is asked for in so many words', async () => {
    let asked: unknown = null;
    const { store } = open({
      apply: async (what, sink) => {
        asked = what;
        await sink.push(item('await-revert', { result: 'reverted' }));
      },
    });
    store.setDraft('a', () => [change]);
    store.apply('a', { ...input, protect: false }, [change]);
    await vi.waitFor(() => expect(store.state.getState()['a']?.run?.result).toBe('reverted'));
    expect(asked).toMatchObject({ protect: false, accept: 'unprotected' });
    expect(store.state.getState()['a']?.draft).toEqual([change]);
  });

  test('refused where it entered is refused; a stream that is lost on the way is not known, never done', async () => {
    const refusing = open({
      apply: async () => {
        throw new ProblemError({ code: 'invalid-input', message: 'Read again.', advice: [], retryable: true });
      },
    });
    refusing.store.apply('a', input, [change]);
    await vi.waitFor(() => expect(refusing.store.state.getState()['a']?.run?.result).toBe('refused'));

    const { store, lose } = open({
      apply: async (_what, sink) => {
        await sink.push(item('apply', { outcome: 'running' }));
        await new Promise<void>((resolve) => sink.signal.addEventListener('abort', () => resolve()));
      },
    });
    store.setDraft('a', () => [change]);
    store.apply('a', input, [change]);
    await vi.waitFor(() => expect(store.state.getState()['a']?.run?.steps).toHaveLength(1));
    store.dismiss('a');
    expect(store.state.getState()['a']?.run).not.toBeNull();
    lose();
    await vi.waitFor(() => expect(store.state.getState()['a']?.run?.result).toBe('lost'));
    expect(store.state.getState()['a']?.draft).toEqual([change]);
  });
});
