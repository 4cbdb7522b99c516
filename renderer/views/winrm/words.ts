import type {
  ApplyPhase,
  ApplyProgress,
  CutClass,
  QuickconfigAction,
  QuickconfigFinding,
  QuickconfigGeneration,
  QuickconfigStep,
  WinrmConfiguration,
} from '../../../shared/contract/winrm-settings.ts';
import type { GlyphName } from '../../components/Glyph.tsx';
import { formatTime, plural } from '../../format.ts';
import {
  type Draft,
  type DraftChange,
  findListener,
  findMapping,
  listenerName,
  pluginValue,
} from '../../stores/winrm-draft.ts';
import type { ApplyRun } from '../../stores/winrm-settings.ts';
import { fullName, humanPluginValue, withMeaning } from './setting-view.ts';

export const cutWords: Readonly<Record<CutClass, string>> = {
  'listener-removed': 'The listener goes',
  port: 'Another port',
  address: 'Another address',
  transport: 'Another transport',
  'url-prefix': 'Another URL prefix',
  authentication: 'A way of signing in goes',
  'clear-text': 'Clear text goes',
  permissions: 'Who may connect changes',
  'address-filter': 'Other addresses answer',
  'max-connections': 'Fewer connections',
  certificate: 'Another certificate',
  service: 'The service stops',
  firewall: 'The firewall closes',
  plugin: 'A plug-in goes',
  'remote-access': 'Remote access ends',
};

/** What one drafted change does: what it is about, and each value before and after. Null: there is none. */
export interface DraftLine {
  readonly subject: string;
  readonly values: readonly {
    readonly label: string | null;
    readonly before: string | null;
    readonly after: string | null;
  }[];
}

/** Says a drafted change without asking the machine; the preview then says what the machine would make of it. */
export function draftLine(change: DraftChange, now: WinrmConfiguration): DraftLine {
  switch (change.kind) {
    case 'set': {
      const setting = now.settings.find((one) => one.path === change.path);
      return {
        subject: fullName(change.path),
        values: [
          {
            label: null,
            before: setting === undefined ? null : withMeaning(setting, setting.current),
            after: withMeaning(setting, change.value),
          },
        ],
      };
    }
    case 'create-listener':
      return {
        subject: `Listener ${listenerName(change)}`,
        values: [{ label: null, before: null, after: listenerWords(change) }],
      };
    case 'edit-listener': {
      const before = findListener(now, change);
      const fields = [
        ['Port', before?.port, change.port],
        ['Hostname', before?.hostname, change.hostname],
        ['Enabled', before?.enabled, change.enabled],
        ['URLPrefix', before?.urlPrefix, change.urlPrefix],
        ['CertificateThumbprint', before?.thumbprint, change.thumbprint?.toUpperCase() ?? null],
      ] as const;
      return {
        subject: `Listener ${listenerName(change)}`,
        values: fields
          .filter(([, was, is]) => is !== null && was !== is)
          .map(([label, was, is]) => ({ label, before: was === undefined ? null : said(was), after: said(is) })),
      };
    }
    case 'delete-listener': {
      const before = findListener(now, change);
      return {
        subject: `Listener ${listenerName(change)}`,
        values: [{ label: null, before: before === undefined ? null : listenerWords(before), after: null }],
      };
    }
    case 'create-mapping':
      return { subject: mappingName(change), values: [{ label: null, before: null, after: mappingWords(change) }] };
    case 'edit-mapping': {
      const before = findMapping(now, change);
      return {
        subject: mappingName(change),
        values: [
          {
            label: null,
            before: before === undefined ? null : mappingWords(before),
            after: `${mappingWords(change)}${change.newPassword ? ', a new password' : ''}`,
          },
        ],
      };
    }
    case 'delete-mapping': {
      const before = findMapping(now, change);
      return {
        subject: mappingName(change),
        values: [{ label: null, before: before === undefined ? null : mappingWords(before), after: null }],
      };
    }
    case 'set-plugin':
      return {
        subject: `Plug-in ${change.name}`,
        values: [
          {
            label: change.property.replaceAll('/', ' / '),
            before: pluginWithMeaning(change.property, pluginValue(now, change.name, change.property)),
            after: pluginWithMeaning(change.property, change.value),
          },
        ],
      };
    case 'restore':
      return {
        subject: change.what === 'config' ? 'All of winrm/config' : 'All plug-ins',
        values: [{ label: null, before: null, after: 'the defaults of Windows' }],
      };
    case 'stop-service':
      return { subject: 'WinRM service', values: [{ label: null, before: 'running', after: 'stopped' }] };
    case 'set-firewall':
      return {
        subject: 'Firewall exception of WinRM',
        values: [{ label: null, before: null, after: change.enabled ? 'on' : 'off' }],
      };
  }
}

