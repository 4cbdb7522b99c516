import type { FaultInfo, Problem, ProblemCode } from '../../shared/contract/problem.ts';
import { SecretLockedError } from '../sessions/credentials.ts';
import {
  AuthenticationError,
  CancelledError,
  CertificateError,
  explainFailure,
  type FailurePlace,
  FileTransferError,
  filteredTokenAdvice,
  OutcomeUnknownError,
  PowerShellUnavailableError,
  ProtocolError,
  SessionLostError,
  SubscriptionNotOfferedError,
  TransportError,
  type TransportReason,
  type TrustFailure,
  WSManFault,
  wsmanErrorAdvice,
  wsmanErrorName,
} from '../wsman/index.ts';
import { certificateInfo } from './certificate-info.ts';

/**
 * What is said of a failure on the way to a machine: every class of wsman/errors.ts has its line. Null for anything else. `place`: where the
 * machine is and who signs in there, for the sentences and commands that name them.
 */
export function wireProblem(error: unknown, place: FailurePlace = {}): Problem | null {
  if (error instanceof WSManFault) return ofFault(error, place);
  if (error instanceof SubscriptionNotOfferedError) {
    return problem('not-supported', error.message, {
      advice: ['Windows offers it for the event log since Server 2008, for WMI since Server 2012; other makes do not.'],
    });
  }
  if (error instanceof PowerShellUnavailableError) {
    return problem('not-supported', error.message, {
      advice: [
        'Enable-PSRemoting, run there as administrator, registers the endpoints of PowerShell.',
        'A command line still works: powershell.exe can be started in the cmd shell.',
      ],
    });
  }
  if (error instanceof FileTransferError) {
    const [code, advice] = (
      {
        exists: ['invalid-input', 'Take another name, or say that it is to be replaced.'],
        directory: ['invalid-input', 'Put the name of the file behind it.'],
        'not-found': ['not-found', 'Compare the path with what the machine lists there.'],
        hash: ['protocol-error', 'Nothing was kept of it. Try again.'],
        refused: ['operation-failed', 'Look at the path, the rights of this account and the space on the disk there.'],
      } as const
    )[error.reason];
    return problem(code, error.message, { advice: [advice], retryable: error.reason === 'hash' });
  }
  if (error instanceof SessionLostError) {
    const advice = {
      gone: 'What ran in it has ended. Open a new session.',
      broken: 'What ran in it has ended. Open a new session.',
      line: 'What ran may still run there: list its sessions, and connect to it.',
      taken: 'What ran may still run there: list its sessions, and connect to it.',
      disconnected: 'Reconnect to it first.',
    };
    return problem('disconnected', error.message, {
      advice: [advice[error.reason]],
      retryable: true,
    });
  }
  if (error instanceof CertificateError) return ofCertificate(error);
  if (error instanceof SecretLockedError) {
    return problem('authentication-failed', error.message, {
      advice: ['Open the sealed file under Credentials with its passphrase: machines that wait for it then connect.'],
      technical: 'LOCKED',
    });
  }
  if (error instanceof AuthenticationError) return ofAuthentication(error, place);
  if (error instanceof TransportError) return ofTransport(error);
  if (error instanceof OutcomeUnknownError) {
    return problem('outcome-unknown', error.message, {
      advice: ['It may have happened. See what the machine says now before asking again.'],
    });
  }
  if (error instanceof ProtocolError) {
    return problem('protocol-error', error.message, {
      advice: ['Another program may answer on this port, or something between changes the messages.'],
      retryable: true,
    });
  }
  if (error instanceof CancelledError || isAbort(error))
    return problem('cancelled', 'It was cancelled.', { retryable: true });
  return null;
}

