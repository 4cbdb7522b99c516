import { Button } from '../../components/Button.tsx';
import { Banner } from '../../components/ProblemBanner.tsx';
import { retryLink, useLinkState } from '../../stores/link.ts';
import { useMachines } from '../../stores/machines.ts';

/** Says when there is no console behind this page. Everything below it stays, as the last known state. */
export function LinkBanner() {
  const state = useLinkState();
  const problem = useMachines((machines) => machines.problem);
  if (state === 'open') {
    if (problem === null) return null;
    return (
      <div className="link-banner" role="alert">
        <Banner tint="crit" glyph="critical">
          <b>The list of machines is no longer live.</b> {problem.message} Reload this window.
        </Banner>
      </div>
    );
  }
  if (state === 'connecting') return null;
  const desktop = 'windeckPort' in window;
  return (
    <div className="link-banner" role="alert" data-link={state}>
      {state === 'lost' ? (
        <Banner tint="warn" glyph="pending">
          <b>The connection to the console was lost.</b> Trying to get it back. What is shown is the last known state.
        </Banner>
      ) : state === 'signed-out' ? (
        <Banner tint="warn" glyph="denied">
          <b>This page does not belong to the running console.</b> It was started anew. Open the address that it
          printed; you can close this page.
        </Banner>
      ) : (
        <Banner
          tint="crit"
          glyph="unreachable"
          actions={
            desktop ? null : (
              <Button onClick={retryLink} kind="plain">
                Try again
              </Button>
            )
          }
        >
          <b>The console has ended.</b>{' '}
          {desktop
            ? 'Nothing more is done on any machine. Close this window and start Windeck again.'
            : 'Nothing more is done on any machine. Start it again and open the address that it prints.'}
        </Banner>
      )}
    </div>
  );
}
