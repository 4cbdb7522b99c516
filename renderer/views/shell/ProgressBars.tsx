import { Bar } from '../../components/Bar.tsx';
import { formatDuration } from '../../format.ts';
import type { Progress } from '../../terminal/shell-view.ts';

/** What PowerShell reports by Write-Progress: an activity, and what is inside of it. */
export function ProgressBars({ progress }: { progress: readonly Progress[] }) {
  return (
    <div className="shell-progress">
      {progress.map((one) => {
        const left = one.secondsLeft === null ? '' : ` · ${formatDuration(one.secondsLeft * 1000)} left`;
        const share = one.percent === null ? '' : `${Math.round(one.percent)} %`;
        return (
          <div
            key={one.activity}
            role="progressbar"
            aria-label={one.title}
            aria-valuemin={0}
            aria-valuemax={100}
            {...(one.percent !== null && { 'aria-valuenow': Math.round(one.percent) })}
          >
            <div className="row g8">
              {one.parent === null ? <b>{one.title}</b> : <span>{one.title}</span>}
              <span className="t2 ell">{one.status}</span>
              <span className="spacer" />
              <span className="t2 num">
                {share}
                {left}
              </span>
            </div>
            <Bar percent={one.percent ?? 0} />
          </div>
        );
      })}
    </div>
  );
}
