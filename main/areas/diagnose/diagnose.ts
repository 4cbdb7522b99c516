import type { ConsoleHandlers } from '../../../shared/contract/contract.ts';
import type { NewCredential } from '../../../shared/contract/credentials.ts';
import type { DiagnosisSubject } from '../../../shared/contract/diagnose.ts';
import type { MachineSettings } from '../../../shared/contract/machines.ts';
import { type AreaContext, notInInventory } from '../context.ts';
import { openTrial, type Trial } from '../trial.ts';
import { type DiagnosisWorld, diagnosisLimits } from './engine.ts';
import { systemNetwork } from './network.ts';
import { createSecondOpinion } from './second-opinion.ts';
import { tellDiagnosis } from './subject.ts';

/** For tests, which draw another network or have less patience. */
export type DiagnoseOptions = Partial<Pick<DiagnosisWorld, 'network' | 'limits' | 'platform'>>;

export function createDiagnose(context: AreaContext, options: DiagnoseOptions = {}): ConsoleHandlers['diagnose'] {
  return {
    ...createSecondOpinion(context, options.network === undefined ? {} : { network: options.network }),
    async run({ subject, other }, sink) {
      const { settings, credential, machineId } =
        subject.kind === 'machine' ? savedMachine(context, subject.machineId) : { ...subject, machineId: null };
      const signal = AbortSignal.any([sink.signal, context.closing]);
      const trial = openTrial(context, settings, credential);
      try {
        const world = worldOf(context, trial, options, {
          other,
          after: ['config', 'service', 'wmi', 'shell', 'way-back'],
        });
        await tellDiagnosis(
          world,
          subjectOf(machineId, settings, trial, other),
          context.now,
          (item) => sink.push(item),
          signal,
        );
      } finally {
        trial.close();
      }
    },
  };
}

function savedMachine(context: AreaContext, machineId: string) {
  const settings = context.store.inventory.data.machines.get(machineId);
  if (settings === undefined) throw notInInventory(machineId);
  return { settings, credential: null as NewCredential | null, machineId };
}

/** The world of settings that need not be saved. The user asked for this one machine, so a password that was refused may be tried once more. */
export function worldOf(
  context: AreaContext,
  trial: Trial,
  options: DiagnoseOptions,
  scope: Pick<DiagnosisWorld, 'after' | 'other'>,
): DiagnosisWorld {
  const { target, client, who } = trial;
  const { host, port, userName } = target;
  const askedAt = context.now();
  return {
    network: systemNetwork,
    limits: diagnosisLimits,
    platform: process.platform,
    ...options,
    ...scope,
    target,
    client,
    who,
    signIn: (signal, attempt) => trial.signIn({ askedAt, signal }, attempt),
    toProblem: (error) => context.toProblem(error, undefined, { host, port, ...(userName !== null && { userName }) }),
  };
}

function subjectOf(
  machineId: string | null,
  settings: MachineSettings,
  { who }: Trial,
  other: string | null,
): DiagnosisSubject {
  const { name, address, port, transport, signIn } = settings;
  return { machineId, name, address, port, transport, signIn, who, other };
}