function pluginWithMeaning(property: string, text: string | null): string | null {
  const human = text === null ? null : humanPluginValue(property, text);
  return human === null ? text : `${text} (${human})`;
}

const said = (value: string | number | boolean | null): string => (value === '' ? '(empty)' : String(value));

const listenerWords = (one: {
  port: number | null;
  enabled: boolean;
  hostname: string | null;
  thumbprint: string | null;
}) =>
  [
    `port ${one.port ?? 'by default'}`,
    one.hostname ? one.hostname : null,
    one.thumbprint ? shortPrint(one.thumbprint) : null,
    one.enabled ? null : 'disabled',
  ]
    .filter(Boolean)
    .join(', ');

export const mappingName = ({ subject, uri }: { subject: string; uri: string }): string =>
  `Mapping ${subject} → ${uri}`;
const mappingWords = ({ userName, enabled }: { userName: string; enabled: boolean }): string =>
  `${userName}${enabled ? '' : ', disabled'}`;

/** The ends of a thumbprint tell certificates apart; the whole stands in its tooltip. */
export const shortPrint = (thumbprint: string): string =>
  thumbprint.length <= 16
    ? thumbprint
    : `${thumbprint.slice(0, 4)} ${thumbprint.slice(4, 8)} … ${thumbprint.slice(-4)}`;

export const phaseWords: Readonly<Record<ApplyPhase, string>> = {
  check: 'Check',
  'plant-revert': 'Plant the revert',
  apply: 'Apply',
  confirm: 'Confirm over a fresh connection',
  'remove-revert': 'Remove the revert',
  'await-revert': 'Wait for the revert',
};

export const stepGlyph = (outcome: ApplyProgress['outcome'] | QuickconfigStep['outcome']): GlyphName => {
  switch (outcome) {
    case 'running':
      return 'pending';
    case 'passed':
      return 'healthy';
    case 'failed':
      return 'critical';
    case 'skipped':
      return 'skipped';
  }
};

export interface Verdict {
  readonly glyph: GlyphName;
  readonly tint: 'info' | 'warn' | 'crit';
  readonly words: string;
  /** What is true now, and what to do. */
  readonly next: string;
}

/** How applying ended, plainly: confirmed, taken back, refused, or not known. Null while it goes on. */
export function runVerdict(run: ApplyRun, machine: string): Verdict | null {
  const what = run.count === 1 ? 'The change' : `All ${run.count} changes`;
  const confirmed = run.steps.some((step) => step.phase === 'confirm' && step.outcome === 'passed');
  switch (run.result) {
    case null:
      return null;
    case 'applied':
      return {
        glyph: 'healthy',
        tint: 'info',
        words: confirmed
          ? `Confirmed. ${what} to ${machine} ${run.count === 1 ? 'stands' : 'stand'}.`
          : `Applied. ${what} to ${machine} ${run.count === 1 ? 'stands' : 'stand'}.`,
        next: confirmed ? 'A fresh connection succeeded, and the revert was removed from the machine.' : '',
      };
    case 'reverted':
      return {
        glyph: 'warning',
        tint: 'warn',
        words: `Reverted. ${machine} is as it was before.`,
        next: 'No fresh connection succeeded with the change, so the machine took it back; the values of before were read again.',
      };
    case 'refused':
      return {
        glyph: 'critical',
        tint: 'crit',
        words: `Refused. ${machine} did not take ${run.count === 1 ? 'the change' : 'these changes'}.`,
        next: refusedNext(run, machine),
      };
    case 'revert-remains':
      return {
        glyph: 'warning',
        tint: 'crit',
        words: `Confirmed, but the revert is still on ${machine} and will take ${run.count === 1 ? 'the change' : 'the changes'} back.`,
        next: 'It could not be removed. Remove it on the machine, or apply again afterwards.',
      };
    case 'unreachable':
      if (!isPlanted(run)) {
        return {
          glyph: 'unreachable',
          tint: 'crit',
          words: `Unknown. ${machine} does not answer a fresh connection since.`,
          next: 'No revert was planted, so nothing takes the change back. Look at the machine itself.',
        };
      }
      return {
        glyph: 'unreachable',
        tint: 'crit',
        words: `Unknown. ${machine} did not come back in time.`,
        next: 'Whether the change stands or was taken back is not known from here. Look at the machine itself before you repeat it.',
      };
    case 'lost':
      return {
        glyph: 'warning',
        tint: 'crit',
        words: `Unknown. What became of ${run.count === 1 ? 'the change' : 'the changes'} to ${machine} was not heard.`,
        next: 'Read the configuration again before you repeat anything. A planted revert runs or expires by itself.',
      };
  }
}

