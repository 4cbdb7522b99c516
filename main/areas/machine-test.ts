export const createMachineTest = (..._: unknown[]): never => ({}) as never;
