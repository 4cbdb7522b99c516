import { expect, test, vi } from 'vitest';
import { type ConsoleClient, contract } from '../../shared/contract/contract.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import type { ApplyProgress, ApplyResult, ChangePreview } from '../../shared/contract/winrm-settings.ts';
import { connectClient } from '../../shared/rpc/client.ts';
import type { Sink } from '../../shared/rpc/endpoint.ts';
import { memoryPortPair } from '../../shared/rpc/memory-port.ts';
import { serveContract } from '../../shared/rpc/server.ts';
import { problemOf } from './problem-of.ts';
import type { Attach } from './standing-stream.ts';
import type { Draft } from './winrm-draft.ts';
import { createWinrmManyStore, whyLeft, whyOnlyHere } from './winrm-many.ts';
import { createWinrmSettingsStore } from './winrm-settings.ts';

const draft: Draft = [{ kind: 'set', path: 'Winrs/IdleTimeout', value: '900000' }];
const preview = (more: Partial<ChangePreview> = {}): ChangePreview => ({
  lines: [{ subject: 'Winrs/IdleTimeout', before: '1', after: '900000', meaning: '', risk: null, refusal: null }],
  couldCut: false,
  revertBy: null,
  revertGaps: [],
  revertLines: [],
  follow: null,
  fingerprint: 'f',
  ...more,
});
const options = { revertAfterSeconds: 20, stopsAtFailure: true };

/** Machines whose apply ends with this result; `previews` where one is not plain. */
function open(results: Readonly<Record<string, ApplyResult>>, previews: Readonly<Record<string, ChangePreview>> = {}) {
  const asked: { machineId: string; protect: boolean; fingerprint: string; revertAfterSeconds: number }[] = [];
  let atOnce = 0;
  let most = 0;
  const gate = { open: Promise.resolve() };
  const [mine, theirs] = memoryPortPair();
  const winrmSettings = {
    preview: async ({ machineId }: { machineId: string }) => {
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
      if (machineId === 'gone')
        throw new ProblemError({ code: 'unreachable', message: 'It does not answer.', advice: [], retryable: true });
      return previews[machineId] ?? preview({ fingerprint: machineId });
    },
    apply: async (what: (typeof asked)[number], sink: Sink<ApplyProgress>) => {
      asked.push(what);
      await gate.open;
      const result = results[what.machineId] ?? 'applied';
      await sink.push({ phase: 'apply', outcome: 'passed', words: '', revertAt: null, problem: null, result });
    },
  };
  serveContract(theirs, { winrmSettings: contract.winrmSettings }, { winrmSettings } as never, problemOf);
  const client = connectClient(mine, contract) as ConsoleClient;
  const attach: Attach = () => () => {};
  const store = createWinrmManyStore(createWinrmSettingsStore(() => client, attach));
  const states = () => store.state.getState().run?.rows.map(({ machineId, state }) => `${machineId} ${state}`);
  return { store, asked, states, gate, most: () => most };
}

test('all are asked, a few at once; then those that can have it are changed one after another, in their order', async () => {
  const { store, asked, states, most } = open(
    {},
    {
      same: preview({ lines: [] }),
      locked: preview({ lines: [{ ...preview().lines[0]!, refusal: 'A policy sets it.' }] }),
      bare: preview({ couldCut: true }),
      gap: preview({ couldCut: true, revertGaps: ['It cannot be put back.'] }),
      risky: preview({ couldCut: true, revertBy: 'scheduled-task', fingerprint: 'risky' }),
    },
  );
  const ids = ['a', 'gone', 'same', 'locked', 'bare', 'gap', 'risky', 'b'];
  await store.ask(ids, draft);
  expect(most()).toBe(4);
  expect(asked).toEqual([]);
  expect(store.state.getState().run?.phase).toBe('asked');
  expect(store.state.getState().run?.rows.map(whyLeft)).toEqual([
    null,
    'It does not answer.',
    'It is like this already.',
    'A policy sets it.',
    'No way was found to plant a revert on it. Apply it in its own room.',
    'It cannot be put back.',
    null,
    null,
  ]);
  await store.apply(options);
  expect(
    asked.map(({ machineId, protect, fingerprint, revertAfterSeconds }) => [
      machineId,
      protect,
      fingerprint,
      revertAfterSeconds,
    ]),
  ).toEqual([
    ['a', true, 'a', 20],
    ['risky', true, 'risky', 20],
    ['b', true, 'b', 20],
  ]);
  expect(states()).toEqual([
    'a ended',
    'gone left',
    'same left',
    'locked left',
    'bare left',
    'gap left',
    'risky ended',
    'b ended',
  ]);
  expect(store.state.getState().run?.phase).toBe('ended');
  store.forget();
  expect(store.state.getState().run).toBeNull();
});

test('one that does not take it stops the others, unless that is not wanted', async () => {
  const stopping = open({ b: 'reverted' });
  await stopping.store.ask(['a', 'b', 'c'], draft);
  await stopping.store.apply(options);
  expect(stopping.states()).toEqual(['a ended', 'b ended', 'c left']);
  expect(stopping.store.state.getState().run?.rows[2]?.left).toMatch(/^A machine before it/);

  const going = open({ b: 'reverted' });
  await going.store.ask(['a', 'b', 'c'], draft);
  await going.store.apply({ ...options, stopsAtFailure: false });
  expect(going.states()).toEqual(['a ended', 'b ended', 'c ended']);
});

test('cancelled: the one under way comes to its end, no other is begun; it is not forgotten on the way', async () => {
  const { store, states, gate, asked } = open({});
  let letGo = () => {};
  gate.open = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await store.ask(['a', 'b'], draft);
  const applying = store.apply(options);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  store.cancel();
  store.forget();
  expect(states()).toEqual(['a running', 'b waiting']);
  letGo();
  await applying;
  expect(states()).toEqual(['a ended', 'b left']);
  expect(asked).toHaveLength(1);
});

test('asking can be cancelled, and changes with a password are for one machine', async () => {
  const { store } = open({});
  const asking = store.ask(['a', 'b'], draft);
  store.cancel();
  await asking;
  expect(store.state.getState().run).toBeNull();
  const mapping = { issuer: 'A'.repeat(40), subject: 'a', uri: '*', userName: 'a', enabled: true };
  expect(whyOnlyHere([{ kind: 'create-mapping', ...mapping, newPassword: true }])).toMatch(/password/);
  expect(whyOnlyHere([{ kind: 'edit-mapping', ...mapping, newPassword: false }])).toBeNull();
});
