import type { Machine } from '../../../shared/contract/machines.ts';
import { CellBar } from '../../components/Bar.tsx';
import { type Column, checkboxWidth } from '../../components/DataTable.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { SourceBadge } from '../../components/SourceBadge.tsx';
import { Tag } from '../../components/Tag.tsx';
import { expiryOf, setName, sourceSentence } from '../../credential-words.ts';
import { formatBytes, formatCount, formatDate, missing, shortOs } from '../../format.ts';
import { lowDiskPercent, machineHealth } from '../../machine-health.ts';
import { nextExpiry, securitySentence, securityWarning, securityWords } from '../../security-words.ts';
import { useCredentials } from '../../stores/credentials.ts';
import { readGauge } from '../../stores/gauges.ts';
import { useDrift } from '../../stores/winrm-snapshots.ts';
import { driftRank } from '../winrm/drift-view.ts';
import { DriftCell } from './DriftCell.tsx';
import { LastSeenCell, PercentCell, UptimeCell } from './live-cells.tsx';
import { policyOf } from './sign-in-words.ts';

export interface MachineColumn extends Column<Machine> {
  /** In the column chooser. */
  readonly label: string;
  /** Shown unless the user says otherwise. */
  readonly standard: boolean;
  /** Where there is no room, the standard column with the lowest of these goes first. Without one it stays. */
  readonly leavesAt?: 1 | 2 | 3;
}

const text = (value: string | null | undefined) => value ?? missing;

/**
 * The standard columns that fit in so many pixels: those that may leave do so, one after the other, until the rest has room. The one
 * that the list is sorted by stays.
 */
export function standardColumns(available: number, sortedBy: string | undefined): readonly MachineColumn[] {
  let columns = machineColumns.filter((column) => column.standard);
  const leaving = columns
    .filter((column) => column.leavesAt !== undefined && column.id !== sortedBy)
    .sort((a, b) => (a.leavesAt ?? 0) - (b.leavesAt ?? 0));
  for (const next of leaving) {
    if (checkboxWidth + columns.reduce((sum, column) => sum + column.width, 0) <= available) break;
    columns = columns.filter((column) => column !== next);
  }
  return columns;
}

