import { accountName } from './authentication/accounts.ts';

/** Ways of trying a secret at an account. Kerberos: an AS-REQ with pre-authentication, which the KDC logs. */
export type AttemptScheme = 'NTLM' | 'Basic' | 'Digest' | 'Kerberos';
/** By account, as a bare name in lower case, then by scheme: how often its secret was tried, rightly or wrongly. */
export type Attempts = Readonly<Record<string, Readonly<Partial<Record<AttemptScheme, number>>>>>;

/** What a test may ask afterwards. Counts since the lab started. */
export interface LabStatistics {
  /** By wsa:Action, `Identify` for identify. Only requests that were authenticated and understood. */
  readonly requests: Readonly<Record<string, number>>;
  /** By `Class.method` in the case of the class's definition and lower case of the method, whatever the return value. */
  readonly executed: Readonly<Record<string, number>>;
  readonly openConnections: number;
  readonly acceptedConnections: number;
  /** Security contexts that were completed. */
  readonly handshakes: number;
  /** Tokens, credentials, certificates, signatures that were refused. */
  readonly refusals: number;
  readonly openEnumerations: number;
  readonly openSubscriptions: number;
  /** Secrets tried at this machine. The KDC's are in `Lab.attempts()`, since they belong to no machine. */
  readonly attempts: Attempts;
}

export interface MachineStatistics {
  readonly requests: Map<string, number>;
  readonly executed: Map<string, number>;
  readonly attempts: Map<string, Map<AttemptScheme, number>>;
  openConnections: number;
  acceptedConnections: number;
  handshakes: number;
  refusals: number;
  snapshot(openEnumerations: number, openSubscriptions: number): LabStatistics;
}

export function createStatistics(): MachineStatistics {
  const statistics: MachineStatistics = {
    requests: new Map(),
    executed: new Map(),
    attempts: new Map(),
    openConnections: 0,
    acceptedConnections: 0,
    handshakes: 0,
    refusals: 0,
    snapshot: (openEnumerations, openSubscriptions) => ({
      requests: Object.fromEntries(statistics.requests),
      executed: Object.fromEntries(statistics.executed),
      openConnections: statistics.openConnections,
      acceptedConnections: statistics.acceptedConnections,
      handshakes: statistics.handshakes,
      refusals: statistics.refusals,
      openEnumerations,
      openSubscriptions,
      attempts: sumAttempts([statistics.attempts]),
    }),
  };
  return statistics;
}

export function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** Most names that are told apart; a flood of invented ones is counted under one. */
const maxAccounts = 1000;

export function countAttempt(
  statistics: Pick<MachineStatistics, 'attempts'>,
  user: string,
  scheme: AttemptScheme,
): void {
  const { attempts } = statistics;
  const name = accountName(user);
  const account = attempts.has(name) || attempts.size < maxAccounts ? name : '(others)';
  let schemes = attempts.get(account);
  if (!schemes) {
    schemes = new Map();
    attempts.set(account, schemes);
  }
  count(schemes, scheme);
}

export function sumAttempts(parts: Iterable<MachineStatistics['attempts']>): Attempts {
  const sum: Record<string, Partial<Record<AttemptScheme, number>>> = Object.create(null);
  for (const part of parts) {
    for (const [account, schemes] of part) {
      const of = sum[account] ?? {};
      sum[account] = of;
      for (const [scheme, times] of schemes) of[scheme] = (of[scheme] ?? 0) + times;
    }
  }
  return { ...sum };
}
