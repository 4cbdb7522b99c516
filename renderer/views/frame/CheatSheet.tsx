import { Fragment } from 'react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { modifierName } from '../../components/keys.ts';
import { useRouter } from '../../stores/router.ts';
import { eventKeys, type KeyHelp, machineKeys, processKeys, serviceKeys, shellKeys } from '../machine/keys.ts';
import { traceKeys } from '../trace/keys.ts';
import { winrmKeys } from '../winrm/keys.ts';
import { wmiKeys } from '../wmi/keys.ts';

type Keys = readonly (readonly [does: string, ...keys: string[]])[];

const everywhere: Keys = [
  ['Palette: find anything', `${modifierName} K`],
  ['Machines', `${modifierName} 1`],
  ['Console', `${modifierName} 2`],
  ['Settings', `${modifierName} ,`],
  ['Filter the list', '/'],
  ['Refresh', 'F5'],
  ['Back', 'Esc'],
  ['This sheet', '?'],
];
const machines: Keys = [
  ['Add a machine', 'A'],
  ['Import a list', 'I'],
  ['Try the demo lab (first run)', 'D'],
  ['Restart the selected machines', 'R'],
  ['Edit the tags of the selected', 'T'],
  ['Run a line on the selected', 'L'],
  ['Credential of the selected', 'C'],
  ['Diagnose the machine', 'F8'],
  ['Settings of the machine', 'F2'],
  ['Remove from the inventory', 'Del'],
];
const lists: Keys = [
  ['Move', '↑', '↓'],
  ['First, last', 'Home', 'End'],
  ['A page', 'PgUp', 'PgDn'],
  ['Select or not', 'Space'],
  ['Select a range', 'Shift ↑', 'Shift ↓'],
  ['Select all', `${modifierName} A`],
  ['Open', 'Enter'],
  ['Menu', 'Shift F10'],
  ['Column heads, then sort', '↑', 'Enter'],
];

const consoleKeys: Keys = [
  ['Complete', 'Tab'],
  ['History', '↑', '↓'],
  ['Search the history', 'Ctrl R'],
  ['Stop the line', 'Ctrl C'],
  ['End the input of a command', 'Ctrl D'],
  ['Find in the output', `${modifierName} F`],
  ['Clear', 'Ctrl L'],
  ['Help on the line', 'F1'],
];

const paletteKeys: Keys = [
  ['Choose', '↑', '↓'],
  ['Do it', 'Enter'],
  ['All that match, in the list', `${modifierName} Enter`],
  ['Take a machine’s name over', 'Tab'],
  ['Only actions, only machines', '>', '@'],
];
const diagnoseKeys: Keys = [
  ['Run again', 'F5'],
  ['To the machine', 'Esc'],
];

interface KeyGroup {
  readonly title: string;
  readonly keys: Keys;
  /** In which room they work; null: everywhere. */
  readonly room: string | null;
}

const groups: readonly KeyGroup[] = [
  { title: 'Everywhere', keys: everywhere, room: null },
  { title: 'Machines', keys: machines, room: 'machines' },
  { title: 'In every list', keys: lists, room: null },
  { title: 'On a machine’s page', keys: linesOf(machineKeys), room: 'machine' },
  { title: 'In its services', keys: linesOf(serviceKeys), room: 'services' },
  { title: 'In its processes', keys: linesOf(processKeys), room: 'processes' },
  { title: 'In its events', keys: linesOf(eventKeys), room: 'events' },
  { title: 'In its WinRM settings', keys: linesOf(winrmKeys), room: 'winrm' },
  { title: 'In a shell', keys: linesOf(shellKeys), room: 'shell' },
  { title: 'In its WMI', keys: linesOf(wmiKeys), room: 'wmi' },
  { title: 'In its trace', keys: linesOf(traceKeys), room: 'trace' },
  { title: 'In its diagnosis', keys: diagnoseKeys, room: 'diagnose' },
  { title: 'In the console', keys: consoleKeys, room: 'console' },
  { title: 'In the palette', keys: paletteKeys, room: null },
];

/** All keys; those of the room that is open come first. */
export function CheatSheet({ onClose }: { onClose: () => void }) {
  const route = useRouter((state) => state.route);
  const here = route.view === 'machine' ? route.tab : route.view;
  const inOrder = [...groups.filter(({ room }) => room === here), ...groups.filter(({ room }) => room !== here)];
  return (
    <Dialog
      title="Keys"
      width={960}
      onClose={onClose}
      actions={
        <Button kind="primary" onClick={onClose}>
          Close
        </Button>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by the keyboard */}
      <section className="cheat-sheet" tabIndex={0} data-autofocus aria-label="All keys">
        {inOrder.map(({ title, keys }) => (
          <Group key={title} title={title} keys={keys} />
        ))}
      </section>
    </Dialog>
  );
}

function linesOf(keys: readonly KeyHelp[]): Keys {
  return keys.map((help) => [help.does, ...help.keys]);
}

const Group = ({ title, keys }: { title: string; keys: Keys }) => (
  <section>
    <h2 className="h2">{title}</h2>
    <dl>
      {keys.map(([does, ...names]) => (
        <Fragment key={does}>
          <dt>{does}</dt>
          <dd>
            {names.map((name) => (
              <Kbd key={name}>{name}</Kbd>
            ))}
          </dd>
        </Fragment>
      ))}
    </dl>
  </section>
);
