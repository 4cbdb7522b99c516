import { create } from 'zustand';
import type { Problem } from '../../shared/contract/problem.ts';
import { problemOf } from './problem-of.ts';

/** What became of something asked for outside a dialog. The newest replaces the one before. */
export type Notice =
  | { readonly kind: 'done'; readonly words: string }
  | { readonly kind: 'problem'; readonly problem: Problem };

export const useNotice = create<{ notice: Notice | null }>(() => ({ notice: null }));

let timer: ReturnType<typeof setTimeout> | undefined;

/** Good news goes away by itself, a problem stays until it is dismissed. */
export function notify(notice: Notice | null): void {
  clearTimeout(timer);
  useNotice.setState({ notice });
  if (notice?.kind === 'done') timer = setTimeout(() => useNotice.setState({ notice: null }), 6000);
}

/** Does it, and says how it went; nothing when `done` is empty. */
export async function attempt(work: () => Promise<unknown>, done = ''): Promise<boolean> {
  try {
    await work();
    notify(done === '' ? null : { kind: 'done', words: done });
    return true;
  } catch (error) {
    notify({ kind: 'problem', problem: problemOf(error) });
    return false;
  }
}
