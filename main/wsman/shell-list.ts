/**
 * The shells of a machine, whoever opened them: Enumerate on `…/windows/shell` (MS-WSMV 3.1.4.1.17, example 4.7.6; the record is rsp:Shell,
 * 2.2.4.37), and Delete of one (example 4.7.8). On WinRM 2.0 and later the enumeration goes to the bare URI, never to `…/shell/cmd`.
 */
import { readInterval } from './cim-datetime.ts';
import type { CallOptions, WSManClient } from './client.ts';
import { WSManFault } from './errors.ts';
import { ns } from './namespaces.ts';
import { child, childText, type XmlElement } from './xml.ts';

/** What a machine tells of one shell. Null where it does not say. */
export interface ShellRecord {
  /** As the target wrote it. */
  readonly shellId: string;
  readonly name: string | null;
  /** What runs in it: `…/windows/shell/cmd`, `http://schemas.microsoft.com/powershell/CONFIGURATION`. */
  readonly resourceUri: string | null;
  /** `DOMAIN\user`. */
  readonly owner: string | null;
  /** Where its client is. */
  readonly clientAddress: string | null;
  readonly processId: number | null;
  /** `Connected`, `Disconnected`. */
  readonly state: string | null;
  readonly idleTimeoutMs: number | null;
  /** Since it was opened. */
  readonly runTimeMs: number | null;
  /** Since its last request. */
  readonly inactivityMs: number | null;
  readonly memoryBytes: number | null;
  readonly childProcesses: number | null;
}

/** A guard, not a limit of Windows: its own quota is far below. */
const mostShells = 10_000;

/** Every shell that the account may see. Rejects as a client's calls do; stack 1.1 has shells and does not list them. */
export async function listShells(client: WSManClient, options: CallOptions = {}): Promise<ShellRecord[]> {
  const shells: ShellRecord[] = [];
  for await (const batch of client.enumerate({ resourceUri: ns.shell }, options)) {
    for (const element of batch) {
      const record = readShellRecord(element);
      if (record !== null) shells.push(record);
    }
    if (shells.length > mostShells) break;
  }
  return shells;
}

/** One rsp:Shell; null for an element that names no shell. Values that cannot be read count as not said. */
export function readShellRecord(element: XmlElement): ShellRecord | null {
  const text = (local: string): string | null => childText(element, local, ns.shell)?.trim() || null;
  const shellId = text('ShellId');
  if (shellId === null) return null;
  return {
    shellId,
    name: text('Name'),
    resourceUri: text('ResourceUri'),
    owner: text('Owner'),
    clientAddress: text('ClientIP'),
    processId: wholeNumber(text('ProcessId')),
    state: text('State'),
    idleTimeoutMs: milliseconds(child(element, 'IdleTimeOut', ns.shell)),
    runTimeMs: milliseconds(child(element, 'ShellRunTime', ns.shell)),
    inactivityMs: milliseconds(child(element, 'ShellInactivity', ns.shell)),
    memoryBytes: bytes(text('MemoryUsed')),
    childProcesses: wholeNumber(text('ChildProcesses')),
  };
}

const wholeNumber = (text: string | null): number | null =>
  text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;

function milliseconds(element: XmlElement | undefined): number | null {
  if (element === undefined) return null;
  try {
    const interval = readInterval(element);
    return interval?.microseconds == null ? null : Number(interval.microseconds / 1000n);
  } catch {
    return null;
  }
}

const units: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** `46MB`, as Windows writes it. */
function bytes(text: string | null): number | null {
  const match = /^(\d{1,12}(?:\.\d+)?)\s*(B|KB|MB|GB)$/i.exec(text ?? '');
  return match === null ? null : Math.round(Number(match[1]) * (units[match[2]!.toUpperCase()] ?? 1));
}

/** The shell is gone, or is nobody's we may see: unexpected selectors, resource not found. */
const goneCodes: ReadonlySet<number> = new Set([2150858843, 2150858752]);

/** True where a fault says that there is no such shell (any more). */
export const saysShellIsGone = (error: unknown): boolean =>
  error instanceof WSManFault && goneCodes.has(error.fields.wsmanCode ?? 0);

/**
 * Ends a shell and all that runs in it. False where it was gone already. Rejects as a client's calls do: 5 where it belongs to somebody else
 * and the account may not end it.
 */
export async function deleteShell(
  client: WSManClient,
  shell: { readonly shellId: string; readonly resourceUri: string },
  options: CallOptions = {},
): Promise<boolean> {
  try {
    await client.delete({ resourceUri: shell.resourceUri, selectors: [['ShellId', shell.shellId]] }, options);
    return true;
  } catch (error) {
    if (saysShellIsGone(error)) return false;
    throw error;
  }
}
