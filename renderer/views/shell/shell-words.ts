import type { Machine } from '../../../shared/contract/machines.ts';
import type { ShellTab } from '../../stores/shells.ts';
import { quoted, remoteOf } from '../machine/remote-line.ts';

/** The line that opens such a shell elsewhere. */
export function shellCommand(
  { settings }: Machine,
  tab: Pick<ShellTab, 'kind' | 'configurationName' | 'codePage'>,
): string {
  if (tab.kind === 'cmd') {
    const page = tab.codePage === null ? '' : ` -codepage:${tab.codePage}`;
    return `winrs -r:${remoteOf(settings)}${page} cmd`;
  }
  const configuration = tab.configurationName === null ? '' : ` -ConfigurationName ${tab.configurationName}`;
  const tls = settings.transport === 'https' ? ' -UseSSL' : '';
  const usual = settings.transport === 'https' ? 5986 : 5985;
  const port = settings.port === usual ? '' : ` -Port ${settings.port}`;
  return `Enter-PSSession -ComputerName ${quoted(settings.address)}${port}${tls}${configuration}`;
}
