/** Causes that show once somebody has signed in: rights, services, quotas. */
import type { DiagnosisStepName } from '../../../shared/contract/diagnose.ts';
import {
  AuthenticationError,
  explainFailure,
  filteredTokenAdvice,
  OutcomeUnknownError,
  ProtocolError,
  TransportError,
  UnsealedAnswerError,
  WSManFault,
  wsmanErrorAdvice,
} from '../../wsman/index.ts';
import { httpCause } from './answer-causes.ts';
import { asArgument, type Cause, candidate, fixesOf, fixOf, type Place } from './cause.ts';

/** A failed sign-in, in the words that there are for it. */
export function signInCause(place: Place, error: AuthenticationError): Cause {
  const { host, port, userName } = place;
  const { sentence, advice, candidates } = explainFailure(error, {
    host,
    port,
    ...(userName !== null && { userName }),
  });
  return {
    // Who explains a chain begins with its first cause.
    id: `sign-in-${firstReason(error)}`,
    sentence,
    candidates: candidates.map(({ what, check }) => candidate(what, check)),
    fixes: fixesOf(advice),
  };
}

function firstReason(error: AuthenticationError): AuthenticationError['reason'] {
  let first = error;
  for (let depth = 0; depth < 3 && first.cause instanceof AuthenticationError; depth++) first = first.cause;
  return first.reason;
}

const denied: ReadonlySet<number> = new Set([5, 0x80070005]);
/** WBEM_E_ACCESS_DENIED, and WinRM's numbers for service, provider and namespace of WMI. */
const wmiDenied: ReadonlySet<number> = new Set([0x80041003, 0x80338104, 0x80338105, 0x80338106]);
/** RPC is gone, WMI shuts down or cannot start, the service is disabled. */
const wmiGone: ReadonlySet<number> = new Set([0x800706ba, 1722, 0x80041033, 0x80041015, 0x80070422, 1058, 0x80080005]);
/** WBEM_E_FAILED, PROVIDER_FAILURE, provider not found, load failure, not capable, invalid class of a repository that lost it. */
const providerGone: ReadonlySet<number> = new Set([
  0x80041001, 0x80041004, 0x80041011, 0x80041013, 0x80041014, 0x80041010,
]);
const badNamespace: ReadonlySet<number> = new Set([0x8004100e]);
const quotas: ReadonlySet<number> = new Set([
  0x803381a6, 0x803381a7, 0x803381a8, 0x803381e6, 0x803381e7, 0x803381e8, 0x803381e9, 0x803381ea,
]);
const shellQuotas: ReadonlySet<number> = new Set([0x803381a5, 0x803381ab, 0x803381e4, 0x803381e5]);
const envelope: ReadonlySet<number> = new Set([0x80338047, 0x80338048, 0x80338026, 0x80338111]);
const remoteOff: ReadonlySet<number> = new Set([0x803381dd, 0x803381e3]);

/** Numbers of a fault, the innermost first. */
export function codesOf(fault: WSManFault): readonly number[] {
  return [fault.fields.providerCode, fault.fields.wsmanCode].filter((code) => code !== null);
}

export function isDenied(error: unknown): boolean {
  return error instanceof WSManFault && codesOf(error).some((code) => denied.has(code) || wmiDenied.has(code));
}

const titles: Readonly<Partial<Record<DiagnosisStepName, string>>> = {
  'signed-in-identify': 'Identify',
  config: 'winrm/config',
  service: 'the WinRM service in WMI',
  wmi: 'root/cimv2',
  shell: 'a remote shell',
};

