import type { KeyHelp } from '../machine/keys.ts';

/** Keys of the WMI room. */
export const wmiKeys: readonly KeyHelp[] = [
  { keys: ['/'], does: 'Filter the classes; Enter on to the list' },
  { keys: ['Enter'], does: 'Open the namespace, the class, the instance' },
  { keys: ['I', 'C', 'Q'], does: 'Instances, class, query' },
  { keys: ['Ctrl Enter'], does: 'Run the query' },
  { keys: ['Ctrl Space'], does: 'Suggest classes and properties' },
  { keys: ['Ctrl ↑', 'Ctrl ↓'], does: 'Earlier and later queries' },
  { keys: ['E'], does: 'Edit the instance' },
  { keys: ['A'], does: 'What the instance is associated with' },
  { keys: ['Del'], does: 'Delete the instance that has the focus' },
  { keys: ['Backspace'], does: 'Back to the instance before' },
];
