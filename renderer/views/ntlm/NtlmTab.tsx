import { ArrowExportLtrRegular, DismissRegular, ShieldCheckmarkRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import { Bar } from '../../components/Bar.tsx';
import { Button } from '../../components/Button.tsx';
import { Chip } from '../../components/Chip.tsx';
import { type Column, DataTable, type Sorting } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { FilterBox } from '../../components/FilterBox.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { saveFile } from '../../components/save-file.ts';
import { formatCount, formatDate, plural } from '../../format.ts';
import { useMachines } from '../../stores/machines.ts';
import { attempt } from '../../stores/notices.ts';
import { startSurvey, stopSurvey, useSurvey } from '../../stores/ntlm-survey.ts';
import { openMachine } from '../../stores/router.ts';
import {
  adviceOf,
  countVerdicts,
  matchesVerdict,
  type Verdict,
  type VerdictRow,
  verdictSentence,
  verdictsAsCsv,
  verdictWords,
} from './verdicts.ts';
import './ntlm.css';

const columns: readonly Column<VerdictRow>[] = [
  {
    id: 'verdict',
    title: 'Verdict',
    width: 116,
    cell: ({ verdict }) => (
      <span className="row g6">
        <Glyph name={verdictWords[verdict.verdict].glyph} label="" />
        {verdictWords[verdict.verdict].words}
      </span>
    ),
    sortBy: ({ verdict }) => verdictWords[verdict.verdict].rank,
  },
  {
    id: 'name',
    title: 'Machine',
    width: 130,
    grow: 0.4,
    className: 'name-cell name',
    plain: true,
    cell: (row) => row.name,
    sortBy: (row) => row.name,
  },
  {
    id: 'seen',
    title: 'What was seen',
    width: 220,
    grow: 2,
    cell: ({ verdict }) => (
      <span className="ell" title={[verdict.seen, adviceOf(verdict)].filter(Boolean).join('\n')}>
        {verdict.seen}
        {adviceOf(verdict) === '' ? null : <span className="t3"> {adviceOf(verdict)}</span>}
      </span>
    ),
    sortBy: ({ verdict }) => verdict.seen,
  },
  {
    id: 'code',
    title: 'Code',
    width: 120,
    className: 'ntlm-code',
    cell: ({ verdict }) => <span className="mono ell">{verdict.problem?.technical ?? ''}</span>,
    sortBy: ({ verdict }) => verdict.problem?.technical ?? null,
  },
];
const rowId = (row: VerdictRow): string => row.verdict.machineId;
const rank = (row: VerdictRow): number => verdictWords[row.verdict.verdict].rank;
const nobody: ReadonlySet<string> = new Set();
const chips: readonly Verdict[] = ['would-fail', 'not-known', 'survives'];

/** Would these machines survive NTLM being switched off? Tries Kerberos only, and shows what came of it, machine by machine. */
export function NtlmTab() {
  const run = useSurvey((state) => state.run);
  const machines = useMachines((state) => state.list);
  const byId = useMachines((state) => state.byId);
  const [shown, show] = useState<Verdict | 'all'>('all');
  const [text, setText] = useState('');
  const [sorting, setSorting] = useState<Sorting>(null);
  const [focused, focus] = useState<VerdictRow | null>(null);

  const all = useMemo(
    () =>
      (run?.verdicts ?? []).map((verdict): VerdictRow => {
        const settings = byId.get(verdict.machineId)?.settings;
        return { verdict, name: settings?.name ?? verdict.machineId, address: settings?.address ?? '' };
      }),
    [run, byId],
  );
  const rows = useMemo(() => all.filter((row) => matchesVerdict(row, shown, text)), [all, shown, text]);
  const counts = useMemo(() => countVerdicts(run?.verdicts ?? []), [run]);
  const checkAll = () => startSurvey(machines.map((machine) => machine.id));
  const exportAll = () =>
    void attempt(
      async () =>
        saveFile(`windeck-without-ntlm-${new Date().toISOString().slice(0, 10)}.csv`, await verdictsAsCsv(rows)),
      `Exported ${plural(rows.length, 'machine')}.`,
    );

  if (run === null) {
    return (
      <EmptyState
        title="Would your machines survive NTLM being switched off?"
        actions={
          <Button kind="primary" icon={<ShieldCheckmarkRegular />} disabled={machines.length === 0} onClick={checkAll}>
            {machines.length === 0 ? 'There are no machines yet' : `Check ${plural(machines.length, 'machine')}`}
          </Button>
        }
      >
        Windeck signs in to one machine after another with Kerberos only and says which could not be managed any more,
        and why. Nothing is changed, and a refused password is not tried twice. A selection is checked from the list of
        machines.
      </EmptyState>
    );
  }
  const running = run.phase === 'running';
  return (
    <>
      <div className="toolbar ntlm-toolbar" role="toolbar" aria-label="Survey">
        {running ? (
          <Button icon={<DismissRegular />} onClick={stopSurvey}>
            Stop
          </Button>
        ) : (
          <Button kind="primary" icon={<ShieldCheckmarkRegular />} disabled={machines.length === 0} onClick={checkAll}>
            Check {plural(machines.length, 'machine')}
          </Button>
        )}
        <Button kind="ghost" icon={<ArrowExportLtrRegular />} onClick={exportAll} disabled={rows.length === 0}>
          Export CSV
        </Button>
        <span className="spacer" />
        <Chip pressed={shown === 'all'} onPress={() => show('all')}>
          All {formatCount(run.verdicts.length)}
        </Chip>
        {chips.map((verdict) => (
          <Chip key={verdict} pressed={shown === verdict} onPress={() => show(shown === verdict ? 'all' : verdict)}>
            <Glyph name={verdictWords[verdict].glyph} size={11} label="" />
            {verdictWords[verdict].words} {formatCount(counts[verdict])}
          </Chip>
        ))}
        <FilterBox value={text} onChange={setText} label="Filter the verdicts" placeholder="Filter" />
      </div>
      <div className="ntlm-progress">
        <span role="status">
          {running
            ? `${formatCount(run.verdicts.length)} of ${plural(run.machineIds.length, 'machine')} checked…`
            : run.phase === 'done'
              ? verdictSentence(counts)
              : `Stopped after ${formatCount(run.verdicts.length)} of ${plural(run.machineIds.length, 'machine')}.`}
        </span>
        {running ? (
          <Bar percent={(100 * run.verdicts.length) / Math.max(1, run.machineIds.length)} />
        ) : (
          <span className="t3">{formatDate(run.endedAt)}</span>
        )}
      </div>
      {run.problem === null ? null : (
        <div className="ntlm-problem">
          <ProblemBanner problem={run.problem} />
        </div>
      )}
      <DataTable
        label="Without NTLM"
        rows={rows}
        columns={columns}
        rowId={rowId}
        rank={sorting === null ? rank : undefined}
        sorting={sorting}
        onSorting={setSorting}
        selected={nobody}
        onSelect={() => {}}
        selecting="list"
        onOpen={(row) => openMachine(row.verdict.machineId)}
        onFocusRow={focus}
        empty={
          <p className="empty-state">
            {run.verdicts.length === 0
              ? running
                ? 'The first machine is being asked.'
                : 'No machine was checked.'
              : 'No machine matches.'}
          </p>
        }
      />
      {focused === null ? null : <Whole row={focused} />}
    </>
  );
}

/** The row with the focus, whole: the sentence, what to do, what was seen. */
function Whole({ row }: { row: VerdictRow }) {
  const { verdict, name } = row;
  return (
    <section className="ntlm-whole" aria-label={`Verdict on ${name}`}>
      {verdict.problem === null ? (
        <p>
          <b className="b6">{name}</b> {verdictWords[verdict.verdict].words.toLowerCase()}: {verdict.seen}
        </p>
      ) : (
        <>
          <p>
            <b className="b6">{name}</b> {verdictWords[verdict.verdict].words.toLowerCase()}
            {verdict.seen.includes(verdict.problem.message) ? '' : `: ${verdict.seen}`}
          </p>
          <ProblemBanner problem={verdict.problem} />
        </>
      )}
    </section>
  );
}
