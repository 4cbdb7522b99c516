import { type ProcessKey, type ProcessOwner, processKeyText } from '../../../shared/contract/processes.ts';
import type { Session } from '../../sessions/session.ts';
import { isNil, type WSManClient, wmi } from '../../wsman/index.ts';
import { isAccessDenied, isNotOffered } from '../query.ts';
import { processRefusal } from './refusals.ts';

/** Owners that are kept per machine; the oldest answers go first. */
const mostKept = 3000;
/** GetOwner calls under way at one machine. */
const atOnce = 3;

/** What is known of the owners of one machine's processes. A reused process id is another process: it has another creation date. */
export function createOwners() {
  const kept = new Map<string, ProcessOwner>();

  return async (
    session: Session,
    keys: readonly ProcessKey[],
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, ProcessOwner>>> => {
    const missing = keys.filter((key) => !kept.has(processKeyText(key)));
    const next = missing[Symbol.iterator]();
    await session.run(
      async (client, within) => {
        const worker = async (): Promise<void> => {
          for (const key of next) {
            within.throwIfAborted();
            const owner = await readOwner(client, key, within);
            kept.set(processKeyText(key), owner);
          }
        };
        await Promise.all(Array.from({ length: Math.min(atOnce, missing.length) }, worker));
      },
      { signal },
    );
    for (const key of kept.keys()) {
      if (kept.size <= mostKept) break;
      kept.delete(key);
    }
    return Object.fromEntries(
      keys.flatMap((key) => {
        const owner = kept.get(processKeyText(key));
        return owner === undefined ? [] : [[processKeyText(key), owner]];
      }),
    );
  };
}

async function readOwner(client: WSManClient, { processId }: ProcessKey, signal: AbortSignal): Promise<ProcessOwner> {
  const resource = { resourceUri: wmi('Win32_Process'), selectors: [['Handle', String(processId)]] as const };
  try {
    const { output, returnValue } = await client.invoke(resource, 'GetOwner', [], { signal, timeoutMs: 10_000 });
    const text = (local: string): string => {
      const found = output.children.find((each) => each.local.toLowerCase() === local);
      return found === undefined || isNil(found) ? '' : found.text.trim();
    };
    const [user, domain] = [text('user'), text('domain')];
    if (returnValue === 0 && user !== '') return { kind: 'known', name: domain === '' ? user : `${domain}\\${user}` };
    return {
      kind: 'withheld',
      why: returnValue === null || returnValue === 0 ? 'It has no owner.' : processRefusal('GetOwner', returnValue),
    };
  } catch (error) {
    if (isNotOffered(error)) return { kind: 'gone' };
    if (isAccessDenied(error)) return { kind: 'withheld', why: 'Access is denied.' };
    throw error;
  }
}
