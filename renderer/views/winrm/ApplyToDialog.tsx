import { useMemo, useState } from 'react';
import { useStore } from 'zustand';
import type { Machine } from '../../../shared/contract/machines.ts';
import type { ChangePreview, WinrmSetting } from '../../../shared/contract/winrm-settings.ts';
import { Bar } from '../../components/Bar.tsx';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { formatCount, listNames, plural } from '../../format.ts';
import { machineName, useMachines } from '../../stores/machines.ts';
import type { Draft } from '../../stores/winrm-draft.ts';
import { type ManyRow, type ManyRun, winrmManyStore } from '../../stores/winrm-many.ts';
import { winrmSettingsStore } from '../../stores/winrm-settings.ts';
import { PreviewLines } from './DiffLines.tsx';
import { manySummary, manyWords, ready } from './many-view.ts';

/** The drafted changes for several machines: which, what would differ on each, then one after another. */
export function ApplyToDialog({ machine, draft, onClose }: { machine: Machine; draft: Draft; onClose: () => void }) {
  const run = useStore(winrmManyStore.state, (state) => state.run);
  const isApplying = run?.phase === 'applying' || run?.phase === 'ended';
  const close = () => {
    if (run?.phase === 'asking') winrmManyStore.cancel();
    else winrmManyStore.forget();
    onClose();
  };
  if (run === null) return <Choice machine={machine} draft={draft} onClose={close} />;
  return isApplying ? <Progress run={run} onClose={close} /> : <Review machine={machine} run={run} onClose={close} />;
}

const noSettings: readonly WinrmSetting[] = [];
/** More rows than that are not drawn: a tag or a part of the name brings them together. */
const mostRows = 200;

function Choice({ machine, draft, onClose }: { machine: Machine; draft: Draft; onClose: () => void }) {
  const list = useMachines((state) => state.list);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(() => new Set([machine.id]));
  const [tag, setTag] = useState('');
  const [text, setText] = useState('');
  const tags = useMemo(() => [...new Set(list.flatMap(({ settings }) => settings.tags))].toSorted(), [list]);
  const shown = list.filter(
    ({ settings }) =>
      (tag === '' || settings.tags.includes(tag)) && settings.name.toLowerCase().includes(text.trim().toLowerCase()),
  );
  const online = shown.filter(({ state }) => state === 'online');
  const isAll = online.length > 0 && online.every(({ id }) => chosen.has(id));
  const choose = (ids: readonly string[], on: boolean) =>
    setChosen((before) => {
      const next = new Set(before);
      for (const id of ids) {
        if (on) next.add(id);
        else next.delete(id);
      }
      return next;
    });
  // In the order of the inventory; one that went offline meanwhile is not asked.
  const asked = list.filter(({ id, state }) => chosen.has(id) && state === 'online').map(({ id }) => id);
  return (
    <Dialog
      title={`Apply ${plural(draft.length, 'change')} to which machines?`}
      width={640}
      onClose={onClose}
      note="Asking changes nothing."
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" disabled={asked.length === 0} onClick={() => void winrmManyStore.ask(asked, draft)}>
            Ask {plural(asked.length, 'machine')} what would change
          </Button>
        </>
      }
    >
      <div className="wr-many-filter">
        <label className="row g8">
          With the tag
          <select className="wr-input" value={tag} data-autofocus="" onChange={(event) => setTag(event.target.value)}>
            <option value="">any</option>
            {tags.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label className="row g8">
          Name
          <input
            className="wr-input"
            value={text}
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <label className="row g8">
          <input
            type="checkbox"
            className="check"
            checked={isAll}
            disabled={online.length === 0}
            onChange={(event) =>
              choose(
                online.map(({ id }) => id),
                event.target.checked,
              )
            }
          />
          All {formatCount(online.length)} that answer
        </label>
      </div>
      <ul className="wr-many wr-scroll" aria-label="Machines">
        {shown.slice(0, mostRows).map(({ id, settings, state }) => (
          <li key={id}>
            <label className="row g8">
              <input
                type="checkbox"
                className="check"
                checked={chosen.has(id) && state === 'online'}
                disabled={state !== 'online'}
                onChange={(event) => choose([id], event.target.checked)}
              />
              <b className="b5 nowrap">{settings.name}</b>
              <span className="t3 ell grow">{settings.tags.join(', ')}</span>
              {state === 'online' ? null : <span className="t3 nowrap">does not answer now</span>}
            </label>
          </li>
        ))}
      </ul>
      {shown.length > mostRows ? (
        <p className="t3 s12">And {formatCount(shown.length - mostRows)} more: choose a tag, or type part of a name.</p>
      ) : null}
    </Dialog>
  );
}

