/** What can go wrong: a closed list, so that the renderer can react to each. */
export const problemCodes = [
  'invalid-input',
  'not-found',
  'access-denied',
  'authentication-failed',
  'certificate-untrusted',
  'unreachable',
  'timeout',
  'quota-exceeded',
  'not-supported',
  'operation-failed',
  'disconnected',
  'cancelled',
  'outcome-unknown',
  'protocol-error',
  'internal-error',
] as const;
export type ProblemCode = (typeof problemCodes)[number];

/** Every field of a WSManFault (MS-WSMV 2.2.4.43), as text from the target: data, never markup. */
export interface FaultInfo {
  readonly httpStatus: number;
  readonly code: string | null;
  readonly subcode: string | null;
  readonly reason: string | null;
  /** The numeric WSManFault/@Code or MSFT_WmiError error_Code, unsigned, with its name where it has one. */
  readonly wsmanCode: number | null;
  readonly wsmanCodeName: string | null;
  readonly machine: string | null;
  readonly message: string | null;
  readonly provider: string | null;
  readonly providerPath: string | null;
  readonly faultDetail: string | null;
}

/** One certificate of the chain that a target presented, leaf first. */
export interface CertificateInfo {
  readonly subject: string;
  readonly issuer: string;
  readonly sha256: string;
  readonly sha1: string;
  readonly validFromAt: number;
  readonly validToAt: number;
  readonly names: readonly string[];
  readonly selfSigned: boolean;
}

/** Why a certificate is not accepted, in the order they are checked. */
export type TrustFailure =
  | 'pin-changed'
  | 'unknown-authority'
  | 'wrong-name'
  | 'expired'
  | 'not-yet-valid'
  | 'unreadable';

export interface CertificateProblem {
  readonly chain: readonly CertificateInfo[];
  readonly failures: readonly TrustFailure[];
  /** SHA-256 of the certificate that was pinned, where it was another one. */
  readonly pinned: string | null;
}

/** The product's main failure: the call succeeded and the machine said no. */
export interface FailedOperation {
  readonly method: string;
  readonly returnValue: number;
  readonly meaning: string;
}

export interface Problem {
  readonly code: ProblemCode;
  /** One sentence: what happened, and where. */
  readonly message: string;
  /** What to do, one sentence each. */
  readonly advice: readonly string[];
  readonly retryable: boolean;
  /** What was seen, one line each, for who looks closer: schemes offered, SPN, number and text of the library. Text from a target is data. */
  readonly evidence?: readonly string[];
  readonly machineId?: string;
  /** A short technical code for the corner of the banner: ETIMEDOUT, 0x80070005. */
  readonly technical?: string;
  readonly fault?: FaultInfo;
  readonly operation?: FailedOperation;
  readonly certificate?: CertificateProblem;
}

/** A problem that is thrown: what handlers throw, and what the client's promises reject with. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  constructor(problem: Problem, options?: { cause?: unknown }) {
    super(problem.message, options);
    this.problem = problem;
  }
}
