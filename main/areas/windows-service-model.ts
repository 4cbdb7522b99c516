import type { StartMode, WindowsService, WindowsServiceState } from '../../shared/contract/windows-services.ts';
import { cimSchema, type Decoded, decodeInstance, type WSManClient, wmi } from '../wsman/index.ts';
import { isNotOffered, query, select } from './query.ts';

const schema = cimSchema({
  AcceptPause: 'boolean',
  AcceptStop: 'boolean',
  DelayedAutoStart: 'boolean',
  Description: 'string',
  DisplayName: 'string',
  ExitCode: 'uint32',
  Name: 'string',
  PathName: 'string',
  ProcessId: 'uint32',
  StartMode: 'string',
  StartName: 'string',
  State: 'string',
});
const { DelayedAutoStart: _, ...oldSchema } = schema;
const stateSchema = cimSchema({
  AcceptPause: 'boolean',
  AcceptStop: 'boolean',
  ExitCode: 'uint32',
  Name: 'string',
  ProcessId: 'uint32',
  StartMode: 'string',
  State: 'string',
});
const linkSchema = cimSchema({ Antecedent: 'reference', Dependent: 'reference' });

const states: ReadonlySet<string> = new Set<WindowsServiceState>([
  'Stopped',
  'Start Pending',
  'Stop Pending',
  'Running',
  'Continue Pending',
  'Pause Pending',
  'Paused',
]);
const startModes: ReadonlySet<string> = new Set<StartMode>(['Boot', 'System', 'Auto', 'Manual', 'Disabled']);
/** ERROR_SERVICE_NEVER_STARTED: no failure. */
const neverStarted = 1077;

/** A service from a row or instance; null where it has no name. */
function toWindowsService(row: Partial<Decoded<typeof schema>>): WindowsService | null {
  if (!row.Name) return null;
  return {
    name: row.Name,
    displayName: row.DisplayName || row.Name,
    description: row.Description || null,
    state: stateOf(row.State ?? null),
    startMode: startModeOf(row.StartMode ?? null, row.DelayedAutoStart ?? false),
    account: row.StartName || null,
    processId: row.ProcessId || null,
    path: row.PathName || null,
    acceptStop: row.AcceptStop ?? false,
    acceptPause: row.AcceptPause ?? false,
    exitCode: row.ExitCode && row.ExitCode !== neverStarted ? row.ExitCode : null,
  };
}

const stateOf = (text: string | null) =>
  text !== null && states.has(text) ? (text as WindowsServiceState) : 'Unknown';

function startModeOf(text: string | null, delayed: boolean): StartMode {
  if (text === 'Auto' && delayed) return 'Auto (delayed)';
  return text !== null && startModes.has(text) ? (text as StartMode) : 'Unknown';
}

export function isPending(state: WindowsServiceState): boolean {
  return state.endsWith('Pending');
}

/** All services of a machine. Before Windows 10 and Server 2016 they do not tell DelayedAutoStart, and asking for it is refused. */
export async function readServices(client: WSManClient, signal: AbortSignal): Promise<WindowsService[]> {
  const rows: Partial<Decoded<typeof schema>>[] = await query(
    client,
    select(schema, 'Win32_Service'),
    schema,
    signal,
  ).catch((error: unknown) => {
    if (!isNotOffered(error)) throw error;
    return query(client, select(oldSchema, 'Win32_Service'), oldSchema, signal);
  });
  return rows.map(toWindowsService).filter((windowsService) => windowsService !== null);
}

/** One instance by its key is a small thing to ask: a machine that takes longer hangs, and whoever follows a service must learn of it. */
const oneServiceLimitMs = 15_000;

/** One service. Throws the target's fault where there is none of that name. */
export async function readService(client: WSManClient, name: string, signal: AbortSignal): Promise<WindowsService> {
  const resource = { resourceUri: wmi('Win32_Service'), selectors: [['Name', name]] as const };
  const read = toWindowsService(
    decodeInstance(await client.get(resource, { signal, timeoutMs: oneServiceLimitMs }), schema),
  );
  // The instance has its key; a target that leaves it out was asked for this one.
  return read ?? toWindowsService({ Name: name })!;
}

/**
 * What can change from one moment to the next, for all services in one small answer: known services with the new state, or null where
 * services came or went and the whole list must be read again.
 */
export async function refreshStates(
  client: WSManClient,
  known: ReadonlyMap<string, WindowsService>,
  signal: AbortSignal,
): Promise<WindowsService[] | null> {
  const rows = await query(client, select(stateSchema, 'Win32_Service'), stateSchema, signal);
  if (rows.length !== known.size) return null;
  const services: WindowsService[] = [];
  for (const row of rows) {
    const before = row.Name === null ? undefined : known.get(row.Name);
    if (before === undefined) return null;
    const { state, processId, acceptStop, acceptPause, exitCode, startMode } = toWindowsService(row)!;
    // This answer does not tell delayed from plain: as long as it is automatic, it is what it was.
    const kept = startMode === 'Auto' && before.startMode.startsWith('Auto') ? before.startMode : startMode;
    services.push({ ...before, state, processId, acceptStop, acceptPause, exitCode, startMode: kept });
  }
  return services;
}

/** Who depends on whom, by name: Win32_DependentService in one query. Drivers, which are no services, are left out. */
export interface Dependencies {
  /** Services that need this one. */
  dependantsOf(name: string): readonly string[];
  /** Services that this one needs. */
  dependenciesOf(name: string): readonly string[];
}

export async function readDependencies(client: WSManClient, signal: AbortSignal): Promise<Dependencies> {
  const rows = await query(client, select(linkSchema, 'Win32_DependentService'), linkSchema, signal);
  const dependants = new Map<string, string[]>();
  const dependencies = new Map<string, string[]>();
  for (const { Antecedent, Dependent } of rows) {
    const needed = serviceName(Antecedent);
    const needs = serviceName(Dependent);
    if (needed === null || needs === null) continue;
    add(dependants, needed, needs);
    add(dependencies, needs, needed);
  }
  return {
    dependantsOf: (name) => dependants.get(name.toLowerCase()) ?? [],
    dependenciesOf: (name) => dependencies.get(name.toLowerCase()) ?? [],
  };
}

function add(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key.toLowerCase());
  if (list === undefined) map.set(key.toLowerCase(), [value]);
  else list.push(value);
}

function serviceName(reference: Decoded<typeof linkSchema>['Antecedent']): string | null {
  if (reference === null || !/Win32_Service$/i.test(reference.resourceUri)) return null;
  const name = reference.selectors.find(([key]) => key.toLowerCase() === 'name')?.[1];
  return typeof name === 'string' ? name : null;
}

/**
 * All that depends on a service, directly or through others, in an order in which they can be stopped: each comes after everything that
 * depends on it. Rings, which Windows does not allow but a broken registry may hold, are cut.
 */
export function stopOrder(name: string, dependantsOf: (name: string) => readonly string[]): string[] {
  const order: string[] = [];
  const seen = new Set([name.toLowerCase()]);
  const visit = (of: string): void => {
    for (const dependant of dependantsOf(of)) {
      if (seen.has(dependant.toLowerCase())) continue;
      seen.add(dependant.toLowerCase());
      visit(dependant);
      order.push(dependant);
    }
  };
  visit(name);
  return order;
}
