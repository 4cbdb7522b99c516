import { useEffect, useRef, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { useNow } from '../../components/useNow.ts';
import { formatDuration, formatTime } from '../../format.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { liveShell, type ShellTab, showShell } from '../../stores/shells.ts';
import { FindBar } from '../console/FindBar.tsx';
import { ProgressBars } from './ProgressBars.tsx';
import { PasteDialog } from './ShellPasteDialog.tsx';
import { ShellQuestion } from './ShellQuestion.tsx';
import { WaitingBar } from './WaitingBar.tsx';

/** One terminal with what belongs to it: finding, progress, what waits for an answer, how it stands. */
export function ShellPane(props: { tab: ShellTab; machineName: string; isCurrent: boolean; isSplit: boolean }) {
  const { tab, isCurrent } = props;
  const { view } = tab;
  const section = useRef<HTMLElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const holds = view.question !== null;
  const shell = liveShell(tab.id);

  useEffect(() => {
    const here = place.current;
    if (shell === null || here === null) return undefined;
    const detach = shell.screen.attach(here);
    shell.screen.fit();
    return detach;
  }, [shell]);
  // The one that is shown gets the keyboard, unless a bar of it holds something.
  useEffect(() => {
    if (!isCurrent || shell === null) return;
    const focused = document.activeElement;
    const isInBar = section.current?.contains(focused) === true && place.current?.contains(focused) !== true;
    if (!isInBar && !holds) shell.screen.focus();
  }, [isCurrent, shell, holds]);

  const isOver = view.status === 'ended' || view.status === 'failed';
  return (
    <section
      ref={section}
      className="shell-pane"
      id={`pane-${tab.id}`}
      role="tabpanel"
      aria-labelledby={`tab-${tab.id}`}
      data-status={view.status}
      data-current={(props.isSplit && isCurrent) || undefined}
      onFocus={() => {
        if (!isCurrent) showShell(tab.machineId, tab.id);
      }}
    >
      {view.find === null ? null : <Find tab={tab} />}
      <div className="shell-place" ref={place} />
      {view.table === null ? null : <ResultTable tab={tab} />}
      {view.progress.length === 0 ? null : <ProgressBars progress={view.progress} />}
      {view.question === null ? null : (
        <ShellQuestion key={view.question.question} tab={tab} question={view.question} isCurrent={isCurrent} />
      )}
      {view.question === null && (view.status === 'waiting' || view.status === 'silent') ? (
        <WaitingBar key={view.status} tab={tab} />
      ) : null}
      {view.status === 'lost' ? <Lost since={view.sinceAt} /> : null}
      {isOver ? <Over tab={tab} /> : null}
      <Foot tab={tab} />
      {view.paste === null ? null : <PasteDialog lines={view.paste} tab={tab} machineName={props.machineName} />}
    </section>
  );
}

function Find({ tab }: { tab: ShellTab }) {
  const [query, setQuery] = useState('');
  const shell = liveShell(tab.id);
  const { find } = tab.view;
  return (
    <FindBar
      query={query}
      place={find?.place ?? 0}
      count={find?.count ?? 0}
      onQuery={(next) => {
        setQuery(next);
        shell?.find(next);
      }}
      onStep={(by) => shell?.find(query, by)}
      onClose={() => {
        shell?.find(null);
        shell?.screen.focus();
      }}
    />
  );
}

/** The last result as what it is: objects with properties. */
function ResultTable({ tab }: { tab: ShellTab }) {
  const { table } = tab.view;
  if (table === null) return null;
  return (
    <div className="shell-table">
      <div className="row g8">
        <b>{table.rows.length} objects</b>
        <span className="t3">{table.isCut ? 'the first ones of more' : ''}</span>
        <span className="spacer" />
        <Button kind="ghost" onClick={() => liveShell(tab.id)?.showTable(false)}>
          Close the table
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too */}
      <div className="shell-table-scroll" tabIndex={0}>
        <table className="num">
          <thead>
            <tr>
              {table.columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row, n) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of one answer have no other identity
              <tr key={n}>
                {row.map((cell, at) => (
                  <td key={table.columns[at]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Lost({ since }: { since: number }) {
  const now = useNow(1000);
  return (
    <div className="shell-bar" data-tint="warn" role="status">
      <Glyph name="unreachable" size={13} label="" />
      <b>Session lost</b>
      <span className="t2">
        The connection is gone since {formatTime(since)} ({formatDuration(now - since)}). The machine is asked again;
        its shell is kept there for 15 minutes, and goes on here when it answers.
      </span>
    </div>
  );
}

function Over({ tab }: { tab: ShellTab }) {
  const { problem, exitCode, status } = tab.view;
  const again = (
    <Button
      onClick={() => {
        liveShell(tab.id)?.reopen();
        liveShell(tab.id)?.screen.focus();
      }}
    >
      {status === 'failed' ? 'Try again' : 'Open again'}
    </Button>
  );
  if (problem !== null) {
    return (
      <div className="shell-problem">
        <ProblemBanner problem={problem} actions={again} />
      </div>
    );
  }
  return (
    <div className="shell-bar" role="status">
      <Glyph name="stopped" size={13} label="" />
      <b>Ended{exitCode === null ? '' : ` with ${exitCode}`}</b>
      <span className="t2">What it printed stays.</span>
      <span className="spacer" />
      {again}
    </div>
  );
}

const statusWords: Readonly<Record<ShellTab['view']['status'], string>> = {
  opening: 'Opening',
  idle: 'Connected',
  running: 'Running a line',
  waiting: 'Waiting for input',
  silent: 'Running, silent',
  lost: 'Session lost',
  ended: 'Ended',
  failed: 'Not opened',
};

function Foot({ tab }: { tab: ShellTab }) {
  const { view } = tab;
  const now = useNow(1000);
  const isUp = view.openedAt !== null && !['ended', 'failed', 'lost', 'opening'].includes(view.status);
  const glyph = isUp
    ? 'healthy'
    : view.status === 'opening'
      ? 'pending'
      : view.status === 'lost'
        ? 'unreachable'
        : 'stopped';
  return (
    <div className="shell-foot num">
      <span className="row g6" role="status">
        <Glyph name={glyph} size={9} label="" />
        {statusWords[view.status]}
        {view.queued > 0 ? ` · ${view.queued} pasted lines to go` : ''}
      </span>
      {view.status === 'idle' && view.openedAt !== null && now - view.openedAt >= 1000 ? (
        <span>{formatDuration(now - view.openedAt)}</span>
      ) : null}
      {view.echoMs === null ? null : (
        <span title="From Enter to the first byte of the answer">echo {Math.round(view.echoMs)} ms</span>
      )}
      {view.exitCode === null ? null : <span>last exit code {view.exitCode}</span>}
      <span className="spacer" />
      <Button kind="ghost" onClick={() => openDialog({ kind: 'open-shells', machineId: tab.machineId })}>
        Who else is here…
      </Button>
      <span className="shell-keys">
        Copy <Kbd>Ctrl Shift C</Kbd> Paste <Kbd>Ctrl V</Kbd>
      </span>
    </div>
  );
}
