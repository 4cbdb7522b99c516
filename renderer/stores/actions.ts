/** Something that can be done, as the palette lists it. What destroys or interrupts opens its usual dialog, and is named with `…`. */
export interface Action {
  /** Stays the same from one time to the next: what was used last is remembered by it. */
  readonly id: string;
  /** Verb first, with what it is done to: `Restart HQ-SQL01…`. */
  readonly name: string;
  /** Other words under which it is found: `reboot`. */
  readonly words?: string;
  /** The key that does the same, as it is written on the keyboard. */
  readonly keys?: string;
  readonly icon?: ActionIcon;
  /** Has nothing to do with the room that is open. */
  readonly isGeneral?: boolean;
  readonly run: () => void;
}

export type ActionIcon =
  | 'add'
  | 'console'
  | 'diagnose'
  | 'file'
  | 'help'
  | 'key'
  | 'list'
  | 'look'
  | 'power'
  | 'refresh'
  | 'remove'
  | 'restart'
  | 'room'
  | 'service'
  | 'settings'
  | 'tag';

type Source = () => readonly Action[];

const sources = new Set<Source>();

/**
 * What a room can do while it is open, beside what the palette knows of itself. `source` is asked each time the palette opens or its text
 * changes, so it answers for what is selected now. Returns the function that takes it back: an effect's clean-up.
 */
export function offerActions(source: Source): () => void {
  sources.add(source);
  return () => {
    sources.delete(source);
  };
}

export const offeredActions = (): readonly Action[] => [...sources].flatMap((source) => source());
