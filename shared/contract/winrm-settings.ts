import * as v from 'valibot';
import { call, of, stream } from '../rpc/endpoint.ts';
import { MachineId, MachineIds, Transport } from './machines.ts';
import type { Problem } from './problem.ts';

/** The WinRM service of a machine: winrm/config with all that hangs on it (MS-WSMV 2.2.4.6 to 2.2.4.36). Times are epoch milliseconds. */

export const ListenerTransport = v.picklist(['HTTP', 'HTTPS']);
const Port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535));
/** `*`, `IP:10.0.0.4` or `MAC:00-11-22-33-44-55`. */
const ListenerAddress = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64));
const Thumbprint = v.pipe(v.string(), v.regex(/^([0-9A-Fa-f]{40})?$/, 'must be a thumbprint of 40 hex digits'));
const UrlPrefix = v.pipe(
  v.string(),
  v.maxLength(200),
  v.regex(/^[A-Za-z0-9_]+(\/[A-Za-z0-9_]+)*$/, 'must be letters, digits, _ and / inside'),
);
const Text = v.pipe(v.string(), v.maxLength(8192));
const Name = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(256));
const SettingPath = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_]+(\/[A-Za-z0-9_]+)*$/), v.maxLength(200));

/** Where a value comes from when nobody here may change it; `Compatibility`: the listeners on 80 and 443 that a setting turns on. */
export type ListenerSource = 'GPO' | 'Compatibility';

export interface WinrmListener {
  readonly address: string;
  readonly transport: 'HTTP' | 'HTTPS';
  readonly port: number;
  readonly hostname: string;
  readonly enabled: boolean;
  readonly urlPrefix: string;
  /** 40 hex digits in upper case; empty for HTTP. */
  readonly thumbprint: string;
  readonly listeningOn: readonly string[];
  readonly source: ListenerSource | null;
  /** This console's own connection goes through it. */
  readonly carriesThisConnection: boolean;
}

/** The Group Policy that sets, or could set, a setting. */
export interface PolicyReference {
  /** `Computer Configuration › Administrative Templates › … › WinRM Service`. */
  readonly path: string;
  readonly name: string;
  /** `HKLM\SOFTWARE\Policies\Microsoft\Windows\WinRM\Service`. */
  readonly key: string;
  readonly valueName: string;
  /** What was read there; null: no such value, or it could not be read. */
  readonly value: string | null;
}

/** Why a setting cannot be changed here. */
export type SettingLock =
  /** Set by Group Policy; `policy` null where no published policy is known for it. */
  | { readonly kind: 'policy'; readonly policy: PolicyReference | null }
  | { readonly kind: 'read-only' }
  /** Newer stacks refuse to write it (2150859182). */
  | { readonly kind: 'deprecated' };

export type SettingKind =
  | { readonly kind: 'flag' }
  | {
      readonly kind: 'number';
      readonly least: number;
      readonly most: number;
      readonly unit: 'ms' | 's' | 'KB' | 'MB' | null;
    }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** `looks`: what kind of text, so that a form can help. */
  | {
      readonly kind: 'text';
      readonly looks: 'sddl' | 'address-ranges' | 'hosts' | 'thumbprint' | 'url-prefix' | 'plain';
    };

export interface WinrmSetting {
  /** Below winrm/config, as it is written there: `Service/Auth/Basic`. */
  readonly path: string;
  readonly value: SettingKind;
  /** As text, as the machine writes it: `true`, `300`. */
  readonly current: string;
  /** Default of this machine's generation; null where none is documented. */
  readonly default: string | null;
  /** One sentence: what it does. */
  readonly meaning: string;
  readonly lock: SettingLock | null;
}

export interface CertificateMapping {
  /** SHA-1 thumbprint of the direct issuer. */
  readonly issuer: string;
  readonly subject: string;
  readonly uri: string;
  readonly userName: string;
  readonly enabled: boolean;
  readonly source: 'GPO' | null;
}

export interface PluginResource {
  readonly resourceUri: string;
  readonly supportsOptions: boolean;
  readonly capabilities: readonly string[];
  /** SDDL of who may use it, where one is set. */
  readonly sddl: string | null;
}

export interface WinrmPlugin {
  readonly name: string;
  readonly fileName: string;
  readonly enabled: boolean;
  readonly sdkVersion: string | null;
  readonly runAsUser: string | null;
  readonly useSharedProcess: boolean | null;
  readonly autoRestart: boolean | null;
  readonly processIdleTimeoutSeconds: number | null;
  readonly outputBufferingMode: string | null;
  /** Attributes of Quotas by their names: `MaxShellsPerUser`, `MaxMemoryPerShellMB` … */
  readonly quotas: readonly { readonly name: string; readonly value: string }[];
  readonly resources: readonly PluginResource[];
  /** What parts of this console would go with it: `WMI: everything but shells`; null where nothing would. */
  readonly neededFor: string | null;
}

