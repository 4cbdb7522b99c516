import type { DiskReading } from '../../../shared/contract/overview.ts';
import { Bar } from '../../components/Bar.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { formatBytes, formatPercent, missing, plural } from '../../format.ts';
import { lowDiskPercent } from '../../machine-health.ts';
import { bytesOf, shareOf } from './amounts.ts';
import type { SectionProps } from './Overview.tsx';
import { isRefused, SectionGap, SectionHead, SectionNote, useSection } from './section.tsx';

const maxProcesses = 12;

export function ProcessesSection({ machine, onEdit }: SectionProps) {
  const view = useSection(machine.id, 'processes');
  const denied = isRefused(view, machine);
  const top = (view.value ?? [])
    .toSorted((a, b) => (b.cpuPercent ?? -1) - (a.cpuPercent ?? -1) || Number(b.workingSetBytes - a.workingSetBytes))
    .slice(0, maxProcesses);
  return (
    <div className="ov-cell">
      <SectionHead
        title="Top processes"
        view={view}
        end={
          <span className="ov-where">
            <span className="ov-pid">PID · </span>CPU · memory
          </span>
        }
      />
      <SectionNote view={view} machine={machine} />
      {view.value === null || denied ? (
        <SectionGap view={view} machine={machine} lines={6} onEdit={onEdit} />
      ) : (
        <table className={view.live ? 'ov-table' : 'ov-table stale'}>
          <colgroup>
            <col />
            <col className="pid" />
            <col className="cpu" />
            <col className="memory" />
          </colgroup>
          <thead className="visually-hidden">
            <tr>
              <th>Name</th>
              <th>PID</th>
              <th>CPU</th>
              <th>Memory</th>
            </tr>
          </thead>
          <tbody>
            {top.map((process) => (
              <tr key={process.processId}>
                <td className="name ell">{process.name}</td>
                <td className="num t3">{process.processId}</td>
                <td className="num ov-strong">
                  {process.cpuPercent === null ? missing : formatPercent(process.cpuPercent, 1)}
                </td>
                <td className="num">{formatBytes(process.workingSetBytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

export function DisksSection({ machine, onEdit }: SectionProps) {
  const view = useSection(machine.id, 'disks');
  const denied = isRefused(view, machine);
  return (
    <div className="ov-cell">
      <SectionHead
        title="Disks"
        view={view}
        end={view.value && <span className="ov-where">{plural(view.value.length, 'volume')}</span>}
      />
      <SectionNote view={view} machine={machine} />
      {view.value === null || denied ? (
        <SectionGap view={view} machine={machine} lines={3} onEdit={onEdit} />
      ) : (
        <ul className={view.live ? 'ov-disks' : 'ov-disks stale'}>
          {view.value.map((disk) => (
            <Disk key={disk.drive} disk={disk} live={view.live} />
          ))}
        </ul>
      )}
    </div>
  );
}

/** Filled is what is used; a disk that runs full has a shape, a colour and its share of free space in words, while that is known to be so. */
function Disk({ disk, live }: { disk: DiskReading; live: boolean }) {
  const free = shareOf(disk.freeBytes, disk.sizeBytes);
  const level = !live || free === null || free >= lowDiskPercent ? null : free < lowDiskPercent / 2 ? 'crit' : 'warn';
  return (
    <li title={[disk.label, disk.fileSystem].filter(Boolean).join(' · ')}>
      <span className="b6">{disk.drive}</span>
      <span className="ell t2">{disk.label ?? ''}</span>
      <Bar percent={free === null ? null : 100 - free} kind={level ?? 'neutral'} />
      <span className={`ov-free num ${level === null ? '' : `c-${level}`}`}>
        {level === null ? null : (
          <Glyph
            name={level === 'crit' ? 'critical' : 'warning'}
            size={11}
            label={level === 'crit' ? 'Almost full' : 'Low space'}
          />
        )}
        {bytesOf(disk.freeBytes, disk.sizeBytes)} free
        {level === null || free === null ? '' : ` · ${formatPercent(free, free < 10 ? 1 : 0)}`}
      </span>
    </li>
  );
}