/** All columns there are, in their order. Name and state are always shown. */
export const machineColumns: readonly MachineColumn[] = [
  {
    id: 'state',
    label: 'State',
    title: '',
    name: 'State',
    width: 28,
    standard: true,
    className: 'state-cell',
    fits: true,
    cell: (machine) => {
      const health = machineHealth(machine);
      return (
        <Glyph name={health.glyph} label={health.reason === null ? health.word : `${health.word}: ${health.reason}`} />
      );
    },
  },
  {
    id: 'name',
    label: 'Name',
    title: 'Name',
    width: 112,
    grow: 1.1,
    standard: true,
    className: 'name-cell name',
    plain: true,
    cell: (machine) => machine.settings.name,
    sortBy: (machine) => machine.settings.name,
  },
  {
    id: 'address',
    label: 'Address',
    title: 'Address',
    width: 94,
    grow: 0.6,
    standard: true,
    leavesAt: 2,
    className: 'num',
    plain: true,
    cell: (machine) => text(machine.settings.address),
    sortBy: (machine) => machine.settings.address,
  },
  {
    id: 'os',
    label: 'Operating system',
    title: 'OS',
    width: 110,
    grow: 0.2,
    standard: true,
    plain: true,
    cell: (machine) => shortOs(machine.facts?.osCaption),
    sortBy: (machine) => machine.facts?.osCaption ?? null,
  },
  {
    id: 'uptime',
    label: 'Uptime',
    title: 'Uptime',
    width: 88,
    standard: true,
    leavesAt: 3,
    className: 'num',
    plain: true,
    cell: (machine) => <UptimeCell machine={machine} />,
    sortBy: (machine) => (machine.state === 'online' && machine.facts?.lastBootAt ? -machine.facts.lastBootAt : null),
    descendingFirst: true,
  },
  {
    id: 'cpu',
    label: 'CPU',
    title: 'CPU',
    width: 94,
    standard: true,
    fits: true,
    cell: (machine) => <PercentCell machine={machine} what="cpu" />,
    sortBy: (machine) => (machine.state === 'online' ? (readGauge(machine.id)?.cpuPercent ?? null) : null),
    descendingFirst: true,
  },
  {
    id: 'memory',
    label: 'Memory',
    title: 'Memory',
    width: 94,
    standard: true,
    fits: true,
    cell: (machine) => <PercentCell machine={machine} what="memory" />,
    sortBy: (machine) => (machine.state === 'online' ? (readGauge(machine.id)?.memoryPercent ?? null) : null),
    descendingFirst: true,
  },
  {
    id: 'disk',
    label: 'Worst disk',
    title: 'Worst disk',
    width: 126,
    standard: true,
    className: 'num',
    fits: true,
    cell: (machine) => <DiskCell machine={machine} />,
    sortBy: (machine) => machine.facts?.worstDisk?.freePercent ?? null,
  },
  {
    id: 'auth',
    label: 'Sign-in and encryption',
    title: 'Auth',
    width: 152,
    grow: 0.2,
    standard: true,
    fits: true,
    cell: (machine) => <AuthCell machine={machine} />,
    sortBy: (machine) => (machine.security === null ? null : securityWords(machine.security)),
  },
  {
    id: 'seen',
    label: 'Last seen',
    title: 'Last seen',
    width: 86,
    standard: true,
    className: 'num',
    plain: true,
    cell: (machine) => <LastSeenCell machine={machine} />,
    // Those that answer now are seen now; else the newest second would shuffle them.
    sortBy: (machine) => (machine.state === 'online' ? Number.MAX_SAFE_INTEGER : machine.lastSeenAt),
    descendingFirst: true,
  },
  {
    id: 'tags',
    label: 'Tags',
    title: 'Tags',
    width: 130,
    grow: 1,
    standard: true,
    leavesAt: 1,
    className: 'tags-cell',
    fits: true,
    // Tags that do not fit wrap out of sight whole; the tooltip has them all.
    cell: ({ settings }) => (
      <span className="tags" title={settings.tags.join(', ')}>
        {[...new Set(settings.tags)].map((tag) => (
          <Tag key={tag} name={tag} />
        ))}
      </span>
    ),
    sortBy: (machine) => machine.settings.tags.join(' ') || null,
  },
  {
    id: 'policy',
    label: 'Sign-in policy',
    title: 'Policy',
    name: 'Sign-in policy',
    width: 112,
    standard: false,
    plain: true,
    cell: (machine) => policyOf(machine.settings.signIn).short,
    sortBy: (machine) => policyOf(machine.settings.signIn).short,
  },
  {
    id: 'mechanism',
    label: 'Sign-in',
    title: 'Sign-in',
    width: 84,
    standard: false,
    plain: true,
    cell: (machine) => text(machine.security?.mechanism),
    sortBy: (machine) => machine.security?.mechanism ?? null,
  },
  {
    id: 'encryption',
    label: 'Encryption',
    title: 'Encryption',
    width: 104,
    standard: false,
    cell: (machine) =>
      machine.security === null ? (
        <span className="t3">{missing}</span>
      ) : machine.security.protection === null ? (
        <span className="c-warn b5">none</span>
      ) : (
        <span className="ell">{machine.security.protection}</span>
      ),
    // Clear text first: it is what one sorts for.
    sortBy: (machine) => (machine.security === null ? null : (machine.security.protection ?? '')),
  },
  {
    id: 'credential',
    label: 'Credential',
    title: 'Credential',
    width: 170,
    standard: false,
    cell: (machine) => <CredentialCell machine={machine} />,
    sortBy: (machine) =>
      machine.credential.id === null ? null : setName(useCredentials.getState().sets, machine.credential.id),
  },
  {
    id: 'certificate',
    label: 'Certificate',
    title: 'Certificate',
    width: 140,
    standard: false,
    cell: (machine) => <CertificateCell machine={machine} />,
    sortBy: (machine) => nextExpiry(machine.security),
  },
  {
    id: 'spn',
    label: 'Service principal',
    title: 'SPN',
    width: 180,
    standard: false,
    plain: true,
    cell: (machine) => text(machine.security?.spn),
    sortBy: (machine) => machine.security?.spn ?? null,
  },
  {
    id: 'domain',
    label: 'Domain',
    title: 'Domain',
    width: 130,
    standard: false,
    plain: true,
    cell: (machine) => text(machine.facts?.domain),
    sortBy: (machine) => machine.facts?.domain ?? null,
  },
  {
    id: 'version',
    label: 'OS version',
    title: 'OS version',
    width: 100,
    standard: false,
    className: 'num',
    plain: true,
    cell: (machine) => text(machine.facts?.osVersion),
    sortBy: (machine) => machine.facts?.osVersion ?? null,
  },
  {
    id: 'booted',
    label: 'Last boot',
    title: 'Last boot',
    width: 130,
    standard: false,
    className: 'num',
    plain: true,
    cell: (machine) => text(formatDate(machine.facts?.lastBootAt)),
    sortBy: (machine) => machine.facts?.lastBootAt ?? null,
    descendingFirst: true,
  },
  {
    id: 'model',
    label: 'Model',
    title: 'Model',
    width: 160,
    standard: false,
    plain: true,
    cell: (machine) => text([machine.facts?.manufacturer, machine.facts?.model].filter(Boolean).join(' ') || null),
    sortBy: (machine) => machine.facts?.model ?? null,
  },
  {
    id: 'processors',
    label: 'Processors',
    title: 'Processors',
    width: 84,
    align: 'right',
    standard: false,
    cell: (machine) => (machine.facts?.logicalProcessors ? formatCount(machine.facts.logicalProcessors) : missing),
    sortBy: (machine) => machine.facts?.logicalProcessors ?? null,
    descendingFirst: true,
  },
  {
    id: 'installed-memory',
    label: 'Installed memory',
    title: 'Installed',
    name: 'Installed memory',
    width: 84,
    align: 'right',
    standard: false,
    cell: (machine) => formatBytes(machine.facts?.memoryBytes),
    sortBy: (machine) => (machine.facts?.memoryBytes == null ? null : Number(machine.facts.memoryBytes)),
    descendingFirst: true,
  },
  {
    id: 'connection',
    label: 'Transport and port',
    title: 'Connection',
    width: 96,
    standard: false,
    className: 'num',
    plain: true,
    cell: (machine) => text(`${machine.settings.transport} ${machine.settings.port}`),
    sortBy: (machine) => `${machine.settings.transport} ${machine.settings.port}`,
  },
  {
    id: 'stack',
    label: 'WinRM stack',
    title: 'WinRM stack',
    width: 96,
    standard: false,
    plain: true,
    cell: (machine) => text(machine.facts?.stack),
    sortBy: (machine) => machine.facts?.stack ?? null,
  },
  {
    id: 'winrm-drift',
    label: 'WinRM drift',
    title: 'WinRM drift',
    width: 96,
    standard: false,
    className: 'num',
    cell: (machine) => <DriftCell machine={machine} />,
    sortBy: (machine) => driftRank(useDrift.getState().known.get(machine.id)),
    descendingFirst: true,
  },
];

