import { isIP } from 'node:net';
import type { MachineSettings } from '../../shared/contract/machines.ts';
import type { MachineAccess } from '../sessions/session-pool.ts';

/** WinRM 2.0 and later (MS-WSMV appendix, ports). */
export const defaultPorts = { http: 5985, https: 5986 } as const;

/** Settings of a machine of which only the address is known. */
export function settingsFor(address: string, change: Partial<MachineSettings> = {}): MachineSettings {
  const transport = change.transport ?? 'http';
  return {
    name: address,
    address,
    transport,
    port: defaultPorts[transport],
    path: 'wsman',
    signIn: 'negotiate',
    credentialId: null,
    trusted: false,
    allowClearText: false,
    pin: null,
    tags: [],
    ...change,
  };
}

/** 127.0.0.0/8, ::1 and localhost: what never leaves this computer. */
export function isLoopback(address: string): boolean {
  const host = address.toLowerCase();
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** How a session reaches a machine with these settings. */
export function accessOf(
  settings: MachineSettings,
  credential: { id: string; userName: string } | null,
): MachineAccess {
  return {
    target: {
      host: settings.address,
      port: settings.port,
      transport: settings.transport,
      path: `/${settings.path.replace(/^\/+|\/+$/g, '')}`,
      authentication: settings.signIn,
      trusted: settings.trusted || isLoopback(settings.address),
      allowClearText: settings.allowClearText,
      tls: { pin: settings.pin, skipNameCheck: false, skipAuthorityCheck: false },
    },
    credential,
  };
}
