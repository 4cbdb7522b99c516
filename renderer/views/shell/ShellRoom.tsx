import { Menu, MenuItem, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import { AddRegular, DismissRegular } from '@fluentui/react-icons';
import { useEffect, useLayoutEffect, useState } from 'react';
import type { Machine } from '../../../shared/contract/machines.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { CodeLine } from '../../components/CodeLine.tsx';
import { hasModifier, isAltKey, modifierName } from '../../components/keys.ts';
import {
  applyTerminalTheme,
  closeShell,
  liveShell,
  openShell,
  type ShellTab,
  saveTranscript,
  showNextShell,
  showShell,
  toggleSplit,
  useMachineShells,
  usualShell,
} from '../../stores/shells.ts';
import { useTheme } from '../../theme/useTheme.ts';
import { ConfigurationDialog } from './ConfigurationDialog.tsx';
import { ShellPane } from './ShellPane.tsx';
import { ShellTools } from './ShellTools.tsx';
import { shellCommand } from './shell-words.ts';
import './shell.css';

/** The shells of one machine: tabs, one or two panes. What they hold outlives this view. */
export function ShellRoom({ machine }: { machine: Machine }) {
  const machineId = machine.id;
  const { name } = machine.settings;
  const { tabs, shown, current } = useMachineShells(machineId);
  const theme = useTheme();
  const [asking, setAsking] = useState(false);
  const tab = tabs.find(({ id }) => id === current) ?? null;

  useEffect(() => void applyTerminalTheme(theme), [theme]);

  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      if (document.querySelector('[role="dialog"],[role="alertdialog"]') !== null) return;
      // What a browser keeps for itself is none of these.
      const ours = isAltKey(event);
      const command = hasModifier(event) && !event.altKey;
      if (ours && event.shiftKey && event.code === 'KeyN') openShell(machineId, tab?.kind ?? usualShell());
      else if (tab === null) return;
      else if (ours && event.shiftKey && event.code === 'KeyD') toggleSplit(machineId);
      else if (ours && event.shiftKey && event.code === 'KeyW') closeShell(machineId, tab.id);
      else if (ours && !event.shiftKey && event.key === 'PageUp') showNextShell(machineId, -1);
      else if (ours && !event.shiftKey && event.key === 'PageDown') showNextShell(machineId, 1);
      else if (command && event.shiftKey && event.key.toLowerCase() === 's') saveTranscript(name, tab);
      else if (command && !event.shiftKey && event.key === 'f') liveShell(tab.id)?.find('');
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [machineId, name, tab]);

  const asksName = asking ? (
    <ConfigurationDialog machineId={machineId} machineName={name} onClose={() => setAsking(false)} />
  ) : null;
  if (tab === null) {
    return (
      <>
        <NoShell machine={machine} onConfiguration={() => setAsking(true)} />
        {asksName}
      </>
    );
  }
  return (
    <>
      <div className="shell-head">
        <div className="shell-tabs" role="tablist" aria-label={`Shells on ${name}`}>
          {tabs.map((one) => (
            <TabHead key={one.id} tab={one} isCurrent={one.id === current} />
          ))}
        </div>
        <NewShell machineId={machineId} onConfiguration={() => setAsking(true)} />
        <span className="spacer" />
        <ShellTools tab={tab} machineName={name} isSplit={shown.length > 1} />
      </div>
      <div className="shell-panes" data-split={shown.length > 1 || undefined}>
        {shown.map((id) => {
          const one = tabs.find((candidate) => candidate.id === id);
          return one === undefined ? null : (
            <ShellPane key={id} tab={one} machineName={name} isCurrent={id === current} isSplit={shown.length > 1} />
          );
        })}
      </div>
      <CodeLine command={shellCommand(machine, tab)} />
      {asksName}
    </>
  );
}

function TabHead({ tab, isCurrent }: { tab: ShellTab; isCurrent: boolean }) {
  const { status } = tab.view;
  const isBusy = status === 'opening' || status === 'running' || status === 'silent';
  return (
    <span className="shell-tab" data-current={isCurrent || undefined}>
      <button
        type="button"
        role="tab"
        id={`tab-${tab.id}`}
        aria-selected={isCurrent}
        aria-controls={`pane-${tab.id}`}
        tabIndex={isCurrent ? 0 : -1}
        onClick={() => {
          showShell(tab.machineId, tab.id);
          // What it asks takes the keyboard.
          if (tab.view.question === null) liveShell(tab.id)?.screen.focus();
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
            event.preventDefault();
            showNextShell(tab.machineId, event.key === 'ArrowLeft' ? -1 : 1);
          } else if (event.key === 'ArrowDown') {
            event.preventDefault();
            liveShell(tab.id)?.screen.focus();
          } else if (event.key === 'Delete') closeShell(tab.machineId, tab.id);
        }}
      >
        <span className="shell-kind mono" aria-hidden="true">
          {tab.kind === 'cmd' ? 'C:\\' : 'PS'}
        </span>
        {tab.title}
        {isBusy ? <span className="shell-busy" role="img" aria-label="busy" /> : null}
        {status === 'waiting' || tab.view.question !== null ? <span className="shell-flag">input</span> : null}
        {status === 'lost' ? (
          <span className="shell-flag" data-warn>
            lost
          </span>
        ) : null}
        {status === 'ended' || status === 'failed' ? (
          <span className="shell-flag" data-off>
            ended
          </span>
        ) : null}
      </button>
      <IconButton
        name={`Close ${tab.title}`}
        keys="Alt+Shift+W"
        icon={<DismissRegular />}
        onClick={() => closeShell(tab.machineId, tab.id)}
      />
    </span>
  );
}

function NewShell({ machineId, onConfiguration }: { machineId: string; onConfiguration: () => void }) {
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <IconButton name="Another shell" keys="Alt+Shift+N" icon={<AddRegular />} />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem onClick={() => openShell(machineId, 'powershell')}>PowerShell</MenuItem>
          <MenuItem onClick={onConfiguration}>PowerShell, another configuration…</MenuItem>
          <MenuItem onClick={() => openShell(machineId, 'cmd')}>cmd</MenuItem>
          <MenuItem onClick={() => openShell(machineId, 'cmd', { codePage: 850 })}>cmd, code page 850</MenuItem>
          <MenuItem onClick={() => openShell(machineId, 'cmd', { codePage: 437 })}>cmd, code page 437</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

/** Nothing is open yet. Says up front what cannot be done here. */
function NoShell({ machine, onConfiguration }: { machine: Machine; onConfiguration: () => void }) {
  const { name } = machine.settings;
  return (
    <div className="shell-none">
      <div>
        <h2 className="h1">A shell on {name}</h2>
        <p className="t2">
          Lines are edited here and run there. There is no screen on the other side, so full-screen programs (edit, vim,
          a pager that waits for keys) cannot run; everything that reads and writes lines can.
        </p>
        <div className="row g8">
          <Button kind="primary" data-row tabIndex={0} onClick={() => openShell(machine.id, 'powershell')}>
            Open PowerShell
          </Button>
          <Button onClick={() => openShell(machine.id, 'cmd')}>Open cmd</Button>
          <Button kind="ghost" onClick={onConfiguration}>
            Another configuration…
          </Button>
        </div>
        <p className="t3 s12">
          {modifierName}+` opens a shell of the machine that is shown, from any of its rooms. Leaving the room keeps
          what runs.
        </p>
      </div>
    </div>
  );
}
