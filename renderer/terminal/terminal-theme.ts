import type { ITheme } from '@xterm/xterm';
import type { ThemeName } from '../theme/theme.ts';
import { tokensOf } from '../theme/theme.ts';

/** Sixteen colours per theme, readable on its ground. */
const colours: Readonly<Record<ThemeName, readonly string[]>> = {
  light: [
    '#181B20',
    '#B9252D',
    '#1A7A48',
    '#875400',
    '#2450BC',
    '#7A3FC4',
    '#0F6B74',
    '#5D6572',
    '#464D59',
    '#B9252D',
    '#1A7A48',
    '#875400',
    '#2450BC',
    '#7A3FC4',
    '#0F6B74',
    '#464D59',
  ],
  dark: [
    '#8E96A4',
    '#FF867D',
    '#55C18C',
    '#E8B04F',
    '#8FB0FF',
    '#C3A5F5',
    '#45AEB8',
    '#E6E8EC',
    '#B0B7C3',
    '#FF867D',
    '#7AD6A8',
    '#F0C478',
    '#ACC4FF',
    '#D6C2FA',
    '#6FC8D1',
    '#FFFFFF',
  ],
};
const names = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

export function terminalTheme(theme: ThemeName): ITheme {
  const tokens = tokensOf[theme];
  const own = colours[theme];
  const ansi: Record<string, string> = {};
  for (const [n, name] of names.entries()) {
    ansi[name] = own[n]!;
    ansi[`bright${name[0]!.toUpperCase()}${name.slice(1)}`] = own[n + 8]!;
  }
  return {
    background: theme === 'dark' ? tokens.sunk : '#FCFCFD',
    foreground: tokens.t1,
    cursor: tokens.accT,
    cursorAccent: tokens.bg,
    selectionBackground: tokens.selLine,
    scrollbarSliderBackground: `${tokens.edge}55`,
    scrollbarSliderHoverBackground: `${tokens.edge}88`,
    scrollbarSliderActiveBackground: `${tokens.edge}AA`,
    ...ansi,
  };
}
