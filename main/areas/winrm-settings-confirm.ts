import type { MachineSettings } from '../../shared/contract/machines.ts';
import {
  AuthenticationError,
  CertificateError,
  differencesOf,
  type PlantedRevert,
  pendingReverts,
  readConfig,
  type WSManClient,
  wmi,
} from '../wsman/index.ts';
import { type AreaContext, sleep } from './context.ts';
import { openTrial } from './trial.ts';
import { type Plan, refuse } from './winrm-settings-plan.ts';

/** What a machine is like after a change, seen over fresh connections: as it was meant, or as it was before. */

/** After its revert was due, a machine gets so long to answer again. */
const returnLimitMs = 90_000;
const attemptLimitMs = 10_000;

/** Throws ProblemError where the machine is not in the inventory any more. */
export function settingsOf(context: AreaContext, machineId: string): MachineSettings {
  const settings = context.store.inventory.data.machines.get(machineId);
  if (settings === undefined) throw refuse('The machine was removed from the inventory meanwhile.');
  return settings;
}

/** A connection of its own, nobody's session: signs in, reads, and is closed. */
export async function freshly<T>(
  context: AreaContext,
  settings: MachineSettings,
  signal: AbortSignal,
  work: (client: WSManClient, within: AbortSignal) => Promise<T>,
): Promise<T> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(attemptLimitMs)]);
  const trial = openTrial(context, settings, null);
  try {
    await trial.signIn({ askedAt: context.now(), signal: within }, () => trial.client.identify({ signal: within }));
    return await work(trial.client, within);
  } finally {
    trial.close();
  }
}

/**
 * Null: two fresh connections in a row see the configuration as it was meant, so that a change which takes effect late is noticed. Otherwise why
 * not, in words or as the error. Looks until `until`.
 */
export async function confirm(
  context: AreaContext,
  settings: MachineSettings,
  plan: Plan,
  until: number,
  signal: AbortSignal,
): Promise<unknown> {
  const settleMs = Math.min(2000, Math.max(0, until - Date.now()) / 6);
  let failure: unknown = 'There was no time left to look.';
  let seen = 0;
  while (Date.now() + settleMs < until) {
    await sleep(settleMs, signal);
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, until - Date.now()))]);
      failure = await freshly(context, settings, limit, (client, within) => deviation(client, plan, within));
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
      // Nothing is gained by asking again, and a password is not to be tried over and over.
      if (error instanceof AuthenticationError || error instanceof CertificateError) return failure;
    }
    seen = failure === null ? seen + 1 : 0;
    if (seen === 2) return null;
  }
  return failure ?? 'Only one of two looks went well before the time was over.';
}

/** What is not as it was meant, in one sentence; null: nothing. */
async function deviation(client: WSManClient, plan: Plan, signal: AbortSignal): Promise<string | null> {
  if (!plan.after.isServiceRunning) return 'The service has not stopped yet.';
  const { config } = await readConfig(client, { signal });
  const meant = plan.after.config;
  const [first] = differencesOf(meant, config).filter(
    ({ subject, left }) => !(subject.startsWith('Listener') && left === '') && !isChosenByMachine(plan, subject),
  );
  // Through WMI too: that is what everything else of the console lives on.
  await client.get({ resourceUri: wmi('Win32_OperatingSystem') }, { signal });
  return first === undefined
    ? null
    : `${first.subject} is ${first.right ?? 'not there'} instead of ${first.left ?? 'not there'}.`;
}

/** Restore puts back what this table of defaults may know differently for that build. */
const isChosenByMachine = ({ restore }: Plan, subject: string): boolean =>
  restore !== null && !subject.startsWith('Listener');

/** Null: the machine answers again as before, and nothing of ours is left on it. Otherwise what is known, in one sentence. */
export async function awaitRevert(
  context: AreaContext,
  machineId: string,
  plan: Plan,
  planted: PlantedRevert,
  signal: AbortSignal,
): Promise<string | null> {
  const settings = settingsOf(context, machineId);
  let known = 'The machine has not answered since.';
  await sleep(Math.max(0, planted.dueAt - Date.now()), signal);
  const until = planted.dueAt + returnLimitMs;
  while (Date.now() < until) {
    await sleep(500, signal);
    try {
      const found = await freshly(context, settings, signal, async (client, within) => {
        const { config } = await readConfig(client, { signal: within });
        const [first] = differencesOf(plan.before.config, config);
        if (first !== undefined)
          return `The machine answers, and ${first.subject} is still ${first.right ?? 'not there'}.`;
        const isLeft = (await pendingReverts(client, { signal: within })).some(({ name }) => name === planted.name);
        return isLeft ? 'The machine is as before; its revert has not ended yet.' : null;
      });
      if (found === null) return null;
      known = found;
    } catch (error) {
      signal.throwIfAborted();
      known = `The machine cannot be reached: ${context.toProblem(error, machineId).message}`;
    }
  }
  return known;
}
