/** The colours of Windeck, once: CSS variables, the Fluent themes and the charts are all made from here. */
export interface Tokens {
  /** Surfaces: frame around the deck, deck, side panes, floating things. */
  readonly frame: string;
  readonly bg: string;
  readonly sunk: string;
  readonly raise: string;
  /** Rows: under the pointer, pressed or chosen, selected and its lines. */
  readonly hover: string;
  readonly press: string;
  readonly sel: string;
  readonly selLine: string;
  /** Hairline, control outline, a boundary that must be seen. */
  readonly line: string;
  readonly line2: string;
  readonly edge: string;
  /** Text: value, secondary, label and unit. */
  readonly t1: string;
  readonly t2: string;
  readonly t3: string;
  /** Accent: fill, fill under the pointer, text and focus ring, tint, text on the fill. */
  readonly acc: string;
  readonly accH: string;
  readonly accT: string;
  readonly accBg: string;
  readonly onAcc: string;
  /** States: text or glyph, fill of glyphs and bars, tint, line around a tint. */
  readonly ok: string;
  readonly okBg: string;
  readonly warn: string;
  readonly warnF: string;
  readonly warnBg: string;
  readonly warnLine: string;
  readonly crit: string;
  readonly critF: string;
  readonly critBg: string;
  readonly critLine: string;
  readonly off: string;
  readonly offBg: string;
  /** Data series only, never a state. */
  readonly cpuF: string;
  readonly memF: string;
  readonly teal: string;
  readonly vio2: string;
  readonly track: string;
  /** The destructive primary button and the frame of a production machine; white text. */
  readonly danger: string;
  readonly dangerH: string;
  readonly production: string;
  readonly scrim: string;
  readonly shadow: string;
}

export const light: Tokens = {
  frame: '#EDEFF2',
  bg: '#FFFFFF',
  sunk: '#F6F7F9',
  raise: '#FFFFFF',
  hover: '#F1F3F6',
  press: '#E9ECF0',
  sel: '#E8EEFD',
  selLine: '#B9CBF7',
  line: '#E1E4E9',
  line2: '#CBD0D8',
  edge: '#7C8491',
  t1: '#181B20',
  t2: '#464D59',
  t3: '#5D6572',
  acc: '#2A5BD0',
  accH: '#224CB2',
  accT: '#2450BC',
  accBg: '#E8EEFD',
  onAcc: '#FFFFFF',
  ok: '#1A7A48',
  okBg: '#E6F4EC',
  warn: '#875400',
  warnF: '#B97400',
  warnBg: '#FDF3DF',
  warnLine: '#EBCF97',
  crit: '#B9252D',
  critF: '#CF3038',
  critBg: '#FCEBEB',
  critLine: '#F0BFC0',
  off: '#5D6572',
  offBg: '#EEF0F3',
  cpuF: '#3B6EE3',
  memF: '#8A5FD3',
  teal: '#1B8791',
  vio2: '#9E80DA',
  track: '#E6E9EE',
  danger: '#B9252D',
  dangerH: '#9E1F26',
  production: '#CF3038',
  scrim: 'rgba(20,24,32,.32)',
  shadow: '0 8px 28px rgba(20,26,40,.16), 0 1px 3px rgba(20,26,40,.10)',
};

export const dark: Tokens = {
  frame: '#0D0F12',
  bg: '#15171C',
  sunk: '#111318',
  raise: '#1C1F26',
  hover: '#1C1F26',
  press: '#23272F',
  sel: '#19233B',
  selLine: '#2F4478',
  line: '#252931',
  line2: '#363B46',
  edge: '#6C7482',
  t1: '#E6E8EC',
  t2: '#B0B7C3',
  t3: '#8E96A4',
  acc: '#3B69DC',
  accH: '#3460CC',
  accT: '#8FB0FF',
  accBg: '#19233B',
  onAcc: '#FFFFFF',
  ok: '#55C18C',
  okBg: '#13261D',
  warn: '#E8B04F',
  warnF: '#D99A2B',
  warnBg: '#2A2213',
  warnLine: '#54431F',
  crit: '#FF867D',
  critF: '#EF5F58',
  critBg: '#2B191C',
  critLine: '#5E2E33',
  off: '#8E96A4',
  offBg: '#1D2027',
  cpuF: '#6A95FF',
  memF: '#9B78E6',
  teal: '#45AEB8',
  vio2: '#7B66BE',
  track: '#272B34',
  danger: '#B9252D',
  dangerH: '#CF3038',
  production: '#CF3038',
  scrim: 'rgba(4,5,8,.58)',
  shadow: '0 12px 36px rgba(0,0,0,.5)',
};

/** High contrast: the user's own system colours, whatever the theme. State stays readable by shape and word. */
const forced: Partial<Record<keyof Tokens, string>> = {
  frame: 'Canvas',
  bg: 'Canvas',
  sunk: 'Canvas',
  raise: 'Canvas',
  hover: 'Canvas',
  press: 'Canvas',
  sel: 'Canvas',
  selLine: 'Highlight',
  line: 'CanvasText',
  line2: 'CanvasText',
  edge: 'CanvasText',
  t1: 'CanvasText',
  t2: 'CanvasText',
  t3: 'CanvasText',
  acc: 'Highlight',
  accH: 'Highlight',
  accT: 'Highlight',
  accBg: 'Canvas',
  onAcc: 'HighlightText',
  ok: 'CanvasText',
  warn: 'CanvasText',
  warnF: 'CanvasText',
  warnBg: 'Canvas',
  warnLine: 'CanvasText',
  crit: 'CanvasText',
  critF: 'CanvasText',
  critBg: 'Canvas',
  critLine: 'CanvasText',
  off: 'GrayText',
  offBg: 'Canvas',
  cpuF: 'CanvasText',
  memF: 'CanvasText',
  track: 'Canvas',
};

const rules = (tokens: Partial<Record<keyof Tokens, string>>): string =>
  Object.entries(tokens)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');

/**
 * Makes the tokens CSS variables, switched by `<html data-theme>`. A constructed sheet, since a style element would need the nonce of
 * the content security policy.
 */
export function installTokens(): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    `:root{${rules(light)};color-scheme:light}` +
      `:root[data-theme="dark"]{${rules(dark)};color-scheme:dark}` +
      `@media (forced-colors:active){:root,:root[data-theme="dark"]{${rules(forced)}}}`,
  );
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
