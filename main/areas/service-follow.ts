import type { WindowsService, WindowsServiceState } from '../../shared/contract/windows-services.ts';
import { isPending } from './windows-service-model.ts';

/** What the follower needs of the world; tests give their own clock. */
export interface FollowWorld {
  readonly read: () => Promise<WindowsService>;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly progress: (windowsService: WindowsService, elapsedMs: number) => Promise<void>;
}

export type FollowOutcome =
  | { readonly kind: 'settled'; readonly windowsService: WindowsService }
  /** It settled, but in another state than it was asked for: a service that starts and ends again, say. */
  | { readonly kind: 'other-state'; readonly windowsService: WindowsService }
  | { readonly kind: 'time-over'; readonly windowsService: WindowsService };

/** Longer than the 30 s after which the service control manager itself gives up on a service that does not report. */
export const followLimitMs = 90_000;
/** Between the accepted request and the first pending state a service may show its old state for a moment. */
const graceMs = 5_000;
const firstPollMs = 200;
const slowestPollMs = 1_000;
const lostReadings = 3;

/**
 * Follows a service after a request was accepted, until it is in the expected state, in another one that is not pending, or the limit is over.
 * Throws what reading throws, once it failed three times in a row.
 */
export async function followService(
  initial: WindowsServiceState,
  expected: WindowsServiceState,
  world: FollowWorld,
): Promise<FollowOutcome> {
  const startedAt = world.now();
  let poll = firstPollMs;
  let failures = 0;
  let lastShown: string | null = null;
  let wasPending = false;
  for (;;) {
    let windowsService: WindowsService | null = null;
    try {
      windowsService = await world.read();
      failures = 0;
    } catch (error) {
      if (++failures >= lostReadings) throw error;
    }
    const elapsed = world.now() - startedAt;
    if (windowsService !== null) {
      const { state } = windowsService;
      if (state === expected) return { kind: 'settled', windowsService };
      wasPending ||= isPending(state);
      const isOld = state === initial && !wasPending && elapsed < graceMs;
      if (!isPending(state) && !isOld) return { kind: 'other-state', windowsService };
      if (elapsed >= followLimitMs) return { kind: 'time-over', windowsService };
      const shown = `${state} ${Math.floor(elapsed / 1000)}`;
      if (shown !== lastShown) await world.progress(windowsService, elapsed);
      lastShown = shown;
    }
    await world.sleep(poll);
    poll = Math.min(slowestPollMs, poll * 1.5);
  }
}
