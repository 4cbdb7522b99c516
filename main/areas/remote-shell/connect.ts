import type { MachineSettings } from '../../../shared/contract/machines.ts';
import { type Identity, type WSManClient, WSManFault } from '../../wsman/index.ts';
import { type AreaContext, notInInventory } from '../context.ts';
import { openTrial } from '../trial.ts';

/** OEM page of Western Europe: what cmd.exe of a Windows before 7 is asked for, where UTF-8 is none of its pages. */
export const olderCodePage = 850;

/** A connection of its own with the saved settings and set: a shell that lasts for hours is no concern of the machine's session. */
export async function withClient<T>(
  context: AreaContext,
  machineId: string,
  signal: AbortSignal,
  work: (client: WSManClient, identity: Identity | null) => Promise<T>,
): Promise<T> {
  const settings: MachineSettings | undefined = context.store.inventory.data.machines.get(machineId);
  if (settings === undefined) throw notInInventory(machineId);
  const trial = openTrial(context, settings, null);
  try {
    const identity = await trial.signIn({ askedAt: null, signal }, async () => {
      try {
        return await trial.client.identify({ signal });
      } catch (error) {
        // Whoever gets a fault has signed in.
        if (error instanceof WSManFault) return null;
        throw error;
      }
    });
    return await work(trial.client, identity);
  } finally {
    trial.close();
  }
}
