import type { SimulatedMachine } from '../simulated-machine.ts';
import { countAttempt } from '../statistics.ts';
import { type Account, findAccount, isPassword } from './accounts.ts';

/** Basic (RFC 7617), per request. Windows maps it to the machine's own accounts only (MS-WSMV note 79). */
export function authenticateBasic(machine: SimulatedMachine, credentials: string): Account | null {
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return null;
  const user = text.slice(0, colon);
  countAttempt(machine.statistics, user, 'Basic');
  const account = findAccount(machine, user, 'local');
  return account && isPassword(account, text.slice(colon + 1)) ? account : null;
}
