import type { Program } from '../program.ts';
import { flood } from './flood.ts';
import { hostname, ipconfig, ping } from './network.ts';
import { powershell } from './powershell.ts';
import { net, sc } from './services.ts';
import { more, msiexec, systeminfo, tasklist, whoami } from './system.ts';
import { winrm } from './winrm.ts';

/** Programs of System32, by file name in lower case with its extension. Each runs as a process of its own. */
export const programs: ReadonlyMap<string, Program> = new Map([
  ['hostname.exe', hostname],
  ['ipconfig.exe', ipconfig],
  ['ping.exe', ping],
  ['sc.exe', sc],
  ['net.exe', net],
  ['more.com', more],
  ['msiexec.exe', msiexec],
  ['systeminfo.exe', systeminfo],
  ['tasklist.exe', tasklist],
  ['whoami.exe', whoami],
  ['powershell.exe', powershell],
  // No program of Windows: output without end, for tests and demonstrations.
  ['flood.exe', flood],
  ['winrm.cmd', winrm],
]);
