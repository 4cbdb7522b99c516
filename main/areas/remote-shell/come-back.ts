import { TransportError, type WSManClient, WSManFault } from '../../wsman/index.ts';
import { sleep } from '../context.ts';

/** Then the session is lost for good. */
const giveUpMs = 3 * 60_000;
const pausesMs = [300, 1_000, 2_000, 4_000];
const attemptMs = 5_000;

/**
 * Waits until the machine answers again. Throws `lost`, what the connection ended with, when it does not within three minutes; any other error
 * than of the network, such as a refused sign-in, at once.
 */
export async function comeBack(
  client: WSManClient,
  lost: unknown,
  signal: AbortSignal,
  now: () => number,
): Promise<void> {
  const until = now() + giveUpMs;
  for (let attempt = 0; now() < until; attempt++) {
    await sleep(pausesMs[Math.min(attempt, pausesMs.length - 1)]!, signal);
    try {
      await client.identify({ timeoutMs: attemptMs, signal });
      return;
    } catch (error) {
      // A fault is an answer.
      if (error instanceof WSManFault) return;
      if (!(error instanceof TransportError)) throw error;
    }
  }
  throw lost;
}
