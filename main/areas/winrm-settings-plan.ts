import { ProblemError } from '../../shared/contract/problem.ts';
import type { ChangeLine, ChangePreview, FollowTo, WinrmChange } from '../../shared/contract/winrm-settings.ts';
import {
  type ConfigMapping,
  type ConfigOperation,
  type ConfigState,
  type CutRisk,
  carriersOf,
  differencesOf,
  isOwnPlugin,
  isSameMapping,
  nameOfListener,
  type OwnConnection,
  operationsBetween,
  planChanges,
  revertLines,
  risksBetween,
  type ServiceStartMode,
  type WinrmConfig,
} from '../wsman/index.ts';
import { fingerprintOf, type Reading } from './winrm-settings-read.ts';

/** From what somebody asks for to what would happen: lines, risks, the way back, the way on. Nothing here talks to a machine. */

export interface Plan {
  readonly before: ConfigState;
  readonly after: ConfigState;
  readonly operations: readonly ConfigOperation[];
  /** A Restore is one action of the machine's own. */
  readonly restore: 'config' | 'plugins' | null;
  readonly risks: readonly CutRisk[];
  readonly revert: { readonly lines: readonly string[]; readonly gaps: readonly string[] };
  readonly lines: readonly ChangeLine[];
  readonly refusals: readonly string[];
  readonly follow: FollowTo | null;
}

export function planOfChanges(reading: Reading, changes: readonly WinrmChange[], startMode: ServiceStartMode): Plan {
  const { read, generation, own } = reading;
  // We are connected, so the service runs and the firewall lets us through.
  const before: ConfigState = { config: read.config, isServiceRunning: true, isFirewallOpen: true };
  const planned = planChanges(before, changes, generation);
  const { after } = planned;
  const risks = risksBetween(before, after, own);
  const operations = operationsBetween(before, after);
  const restore = changes.find((change) => change.kind === 'restore')?.what ?? null;
  const revert = revertLines(operationsBetween(after, before), startMode);
  const mixed = restore !== null && changes.length > 1 ? ['Restore goes alone, without other changes.'] : [];
  const refusals = [...planned.refusals.values(), ...mixed];
  const passwords = changes.filter((change) => change.kind === 'edit-mapping' && change.password !== null);
  return {
    before,
    after,
    operations: [...operations, ...passwordOperations(changes, operations, after)],
    restore,
    risks,
    revert:
      passwords.length > 0 && risks.length > 0
        ? {
            lines: revert.lines,
            gaps: [...revert.gaps, 'The former password of a mapping cannot be read, so it cannot be put back.'],
          }
        : revert,
    lines: [
      ...linesOf(before, after, risks).map((line) =>
        restore === 'plugins' && line.after === null ? goneLine(line) : line,
      ),
      ...(restore === 'plugins' ? quotaLines(read.config) : []),
      ...passwords.map(
        (): ChangeLine => ({
          subject: 'Certificate mapping › Password',
          before: '••••••',
          after: '••••••',
          meaning: 'Another password.',
          risk: null,
          refusal: null,
        }),
      ),
      ...[...planned.refusals].map(([index, refusal]) => refusedLine(changes[index]!, refusal)),
      ...mixed.map(
        (refusal): ChangeLine => ({ subject: 'Restore', before: null, after: null, meaning: '', risk: null, refusal }),
      ),
    ],
    refusals,
    follow: followOf(before.config, after.config, own, risks),
  };
}

/** A plug-in that Restore unregisters. */
const goneLine = (line: ChangeLine): ChangeLine => ({
  ...line,
  meaning: /pwrshplugin/i.test(line.before ?? '')
    ? 'It does not come with WinRM, and is unregistered. Enable-PSRemoting and Register-PSSessionConfiguration make those of PowerShell anew.'
    : 'It does not come with WinRM, and is unregistered: whoever installed it has to do that again.',
});

/** What Restore makes of the quotas is known by the machine alone, so there is no value to show. */
function quotaLines({ plugins }: WinrmConfig): ChangeLine[] {
  if (!plugins.some((plugin) => isOwnPlugin(plugin) && plugin.quotas.length > 0)) return [];
  const after = 'the limits that this Windows ships';
  const meaning =
    'Of each plug-in that comes with WinRM. They are not documented for every version, so they are not listed.';
  return [{ subject: 'Plug-ins › Quotas', before: null, after, meaning, risk: null, refusal: null }];
}

