import { useCallback, useSyncExternalStore } from 'react';

/** Whether a media query holds, live. */
export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const media = matchMedia(query);
      media.addEventListener('change', listener);
      return () => media.removeEventListener('change', listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}

/** Below it side panes become menus and less important columns go. */
export const narrowWindow = '(max-width: 1199px)';
/** Below it the verbs of toolbars lose their words. */
export const smallWindow = '(max-width: 899px)';
