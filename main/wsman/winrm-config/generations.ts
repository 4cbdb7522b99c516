/** Which WinRM a machine has: what its defaults, limits and quickconfig depend on (MS-WSMV appendix B; WinRM installation page). */

export type StackGeneration = '1.1' | '2.0' | '3.0';

export interface ConfigGeneration {
  readonly stack: StackGeneration;
  /** Build of Windows; null where it was not said. */
  readonly build: number | null;
  /** `Windows 7 / Server 2008 R2`. */
  readonly name: string;
}

const names: readonly (readonly [least: number, name: string])[] = [
  [26100, 'Windows 11 24H2 / Server 2025'],
  [22000, 'Windows 11'],
  [20348, 'Windows Server 2022'],
  [17763, 'Windows 10 / Server 2019'],
  [14393, 'Windows 10 / Server 2016'],
  [10240, 'Windows 10'],
  [9600, 'Windows 8.1 / Server 2012 R2'],
  [9200, 'Windows 8 / Server 2012'],
  [7600, 'Windows 7 / Server 2008 R2'],
  [6000, 'Windows Vista / Server 2008'],
  [2600, 'Windows XP / Server 2003'],
];

/** From Identify: `3.0` and `10.0.20348`. A machine that hides its version has its stack only; one that names none is taken as today's. */
export function generationOf(stack: string | null, os: string | null): ConfigGeneration {
  const build = Number(os?.split('.')[2] ?? 0) || null;
  const known = stack?.startsWith('1.') ? '1.1' : stack?.startsWith('2.') ? '2.0' : '3.0';
  const fallback = {
    '1.1': 'WinRM 1.1',
    '2.0': 'Windows 7 / Server 2008 R2',
    '3.0': 'Windows 8 / Server 2012 or later',
  };
  const named = build === null ? undefined : names.find(([least]) => build >= least)?.[1];
  return { stack: known, build, name: named ?? fallback[known] };
}
