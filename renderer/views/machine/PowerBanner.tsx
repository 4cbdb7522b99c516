import { Button } from '../../components/Button.tsx';
import { Banner } from '../../components/ProblemBanner.tsx';
import { type PowerRun, powerStore } from '../../stores/power.ts';
import { PowerProgressRow } from './PowerProgressRow.tsx';
import { powerLook, powerVerb } from './power-words.ts';
import './power.css';

/** On the machine's page: the restart that is being followed, or how it ended, until it is put away. */
export function PowerBanner({ run, onAgain }: { run: PowerRun; onAgain: () => void }) {
  const look = powerLook(run);
  const { machineId } = run;
  const succeeded = run.progress?.phase === 'done' && !run.problem;
  return (
    <Banner tint={look.tint}>
      <div className="mp-power-banner">
        <div className="grow" role="status">
          <PowerProgressRow run={run} name={powerVerb[run.action]} />
        </div>
        {look.ended ? (
          <>
            {succeeded ? null : <Button onClick={onAgain}>{powerVerb[run.action]} again…</Button>}
            <Button kind="ghost" onClick={() => powerStore.dismiss(machineId)}>
              Put away
            </Button>
          </>
        ) : (
          <Button kind="ghost" onClick={() => powerStore.stopFollowing(machineId)}>
            Stop following
          </Button>
        )}
      </div>
    </Banner>
  );
}
