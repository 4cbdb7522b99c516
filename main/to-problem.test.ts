import { expect, test } from 'vitest';
import { ProblemError, problemCodes } from '../shared/contract/problem.ts';
import { SecretWithheldError } from './sessions/credentials.ts';
import { DataFolderInUseError, StorageError } from './storage/storage-error.ts';
import { toProblem } from './to-problem.ts';
import {
  AuthenticationError,
  type AuthenticationReason,
  CancelledError,
  CertificateError,
  type FaultFields,
  OutcomeUnknownError,
  PowerShellUnavailableError,
  ProtocolError,
  SessionLostError,
  SubscriptionNotOfferedError,
  TransportError,
  type TransportReason,
  type TrustFailure,
  WSManError,
  WSManFault,
} from './wsman/index.ts';

const fault = (fields: Partial<FaultFields>) =>
  new WSManFault('A fault.', {
    httpStatus: 500,
    action: null,
    code: 'Receiver',
    subcode: null,
    subcodeNamespace: null,
    reason: null,
    faultDetail: null,
    wsmanCode: null,
    machine: null,
    message: null,
    provider: null,
    providerPath: null,
    providerCode: null,
    wmiError: null,
    xml: '<s:Fault/>',
    ...fields,
  });

/** A record, so that a new reason does not compile until it is here. */
const authentication: Record<AuthenticationReason, true> = {
  rejected: true,
  'scheme-not-offered': true,
  'no-credential': true,
  'not-trusted': true,
  'clear-text-refused': true,
  'weak-security': true,
  'bad-token': true,
  'wrong-password': true,
  'unknown-user': true,
  'account-disabled': true,
  'account-expired': true,
  'password-expired': true,
  'clock-skew': true,
  'spn-unknown': true,
  'spn-wrong-account': true,
  'no-kdc': true,
  'no-realm': true,
  'no-ticket': true,
  etype: true,
  'address-needs-name': true,
  'library-missing': true,
  'certificate-not-mapped': true,
  'certificate-unusable': true,
  'binding-unavailable': true,
  policy: true,
  kerberos: true,
};
const reasons = Object.keys(authentication) as AuthenticationReason[];
const place = { host: 'web01.corp.example', port: 5985, userName: 'CORP\\alice' };

test.each(reasons)('AuthenticationError %s: with advice, with evidence, and not to be repeated', (reason) => {
  const error = new AuthenticationError('Refused.', {
    reason,
    offered: ['Negotiate'],
    evidence: { spn: 'HTTP/web01.corp.example' },
  });
  const problem = toProblem(error, 'm1', place);
  expect(problem).toMatchObject({ code: 'authentication-failed', retryable: false, machineId: 'm1' });
  expect(problem.message).toMatch(/\.$/);
  expect(problem.advice.length).toBeGreaterThan(0);
  expect(problem.evidence).toEqual(
    expect.arrayContaining(['The machine offers: Negotiate', 'Service asked for: HTTP/web01.corp.example']),
  );
  expect(problem.technical).toBeTruthy();
});

test('the same words for no two reasons', () => {
  const words = reasons.map((reason) => {
    const { message, advice } = toProblem(new AuthenticationError(`Thrown: ${reason}.`, { reason }), 'm1', place);
    return { message, advice: advice.join('\n') };
  });
  expect(new Set(words.map(({ message }) => message)).size).toBe(reasons.length);
  expect(new Set(words.map(({ advice }) => advice)).size).toBe(reasons.length);
});

test('machine and port are named where they are known', () => {
  const rejected = new AuthenticationError('x', { reason: 'rejected', leg: 2 });
  expect(toProblem(rejected, 'm1', place).message).toMatch(/^web01\.corp\.example:5985 refused the sign-in\./);
  expect(toProblem(rejected).message).toMatch(/^The machine refused/);
});

test('an access that is denied to a local administrator comes with the exact command, to one of a domain without', () => {
  const denied = (userName: string) =>
    toProblem(fault({ wsmanCode: 5 }), 'm1', { userName })
      .advice.join(' ')
      .includes('reg add HKLM');
  expect([denied('.\\admin'), denied('CORP\\admin'), denied('.\\Administrator')]).toEqual([true, false, false]);
});