/** A certificate in the machine's own store (LocalMachine\My). */
export interface StoreCertificate {
  readonly thumbprint: string;
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  readonly validFromAt: number;
  readonly validToAt: number;
  readonly serverAuthentication: boolean;
  readonly hasPrivateKey: boolean | null;
  /** The host name that an HTTPS listener with it would have; null where it holds none. */
  readonly hostname: string | null;
  /** Why no HTTPS listener can use it, one sentence each; empty: it can. */
  readonly unsuitable: readonly string[];
}

/** Everything the WinRM view shows of one machine, read at one moment. Parts that could not be read carry why. */
export interface WinrmConfiguration {
  readonly readAt: number;
  /** `config`: as WinRM answers. `registry`: reading winrm/config was refused, and this is what the registry shows of it. */
  readonly source: 'config' | 'registry';
  /** Why it is only from the registry, or why not even that. */
  readonly denied: Problem | null;
  readonly stack: string | null;
  /** `Windows Server 2019`: whose defaults are meant. */
  readonly generation: string | null;
  readonly listeners: readonly WinrmListener[];
  readonly settings: readonly WinrmSetting[];
  readonly mappings: readonly CertificateMapping[];
  readonly mappingsProblem: Problem | null;
  readonly plugins: readonly WinrmPlugin[];
  readonly pluginsProblem: Problem | null;
  readonly certificates: readonly StoreCertificate[];
  readonly certificatesProblem: Problem | null;
  /** Reverts of Windeck that still wait on the machine: another console is changing it, or one ended half-way. */
  readonly pendingReverts: readonly { readonly name: string; readonly dueAt: number | null }[];
  /** Changes over when any value differs: what a preview was made from. */
  readonly fingerprint: string;
}

const MappingKeys = {
  issuer: v.pipe(v.string(), v.regex(/^[0-9A-Fa-f]{40}$/, 'must be a thumbprint of 40 hex digits')),
  subject: Name,
  uri: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(1024)),
};
const ListenerKeys = { address: ListenerAddress, transport: ListenerTransport };
const ListenerValues = {
  /** null: the machine chooses (default port; its own name for HTTPS). */
  port: v.nullable(Port),
  hostname: v.nullable(v.pipe(v.string(), v.maxLength(255))),
  enabled: v.boolean(),
  urlPrefix: UrlPrefix,
  /** null: the machine looks for a certificate with that host name. */
  thumbprint: v.nullable(Thumbprint),
};

/** One change that a person asks for. */
export const WinrmChange = v.variant('kind', [
  v.object({ kind: v.literal('set'), path: SettingPath, value: Text }),
  v.object({ kind: v.literal('create-listener'), ...ListenerKeys, ...ListenerValues }),
  v.object({ kind: v.literal('edit-listener'), ...ListenerKeys, ...ListenerValues }),
  v.object({ kind: v.literal('delete-listener'), ...ListenerKeys }),
  /** The password goes in and never comes out; it is kept in no diff, snapshot or log. */
  v.object({
    kind: v.literal('create-mapping'),
    ...MappingKeys,
    userName: Name,
    password: v.pipe(v.string(), v.minLength(1), v.maxLength(1024)),
    enabled: v.boolean(),
  }),
  v.object({
    kind: v.literal('edit-mapping'),
    ...MappingKeys,
    userName: Name,
    /** null: the stored one stays. */
    password: v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(1024))),
    enabled: v.boolean(),
  }),
  v.object({ kind: v.literal('delete-mapping'), ...MappingKeys }),
  /** `property`: `Enabled`, `UseSharedProcess`, `AutoRestart`, `ProcessIdleTimeoutSec`, `OutputBufferingMode`, or `Quotas/MaxShellsPerUser`. */
  v.object({ kind: v.literal('set-plugin'), name: Name, property: SettingPath, value: Text }),
  /** `winrm invoke restore winrm/config @{}`; `plugins` drops plug-ins that Windows did not bring. */
  v.object({ kind: v.literal('restore'), what: v.picklist(['config', 'plugins']) }),
  /** The WinRM service and the firewall, which this console does not change by itself but whose change can cut the connection too. */
  v.object({ kind: v.literal('stop-service') }),
  v.object({ kind: v.literal('set-firewall'), enabled: v.boolean() }),
]);
export type WinrmChange = v.InferOutput<typeof WinrmChange>;
export const WinrmChanges = v.pipe(v.array(WinrmChange), v.minLength(1), v.maxLength(200));

