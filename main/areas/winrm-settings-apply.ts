import { randomBytes } from 'node:crypto';
import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { MachineSettings } from '../../shared/contract/machines.ts';
import { type Problem, ProblemError } from '../../shared/contract/problem.ts';
import type { ApplyProgress, WinrmChange } from '../../shared/contract/winrm-settings.ts';
import type { Sink } from '../../shared/rpc/endpoint.ts';
import type { Session } from '../sessions/session.ts';
import type { Audit } from '../storage/audit.ts';
import {
  AuthenticationError,
  CancelledError,
  CertificateError,
  type ConfigMapping,
  findRevertMeans,
  OutcomeUnknownError,
  type PlantedRevert,
  performOperation,
  plantRevert,
  removeRevert,
  restoreConfig,
  TransportError,
  type WSManClient,
} from '../wsman/index.ts';
import { type AreaContext, onMachine } from './context.ts';
import type { MachinesArea } from './machines.ts';
import { awaitRevert, confirm, freshly, settingsOf } from './winrm-settings-confirm.ts';
import { type Plan, passwordFor, planOfChanges, refuse } from './winrm-settings-plan.ts';
import { fingerprintOf, readNow, startModeOf } from './winrm-settings-read.ts';

/**
 * Applying changes so that nobody is locked out: plant a revert, apply, confirm over a fresh connection, take the revert away. Whatever
 * goes wrong in between, the machine takes the change back by itself; this code then only says what is true.
 */

type Input = Parameters<ConsoleHandlers['winrmSettings']['apply']>[0];

/** Where nothing takes a change back, a machine gets so long to say what it did. */
const readBackMs = 10_000;

export interface ApplyTools {
  readonly context: AreaContext;
  readonly machines: MachinesArea;
  readonly audit: Audit;
}

/** Pushes one step of an apply. */
type Tell = (
  phase: ApplyProgress['phase'],
  outcome: ApplyProgress['outcome'],
  words: string,
  more?: Partial<Pick<ApplyProgress, 'problem' | 'result'>>,
) => Promise<void>;

export async function applyChanges(tools: ApplyTools, input: Input, sink: Sink<ApplyProgress>): Promise<void> {
  const { context } = tools;
  const { machineId } = input;
  const signal = AbortSignal.any([sink.signal, context.closing]);
  let revertAt: number | null = null;
  const tell: Tell = (phase, outcome, words, more = {}) =>
    sink.push({ phase, outcome, words, revertAt, problem: null, result: null, ...more });
  const problemOf = (error: unknown): Problem => context.toProblem(error, machineId);

  await onMachine(context, machineId, async (session) => {
    await tell('check', 'running', 'Reading the configuration as it is now.');
    const plan = await session.run((client, within) => check(tools, session, client, input, within), {
      signal,
      urgent: true,
    });
    await tell('check', 'passed', `${plan.lines.length} differences, none refused.`);

    let planted: PlantedRevert | null = null;
    if (plan.risks.length > 0 && input.protect) {
      await tell('plant-revert', 'running', 'Planting the way back on the machine.');
      try {
        planted = await session.run((client, within) => plant(tools, client, input, plan, within), { signal });
      } catch (error) {
        signal.throwIfAborted();
        await audit(tools, input, 'revert-refused');
        // A lost answer may have left one there; it would put back the values of now.
        const words = `No revert could be planted${isConnectionLoss(error) ? ', as far as can be told' : ''}. Nothing was changed.`;
        await tell('plant-revert', 'failed', words, { problem: problemOf(error), result: 'refused' });
        return;
      }
      revertAt = planted.dueAt;
      await tell(
        'plant-revert',
        'passed',
        `The machine takes the change back by itself (${planted.means}) unless it is confirmed.`,
      );
    } else
      await tell(
        'plant-revert',
        'skipped',
        plan.risks.length === 0 ? 'Nothing in it can cut the connection.' : 'Not wanted.',
      );

    await tell('apply', 'running', 'Changing.');
    const applied = await perform(session, input.changes, plan, signal);
    const isRefused = applied.error !== null && !isConnectionLoss(applied.error);
    if (isRefused) {
      const problem = problemOf(applied.error);
      if (planted === null || applied.done === 0) {
        const remains = planted !== null && !(await takeAway(session, planted, signal));
        if (remains) await audit(tools, input, 'revert-remains');
        else revertAt = null;
        const before =
          applied.done === 0 ? 'Nothing was changed.' : `${applied.done} of ${applied.all} steps were done before.`;
        const left =
          planted === null
            ? ''
            : remains
              ? ' The planted revert could not be taken away: it runs when its time has come, and puts back what is there now.'
              : ' The planted revert was taken away.';
        await tell('apply', 'failed', `The machine refused. ${before}${left}`, { problem, result: 'refused' });
        return;
      }
      await tell(
        'apply',
        'failed',
        `The machine refused a step; ${applied.done} of ${applied.all} were done and will be taken back.`,
        { problem },
      );
    } else await tell('apply', 'passed', wordsOfApplied(applied));

    if (planted === null) {
      void session.retry();
      if (plan.risks.length > 0) await audit(tools, input, 'applied-unprotected');
      // Where it could have cut the connection, only a fresh one knows; and a way on is kept only once it has worked.
      if (applied.error === null && plan.risks.length === 0)
        await tell('confirm', 'skipped', 'There is nothing to take back.', { result: 'applied' });
      else await readBack(tools, input, plan, applied, signal, tell);
      return;
    }
    await tell('confirm', 'running', 'Connecting anew, to see whether the machine can still be managed.');
    const failure = isRefused
      ? 'A step was refused.'
      : await confirm(context, followed(context, input), plan, confirmUntil(input, planted), signal);
    if (failure === null) {
      await tell('confirm', 'passed', 'A fresh connection works, and the configuration is as it was meant.');
      await finish(tools, input, planted, signal, tell, (gone) => {
        if (gone) revertAt = null;
      });
      return;
    }
    await tell(
      'confirm',
      'failed',
      `Not confirmed: ${typeof failure === 'string' ? failure : problemOf(failure).message}`,
      {
        problem: typeof failure === 'string' ? null : problemOf(failure),
      },
    );
    await tell('await-revert', 'running', 'Waiting for the machine to take the change back.');
    const back = await awaitRevert(context, machineId, plan, planted, signal);
    void session.retry();
    await audit(tools, input, back === null ? 'reverted' : 'unreachable');
    revertAt = null;
    if (back === null)
      await tell('await-revert', 'passed', 'The machine has taken the change back; everything is as before.', {
        result: 'reverted',
      });
    else await tell('await-revert', 'failed', back, { result: 'unreachable' });
  });
}

