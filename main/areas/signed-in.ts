import type { SignedInUser } from '../../shared/contract/overview.ts';
import { type CimReference, cimSchema, type WSManClient } from '../wsman/index.ts';
import { query, select } from './query.ts';

const sessionSchema = cimSchema({ LogonId: 'string', LogonType: 'uint32', StartTime: 'datetime' });
const userSchema = cimSchema({ Antecedent: 'reference', Dependent: 'reference' });

/** Win32_LogonSession.LogonType of people; network, batch and service logons are left out. */
const kinds: ReadonlyMap<number, string> = new Map([
  [2, 'Console'],
  [7, 'Console (unlocked)'],
  [10, 'Remote Desktop'],
  [11, 'Console (cached sign-in)'],
  [12, 'Remote Desktop (cached sign-in)'],
]);
/** Windows' own accounts that draw the desktop count as interactive, but nobody sits there. */
const desktopDomains = new Set(['window manager', 'font driver host']);

/** Who is signed in at a machine, a line for each account and kind, the longest there first. */
export async function readSignedIn(client: WSManClient, signal: AbortSignal): Promise<SignedInUser[]> {
  const people = [...kinds.keys()].map((type) => `LogonType=${type}`).join(' OR ');
  const sessions = await query(client, select(sessionSchema, 'Win32_LogonSession', people), sessionSchema, signal);
  if (sessions.length === 0) return [];
  const links = await query(client, select(userSchema, 'Win32_LoggedOnUser'), userSchema, signal);
  const users = new Map<string, SignedInUser>();
  for (const { LogonId, LogonType, StartTime } of sessions) {
    const kind = kinds.get(LogonType ?? -1);
    const link = links.find(({ Dependent }) => LogonId !== null && selector(Dependent, 'LogonId') === LogonId);
    const name = selector(link?.Antecedent ?? null, 'Name');
    if (kind === undefined || name === null) continue;
    const domain = selector(link?.Antecedent ?? null, 'Domain');
    if (desktopDomains.has(domain?.toLowerCase() ?? '')) continue;
    const account = domain === null ? name : `${domain}\\${name}`;
    const sinceAt = StartTime?.epochMs ?? null;
    // User Account Control gives an administrator two sessions at one sign-in.
    const known = users.get(`${account} ${kind}`);
    if (known === undefined || (sinceAt ?? Infinity) < (known.sinceAt ?? Infinity)) {
      users.set(`${account} ${kind}`, { account, kind, sinceAt });
    }
  }
  return [...users.values()].sort((a, b) => (a.sinceAt ?? 0) - (b.sinceAt ?? 0));
}

function selector(reference: CimReference | null, name: string): string | null {
  const found = reference?.selectors.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  return typeof found === 'string' ? found : null;
}