/** What a fault at this step means. `advice`: that of its problem. */
export function faultCause(place: Place, step: DiagnosisStepName, fault: WSManFault, advice: readonly string[]): Cause {
  const { host } = place;
  const codes = codesOf(fault);
  const has = (set: ReadonlySet<number>) => codes.some((code) => set.has(code));
  const fixes = fixesOf(advice);
  if (has(remoteOff)) {
    return {
      id: 'remote-access-off',
      sentence: `Remote access to WinRM is switched off at ${host} (AllowRemoteAccess is false).`,
      fixes: [...fixes, fixOf('See who set it, on the machine: winrm get winrm/config/service')],
    };
  }
  if (codes.includes(0x803381ac)) {
    return {
      id: 'shells-off',
      sentence: `${host} allows no remote shells (AllowRemoteShellAccess is false).`,
      fixes: [
        ...fixes,
        fixOf('Allow them, on the machine: winrm set winrm/config/winrs @{AllowRemoteShellAccess="true"}'),
      ],
    };
  }
  if (has(shellQuotas)) {
    return {
      id: 'shell-quota',
      sentence: `${host} opens no further shell: the account has as many as it may have, or as many users have one.`,
      fixes: [...fixes, fixOf('See which there are: winrm enumerate shell')],
    };
  }
  if (has(quotas)) {
    return {
      id: 'operation-quota',
      sentence: `${host} refuses further operations of this account for now: a quota of WinRM is used up.`,
      fixes,
    };
  }
  if (has(envelope)) {
    return {
      id: 'envelope-size',
      sentence: `${host} cannot answer within MaxEnvelopeSizekb of its winrm/config.`,
      fixes: [...fixes, fixOf('Raise it, on the machine: winrm set winrm/config @{MaxEnvelopeSizekb="500"}')],
    };
  }
  if (has(wmiDenied)) return wmiDeniedCause(place, advice);
  if (has(wmiGone)) return wmiBroken(place, advice);
  if (has(badNamespace)) {
    return {
      id: 'wmi-broken',
      sentence: `WMI of ${host} has no namespace root/cimv2: its repository is damaged.`,
      fixes: fixesOf([
        'Check it, on the machine: winmgmt /verifyrepository',
        'Mend it, on the machine: winmgmt /salvagerepository',
      ]),
    };
  }
  if (has(denied)) return deniedCause(place, step, advice);
  if (has(providerGone) || ((step === 'service' || step === 'wmi') && fault.fields.provider !== null)) {
    return {
      id: 'provider-failure',
      sentence: `A WMI provider of ${host} fails.`,
      detail: text(fault),
      fixes: [
        ...fixes,
        fixOf(
          'See the reason in the log Microsoft-Windows-WMI-Activity/Operational, on the machine: Get-WinEvent -LogName Microsoft-Windows-WMI-Activity/Operational -MaxEvents 20',
        ),
        fixOf('Check the repository, on the machine: winmgmt /verifyrepository'),
      ],
    };
  }
  if (codes.includes(0x80338029)) return stepSilent(place, step);
  const number = fault.fields.wsmanCode;
  const meaning = number === null ? null : wsmanErrorAdvice(number)?.meaning;
  return {
    id: 'fault',
    sentence: `${host} refuses ${titles[step] ?? 'the request'}: ${meaning ?? text(fault)}`,
    fixes,
  };
}

const text = (fault: WSManFault): string => fault.message.trim().replace(/\s+/g, ' ').slice(0, 300);

/** Access denied where it was not asked through WMI. */
function deniedCause({ host, userName }: Place, step: DiagnosisStepName, advice: readonly string[]): Cause {
  const who = userName ?? 'The account';
  const filtered = filteredTokenAdvice(userName ?? undefined).map((check) =>
    candidate('UAC cuts the rights of this local administrator over the network', check),
  );
  const groups = candidate(
    'it is no member of Administrators or Remote Management Users',
    'On the machine: net localgroup "Remote Management Users"',
  );
  const root = candidate(
    'the access list of WinRM leaves it out (RootSDDL, or that of the plug-in)',
    'On the machine: winrm get winrm/config/service',
  );
  const fixes = fixesOf(advice);
  if (step === 'config') {
    return {
      id: 'config-denied',
      sentence: `${who} may not read winrm/config of ${host}: only administrators may.`,
      detail:
        'Probably a permissions issue. Nothing else needs it; listeners and settings cannot be shown or changed with this account.',
      candidates: [groups, ...filtered, root],
      fixes,
    };
  }
  if (step === 'shell') {
    return {
      id: 'shell-denied',
      sentence: `${who} may not open a shell at ${host}.`,
      detail: 'Probably a permissions issue: the plug-in of winrs has an access list of its own.',
      candidates: [
        groups,
        ...filtered,
        candidate(
          'the access list of the plug-in WinRM Shell leaves it out',
          'On the machine: winrm get winrm/config/plugin?Name=winrs',
        ),
      ],
      fixes,
    };
  }
  if (step === 'service' || step === 'wmi') return wmiDeniedCause({ host, userName }, advice);
  return {
    id: 'access-denied',
    sentence: `${who} is signed in at ${host} and may do nothing there.`,
    detail: 'Probably a permissions issue: the password is right.',
    candidates: [groups, ...filtered, root],
    fixes,
  };
}

function wmiDeniedCause({ host, userName }: Pick<Place, 'host' | 'userName'>, advice: readonly string[]): Cause {
  return {
    id: 'wmi-denied',
    sentence: `WMI of ${host} refuses ${userName ?? 'the account'} access to root/cimv2.`,
    detail: 'Probably a permissions issue: WinRM let it in, and the namespace has an access list of its own.',
    candidates: [
      candidate('it lacks Remote Enable on the namespace', 'On the machine, WMI Control, Security: wmimgmt.msc'),
      candidate(
        'it is no member of Administrators or Remote Management Users',
        'On the machine: net localgroup "Remote Management Users"',
      ),
      ...filteredTokenAdvice(userName ?? undefined).map((check) =>
        candidate('UAC cuts the rights of this local administrator over the network', check),
      ),
    ],
    fixes: fixesOf(advice),
  };
}

