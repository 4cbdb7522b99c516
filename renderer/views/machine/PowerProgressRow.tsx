import { Glyph } from '../../components/Glyph.tsx';
import { useNow } from '../../components/useNow.ts';
import { formatClock, formatDate } from '../../format.ts';
import type { PowerRun } from '../../stores/power.ts';
import { powerLook } from './power-words.ts';

/** Where one restart stands: words, elapsed of limit, and a bar along the foot while it moves. */
export function PowerProgressRow({ run, name }: { run: PowerRun; name: string | null }) {
  const look = powerLook(run);
  const boots = run.progress;
  return (
    <div className="mp-power-run">
      <Glyph name={look.glyph} label="" />
      <div className="grow">
        {name === null ? null : <span className="name b5 mp-power-name">{name}</span>}{' '}
        <span className={look.tint === 'crit' ? 'c-crit b6' : look.tint === 'warn' ? 'c-warn b6' : 't1'}>
          {look.words}
        </span>
        {look.advice === null ? null : <div className="t2 mp-power-advice">{look.advice}</div>}
        {!look.ended && boots?.bootBeforeAt != null && (
          <div className="t3 mp-power-advice">
            Last boot was {formatDate(boots.bootBeforeAt)}
            {boots.bootAfterAt === null ? '' : `, now ${formatDate(boots.bootAfterAt)}`}
          </div>
        )}
      </div>
      {look.ended || run.stage === 'queued' ? null : <Elapsed run={run} />}
    </div>
  );
}

function Elapsed({ run }: { run: PowerRun }) {
  const now = useNow(1000);
  const elapsed = Math.max(run.progress?.elapsedMs ?? 0, now - run.startedAt);
  // Each phase has its own limit; one that is shorter than all that went before says nothing about the whole.
  const limitMs = run.progress?.limitMs ?? null;
  const limit = limitMs !== null && elapsed <= limitMs ? limitMs : null;
  return (
    <>
      <span className="num t2 nowrap" role="timer" aria-live="off">
        {formatClock(elapsed)}
        {limit === null ? '' : ` of ${formatClock(limit)}`}
      </span>
      {limit === null ? null : (
        <span className="mp-foot-bar" aria-hidden="true">
          <i style={{ transform: `scaleX(${Math.min(1, elapsed / limit).toFixed(3)})` }} />
        </span>
      )}
    </>
  );
}
