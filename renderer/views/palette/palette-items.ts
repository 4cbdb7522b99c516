import type { Machine } from '../../../shared/contract/machines.ts';
import type { WindowsService } from '../../../shared/contract/windows-services.ts';
import { plural } from '../../format.ts';
import { fuzzyMatch, wordsOf } from '../../fuzzy.ts';
import type { Action } from '../../stores/actions.ts';
import { startModeWords } from '../machine/service-words.ts';
import { type Best, bestOf, none } from './best-of.ts';
import {
  actionItem,
  elsewhere,
  isRoom,
  machineItem,
  machineItemId,
  on,
  type PaletteAnswer,
  type PaletteItem,
  type PaletteSources,
} from './palette-item.ts';
import { findLines, isLine, linesFor } from './palette-lines.ts';
import { allMachines, many, withoutWords } from './palette-start.ts';

const few = 8;
/** Whoever chose it before most likely means it again. */
const recentBonus = 15;
/** Machines are what one looks for most: before others that match about as well, where more matches than a tag or strewn letters. */
const machineBonus = (score: number): number => (score > 40 ? 25 : 0);
/** A verb on several machines is offered up to here; beyond, one goes through the list. */
const maxTogether = 500;

/** What is found for this text, bounded in every part. Pure: the same text and sources give the same answer. */
export function findItems(text: string, sources: PaletteSources): PaletteAnswer {
  const trimmed = text.trim();
  if (isLine(trimmed)) return { ...linesFor(trimmed, sources), list: null };
  const scope = trimmed.startsWith('>') ? 'actions' : trimmed.startsWith('@') ? 'machines' : 'all';
  const query = scope === 'all' ? trimmed : trimmed.slice(1).trim();
  const words = wordsOf(query);
  if (words.length === 0) return scope === 'machines' ? allMachines(sources) : withoutWords(scope, sources);

  const bonus = (id: string): number => (sources.recent.includes(id) ? recentBonus : 0);
  const limit = scope === 'all' ? few : many;
  const machines = scope === 'actions' ? none : findMachines(words, sources.machines, limit, bonus);
  const actions = scope === 'machines' ? none : findActions(words, sources, limit, bonus);
  const rooms = scope === 'machines' ? none : findRooms(words, sources, bonus);
  const services = scope === 'all' ? findServices(words, sources, bonus) : none;
  const lines = scope === 'all' ? findLines(words, sources) : none;
  // `winrm lis`: may become a line, may be meant as a search.
  const begun = scope === 'all' && /^winrm\s/i.test(query) ? linesFor(query, sources).groups : [];
  const listed = scope === 'actions' || machines.count === 0 ? [] : sources.inList(query);
  const groups = [
    { title: 'Machines', ...machines },
    { title: 'Rooms', ...rooms },
    { title: 'Actions', ...actions },
    { title: 'Services', ...services },
    { title: 'Command lines', ...lines },
  ]
    .filter((group) => group.best.length > 0)
    // What fits best stands first, so that Enter means it.
    .toSorted((a, b) => (b.best[0]?.score ?? 0) - (a.best[0]?.score ?? 0));
  return {
    groups: [...groups.map(({ title, best }) => ({ title, items: best.map(({ item }) => item) })), ...begun],
    found: groups.reduce((sum, { count }) => sum + count, 0),
    list: listed.length === 0 ? null : { text: query, count: listed.length },
  };
}

// Names change rarely and are looked through at each key: kept as long as the machine is the same object.
const texts = new WeakMap<Machine, { readonly name: string; readonly more: string }>();
function textsOf(machine: Machine): { readonly name: string; readonly more: string } {
  let found = texts.get(machine);
  if (found === undefined) {
    const { settings, facts } = machine;
    const more = [settings.address, facts?.computerName, facts?.domain, facts?.osCaption, ...settings.tags];
    found = { name: settings.name.toLowerCase(), more: more.filter(Boolean).join('\n').toLowerCase() };
    texts.set(machine, found);
  }
  return found;
}

function findMachines(
  words: readonly string[],
  machines: readonly Machine[],
  limit: number,
  bonus: (id: string) => number,
): Best {
  const best = bestOf(limit);
  for (const machine of machines) {
    const { name, more } = textsOf(machine);
    const match = fuzzyMatch(words, name, more);
    if (match === null) continue;
    const score = match.score + machineBonus(match.score) + bonus(machineItemId(machine));
    best.add(score, () => machineItem(machine, match.ranges));
  }
  return best.result();
}

