import type { KeyHelp } from '../machine/keys.ts';

/** Keys of the WinRM room. */
export const winrmKeys: readonly KeyHelp[] = [
  { keys: ['N'], does: 'New listener' },
  { keys: ['Enter', 'Del'], does: 'Edit or delete the listener, the mapping' },
  { keys: ['↑', '↓'], does: 'From setting to setting' },
  { keys: ['Ctrl ↑', 'Ctrl ↓'], does: 'The same, from a list of choices too' },
  { keys: ['Esc'], does: 'Take the setting’s change back' },
  { keys: ['Ctrl Enter'], does: 'Review the changes' },
  { keys: ['S'], does: 'Snapshots' },
  { keys: ['D'], does: 'Compare with another machine or snapshot' },
  { keys: ['Q'], does: 'Quickconfig' },
];
