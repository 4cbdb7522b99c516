import type { Machine } from '../../../shared/contract/machines.ts';
import { AgeLabel } from '../../components/AgeLabel.tsx';
import { Button } from '../../components/Button.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { useNow } from '../../components/useNow.ts';
import { formatAge, formatCount, formatDate, plural } from '../../format.ts';
import { eventLogStore, type MachineEvents, mostEntries } from '../../stores/event-log.ts';

/** At the foot of the list: how far it goes back, how to go further, and how news comes. */
export function EventFoot({ machine, view }: { machine: Machine; view: MachineEvents }) {
  const machineId = machine.id;
  const { entries, before, page, reading } = view;
  const isFull = entries.length >= mostEntries;
  const canGoBack = before !== null && !isFull;
  return (
    <div className="ev-foot">
      <span className="t2 num" role="status">
        {reading === 'older' ? 'Reading older events…' : far(view)}
      </span>
      {isFull && before !== null ? (
        <span className="t3">
          No more than {formatCount(mostEntries)} are held: narrow the filter to go further back
        </span>
      ) : page !== null && before !== null ? (
        <Button
          kind="ghost"
          disabledFocusable={!canGoBack || reading !== null}
          title="Alt+O"
          onClick={() => void eventLogStore.older(machineId)}
        >
          Older events
        </Button>
      ) : null}
      <span className="grow" />
      {machine.state === 'online' || page === null ? (
        <TailWords view={view} />
      ) : (
        <AgeLabel readAt={Math.max(page.readAt, view.heardAt ?? 0)} />
      )}
    </div>
  );
}

function far({ entries, before, page }: MachineEvents): string {
  if (page === null) return '';
  const looked = page.lookedAt > entries.length ? ` among ${formatCount(page.lookedAt)}` : '';
  const oldest = page.lookedBackTo ?? entries.at(-1)?.at ?? null;
  const back =
    before === null && page.lookedBackTo === null
      ? 'from the beginning of the log'
      : oldest === null
        ? ''
        : `back to ${formatDate(oldest)}`;
  return [`${plural(entries.length, 'event')}${looked}`, back].filter(Boolean).join(', ');
}

function TailWords({ view }: { view: MachineEvents }) {
  const now = useNow(1000);
  const { live, how, heardAt, tailProblem, page } = view;
  if (!live) return <span className="t3">Not live: F5 reads anew</span>;
  if (tailProblem !== null) {
    return (
      <span className="c-warn ev-tail" title={tailProblem.advice.join(' ')}>
        <Glyph name="warning" size={11} label="" />
        {tailProblem.message}
      </span>
    );
  }
  if (page === null) return null;
  if (how === null) return <span className="t3">Live begins…</span>;
  if (how.by === 'polling') {
    return (
      <span className="t2 ev-tail" title={how.why}>
        <Glyph name="skipped" size={11} label="" />
        Every {how.everyMs / 1000} s; this machine offers no subscription
      </span>
    );
  }
  return (
    <span className="t2 num ev-tail">
      <Glyph name="healthy" size={10} label="" />
      Live by subscription{heardAt === null ? '' : `, last word ${formatAge(Math.max(0, now - heardAt))} ago`}
    </span>
  );
}
