import { useSyncExternalStore } from 'react';

const narrowQuery = matchMedia('(max-width: 1199px)');

function subscribe(listener: () => void): () => void {
  narrowQuery.addEventListener('change', listener);
  return () => narrowQuery.removeEventListener('change', listener);
}

/** Below 1200 px labels of actions go and the side pane is narrower. */
export const useNarrow = (): boolean => useSyncExternalStore(subscribe, () => narrowQuery.matches);