/** What could cut the connection that carries the change. */
export type CutClass =
  | 'listener-removed'
  | 'port'
  | 'address'
  | 'transport'
  | 'url-prefix'
  | 'authentication'
  | 'clear-text'
  | 'permissions'
  | 'address-filter'
  | 'max-connections'
  | 'certificate'
  | 'service'
  | 'firewall'
  | 'plugin'
  | 'remote-access';

export interface CutRisk {
  readonly class: CutClass;
  /** `certain`: this connection ends for good. `possible`: it depends on what cannot be seen from here. */
  readonly certainty: 'certain' | 'possible';
  /** One sentence. */
  readonly why: string;
}

export interface ChangeLine {
  /** `Service/Auth/Basic`, `Listener *+HTTPS › Port`, `Plug-in Event Forwarding Plugin › Enabled`. */
  readonly subject: string;
  /** null: there is nothing before (created) or after (deleted). */
  readonly before: string | null;
  readonly after: string | null;
  readonly meaning: string;
  readonly risk: CutRisk | null;
  /** Why the machine will refuse it: locked, out of range, no such listener. While there is one, nothing can be applied. */
  readonly refusal: string | null;
}

export interface ChangePreview {
  readonly lines: readonly ChangeLine[];
  /** True: at least one line has a risk, so a revert is planted first where the user consents. */
  readonly couldCut: boolean;
  /** How the revert would be planted; null: nothing found, so such a change is not made. */
  readonly revertBy: 'scheduled-task' | 'scheduled-job' | 'process' | null;
  /** What of it no revert could put back, one sentence each: while there is any, none is planted. */
  readonly revertGaps: readonly string[];
  /** What the revert would run on the machine, line by line, for who consents. Holds no secret. */
  readonly revertLines: readonly string[];
  /** Where this console can go on, where the change moves the listener it uses. */
  readonly follow: FollowTo | null;
  readonly fingerprint: string;
}

/** Another way to the same machine, tried for the confirmation and kept in the inventory when it succeeds. */
export const FollowTo = v.object({ transport: Transport, port: Port, path: v.pipe(v.string(), v.maxLength(200)) });
export type FollowTo = v.InferOutput<typeof FollowTo>;

export type ApplyPhase =
  | 'check'
  | 'plant-revert'
  | 'apply'
  | 'confirm'
  | 'remove-revert'
  /** The confirmation failed: the machine takes the change back by itself, and we watch. */
  | 'await-revert';

export type ApplyResult =
  /** Applied; where a revert was planted, confirmed over a fresh connection and the revert removed. */
  | 'applied'
  /** Not confirmed, and taken back: the values of before were read again. */
  | 'reverted'
  /** The machine refused; what of it was done before stands in `words`. */
  | 'refused'
  /** Confirmed, but the revert could not be removed: it will take the change back at `revertAt`. */
  | 'revert-remains'
  /** The machine did not come back in time. What is known stands in `words`. */
  | 'unreachable';

export interface ApplyProgress {
  readonly phase: ApplyPhase;
  readonly outcome: 'running' | 'passed' | 'failed' | 'skipped';
  readonly words: string;
  /** When the planted revert runs, while there is one. */
  readonly revertAt: number | null;
  readonly problem: Problem | null;
  /** On the last item. */
  readonly result: ApplyResult | null;
}

export interface SnapshotInfo {
  readonly id: string;
  readonly name: string;
  readonly machineId: string | null;
  readonly machineName: string;
  readonly takenAt: number;
  readonly stack: string | null;
}

/** What is compared: a machine as it is now, or a snapshot. */
export const ConfigurationSide = v.variant('kind', [
  v.object({ kind: v.literal('machine'), machineId: MachineId }),
  v.object({ kind: v.literal('snapshot'), id: v.pipe(v.string(), v.minLength(1), v.maxLength(64)) }),
]);
export type ConfigurationSide = v.InferOutput<typeof ConfigurationSide>;

export interface ConfigurationDifference {
  readonly subject: string;
  readonly left: string | null;
  readonly right: string | null;
  /** Differs by nature (thumbprints, host names, addresses): listed, not counted as drift. */
  readonly expected: boolean;
}

export interface ConfigurationComparison {
  readonly left: { readonly name: string; readonly readAt: number };
  readonly right: { readonly name: string; readonly readAt: number };
  readonly differences: readonly ConfigurationDifference[];
}

export interface DriftRow {
  readonly machineId: string;
  readonly outcome: 'same' | 'drifted' | 'failed';
  /** Only what is not expected to differ. */
  readonly differences: readonly ConfigurationDifference[];
  readonly problem: Problem | null;
  readonly readAt: number;
}