async function check(
  tools: ApplyTools,
  session: Session,
  client: WSManClient,
  input: Input,
  signal: AbortSignal,
): Promise<Plan> {
  const reading = await readNow(tools.context, session, client, signal);
  if (fingerprintOf(reading.read.config) !== input.fingerprint)
    throw refuse('The configuration is another one than when the preview was made.', ['Look at the preview again.']);
  const plan = planOfChanges(reading, input.changes, await startModeOf(client, signal));
  const [refusal] = plan.refusals;
  if (refusal !== undefined) throw refuse(refusal);
  if (plan.operations.length === 0 && plan.restore === null) throw refuse('There is nothing to change.');
  if (plan.risks.length > 0 && !input.protect && input.accept !== 'unprotected')
    throw refuse(`It could cut this connection: ${plan.risks[0]!.why}`, [
      'Let the machine take it back by itself unless it is confirmed.',
    ]);
  const [gap] = plan.revert.gaps;
  if (plan.risks.length > 0 && input.protect && gap !== undefined)
    throw refuse(`The way back cannot be planted. ${gap}`);
  return plan;
}

async function plant(
  tools: ApplyTools,
  client: WSManClient,
  input: Input,
  plan: Plan,
  signal: AbortSignal,
): Promise<PlantedRevert> {
  const means = await findRevertMeans(client, { signal });
  if (means === null) {
    throw new ProblemError({
      code: 'not-supported',
      message: 'No way was found to plant a revert on this machine.',
      advice: ['Make the change at the machine itself.'],
      retryable: false,
    });
  }
  const label = randomBytes(6).toString('hex');
  const { lines } = plan.revert;
  await audit(tools, input, 'revert-planted', { means, label, lines });
  return plantRevert(client, means, { lines, delayMs: input.revertAfterSeconds * 1000, label }, { signal });
}

