import { describe, expect, test } from 'vitest';
import type { Machine } from '../../../shared/contract/machines.ts';
import type { WindowsService } from '../../../shared/contract/windows-services.ts';
import type { Action } from '../../stores/actions.ts';
import type { PaletteSources } from './palette-item.ts';
import { findItems } from './palette-items.ts';

const run = () => {};

const machine = (name: string, change: Partial<Machine> = {}): Machine => ({
  id: `id-${name}`,
  settings: {
    name,
    address: `${name.toLowerCase()}.corp.example`,
    transport: 'http',
    port: 5985,
    path: 'wsman',
    signIn: 'negotiate',
    spn: { serviceClass: null, host: null, withPort: false },
    delegate: false,
    credentialId: null,
    trusted: false,
    allowClearText: false,
    pin: null,
    tags: name.includes('SQL') ? ['sql', 'production'] : [],
  },
  state: 'online',
  stateSinceAt: 0,
  lastSeenAt: 0,
  nextAttemptAt: null,
  problem: null,
  security: null,
  credential: { id: null, source: 'none', tag: null },
  facts: null,
  ...change,
});

const service = (name: string, displayName: string): WindowsService => ({
  name,
  displayName,
  description: null,
  state: 'Running',
  startMode: 'Auto',
  account: null,
  processId: 1,
  path: null,
  acceptStop: true,
  acceptPause: false,
  exitCode: null,
});

const action = (id: string, name: string, words?: string): Action => ({
  id,
  name,
  run,
  ...(words === undefined ? {} : { words }),
});

function sourcesOf(machines: readonly Machine[], change: Partial<PaletteSources> = {}): PaletteSources {
  return {
    machines,
    byId: new Map(machines.map((each) => [each.id, each])),
    open: null,
    selected: [],
    services: null,
    rooms: [action('room:machines', 'Machines'), action('room:console', 'Console', 'winrm')],
    general: [action('add-machine', 'Add a machine…', 'new')],
    offered: [],
    machineActions: ({ settings: { name } }) => [
      { ...action('restart', `Restart ${name}…`, 'reboot'), keys: 'X' },
      action('room:services', `Services of ${name}`),
    ],
    actionsOnMany: (_ids, these) => [action('restart-many', `Restart ${these}…`, 'reboot')],
    history: [],
    recent: [],
    inList: (text) => {
      const words = text
        .toLowerCase()
        .split(' ')
        .map((word) => word.replace('name:', ''));
      return machines.flatMap(({ id, settings }) =>
        words.every((word) => settings.name.toLowerCase().includes(word)) ? [id] : [],
      );
    },
    ...change,
  };
}

const fleet = ['HQ-DC01', 'HQ-SQL01', 'HQ-SQL02', 'BRS-WEB01'].map((name) => machine(name));
const namesFor = (text: string, sources: PaletteSources): Record<string, readonly string[]> =>
  Object.fromEntries(findItems(text, sources).groups.map(({ title, items }) => [title, items.map(({ name }) => name)]));

describe('machines', () => {
  test('by name, by tag, by letters', () => {
    const sources = sourcesOf(fleet);
    expect(namesFor('sql02', sources)['Machines']).toEqual(['HQ-SQL02']);
    expect(namesFor('production', sources)['Machines']).toEqual(['HQ-SQL01', 'HQ-SQL02']);
    expect(namesFor('bw', sources)['Machines']).toEqual(['BRS-WEB01']);
  });

  test('@ leaves only machines, > none', () => {
    const sources = sourcesOf(fleet);
    expect(Object.keys(namesFor('@sql', sources))).toEqual(['Machines']);
    expect(namesFor('@', sources)['Machines']).toHaveLength(4);
    expect(namesFor('>sql', sources)['Machines']).toBeUndefined();
  });

  test('what is wrong with one stands beside it', () => {
    const problem = { code: 'unreachable', message: 'No answer.', advice: [], retryable: true } as const;
    const [item] =
      findItems('dc', sourcesOf([machine('DC', { state: 'unreachable', problem })])).groups[0]?.items ?? [];
    expect(item).toMatchObject({ note: 'No answer.', glyph: { name: 'unreachable', label: 'Unreachable' } });
  });
});

