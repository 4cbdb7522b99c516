import { create } from 'zustand';

/** The dialog that is open. They belong to no room: the first run, the list and a machine's page open the same ones. */
export type OpenDialog =
  | { readonly kind: 'add-machine' }
  /** `test`: begins with the test, since something about the connection is wrong. */
  | { readonly kind: 'edit-machine'; readonly machineId: string; readonly test?: boolean }
  | { readonly kind: 'remove-machines'; readonly machineIds: readonly string[] }
  | { readonly kind: 'tag-machines'; readonly machineIds: readonly string[] }
  | { readonly kind: 'restart-machines'; readonly machineIds: readonly string[] }
  | { readonly kind: 'shut-down-machines'; readonly machineIds: readonly string[] }
  /** One line of cmd.exe on all of them. */
  | { readonly kind: 'broadcast'; readonly machineIds: readonly string[] }
  | { readonly kind: 'import' }
  /** A credential set: a new one, or its name and secret. */
  | { readonly kind: 'credential'; readonly credentialId: string | null }
  | { readonly kind: 'remove-credential'; readonly credentialId: string }
  /** Which set of their own these machines have, or that they inherit. */
  | { readonly kind: 'assign-credential'; readonly machineIds: readonly string[] }
  /** How the connection of one machine is protected. */
  | { readonly kind: 'connection'; readonly machineId: string }
  /** How the WinRM settings of these machines differ from one machine or snapshot. */
  | { readonly kind: 'winrm-drift'; readonly machineIds: readonly string[] }
  /** Who else is here: the shells on one machine. */
  | { readonly kind: 'open-shells'; readonly machineId: string }
  | { readonly kind: 'create-vault' }
  | { readonly kind: 'unlock-vault' };

export const useDialogs = create<{ dialog: OpenDialog | null }>(() => ({ dialog: null }));

export const openDialog = (dialog: OpenDialog): void => useDialogs.setState({ dialog });
export const closeDialog = (): void => useDialogs.setState({ dialog: null });