const transport: Record<TransportReason, string> = {
  'name-not-found': 'unreachable',
  refused: 'unreachable',
  'network-unreachable': 'unreachable',
  'connect-timeout': 'unreachable',
  'response-timeout': 'timeout',
  'connection-lost': 'unreachable',
  tls: 'unreachable',
  certificate: 'certificate-untrusted',
  http: 'protocol-error',
};
test.each(Object.entries(transport))('TransportError %s is %s', (reason, code) => {
  const problem = toProblem(new TransportError('Lost.', { reason: reason as TransportReason, code: 'ECODE' }));
  expect(problem.code).toBe(code);
  expect(problem.technical).toBeTruthy();
  if (reason !== 'certificate') expect(problem.advice.length).toBeGreaterThan(0);
  if (reason !== 'http' && reason !== 'certificate') expect(problem.technical).toBe('ECODE');
});

test.each([
  [403, 'access-denied'],
  [404, 'not-found'],
  [413, 'quota-exceeded'],
  [500, 'protocol-error'],
  [503, 'quota-exceeded'],
  [302, 'protocol-error'],
])('HTTP %i is %s', (httpStatus, code) => {
  const problem = toProblem(new TransportError('No WS-Man.', { reason: 'http', httpStatus }));
  expect(problem).toMatchObject({ code, technical: `HTTP ${httpStatus}` });
  expect(problem.advice).toHaveLength(1);
});

test('CertificateError carries the chain, the pin and one advice for each failure', () => {
  const failures: TrustFailure[] = [
    'pin-changed',
    'unknown-authority',
    'wrong-name',
    'expired',
    'not-yet-valid',
    'unreadable',
  ];
  const certificate = {
    subject: 'CN=srv1',
    issuer: 'CN=srv1',
    sha256: 'AA',
    sha1: 'BB',
    validFrom: new Date(1000),
    validTo: new Date(2000),
    names: ['srv1'],
    selfSigned: true,
  };
  const problem = toProblem(new CertificateError('Not accepted.', { chain: [certificate], failures, pinned: 'CC' }));
  expect(problem.code).toBe('certificate-untrusted');
  expect(problem.retryable).toBe(false);
  expect(new Set(problem.advice).size).toBe(failures.length);
  expect(problem.certificate).toMatchObject({
    pinned: 'CC',
    failures,
    chain: [{ validFromAt: 1000, validToAt: 2000 }],
  });
});

test.each([
  [{ wsmanCode: 5 }, 'access-denied', '5'],
  [{ wsmanCode: 0x80041003 }, 'access-denied', '0x80041003'],
  [{ wsmanCode: 0x80338003, providerCode: 0x80041003 }, 'access-denied', '0x80041003'],
  [{ wsmanCode: 0x80070005 }, 'access-denied', '0x80070005'],
  [{ wsmanCode: 1326 }, 'authentication-failed', '1326'],
  [{ wsmanCode: 0x80338000 }, 'not-found', '0x80338000'],
  [{ wsmanCode: 0x80338001 }, 'not-supported', '0x80338001'],
  [{ wsmanCode: 0x80338029 }, 'timeout', '0x80338029'],
  [{ wsmanCode: 0x803381a6 }, 'quota-exceeded', '0x803381A6'],
  [{ wsmanCode: 0x80338041 }, 'protocol-error', '0x80338041'],
  [{ subcode: 'AccessDenied' }, 'access-denied', undefined],
  [{ subcode: 'ActionNotSupported' }, 'not-supported', undefined],
  [{}, 'protocol-error', undefined],
])('the fault %o is %s', (fields, code, technical) => {
  const problem = toProblem(fault(fields), 'm1');
  expect(problem).toMatchObject({ code, machineId: 'm1' });
  expect(problem.technical).toBe(technical);
  expect(problem.message).not.toBe('');
});

test.each([
  { wsmanCode: 0x8033ffff },
  { subcode: 'DestinationUnreachable' },
  { subcode: 'TimedOut' },
  { subcode: 'QuotaLimit' },
  { subcode: 'AccessDenied' },
  { subcode: 'UnsupportedFeature' },
  { code: 'Sender' },
  { reason: 'It broke.' },
])('a fault that says little still comes with a sentence and advice: %o', (fields) => {
  const problem = toProblem(fault(fields));
  expect(problem.message).toMatch(/\S/);
  expect(problem.advice.length).toBeGreaterThan(0);
  expect(problem.advice.every((advice) => advice.length > 10)).toBe(true);
});

