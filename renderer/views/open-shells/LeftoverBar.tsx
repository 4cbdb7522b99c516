import { Button } from '../../components/Button.tsx';
import { Banner } from '../../components/ProblemBanner.tsx';
import { listNames, plural } from '../../format.ts';
import { machineName } from '../../stores/machines.ts';
import { attempt } from '../../stores/notices.ts';
import { closeLeftovers, leaveLeftovers, useOpenShells } from '../../stores/open-shells.ts';

/** Shells that an earlier run left open: the machines by name, and both ways out. */
export function LeftoverBar() {
  const leftovers = useOpenShells((state) => state.leftovers);
  const count = leftovers.reduce((sum, { shells }) => sum + shells.length, 0);
  if (count === 0) return null;
  const shells = plural(count, 'remote shell');
  const them = count === 1 ? 'it' : 'them';
  return (
    <div className="link-banner" role="status">
      <Banner
        tint="warn"
        glyph="warning"
        actions={
          <>
            <Button onClick={() => void attempt(leaveLeftovers)}>Leave {them}</Button>
            <Button onClick={() => void attempt(closeLeftovers, `Ended ${shells} of an earlier run.`)}>
              End {shells}
            </Button>
          </>
        }
      >
        <b>
          {shells} of an earlier run {count === 1 ? 'is' : 'are'} still open on{' '}
          {listNames(leftovers.map(({ machineId }) => machineName(machineId)))}.
        </b>{' '}
        Windeck ended before it could delete {them}. What runs there goes on until the idle time-out.
      </Banner>
    </div>
  );
}
