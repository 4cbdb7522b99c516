import { timingSafeEqual } from 'node:crypto';
import type { SimulatedMachine } from '../simulated-machine.ts';

/** Who may sign in, and as what. */
export interface Account {
  readonly user: string;
  readonly password: string;
  readonly isAdministrator: boolean;
  /** `both`: the machine's own and the domain's account share name and password. */
  readonly scope: 'both' | 'local' | 'domain';
  /**
   * A local administrator other than RID 500: over the network UAC leaves the Administrators group out of its token, unless
   * LocalAccountTokenFilterPolicy is set, which it never is here.
   */
  readonly isTokenFiltered?: boolean;
  /** A member of Remote Management Users with rights on the WMI namespaces: manages, and is no administrator. */
  readonly isRemoteManager?: boolean;
}

/** Secrets of an invented fleet, on loopback only. The first one is what the lab's JSON line gives out. */
export const fleetAccounts: readonly Account[] = [
  { user: 'Administrator', password: 'Windeck-Lab-1!', isAdministrator: true, scope: 'both' },
  { user: 'reader', password: 'Windeck-Lab-2!', isAdministrator: false, scope: 'both' },
  { user: 'helpdesk', password: 'Windeck-Lab-3!', isAdministrator: true, scope: 'local', isTokenFiltered: true },
  { user: 'operator', password: 'Windeck-Lab-5!', isAdministrator: false, scope: 'both', isRemoteManager: true },
  { user: 'alice', password: 'Windeck-Lab-4!', isAdministrator: true, scope: 'domain' },
];

export const mayManage = (account: Account): boolean =>
  account.isRemoteManager === true || (account.isAdministrator && !account.isTokenFiltered);

/** `user`, `DOMAIN\user` and `user@realm` mean the account here; `.\user` and `COMPUTER\user` only one of the machine's own. */
export function findAccount(
  machine: SimulatedMachine,
  name: string,
  which: 'any' | 'local' | 'domain' = 'any',
): Account | undefined {
  const backslash = name.lastIndexOf('\\');
  const user = accountName(name);
  const prefix = name.slice(0, Math.max(0, backslash)).toLowerCase();
  const isOwn = prefix === '.' || prefix === computerName(machine).toLowerCase();
  const excluded = which === 'domain' ? 'local' : which === 'local' || isOwn ? 'domain' : null;
  return machine.accounts.find((account) => account.user.toLowerCase() === user && account.scope !== excluded);
}

/** The bare name in lower case, by which attempts are counted. */
export function accountName(name: string): string {
  return (name.includes('\\') ? name.slice(name.lastIndexOf('\\') + 1) : name.split('@', 1)[0]!).toLowerCase();
}

export function isPassword(account: Account, given: string): boolean {
  const left = Buffer.from(account.password);
  const right = Buffer.from(given);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** NetBIOS names have 15 characters. */
export const computerName = (machine: SimulatedMachine): string => machine.plan.name.slice(0, 15).toUpperCase();
