import type { Machine } from '../../../shared/contract/machines.ts';
import type { WindowsService } from '../../../shared/contract/windows-services.ts';
import type { GlyphName } from '../../components/Glyph.tsx';
import { shortOs } from '../../format.ts';
import type { FuzzyMatch } from '../../fuzzy.ts';
import { machineHealth } from '../../machine-health.ts';
import type { Action, ActionIcon } from '../../stores/actions.ts';

/** What the palette looks through. */
export interface PaletteSources {
  readonly machines: readonly Machine[];
  readonly byId: ReadonlyMap<string, Machine>;
  /** The machine whose page is open. */
  readonly open: Machine | null;
  /** Selected in the list of machines, while that is open. */
  readonly selected: readonly string[];
  /** Those of the machine that is open; null: not read. */
  readonly services: readonly WindowsService[] | null;
  readonly rooms: readonly Action[];
  readonly general: readonly Action[];
  /** What the open room offers. */
  readonly offered: readonly Action[];
  readonly machineActions: (machine: Machine) => readonly Action[];
  readonly actionsOnMany: (machineIds: readonly string[], these: string) => readonly Action[];
  /** Lines of the console, oldest first, without secrets. */
  readonly history: readonly string[];
  /** Ids of what was chosen before, newest first. */
  readonly recent: readonly string[];
  /** The machines that the list's filter leaves with this text. */
  readonly inList: (text: string) => readonly string[];
}

export type PaletteChoice =
  | { readonly kind: 'machine'; readonly machineId: string }
  | { readonly kind: 'action'; readonly action: Action }
  | { readonly kind: 'service'; readonly machineId: string; readonly name: string }
  /** `run` is false where the line has to be looked at before: it is put into the prompt. */
  | { readonly kind: 'line'; readonly line: string; readonly run: boolean };

export interface PaletteItem {
  readonly id: string;
  readonly name: string;
  readonly ranges: FuzzyMatch['ranges'];
  readonly note: string;
  readonly glyph: { readonly name: GlyphName; readonly label: string } | null;
  readonly icon: ActionIcon | 'machine' | 'line';
  readonly keys: string | null;
  readonly choice: PaletteChoice;
}

export interface PaletteGroup {
  readonly title: string;
  readonly items: readonly PaletteItem[];
}

export interface PaletteAnswer {
  readonly groups: readonly PaletteGroup[];
  /** How many were found, also beyond those listed. */
  readonly found: number;
  /** The text for the list's filter and how many machines it leaves; null where it would leave none, or was not asked. */
  readonly list: { readonly text: string; readonly count: number } | null;
}

export const machineItemId = (machine: Machine): string => `machine:${machine.id}`;

export function machineItem(machine: Machine, ranges: FuzzyMatch['ranges']): PaletteItem {
  const health = machineHealth(machine);
  const { settings, facts } = machine;
  const what = [
    facts?.osCaption == null ? '' : shortOs(facts.osCaption),
    settings.address === settings.name ? '' : settings.address,
    settings.tags.join(', '),
  ];
  return {
    id: machineItemId(machine),
    name: settings.name,
    ranges,
    note: health.reason ?? what.filter((part) => part !== '').join(', '),
    glyph: { name: health.glyph, label: health.word },
    icon: 'machine',
    keys: null,
    choice: { kind: 'machine', machineId: machine.id },
  };
}

export function actionItem(action: Action, ranges: FuzzyMatch['ranges'] = []): PaletteItem {
  return {
    id: action.id,
    name: action.name,
    ranges,
    note: '',
    glyph: null,
    icon: action.icon ?? 'room',
    keys: action.keys ?? null,
    choice: { kind: 'action', action },
  };
}

export const isRoom = (action: Action): boolean => action.id.startsWith('room:');
/** The same verb on another machine is another choice. */
export const on = (machine: Machine, actions: readonly Action[]): readonly Action[] =>
  actions.map((action) => ({ ...action, id: `${action.id}@${machine.id}` }));
/** Its key works where the machine is open, and only there. */
export const elsewhere = (actions: readonly Action[]): readonly Action[] =>
  actions.map(({ keys: _, ...action }) => action);
