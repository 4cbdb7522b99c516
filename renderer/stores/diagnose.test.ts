import { expect, test, vi } from 'vitest';
import type { Diagnosis, DiagnosisItem, DiagnosisStep, SecondOpinionItem } from '../../shared/contract/diagnose.ts';
import { createDiagnoseStore } from './diagnose.ts';

const step = (name: DiagnosisStep['step'], state: DiagnosisStep['state']): DiagnosisStep => ({
  step: name,
  state,
  milliseconds: 1,
  evidence: [],
  meaning: '',
  fixes: [],
  problem: null,
  chain: [],
  trustFailures: [],
});
const subject = {
  machineId: 'm1',
  name: 'HQ-DC01',
  address: 'hq-dc01',
  port: 5985,
  transport: 'http',
  signIn: 'negotiate',
  who: 'Administrator',
  other: null,
} as const;
const diagnosis: Diagnosis = {
  subject,
  startedAt: 1,
  milliseconds: 12,
  steps: [step('name', 'passed'), step('tcp', 'failed')],
  cause: { id: 'port-refused', outcome: 'fails', step: 'tcp', sentence: 'No.', detail: '', candidates: [], fixes: [] },
  markdown: '# Diagnosis',
};

/** A stream that the test feeds; it ends with its signal, as the real one does. */
function feed<Item>() {
  const asked: { input: unknown; signal: AbortSignal }[] = [];
  const waiting: Item[] = [];
  let wake: () => void = () => {};
  let over = false;
  async function* items(signal: AbortSignal): AsyncGenerator<Item> {
    signal.addEventListener('abort', () => wake());
    for (;;) {
      const item = waiting.shift();
      if (item !== undefined) yield item;
      else if (signal.aborted) throw new Error('aborted');
      else if (over) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    asked,
    open: (input: unknown, signal: AbortSignal) => {
      asked.push({ input, signal });
      over = false;
      return items(signal);
    },
    push(...more: readonly Item[]) {
      waiting.push(...more);
      wake();
    },
    end() {
      over = true;
      wake();
    },
  };
}

function setUp() {
  const runs = feed<DiagnosisItem>();
  const opinions = feed<SecondOpinionItem>();
  const client = { diagnose: { run: runs.open, secondOpinion: opinions.open } };
  const store = createDiagnoseStore(
    () => client as never,
    () => 1000,
  );
  return { runs, opinions, store, run: () => store.state.getState().runs['m1'] };
}

test('steps come one by one, each first as running; the end brings the cause', async () => {
  const { runs, store, run } = setUp();
  store.run('m1');
  expect(run()).toMatchObject({ phase: 'running', steps: [], diagnosis: null });
  // One that is under way is not begun a second time: it signs in.
  store.run('m1');
  expect(runs.asked).toHaveLength(1);
  expect(runs.asked[0]?.input).toEqual({ subject: { kind: 'machine', machineId: 'm1' }, other: null });
  runs.push({ kind: 'begin', subject, startedAt: 1 }, { kind: 'step', step: step('name', 'running') });
  await vi.waitFor(() => expect(run()?.steps.map(({ state }) => state)).toEqual(['running']));
  runs.push({ kind: 'step', step: step('name', 'passed') }, { kind: 'step', step: step('tcp', 'running') });
  await vi.waitFor(() => expect(run()?.steps.map(({ state }) => state)).toEqual(['passed', 'running']));
  runs.push({ kind: 'end', diagnosis });
  runs.end();
  await vi.waitFor(() => expect(run()).toMatchObject({ phase: 'done', endedAt: 1000, diagnosis, subject }));
});

test('stopped by the user: the stream is cancelled, what was seen stays, and it can be run again', async () => {
  const { runs, store, run } = setUp();
  store.run('m1');
  runs.push({ kind: 'step', step: step('name', 'passed') });
  await vi.waitFor(() => expect(run()?.steps).toHaveLength(1));
  store.stop('m1');
  expect(runs.asked[0]?.signal.aborted).toBe(true);
  await vi.waitFor(() => expect(run()).toMatchObject({ phase: 'stopped', diagnosis: null, problem: null }));
  expect(run()?.steps).toHaveLength(1);
  store.run('m1');
  expect(run()).toMatchObject({ phase: 'running', steps: [] });
  expect(runs.asked).toHaveLength(2);
  store.stop('m1');
});

test('a stream that ends before its result is no result', async () => {
  const { runs, store, run } = setUp();
  store.run('m1');
  runs.end();
  await vi.waitFor(() => expect(run()).toMatchObject({ phase: 'failed', problem: { code: 'disconnected' } }));
});

test('the way back is asked about where another machine is named', async () => {
  const { runs, store } = setUp();
  store.nameOther('m1', ' hq-fs01 ');
  store.run('m1');
  expect(runs.asked[0]?.input).toMatchObject({ other: 'hq-fs01' });
  store.stop('m1');
});

test('a second opinion: who was asked, what each said, then the verdict', async () => {
  const { opinions, store } = setUp();
  const opinion = () => store.state.getState().opinions['m1'];
  store.askOthers('m1');
  store.askOthers('m1');
  expect(opinions.asked).toHaveLength(1);
  const view = { addresses: null, echo: null, winrm: 'refused', evidence: [] } as const;
  const witness = { machineId: 'm2', name: 'HQ-FS01', milliseconds: 0, view: null, problem: null } as const;
  const verdict = { id: 'its-listener', sentence: 'Nobody.', detail: '', candidates: [], fixes: [] } as const;
  opinions.push(
    { kind: 'mine', view },
    { kind: 'witness', witness: { ...witness, state: 'running' } },
    { kind: 'witness', witness: { ...witness, state: 'answered', view } },
    { kind: 'end', verdict, markdown: '# Second opinion' },
  );
  opinions.end();
  await vi.waitFor(() => expect(opinion()).toMatchObject({ phase: 'done', mine: view, verdict }));
  expect(opinion()?.witnesses).toEqual([{ ...witness, state: 'answered', view }]);
});

test('results of the last fifty machines are kept', async () => {
  const { runs, store } = setUp();
  for (let n = 0; n < 60; n += 1) {
    store.run(`n${n}`);
    store.stop(`n${n}`);
  }
  await vi.waitFor(() => {
    const all = Object.values(store.state.getState().runs);
    expect(all.every(({ phase }) => phase === 'stopped')).toBe(true);
    expect(all).toHaveLength(50);
  });
  expect(runs.asked).toHaveLength(60);
});
