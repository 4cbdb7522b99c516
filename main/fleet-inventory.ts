import { randomUUID } from 'node:crypto';
import type { MachineSettings } from '../shared/contract/machines.ts';
import { settingsFor } from './areas/machine-defaults.ts';
import type { LabFleet } from './environment.ts';
import { emptyInventory, type InventoryData, type StoredCredential } from './storage/inventory-format.ts';

/** A fleet as an inventory: one credential for each account, whose secrets are handed to `keep`. */
export async function inventoryOfFleet(
  fleet: LabFleet['machines'],
  settings: InventoryData['settings'],
  keep: (credentialId: string, password: string) => Promise<void>,
): Promise<InventoryData> {
  const credentials = new Map<string, StoredCredential>();
  const idOf = new Map<string, string>();
  const machines = new Map<string, MachineSettings>();
  for (const { name, address, port, transport, user, password, tags = [], certificateSha256 } of fleet) {
    const account = `${user}\n${password}`;
    let credentialId = idOf.get(account);
    if (credentialId === undefined) {
      credentialId = randomUUID();
      idOf.set(account, credentialId);
      const name = user.toLowerCase() === 'administrator' ? 'Lab administrator' : `Lab ${user}`;
      credentials.set(credentialId, { id: credentialId, name, kind: 'password', userName: user });
      await keep(credentialId, password);
    }
    const change = {
      name,
      transport,
      port,
      credentialId,
      trusted: true,
      pin: certificateSha256 ?? null,
      tags: [...tags],
    };
    machines.set(randomUUID(), settingsFor(address, change));
  }
  return { ...emptyInventory, settings, credentials, machines };
}
