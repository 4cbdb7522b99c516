import { create } from 'zustand';

/** The dialog that is open. They belong to no room: the first run, the list and a machine's page open the same ones. */
export type OpenDialog =
  | { readonly kind: 'add-machine' }
  /** `test`: begins with the test, since something about the connection is wrong. */
  | { readonly kind: 'edit-machine'; readonly machineId: string; readonly test?: boolean }
  | { readonly kind: 'remove-machines'; readonly machineIds: readonly string[] }
  | { readonly kind: 'tag-machines'; readonly machineIds: readonly string[] }
  | { readonly kind: 'restart-machines'; readonly machineIds: readonly string[] }
  | { readonly kind: 'import' };

export const useDialogs = create<{ dialog: OpenDialog | null }>(() => ({ dialog: null }));

export const openDialog = (dialog: OpenDialog): void => useDialogs.setState({ dialog });
export const closeDialog = (): void => useDialogs.setState({ dialog: null });