function audit(
  { audit: file, context }: ApplyTools,
  { machineId, changes }: Input,
  event: string,
  more: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<void> {
  const what = changes.map((change) => (change.kind === 'set' ? `set ${change.path}` : change.kind));
  context.log(`audit: winrm ${event} on ${machineId}: ${what.join(', ')}`);
  return file.write({ event: `winrm-${event}`, machineId, changes: what, ...more });
}

interface Applied {
  readonly done: number;
  readonly all: number;
  /** Null where every step was answered. */
  readonly error: unknown;
}

function wordsOfApplied({ done, all, error }: Applied): string {
  if (error === null) return 'Changed.';
  if (done + 1 >= all) return 'Changed, as far as can be told: the answer was lost.';
  return `The answer to step ${done + 1} of ${all} was lost; the steps behind it were not begun.`;
}

/** Carries the operations out until one fails. What was sent before counts as done. */
async function perform(
  session: Session,
  changes: readonly WinrmChange[],
  plan: Plan,
  signal: AbortSignal,
): Promise<Applied> {
  const passwordOf = (mapping: ConfigMapping): string | null => passwordFor(changes, mapping);
  const { restore, operations } = plan;
  if (restore !== null) {
    try {
      await session.run((client, within) => restoreConfig(client, restore, { signal: within }), { signal });
      return { done: 1, all: 1, error: null };
    } catch (error) {
      return { done: 0, all: 1, error };
    }
  }
  let done = 0;
  for (const operation of operations) {
    try {
      await session.run((client, within) => performOperation(client, operation, { passwordOf }, { signal: within }), {
        signal,
      });
      done++;
    } catch (error) {
      signal.throwIfAborted();
      return { done, all: operations.length, error };
    }
  }
  return { done, all: operations.length, error: null };
}

/** The connection went away under the change: the change may well have happened. */
const isConnectionLoss = (error: unknown): boolean =>
  [TransportError, OutcomeUnknownError, CancelledError, AuthenticationError, CertificateError].some(
    (failure) => error instanceof failure,
  );

/** How the machine is reached once the change is made. */
const followed = (context: AreaContext, { machineId, follow }: Input): MachineSettings => ({
  ...settingsOf(context, machineId),
  ...follow,
});

/** Well before the revert is due. */
const confirmUntil = ({ revertAfterSeconds }: Input, { dueAt }: PlantedRevert): number =>
  dueAt - Math.max(1000, (revertAfterSeconds * 1000) / 4);

/** No revert is planted, and an answer was lost or the connection may be: only the machine can say what it did. */
async function readBack(
  tools: ApplyTools,
  input: Input,
  plan: Plan,
  applied: Applied,
  signal: AbortSignal,
  tell: Tell,
): Promise<void> {
  await tell('confirm', 'running', 'Connecting anew, to read what came of it.');
  const failure = await confirm(tools.context, followed(tools.context, input), plan, Date.now() + readBackMs, signal);
  if (failure === null) {
    if (input.follow !== null) await keepFollow(tools, input, signal);
    await tell('confirm', 'skipped', 'It was read again, and is as it was meant.', { result: 'applied' });
  } else if (typeof failure === 'string')
    await tell('confirm', 'failed', `Not all of it is changed: ${failure}`, { result: 'refused' });
  else {
    const problem = tools.context.toProblem(failure, input.machineId);
    const known =
      applied.error === null
        ? 'The machine took the change, and no fresh connection succeeds since.'
        : 'What was changed is not known.';
    const words = `${known} ${problem.message}`;
    await tell('confirm', 'failed', words, { problem, result: 'unreachable' });
  }
}

/** The way to the machine that has just worked becomes the saved one. */
async function keepFollow(tools: ApplyTools, input: Input, signal: AbortSignal): Promise<void> {
  await tools.machines.handlers.update({ id: input.machineId, settings: followed(tools.context, input) }, signal);
}

/** False where the machine did not let it go: a refusal, or no answer. */
async function takeAway(session: Session, planted: PlantedRevert, signal: AbortSignal): Promise<boolean> {
  try {
    return await session.run((client, within) => removeRevert(client, planted, { signal: within }), {
      signal,
      urgent: true,
    });
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

async function finish(
  tools: ApplyTools,
  input: Input,
  planted: PlantedRevert,
  signal: AbortSignal,
  tell: Tell,
  removed: (gone: boolean) => void,
): Promise<void> {
  const { context } = tools;
  const settings = followed(context, input);
  await tell('remove-revert', 'running', 'Taking the revert away.');
  let gone = false;
  let problem: Problem | null = null;
  for (let attempt = 0; attempt < 3 && !gone && Date.now() < planted.dueAt - 500; attempt++) {
    try {
      gone = await freshly(context, settings, signal, (client, within) =>
        removeRevert(client, planted, { signal: within }),
      );
    } catch (error) {
      signal.throwIfAborted();
      problem = context.toProblem(error, input.machineId);
    }
  }
  removed(gone);
  await audit(tools, input, gone ? 'confirmed' : 'revert-remains');
  if (gone && input.follow !== null) await keepFollow(tools, input, signal);
  else void context.sessions.get(input.machineId)?.retry();
  if (gone) await tell('remove-revert', 'passed', 'The change stays.', { result: 'applied' });
  else
    await tell(
      'remove-revert',
      'failed',
      'The revert could not be taken away: the machine will take the change back.',
      {
        problem,
        result: 'revert-remains',
      },
    );
}
