/** A page of a channel that never comes to rest ends at its bound, and says that it is not whole. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labTarget } from '../../lab/lab-target.ts';
import { type Lab, startLab } from '../../lab/start-lab.ts';
import { createClient, type WSManClient } from '../../wsman/index.ts';
import { pageBySubscription } from './page.ts';

let lab: Lab;
let client: WSManClient;
beforeAll(async () => {
  lab = await startLab({ machines: 1, stacks: ['3.0'] });
  client = createClient(labTarget(lab.machines[0]!));
});
afterAll(async () => {
  client?.close();
  await lab?.close();
});

const log = 'Microsoft-Windows-PowerShell/Operational';
const everything = { levels: [], source: '', ids: '', withinMs: null, text: '' };

test('a channel that is written to all the time, by a clock that is behind ours', async () => {
  // Nothing that is written is ever later than now, which would have ended the page; and it is never quiet.
  const now = Date.now() + 3_600_000;
  const stop = new AbortController();
  let written = 0;
  const writing = (async () => {
    while (!stop.signal.aborted) {
      await lab.writeEvents(lab.machines[0]!.name, [{ log, message: `busy ${++written}` }]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  try {
    const page = await pageBySubscription(client, log, everything, null, now, AbortSignal.timeout(15_000), 2_000);
    expect(page.entries.some(({ message }) => message?.startsWith('busy '))).toBe(true);
    const oldest = page.entries.at(-1)!;
    expect(page).toMatchObject({ before: oldest.recordId, lookedBackTo: oldest.at, by: 'subscription', readAt: now });
    expect(page.lookedAt).toBeGreaterThanOrEqual(page.entries.length);
    // What is older is there when it is asked for.
    const older = await pageBySubscription(client, log, everything, page.before, now, AbortSignal.timeout(15_000));
    expect(older.entries[0]!.recordId).toBeLessThan(oldest.recordId);
  } finally {
    stop.abort();
    await writing;
  }
});
