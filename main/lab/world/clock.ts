/** The lab's only source of time, so that tests can move it. */
export interface Clock {
  /** Epoch milliseconds, with fractions. */
  now(): number;
}

export const systemClock: Clock = { now: () => performance.timeOrigin + performance.now() };
