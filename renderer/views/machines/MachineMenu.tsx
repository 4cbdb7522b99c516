import {
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  type PositioningVirtualElement,
} from '@fluentui/react-components';
import { useMemo } from 'react';
import type { Machine } from '../../../shared/contract/machines.ts';
import { plural } from '../../format.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { refreshMachines } from '../../stores/machines.ts';
import { attempt } from '../../stores/notices.ts';
import { openMachine } from '../../stores/router.ts';
import { diagnoseMachine } from '../diagnose/diagnose-machine.ts';
import { surveyNtlm } from '../ntlm/survey.ts';
import { exportToFile } from './MachinesHead.tsx';

/** The context menu of a row; of all selected rows where it is one of them. */
export function MachineMenu(props: {
  machine: Machine;
  targets: readonly string[];
  x: number;
  y: number;
  onClose: () => void;
}) {
  const { machine, targets, x, y } = props;
  const target = useMemo<PositioningVirtualElement>(
    () => ({ getBoundingClientRect: () => new DOMRect(x, y, 0, 0) }),
    [x, y],
  );
  const many = targets.length > 1;
  const these = many ? plural(targets.length, 'machine') : machine.settings.name;
  return (
    <Menu
      open
      positioning={{ target, position: 'below', align: 'start' }}
      onOpenChange={(_event, data) => {
        if (!data.open) props.onClose();
      }}
    >
      <MenuPopover aria-label={`Actions for ${these}`}>
        <MenuList>
          <MenuItem secondaryContent="Enter" onClick={() => openMachine(machine.id)}>
            Open {machine.settings.name}
          </MenuItem>
          <MenuItem onClick={() => openMachine(machine.id, 'services')}>Services</MenuItem>
          <MenuDivider />
          <MenuItem secondaryContent="R" onClick={() => openDialog({ kind: 'restart-machines', machineIds: targets })}>
            {many ? `Restart ${these}…` : 'Restart…'}
          </MenuItem>
          <MenuItem
            secondaryContent="F5"
            onClick={() => void attempt(() => refreshMachines(targets), `Asking ${these} now.`)}
          >
            {machine.state === 'unreachable' && !many ? 'Try now' : 'Refresh'}
          </MenuItem>
          <MenuItem secondaryContent="F8" onClick={() => diagnoseMachine(machine.id)}>
            Diagnose{many ? ` ${machine.settings.name}` : ''}
          </MenuItem>
          <MenuDivider />
          {machine.state === 'untrusted' || machine.state === 'denied' ? (
            <MenuItem onClick={() => openDialog({ kind: 'edit-machine', machineId: machine.id, test: true })}>
              {machine.state === 'untrusted' ? 'Look at its certificate…' : 'Mend the sign-in…'}
            </MenuItem>
          ) : null}
          <MenuItem secondaryContent="F2" onClick={() => openDialog({ kind: 'edit-machine', machineId: machine.id })}>
            Settings…
          </MenuItem>
          <MenuItem secondaryContent="T" onClick={() => openDialog({ kind: 'tag-machines', machineIds: targets })}>
            Tag…
          </MenuItem>
          <MenuItem secondaryContent="C" onClick={() => openDialog({ kind: 'assign-credential', machineIds: targets })}>
            Credential…
          </MenuItem>
          <MenuItem onClick={() => surveyNtlm(targets)}>
            {many ? 'Would they survive without NTLM?' : 'Would it survive without NTLM?'}
          </MenuItem>
          {machine.security === null ? null : (
            <MenuItem onClick={() => openDialog({ kind: 'connection', machineId: machine.id })}>Connection…</MenuItem>
          )}
          <MenuItem onClick={() => exportToFile(targets, 'csv')}>Export as CSV</MenuItem>
          <MenuDivider />
          <MenuItem secondaryContent="Del" onClick={() => openDialog({ kind: 'remove-machines', machineIds: targets })}>
            {many ? `Remove ${these}…` : 'Remove…'}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
