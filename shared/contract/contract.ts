import type { Client, Handlers } from '../rpc/endpoint.ts';
import { commandLines } from './command-lines.ts';
import { credentials } from './credentials.ts';
import { diagnose } from './diagnose.ts';
import { eventLog } from './event-log.ts';
import { files } from './files.ts';
import { gauges } from './gauges.ts';
import { hardware } from './hardware.ts';
import { machines } from './machines.ts';
import { openShells } from './open-shells.ts';
import { overview } from './overview.ts';
import { power } from './power.ts';
import { processes } from './processes.ts';
import { remoteShell } from './remote-shell.ts';
import { settings } from './settings.ts';
import { trace } from './trace.ts';
import { windowsServices } from './windows-services.ts';
import { winrmSettings } from './winrm-settings.ts';
import { wmi } from './wmi.ts';

/** All that can be asked of the console. One line per area. */
export const contract = {
  commandLines,
  machines,
  credentials,
  diagnose,
  gauges,
  overview,
  windowsServices,
  power,
  remoteShell,
  openShells,
  files,
  processes,
  eventLog,
  settings,
  winrmSettings,
  trace,
  wmi,
  hardware,
} as const;

export type ConsoleContract = typeof contract;
export type ConsoleClient = Client<ConsoleContract>;
export type ConsoleHandlers = Handlers<ConsoleContract>;