function problem(code: ProblemCode, message: string, more: Partial<Omit<Problem, 'code' | 'message'>> = {}): Problem {
  return { code, message, advice: [], retryable: false, ...more };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

const accessCodes = [5, 0x80070005, 0x80041003, 0x80338104, 0x80338105, 0x80338106, 1314, 0x80070522];
const quotaCodes = [
  0x803381a5, 0x803381a6, 0x803381a7, 0x803381a8, 0x803381ab, 0x803381e4, 0x803381e5, 0x803381e6, 0x803381e7,
  0x803381e8, 0x803381e9, 0x803381ea, 0x80338047, 0x80338048, 0x80338026,
];
const notFoundCodes = [0x80338000, 0x80041002, 0x8004100e, 0x80070002, 0x8033805b];
/** WMI understood and said no: failed, provider failed, provider not loaded, exists already, read-only. */
const refusedCodes = [0x80041001, 0x80041004, 0x80041013, 0x80041019, 0x80041023];
const notSupportedCodes = [0x80338001, 0x8033803b, 0x80041010, 0x8004100c, 0x80041024, 50, 0x80338018, 0x80338019];
const timeoutCodes = [0x80338029, 0x80338126, 0x80041069];
/** The cursor of an enumeration ran out: asked anew, it may well work. */
const expiredCodes = [0x8033801b];
const signInCodes = [1326, 1327, 1330, 1331, 1909, 0x8009030c, 0x8007052e, 0x80338036];

/** A fault is an answer: its numbers decide, the innermost one first, since the outer one is often only "the provider failed". */
function ofFault(fault: WSManFault, place: FailurePlace): Problem {
  const { fields } = fault;
  const codes = [fields.providerCode, fields.wsmanCode].filter((code) => code !== null);
  const known = codes.map((code) => [code, codeOfFault(code)] as const).find(([, code]) => code !== null);
  const code = known?.[1] ?? bySubcode(fields.subcode) ?? 'protocol-error';
  const explained = codes.map(wsmanErrorAdvice).find((entry) => entry !== undefined);
  const said = fields.message ?? fields.reason ?? fault.message;
  const number = known?.[0] ?? fields.wsmanCode;
  return problem(code, withMeaning(explained?.meaning, said), {
    advice: [
      explained?.advice ?? faultAdvice[code] ?? generalAdvice,
      ...rightsAdvice(code, fields.wsmanCode, fields.providerCode, place.userName),
    ],
    retryable: code === 'timeout' || code === 'quota-exceeded' || expiredCodes.includes(number ?? 0),
    ...(number !== null && { technical: technicalOf(number) }),
    fault: faultInfo(fields),
  });
}

/** For faults whose number says nothing to us, and for servers that send none. */
const faultAdvice: Readonly<Partial<Record<ProblemCode, string>>> = {
  'access-denied': 'Use an account with administrator rights on this machine.',
  'authentication-failed': 'Check user name and password of this machine’s credential.',
  'quota-exceeded': 'Wait a little and try again; close what else uses this machine remotely, or raise its quotas.',
  timeout: 'Try again; if it stays, look at the load of the machine and at its WMI service.',
  'not-found': 'This machine has no such thing: check the name, and which system it runs.',
  'not-supported': 'This machine does not offer it: check which system and which version it runs.',
};
const generalAdvice = 'See the event logs of the machine (Windows Remote Management, WMI-Activity) for its reason.';

function codeOfFault(code: number): ProblemCode | null {
  if (accessCodes.includes(code)) return 'access-denied';
  if (signInCodes.includes(code)) return 'authentication-failed';
  if (quotaCodes.includes(code)) return 'quota-exceeded';
  if (timeoutCodes.includes(code)) return 'timeout';
  if (notFoundCodes.includes(code)) return 'not-found';
  if (notSupportedCodes.includes(code)) return 'not-supported';
  if (refusedCodes.includes(code)) return 'operation-failed';
  return null;
}

/** For servers that send no number (OMI, openwsman): the subcodes of DSP0226 14.6 and WS-Addressing. */
function bySubcode(subcode: string | null): ProblemCode | null {
  switch (subcode) {
    case 'AccessDenied':
      return 'access-denied';
    case 'TimedOut':
      return 'timeout';
    case 'QuotaLimit':
    case 'Concurrency':
    case 'EncodingLimit':
      return 'quota-exceeded';
    case 'DestinationUnreachable':
    case 'EndpointUnavailable':
      return 'not-found';
    case 'ActionNotSupported':
    case 'UnsupportedFeature':
    case 'FilteringNotSupported':
    case 'FilterDialectRequestedUnavailable':
      return 'not-supported';
    default:
      return null;
  }
}

function withMeaning(meaning: string | undefined, said: string): string {
  const text = said.trim().replace(/\s+/g, ' ').slice(0, 500);
  if (meaning === undefined) return text === '' ? 'The machine answered with a fault.' : text;
  return meaning;
}

/** Which right is missing, for those refusals where the number says it. */
function rightsAdvice(
  code: ProblemCode,
  wsmanCode: number | null,
  providerCode: number | null,
  userName: string | undefined,
): readonly string[] {
  if (code !== 'access-denied') return [];
  const codes = [wsmanCode, providerCode];
  if (codes.includes(0x80041003)) {
    return [
      'The missing right is on the WMI namespace: Enable Account and Remote Enable (wmimgmt.msc, Security), or on the class behind it.',
    ];
  }
  return deniedCodes.some((denied) => codes.includes(denied)) ? filteredTokenAdvice(userName) : [];
}
/** ERROR_ACCESS_DENIED and its HRESULT: so ends the sign-in of a local administrator whose token UAC has cut. */
const deniedCodes = [5, 0x80070005];

function faultInfo(fields: WSManFault['fields']): FaultInfo {
  const { httpStatus, code, subcode, reason, wsmanCode, machine, message, provider, providerPath, faultDetail } =
    fields;
  const wsmanCodeName = wsmanCode === null ? null : wsmanErrorName(wsmanCode);
  return {
    httpStatus,
    code,
    subcode,
    reason,
    wsmanCode,
    wsmanCodeName,
    machine,
    message,
    provider,
    providerPath,
    faultDetail,
  };
}

/** Small Win32 numbers in decimal, as administrators know them; HRESULTs in hex. */
function technicalOf(code: number): string {
  return code < 0x10000 ? String(code) : `0x${code.toString(16).toUpperCase().padStart(8, '0')}`;
}

function ofAuthentication(error: AuthenticationError, place: FailurePlace): Problem {
  const { sentence, advice, evidence, technical } = explainFailure(error, place);
  return problem('authentication-failed', sentence, { advice, evidence, technical });
}

const transportAdvice: Readonly<
  Record<
    Exclude<TransportReason, 'http' | 'certificate'>,
    { code: ProblemCode; advice: readonly string[]; technical: string }
  >
> = {
  'name-not-found': {
    code: 'unreachable',
    advice: ['Check the name and the DNS of this computer, or use the fully qualified name or the address.'],
    technical: 'ENOTFOUND',
  },
  refused: {
    code: 'unreachable',
    advice: [
      'The computer is up but nothing listens on this port. Run "winrm quickconfig" on it, and check port and transport.',
    ],
    technical: 'ECONNREFUSED',
  },
  'network-unreachable': {
    code: 'unreachable',
    advice: ['There is no route to this address. Check network, VPN and address.'],
    technical: 'EHOSTUNREACH',
  },
  'connect-timeout': {
    code: 'unreachable',
    advice: [
      'The computer is off, or a firewall drops the packets: allow the WinRM port (5985 or 5986) at the target.',
    ],
    technical: 'ETIMEDOUT',
  },
  'response-timeout': {
    code: 'timeout',
    advice: ['The machine is busy or hangs. Try again; if it stays, look at its load and its WMI service.'],
    technical: 'ETIMEDOUT',
  },
  'connection-lost': {
    code: 'unreachable',
    advice: ['The machine or something between ended the connection. Try again.'],
    technical: 'ECONNRESET',
  },
  tls: {
    code: 'unreachable',
    advice: [
      'No encrypted connection came about. Check that this port is the HTTPS listener and offers TLS 1.2 or later.',
    ],
    technical: 'TLS',
  },
};

function ofTransport(error: TransportError): Problem {
  if (error.reason === 'http') return ofHttp(error);
  if (error.reason === 'certificate')
    return problem('certificate-untrusted', error.message, { technical: error.code ?? 'TLS' });
  const { code, advice, technical } = transportAdvice[error.reason];
  return problem(code, error.message, { advice, technical: error.code ?? technical, retryable: true });
}

/** HTTP answers that are no WS-Man: what they mean where a Windows listener, or something in front of it, sends them. */
function ofHttp(error: TransportError): Problem {
  const status = error.httpStatus;
  const technical = status === null ? 'HTTP' : `HTTP ${status}`;
  const tell = (code: ProblemCode, ...advice: string[]) =>
    problem(code, error.message, { advice, technical, retryable: true });
  switch (status) {
    case 403:
      return tell(
        'access-denied',
        'The listener forbids this client: a client certificate may be required, or a rule of IIS or a proxy applies.',
      );
    case 404:
      return tell('not-found', 'Check port and URL prefix: another program, such as IIS, may answer on this port.');
    case 413:
      return tell('quota-exceeded', 'Raise MaxEnvelopeSizekb in winrm/config of the target.');
    case 500:
      return tell(
        'protocol-error',
        'The target could not read the message: it may refuse unencrypted traffic. Sign in again, or use HTTPS.',
      );
    case 503:
      return tell(
        'quota-exceeded',
        'The WinRM service is stopping or at its limits. Wait a little; restart the service if it stays.',
      );
    default:
      return tell(
        'protocol-error',
        'Something that is no WinRM answers there, for example a proxy. Check address, port and transport.',
      );
  }
}

const certificateAdvice: Readonly<Record<TrustFailure, string>> = {
  'pin-changed':
    'The certificate is not the one that was confirmed. If the machine got a new certificate, compare its fingerprint there and confirm it; otherwise somebody stands between.',
  'unknown-authority':
    'Compare the fingerprint with the one on the machine and confirm this certificate, or install the authority on this computer.',
  'wrong-name': 'Use the name that the certificate is for, or confirm this certificate for this machine.',
  expired: 'Renew the certificate on the machine.',
  'not-yet-valid': 'Check the clocks of this computer and of the machine.',
  unreadable: 'The listener presents something that is no X.509 certificate.',
};

function ofCertificate(error: CertificateError): Problem {
  return problem('certificate-untrusted', error.message, {
    advice: error.failures.map((failure) => certificateAdvice[failure]),
    technical: error.failures[0] ?? 'TLS',
    certificate: { chain: error.chain.map(certificateInfo), failures: error.failures, pinned: error.pinned },
  });
}
