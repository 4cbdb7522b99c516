import { useFocusFinders } from '@fluentui/react-components';
import {
  ServerFilled,
  ServerRegular,
  SettingsFilled,
  SettingsRegular,
  WindowConsoleFilled,
  WindowConsoleRegular,
} from '@fluentui/react-icons';
import { lazy, Suspense, useEffect, useLayoutEffect, useState } from 'react';
import { hasModifier, isDialogOpen, isTyping, modifierName } from '../../components/keys.ts';
import { offerActions } from '../../stores/actions.ts';
import { useDialogs } from '../../stores/dialogs.ts';
import { useLinkState } from '../../stores/link.ts';
import { useMachines } from '../../stores/machines.ts';
import { openPalette, usePalette } from '../../stores/palette.ts';
import { leaveRoute, openConsole, openMachines, openSettings, useRouter } from '../../stores/router.ts';
import { useSettings } from '../../stores/settings.ts';
import { CredentialPrompts } from '../credentials/CredentialPrompts.tsx';
import { FirstRun } from '../machines/FirstRun.tsx';
import { MachinesPage } from '../machines/MachinesPage.tsx';
import { LeftoverBar } from '../open-shells/LeftoverBar.tsx';
import { Palette } from '../palette/Palette.tsx';
import { LinkBanner } from './LinkBanner.tsx';
import { NoticeBar } from './NoticeBar.tsx';
import { StatusBar } from './StatusBar.tsx';
import { TitleBar } from './TitleBar.tsx';
import './frame.css';

// What the first picture does not need is loaded apart, and fetched once there is nothing else to do: opening it then waits for nothing.
const loadMachinePage = () => import('../machine/MachinePage.tsx');
const loadDialogs = () => import('../machines/MachineDialogs.tsx');
const loadDiagnose = () => import('../diagnose/DiagnosePage.tsx');
const loadConsole = () => import('../console/ConsolePage.tsx');
const loadSettings = () => import('../settings/SettingsPage.tsx');
const loadCheatSheet = () => import('./CheatSheet.tsx');
const MachinePage = lazy(() => loadMachinePage().then((module) => ({ default: module.MachinePage })));
const MachineDialogs = lazy(() => loadDialogs().then((module) => ({ default: module.MachineDialogs })));
const DiagnosePage = lazy(() => loadDiagnose().then((module) => ({ default: module.DiagnosePage })));
const ConsolePage = lazy(() => loadConsole().then((module) => ({ default: module.ConsolePage })));
const SettingsPage = lazy(() => loadSettings().then((module) => ({ default: module.SettingsPage })));
const CheatSheet = lazy(() => loadCheatSheet().then((module) => ({ default: module.CheatSheet })));

function fetchTheRest(): void {
  // A fetch that fails (the console has ended) fails again, and is then seen, where the part is opened.
  for (const load of [loadDialogs, loadMachinePage, loadDiagnose, loadConsole, loadSettings, loadCheatSheet])
    load().catch(() => {});
}

