import { lazy, Suspense, useMemo, useState } from 'react';
import { Glyph } from '../../components/Glyph.tsx';
import { formatCount } from '../../format.ts';
import { waitsForCredential } from '../../machine-health.ts';
import { useCredentials } from '../../stores/credentials.ts';
import { useLinkState } from '../../stores/link.ts';
import { useMachines } from '../../stores/machines.ts';
import { useSettings } from '../../stores/settings.ts';

const NoticesDialog = lazy(() => import('./NoticesDialog.tsx').then((module) => ({ default: module.NoticesDialog })));

/** Counts, what the user must know about the console itself, and where it runs. */
export function StatusBar({ onCheatSheet }: { onCheatSheet: () => void }) {
  const list = useMachines((state) => state.list);
  const loaded = useMachines((state) => state.loaded);
  const info = useSettings((state) => state.info);
  const vault = useCredentials((state) => state.vault);
  const credentialsLoaded = useCredentials((state) => state.loaded);
  const link = useLinkState();
  const [reading, read] = useState(false);
  const counts = useMemo(() => {
    let online = 0;
    let unreachable = 0;
    let refused = 0;
    let waiting = 0;
    let secretless = 0;
    for (const machine of list) {
      const { state } = machine;
      if (state === 'online') online += 1;
      else if (state === 'unreachable') unreachable += 1;
      else if (state === 'denied' && waitsForCredential(machine)) secretless += 1;
      else if (state === 'denied' || state === 'untrusted') refused += 1;
      else if (state === 'connecting' || state === 'unknown') waiting += 1;
    }
    return { online, unreachable, refused, secretless, waiting };
  }, [list]);
  const notices = [
    ...(info?.notices ?? []),
    ...(vault.kind === 'none' && credentialsLoaded
      ? ['No keychain answers on this computer: passwords last for this run only.']
      : []),
  ];
  return (
    <footer className="status-bar">
      {link !== 'open' && link !== 'connecting' ? (
        <span>Not connected: this is the last known state</span>
      ) : !loaded ? (
        <span>Reading the inventory…</span>
      ) : list.length === 0 ? (
        <span>No machines yet</span>
      ) : (
        <>
          <span>{formatCount(counts.online)} online</span>
          {counts.unreachable > 0 ? <span>{formatCount(counts.unreachable)} unreachable</span> : null}
          {counts.refused > 0 ? <span>{formatCount(counts.refused)} refused</span> : null}
          {counts.secretless > 0 ? <span>{formatCount(counts.secretless)} without a credential</span> : null}
          {counts.waiting > 0 ? <span>{formatCount(counts.waiting)} not answered yet</span> : null}
        </>
      )}
      {notices.length > 0 ? (
        <span className="status-notice">
          <button type="button" onClick={() => read(true)} title={notices.join('\n')}>
            <Glyph name="warning" size={11} label="" />
            <span className="ell">{notices.length === 1 ? notices[0] : `${notices.length} notices`}</span>
          </button>
        </span>
      ) : null}
      <span className="status-space" />
      <span>
        <button type="button" onClick={onCheatSheet} aria-keyshortcuts="?">
          Keys <kbd className="kbd status-key">?</kbd>
        </button>
      </span>
      {info?.lab ? (
        <span>
          <span className="badge" title="The simulated fleet on this computer is connected">
            LAB
          </span>
        </span>
      ) : null}
      {info === null ? null : (
        <span>
          <span className="badge">{info.host === 'desktop' ? 'DESKTOP' : 'BROWSER'}</span>
        </span>
      )}
      {reading ? (
        <Suspense fallback={null}>
          <NoticesDialog
            notices={notices}
            unsealed={vault.kind === 'none' && credentialsLoaded}
            onClose={() => read(false)}
          />
        </Suspense>
      ) : null}
    </footer>
  );
}
