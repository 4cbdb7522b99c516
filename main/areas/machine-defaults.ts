import type { MachineSettings } from '../../shared/contract/machines.ts';
import type { SignInCredential } from '../sessions/credentials.ts';
import type { MachineAccess } from '../sessions/session-pool.ts';
import type { StoredCredential } from '../storage/inventory-format.ts';

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
    spn: { serviceClass: null, host: null, withPort: false },
    delegate: false,
    credentialId: null,
    trusted: false,
    allowClearText: false,
    pin: null,
    tags: [],
    ...change,
  };
}

/** How a session reaches a machine with these settings, and what it signs in with. */
export function accessOf(settings: MachineSettings, credential: StoredCredential | null): MachineAccess {
  return {
    target: {
      host: settings.address,
      port: settings.port,
      transport: settings.transport,
      path: `/${settings.path.replace(/^\/+|\/+$/g, '')}`,
      authentication: settings.signIn,
      spn: settings.spn,
      delegate: settings.delegate,
      trusted: settings.trusted,
      allowClearText: settings.allowClearText,
      tls: { pin: settings.pin, skipNameCheck: false, skipAuthorityCheck: false },
    },
    credential: credential && signInOf(credential),
  };
}

/** What of a set a connection depends on: its name is only for the user's eyes. */
function signInOf(credential: StoredCredential): SignInCredential {
  const { id, kind } = credential;
  return kind === 'password' ? { id, kind, userName: credential.userName } : { id, kind };
}
