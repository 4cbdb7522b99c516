import type { Machine } from '../../../shared/contract/machines.ts';
import { modifierName } from '../../components/keys.ts';
import { plural } from '../../format.ts';
import type { Action } from '../../stores/actions.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { refreshMachines, useMachines } from '../../stores/machines.ts';
import { attempt } from '../../stores/notices.ts';
import { openConsole, openMachine, openMachines, openSettings } from '../../stores/router.ts';
import { changeSettings } from '../../stores/settings.ts';
import { enterShell } from '../../stores/shells.ts';
import { diagnoseMachine } from '../diagnose/diagnose-machine.ts';
import { machineRooms } from '../machine/rooms.ts';
import { exportToFile } from '../machines/MachinesHead.tsx';
import { surveyNtlm } from '../ntlm/survey.ts';

// Tables of what can be done, without a filter: which of it is offered when is decided in palette-items.ts.

/** The rooms that are always there. */
export const frameRooms: readonly Action[] = [
  {
    id: 'room:machines',
    name: 'Machines',
    keys: `${modifierName} 1`,
    words: 'list fleet inventory',
    run: openMachines,
  },
  {
    id: 'room:console',
    name: 'Console',
    keys: `${modifierName} 2`,
    words: 'winrm winrs command line',
    run: openConsole,
  },
  { id: 'room:settings', name: 'Settings', keys: `${modifierName} ,`, run: () => openSettings() },
  {
    id: 'room:credentials',
    name: 'Settings: Credentials',
    words: 'passwords secrets certificates keychain',
    run: () => openSettings('credentials'),
  },
  { id: 'room:ntlm', name: 'Settings: Without NTLM', words: 'kerberos survey', run: () => openSettings('ntlm') },
];

/** What concerns no machine in particular. */
export const generalActions: readonly Action[] = [
  {
    id: 'add-machine',
    name: 'Add a machine…',
    keys: 'A',
    words: 'new',
    icon: 'add',
    run: () => openDialog({ kind: 'add-machine' }),
  },
  {
    id: 'import',
    name: 'Import a list of machines…',
    keys: 'I',
    words: 'csv file',
    icon: 'file',
    run: () => openDialog({ kind: 'import' }),
  },
  {
    id: 'export-csv',
    name: 'Export the inventory as CSV',
    words: 'save file',
    icon: 'file',
    run: () => exportToFile(null, 'csv'),
  },
  {
    id: 'export-list',
    name: 'Export the inventory as a plain list of addresses',
    words: 'save file',
    icon: 'file',
    run: () => exportToFile(null, 'list'),
  },
  {
    id: 'refresh-all',
    name: 'Refresh all machines',
    words: 'ask now reload',
    icon: 'refresh',
    run: () => {
      const ids = useMachines.getState().list.map(({ id }) => id);
      void attempt(() => refreshMachines(ids), `Asking ${plural(ids.length, 'machine')} now.`);
    },
  },
  {
    id: 'new-credential',
    name: 'New credential set…',
    words: 'password user certificate',
    icon: 'key',
    run: () => openDialog({ kind: 'credential', credentialId: null }),
  },
  ...(
    [
      ['system', 'Theme: as the system'],
      ['light', 'Theme: light'],
      ['dark', 'Theme: dark'],
    ] as const
  ).map(
    ([theme, name]): Action => ({
      id: `theme:${theme}`,
      name,
      words: 'appearance colours mode',
      icon: 'settings',
      run: () => void attempt(() => changeSettings({ theme })),
    }),
  ),
];

