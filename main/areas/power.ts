export const createPower = (..._: unknown[]): never => ({}) as never;
