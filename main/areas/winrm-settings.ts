import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import { openAudit } from '../storage/audit.ts';
import { openWinrmSnapshots } from '../storage/winrm-snapshots.ts';
import { findRevertMeans } from '../wsman/index.ts';
import { type AreaContext, onMachine } from './context.ts';
import type { MachinesArea } from './machines.ts';
import { createQuickconfig } from './quickconfig.ts';
import { applyChanges } from './winrm-settings-apply.ts';
import { planOfChanges, previewOf } from './winrm-settings-plan.ts';
import { readConfiguration, readNow, startModeOf } from './winrm-settings-read.ts';
import { createWinrmSnapshots } from './winrm-snapshots.ts';

/** The WinRM service of a machine: reading, previewing and applying changes, snapshots, quickconfig. */

const readingLimitMs = 60_000;

export function createWinrmSettings(
  context: AreaContext,
  machines: MachinesArea,
  { dataFolder }: { readonly dataFolder: string },
): ConsoleHandlers['winrmSettings'] {
  const audit = openAudit(dataFolder, context.now);
  const limited = (signal: AbortSignal): AbortSignal =>
    AbortSignal.any([signal, context.closing, AbortSignal.timeout(readingLimitMs)]);
  return {
    read: ({ machineId }, signal) =>
      onMachine(context, machineId, (session) => readConfiguration(context, session, limited(signal))),
    preview: ({ machineId, changes }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run(
          async (client, within) => {
            const reading = await readNow(context, session, client, within);
            const plan = planOfChanges(reading, changes, await startModeOf(client, within));
            return previewOf(
              reading,
              plan,
              plan.risks.length > 0 ? await findRevertMeans(client, { signal: within }) : null,
            );
          },
          { signal: limited(signal), urgent: true },
        ),
      ),
    apply: (input, sink) => applyChanges({ context, machines, audit }, input, sink),
    ...createWinrmSnapshots(context, openWinrmSnapshots(dataFolder)),
    ...createQuickconfig(context),
  };
}
