import type { SimulatedMachine } from './simulated-machine.ts';
import { generations, type MachinePlan } from './world/machine-plan.ts';
import { isBranch } from './world/winrm-config.ts';

/**
 * Kinds of machine by the WS-Man server that they run. `1.1`: Server 2008 as it came. `2.0`: Server 2008 R2. `3.0`: Server 2012 and later.
 * `omi`: Open Management Infrastructure, another make with habits of its own (omi-dialect.ts).
 */
export type Stack = '1.1' | '2.0' | '3.0' | 'omi';
const names: ReadonlySet<string> = new Set<Stack>(['1.1', '2.0', '3.0', 'omi']);
const isStack = (text: string): text is Stack => names.has(text);

/** `3.0,2.0,1.1,omi`. Throws with a sentence where a word is none. */
export function readStacks(list: string): readonly Stack[] {
  return list.split(',').map((word) => {
    const name = word.trim().toLowerCase();
    if (isStack(name)) return name;
    throw new Error('--stack takes a list of 1.1, 2.0, 3.0 and omi');
  });
}

/** The same machine with another server; Windows comes with it. */
export function withStack(plan: MachinePlan, stack: Stack): MachinePlan {
  if (stack === 'omi') return { ...plan, make: 'omi' };
  if (plan.generation.stack === stack) return plan;
  const generation = { '1.1': generations['2008'], '2.0': generations['2008R2'], '3.0': generations['2022'] }[stack];
  return { ...plan, generation };
}

/** What winrm/config says on stack 1.1 (MS-WSMV notes 4 to 34): five connections in all, 20 items at a time. */
const firstSettings: Readonly<Record<string, string>> = {
  MaxEnvelopeSizekb: '150',
  MaxBatchItems: '20',
  MaxProviderRequests: '25',
  'Client/DefaultPorts/HTTP': '80',
  'Client/DefaultPorts/HTTPS': '443',
  'Service/MaxConcurrentOperations': '100',
  'Service/EnumerationTimeoutms': '60000',
  'Service/MaxConnections': '5',
  'Service/DefaultPorts/HTTP': '80',
  'Service/DefaultPorts/HTTPS': '443',
  'Winrs/IdleTimeout': '900000',
  'Winrs/MaxConcurrentUsers': '5',
  'Winrs/MaxShellRunTime': '28800000',
  'Winrs/MaxProcessesPerShell': '5',
  'Winrs/MaxMemoryPerShellMB': '80',
  'Winrs/MaxShellsPerUser': '2',
};

/** Puts the limits of stack 1.1 into a machine that has it. */
export function applyStack(machine: SimulatedMachine): void {
  if (machine.plan.generation.stack !== '1.1') return;
  for (const [path, value] of Object.entries(firstSettings)) {
    const leaf = machine.winrmConfig.find(path);
    if (leaf && !isBranch(leaf)) leaf.value = value;
  }
}
