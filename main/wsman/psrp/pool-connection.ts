/**
 * Disconnecting a pool and taking it up again (MS-PSRP 3.1.4.9, 3.1.4.10.2), of our own will or because the line was lost.
 *
 * Disconnect and Reconnect say who listens; they run nothing. So these two are asked again while a lost line is taken up, within a bound.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallOptions } from '../client.ts';
import { WSManFault } from '../errors.ts';
import { asLoss, isGone, type Link } from './link.ts';
import type { RunspacePoolState } from './message.ts';
import { SessionLostError } from './psrp-errors.ts';
import { type BufferMode, connectionActions, disconnectBody, reconnectBody } from './shell-bodies.ts';

export interface PoolConnection {
  /** Rejects with the target's fault where it does not offer this; the pool then goes on as it was. */
  disconnect(options: { readonly idleTimeoutMs?: number; readonly bufferMode?: BufferMode }): Promise<void>;
  /** Rejects with SessionLostError where the session is gone, or is another client's now. */
  reconnect(): Promise<void>;
  /** After a lost line. Resolves when the session is connected again; rejects with SessionLostError. Asked by several, it is done once. */
  takeUp(lost: Error): Promise<void>;
}

export interface PoolConnectionOptions {
  readonly life: AbortSignal;
  /** Ids of those that run. */
  readonly pipelines: () => readonly string[];
  readonly setState: (state: RunspacePoolState, error?: Error | null) => void;
  readonly takeUpWithinMs: number;
}

/** Receives that are outstanding come home within this, with what they have. */
const receiveGraceMs = 1_500;
/** Of the requests that take a lost line up: the target has nothing to do but to say yes. */
const takeUpTimeoutMs = 5_000;
const longestPauseMs = 4_000;

export function createPoolConnection(link: Link, options: PoolConnectionOptions): PoolConnection {
  const { life, setState } = options;
  let takingUp: Promise<void> | null = null;

  async function reconnectAll(call: CallOptions): Promise<void> {
    try {
      await link.ask(connectionActions.reconnect, reconnectBody(null), call);
    } catch (error) {
      throw asLoss(error);
    }
    for (const id of options.pipelines()) {
      try {
        await link.ask(connectionActions.reconnect, reconnectBody(id), call);
      } catch (error) {
        // One that has ended meanwhile says so itself when it is received from.
        if (!(error instanceof WSManFault)) throw error;
      }
    }
    setState('Opened');
    link.resume();
  }

  async function takeUp(lost: Error): Promise<void> {
    const unreachable = (cause: Error): SessionLostError =>
      new SessionLostError('line', 'The line to the PowerShell session was lost.', cause);
    if (options.takeUpWithinMs <= 0) throw unreachable(lost);
    void link.suspend();
    await link.dropReceives(0, lost);
    setState('Disconnected', lost);
    const until = Date.now() + options.takeUpWithinMs;
    const call = { timeoutMs: takeUpTimeoutMs, signal: life };
    for (let pause = 250; ; pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        // The target may still take us for connected: only a session that is not can be taken up.
        await link.ask(connectionActions.disconnect, disconnectBody(), call).catch((error: unknown) => {
          if (!(error instanceof WSManFault) || isGone(error)) throw error;
        });
        await reconnectAll(call);
        return;
      } catch (error) {
        if (error instanceof SessionLostError) throw error;
        if (isGone(error)) {
          throw new SessionLostError('gone', 'The line was lost, and the PowerShell session is gone.', error);
        }
        // Targets before Windows Server 2012 do not offer this.
        if (error instanceof WSManFault || life.aborted || Date.now() + pause > until)
          throw unreachable(error as Error);
      }
      await sleep(pause, undefined, { signal: life }).catch(() => {});
    }
  }

  return {
    async disconnect(how) {
      await link.suspend();
      try {
        await link.ask(connectionActions.disconnect, disconnectBody(how), { signal: life });
      } catch (error) {
        link.resume();
        throw error;
      }
      setState('Disconnected');
      await link.dropReceives(receiveGraceMs);
    },
    reconnect: () => reconnectAll({ signal: life }),
    takeUp(lost) {
      takingUp ??= takeUp(lost).finally(() => {
        takingUp = null;
      });
      return takingUp;
    },
  };
}
