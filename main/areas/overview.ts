export const createOverview = (..._: unknown[]): never => ({}) as never;