/** Verbs on one machine, and its rooms. Restart and the like open their dialogs, which name it and ask. */
export function machineActions(machine: Machine): readonly Action[] {
  const { id, settings, state } = machine;
  const { name } = settings;
  const online = state === 'online';
  const machineIds = [id];
  return [
    {
      id: 'open-shell',
      name: `Open a shell on ${name}`,
      words: 'cmd powershell terminal command',
      keys: 'Ctrl `',
      icon: 'console',
      run: () => {
        openMachine(id, 'shell');
        enterShell(id);
      },
    },
    {
      id: 'diagnose',
      name: `Diagnose ${name}`,
      words: 'why test connection check trouble',
      keys: 'F8',
      icon: 'diagnose',
      run: () => diagnoseMachine(id),
    },
    ...(online
      ? ([
          {
            id: 'restart',
            name: `Restart ${name}…`,
            words: 'reboot',
            icon: 'restart',
            run: () => openDialog({ kind: 'restart-machines', machineIds }),
          },
          {
            id: 'shut-down',
            name: `Shut down ${name}…`,
            words: 'power off halt',
            icon: 'power',
            run: () => openDialog({ kind: 'shut-down-machines', machineIds }),
          },
        ] as const)
      : []),
    ...machineRooms.map(
      (room, index): Action => ({
        id: `room:${room.id}`,
        name: `${room.name} of ${name}`,
        ...(index < 9 ? { keys: String(index + 1) } : {}),
        icon: 'room',
        run: () => openMachine(id, room.id),
      }),
    ),
    {
      id: 'refresh',
      name: `Refresh ${name}`,
      words: 'ask try now reload read',
      keys: 'F5',
      icon: 'refresh',
      run: () => void attempt(() => refreshMachines(machineIds), `Asking ${name} now.`),
    },
    {
      id: 'edit',
      name: `Settings of ${name}…`,
      words: 'edit address port transport credential',
      keys: 'F2',
      icon: 'settings',
      run: () => openDialog({ kind: 'edit-machine', machineId: id }),
    },
    {
      id: 'tags',
      name: `Tags of ${name}…`,
      words: 'label group',
      icon: 'tag',
      run: () => openDialog({ kind: 'tag-machines', machineIds }),
    },
    {
      id: 'credential',
      name: `Credential of ${name}…`,
      words: 'password user sign-in',
      icon: 'key',
      run: () => openDialog({ kind: 'assign-credential', machineIds }),
    },
    ...(machine.security === null
      ? []
      : ([
          {
            id: 'connection',
            name: `Connection to ${name}…`,
            words: 'kerberos ntlm encryption certificate spn',
            icon: 'look',
            run: () => openDialog({ kind: 'connection', machineId: id }),
          },
        ] as const)),
    {
      id: 'drift',
      name: `Compare WinRM of ${name}…`,
      words: 'drift difference configuration',
      icon: 'look',
      run: () => openDialog({ kind: 'winrm-drift', machineIds }),
    },
    {
      id: 'without-ntlm',
      name: `Would ${name} survive without NTLM?`,
      words: 'kerberos',
      icon: 'look',
      run: () => surveyNtlm(machineIds),
    },
    {
      id: 'remove',
      name: `Remove ${name} from the inventory…`,
      words: 'delete forget',
      icon: 'remove',
      run: () => openDialog({ kind: 'remove-machines', machineIds }),
    },
  ];
}

/** Verbs on many machines. `these` names them: `3 selected machines`. Each verb that changes something opens its dialog, which lists them. */
export function actionsOnMany(machineIds: readonly string[], these: string): readonly Action[] {
  return [
    {
      id: 'restart-many',
      name: `Restart ${these}…`,
      words: 'reboot',
      keys: 'R',
      icon: 'restart',
      run: () => openDialog({ kind: 'restart-machines', machineIds }),
    },
    {
      id: 'refresh-many',
      name: `Refresh ${these}`,
      words: 'ask try now reload',
      keys: 'F5',
      icon: 'refresh',
      run: () => void attempt(() => refreshMachines(machineIds), `Asking ${plural(machineIds.length, 'machine')} now.`),
    },
    {
      id: 'run-line-many',
      name: `Run a line on ${these}…`,
      words: 'command broadcast winrs',
      keys: 'L',
      icon: 'console',
      run: () => openDialog({ kind: 'broadcast', machineIds }),
    },
    {
      id: 'tags-many',
      name: `Tags of ${these}…`,
      words: 'label group',
      keys: 'T',
      icon: 'tag',
      run: () => openDialog({ kind: 'tag-machines', machineIds }),
    },
    {
      id: 'credential-many',
      name: `Credential of ${these}…`,
      words: 'password user sign-in',
      keys: 'C',
      icon: 'key',
      run: () => openDialog({ kind: 'assign-credential', machineIds }),
    },
    {
      id: 'drift-many',
      name: `Compare WinRM of ${these}…`,
      words: 'drift difference configuration',
      icon: 'look',
      run: () => openDialog({ kind: 'winrm-drift', machineIds }),
    },
    {
      id: 'without-ntlm-many',
      name: `Would ${these} survive without NTLM?`,
      words: 'kerberos',
      icon: 'look',
      run: () => surveyNtlm(machineIds),
    },
    {
      id: 'export-many',
      name: `Export ${these} as CSV`,
      words: 'save file',
      icon: 'file',
      run: () => exportToFile(machineIds, 'csv'),
    },
    {
      id: 'remove-many',
      name: `Remove ${these} from the inventory…`,
      words: 'delete forget',
      keys: 'Del',
      icon: 'remove',
      run: () => openDialog({ kind: 'remove-machines', machineIds }),
    },
  ];
}
