export const createWindowsServices = (..._: unknown[]): never => ({}) as never;
