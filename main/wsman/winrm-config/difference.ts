/** What differs between two configurations, line by line: for previews, for comparing machines, for drift. */
import { isSameListener, isSameMapping, nameOfListener } from './changes.ts';
import type { ConfigListener, ConfigMapping, ConfigPlugin, WinrmConfig } from './configuration.ts';
import { findSetting } from './settings.ts';

export interface ConfigDifference {
  /** `Service/Auth/Basic`, `Listener *+HTTPS › Port`. */
  readonly subject: string;
  readonly left: string | null;
  readonly right: string | null;
  /** One sentence: what it is about. */
  readonly meaning: string;
  /** Differs between any two machines: names, addresses, thumbprints. */
  readonly expected: boolean;
}

type Row = readonly [name: string, value: string, expected?: true];

/** What is compared of a configuration: all but the documents it was read from. */
export type ComparableConfig = Omit<WinrmConfig, 'plugins'> & {
  readonly plugins: readonly Omit<ConfigPlugin, 'element'>[];
};

export function differencesOf(left: ComparableConfig, right: ComparableConfig): ConfigDifference[] {
  return [
    ...settingDifferences(left, right),
    ...partDifferences(left.listeners, right.listeners, isSameListener, {
      name: (listener) => `Listener ${nameOfListener(listener)}`,
      rows: listenerRows,
      meaning: 'Where the service listens.',
      // A listener on one address of its own has no counterpart elsewhere.
      isOwn: ({ address }) => address !== '*',
    }),
    ...partDifferences(left.mappings, right.mappings, isSameMapping, {
      name: ({ subject, issuer, uri }) => `Certificate mapping ${subject} · ${issuer} · ${uri}`,
      rows: ({ userName, enabled }: ConfigMapping): Row[] => [
        ['User', userName],
        ['Enabled', String(enabled)],
      ],
      meaning: 'Which client certificate signs in as whom.',
      isOwn: () => false,
    }),
    ...partDifferences(left.plugins, right.plugins, (a, b) => a.name.toLowerCase() === b.name.toLowerCase(), {
      name: ({ name }) => `Plug-in ${name}`,
      rows: pluginRows,
      whole: ({ fileName, enabled }) => `${fileName}${enabled ? '' : ', off'}`,
      meaning: 'What answers requests, and within which limits. It counts once the WinRM service was started anew.',
      isOwn: () => false,
    }),
  ];
}

function settingDifferences(left: ComparableConfig, right: ComparableConfig): ConfigDifference[] {
  const other = new Map(right.settings.map((setting) => [setting.path.toLowerCase(), setting]));
  const found: ConfigDifference[] = [];
  const add = (path: string, before: string | null, after: string | null): void => {
    const definition = findSetting(path);
    const expected = path.endsWith('CertificateThumbprint');
    found.push({
      subject: path,
      left: before,
      right: after,
      meaning: definition?.meaning ?? 'A setting of this machine.',
      expected,
    });
  };
  for (const { path, value } of left.settings) {
    const match = other.get(path.toLowerCase());
    other.delete(path.toLowerCase());
    if (match === undefined) add(path, value, null);
    else if (match.value !== value) add(path, value, match.value);
  }
  for (const { path, value } of other.values()) add(path, null, value);
  return found;
}

interface Words<T> {
  readonly name: (item: T) => string;
  readonly rows: (item: T) => readonly Row[];
  /** One that only one side has, in a few words; without it all of its rows. */
  readonly whole?: (item: T) => string;
  readonly meaning: string;
  readonly isOwn: (item: T) => boolean;
}

function partDifferences<T>(
  left: readonly T[],
  right: readonly T[],
  isSame: (a: T, b: T) => boolean,
  words: Words<T>,
): ConfigDifference[] {
  const found: ConfigDifference[] = [];
  const { meaning } = words;
  const whole = (item: T): string =>
    words.whole?.(item) ??
    words
      .rows(item)
      .map(([name, value]) => `${name} ${value === '' ? '(none)' : value}`)
      .join(', ');
  for (const item of left) {
    const match = right.find((candidate) => isSame(item, candidate));
    if (match === undefined) {
      found.push({ subject: words.name(item), left: whole(item), right: null, meaning, expected: words.isOwn(item) });
      continue;
    }
    const before = new Map(words.rows(item).map((row) => [row[0], row]));
    const after = new Map(words.rows(match).map((row) => [row[0], row]));
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const [, was = null, expected] = before.get(name) ?? [];
      const [, now = null] = after.get(name) ?? [];
      if (now === was) continue;
      found.push({
        subject: `${words.name(item)} › ${name}`,
        left: was,
        right: now,
        meaning,
        expected: expected ?? false,
      });
    }
  }
  for (const item of right) {
    if (left.some((candidate) => isSame(item, candidate))) continue;
    found.push({ subject: words.name(item), left: null, right: whole(item), meaning, expected: words.isOwn(item) });
  }
  return found;
}

const listenerRows = (listener: ConfigListener): Row[] => [
  ['Port', String(listener.port)],
  ['Host name', listener.hostname, true],
  ['Enabled', String(listener.enabled)],
  ['URL prefix', listener.urlPrefix],
  ['Certificate', listener.thumbprint, true],
];

function pluginRows(plugin: Omit<ConfigPlugin, 'element'>): Row[] {
  const known = (value: string | number | boolean | null): string => (value === null ? '' : String(value));
  return [
    ['Enabled', String(plugin.enabled)],
    ['File', plugin.fileName],
    ['Run as', known(plugin.runAsUser)],
    ['Shared process', known(plugin.useSharedProcess)],
    ['Restarts by itself', known(plugin.autoRestart)],
    // Older documents have no such attribute, and their processes never end for that.
    ['Idle time-out', String(plugin.processIdleTimeoutSeconds ?? 0)],
    ['Output buffering', known(plugin.outputBufferingMode)],
    ...plugin.quotas.map(({ name, value }): Row => [`Quota ${name}`, value]),
    [
      'Resources',
      plugin.resources.map(({ resourceUri, sddl }) => `${resourceUri}${sddl === null ? '' : ` ${sddl}`}`).join(' '),
    ],
  ];
}
