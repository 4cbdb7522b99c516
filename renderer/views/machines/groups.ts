import type { Machine } from '../../../shared/contract/machines.ts';
import type { GlyphName } from '../../components/Glyph.tsx';
import { expiryOf } from '../../credential-words.ts';
import { missing, shortOs } from '../../format.ts';
import { lowDiskPercent, machineHealth, waitsForCredential } from '../../machine-health.ts';
import { nextExpiry } from '../../security-words.ts';

/** One line of the pane at the left. */
export interface MachineGroup {
  readonly id: string;
  readonly title: string;
  readonly count: number;
  readonly glyph?: GlyphName;
}
export interface MachineGroups {
  readonly all: number;
  readonly smart: readonly MachineGroup[];
  readonly systems: readonly MachineGroup[];
  readonly tags: readonly MachineGroup[];
}

interface SmartGroup {
  readonly id: string;
  readonly title: string;
  readonly glyph?: GlyphName;
  /** Shown even when nobody is in it. */
  readonly always?: boolean;
  readonly has: (machine: Machine) => boolean;
}

const smartGroups: readonly SmartGroup[] = [
  {
    id: 'attention',
    title: 'Needs attention',
    glyph: 'warning',
    always: true,
    has: (machine) => {
      const { group } = machineHealth(machine);
      return group === 'warn' || group === 'crit' || group === 'off';
    },
  },
  { id: 'unreachable', title: 'Unreachable', always: true, has: (machine) => machine.state === 'unreachable' },
  {
    id: 'denied',
    title: 'Sign-in refused',
    has: (machine) => machine.state === 'denied' && !waitsForCredential(machine),
  },
  {
    id: 'waiting',
    title: 'Wait for a credential',
    has: (machine) => machine.state === 'denied' && waitsForCredential(machine),
  },
  { id: 'untrusted', title: 'Certificate not trusted', has: (machine) => machine.state === 'untrusted' },
  { id: 'failing', title: 'Failing', has: (machine) => machine.state === 'failing' },
  { id: 'restarting', title: 'Restarting', has: (machine) => machine.state === 'restarting' },
  {
    id: 'low-disk',
    title: `Disk under ${lowDiskPercent} % free`,
    always: true,
    has: (machine) => (machine.facts?.worstDisk?.freePercent ?? 100) < lowDiskPercent,
  },
  {
    id: 'clear-text',
    title: 'Not encrypted',
    has: (machine) => machine.security !== null && machine.security.protection === null,
  },
  {
    id: 'ntlm',
    title: 'Signed in with NTLM',
    has: (machine) => machine.security?.mechanism === 'NTLM',
  },
  {
    id: 'expiring',
    title: 'Certificate expires soon',
    has: (machine) => {
      const ends = nextExpiry(machine.security);
      return ends !== null && expiryOf(ends, Date.now()).level !== 'ok';
    },
  },
  { id: 'untagged', title: 'Without a tag', has: (machine) => machine.settings.tags.length === 0 },
];

/** Whether a machine belongs to the group of that id; ids of groups that no longer exist match nothing. */
export function inGroup(groupId: string): (machine: Machine) => boolean {
  if (groupId === 'all') return () => true;
  if (groupId.startsWith('tag:')) {
    const tag = groupId.slice(4);
    return (machine) => machine.settings.tags.includes(tag);
  }
  if (groupId.startsWith('os:')) {
    const name = groupId.slice(3);
    return (machine) => shortOs(machine.facts?.osCaption) === name;
  }
  return smartGroups.find((group) => group.id === groupId)?.has ?? (() => false);
}

export function groupsOf(machines: readonly Machine[]): MachineGroups {
  const counts = new Map<string, number>();
  const systems = new Map<string, number>();
  const tags = new Map<string, number>();
  const add = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
  for (const machine of machines) {
    for (const group of smartGroups) if (group.has(machine)) add(counts, group.id);
    const system = shortOs(machine.facts?.osCaption);
    if (system !== missing) add(systems, system);
    for (const tag of machine.settings.tags) add(tags, tag);
  }
  const named = (map: Map<string, number>, prefix: string) =>
    [...map]
      .map(([title, count]) => ({ id: `${prefix}:${title}`, title, count }))
      .sort((a, b) => a.title.localeCompare(b.title, 'en', { numeric: true }));
  return {
    all: machines.length,
    smart: smartGroups
      .map((group) => ({
        id: group.id,
        title: group.title,
        count: counts.get(group.id) ?? 0,
        always: group.always,
        glyph: group.glyph,
      }))
      .filter((group) => group.always || group.count > 0)
      .map(({ id, title, count, glyph }) => ({ id, title, count, ...(glyph && count > 0 ? { glyph } : {}) })),
    systems: named(systems, 'os'),
    tags: named(tags, 'tag'),
  };
}

/** What the group is called, also when it is empty by now. */
export function groupTitle(groupId: string): string {
  if (groupId === 'all') return 'All machines';
  if (groupId.startsWith('tag:') || groupId.startsWith('os:')) return groupId.slice(groupId.indexOf(':') + 1);
  return smartGroups.find((group) => group.id === groupId)?.title ?? 'All machines';
}
