import { Select } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { memo, useMemo, useState } from 'react';
import type { ShellKind } from '../../../shared/contract/remote-shell.ts';
import { Bar } from '../../components/Bar.tsx';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { listNames, plural } from '../../format.ts';
import { diffOf, type OutputGroup, startBroadcast, stopBroadcast, useBroadcast } from '../../stores/broadcast.ts';
import { machineName, useMachines } from '../../stores/machines.ts';
import { visibleText } from './visible-text.ts';
import './broadcast.css';

/** Of the groups that differ, so many are open by themselves. */
const mostOpen = 10;

/** One line on many machines; what they say alike stands together, what differs is shown by how. */
export function BroadcastDialog({ machineIds, onClose }: { machineIds: readonly string[]; onClose: () => void }) {
  const run = useBroadcast((state) => state.run);
  const list = useMachines((state) => state.list);
  const [tag, setTag] = useState('');
  const [kind, setKind] = useState<ShellKind>(run?.kind ?? 'cmd');
  const [line, setLine] = useState(run?.line ?? '');
  const tags = useMemo(() => [...new Set(list.flatMap(({ settings }) => settings.tags))].sort(), [list]);
  const chosen =
    tag === '' ? machineIds : list.filter(({ settings }) => settings.tags.includes(tag)).map(({ id }) => id);
  const isRunning = run?.phase === 'running';
  const mine = run !== null && sameMachines(run.machineIds, chosen) ? run : null;
  const start = () => {
    if (line.trim() !== '' && chosen.length > 0 && !isRunning) startBroadcast(chosen, kind, line);
  };
  return (
    <Dialog
      title={`Run a line on ${plural(chosen.length, 'machine')}`}
      width={960}
      onClose={onClose}
      note={isRunning ? 'It goes on while this is closed.' : undefined}
      actions={
        <>
          <Button onClick={onClose}>Close</Button>
          {isRunning ? (
            <Button icon={<DismissRegular />} onClick={stopBroadcast}>
              Stop
            </Button>
          ) : (
            <Button kind="primary" disabled={line.trim() === '' || chosen.length === 0} onClick={start}>
              Run on {plural(chosen.length, 'machine')}
            </Button>
          )}
        </>
      }
    >
      <div className="broadcast-form">
        <Select aria-label="On which machines" value={tag} onChange={(_event, data) => setTag(data.value)}>
          <option value="">The {machineIds.length} selected</option>
          {tags.map((one) => (
            <option key={one} value={one}>
              All tagged {one}
            </option>
          ))}
        </Select>
        <Select
          aria-label="What runs it"
          value={kind}
          onChange={(_event, data) => setKind(data.value === 'powershell' ? 'powershell' : 'cmd')}
        >
          <option value="cmd">cmd</option>
          <option value="powershell">PowerShell</option>
        </Select>
        <input
          className="broadcast-line mono"
          data-autofocus
          aria-label="Line to run"
          placeholder={kind === 'cmd' ? 'A line for cmd.exe' : 'A line of PowerShell'}
          value={line}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setLine(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            start();
          }}
        />
      </div>
      <p className="t2 s12">
        {listNames(chosen.map(machineName), 12)}. Each gets a shell of its own for this one line; a program that asks
        something finds no input.
      </p>
      {mine === null ? null : <Results run={mine} />}
    </Dialog>
  );
}

function Results({ run }: { run: NonNullable<ReturnType<typeof useBroadcast.getState>['run']> }) {
  const { groups } = run;
  const failed = run.results.filter(({ problem }) => problem !== null);
  const cut = run.results.filter(({ isCut }) => isCut).length;
  const [usual, ...others] = groups;
  const done = run.results.length;
  const all = run.machineIds.length;
  const words = [
    run.phase === 'running'
      ? `${done} of ${all} have answered`
      : run.phase === 'stopped'
        ? `Stopped; ${done} of ${all} have answered`
        : '',
    usual === undefined
      ? ''
      : others.length === 0
        ? `${usual.machineIds.length} same`
        : `${usual.machineIds.length} same, ${others.reduce((sum, { machineIds }) => sum + machineIds.length, 0)} differ`,
    failed.length === 0 ? '' : `${failed.length} failed`,
    cut === 0 ? '' : `${cut} cut after 128 KB`,
  ];
  return (
    <section aria-label="What they said">
      <p className="row g8" role="status">
        <b className="mono ell">{run.line}</b>
        <span className="t2 nowrap">{words.filter((word) => word !== '').join(' · ')}</span>
      </p>
      {run.phase === 'running' ? <Bar percent={(100 * done) / all} /> : null}
      {run.problem === null ? null : <ProblemBanner problem={run.problem} />}
      {usual === undefined ? null : (
        <Group
          group={usual}
          label={others.length === 0 || usual.machineIds.length > 1 ? `${usual.machineIds.length} same` : '1 machine'}
          isOpen={others.length === 0}
          usualText={null}
        />
      )}
      {others.map((group, n) => (
        <Group
          key={group.machineIds[0]}
          group={group}
          label={group.machineIds.length === 1 ? 'differs' : `${group.machineIds.length} differ alike`}
          isOpen={n < mostOpen}
          usualText={usual?.text ?? null}
        />
      ))}
      {failed.map(({ machineId, problem }) =>
        problem === null ? null : (
          <div key={machineId} className="broadcast-failed">
            <Glyph name="critical" size={12} />
            <b>{machineName(machineId)}</b>
            <span>{problem.message}</span>
            <span className="t2">{problem.advice[0]}</span>
          </div>
        ),
      )}
    </section>
  );
}

/** `usualText`: what it is compared with, where there is something. Drawn anew only when somebody joined it. */
const Group = memo(function Group(props: {
  group: OutputGroup;
  label: string;
  isOpen: boolean;
  usualText: string | null;
}) {
  const { group, usualText } = props;
  const { text } = group;
  /** What somebody opened or closed stays so. */
  const [wanted, setWanted] = useState<boolean | null>(null);
  const isOpen = wanted ?? props.isOpen;
  // Answers come in many times a second, and to compare is dear: once for two texts, and only where somebody looks.
  const said = useMemo(() => (isOpen ? saidOf(usualText, text) : null), [isOpen, usualText, text]);
  return (
    <details
      className="broadcast-group"
      open={isOpen}
      onToggle={(event) => {
        if (event.currentTarget.open !== isOpen) setWanted(event.currentTarget.open);
      }}
    >
      <summary>
        <b className="nowrap">{props.label}</b>
        <span className="t2 ell">{listNames(group.machineIds.map(machineName), 8)}</span>
        <span className="spacer" />
        <span className="t3 nowrap">exit {group.exitCode ?? 'unknown'}</span>
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by the keyboard too */}
      <pre className="mono" tabIndex={0}>
        {said}
      </pre>
    </details>
  );
});

function saidOf(usual: string | null, other: string): React.ReactNode {
  if (usual === null) return visibleText(other) || '(nothing)';
  return diffOf(usual, other).map(({ kind, text }, n) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text have no other identity
    <span key={n} data-diff={kind}>
      {kind === 'same' ? '  ' : kind === 'less' ? '− ' : '+ '}
      {visibleText(text)}
      {'\n'}
    </span>
  ));
}

const sameMachines = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, n) => id === b[n]);
