import { create } from 'zustand';

/** How the list of machines is looked at. Outlives leaving the view, so that coming back finds it as it was. */
export interface MachineListState {
  /** The filter box. */
  readonly text: string;
  /** A group of groups.ts: `attention`, `tag:sql`; `all` for none. */
  readonly group: string;
  readonly sorting: { readonly id: string; readonly desc: boolean } | null;
  readonly selected: ReadonlySet<string>;
  /** Ids of columns shown, where the user has chosen any. Kept in this browser or window. */
  readonly columns: readonly string[] | null;
}

const storageKey = 'windeck.machine-columns';

function keptColumns(): readonly string[] | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(storageKey) ?? 'null');
    return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : null;
  } catch {
    return null;
  }
}

export const useMachineFilter = create<MachineListState>(() => ({
  text: '',
  group: 'all',
  sorting: { id: 'name', desc: false },
  selected: new Set(),
  columns: keptColumns(),
}));

/** `null` goes back to the standard columns. */
export function chooseColumns(columns: readonly string[] | null): void {
  useMachineFilter.setState({ columns });
  try {
    if (columns === null) localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, JSON.stringify(columns));
  } catch {
    // Storage may be off; the choice then lasts as long as this page.
  }
}