const isPlanted = ({ steps }: ApplyRun): boolean =>
  steps.some((step) => step.phase === 'plant-revert' && step.outcome === 'passed');

/** Under a planted revert a refusal counts as one only where nothing had been done yet; later ones are taken back. */
function refusedNext(run: ApplyRun, machine: string): string {
  const last = run.steps.at(-1);
  const planted = isPlanted(run);
  if (planted && last?.revertAt)
    return `Nothing was changed, but the planted revert could not be taken away. It runs on ${machine} at ${formatTime(last.revertAt)} and puts back what is there now: change nothing before.`;
  if (planted) return 'Nothing was changed, and the planted revert was taken away.';
  return last?.phase === 'apply' ? 'What was done before the refusal stands in the steps.' : 'Nothing was changed.';
}

export const verdictGlyph: Readonly<Record<QuickconfigFinding['verdict'], GlyphName>> = {
  ready: 'healthy',
  change: 'warning',
  blocked: 'critical',
  unknown: 'skipped',
};
export const verdictName: Readonly<Record<QuickconfigFinding['verdict'], string>> = {
  ready: 'Ready',
  change: 'Would be changed',
  blocked: 'Stands in the way',
  unknown: 'Not known',
};
export const findingNames: Readonly<Record<QuickconfigFinding['what'], string>> = {
  service: 'WinRM service',
  firewall: 'Firewall',
  listener: 'Listeners',
  'remote-access': 'Remote access',
  shell: 'Shell (winrs)',
  'network-profile': 'Network profile',
};
export const actionWords: Readonly<Record<QuickconfigAction, string>> = {
  AnalyzeService: 'Look at the service',
  EnableService: 'Start the service, and with the machine',
  Analyze: 'Look at what remote management lacks',
  EnableRemoting: 'Create the listener and the firewall exception',
};
export const generationNames: Readonly<Record<QuickconfigGeneration, string>> = {
  'windows-2003': 'Windows Server 2003, with KB936059',
  'windows-vista': 'Windows Vista',
  'windows-2008': 'Windows Server 2008',
  'windows-7-2008r2': 'Windows 7, Server 2008 R2',
  'windows-2012': 'Windows 8, Server 2012 and later',
};

/** What a Restore of winrm/config leaves alone; null where it leaves nothing, or nothing is restored. */
export function keptByPolicy(draft: Draft, { settings, listeners }: WinrmConfiguration): string | null {
  if (!draft.some((change) => change.kind === 'restore' && change.what === 'config')) return null;
  const values = settings.filter(({ lock }) => lock?.kind === 'policy').length;
  const made = listeners.filter(({ source }) => source === 'GPO').length;
  const kept = [
    ...(values === 0 ? [] : [plural(values, 'value')]),
    ...(made === 0 ? [] : [plural(made, 'listener')]),
  ].join(' and ');
  if (kept === '') return null;
  return `${kept} set by Group Policy ${values + made === 1 ? 'stays as it is' : 'stay as they are'}.`;
}

/** `Apply 3 changes to HQ-WEB04`. */
export const applyWords = (count: number, machine: string): string => `Apply ${plural(count, 'change')} to ${machine}`;
