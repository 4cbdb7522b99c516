import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { PowerPhase, PowerProgress } from '../../shared/contract/power.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import type { Session } from '../sessions/session.ts';
import {
  AuthenticationError,
  CancelledError,
  cimSchema,
  OutcomeUnknownError,
  type WSManClient,
  WSManError,
  WSManFault,
  wmi,
} from '../wsman/index.ts';
import { type AreaContext, onMachine, sleep } from './context.ts';
import { query, queryOne, select } from './query.ts';
import { shutdownRefusal } from './return-codes.ts';
import { readSignedIn } from './signed-in.ts';

/** How long a machine may take. Servers with much memory spend minutes in their firmware, and updates are installed on the way down. */
export interface PowerLimits {
  readonly goDownMs: number;
  readonly comeBackMs: number;
  readonly settleMs: number;
  /** After this much silence a machine that was asked to shut down counts as off. */
  readonly offMs: number;
  readonly pollMs: number;
  /** After a refused sign-in nothing is tried for so long. */
  readonly afterRefusedSignInMs: number;
}
const defaultLimits: PowerLimits = {
  goDownMs: 5 * 60_000,
  comeBackMs: 20 * 60_000,
  settleMs: 3 * 60_000,
  offMs: 10_000,
  pollMs: 1000,
  afterRefusedSignInMs: 20_000,
};
/** Two readings of LastBootUpTime of the same start may differ by fractions of a second. */
const sameBootMs = 5_000;
/** Refused sign-ins while a machine starts are usual (its domain is not there yet), but each one counts towards a lock-out. */
const refusedSignIns = 2;

/** Win32Shutdown flags: reboot 2, power off 8, forced +4. */
const flags = { restart: 2, 'shut-down': 8, force: 4 } as const;

const bootSchema = cimSchema({ LastBootUpTime: 'datetime' });
const autoSchema = cimSchema({ State: 'string' });

export function createPower(context: AreaContext, change: Partial<PowerLimits> = {}): ConsoleHandlers['power'] {
  const limits = { ...defaultLimits, ...change };
  return {
    signedIn: ({ machineId }, signal) =>
      onMachine(context, machineId, (session) => session.run(readSignedIn, { signal, urgent: true })),

    run: ({ machineId, action, force }, sink) =>
      onMachine(context, machineId, async (session) => {
        if (session.status.state === 'restarting') throw alreadyUnderWay();
        const bootBeforeAt = await session.run(readBootTime, { signal: sink.signal, urgent: true });
        const startedAt = context.now();
        let bootAfterAt: number | null = null;
        const tell = (phase: PowerPhase, words: string, limitMs: number) => {
          const elapsedMs = context.now() - startedAt;
          const progress: PowerProgress = { phase, elapsedMs, limitMs, bootBeforeAt, bootAfterAt, words };
          return sink.push(progress);
        };

        const restart = session.beginRestart();
        let ended: 'back' | 'off' | 'refused' = 'back';
        try {
          const follower = createFollower(context, session, limits, bootBeforeAt, sink.signal);
          try {
            const { lost } = await ask(session, action, force, sink.signal);
            const words = action === 'restart' ? 'asked to restart' : 'asked to shut down';
            await tell('asked', lost ? `${words}; it went before it answered` : words, limits.goDownMs);
          } catch (error) {
            ended = 'refused';
            throw error;
          }
          const outcome = await follower.follow(action, (phase, words, limitMs) => tell(phase, words, limitMs));
          if (outcome.kind === 'off') {
            ended = 'off';
            await tell('done', 'it no longer answers', limits.goDownMs);
            return;
          }
          if (outcome.kind !== 'back') {
            const words = outcome.kind === 'did-not-go-down' ? 'it still runs' : 'it does not answer';
            await tell(outcome.kind, words, outcome.kind === 'did-not-go-down' ? limits.goDownMs : limits.comeBackMs);
            return;
          }
          bootAfterAt = outcome.bootAt;
          await tell('back', 'it has started anew', limits.comeBackMs);
        } finally {
          await restart.end(ended);
        }
        const words = await settle(session, limits, sink.signal, context.now, (text) =>
          tell('settling', text, limits.settleMs),
        );
        await tell('done', words, limits.settleMs);
      }),
  };
}

async function readBootTime(client: WSManClient, signal: AbortSignal): Promise<number | null> {
  const row = await queryOne(client, select(bootSchema, 'Win32_OperatingSystem'), bootSchema, signal);
  return row?.LastBootUpTime?.epochMs ?? null;
}

