import type { MachineSettings } from '../../../shared/contract/machines.ts';
import { quoted, remoteOf } from '../machine/remote-line.ts';

/** The same question outside Windeck: all of it, and what the tools of Windows can ask of it. */
export function sameQuestion(
  settings: MachineSettings,
  userName: string | null,
): readonly { readonly name: string; readonly command: string }[] {
  const { address, port, transport } = settings;
  const user = userName === null ? '' : ` ${quoted(`-u:${userName}`)}`;
  const signIn = settings.signIn === 'negotiate' || settings.signIn === 'ntlm' ? '' : ` -auth:${settings.signIn}`;
  return [
    { name: 'windeck', command: `windeck diagnose -r:${remoteOf(settings)}${signIn}${user}` },
    { name: 'winrm', command: `winrm identify -r:${remoteOf(settings)} -auth:none` },
    {
      name: 'PowerShell',
      command: `Test-WSMan -ComputerName ${address}${port === 5985 ? '' : ` -Port ${port}`}${transport === 'https' ? ' -UseSSL' : ''}`,
    },
  ];
}
