import { Fragment } from 'react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { modifierName } from '../../components/keys.ts';
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

export function CheatSheet({ onClose }: { onClose: () => void }) {
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
      <div className="cheat-sheet">
        <Group title="Everywhere" keys={everywhere} />
        <Group title="Machines" keys={machines} />
        <Group title="In every list" keys={lists} />
        <Group title="On a machine’s page" keys={linesOf(machineKeys)} />
        <Group title="In its services" keys={linesOf(serviceKeys)} />
        <Group title="In its processes" keys={linesOf(processKeys)} />
        <Group title="In its events" keys={linesOf(eventKeys)} />
        <Group title="In the console" keys={consoleKeys} />
        <Group title="In its WinRM settings" keys={linesOf(winrmKeys)} />
        <Group title="In its WMI" keys={linesOf(wmiKeys)} />
        <Group title="In its trace" keys={linesOf(traceKeys)} />
        <Group title="In a shell" keys={linesOf(shellKeys)} />
      </div>
    </Dialog>
  );
}

const linesOf = (keys: readonly KeyHelp[]): Keys => keys.map((help) => [help.does, ...help.keys]);

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
