export const createGauges = (..._: unknown[]): never => ({}) as never;
