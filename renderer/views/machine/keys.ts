import { machineRooms } from './rooms.ts';

/** One line of the `?` sheet. */
export interface KeyHelp {
  readonly keys: readonly string[];
  readonly does: string;
}

/** Keys of a machine's page, wherever the focus is. */
export const machineKeys: readonly KeyHelp[] = [
  ...machineRooms.map(({ name }, index) => ({ keys: [String(index + 1)], does: name })),
  { keys: ['↓'], does: 'From the tabs into the room' },
  { keys: ['F5'], does: 'Read everything now' },
  { keys: ['F8'], does: 'Diagnose' },
  { keys: ['F2'], does: 'Settings of the machine' },
];

/** Keys of a shell, besides those of line editing that every shell has. */
export const shellKeys: readonly KeyHelp[] = [
  { keys: ['Ctrl C'], does: 'Copy what is selected, else interrupt' },
  { keys: ['Ctrl Break'], does: 'Break' },
  { keys: ['Ctrl Shift C', 'Ctrl V'], does: 'Copy, paste' },
  { keys: ['↑', '↓', 'Ctrl R'], does: 'History, search in it' },
  { keys: ['Ctrl F'], does: 'Find in what was printed' },
  { keys: ['Ctrl L'], does: 'Clear' },
  { keys: ['Alt Shift N'], does: 'Another shell' },
  { keys: ['Alt Shift D'], does: 'Two beside each other' },
  { keys: ['Alt PgUp', 'Alt PgDn'], does: 'The next shell' },
  { keys: ['Alt Shift W'], does: 'Close the shell' },
  { keys: ['Ctrl Shift S'], does: 'Save the transcript' },
  { keys: ['Tab'], does: 'Out of the terminal' },
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

/** Keys of the table of processes. */
export const processKeys: readonly KeyHelp[] = [
  { keys: ['Del'], does: 'End…' },
  { keys: ['Alt N'], does: 'Start a program…' },
  { keys: ['Alt T'], does: 'Tree or flat' },
  { keys: ['←', '→'], does: 'Close or open a branch' },
  { keys: ['Enter'], does: 'To the details' },
];

/** Keys of the list of events. */
export const eventKeys: readonly KeyHelp[] = [
  { keys: ['Alt G'], does: 'Which log' },
  { keys: ['Alt L'], does: 'Levels' },
  { keys: ['Alt S'], does: 'Saved filters' },
  { keys: ['Alt T'], does: 'Live or not' },
  { keys: ['Alt O'], does: 'Older events' },
  { keys: ['Enter'], does: 'To the details' },
];
