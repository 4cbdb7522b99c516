import { ArrowImportRegular, BeakerRegular, DesktopFlowRegular } from '@fluentui/react-icons';
import { type ReactNode, useCallback, useLayoutEffect, useState } from 'react';
import { CopyButton } from '../../components/CodeLine.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { isTyping } from '../../components/keys.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { attempt } from '../../stores/notices.ts';
import { openLab } from '../../stores/settings.ts';
import { Mark } from '../frame/Mark.tsx';
import './machines.css';

/** Switches WinRM on, starts it with Windows, and opens the firewall for it. To be run on the machine, as administrator. */
const quickconfig = 'winrm quickconfig -quiet';

const tiles = Array.from({ length: 60 }, (_unused, index) => ({
  id: index,
  glyph: index === 9 || index === 41 ? ('warning' as const) : index === 23 ? ('critical' as const) : null,
}));

/** Three doors, no wizard. */
export function FirstRun() {
  const [opening, setOpening] = useState(false);
  const lab = useCallback(async () => {
    setOpening(true);
    // On success the machines arrive and this view goes away by itself.
    if (!(await attempt(openLab))) setOpening(false);
  }, []);
  // Before it is painted: whoever sees the room may press its keys.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'a') openDialog({ kind: 'add-machine' });
      else if (event.key === 'i') openDialog({ kind: 'import' });
      else if (event.key === 'd' && !opening) void lab();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [lab, opening]);
  return (
    <div className="first-run">
      <div className="first-run-inner">
        <Mark size={44} />
        <h1>Windows machines, from here.</h1>
        <p className="lead">
          Windeck talks WinRM to each machine directly. There is nothing to install on them, no gateway and no account.
        </p>
        <div className="doors">
          <Door
            title="Add a machine"
            keyName="A"
            icon={<DesktopFlowRegular fontSize={20} />}
            picture={<span className="typed">HQ-DC01</span>}
            onOpen={() => openDialog({ kind: 'add-machine' })}
          >
            You need its name or address, and an account that may manage it.
          </Door>
          <Door
            title="Import a list"
            keyName="I"
            icon={<ArrowImportRegular fontSize={20} />}
            picture={
              <>
                <span className="file-kind">.csv</span>
                <span className="file-kind">.txt</span>
              </>
            }
            onOpen={() => openDialog({ kind: 'import' })}
          >
            A plain list or a CSV, pasted or as a file. You see it before anything is written.
          </Door>
          <Door
            title={opening ? 'Starting the demo lab…' : 'Try the demo lab'}
            keyName="D"
            icon={<BeakerRegular fontSize={20} />}
            picture={
              <span className="lab-picture">
                {tiles.map((tile) =>
                  tile.glyph === null ? (
                    <i key={tile.id} className="lab-tile" />
                  ) : (
                    <Glyph key={tile.id} name={tile.glyph} size={13} label="" />
                  ),
                )}
              </span>
            }
            disabled={opening}
            onOpen={() => void lab()}
          >
            A simulated fleet on this computer, with faults to find. Nothing leaves it.
          </Door>
        </div>
        <div className="foot">
          WinRM not switched on yet? Run <span className="mono t1">{quickconfig}</span> on the machine, as
          administrator.
          <CopyButton text={quickconfig} label="Copy" />
        </div>
      </div>
    </div>
  );
}

function Door(props: {
  title: string;
  keyName: string;
  icon: ReactNode;
  picture: ReactNode;
  disabled?: boolean;
  onOpen: () => void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      className="door"
      onClick={props.onOpen}
      disabled={props.disabled ?? false}
      aria-keyshortcuts={props.keyName.toLowerCase()}
    >
      <span className="picture" aria-hidden="true">
        {props.picture}
      </span>
      <span className="door-title">
        {props.icon}
        {props.title}
        <Kbd>{props.keyName}</Kbd>
      </span>
      <span className="door-text">{props.children}</span>
    </button>
  );
}
