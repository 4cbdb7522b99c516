/** One line of the `?` sheet. */
export interface KeyHelp {
  readonly keys: readonly string[];
  readonly does: string;
}

/** Keys of a machine's page, wherever the focus is. */
export const machineKeys: readonly KeyHelp[] = [
  { keys: ['1'], does: 'Overview' },
  { keys: ['2'], does: 'Services' },
  { keys: ['3'], does: 'WinRM' },
  { keys: ['↓'], does: 'From the tabs into the room' },
  { keys: ['F5'], does: 'Read everything now' },
  { keys: ['F2'], does: 'Settings of the machine' },
];

/** Keys of the table of services. */
export const serviceKeys: readonly KeyHelp[] = [
  { keys: ['Alt S'], does: 'Start' },
  { keys: ['Alt T'], does: 'Stop' },
  { keys: ['Alt R'], does: 'Restart' },
  { keys: ['Alt P'], does: 'Pause' },
  { keys: ['Alt U'], does: 'Resume' },
  { keys: ['Alt M'], does: 'Start mode' },
  { keys: ['Enter'], does: 'To the details' },
  { keys: ['Ctrl ↑', 'Ctrl ↓'], does: 'Move without selecting' },
  { keys: ['a–z'], does: 'To the next name with these letters' },
];