function DiskCell({ machine }: { machine: Machine }) {
  const disk = machine.facts?.worstDisk;
  if (!disk) return <span className="t3">{missing}</span>;
  const free = Math.max(0, Math.min(100, disk.freePercent));
  const level = free < lowDiskPercent / 2 ? 'crit' : free < lowDiskPercent ? 'warn' : 'neutral';
  const live = machine.state === 'online';
  // What an absent machine had on its disk is history: no colour of a state on it.
  return (
    <span className={`bar-cell disk ${live ? level : 'stale'}`}>
      <CellBar percent={100 - free} className="neutral" />
      <span className="ell">
        {disk.drive} {free < 10 ? free.toFixed(free < 1 ? 1 : 0) : Math.round(free)} % free
      </span>
    </span>
  );
}

function AuthCell({ machine }: { machine: Machine }) {
  const { security } = machine;
  if (machine.state !== 'online' || security === null) {
    const health = machineHealth(machine);
    const tone = health.group === 'crit' ? 'c-crit b5' : health.group === 'off' ? 't3' : 't3';
    return (
      <span className={`ell ${tone}`} title={machine.problem?.message}>
        {machine.state === 'online' ? missing : health.word}
      </span>
    );
  }
  const now = Date.now();
  const warning = securityWarning(security, now);
  return (
    <span className={warning === null ? 'auth-cell' : 'auth-cell c-warn'} title={securitySentence(security, now)}>
      <Lock open={security.protection === null} />
      <span className="ell">{securityWords(security)}</span>
    </span>
  );
}

/** Which set it signs in with, and whether that is its own. */
function CredentialCell({ machine }: { machine: Machine }) {
  const name = useCredentials((state) => setName(state.sets, machine.credential.id));
  return (
    <span className="credential-cell" title={sourceSentence(machine.credential)}>
      <span className={machine.credential.id === null ? 'ell c-warn' : 'ell'}>{name}</span>
      {machine.credential.source === 'none' ? null : <SourceBadge credential={machine.credential} />}
    </span>
  );
}

function CertificateCell({ machine }: { machine: Machine }) {
  const ends = nextExpiry(machine.security);
  if (ends === null) return <span className="t3">{missing}</span>;
  const { level, words } = expiryOf(ends, Date.now());
  return (
    <span className={level === 'ok' ? 'ell' : `ell b5 ${level === 'expired' ? 'c-crit' : 'c-warn'}`}>{words}</span>
  );
}

/** Drawn here: a library icon costs a style hook in every row that scrolls by. */
const Lock = ({ open = false }: { open?: boolean }) => (
  <svg width="13" height="13" viewBox="0 0 13 13" fill="none" stroke="currentColor" aria-hidden="true">
    <rect x="2.5" y="5.5" width="8" height="6" rx="1.2" />
    <path d={open ? 'M4.5 5.5V3.8a2 2 0 0 1 3.8-.9' : 'M4.5 5.5V3.8a2 2 0 0 1 4 0v1.7'} strokeLinecap="round" />
  </svg>
);