test('an enumeration that expired may be asked again', () => {
  expect(toProblem(fault({ wsmanCode: 0x8033801b }))).toMatchObject({ code: 'protocol-error', retryable: true });
});

test('every field of a fault goes through, its number with its name', () => {
  const fields = {
    subcode: 'InternalError',
    reason: 'why',
    faultDetail: 'detail',
    wsmanCode: 2150858752,
    machine: 'srv1',
    message: 'said',
    provider: 'p',
    providerPath: 'path',
  };
  expect(toProblem(fault(fields)).fault).toEqual({
    httpStatus: 500,
    code: 'Receiver',
    wsmanCodeName: 'ERROR_WSMAN_RESOURCE_NOT_FOUND',
    ...fields,
  });
});

test('a denied WMI namespace names the missing right', () => {
  expect(toProblem(fault({ wsmanCode: 0x80041003 })).advice.join(' ')).toMatch(/Remote Enable/);
});

test('the rest of the classes', () => {
  expect(toProblem(new OutcomeUnknownError('Lost.')).code).toBe('outcome-unknown');
  expect(toProblem(new ProtocolError('Broken.')).code).toBe('protocol-error');
  expect(toProblem(new SubscriptionNotOfferedError(fault({})))).toMatchObject({
    code: 'not-supported',
    retryable: false,
  });
  expect(toProblem(new CancelledError('x')).code).toBe('cancelled');
  expect(toProblem(AbortSignal.abort().reason).code).toBe('cancelled');
  expect(toProblem(new SecretWithheldError('CORP\\a', null)).message).toContain('not sent again');
  expect(toProblem(new DataFolderInUseError('/data', null)).message).toContain('/data');
  expect(toProblem(new StorageError('Disk full.', { advice: ['Free some.'] }))).toMatchObject({
    advice: ['Free some.'],
  });
});

test('a problem stays what it is, and gets the machine where it names none', () => {
  const problem = { code: 'not-found', message: 'x', advice: [], retryable: false } as const;
  expect(toProblem(new ProblemError(problem), 'm1')).toEqual({ ...problem, machineId: 'm1' });
  expect(toProblem(new ProblemError({ ...problem, machineId: 'm2' }), 'm1').machineId).toBe('m2');
});

test('what we did not expect says nothing of its inside', () => {
  for (const thrown of [
    new TypeError('password=hunter2 is undefined'),
    new WSManError('hunter2'),
    'hunter2',
    { password: 'hunter2' },
    null,
    undefined,
  ]) {
    const problem = toProblem(thrown, 'm1');
    expect(problem.code).toBe('internal-error');
    expect(JSON.stringify(problem)).not.toContain('hunter2');
    expect(JSON.stringify(problem)).not.toMatch(/at .*\.ts/);
  }
});

test('only codes of the closed list', () => {
  const every = [
    ...reasons.map((reason) => new AuthenticationError('', { reason })),
    ...Object.keys(transport).map((reason) => new TransportError('', { reason: reason as TransportReason })),
    fault({}),
  ];
  for (const error of every) expect(problemCodes).toContain(toProblem(error).code);
});

test('sessions of PowerShell: none to be had, lost, or left', () => {
  const unavailable = toProblem(
    new PowerShellUnavailableError('http://schemas.microsoft.com/powershell/My.Jea', fault({})),
  );
  expect(unavailable).toMatchObject({ code: 'not-supported', message: expect.stringContaining('My.Jea') as string });
  expect(unavailable.advice[0]).toContain('Enable-PSRemoting');
  const advice = (reason: 'gone' | 'line' | 'disconnected'): string => {
    const problem = toProblem(new SessionLostError(reason, 'Lost.'));
    expect(problem).toMatchObject({ code: 'disconnected', message: 'Lost.', retryable: true });
    return problem.advice.join(' ');
  };
  expect(advice('gone')).toContain('Open a new session');
  expect(advice('line')).toContain('connect to it');
  expect(advice('disconnected')).toContain('Reconnect');
});