export function wmiBroken({ host }: Place, advice: readonly string[]): Cause {
  return {
    id: 'wmi-broken',
    sentence: `WinRM of ${host} works, and WMI behind it does not run.`,
    fixes: [
      ...fixesOf(advice),
      ...fixesOf([
        'See the service, on the machine: sc queryex winmgmt',
        'Start it, on the machine: sc start winmgmt',
        'Check its repository, on the machine: winmgmt /verifyrepository',
      ]),
    ],
  };
}

/** It was asked something and said nothing until the time was over. */
export function stepSilent(place: Place, step: DiagnosisStepName): Cause {
  const { host } = place;
  if (step === 'way-back') {
    return {
      id: 'way-back',
      sentence: `WinRM works towards ${host}, but from there the other machine does not answer in time.`,
      candidates: [
        candidate('the other machine is off, or drops what comes', 'Diagnose it from here.'),
        candidate(`a firewall or a route keeps ${host} from it`, 'Ask for a second opinion on the other machine.'),
      ],
    };
  }
  if (step === 'service' || step === 'wmi') {
    return {
      id: 'wmi-silent',
      sentence: `WMI of ${host} does not answer in time.`,
      candidates: [
        candidate('the WMI service or a provider hangs', 'On the machine: sc queryex winmgmt'),
        candidate('the machine is overloaded', 'On the machine: tasklist'),
      ],
      fixes: fixesOf(['Start WMI anew, on the machine: net stop winmgmt /y && net start winmgmt']),
    };
  }
  return {
    id: 'silent',
    sentence: `${host} does not answer in time when it is asked for ${titles[step] ?? 'more'}.`,
    candidates: [
      candidate('the machine is overloaded or hangs', 'Look at its console.'),
      candidate(
        'something between loses larger messages (MTU)',
        `Try a large packet: ping -f -l 1472 ${asArgument(host)}`,
      ),
    ],
  };
}

/** Whatever else may end a step after the first answers. */
export function errorCause(
  place: Place,
  step: DiagnosisStepName,
  error: unknown,
  advice: readonly string[],
  message: string,
): Cause {
  if (error instanceof WSManFault) return faultCause(place, step, error, advice);
  if (error instanceof AuthenticationError) return signInCause(place, error);
  if (error instanceof TransportError) {
    if (error.reason === 'http' && error.httpStatus !== null) {
      return httpCause(place, {
        status: error.httpStatus,
        server: null,
        contentType: null,
        location: null,
        via: null,
        excerpt: error.excerpt ?? '',
      });
    }
    if (error.reason === 'response-timeout') return stepSilent(place, step);
    if (error.reason === 'connection-lost') {
      return {
        id: step === 'sign-in' ? 'sign-in-cut' : 'cut',
        sentence:
          step === 'sign-in'
            ? `The connection to ${place.host} ends in the middle of signing in.`
            : `The connection to ${place.host} ends in the middle of an answer.`,
        detail: 'Negotiate, Kerberos and NTLM need one connection from the first leg to the last.',
        candidates: [
          candidate(
            'a proxy or load balancer between, which takes a new connection for each request',
            'Connect to the machine itself, from its own network.',
          ),
          candidate('the WinRM service ends or starts anew', 'On the machine: sc queryex winrm'),
        ],
        fixes: fixesOf(advice),
      };
    }
  }
  if (error instanceof UnsealedAnswerError) {
    return {
      id: 'unsealed-answer',
      sentence: `An answer came unsealed although the session with ${place.host} is sealed (HTTP ${error.httpStatus}).`,
      detail: 'Nothing of such an answer is read, since anybody may have written it.',
      candidates: [
        candidate('the machine could not decrypt the message', 'Event log Windows Remote Management of the machine.'),
        candidate('something between answers in its place', 'Connect from another network, without proxies.'),
      ],
      fixes: fixesOf(advice),
    };
  }
  if (error instanceof ProtocolError || error instanceof OutcomeUnknownError)
    return {
      id: 'not-ws-man',
      sentence: `${place.host} answers in a way that is no WS-Man: ${message}`,
      fixes: fixesOf(advice),
    };
  return { id: error instanceof TransportError ? 'cut' : 'mistake', sentence: message, fixes: fixesOf(advice) };
}
