/** Do other machines reach it? A few that are connected are asked, over a shell each, and the verdict says whose fault it is. */

import { is } from 'valibot';
import type { ConsoleHandlers } from '../../../shared/contract/contract.ts';
import {
  OtherMachine,
  type SecondOpinionItem,
  type SecondOpinionVerdict,
  type View,
  type Witness,
} from '../../../shared/contract/diagnose.ts';
import type { MachineSettings } from '../../../shared/contract/machines.ts';
import { isLoopback } from '../../winrm-command/remote.ts';
import { collectOutput, openShell, type Target } from '../../wsman/index.ts';
import { type AreaContext, notInInventory, sessionOf } from '../context.ts';
import { openTrial } from '../trial.ts';
import { type NetworkEdge, systemNetwork } from './network.ts';
import { candidateLines, code, fixLines, prose } from './report.ts';
import { secondVerdict, type WitnessView } from './second-verdict.ts';
import { ownView, stateWords, witnessView } from './view.ts';
import { identifyArguments } from './way-back.ts';

/** Enough to tell one odd network from the rest. */
const mostWitnesses = 4;
/** For one witness: shell, ping and the time-out of winrm over there. */
const witnessLimitMs = 15_000;
/** Windows tries a connection for 21 s: who has not been answered by then is met with silence. */
const identifyLimitMs = 7_000;
const mostOutput = 64 * 1024;

export interface SecondOpinionOptions {
  readonly network?: NetworkEdge;
  readonly witnessLimitMs?: number;
}

export function createSecondOpinion(
  context: AreaContext,
  options: SecondOpinionOptions = {},
): Pick<ConsoleHandlers['diagnose'], 'secondOpinion'> {
  return {
    async secondOpinion({ machineId }, sink) {
      const settings = context.store.inventory.data.machines.get(machineId);
      if (settings === undefined) throw notInInventory(machineId);
      const signal = AbortSignal.any([sink.signal, context.closing]);
      const trial = openTrial(context, settings, null);
      try {
        await ask(context, { machineId, settings, target: trial.target }, options, (item) => sink.push(item), signal);
      } finally {
        trial.close();
      }
    },
  };
}

interface Subject {
  readonly machineId: string;
  readonly settings: MachineSettings;
  readonly target: Target;
}

async function ask(
  context: AreaContext,
  { machineId, settings, target }: Subject,
  { network = systemNetwork, witnessLimitMs: limitMs = witnessLimitMs }: SecondOpinionOptions,
  push: (item: SecondOpinionItem) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  // What goes into a command line over there has the form of a name.
  const canBeNamed = is(OtherMachine, settings.address);
  const chosen = canBeNamed ? chooseWitnesses(context, machineId, settings) : [];
  let told = Promise.resolve();
  const tell = (item: SecondOpinionItem) => {
    told = told.then(() => push(item));
    told.catch(() => {});
  };
  const own = ownView(target, network, signal).then((view) => {
    tell({ kind: 'mine', view });
    return view;
  });
  const witnesses: WitnessView[] = [];
  const asked = chosen.map(async ({ id, name }) => {
    const blank = { machineId: id, name, milliseconds: 0, view: null, problem: null };
    tell({ kind: 'witness', witness: { ...blank, state: 'running' } });
    const witness = await testify(context, id, name, target, limitMs, signal);
    tell({ kind: 'witness', witness });
    if (witness.view !== null) witnesses.push({ name, view: witness.view });
  });
  const [mine] = await Promise.all([own, ...asked]);
  await told;
  const verdict = secondVerdict({ host: settings.address, port: settings.port, mine, witnesses });
  await push({ kind: 'end', verdict, markdown: markdownOf(settings, mine, witnesses, verdict) });
}

/** Connected ones, those that share a tag with it first, since they are likely to stand beside it. */
function chooseWitnesses(
  context: AreaContext,
  machineId: string,
  settings: MachineSettings,
): readonly { id: string; name: string }[] {
  const shares = (other: MachineSettings) => other.tags.some((tag) => settings.tags.includes(tag));
  const connected = [...context.store.inventory.data.machines]
    .filter(
      ([id, other]) =>
        id !== machineId && !isSameMachine(other, settings) && context.sessions.get(id)?.status.state === 'online',
    )
    .map(([id, other]) => ({ id, name: other.name, near: shares(other) }));
  const near = connected.filter((each) => each.near).slice(0, mostWitnesses / 2);
  const far = connected.filter((each) => !near.includes(each)).slice(0, mostWitnesses - near.length);
  return [...near, ...far];
}

/** By another entry, such as one for HTTPS. Machines behind one loopback address differ by their ports. */
function isSameMachine(one: MachineSettings, other: MachineSettings): boolean {
  return one.address === other.address && (one.port === other.port || !isLoopback(one.address));
}

async function testify(
  context: AreaContext,
  id: string,
  name: string,
  target: Target,
  limitMs: number,
  outer: AbortSignal,
): Promise<Witness> {
  const startedAt = performance.now();
  const limit = AbortSignal.any([outer, AbortSignal.timeout(limitMs)]);
  const done = (rest: Pick<Witness, 'state' | 'view' | 'problem'>): Witness => ({
    machineId: id,
    name,
    milliseconds: Math.round(performance.now() - startedAt),
    ...rest,
  });
  try {
    const view = await sessionOf(context, id).run((client, signal) => look(client, target, signal), { signal: limit });
    return done({ state: 'answered', view, problem: null });
  } catch (error) {
    outer.throwIfAborted();
    return done({ state: 'failed', view: null, problem: context.toProblem(error, id) });
  }
}

/** Only programs that every Windows has, and nothing that changes anything. */
async function look(client: Parameters<typeof openShell>[0], target: Target, signal: AbortSignal): Promise<View> {
  const { host, port, transport } = target;
  const shell = await openShell(client, { codePage: 65001, noProfile: true, signal });
  try {
    const run = async (command: string, args: readonly string[], until: AbortSignal) =>
      collectOutput(await shell.run(command, args, { signal: until }), 65001, mostOutput);
    // One after the other: stack 2.0 has one command per shell.
    const ping = await run('ping', ['-n', '1', '-w', '1500', host], signal);
    const patience = AbortSignal.timeout(identifyLimitMs);
    const identify = await run(
      'winrm',
      identifyArguments(host, { port, transport }),
      AbortSignal.any([signal, patience]),
    ).catch((error: unknown) => {
      signal.throwIfAborted();
      if (patience.aborted) return null;
      throw error;
    });
    return witnessView(host, ping, identify);
  } finally {
    await shell.close();
  }
}

function markdownOf(
  settings: MachineSettings,
  mine: View,
  witnesses: readonly WitnessView[],
  verdict: SecondOpinionVerdict,
): string {
  const line = (who: string, view: View) => [
    `- **${prose(who)}**: WinRM ${stateWords[view.winrm]}${view.echo === null ? '' : view.echo ? ', ping is answered' : ', ping is not answered'}`,
    ...view.evidence.map((text) => `  - ${code(text)}`),
  ];
  return [
    `# Second opinion on ${prose(settings.name)}`,
    '',
    `**${prose(verdict.sentence)}**`,
    '',
    prose(verdict.detail),
    ...candidateLines(verdict.candidates),
    ...fixLines(verdict.fixes),
    '',
    '## Who sees what',
    '',
    ...line('This computer', mine),
    ...witnesses.flatMap(({ name, view }) => line(name, view)),
    '',
  ].join('\n');
}