function Review({ machine, run, onClose }: { machine: Machine; run: ManyRun; onClose: () => void }) {
  // What a number means is the same on all of them.
  const settings = useStore(winrmSettingsStore.state, (all) => all[machine.id]?.configuration?.settings ?? noSettings);
  const [seconds, setSeconds] = useState('60');
  const [stops, setStops] = useState(true);
  const asked = run.phase === 'asked';
  const ours = asked ? ready(run) : [];
  const couldCut = ours.some(({ preview }) => preview?.couldCut);
  const wait = /^\d+$/.test(seconds) && Number(seconds) >= 5 && Number(seconds) <= 3600 ? Number(seconds) : null;
  const names = ours.map(({ machineId }) => machineName(machineId));
  return (
    <Dialog
      title={`${plural(run.draft.length, 'change')} to ${plural(run.rows.length, 'machine')}`}
      width={760}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind={couldCut ? 'danger' : 'primary'}
            disabled={ours.length === 0 || wait === null}
            onClick={() => {
              if (wait !== null) void winrmManyStore.apply({ revertAfterSeconds: wait, stopsAtFailure: stops });
            }}
          >
            {ours.length === 1 ? `Apply to ${names[0]}` : `Apply to ${plural(ours.length, 'machine')}`}
          </Button>
        </>
      }
    >
      <p className="t2 s12" role="status">
        {asked
          ? ours.length === 0
            ? 'None of them would take the changes.'
            : `One after another: ${listNames(names, 20)}.`
          : manySummary(run)}
      </p>
      <Rows run={run} label="What would change" settings={settings} />
      {ours.length === 0 ? null : (
        <div className="wr-many-options">
          <label className="row g8">
            <input type="checkbox" className="check" checked={stops} onChange={() => setStops(!stops)} />
            Stop at the first machine that does not take them
          </label>
          {couldCut ? (
            <label className="row g8 wr-seconds">
              Each machine takes the changes back by itself after
              <input
                className="wr-input num"
                value={seconds}
                inputMode="numeric"
                aria-invalid={wait === null}
                onChange={(event) => setSeconds(event.target.value.trim())}
              />
              seconds, unless a fresh connection confirms them
              {wait === null ? <span className="c-crit">5 to 3600</span> : null}
            </label>
          ) : null}
        </div>
      )}
    </Dialog>
  );
}

function Progress({ run, onClose }: { run: ManyRun; onClose: () => void }) {
  const going = run.phase === 'applying';
  const ended = run.rows.filter(({ state }) => state === 'ended' || state === 'left').length;
  return (
    <Dialog
      title={`${going ? 'Applying ' : ''}${plural(run.draft.length, 'change')} to ${plural(run.rows.length, 'machine')}`}
      width={760}
      onClose={onClose}
      note={going ? 'You can close this: it goes on, and the room shows it.' : undefined}
      actions={
        <>
          {going ? (
            <Button disabled={run.isCancelled} onClick={winrmManyStore.cancel}>
              Begin no other
            </Button>
          ) : null}
          <Button kind={going ? 'plain' : 'primary'} onClick={onClose}>
            Close
          </Button>
        </>
      }
    >
      <p className="t2 s12" role="status">
        {manySummary(run)}
      </p>
      {going ? <Bar percent={(100 * ended) / Math.max(1, run.rows.length)} /> : null}
      <Rows run={run} label="Machines" />
    </Dialog>
  );
}

function Rows({ run, label, settings = [] }: { run: ManyRun; label: string; settings?: readonly WinrmSetting[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to get there
    <ul className="wr-many wr-scroll" aria-label={label} tabIndex={0}>
      {run.rows.map((row) => (
        <Row key={row.machineId} row={row} settings={settings} />
      ))}
    </ul>
  );
}

/** Then the row says it already. */
const isOnlyRefused = ({ lines }: ChangePreview): boolean => lines.length === 1 && lines[0]?.refusal !== null;

function Row({ row, settings }: { row: ManyRow; settings: readonly WinrmSetting[] }) {
  const name = machineName(row.machineId);
  const { glyph, words } = manyWords(row, name);
  const problem = row.problem ?? row.run?.problem ?? row.run?.steps.find((step) => step.problem !== null)?.problem;
  return (
    <li data-state={row.state}>
      <div className="row g8">
        <Glyph name={glyph} label="" />
        <b className="b5 nowrap">{name}</b>
        <span className="t2 grow">{words}</span>
      </div>
      {row.state === 'asked' && row.preview !== null && row.preview.lines.length > 0 && !isOnlyRefused(row.preview) ? (
        <details>
          <summary>What would change on {name}</summary>
          <PreviewLines lines={row.preview.lines} settings={settings} />
        </details>
      ) : null}
      {problem && row.state === 'ended' ? <ProblemBanner problem={problem} /> : null}
    </li>
  );
}
