import * as v from 'valibot';
import { of, stream } from '../rpc/endpoint.ts';
import { NewCredential } from './credentials.ts';
import { MachineId, MachineSettings } from './machines.ts';
import type { CertificateInfo, Problem, TrustFailure } from './problem.ts';

/**
 * *Diagnose*: why does WinRM not work? Layer by layer, each with what was seen, what it means and what to do. And *Second opinion*: do
 * other machines reach it? Evidence may quote the target: data, never markup.
 */

/** In the order in which they are shown; some are tried side by side. */
export const diagnosisSteps = [
  'name',
  'tcp',
  'tls',
  'ws-man',
  'schemes',
  'identify',
  'sign-in',
  'signed-in-identify',
  'config',
  'service',
  'wmi',
  'shell',
  'way-back',
] as const;
export type DiagnosisStepName = (typeof diagnosisSteps)[number];

/** What a step is called, on the screen, at the command line and in the report. */
export const diagnosisStepTitles: Readonly<Record<DiagnosisStepName, string>> = {
  name: 'Name resolution',
  tcp: 'TCP',
  tls: 'TLS',
  'ws-man': 'HTTP answer is WS-Man',
  schemes: 'Schemes offered',
  identify: 'Anonymous Identify',
  'sign-in': 'Authenticate',
  'signed-in-identify': 'Identify, signed in',
  config: 'winrm/config',
  service: 'Win32_Service?Name=WinRM',
  wmi: 'WMI root/cimv2',
  shell: 'Shell',
  'way-back': 'The way back',
};
export type DiagnosisState = 'running' | 'passed' | 'failed' | 'skipped';

/** What to do: a sentence, and where there is one the command to copy. */
export interface Fix {
  readonly text: string;
  readonly command: string | null;
}

export interface DiagnosisStep {
  readonly step: DiagnosisStepName;
  readonly state: DiagnosisState;
  readonly milliseconds: number;
  /** What was seen, one line each. */
  readonly evidence: readonly string[];
  /** What it means, one sentence; of a skipped step why it was; empty while it runs. */
  readonly meaning: string;
  readonly fixes: readonly Fix[];
  /** Why it failed, where an error of the wire says it; the same words as everywhere else. */
  readonly problem: Problem | null;
  /** The chain that was presented, leaf first, on step `tls`. */
  readonly chain: readonly CertificateInfo[];
  readonly trustFailures: readonly TrustFailure[];
}

/** One of the causes that look alike on the wire, with the check that tells it from the others. */
export interface PossibleCause {
  readonly what: string;
  readonly check: Fix;
}

export interface DiagnosisCause {
  /** Stable, in kebab case: `port-refused`, `certificate-expired`, `sign-in-rejected` … `works` where nothing is wrong. */
  readonly id: string;
  /** `partly`: the machine is managed, but something of it cannot be had (its configuration, its shells). */
  readonly outcome: 'works' | 'partly' | 'fails';
  /** The step that shows it; null where everything works. */
  readonly step: DiagnosisStepName | null;
  /** One sentence that names the cause. */
  readonly sentence: string;
  /** A few more words on what that means; may be empty. */
  readonly detail: string;
  /** Where the wire cannot separate several causes: all of them. Empty where the cause is one. */
  readonly candidates: readonly PossibleCause[];
  readonly fixes: readonly Fix[];
}

/** What is diagnosed, as words for a heading. */
export interface DiagnosisSubject {
  readonly machineId: string | null;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly transport: 'http' | 'https';
  readonly signIn: string;
  /** As whom, in words. */
  readonly who: string;
  /** The machine that *the way back* goes to; null: none was named. */
  readonly other: string | null;
}

export interface Diagnosis {
  readonly subject: DiagnosisSubject;
  readonly startedAt: number;
  readonly milliseconds: number;
  /** Every step, in order; none of them running. */
  readonly steps: readonly DiagnosisStep[];
  readonly cause: DiagnosisCause;
  /** The whole of it as a Markdown document, text of the target escaped. */
  readonly markdown: string;
}

/** `begin` first; each step first as running, then as it went; `end` last. */
export type DiagnosisItem =
  | { readonly kind: 'begin'; readonly subject: DiagnosisSubject; readonly startedAt: number }
  | { readonly kind: 'step'; readonly step: DiagnosisStep }
  | { readonly kind: 'end'; readonly diagnosis: Diagnosis };

/** A host name or an address, as the command of *the way back* takes it. */
export const OtherMachine = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1),
  v.maxLength(255),
  v.regex(/^[A-Za-z0-9._:-]+$/, 'must be a host name or an address'),
);

const Subject = v.variant('kind', [
  v.object({ kind: v.literal('machine'), machineId: MachineId }),
  /** Settings that need not be saved; `credential` is one that is not saved yet, null: what the settings inherit. */
  v.object({ kind: v.literal('settings'), settings: MachineSettings, credential: v.nullable(NewCredential) }),
]);

/** How far somebody gets on the way to the machine. */
export interface View {
  /** Addresses that the name has from there; null: not known. Empty: it has none. */
  readonly addresses: readonly string[] | null;
  /** It answers an echo request; null: not asked, or not to be told. */
  readonly echo: boolean | null;
  readonly winrm: 'answers' | 'refused' | 'silent' | 'no-route' | 'name-unknown' | 'not-known';
  /** What was seen, one line each. */
  readonly evidence: readonly string[];
}

export interface Witness {
  readonly machineId: string;
  readonly name: string;
  readonly state: 'running' | 'answered' | 'failed';
  readonly milliseconds: number;
  readonly view: View | null;
  /** Why it could not be asked. */
  readonly problem: Problem | null;
}

export interface SecondOpinionVerdict {
  /** `none`: nobody could be asked. `reachable`: this computer reaches it as well. */
  readonly id:
    | 'reachable'
    | 'host-down'
    | 'my-network'
    | 'its-listener'
    | 'its-firewall'
    | 'dns-mine'
    | 'dns-all'
    | 'partial'
    | 'none';
  /** One sentence. */
  readonly sentence: string;
  readonly detail: string;
  readonly candidates: readonly PossibleCause[];
  readonly fixes: readonly Fix[];
}

/** `mine` first, each witness first as running and then as it went, `end` last. */
export type SecondOpinionItem =
  | { readonly kind: 'mine'; readonly view: View }
  | { readonly kind: 'witness'; readonly witness: Witness }
  | { readonly kind: 'end'; readonly verdict: SecondOpinionVerdict; readonly markdown: string };

export const diagnose = {
  /** At most ten seconds. Costs at most one attempt at the account with a password that is not known to be good. `other`: for the way back. */
  run: stream(v.object({ subject: Subject, other: v.nullable(OtherMachine) }), of<DiagnosisItem>()),
  /** Asks a few machines that are connected whether they reach this one. */
  secondOpinion: stream(v.object({ machineId: MachineId }), of<SecondOpinionItem>()),
};