function addActions(
  best: ReturnType<typeof bestOf>,
  words: readonly string[],
  actions: readonly Action[],
  bonus: (id: string) => number,
  order = 0,
): void {
  actions.forEach((action, index) => {
    const match = fuzzyMatch(words, action.name.toLowerCase(), action.words?.toLowerCase());
    if (match === null) return;
    best.add(match.score + bonus(action.id) - order - index / 100, () => actionItem(action, match.ranges));
  });
}

function findRooms(words: readonly string[], sources: PaletteSources, bonus: (id: string) => number): Best {
  const best = bestOf(few);
  const { open } = sources;
  if (open !== null) addActions(best, words, on(open, sources.machineActions(open)).filter(isRoom), bonus);
  addActions(best, words, sources.rooms, bonus);
  return best.result();
}

/** Words that stand in the name of a machine say which one is meant; the others say what is to be done. */
function namedMachines(words: readonly string[], machines: readonly Machine[]) {
  const naming = words.filter(
    (word) => word.length > 1 && machines.some((machine) => textsOf(machine).name.includes(word)),
  );
  if (naming.length === 0) return { naming, named: [] };
  const best = bestOf(3);
  for (const machine of machines) {
    const { name } = textsOf(machine);
    if (!naming.every((word) => name.includes(word))) continue;
    const match = fuzzyMatch(naming, name);
    if (match !== null) best.add(match.score, () => machineItem(machine, match.ranges));
  }
  const named = best
    .result()
    .best.flatMap(({ item }) => (item.choice.kind === 'machine' ? [item.choice.machineId] : []));
  return { naming, named };
}

function findActions(
  words: readonly string[],
  sources: PaletteSources,
  limit: number,
  bonus: (id: string) => number,
): Best {
  const { open, selected, byId } = sources;
  const best = bestOf(limit);
  addActions(best, words, sources.offered, bonus);
  if (open !== null) {
    addActions(
      best,
      words,
      on(open, sources.machineActions(open)).filter((action) => !isRoom(action)),
      bonus,
    );
  }
  if (selected.length > 0) {
    addActions(
      best,
      words,
      sources.actionsOnMany(selected, `the ${plural(selected.length, 'selected machine')}`),
      bonus,
    );
  }
  addActions(best, words, sources.general, bonus);

  const { naming, named } = namedMachines(words, sources.machines);
  const hasVerb = naming.length < words.length;
  named.slice(0, hasVerb ? 3 : 1).forEach((machineId, index) => {
    const machine = byId.get(machineId);
    if (machine === undefined || machine === open) return;
    const verbs = elsewhere(on(machine, sources.machineActions(machine)));
    // A name alone: what one does most. The rest comes with a word of it.
    addActions(best, words, hasVerb ? verbs : verbs.slice(0, 5), bonus, 3 + index);
  });
  if (naming.length > 0) {
    const ids = sources.inList(naming.map((word) => `name:${word}`).join(' '));
    if (ids.length > 1 && ids.length <= maxTogether) {
      const these = `the ${plural(ids.length, 'machine')} named ${naming.join(' ')}`;
      const verbs = elsewhere(sources.actionsOnMany(ids, these)).map((action) => ({
        ...action,
        id: `${action.id}:${naming.join(' ')}`,
      }));
      addActions(best, words, hasVerb ? verbs : verbs.slice(0, 2), bonus, 6);
    }
  }
  return best.result();
}

function findServices(words: readonly string[], sources: PaletteSources, bonus: (id: string) => number): Best {
  const { open, services } = sources;
  const best = bestOf(6);
  if (open === null || services === null) return none;
  for (const service of services) {
    const title = service.displayName === service.name ? service.name : `${service.displayName} (${service.name})`;
    const match = fuzzyMatch(words, title.toLowerCase());
    if (match === null) continue;
    const id = `service:${service.name}@${open.id}`;
    best.add(match.score + bonus(id) - 1, () => ({
      id,
      name: title,
      ranges: match.ranges,
      note: `${service.state}, ${startModeWords[service.startMode].toLowerCase()}`,
      glyph: serviceGlyph(service),
      icon: 'service',
      keys: null,
      choice: { kind: 'service', machineId: open.id, name: service.name },
    }));
  }
  return best.result();
}

function serviceGlyph({ state, startMode }: WindowsService): PaletteItem['glyph'] {
  if (state === 'Running') return { name: 'healthy', label: '' };
  if (state.endsWith('Pending')) return { name: 'pending', label: '' };
  return { name: state === 'Stopped' && startMode === 'Auto' ? 'warning' : 'stopped', label: '' };
}
