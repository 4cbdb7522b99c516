import type { MachineSettings } from '../../../shared/contract/machines.ts';

type Target = Pick<MachineSettings, 'address' | 'transport' | 'port' | 'path' | 'signIn'>;

/** The `-r:` part of a winrm line: the bare address where the tool's own defaults fit, else a URL. */
export function remoteOf({ address, transport, port, path }: Target): string {
  const host = address.includes(':') ? `[${address}]` : address;
  if (transport === 'http' && port === 5985 && path === 'wsman') return host;
  return `${transport}://${host}:${port}${path === 'wsman' ? '' : `/${path}`}`;
}

/** Puts quotes around an argument that a shell would take apart. */
export function quoted(argument: string): string {
  return /[\s&|<>^;'()$`]/.test(argument) ? `"${argument.replaceAll('"', '\\"')}"` : argument;
}

/**
 * A whole line as the winrm tool takes it. The password is never part of it: the tool asks.
 * @param userName of the machine's credential, null for whoever is signed in at this computer
 */
export function winrmLine(verb: string, rest: readonly string[], settings: Target, userName: string | null): string {
  return [
    'winrm',
    verb,
    ...rest,
    `-r:${remoteOf(settings)}`,
    ...authentication(settings.signIn),
    ...(userName === null ? [] : [quoted(`-u:${userName}`)]),
  ].join(' ');
}

/** Negotiate is the tool's own default; it knows no word for NTLM, and Negotiate is what comes nearest. */
function authentication(signIn: Target['signIn']): readonly string[] {
  switch (signIn) {
    case 'kerberos':
      return ['-a:Kerberos'];
    case 'basic':
      return ['-a:Basic'];
    case 'certificate':
      return ['-a:Certificate'];
    case 'digest':
      return ['-a:Digest'];
    case 'negotiate':
    case 'ntlm':
      return [];
  }
}

/** One instance of Win32_Service as a resource of the command line. */
export const serviceResource = (name: string): string => quoted(`wmicimv2/Win32_Service?Name=${name}`);
