import { useLayoutEffect, useSyncExternalStore } from 'react';
import { useSettings } from '../stores/settings.ts';
import { type ThemeName, tokensOf } from './theme.ts';
import type { Tokens } from './tokens.ts';

const darkQuery = matchMedia('(prefers-color-scheme: dark)');

function subscribe(listener: () => void): () => void {
  darkQuery.addEventListener('change', listener);
  return () => darkQuery.removeEventListener('change', listener);
}

/** The theme that is in force: the setting, or what the system asks for. Also puts it on the page. */
export function useTheme(): ThemeName {
  const setting = useSettings((state) => state.settings.theme);
  const systemDark = useSyncExternalStore(subscribe, () => darkQuery.matches);
  const theme: ThemeName = setting === 'system' ? (systemDark ? 'dark' : 'light') : setting;
  useLayoutEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
  return theme;
}

/** The colours in force, for what is drawn on a canvas. */
export const useTokens = (): Tokens => tokensOf[useTheme()];
