import type { CimReference } from '../../wsman/index.ts';
import { wmi } from '../../wsman/index.ts';

/**
 * Object paths, as WMI writes references: `root\cimv2:Win32_Service.Name="Spooler"`, several keys joined by commas, `\"` and `\\` inside quotes,
 * `Class=@` for a singleton. A machine in front is passed over: a reference is always read on the machine it was found on.
 */

/** Null where the text is no object path. `namespace` is what a path without one means. */
export function parseObjectPath(text: string, namespace: string): CimReference | null {
  const match = /^\s*(?:\\\\[^\\:]+\\)?(?:([\w\\/-]+):)?([\p{L}_][\p{L}\p{N}_]*)(?:\.|=)([\s\S]+?)\s*$/u.exec(text);
  if (!match) return null;
  const [, said, className, rest] = match;
  const space = (said ?? namespace).replaceAll('\\', '/');
  const selectors: [string, string][] = [['__cimnamespace', space]];
  if (rest !== '@') {
    const pairs = readPairs(rest!);
    if (pairs === null) return null;
    selectors.push(...pairs);
  }
  return { cim: 'reference', address: '', resourceUri: wmi(className!, space), selectors };
}

function readPairs(text: string): [string, string][] | null {
  const pairs: [string, string][] = [];
  const pair = /\s*([\p{L}_][\p{L}\p{N}_]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",\s][^,]*))\s*(,|$)/uy;
  while (pair.lastIndex < text.length) {
    const found = pair.exec(text);
    if (!found) return null;
    pairs.push([found[1]!, found[2] === undefined ? found[3]!.trim() : found[2].replace(/\\(.)/g, '$1')]);
    if (found[4] === '') break;
  }
  return pairs.length > 0 && (pair.lastIndex === 0 || pair.lastIndex >= text.length) ? pairs : null;
}
