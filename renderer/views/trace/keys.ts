import type { KeyHelp } from '../machine/keys.ts';

/** Keys of the Trace room. */
export const traceKeys: readonly KeyHelp[] = [
  { keys: ['Enter'], does: 'Read the exchange' },
  { keys: ['Esc'], does: 'Back to the list' },
  { keys: ['P'], does: 'Hold the list still, go on' },
  { keys: ['K'], does: 'Keep command lines and streams, or not' },
  { keys: ['S'], does: 'Save what is listed for support' },
];
