import type { ConsoleHandlers } from '../shared/contract/contract.ts';
import { createCommandLines } from './areas/command-lines.ts';
import type { AreaContext } from './areas/context.ts';
import { createCredentials } from './areas/credentials.ts';
import { createDiagnose, type DiagnoseOptions } from './areas/diagnose/diagnose.ts';
import { createEventLog } from './areas/event-log/event-log.ts';
import { createFiles } from './areas/files.ts';
import { createGauges } from './areas/gauges.ts';
import { createHardware } from './areas/hardware.ts';
import type { MachinesArea } from './areas/machines.ts';
import { createOpenShells } from './areas/open-shells.ts';
import { createOverview } from './areas/overview.ts';
import { createPower, type PowerLimits } from './areas/power.ts';
import { createProcesses } from './areas/processes/processes.ts';
import type { PowerShellLimits } from './areas/remote-shell/powershell-session.ts';
import { createRemoteShell } from './areas/remote-shell/remote-shell.ts';
import { createSettings, type SettingsOptions } from './areas/settings.ts';
import { createTrace, type TraceRecorder } from './areas/trace.ts';
import { createWindowsServices } from './areas/windows-services.ts';
import { createWinrmSettings } from './areas/winrm-settings.ts';
import { createWmi } from './areas/wmi/wmi.ts';
import type { OpenShells } from './storage/open-shells.ts';

/** All that can be asked of the console: one line per area of the contract, each answered in areas/. */
export function createHandlers(
  context: AreaContext,
  machines: MachinesArea,
  options: SettingsOptions & {
    readonly openShells: OpenShells;
    readonly power?: Partial<PowerLimits> | undefined;
    readonly diagnose?: DiagnoseOptions | undefined;
    readonly remoteShell?: PowerShellLimits | undefined;
    readonly mostDownloadBytes?: number | undefined;
    readonly recorder: TraceRecorder;
  },
): ConsoleHandlers {
  const { dataFolder } = options.about;
  return {
    machines: machines.handlers,
    credentials: createCredentials(context, machines),
    diagnose: createDiagnose(context, options.diagnose),
    gauges: createGauges(context),
    overview: createOverview(context, machines),
    windowsServices: createWindowsServices(context),
    processes: createProcesses(context, machines),
    eventLog: createEventLog(context),
    power: createPower(context, options.power),
    remoteShell: createRemoteShell(context, options.remoteShell),
    openShells: createOpenShells(context, { openShells: options.openShells, dataFolder }),
    files: createFiles(context, { dataFolder, mostBytes: options.mostDownloadBytes }),
    settings: createSettings(context, options),
    winrmSettings: createWinrmSettings(context, machines, { dataFolder }),
    wmi: createWmi(context, { dataFolder }),
    hardware: createHardware(context),
    commandLines: createCommandLines(context, {
      version: options.about.version,
      dataFolder,
      mask: options.recorder.secrets.mask,
    }),
    trace: createTrace(context, options.recorder, { version: options.about.version }),
  };
}
