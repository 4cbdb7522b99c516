import type { MachineSettings } from '../../../shared/contract/machines.ts';
import type { MachineEvents } from '../../stores/event-log.ts';
import { quoted, winrmLine } from '../machine/remote-line.ts';

/** The list as a command line: winrm with the very WQL, or PowerShell where the event log itself was asked. */
export function eventLine(
  { page, log }: Pick<MachineEvents, 'page' | 'log'>,
  settings: MachineSettings,
  userName: string | null,
): string {
  if (page === null || page.by === 'wql') {
    const query = page?.query ?? `SELECT * FROM Win32_NTLogEvent WHERE Logfile='${log.replace(/[\\']/g, '\\$&')}'`;
    return winrmLine('enumerate', ['wmicimv2/*', '-dialect:WQL', `-filter:${quoted(query)}`], settings, userName);
  }
  const credential = userName === null ? '' : ` -Credential '${userName.replaceAll("'", "''")}'`;
  return `Get-WinEvent -ComputerName '${settings.address}'${credential} -FilterXml '${page.query.replaceAll("'", "''")}'`;
}
