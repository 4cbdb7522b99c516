import { useLayoutEffect } from 'react';
import { isDialogOpen } from './keys.ts';

/** F5 is this while the room is there, wherever the focus is; with a dialog or a menu open it does nothing. */
export function useRefreshKey(run: () => void): void {
  // Before it is painted: whoever sees the room may press its keys.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== 'F5' || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      if (isDialogOpen() || document.querySelector('[role="menu"]') !== null) return;
      run();
    };
    // On its way down: what has the focus may keep keys to itself.
    addEventListener('keydown', press, { capture: true });
    return () => removeEventListener('keydown', press, { capture: true });
  }, [run]);
}

/** F5 never reloads the page, with nothing to refresh and behind a dialog neither: that would end every shell. */
export function keepRefreshKey(): void {
  addEventListener('keydown', (event) => event.key === 'F5' && event.preventDefault(), { capture: true });
}
