import type { WinrmSetting } from '../../../shared/contract/winrm-settings.ts';
import { formatBytes, formatDuration } from '../../format.ts';
import { changeKey, type Draft } from '../../stores/winrm-draft.ts';

/** The parts of winrm/config in the order in which they are shown. */
export const settingGroups = [
  { id: 'Service', title: 'Service', where: 'winrm/config/service' },
  { id: 'Client', title: 'Client', where: 'winrm/config/client' },
  { id: 'Winrs', title: 'Shell (winrs)', where: 'winrm/config/winrs' },
  { id: '', title: 'General', where: 'winrm/config' },
] as const;
export type SettingGroup = (typeof settingGroups)[number]['id'];

/** `Service/Auth/Basic` → `Service`; `MaxEnvelopeSizekb` belongs to winrm/config itself. */
export function groupOf(path: string): SettingGroup {
  const first = path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
  return settingGroups.find((group) => group.id === first)?.id ?? '';
}

/** `Service/Auth/Basic` → `Auth / Basic`, under the heading of its group. */
export const labelOf = (path: string): string =>
  (groupOf(path) === '' ? path : path.slice(path.indexOf('/') + 1)).replaceAll('/', ' / ');
/** The same where no heading says to what it belongs. */
export const fullName = (path: string): string => path.replaceAll('/', ' / ');

export type SettingFilter = 'changed' | 'locked' | 'not-default';

/** One row: the setting with what is drafted for it. */
export interface SettingRow {
  readonly setting: WinrmSetting;
  /** What stands in its control. */
  readonly text: string;
  readonly changed: boolean;
  readonly wrong: string | null;
}

export function settingRows(settings: readonly WinrmSetting[], draft: Draft): readonly SettingRow[] {
  const drafted = new Map(draft.map((change) => [changeKey(change), change]));
  return settings.map((setting) => {
    const change = drafted.get(`set ${setting.path}`);
    const text = change?.kind === 'set' ? change.value : setting.current;
    return {
      setting,
      text,
      changed: change !== undefined,
      wrong: change === undefined ? null : whyWrong(setting, text),
    };
  });
}

/** Differs from the default of its generation; one without a documented default never does. */
export const isNotDefault = ({ current, default: normal }: WinrmSetting): boolean =>
  normal !== null && current.toLowerCase() !== normal.toLowerCase();

/** What is left by the filter: any of the chips that are on, and every word of the text. */
export function filterSettings(
  rows: readonly SettingRow[],
  text: string,
  filters: ReadonlySet<SettingFilter>,
): readonly SettingRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(({ setting, changed, text: value }) => {
    const fits =
      filters.size === 0 ||
      (filters.has('changed') && changed) ||
      (filters.has('locked') && setting.lock !== null) ||
      (filters.has('not-default') && isNotDefault(setting));
    if (!fits) return false;
    const haystack = [setting.path, fullName(setting.path), setting.meaning, value].join(' ').toLowerCase();
    return words.every((word) => haystack.includes(word));
  });
}

/** Why a text is no value of this setting; null where the machine may take it. */
export function whyWrong({ value }: WinrmSetting, text: string): string | null {
  switch (value.kind) {
    case 'flag':
      return text === 'true' || text === 'false' ? null : 'true or false';
    case 'number': {
      if (!/^\d+$/.test(text)) return 'a whole number';
      const number = Number(text);
      return number < value.least || number > value.most ? `${value.least} to ${value.most}` : null;
    }
    case 'choice':
      return value.choices.includes(text) ? null : `one of ${value.choices.join(', ')}`;
    case 'text':
      if (value.looks === 'thumbprint' && !/^([0-9A-Fa-f]{40})?$/.test(text)) return '40 hex digits, or nothing';
      if (value.looks === 'url-prefix' && !/^\w+(\/\w+)*$/.test(text)) return 'letters, digits, _ and / inside';
      return null;
  }
}

/** Why a text is no value of a plug-in's property; null where the machine may take it. */
export function whyWrongInPlugin(property: string, text: string): string | null {
  if (property !== 'ProcessIdleTimeoutSec' && !property.startsWith('Quotas/')) return null;
  return /^\d{1,10}$/.test(text) && Number(text) <= 4_294_967_295 ? null : 'a whole number up to 4294967295';
}

/** The first of what is drafted that cannot be sent. */
export function firstWrong(
  rows: readonly SettingRow[],
  draft: Draft,
): { readonly name: string; readonly why: string } | null {
  const row = rows.find(({ wrong }) => wrong !== null);
  if (row?.wrong) return { name: fullName(row.setting.path), why: row.wrong };
  for (const change of draft) {
    const why = change.kind === 'set-plugin' ? whyWrongInPlugin(change.property, change.value) : null;
    if (change.kind === 'set-plugin' && why !== null)
      return { name: `${change.name} / ${fullName(change.property)}`, why };
  }
  return null;
}

/** The highest value of a 31 or 32 bit counter is how Windows writes that there is no limit. */
const limitless: ReadonlySet<string> = new Set(['2147483647', '4294967295']);

/** What a bare number means: `7200000` → `2 h`, `512` KB → `512 KB`, `2147483647` → `no limit`. Null where the text says it all. */
export const humanValue = ({ value }: WinrmSetting, text: string): string | null =>
  value.kind === 'number' ? humanNumber(value.unit, text) : null;

/** The same for a property of a plug-in, whose name ends with its unit. An idle time of nought means that there is no limit. */
export function humanPluginValue(property: string, text: string): string | null {
  if (property === 'ProcessIdleTimeoutSec') return text === '0' ? 'no limit' : humanNumber('s', text);
  if (!property.startsWith('Quotas/')) return null;
  return humanNumber(/ms$/.test(property) ? 'ms' : /MB$/.test(property) ? 'MB' : null, text);
}

function humanNumber(unit: Extract<WinrmSetting['value'], { kind: 'number' }>['unit'], text: string): string | null {
  if (!/^\d+$/.test(text)) return null;
  if (limitless.has(text)) return 'no limit';
  const number = Number(text);
  switch (unit) {
    case 'ms':
      return whole(formatDuration(number));
    case 's':
      return whole(formatDuration(number * 1000));
    case 'KB':
      return formatBytes(number * 1024);
    case 'MB':
      return formatBytes(number * 1024 * 1024);
    case null:
      return null;
  }
}

/** `2 h 0 min` is `2 h`. */
const whole = (duration: string): string => duration.replace(/ 0 (h|min|s)$/, '');

/** The value with its meaning behind it, for a diff. */
export function withMeaning(setting: WinrmSetting | undefined, text: string): string {
  const human = setting === undefined ? null : humanValue(setting, text);
  return human === null ? text : `${text} (${human})`;
}

/** What stands at the right of a row that cannot be changed here. */
export function lockWords(setting: WinrmSetting): string | null {
  switch (setting.lock?.kind) {
    case undefined:
      return null;
    case 'policy':
      return 'Set by Group Policy';
    case 'read-only':
      return 'Read only';
    case 'deprecated':
      return 'Not written any more';
  }
}

/** A sentence on why. */
export function lockSentence(setting: WinrmSetting): string | null {
  switch (setting.lock?.kind) {
    case undefined:
      return null;
    case 'policy':
      return 'Windows refuses to change it here. Change the policy, then run gpupdate on the machine.';
    case 'read-only':
      return 'WinRM shows it, but nobody can write it here.';
    case 'deprecated':
      return 'Newer stacks show it for older clients and refuse to write it.';
  }
}
