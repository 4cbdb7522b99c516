import { type RunspacePool, textOf } from '../../wsman/index.ts';

/** Somebody's own `prompt` that takes longer is given up: nothing can be typed before it ends. */
const promptMs = 10_000;

/**
 * What the session's `prompt` function says, on its last line without blanks behind it; null where it says nothing, fails or hangs, and what
 * hangs is told to end. Throws what ends the session, and the reason of `signal`.
 */
export async function promptOf(
  pool: RunspacePool,
  signal: AbortSignal | undefined,
  withinMs = promptMs,
): Promise<string | null> {
  const bound = AbortSignal.any([AbortSignal.timeout(withinMs), ...(signal ? [signal] : [])]);
  try {
    const pipeline = await pool.run('prompt', { format: { text: {} }, signal: bound });
    const lines: string[] = [];
    for await (const record of pipeline.streams) if (record.stream === 'output') lines.push(textOf(record.value) ?? '');
    return (await pipeline.end).state === 'Completed' ? lines.join('\n').trimEnd() || null : null;
  } catch (error) {
    // Its time may also run out while a lost line is taken up again, which does not end the session.
    if (signal?.aborted || (pool.state() !== 'Opened' && !bound.aborted)) throw error;
    return null;
  }
}
