import { create } from 'zustand';

interface PaletteState {
  readonly open: boolean;
  /** What it begins with: `>` for actions. */
  readonly text: string;
  /** Ids of what was chosen, newest first. Lines of the console are not among them: they may hold secrets, and have a history of their own. */
  readonly recent: readonly string[];
}

const storageKey = 'windeck.palette-recent';
const maxRecent = 30;

function kept(): readonly string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string').slice(0, maxRecent) : [];
  } catch {
    return [];
  }
}

export const usePalette = create<PaletteState>(() => ({ open: false, text: '', recent: kept() }));

export const openPalette = (text = ''): void => usePalette.setState({ open: true, text });
export const closePalette = (): void => usePalette.setState({ open: false, text: '' });

/** The newest first, each once. */
export const withRecent = (recent: readonly string[], id: string): readonly string[] =>
  [id, ...recent.filter((each) => each !== id)].slice(0, maxRecent);

export function rememberChoice(id: string): void {
  const recent = withRecent(usePalette.getState().recent, id);
  usePalette.setState({ recent });
  try {
    localStorage.setItem(storageKey, JSON.stringify(recent));
  } catch {
    // Storage may be off; it then lasts as long as this page.
  }
}
