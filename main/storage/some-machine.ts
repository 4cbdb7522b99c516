import type { MachineSettings } from '../../shared/contract/machines.ts';

/** A machine for tests of storage. */
export function someMachine(address: string): MachineSettings {
  return {
    name: address,
    address,
    transport: 'http',
    port: 5985,
    path: 'wsman',
    signIn: 'negotiate',
    spn: { serviceClass: null, host: null, withPort: false },
    delegate: false,
    credentialId: null,
    trusted: false,
    allowClearText: false,
    pin: null,
    tags: [],
  };
}
