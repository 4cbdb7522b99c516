/** Sessions of PowerShell on a target, and what runs in them (MS-PSRP 3.1.4.10.1): where another client can connect to. */
import type { WSManClient } from '../client.ts';
import { ns } from '../namespaces.ts';
import { listShells, type ShellRecord } from '../shell-list.ts';
import { attribute, childText, type XmlElement } from '../xml.ts';
import { powerShellNamespace } from './shell-bodies.ts';

export interface ListedPipeline {
  readonly id: string;
  /** `Connected` or `Disconnected`; null where the target does not say. */
  readonly state: string | null;
}

/** A shell of PowerShell, and its pipelines that have not ended. */
export interface ListedPool extends ShellRecord {
  readonly pipelines: readonly ListedPipeline[];
}

/** Pools of every user whom this one may see. Rejects as a client's enumerate does. */
export async function listRunspacePools(
  client: WSManClient,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ListedPool[]> {
  const shells = await listShells(client, options);
  const pools = shells.filter(({ resourceUri }) => resourceUri?.toLowerCase().startsWith(`${powerShellNamespace}/`));
  const listed: ListedPool[] = [];
  for (const pool of pools) {
    const filter = { dialect: 'selector', selectors: [['ShellId', pool.shellId]] } as const;
    const commands = await client.enumerateAll({ resourceUri: `${ns.shell}/Command` }, { ...options, filter });
    const pipelines = commands.map(readPipeline).filter((pipeline) => pipeline !== null);
    listed.push({ ...pool, pipelines });
  }
  return listed;
}

function readPipeline(element: XmlElement): ListedPipeline | null {
  const id = childText(element, 'CommandId', ns.shell) ?? attribute(element, 'CommandId');
  return id ? { id, state: childText(element, 'State', ns.shell) || null } : null;
}
