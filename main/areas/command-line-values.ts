/**
 * Values of a key for completion (`wmicimv2/Win32_Service?Name=`), read from the machine that the line goes to: one enumeration of one property,
 * bounded, kept briefly. Only from a machine that is connected: nobody signs in for a completion.
 */
import { CommandLineError } from '../winrm-command/command.ts';
import type { KnownValue } from '../winrm-command/complete.ts';
import { parseResource } from '../winrm-command/uri.ts';
import { isNil, type WSManClient, wql } from '../wsman/index.ts';
import { address, type KnownMachine } from './command-line-destination.ts';
import { type AreaContext, sleep } from './context.ts';

const maxValues = 200;
/** Nobody waits longer for a list; what comes later is there the next time. */
const waitMs = 2000;
/** So long a list is taken for what the machine has. */
const keptMs = 20_000;
const maxKept = 50;

/**
 * Enumerating these costs the machine much, or does something: all files, all events, a whole domain; of Win32_Product every package is checked,
 * and repaired.
 */
const costly =
  /^(?:CIM_(?:LogicalFile|DataFile|Directory)|Win32_(?:Directory|ShortcutFile|CodecFile|NTLogEvent|Account|UserAccount|Group|SystemAccount|SID|(?:Product|Software(?:Feature|Element))\w*))$/i;

export interface AskedValue {
  readonly resource: string;
  readonly key: string;
}

export interface ValueMemory {
  /** `line` without the word that is being typed, so that it can be read. Never rejects. */
  valuesOf(
    asked: AskedValue,
    line: string,
    machines: readonly KnownMachine[],
    prompt: KnownMachine | null,
  ): Promise<readonly KnownValue[]>;
}

interface Kept {
  readonly at: number;
  readonly values: Promise<readonly string[]>;
}

export function createValueMemory(context: AreaContext): ValueMemory {
  const kept = new Map<string, Kept>();

  function valuesOn(machineId: string, query: ValueQuery): Kept | null {
    const id = `${machineId} ${query.namespace} ${query.text}`.toLowerCase();
    const before = kept.get(id);
    if (before !== undefined && context.now() - before.at < keptMs) return before;
    const session = context.sessions.get(machineId);
    if (session?.status.state !== 'online') return null;
    // What fails is an empty list for as long: it is not asked again at every key.
    const values = session
      .run((client, signal) => read(client, query, signal), { signal: context.closing })
      .catch(() => []);
    kept.delete(id);
    const asked = { at: context.now(), values };
    kept.set(id, asked);
    const [oldest] = kept.keys();
    if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
    return asked;
  }

  return {
    async valuesOf(asked, line, machines, prompt) {
      const machine = machineOf(line, machines, prompt);
      const query = machine === null ? null : queryFor(asked);
      const found = machine === null || query === null ? null : valuesOn(machine.id, query);
      if (machine === null || found === null) return [];
      const late = sleep(Math.max(0, found.at + waitMs - context.now()), context.closing).catch(() => {});
      const values = await Promise.race([found.values, late.then(() => [])]);
      return values.map((value) => ({ value, note: machine.settings.name }));
    },
  };
}

/** The one machine that it goes to; null for a tag, for another computer, and for what cannot be read. */
function machineOf(line: string, machines: readonly KnownMachine[], prompt: KnownMachine | null): KnownMachine | null {
  try {
    const { destination } = address(line, machines, prompt);
    return destination.kind === 'machine' ? destination.machine : null;
  } catch (error) {
    if (error instanceof CommandLineError) return null;
    throw error;
  }
}

interface ValueQuery {
  readonly namespace: string;
  readonly text: string;
  readonly key: string;
}

const dmtfClasses = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/';

/** Null where it is no class of WMI, or one that is better left alone. */
function queryFor({ resource, key }: AskedValue): ValueQuery | null {
  if (!/^[a-z]\w*$/i.test(key)) return null;
  let uri: string;
  try {
    uri = parseResource(resource).resourceUri;
  } catch {
    return null;
  }
  const match = uri.startsWith(dmtfClasses)
    ? ['', 'root/cimv2', uri.slice(dmtfClasses.length)]
    : /\/wbem\/wsman\/1\/wmi\/(.+)\/([^/]+)$/i.exec(uri);
  const [, namespace = '', name = ''] = match ?? [];
  if (namespace === '' || !/^[a-z]\w*$/i.test(name) || costly.test(name)) return null;
  return { namespace, text: `SELECT ${key} FROM ${name}`, key };
}

async function read(client: WSManClient, { namespace, text, key }: ValueQuery, signal: AbortSignal): Promise<string[]> {
  const found = new Set<string>();
  const batches = client.enumerate(
    { resourceUri: wql(namespace) },
    { filter: { dialect: 'wql', text }, maxElements: maxValues, timeoutMs: waitMs, signal },
  );
  reading: for await (const batch of batches) {
    for (const instance of batch) {
      const property = instance.children.find(({ local }) => local.toLowerCase() === key.toLowerCase());
      // A reference is no text, and an embedded object neither.
      if (property === undefined || isNil(property) || property.children.length > 0) continue;
      found.add(property.text);
      if (found.size >= maxValues) break reading;
    }
  }
  return [...found].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