describe('actions', () => {
  test('a verb with a machine, in any order; without the key that works on its page only', () => {
    const { groups } = findItems('restart sql02', sourcesOf(fleet));
    const [first] = groups[0]?.items ?? [];
    expect(first).toMatchObject({ id: 'restart@id-HQ-SQL02', name: 'Restart HQ-SQL02…', keys: null });
    expect(first?.ranges).toEqual([
      [0, 7],
      [11, 16],
    ]);
    expect(findItems('sql02 reboot', sourcesOf(fleet)).groups[0]?.items[0]?.id).toBe('restart@id-HQ-SQL02');
  });

  test('a verb alone is meant for the machine that is open, with its key', () => {
    const [open] = fleet;
    const { groups } = findItems('restart', sourcesOf(fleet, { open: open ?? null }));
    expect(groups[0]?.items[0]).toMatchObject({ id: 'restart@id-HQ-DC01', keys: 'X' });
    expect(namesFor('restart', sourcesOf(fleet))['Actions']).toBeUndefined();
  });

  test('several machines of one name, and the selection', () => {
    expect(namesFor('restart sql', sourcesOf(fleet))['Actions']).toContain('Restart the 2 machines named sql…');
    const sources = sourcesOf(fleet, { selected: ['id-HQ-DC01', 'id-HQ-SQL01', 'id-HQ-SQL02'] });
    expect(namesFor('restart', sources)['Actions']).toEqual(['Restart the 3 selected machines…']);
  });

  test('what the open room offers is among them', () => {
    const sources = sourcesOf(fleet, { offered: [action('snapshots', 'Snapshots…')] });
    expect(namesFor('snap', sources)['Actions']).toEqual(['Snapshots…']);
    expect(namesFor('', sources)['Actions']).toEqual(['Snapshots…']);
  });
});

test('services of the open machine, by both names', () => {
  const open = fleet[1] ?? null;
  const services = [service('Spooler', 'Print Spooler'), service('W32Time', 'Windows Time')];
  expect(namesFor('w32', sourcesOf(fleet, { open, services }))['Services']).toEqual(['Windows Time (W32Time)']);
  expect(namesFor('print', sourcesOf(fleet, { open, services }))['Services']).toEqual(['Print Spooler (Spooler)']);
  expect(namesFor('print', sourcesOf(fleet, { services }))['Services']).toBeUndefined();
});

describe('lines of the Console', () => {
  const history = ['winrm get winrm/config', 'winrm get winrm/config -p:••••', 'winrs ipconfig'];
  test('a line as it is typed runs, or goes into the prompt; those before it follow', () => {
    const { groups } = findItems('winrm get winrm/con', sourcesOf(fleet, { history }));
    expect(groups.map(({ title }) => title)).toEqual(['Command line']);
    expect(groups[0]?.items.map(({ choice }) => choice)).toEqual([
      { kind: 'line', line: 'winrm get winrm/con', run: true },
      { kind: 'line', line: 'winrm get winrm/con', run: false },
      // Its secret was not kept: it waits in the prompt.
      { kind: 'line', line: 'winrm get winrm/config -p:••••', run: false },
      { kind: 'line', line: 'winrm get winrm/config', run: false },
    ]);
  });

  test('the program alone is a word like any other', () => {
    expect(namesFor('winrm', sourcesOf(fleet))['Rooms']).toEqual(['Console']);
  });

  test('what may yet become a line stands behind what is found', () => {
    const sources = sourcesOf(fleet, { rooms: [action('room:winrm', 'WinRM listeners')] });
    const { groups } = findItems('winrm lis', sources);
    expect(groups.map(({ title }) => title)).toEqual(['Rooms', 'Command line']);
  });

  test('without -r it says which machine it goes to', () => {
    const open = fleet[0] ?? null;
    const noteOf = (line: string) => findItems(line, sourcesOf(fleet, { open })).groups[0]?.items[0]?.note;
    expect(noteOf('winrm id')).toContain('on HQ-DC01');
    expect(noteOf('winrm id -r:other')).not.toContain('HQ-DC01');
  });
});

test('recent first where nothing is typed, and preferred where something is', () => {
  const recent = ['machine:id-HQ-SQL02', 'restart@id-HQ-SQL01', 'machine:gone', 'restart@gone'];
  const sources = sourcesOf(fleet, { recent });
  expect(namesFor('', sources)['Recent']).toEqual(['HQ-SQL02', 'Restart HQ-SQL01…']);
  expect(namesFor('sql', sources)['Machines']).toEqual(['HQ-SQL02', 'HQ-SQL01']);
});

test('with 10,000 machines the answer stays bounded and counts them all', () => {
  const machines = Array.from({ length: 10_000 }, (_, n) => machine(`HQ-SQL${String(n).padStart(5, '0')}`));
  const answer = findItems('hq', sourcesOf(machines));
  const listed = answer.groups.flatMap(({ items }) => items);
  expect(listed.length).toBeLessThan(60);
  expect(answer.list).toEqual({ text: 'hq', count: 10_000 });
  expect(answer.found).toBeGreaterThanOrEqual(10_000);
  // Too many to do something to all at once from here.
  expect(listed.some(({ id }) => id.startsWith('restart-many'))).toBe(false);
  expect(findItems('@hq', sourcesOf(machines)).groups[0]?.items).toHaveLength(50);
});