/** Asks once. That the answer is lost is expected of a machine that goes down at once; only following it tells. */
async function ask(
  session: Session,
  action: 'restart' | 'shut-down',
  force: boolean,
  signal: AbortSignal,
): Promise<{ lost: boolean }> {
  const resource = { resourceUri: wmi('Win32_OperatingSystem') };
  const isPlainReboot = action === 'restart' && !force;
  const method = isPlainReboot ? 'Reboot' : 'Win32Shutdown';
  const value = flags[action] + (force ? flags.force : 0);
  const input = isPlainReboot ? [] : ([{ name: 'Flags', type: 'sint32', value }] as const);
  try {
    const { returnValue } = await session.run(
      (client, within) => client.invoke(resource, method, input, { signal: within }),
      {
        signal,
        following: true,
      },
    );
    if (returnValue !== 0) throw shutdownRefusal(method, returnValue ?? -1);
    return { lost: false };
  } catch (error) {
    if (error instanceof OutcomeUnknownError) return { lost: true };
    throw error;
  }
}

type Outcome =
  | { readonly kind: 'back'; readonly bootAt: number | null }
  | { readonly kind: 'off' | 'did-not-go-down' | 'did-not-come-back' };

/** Follows by the boot time, since an open port proves nothing: the old Windows keeps it open for a while. */
function createFollower(
  context: AreaContext,
  session: Session,
  limits: PowerLimits,
  bootBeforeAt: number | null,
  signal: AbortSignal,
) {
  /** The boot time, or null while it does not answer. Throws where asking on would be wrong. */
  let refused = 0;
  async function look(): Promise<{ bootAt: number | null } | null> {
    try {
      return { bootAt: await session.run(readBootTime, { signal, following: true }) };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CancelledError || !(error instanceof WSManError)) throw error;
      // WMI is not up yet.
      if (error instanceof WSManFault) return null;
      if (error instanceof AuthenticationError) {
        if (++refused > refusedSignIns || error.reason !== 'rejected') throw error;
        await sleep(limits.afterRefusedSignInMs, signal);
      }
      return null;
    }
  }
  const isNew = (bootAt: number | null) =>
    bootAt !== null && (bootBeforeAt === null || Math.abs(bootAt - bootBeforeAt) > sameBootMs);

  return {
    async follow(
      action: 'restart' | 'shut-down',
      tell: (phase: PowerPhase, words: string, limitMs: number) => Promise<void>,
    ): Promise<Outcome> {
      const startedAt = context.now();
      let silentSince: number | null = null;
      for (;;) {
        await sleep(limits.pollMs, signal);
        const seen = await look();
        const elapsed = context.now() - startedAt;
        if (seen !== null) {
          if (isNew(seen.bootAt)) return { kind: 'back', bootAt: seen.bootAt };
          silentSince = null;
          if (elapsed > limits.goDownMs) return { kind: 'did-not-go-down' };
          await tell('going-down', 'still answers, going down', limits.goDownMs);
          continue;
        }
        silentSince ??= context.now();
        if (action === 'shut-down' && context.now() - silentSince >= limits.offMs) return { kind: 'off' };
        if (elapsed > limits.comeBackMs) return { kind: 'did-not-come-back' };
        await tell('down', 'does not answer', limits.comeBackMs);
      }
    },
  };
}

/** Waits until no automatic service is starting and their number stands still. Gives the words for the end. */
async function settle(
  session: Session,
  limits: PowerLimits,
  signal: AbortSignal,
  now: () => number,
  tell: (words: string) => Promise<void>,
): Promise<string> {
  const until = now() + limits.settleMs;
  let before: number | null = null;
  for (;;) {
    try {
      const rows = await session.run(
        (client, within) => query(client, select(autoSchema, 'Win32_Service', "StartMode='Auto'"), autoSchema, within),
        { signal, urgent: true },
      );
      const starting = rows.filter(({ State }) => State === 'Start Pending').length;
      const running = rows.filter(({ State }) => State === 'Running').length;
      if (starting === 0 && running === before) return `back, ${running} automatic services run`;
      before = running;
      if (now() > until) return `back, ${starting} automatic services are still starting`;
      await tell(starting === 0 ? 'services are starting' : `${starting} services are starting`);
    } catch (error) {
      signal.throwIfAborted();
      // What only the services refuse does not make the machine less back.
      if (error instanceof WSManFault || now() > until) return 'back; its services could not be read';
      if (!(error instanceof WSManError)) throw error;
    }
    await sleep(limits.pollMs * 2, signal);
  }
}

function alreadyUnderWay(): ProblemError {
  return new ProblemError({
    code: 'invalid-input',
    message: 'Windeck is restarting or shutting down this machine already.',
    advice: ['Follow it in the list.'],
    retryable: false,
  });
}
