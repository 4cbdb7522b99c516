/** The scroll-back as rows of one list: a head per line that was run, its output, what machines answered, why it failed. */
import type { MachineResult } from '../../../shared/contract/command-lines.ts';
import { listNames, plural } from '../../format.ts';
import type { Entry } from '../../stores/console.ts';
import {
  failureOf,
  groupsOf,
  type OutputLine,
  type ResultGroup,
  type ResultTable,
  tableAsText,
  tableOf,
} from '../../stores/console-output.ts';

export type Item =
  | { readonly kind: 'head'; readonly key: string; readonly entry: Entry }
  | { readonly kind: 'line'; readonly key: string; readonly line: OutputLine }
  | { readonly kind: 'dropped'; readonly key: string; readonly count: number }
  | { readonly kind: 'table'; readonly key: string; readonly table: ResultTable; readonly label: string }
  | { readonly kind: 'group'; readonly key: string; readonly group: ResultGroup; readonly isFirst: boolean }
  | { readonly kind: 'sum'; readonly key: string; readonly text: string; readonly problems: string }
  | { readonly kind: 'problem'; readonly key: string; readonly entry: Entry };

const cache = new WeakMap<Entry, readonly Item[]>();

export function itemsOf(entries: readonly Entry[]): readonly Item[] {
  return entries.flatMap((entry) => {
    const items = cache.get(entry) ?? itemsOfEntry(entry);
    cache.set(entry, items);
    return items;
  });
}

function itemsOfEntry(entry: Entry): readonly Item[] {
  const { id, output, dropped, results } = entry;
  const items: Item[] = [{ kind: 'head', key: `${id}`, entry }];
  if (dropped > 0) items.push({ kind: 'dropped', key: `${id}-dropped`, count: dropped });
  for (const [n, line] of output.entries()) items.push({ kind: 'line', key: `${id}-${n + dropped}`, line });
  const table = tableOf(results);
  if (table.rows.length > 0)
    items.push({ kind: 'table', key: `${id}-table`, table, label: `Results of ${entry.line}` });
  for (const [n, group] of groupsOf(results).entries()) {
    items.push({ kind: 'group', key: `${id}-group-${group.machines[0]}`, group, isFirst: n === 0 });
  }
  if (entry.tag !== null && !entry.isRunning && results.length > 0) {
    items.push({ kind: 'sum', key: `${id}-sum`, ...sumOf(results, entry.machines.length) });
  }
  if (entry.problem !== null) items.push({ kind: 'problem', key: `${id}-problem`, entry });
  return items;
}

/** The whole in a sentence, as under the table. */
export function sumOf(results: readonly MachineResult[], asked: number): { text: string; problems: string } {
  const { rows, failed, empty } = tableOf(results);
  const groups = groupsOf(results);
  const withRows = new Set(rows.filter(({ values }) => values !== null).map(({ result }) => result.machineId)).size;
  const parts: string[] = [];
  const valued = rows.length - failed.length;
  if (valued > 0) parts.push(`${plural(valued, 'row')} from ${plural(withRows, 'machine')}`);
  if (empty.length > 0) parts.push(`${plural(empty.length, 'machine')} returned none`);
  const answered = groups.filter(({ failure }) => failure === null);
  const [largest, ...others] = answered;
  if (largest !== undefined) {
    const differ = others.reduce((sum, { machines }) => sum + machines.length, 0);
    const same = largest.machines.length;
    if (differ > 0 && same === 1) parts.push(`${differ + 1} different answers`);
    else parts.push(differ === 0 ? `${same} same` : `${same} same, ${differ} differ`);
  }
  const silent = asked - results.length;
  if (silent > 0) parts.push(`${plural(silent, 'machine')} not asked`);
  const cut = results.filter(({ isCut }) => isCut).map(({ machine }) => machine);
  if (cut.length > 0) parts.push(`cut off: ${listNames(cut, 3)}`);
  const names = [
    ...failed.map(({ machine }) => machine),
    ...groups.flatMap((g) => (g.failure === null ? [] : g.machines)),
  ];
  return {
    text: parts.join(' · '),
    problems: names.length === 0 ? '' : `${plural(names.length, 'machine')} failed: ${listNames(names)}`,
  };
}

/** What finding and copying see of an item. */
export function textOf(item: Item): string {
  switch (item.kind) {
    case 'head':
      return item.entry.line;
    case 'line':
      return item.line.text;
    case 'table':
      return tableAsText(item.table);
    case 'group': {
      const { machines, text, failure } = item.group;
      return `${machines.join(', ')}:\n${[text, failure].filter(Boolean).join('\n')}`;
    }
    case 'sum':
      return [item.text, item.problems].filter((part) => part !== '').join(' · ');
    case 'problem':
      return item.entry.problem?.message ?? '';
    case 'dropped':
      return '';
  }
}

/** An entry as text, for clipboard and file; never with a secret, since the entry has none. */
export function transcriptOf(entry: Entry, withLine: boolean): string {
  const [, ...rest] = itemsOf([entry]);
  const body = rest.map((item) => textOf(item).replace(/\n$/, '')).join('\n');
  const head = withLine ? `> ${entry.line}\n` : '';
  return `${head}${body}${body === '' ? '' : '\n'}`;
}

/** What is said of a line that has ended, for those who do not see it. */
export function announcementOf(entry: Entry): string {
  if (entry.problem !== null) return `Failed: ${entry.problem.message}`;
  const lines = entry.output.filter(({ stream }) => stream !== 'typed');
  const shown = lines
    .slice(0, 8)
    .map(({ text }) => text.trim())
    .filter((text) => text !== '')
    .join('. ')
    .slice(0, 300);
  const results =
    entry.results.length === 0
      ? ''
      : ` ${Object.values(sumOf(entry.results, entry.machines.length)).filter(Boolean).join('. ')}.`;
  const failed = entry.results.filter(({ problem }) => problem !== null).slice(0, 3);
  const sentences = failed.map((result) => `${result.machine}: ${failureOf(result)}`).join(' ');
  const count = lines.length > 8 ? ` ${plural(lines.length, 'line')}.` : '';
  return `Exit code ${entry.exitCode ?? 'not known'}.${results} ${sentences} ${shown}${count}`
    .replace(/\s+/g, ' ')
    .trim();
}
