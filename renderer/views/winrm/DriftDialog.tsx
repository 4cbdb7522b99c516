import { ArrowExportLtrRegular, DismissRegular } from '@fluentui/react-icons';
import { useEffect, useMemo, useState } from 'react';
import type { ConfigurationSide, DriftRow } from '../../../shared/contract/winrm-settings.ts';
import { Bar } from '../../components/Bar.tsx';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { saveFile } from '../../components/save-file.ts';
import { formatCount, formatDate, formatTime, listNames, plural } from '../../format.ts';
import { machineName } from '../../stores/machines.ts';
import { openMachine } from '../../stores/router.ts';
import { nameOfSide, readSnapshots, startDrift, stopDrift, useDrift } from '../../stores/winrm-snapshots.ts';
import { Differences } from './DiffLines.tsx';
import { countDrift, driftAsCsv, groupDrift } from './drift-view.ts';
import { SideSelect } from './SideSelect.tsx';
import './winrm-dialogs.css';

/** How a selection differs from one machine or snapshot; machines that differ alike stand together. */
export function DriftDialog({ machineIds, onClose }: { machineIds: readonly string[]; onClose: () => void }) {
  const run = useDrift((state) => state.run);
  const mine = run !== null && sameMachines(run.machineIds, machineIds) ? run : null;
  const [against, setAgainst] = useState<ConfigurationSide | null>(
    () => mine?.against ?? (machineIds[0] === undefined ? null : { kind: 'machine', machineId: machineIds[0] }),
  );
  useEffect(() => void readSnapshots(), []);
  const groups = useMemo(() => groupDrift(mine?.rows ?? []), [mine?.rows]);
  const counts = countDrift(mine?.rows ?? []);
  const running = mine?.phase === 'running';
  const expected = against === null ? '' : nameOfSide(against);
  return (
    <Dialog
      title={`Compare WinRM settings of ${machineIds.length === 1 ? machineName(machineIds[0] ?? '') : plural(machineIds.length, 'machine')}`}
      width={960}
      onClose={onClose}
      note={running ? 'It goes on while this is closed.' : undefined}
      actions={
        <>
          {mine !== null && mine.rows.length > 0 ? (
            <Button
              icon={<ArrowExportLtrRegular />}
              onClick={() =>
                saveFile(
                  `windeck-winrm-drift-${new Date().toISOString().slice(0, 10)}.csv`,
                  driftAsCsv(mine.rows, machineName),
                )
              }
            >
              Export CSV
            </Button>
          ) : null}
          <Button onClick={onClose}>Close</Button>
          {running ? (
            <Button icon={<DismissRegular />} onClick={stopDrift}>
              Stop
            </Button>
          ) : (
            <Button
              kind="primary"
              disabled={against === null}
              onClick={() => {
                if (against !== null) startDrift(machineIds, against);
              }}
            >
              Compare {plural(machineIds.length, 'machine')}
            </Button>
          )}
        </>
      }
    >
      <SideSelect label="Against" value={against} onChange={setAgainst} autoFocus />
      {mine === null ? (
        <EmptyState title="Which of them differ, and in what?">
          Each machine is read once and nothing is changed. Thumbprints, host names and addresses differ by nature and
          do not count.
        </EmptyState>
      ) : (
        <>
          <p className="row g8 wr-drift-sum" role="status">
            {running
              ? `${formatCount(mine.rows.length)} of ${plural(machineIds.length, 'machine')} read…`
              : `${mine.phase === 'stopped' ? 'Stopped. ' : ''}${formatCount(counts.same)} the same, ${formatCount(counts.drifted)} ${counts.drifted === 1 ? 'differs' : 'differ'}${counts.failed > 0 ? `, ${formatCount(counts.failed)} could not be read` : ''}.`}
            <span className="grow" />
            {running ? null : <span className="t3">{formatDate(mine.endedAt)}</span>}
          </p>
          {running ? <Bar percent={(100 * mine.rows.length) / Math.max(1, machineIds.length)} /> : null}
          {mine.problem === null ? null : <ProblemBanner problem={mine.problem} />}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to get there */}
          <ul className="wr-drift wr-scroll" aria-label="Drift" tabIndex={0}>
            {groups.map((rows) => (
              <DriftGroup key={rows[0]?.machineId} rows={rows} expected={expected} onClose={onClose} />
            ))}
          </ul>
        </>
      )}
    </Dialog>
  );
}

const sameMachines = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, index) => id === b[index]);

function DriftGroup({ rows, expected, onClose }: { rows: readonly DriftRow[]; expected: string; onClose: () => void }) {
  const [first] = rows;
  const names = rows.map((row) => machineName(row.machineId));
  if (first === undefined) return null;
  const open = (machineId: string) => {
    onClose();
    openMachine(machineId, 'winrm');
  };
  return (
    <li data-outcome={first.outcome}>
      <div className="row g8">
        <Glyph
          name={first.outcome === 'same' ? 'healthy' : first.outcome === 'drifted' ? 'warning' : 'unreachable'}
          label=""
        />
        <b className="b6 nowrap">
          {rows.length === 1 ? '' : `${plural(rows.length, 'machine')}: `}
          {first.outcome === 'same'
            ? 'the same'
            : first.outcome === 'failed'
              ? 'not read'
              : plural(first.differences.length, 'difference')}
        </b>
        <span className="ell grow" title={names.join(', ')}>
          {listNames(names, 12)}
        </span>
        <span className="t3 num">{formatTime(first.readAt)}</span>
        {rows.length === 1 ? (
          <Button kind="ghost" aria-label={`Open ${names[0]}`} onClick={() => open(first.machineId)}>
            Open
          </Button>
        ) : null}
      </div>
      {first.problem === null ? null : <ProblemBanner problem={first.problem} />}
      {first.outcome === 'drifted' ? (
        <Differences
          left={expected}
          right={names.length === 1 ? (names[0] ?? '') : 'these'}
          differences={first.differences}
        />
      ) : null}
    </li>
  );
}
