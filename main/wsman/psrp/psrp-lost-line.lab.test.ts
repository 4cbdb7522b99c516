/** Sessions of PowerShell that are left, and whose line is lost, on real sockets. */
import { describe, expect, test } from 'vitest';
import { OutcomeUnknownError, WSManFault } from '../errors.ts';
import { timedOutCode } from '../fault.ts';
import { shellActions } from '../shell-messages.ts';
import { listRunspacePools } from './disconnected-pools.ts';
import type { PipelineRecord } from './pipeline.ts';
import { SessionLostError } from './psrp-errors.ts';
import {
  clientOf,
  collect,
  gapsOf,
  lab,
  machine,
  open,
  opened,
  outputOf,
  outputs,
  requests,
  shellCount,
} from './psrp-lab.test-suite.ts';
import { connectRunspacePool, openRunspacePool } from './runspace-pool.ts';
import { connectionActions } from './shell-bodies.ts';

test('a session that never says that it is open is given up after its bound, and its shell deleted', async () => {
  const client = clientOf();
  // The shell is made, and what it says of itself never arrives.
  await lab.misbehave(machine.name, { kind: 'fault', code: timedOutCode, action: 'Receive' });
  const states: string[] = [];
  const failure = await openRunspacePool(client, {
    openWithinMs: 300,
    onState: (state) => void states.push(state),
  }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(SessionLostError);
  expect(failure).toMatchObject({ reason: 'broken', message: expect.stringContaining('never said that it is open') });
  expect(states).toContain('NegotiationSent');
  expect(states).not.toContain('Opened');
  expect(await shellCount(machine)).toBe(0);
});

describe('a session that is left', () => {
  test('keeps what runs in it, and is taken up again', async () => {
    const pool = await open();
    const pipeline = await pool.run('"before"; Start-Sleep -Milliseconds 300; "after"');
    const records = collect(pipeline);
    await pool.disconnect();
    expect(pool.state()).toBe('Disconnected');
    expect(pipeline.state()).toBe('Disconnected');
    await pool.reconnect();
    expect(outputs(await records)).toEqual(['before', 'after']);
    expect(gapsOf(await records)).toBe(0);
    expect(await outputOf(pool, '"new"')).toEqual(['new']);
  });

  test('is found by another client, which goes on where it was left', async () => {
    const pool = await open();
    const pipeline = await pool.run('"kept"; Start-Sleep -Milliseconds 200; "too"');
    pipeline.end.catch(() => {});
    await pool.disconnect();
    pool.leave();
    const client = clientOf();
    const listed = await listRunspacePools(client);
    expect(listed).toMatchObject([{ shellId: pool.id, state: 'Disconnected', pipelines: [{ id: pipeline.id }] }]);
    const again = await connectRunspacePool(client, pool.id);
    opened.push(again);
    const taken = await again.connectPipeline(pipeline.id);
    expect(outputs(await collect(taken))).toEqual(['kept', 'too']);
    expect(await outputOf(again, '"mine now"')).toEqual(['mine now']);
  });

  test('is lost to who has left it while another client is connected to it, and after that one has left it', async () => {
    const pool = await open();
    await pool.disconnect();
    const again = await connectRunspacePool(clientOf(), pool.id);
    opened.push(again);
    await expect(pool.reconnect()).rejects.toMatchObject({ name: 'SessionLostError', reason: 'taken' });
    await expect(connectRunspacePool(clientOf(), pool.id)).rejects.toMatchObject({
      fields: { wsmanCode: 2150859213 },
    });
    expect(await outputOf(again, '"theirs"')).toEqual(['theirs']);
    await again.disconnect();
    await expect(pool.reconnect()).rejects.toMatchObject({ name: 'SessionLostError', reason: 'taken' });
    await again.reconnect();
    expect(await outputOf(again, '"still theirs"')).toEqual(['still theirs']);
  });

  test('is connected to only where it is there', async () => {
    const client = clientOf();
    const id = '11111111-2222-3333-4444-555555555555';
    await expect(connectRunspacePool(client, id)).rejects.toThrow(WSManFault);
    expect(await shellCount(machine)).toBe(0);
  });
});

describe('a line that is lost', () => {
  test('under Receive is taken up again: nothing runs twice, the rest arrives, a gap is marked', async () => {
    const pool = await open();
    const pipeline = await pool.run('"one"; Start-Sleep -Milliseconds 600; "two"');
    const commands = await requests(shellActions.command);
    await lab.misbehave(machine.name, { kind: 'drop-before', action: 'Receive', containing: pipeline.id, times: 1 });
    const records = await collect(pipeline);
    expect(await requests(shellActions.command)).toBe(commands);
    expect(gapsOf(records)).toBe(1);
    expect(outputs(records).at(-1)).toBe('two');
    expect((await pipeline.end).state).toBe('Completed');
    expect(await requests(connectionActions.reconnect)).toBeGreaterThan(0);
    expect(await outputOf(pool, '"on"')).toEqual(['on']);
  });

  test('with an answer on it: a gap is marked where records may be missing, and what comes after is read', async () => {
    const pool = await open();
    const pipeline = await pool.run('Invoke-LabScenario flood -Count 4000 -Size 1000');
    const numbers: number[] = [];
    let gaps = 0;
    for await (const record of pipeline.streams) {
      if (record.stream === 'gap') gaps++;
      if (record.stream !== 'output') continue;
      numbers.push(Number(String(record.value).slice(0, 8)));
      if (numbers.length === 10) {
        await lab.misbehave(machine.name, { kind: 'drop-after', action: 'Receive', containing: pipeline.id, times: 1 });
      }
    }
    expect(gaps).toBe(1);
    expect((await pipeline.end).state).toBe('Completed');
    // In order, none twice; the last one is there.
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.at(-1)).toBe(4000);
    expect(await outputOf(pool, '"on"')).toEqual(['on']);
  });

  test('under one pipeline is a gap for the other one too, whose Receive ends with it', async () => {
    const pool = await open({ maxRunspaces: 2 });
    const other = await pool.run('"a"; Start-Sleep -Milliseconds 3000; "b"');
    const begun = Promise.withResolvers<void>();
    const reading = (async () => {
      const records: PipelineRecord[] = [];
      for await (const record of other.streams) {
        records.push(record);
        if (record.stream === 'output') begun.resolve();
      }
      return records;
    })();
    await begun.promise;
    // Its command goes out behind the Receive that the other one now waits on.
    const pipeline = await pool.run('"x"');
    await lab.misbehave(machine.name, { kind: 'drop-after', action: 'Receive', containing: pipeline.id, times: 1 });
    await collect(pipeline).catch(() => {});
    const records = await reading;
    expect(gapsOf(records)).toBe(1);
    expect(outputs(records)).toEqual(['a', 'b']);
  });

  test('under a stop: it did not arrive, what runs goes on, and a stop that is asked for again is heard', async () => {
    const pool = await open();
    const pipeline = await pool.run('"on"; Start-Sleep 600');
    const reading = collect(pipeline);
    await lab.misbehave(machine.name, { kind: 'drop-before', action: 'Signal', times: 1 });
    await expect(pipeline.stop()).rejects.toThrow(OutcomeUnknownError);
    expect(pipeline.state()).toBe('Running');
    await pipeline.stop();
    expect(outputs(await reading)).toEqual(['on']);
    expect((await pipeline.end).state).toBe('Stopped');
    expect(await outputOf(pool, '"free"')).toEqual(['free']);
  });

  test('under Command is told, and nothing is left running', async () => {
    const pool = await open();
    await lab.misbehave(machine.name, { kind: 'drop-after', action: 'Command', times: 1 });
    await expect(pool.run('Start-Sleep 600')).rejects.toThrow(OutcomeUnknownError);
    // The one runspace is free again: the target was told to forget what may have started.
    expect(await outputOf(pool, '"free"')).toEqual(['free']);
  });

  test('for good is a session that is lost, within a bound', async () => {
    // A Receive that waits at the target is asked again soon: then the line is found to be gone.
    const pool = await open({ takeUpWithinMs: 500, timeoutMs: 500 });
    const pipeline = await pool.run('Start-Sleep 600');
    const reading = collect(pipeline).catch((error: unknown) => error);
    await lab.misbehave(machine.name, { kind: 'drop-before' });
    const failure = await reading;
    expect(failure).toBeInstanceOf(SessionLostError);
    expect((failure as SessionLostError).reason).toBe('line');
    expect(pool.state()).toBe('Broken');
    await lab.misbehave(machine.name, null);
  });
});
