import type { Target } from '../wsman/target.ts';
import type { LabMachine } from './start-lab.ts';

/** A machine of the lab as a client addresses it, signed in as the lab's own user: for tests and benchmarks. */
export const labTarget = (machine: LabMachine): Target => ({
  host: machine.address,
  port: machine.port,
  transport: machine.transport,
  path: '/wsman',
  authentication: 'negotiate',
  userName: machine.user,
  password: async () => machine.password,
  trusted: true,
  allowClearText: false,
  tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
});
