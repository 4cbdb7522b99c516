import { actions } from '../wsman/namespaces.ts';
import type { Account } from './authentication/accounts.ts';

/** Who may do what by RootSDDL (MS-WSMV 3.1.4.1.28): GR reads, GW changes, GX everything else. The parts of SDDL that such a line has. */

type Right = 'GR' | 'GW' | 'GX';

const readers: ReadonlySet<string> = new Set([actions.get, actions.enumerate, actions.pull, actions.release]);
const writers: ReadonlySet<string> = new Set([actions.put, actions.create, actions.delete]);
const rightOf = (action: string): Right => (readers.has(action) ? 'GR' : writers.has(action) ? 'GW' : 'GX');

/** Everyone, authenticated users, network; and Administrators where the token has them. Interactive users come by no network. */
const everyones: ReadonlySet<string> = new Set(['WD', 'AU', 'NU', 'S-1-1-0', 'S-1-5-11', 'S-1-5-2']);
const remoteManagers: ReadonlySet<string> = new Set(['RM', 'S-1-5-32-580']);
const administrators: ReadonlySet<string> = new Set(['BA', 'S-1-5-32-544']);

export function isAllowed(sddl: string, account: Account, action: string): boolean {
  const list = /D:[A-Z]*((?:\([^)]*\))*)/.exec(sddl)?.[1] ?? '';
  const wanted = rightOf(action);
  for (const match of list.matchAll(/\(([^)]*)\)/g)) {
    const [type, , rights = '', , , trustee = ''] = match[1]!.split(';');
    const isMember =
      everyones.has(trustee) ||
      (remoteManagers.has(trustee) && account.isRemoteManager === true) ||
      (administrators.has(trustee) && account.isAdministrator && !account.isTokenFiltered);
    if (!isMember || !(rights.includes('GA') || rights.includes(wanted))) continue;
    if (type === 'D') return false;
    if (type === 'A') return true;
  }
  return false;
}
