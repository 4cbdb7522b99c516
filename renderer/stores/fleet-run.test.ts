import { expect, test } from 'vitest';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import { createRunner, type FleetRun } from './fleet-run.ts';

type Attach = NonNullable<Parameters<typeof createRunner>[0]>;

/** A link that is open, and can be cut. */
function openLink() {
  const connection = new AbortController();
  let attached = 0;
  const attachTo: Attach = (run) => {
    attached += 1;
    run({} as ConsoleClient, connection.signal);
    return () => {
      attached -= 1;
    };
  };
  return { attachTo, cut: () => connection.abort(), attached: () => attached };
}

/** Answers until it is aborted, as streams of the console do. */
async function* endless(first: string, signal: AbortSignal): AsyncGenerator<string> {
  yield first;
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
}

/** Follows a run, and tells when it has ended. */
function follow(link: ReturnType<typeof openLink>, open: (signal: AbortSignal) => AsyncIterable<string>) {
  const runner = createRunner<string>(link.attachTo);
  const answers: string[] = [];
  const ended = Promise.withResolvers<Partial<FleetRun>>();
  runner.start(
    (_client, signal) => open(signal),
    (batch, change) => {
      answers.push(...batch);
      if (change.phase !== undefined) ended.resolve(change);
    },
  );
  return { runner, answers, ended: ended.promise };
}

test('takes what came before the end, and lets go of the link', async () => {
  const link = openLink();
  const run = follow(link, async function* () {
    yield 'a';
    yield 'b';
  });
  expect(link.attached()).toBe(1);
  expect(await run.ended).toMatchObject({ phase: 'done', problem: null, endedAt: expect.any(Number) });
  expect(run.answers).toEqual(['a', 'b']);
  expect(link.attached()).toBe(0);
});

test('a failure says why; answers of before stay', async () => {
  const run = follow(openLink(), async function* () {
    yield 'a';
    throw new Error('broken');
  });
  expect(await run.ended).toMatchObject({ phase: 'failed', problem: { code: expect.any(String) } });
  expect(run.answers).toEqual(['a']);
});

test('stopped once, by the user or with the connection; the next run is another one', async () => {
  const link = openLink();
  const first = follow(link, (signal) => endless('a', signal));
  first.runner.stop();
  expect(await first.ended).toMatchObject({ phase: 'stopped', problem: null });
  first.runner.stop();
  expect(link.attached()).toBe(0);

  const second = follow(link, (signal) => endless('b', signal));
  link.cut();
  expect(await second.ended).toMatchObject({ phase: 'stopped' });
  expect(second.answers).toEqual(['b']);
});
