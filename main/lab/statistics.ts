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
  /** Tokens, Basic credentials, signatures that were refused. */
  readonly refusals: number;
  readonly openEnumerations: number;
}

export interface MachineStatistics {
  readonly requests: Map<string, number>;
  readonly executed: Map<string, number>;
  openConnections: number;
  acceptedConnections: number;
  handshakes: number;
  refusals: number;
  snapshot(openEnumerations: number): LabStatistics;
}

export function createStatistics(): MachineStatistics {
  const statistics: MachineStatistics = {
    requests: new Map(),
    executed: new Map(),
    openConnections: 0,
    acceptedConnections: 0,
    handshakes: 0,
    refusals: 0,
    snapshot: (openEnumerations) => ({
      requests: Object.fromEntries(statistics.requests),
      executed: Object.fromEntries(statistics.executed),
      openConnections: statistics.openConnections,
      acceptedConnections: statistics.acceptedConnections,
      handshakes: statistics.handshakes,
      refusals: statistics.refusals,
      openEnumerations,
    }),
  };
  return statistics;
}

export function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