/** Title bar, rail, deck, status bar: the tone around the work. */
export function Frame() {
  const route = useRouter((state) => state.route);
  const [cheatSheet, showCheatSheet] = useState(false);
  const palette = usePalette((state) => state.open);
  // Held for its life: where a dialog is the only part that uses Fluent's focus management, that management ends with it, before it has
  // given the rest of the page back to screen readers (aria-hidden).
  useFocusFinders();

  useEffect(() => {
    const idle = requestIdleCallback(fetchTheRest, { timeout: 2000 });
    return () => cancelIdleCallback(idle);
  }, []);

  useEffect(
    () =>
      offerActions(() => [
        {
          id: 'keys',
          name: 'All keys',
          words: 'cheat sheet help shortcuts',
          keys: '?',
          icon: 'help',
          isGeneral: true,
          run: () => showCheatSheet(true),
        },
      ]),
    [],
  );

  // Before it is painted: whoever sees the room may press its keys.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      if (hasModifier(event) && !event.shiftKey && !event.altKey) {
        if (event.key.toLowerCase() === 'k') {
          // A dialog keeps what was begun in it.
          if (!isDialogOpen()) openPalette();
        } else if (event.key === '1') openMachines();
        else if (event.key === '2') openConsole();
        else if (event.key === ',') openSettings();
        else return;
        event.preventDefault();
        return;
      }
      if (isTyping(event.target) || isDialogOpen() || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === '?') {
        event.preventDefault();
        showCheatSheet(true);
      } else if (event.key === 'Escape') leaveRoute();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);

  return (
    <div className="app">
      <TitleBar />
      <nav className="rail" aria-label="Rooms">
        <RailItem
          name="Machines"
          keys={`${modifierName}+1`}
          current={route.view === 'machines' || route.view === 'machine' || route.view === 'diagnose'}
          icon={<ServerRegular fontSize={20} />}
          iconOn={<ServerFilled fontSize={20} />}
          onOpen={openMachines}
        />
        <RailItem
          name="Console"
          keys={`${modifierName}+2`}
          current={route.view === 'console'}
          icon={<WindowConsoleRegular fontSize={20} />}
          iconOn={<WindowConsoleFilled fontSize={20} />}
          onOpen={openConsole}
        />
        <span className="rail-space" />
        <RailItem
          name="Settings"
          keys={`${modifierName}+,`}
          current={route.view === 'settings'}
          icon={<SettingsRegular fontSize={20} />}
          iconOn={<SettingsFilled fontSize={20} />}
          onOpen={() => openSettings()}
        />
      </nav>
      <main className="deck" tabIndex={-1}>
        <LinkBanner />
        <NoticeBar />
        <LeftoverBar />
        {route.view === 'machines' ? <CredentialPrompts /> : null}
        <Room />
      </main>
      <StatusBar onCheatSheet={() => showCheatSheet(true)} />
      {/* Not loaded apart: who has pressed its keys types on, and nothing of that may go to the room behind. */}
      {palette ? <Palette /> : null}
      <Suspense fallback={null}>
        <Dialogs />
        {cheatSheet ? <CheatSheet onClose={() => showCheatSheet(false)} /> : null}
      </Suspense>
    </div>
  );
}

/** Not even asked for until the first dialog is opened. */
function Dialogs() {
  const open = useDialogs((state) => state.dialog !== null);
  return open ? <MachineDialogs /> : null;
}

function Room() {
  const route = useRouter((state) => state.route);
  const empty = useMachines((state) => state.loaded && state.list.length === 0);
  const loaded = useMachines((state) => state.loaded);
  const settingsLoaded = useSettings((state) => state.loaded);
  const link = useLinkState();
  if (route.view === 'settings') {
    return (
      <Suspense fallback={<div className="deck-loading" aria-busy="true" />}>
        <SettingsPage tab={route.tab} />
      </Suspense>
    );
  }
  if (!loaded || !settingsLoaded)
    return link === 'open' || link === 'connecting' ? <div className="deck-loading" aria-busy="true" /> : null;
  if (route.view === 'console') {
    return (
      <Suspense fallback={<div className="deck-loading" aria-busy="true" />}>
        <ConsolePage />
      </Suspense>
    );
  }
  if (empty) return <FirstRun />;
  if (route.view === 'machine') {
    return (
      <Suspense fallback={<div className="deck-loading" aria-busy="true" />}>
        <MachinePage key={route.machineId} machineId={route.machineId} tab={route.tab} />
      </Suspense>
    );
  }
  if (route.view === 'diagnose') {
    return (
      <Suspense fallback={<div className="deck-loading" aria-busy="true" />}>
        <DiagnosePage key={route.machineId} machineId={route.machineId} />
      </Suspense>
    );
  }
  return <MachinesPage />;
}

function RailItem(props: {
  name: string;
  keys: string;
  current: boolean;
  icon: React.JSX.Element;
  iconOn: React.JSX.Element;
  onOpen: () => void;
}) {
  return (
    <button
      type="button"
      className="rail-item"
      aria-current={props.current ? 'page' : undefined}
      title={`${props.name} (${props.keys})`}
      onClick={props.onOpen}
    >
      {props.current ? props.iconOn : props.icon}
      {props.name}
    </button>
  );
}
