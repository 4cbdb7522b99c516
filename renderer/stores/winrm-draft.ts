import type { WinrmChange, WinrmConfiguration, WinrmListener } from '../../shared/contract/winrm-settings.ts';

type Kind<K extends WinrmChange['kind']> = Extract<WinrmChange, { kind: K }>;
type WithoutPassword<C extends { password: unknown }> = Omit<C, 'password'> & { readonly newPassword: boolean };

/** A change that has not been sent. The password of a mapping is no part of it: it is typed where the changes are applied. */
export type DraftMapping = WithoutPassword<Kind<'create-mapping'>> | WithoutPassword<Kind<'edit-mapping'>>;
export type DraftChange = Exclude<WinrmChange, { kind: 'create-mapping' | 'edit-mapping' }> | DraftMapping;
/** In the order in which they were made; one per thing that changes. */
export type Draft = readonly DraftChange[];

export const listenerName = (listener: { address: string; transport: string }): string =>
  `${listener.address}+${listener.transport}`;

/** What a change is about: two changes of one thing have one key, and the later replaces the earlier. */
export function changeKey(change: DraftChange): string {
  switch (change.kind) {
    case 'set':
      return `set ${change.path}`;
    case 'create-listener':
    case 'edit-listener':
    case 'delete-listener':
      return `listener ${listenerName(change)}`;
    case 'create-mapping':
    case 'edit-mapping':
    case 'delete-mapping':
      return `mapping ${JSON.stringify([change.issuer.toUpperCase(), change.subject, change.uri])}`;
    case 'set-plugin':
      return `plugin ${JSON.stringify([change.name, change.property])}`;
    case 'restore':
      return `restore ${change.what}`;
    case 'stop-service':
    case 'set-firewall':
      return change.kind;
  }
}

export const findChange = (draft: Draft, key: string): DraftChange | undefined =>
  draft.find((change) => changeKey(change) === key);
export const dropChange = (draft: Draft, key: string): Draft => draft.filter((change) => changeKey(change) !== key);

/**
 * The draft with one more change. What was only drafted is not edited or deleted on the machine but here: a drafted listener that is
 * deleted is gone, one that is edited is created otherwise. What would leave everything as it is, is no change.
 */
export function putChange(draft: Draft, change: DraftChange, configuration: WinrmConfiguration): Draft {
  const key = changeKey(change);
  const before = findChange(draft, key);
  const rest = dropChange(draft, key);
  const created = before?.kind === 'create-listener' || before?.kind === 'create-mapping';
  if (created && (change.kind === 'delete-listener' || change.kind === 'delete-mapping')) return rest;
  if (before?.kind === 'create-listener' && change.kind === 'edit-listener') {
    return replace(draft, key, { ...change, kind: 'create-listener' });
  }
  if (before?.kind === 'create-mapping' && change.kind === 'edit-mapping') {
    return replace(draft, key, { ...change, kind: 'create-mapping', newPassword: true });
  }
  // What is to be deleted and made anew is there, and is changed.
  if (before?.kind === 'delete-listener' && change.kind === 'create-listener') {
    return putChange(rest, { ...change, kind: 'edit-listener' }, configuration);
  }
  if (before?.kind === 'delete-mapping' && change.kind === 'create-mapping') {
    return replace(draft, key, { ...change, kind: 'edit-mapping', newPassword: true });
  }
  if (changesNothing(change, configuration)) return rest;
  return before === undefined ? [...draft, change] : replace(draft, key, change);
}

const replace = (draft: Draft, key: string, by: DraftChange): Draft =>
  draft.map((change) => (changeKey(change) === key ? by : change));

/** The draft against a newer reading: what has become true meanwhile is no change any more. */
export const settleDraft = (draft: Draft, configuration: WinrmConfiguration): Draft =>
  draft.filter((change) => !changesNothing(change, configuration));

export const findListener = (
  configuration: WinrmConfiguration,
  { address, transport }: { address: string; transport: string },
): WinrmListener | undefined =>
  configuration.listeners.find((one) => one.address === address && one.transport === transport);

export const findMapping = (
  configuration: WinrmConfiguration,
  { issuer, subject, uri }: { issuer: string; subject: string; uri: string },
) =>
  configuration.mappings.find(
    (one) => one.issuer.toUpperCase() === issuer.toUpperCase() && one.subject === subject && one.uri === uri,
  );

/** The value of a plug-in's property as the machine has it: `Enabled`, `Quotas/MaxShellsPerUser`; null where it has none. */
export function pluginValue(configuration: WinrmConfiguration, name: string, property: string): string | null {
  const plugin = configuration.plugins.find((one) => one.name === name);
  if (plugin === undefined) return null;
  const text = (value: boolean | number | null) => (value === null ? null : String(value));
  switch (property) {
    case 'Enabled':
      return text(plugin.enabled);
    case 'UseSharedProcess':
      return text(plugin.useSharedProcess);
    case 'AutoRestart':
      return text(plugin.autoRestart);
    case 'ProcessIdleTimeoutSec':
      return text(plugin.processIdleTimeoutSeconds);
    case 'OutputBufferingMode':
      return plugin.outputBufferingMode;
    default:
      return plugin.quotas.find((quota) => property === `Quotas/${quota.name}`)?.value ?? null;
  }
}

function changesNothing(change: DraftChange, configuration: WinrmConfiguration): boolean {
  switch (change.kind) {
    case 'set':
      return configuration.settings.find((one) => one.path === change.path)?.current === change.value;
    case 'set-plugin':
      return pluginValue(configuration, change.name, change.property) === change.value;
    case 'edit-listener': {
      const now = findListener(configuration, change);
      return (
        now !== undefined &&
        now.enabled === change.enabled &&
        now.urlPrefix === change.urlPrefix &&
        (change.port === null || now.port === change.port) &&
        (change.hostname === null || now.hostname === change.hostname) &&
        (change.thumbprint === null || now.thumbprint === change.thumbprint.toUpperCase())
      );
    }
    case 'delete-listener':
      return findListener(configuration, change) === undefined;
    case 'edit-mapping': {
      const now = findMapping(configuration, change);
      return now?.userName === change.userName && now.enabled === change.enabled && !change.newPassword;
    }
    case 'delete-mapping':
      return findMapping(configuration, change) === undefined;
    case 'create-listener':
    case 'create-mapping':
    case 'restore':
    case 'stop-service':
    case 'set-firewall':
      return false;
  }
}

export const needsPassword = (change: DraftChange): change is DraftMapping =>
  (change.kind === 'create-mapping' || change.kind === 'edit-mapping') && change.newPassword;

/** As it is sent. `passwordOf` reads the field of that change now; nothing here keeps what it says. */
export function toChanges(draft: Draft, passwordOf: (key: string) => string): WinrmChange[] {
  return draft.map((change): WinrmChange => {
    switch (change.kind) {
      case 'create-mapping': {
        const { newPassword: _, ...rest } = change;
        return { ...rest, password: passwordOf(changeKey(change)) };
      }
      case 'edit-mapping': {
        const { newPassword, ...rest } = change;
        return { ...rest, password: newPassword ? passwordOf(changeKey(change)) : null };
      }
      default:
        return change;
    }
  });
}

/** Stands for every password in a preview, which neither needs nor shows one. */
export const passwordForPreview = (): string => '*';
