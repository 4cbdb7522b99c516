import { create } from 'zustand';

/** What the list of machines is narrowed to. Outlives leaving the view, so that coming back finds it as it was. */
export interface MachineFilterState {
  readonly text: string;
  /** A smart group (`attention`, `refused` …), or `tag:NAME`; `all` for none. */
  readonly group: string;
}

export const useMachineFilter = create<MachineFilterState>(() => ({ text: '', group: 'all' }));
