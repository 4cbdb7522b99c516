/** From the steps to one sentence: the first layer that nothing gets past, or the pattern that several steps make together. */
import { isIP } from 'node:net';
import { type DiagnosisStepName, diagnosisSteps } from '../../../shared/contract/diagnose.ts';
import { asArgument, type Cause, candidate, fixesOf, type Place } from './cause.ts';
import type { Facts } from './engine.ts';
import { wmiBroken } from './fault-causes.ts';
import { makeOf } from './makes.ts';
import { agrees } from './reach-steps.ts';
import type { Outcome, Recorder } from './recorder.ts';

export interface Verdict {
  readonly cause: Cause;
  readonly outcome: 'works' | 'partly' | 'fails';
  readonly step: DiagnosisStepName | null;
}

/** What is asked after the sign-in: one that fails does not keep the others from working. */
const useful = ['config', 'service', 'wmi', 'shell'] as const;

export function verdictOf(place: Place, recorder: Pick<Recorder, 'outcome'>, facts: Facts): Verdict {
  const failed = diagnosisSteps.filter((step) => recorder.outcome(step)?.state === 'failed');
  const signedIn = recorder.outcome('sign-in')?.state === 'passed';
  const [first] = failed;
  if (first === undefined) return withoutFailure(place, recorder, signedIn, facts);
  const cause = (step: DiagnosisStepName) => causeOf(recorder.outcome(step));
  if (!signedIn) return { cause: cause(first), outcome: 'fails', step: first };
  const works = useful.some((step) => recorder.outcome(step)?.state === 'passed');
  const outcome = works ? 'partly' : 'fails';
  const combined = together(place, failed, cause);
  if (combined !== null) return { ...combined, outcome };
  // Only administrators may read winrm/config: whatever else fails tells more.
  const step = (cause(first).id === 'config-denied' && failed[1]) || first;
  return { cause: cause(step), outcome, step };
}

function causeOf(outcome: Outcome | undefined): Cause {
  return outcome?.cause ?? { id: 'mistake', sentence: outcome?.meaning ?? '' };
}

/** What several steps say that none of them says alone. */
function together(
  place: Place,
  failed: readonly DiagnosisStepName[],
  cause: (step: DiagnosisStepName) => Cause,
): { readonly cause: Cause; readonly step: DiagnosisStepName } | null {
  const idOf = (step: DiagnosisStepName) => (failed.includes(step) ? cause(step).id : null);
  const wmiDenied = idOf('wmi') === 'wmi-denied';
  if (idOf('config') === 'config-denied' && wmiDenied && idOf('shell') === 'shell-denied') {
    const { candidates = [], fixes = [] } = cause('config');
    const sentence = `${place.userName ?? 'The account'} is signed in at ${place.host} and may do nothing there.`;
    const detail =
      'Probably a permissions issue: the password is right, and configuration, WMI and shells are all refused.';
    return { step: 'config', cause: { id: 'access-denied', sentence, detail, candidates, fixes } };
  }
  if (idOf('service') === 'provider-failure' && idOf('wmi') === 'provider-failure') {
    return {
      step: 'service',
      cause: {
        ...wmiBroken(place, []),
        candidates: [
          candidate('the repository of WMI is damaged', 'On the machine: winmgmt /verifyrepository'),
          candidate(
            'a provider of root/cimv2 cannot be loaded',
            'On the machine: Get-WinEvent -LogName Microsoft-Windows-WMI-Activity/Operational -MaxEvents 20',
          ),
        ],
      },
    };
  }
  return null;
}

function withoutFailure(place: Place, recorder: Pick<Recorder, 'outcome'>, signedIn: boolean, facts: Facts): Verdict {
  const { host } = place;
  if (!signedIn) {
    const sentence = `${host} answers WS-Man; whether somebody may sign in was not asked, since nobody is named.`;
    const fixes = fixesOf([`Name somebody: windeck diagnose -r:HOST -u:NAME`]);
    return { cause: { id: 'not-signed-in', sentence, fixes }, outcome: 'partly', step: null };
  }
  const make = makeOf(facts.identity);
  if (!make.isWinrm) {
    const sentence = `${make.name} answers on ${host} and lets the account in; it is no WinRM of Windows.`;
    const detail = 'What can be had is what it offers of CIM: no remote shells, no winrm/config, no Windows services.';
    return { cause: { id: 'other-make', sentence, detail }, outcome: 'partly', step: 'identify' };
  }
  const { computerName } = facts;
  if (computerName !== null && isIP(host) === 0 && !place.isLocal && !agrees(host, [computerName])) {
    return { cause: otherMachine(host, computerName), outcome: 'partly', step: 'wmi' };
  }
  const stack = facts.identity?.stack ?? null;
  const detail = [
    ...(facts.byHand
      ? ['After a restart of the machine its WinRM will not start by itself: sc config winrm start= auto.']
      : []),
    ...(stack !== null && !stack.startsWith('3')
      ? [`It is WinRM ${stack}, which has smaller limits and older ways.`]
      : []),
  ].join(' ');
  const tried = recorder.outcome('shell')?.state === 'passed' ? ': WMI and shells work' : '';
  return { cause: { id: 'works', sentence: `WinRM on ${host} works${tried}.`, detail }, outcome: 'works', step: null };
}

function otherMachine(host: string, computerName: string): Cause {
  return {
    id: 'other-machine',
    sentence: `WinRM works, but the machine that answers to ${host} calls itself ${computerName}.`,
    candidates: [
      candidate(`${host} is an alias of it`, `nslookup shows the alias: nslookup ${asArgument(host)}`),
      candidate(
        'DNS has the address of another machine',
        `Compare with ipconfig on the machine that is meant: nslookup ${asArgument(host)}`,
      ),
    ],
    fixes: fixesOf(['If it is an alias, use the name of the machine: Kerberos needs it.']),
  };
}