/** Windows generations whose quickconfig differs. */
export const QuickconfigGeneration = v.picklist([
  'windows-2003',
  'windows-vista',
  'windows-2008',
  'windows-7-2008r2',
  'windows-2012',
]);
export type QuickconfigGeneration = v.InferOutput<typeof QuickconfigGeneration>;

export interface QuickconfigFinding {
  readonly what: 'service' | 'firewall' | 'listener' | 'remote-access' | 'shell' | 'network-profile';
  /** `change`: quickconfig would change it. `blocked`: it would fail on this. */
  readonly verdict: 'ready' | 'change' | 'blocked' | 'unknown';
  readonly seen: string;
  readonly advice: string | null;
}

/** A file of WinRM itself: WsmSvc.dll and its companions. */
export interface WinrmFile {
  readonly name: string;
  readonly role: string;
  readonly path: string;
  /** null: there is no such file. */
  readonly version: string | null;
}

export interface QuickconfigScript {
  readonly generation: QuickconfigGeneration;
  readonly title: string;
  /** Lines to type, without comments. */
  readonly lines: readonly string[];
  readonly notes: readonly string[];
  /** The same as a file, with CRLF line ends. */
  readonly cmd: { readonly fileName: string; readonly text: string };
  readonly ps1: { readonly fileName: string; readonly text: string };
}

export interface QuickconfigPreflight {
  readonly readAt: number;
  readonly generation: QuickconfigGeneration;
  readonly findings: readonly QuickconfigFinding[];
  readonly files: readonly WinrmFile[];
  readonly filesProblem: Problem | null;
  /** What quickconfig would change, in the words of the service's own analysis. */
  readonly analysis: readonly string[];
  /** null: the four actions can be called. Otherwise why not, and the script is the way. */
  readonly unavailable: Problem | null;
  /** Its changes, once done, as the analysis says. */
  readonly nothingToDo: boolean;
}

export type QuickconfigAction = 'AnalyzeService' | 'EnableService' | 'Analyze' | 'EnableRemoting';
export interface QuickconfigStep {
  readonly action: QuickconfigAction;
  readonly outcome: 'running' | 'passed' | 'failed' | 'skipped';
  readonly words: string;
  readonly results: readonly string[];
  readonly problem: Problem | null;
}

const SnapshotName = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100));

export const winrmSettings = {
  /** Everything, read now. Takes as long as the slowest part; parts that fail say so. */
  read: call(v.object({ machineId: MachineId }), of<WinrmConfiguration>()),
  /** Against the configuration as it is now. Changes nothing. Restore is previewed the same way. */
  preview: call(v.object({ machineId: MachineId, changes: WinrmChanges }), of<ChangePreview>()),
  /**
   * Applies what was previewed; refused with `invalid-input` where the configuration is no longer that of `fingerprint`. A change that could
   * cut the connection is made only with `protect` (consent to the planted revert) or `accept: 'unprotected'`. The last item has a result.
   */
  apply: stream(
    v.object({
      machineId: MachineId,
      changes: WinrmChanges,
      fingerprint: v.pipe(v.string(), v.maxLength(128)),
      protect: v.boolean(),
      accept: v.nullable(v.literal('unprotected')),
      /** Time to confirm, before the machine takes the change back. */
      revertAfterSeconds: v.pipe(v.number(), v.integer(), v.minValue(5), v.maxValue(3600)),
      follow: v.nullable(FollowTo),
    }),
    of<ApplyProgress>(),
  ),
  saveSnapshot: call(v.object({ machineId: MachineId, name: SnapshotName }), of<SnapshotInfo>()),
  listSnapshots: call(v.object({}), of<readonly SnapshotInfo[]>()),
  removeSnapshot: call(v.object({ id: v.pipe(v.string(), v.maxLength(64)) }), of<void>()),
  compare: call(v.object({ left: ConfigurationSide, right: ConfigurationSide }), of<ConfigurationComparison>()),
  /** One row per machine as it is read; ends after the last. */
  drift: stream(v.object({ machineIds: MachineIds, against: ConfigurationSide }), of<DriftRow>()),
  quickconfigPreflight: call(
    v.object({ machineId: MachineId, transport: ListenerTransport }),
    of<QuickconfigPreflight>(),
  ),
  /** The four service actions in their order. The last item is that of EnableRemoting, or the one that failed. */
  quickconfig: stream(
    v.object({ machineId: MachineId, transport: ListenerTransport, force: v.boolean() }),
    of<QuickconfigStep>(),
  ),
  /** What to run on the machine itself; needs no connection. */
  quickconfigScript: call(
    v.object({ generation: QuickconfigGeneration, transport: ListenerTransport, force: v.boolean() }),
    of<QuickconfigScript>(),
  ),
};
