import { useSyncExternalStore } from 'react';

function subscribe(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener);
  return () => document.removeEventListener('visibilitychange', listener);
}

/** False while the window is hidden or minimised: what is only there for the eye pauses then. */
export const useVisible = (): boolean => useSyncExternalStore(subscribe, () => !document.hidden);