/** A new password alone changes nothing that can be read. */
function passwordOperations(
  changes: readonly WinrmChange[],
  operations: readonly ConfigOperation[],
  after: ConfigState,
): ConfigOperation[] {
  return changes.flatMap((change): ConfigOperation[] => {
    if (change.kind !== 'edit-mapping' || change.password === null) return [];
    const mapping = after.config.mappings.find((candidate) => isSameMapping(candidate, change));
    const isThere = operations.some((operation) => operation.kind === 'put-mapping' && operation.mapping === mapping);
    return mapping && !isThere ? [{ kind: 'put-mapping', mapping }] : [];
  });
}

/** The password that somebody gave for this mapping; null: none, so that the stored one stays. */
export function passwordFor(changes: readonly WinrmChange[], mapping: ConfigMapping): string | null {
  for (const change of changes.toReversed()) {
    if (change.kind !== 'create-mapping' && change.kind !== 'edit-mapping') continue;
    if (change.password !== null && isSameMapping(change, mapping)) return change.password;
  }
  return null;
}

function linesOf(before: ConfigState, after: ConfigState, risks: readonly CutRisk[]): ChangeLine[] {
  const left = [...risks];
  const riskAt = (subject: string): ChangeLine['risk'] => {
    const at = left.findIndex((risk) => subject === risk.subject || subject.startsWith(`${risk.subject} `));
    if (at < 0) return null;
    const [{ class: cutClass, certainty, why }] = left.splice(at, 1) as [CutRisk];
    return { class: cutClass, certainty, why };
  };
  const lines = differencesOf(before.config, after.config).map(
    ({ subject, left: old, right, meaning }): ChangeLine => ({
      subject,
      before: old,
      after: right,
      meaning,
      risk: riskAt(subject),
      refusal: null,
    }),
  );
  const state = (subject: string, was: string, now: string, meaning: string): ChangeLine => ({
    subject,
    before: was,
    after: now,
    meaning,
    risk: riskAt(subject),
    refusal: null,
  });
  if (before.isServiceRunning !== after.isServiceRunning)
    lines.push(state('Service WinRM', 'running', 'stopped', 'The service itself.'));
  if (before.isFirewallOpen !== after.isFirewallOpen)
    lines.push(state('Firewall', 'lets WinRM through', 'blocks WinRM', 'The rule group “Windows Remote Management”.'));
  return lines;
}

function refusedLine(change: WinrmChange, refusal: string): ChangeLine {
  const subject =
    change.kind === 'set'
      ? change.path
      : 'transport' in change
        ? `Listener ${nameOfListener(change)}`
        : change.kind === 'set-plugin'
          ? `Plug-in ${change.name} › ${change.property}`
          : change.kind;
  const after = 'value' in change ? change.value : null;
  return { subject, before: null, after, meaning: '', risk: null, refusal };
}

/** Where the console can go on: the listener that it uses, as it then is; else another one that is there. */
function followOf(
  before: WinrmConfig,
  after: WinrmConfig,
  own: OwnConnection,
  risks: readonly CutRisk[],
): FollowTo | null {
  if (risks.length === 0) return null;
  const now = carriersOf(after, own);
  if (now.some(({ urlPrefix }) => urlPrefix === own.path)) return null;
  const keys = new Set(carriersOf(before, own).map(nameOfListener));
  const usable = after.listeners.filter(({ enabled }) => enabled);
  const next =
    usable.find((listener) => keys.has(nameOfListener(listener))) ??
    usable.find(({ address }) => address === '*') ??
    usable[0];
  return next
    ? { transport: next.transport === 'HTTPS' ? 'https' : 'http', port: next.port, path: next.urlPrefix }
    : null;
}

export function previewOf(reading: Reading, plan: Plan, revertBy: ChangePreview['revertBy']): ChangePreview {
  const couldCut = plan.risks.length > 0;
  return {
    lines: plan.lines,
    couldCut,
    revertBy: couldCut && plan.revert.gaps.length === 0 ? revertBy : null,
    revertGaps: couldCut ? plan.revert.gaps : [],
    revertLines: couldCut ? plan.revert.lines : [],
    follow: plan.follow,
    fingerprint: fingerprintOf(reading.read.config),
  };
}

export function refuse(message: string, advice: readonly string[] = []): ProblemError {
  return new ProblemError({ code: 'invalid-input', message, advice, retryable: false });
}
