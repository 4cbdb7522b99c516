import { plural } from '../../format.ts';
import type { Action } from '../../stores/actions.ts';
import {
  actionItem,
  elsewhere,
  isRoom,
  machineItem,
  on,
  type PaletteAnswer,
  type PaletteGroup,
  type PaletteItem,
  type PaletteSources,
} from './palette-item.ts';

/** Of a fleet nobody reads more in a box; the list has them all. */
export const many = 50;

export function allMachines({ machines }: PaletteSources): PaletteAnswer {
  const items = machines.slice(0, many).map((machine) => machineItem(machine, []));
  return {
    groups: items.length === 0 ? [] : [{ title: 'Machines', items }],
    found: machines.length,
    list: machines.length === 0 ? null : { text: '', count: machines.length },
  };
}

/** Nothing typed yet: what was used last, what can be done here, where one can go. */
export function withoutWords(scope: 'all' | 'actions', sources: PaletteSources): PaletteAnswer {
  const { open, selected } = sources;
  const here = open === null ? [] : on(open, sources.machineActions(open));
  const together =
    selected.length === 0 ? [] : sources.actionsOnMany(selected, `the ${plural(selected.length, 'selected machine')}`);
  const general = [...sources.general, ...sources.offered.filter(({ isGeneral }) => isGeneral)];
  const actions = [
    ...sources.offered.filter(({ isGeneral }) => !isGeneral),
    ...together,
    ...here.filter((action) => !isRoom(action)),
  ];
  const rooms = [...here.filter(isRoom), ...sources.rooms];
  const recent = scope === 'actions' ? [] : recentItems(sources, [...actions, ...rooms, ...general]);
  const used = new Set(recent.map(({ id }) => id));
  const rest = (list: readonly Action[]): readonly PaletteItem[] =>
    list.filter(({ id }) => !used.has(id)).map((action) => actionItem(action));
  const groups: readonly PaletteGroup[] = [
    { title: 'Recent', items: recent },
    { title: open === null ? 'Actions' : `On ${open.settings.name}`, items: rest(actions) },
    { title: 'Rooms', items: rest(rooms) },
    { title: actions.length === 0 ? 'Actions' : 'Everywhere', items: rest(general) },
  ].filter(({ items }) => items.length > 0);
  return { groups, found: groups.reduce((sum, { items }) => sum + items.length, 0), list: null };
}

function recentItems(sources: PaletteSources, known: readonly Action[]): readonly PaletteItem[] {
  const items: PaletteItem[] = [];
  for (const id of sources.recent) {
    const item = recentItem(id, sources, known);
    if (item !== null) items.push(item);
    if (items.length === 6) break;
  }
  return items;
}

function recentItem(id: string, sources: PaletteSources, known: readonly Action[]): PaletteItem | null {
  if (id.startsWith('machine:')) {
    const machine = sources.byId.get(id.slice('machine:'.length));
    return machine === undefined ? null : machineItem(machine, []);
  }
  const here = known.find((action) => action.id === id);
  if (here !== undefined) return actionItem(here);
  // A verb on a machine that is not open now.
  const machine = sources.byId.get(id.slice(id.lastIndexOf('@') + 1));
  if (machine === undefined) return null;
  const action = elsewhere(on(machine, sources.machineActions(machine))).find((each) => each.id === id);
  return action === undefined ? null : actionItem(action);
}
