import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Machine } from '../../../shared/contract/machines.ts';
import { Button } from '../../components/Button.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { isDialogOpen, isTyping } from '../../components/keys.ts';
import { useRefreshKey } from '../../components/refresh-key.ts';
import { Tabs } from '../../components/Tabs.tsx';
import { openDialog } from '../../stores/dialogs.ts';
import { eventLogStore } from '../../stores/event-log.ts';
import { hardwareStore } from '../../stores/hardware.ts';
import { refreshMachines, useMachine } from '../../stores/machines.ts';
import { overviewStore } from '../../stores/overview.ts';
import type { PowerActionName, PowerRun } from '../../stores/power.ts';
import { processesStore } from '../../stores/processes.ts';
import { openMachine, openMachines } from '../../stores/router.ts';
import { enterShell } from '../../stores/shells.ts';
import { windowsServicesStore } from '../../stores/windows-services.ts';
import { winrmSettingsStore } from '../../stores/winrm-settings.ts';
import { wmiStore } from '../../stores/wmi.ts';
import { diagnoseMachine } from '../diagnose/diagnose-machine.ts';
import { Events } from '../events/Events.tsx';
import { HardwareRoom } from '../hardware/HardwareRoom.tsx';
import { Processes } from '../processes/Processes.tsx';
import { ShellRoom } from '../shell/ShellRoom.tsx';
import { TraceRoom } from '../trace/TraceRoom.tsx';
import { WinrmRoom } from '../winrm/WinrmRoom.tsx';
import { WmiRoom } from '../wmi/WmiRoom.tsx';
import { MachineBanner } from './MachineBanner.tsx';
import { MachineHeader } from './MachineHeader.tsx';
import { heldMachine, isProduction, usePowerRun } from './machine-view.ts';
import { Overview } from './Overview.tsx';
import { PowerBanner } from './PowerBanner.tsx';
import { PowerDialog } from './PowerDialog.tsx';
import { machineRooms } from './rooms.ts';
import { Services } from './Services.tsx';
import { Vitals } from './Vitals.tsx';
import './machine.css';

/** That it does not answer is what was asked for: while a restart is followed, and after a shut-down. */
const isAsAsked = (run: PowerRun): boolean =>
  run.stage !== 'ended' || (run.action === 'shut-down' && run.progress?.phase === 'done' && !run.problem);

/** One machine: who it is, how it stands, and its rooms. */
export function MachinePage({ machineId, tab }: { machineId: string; tab: string }) {
  const now = useMachine(machineId);
  const shown = useRef<Machine | undefined>(undefined);
  const machine = useMemo(() => (now === undefined ? undefined : heldMachine(shown.current, now)), [now]);
  useEffect(() => {
    shown.current = machine;
  }, [machine]);
  const run = usePowerRun(machineId);
  const [power, setPower] = useState<PowerActionName | null>(null);
  const current = machineRooms.find((one) => one.id === tab)?.id ?? 'overview';

  // For as long as the page is open, whichever room: the charts have no hole when one comes back to them.
  useEffect(() => overviewStore.watch(machineId), [machineId]);

  const edit = useCallback(() => openDialog({ kind: 'edit-machine', machineId }), [machineId]);
  // Its test shows the certificate that is presented now, which is what has to be judged.
  const inspect = useCallback(() => openDialog({ kind: 'edit-machine', machineId, test: true }), [machineId]);
  const refresh = useCallback(() => {
    // Refused when the console is away; the frame says so already.
    refreshMachines([machineId]).catch(() => {});
    overviewStore.refresh(machineId);
    windowsServicesStore.refresh(machineId);
    processesStore.refresh(machineId);
    eventLogStore.refresh(machineId);
    winrmSettingsStore.refresh(machineId);
    hardwareStore.refresh(machineId);
    wmiStore.refresh(machineId);
  }, [machineId]);

  const shell = useCallback(() => {
    openMachine(machineId, 'shell');
    enterShell(machineId);
  }, [machineId]);

  // What had the focus went with the list or the other room: the keyboard goes on at the tabs.
  useEffect(() => {
    const focused = document.activeElement;
    if (focused === null || focused === document.body || focused.getAttribute('role') === 'tab') {
      document.getElementById(`mp-tab-${current}`)?.focus();
    }
  }, [current]);

  // After a restart nothing that was read before it holds: slow facts too are read at once.
  const state = machine?.state;
  const stateBefore = useRef(state);
  useEffect(() => {
    if (stateBefore.current === 'restarting' && state === 'online') {
      overviewStore.refresh(machineId);
      windowsServicesStore.refresh(machineId);
    }
    stateBefore.current = state;
  }, [machineId, state]);

  useRefreshKey(refresh);
  // Before it is painted: whoever sees the room may press its keys.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey && event.code === 'Backquote' && !event.defaultPrevented) {
        event.preventDefault();
        shell();
        return;
      }
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      if (isDialogOpen()) return;
      if (event.key === 'F8') diagnoseMachine(machineId);
      else if (event.key === 'F2') edit();
      else if (!isTyping(event.target) && machineRooms[Number(event.key) - 1])
        openMachine(machineId, machineRooms[Number(event.key) - 1]?.id);
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [machineId, edit, shell]);

  if (machine === undefined) {
    return (
      <EmptyState
        title="This machine is not in the inventory"
        actions={<Button onClick={openMachines}>To the list</Button>}
      >
        It may have been removed, here or in another window.
      </EmptyState>
    );
  }
  return (
    <div className="mp" data-production={isProduction(machine) || undefined}>
      <MachineHeader machine={machine} onShell={shell} onPower={setPower} onRefresh={refresh} onEdit={edit} />
      <div className="tab-row">
        <Tabs
          label={`Rooms of ${machine.settings.name}`}
          tabs={machineRooms}
          current={current}
          prefix="mp"
          onOpen={(id) => openMachine(machineId, id)}
          onLeave={() =>
            document
              .querySelector<HTMLElement>(
                '#mp-room .dt-row[tabindex="0"], #mp-room .ov-main, #mp-room [data-row][tabindex="0"]',
              )
              ?.focus()
          }
        />
        {current === 'overview' ? null : <Vitals machineId={machineId} />}
      </div>
      {run || machine.state !== 'online' || machine.problem ? (
        <div className="mp-banners">
          {run && <PowerBanner run={run} onAgain={() => setPower(run.action)} />}
          {run && isAsAsked(run) ? null : (
            <MachineBanner machine={machine} onTryNow={refresh} onEdit={edit} onInspect={inspect} />
          )}
        </div>
      ) : null}
      <div className="mp-room" id="mp-room" role="tabpanel" aria-labelledby={`mp-tab-${current}`}>
        {current === 'overview' ? (
          <Overview machine={machine} onEdit={edit} />
        ) : current === 'services' ? (
          <Services machine={machine} />
        ) : current === 'processes' ? (
          <Processes machine={machine} />
        ) : current === 'events' ? (
          <Events machine={machine} />
        ) : current === 'shell' ? (
          <ShellRoom machine={machine} />
        ) : current === 'winrm' ? (
          <WinrmRoom machine={machine} />
        ) : current === 'hardware' ? (
          <HardwareRoom machine={machine} />
        ) : current === 'wmi' ? (
          <WmiRoom machine={machine} />
        ) : (
          <TraceRoom machine={machine} />
        )}
      </div>
      {power !== null && <PowerDialog machineIds={[machineId]} action={power} onClose={() => setPower(null)} />}
    </div>
  );
}
