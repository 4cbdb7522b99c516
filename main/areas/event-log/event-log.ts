import type { ConsoleHandlers } from '../../../shared/contract/contract.ts';
import { type EventLogList, maxSavedEventFilters, type SavedEventFilter } from '../../../shared/contract/event-log.ts';
import { ProblemError } from '../../../shared/contract/problem.ts';
import { cimSchema, registryKeys, type WSManClient } from '../../wsman/index.ts';
import { type AreaContext, onMachine } from '../context.ts';
import { isAccessDenied, query, select } from '../query.ts';
import { deniedLog } from './denied.ts';
import { readDetails } from './details.ts';
import { needsExactLevels } from './filter-queries.ts';
import { pageBySubscription, pageByWql } from './page.ts';
import { followLog } from './tail.ts';

/** Event logs: which there are, pages of them, what comes, one event in full; and the filters that the user keeps. */
export function createEventLog(context: AreaContext): ConsoleHandlers['eventLog'] {
  /** Names of classic logs by machine, as they were read last: what WMI can be asked for. */
  const classic = new Map<string, ReadonlySet<string>>();
  const classicOf = async (machineId: string, client: WSManClient, signal: AbortSignal) => {
    const known = classic.get(machineId) ?? remember(machineId, await readLogs(client, signal));
    return known;
  };
  const remember = (machineId: string, logs: EventLogList['logs']): ReadonlySet<string> => {
    const names = new Set(logs.map(({ name }) => name.toLowerCase()));
    classic.set(machineId, names);
    return names;
  };

  return {
    logs: ({ machineId }, signal) =>
      onMachine(context, machineId, async (session) => {
        const logs = await session.run(readLogs, { signal, urgent: true });
        remember(machineId, logs);
        // Windows says which stack it is; other makes have no event log service.
        return { logs, readAt: context.now(), offersChannels: session.status.identity?.stack != null };
      }),

    channels: ({ machineId }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run(async (client, within) => (await registryKeys(client, channelsKey, { signal: within })) ?? [], {
          signal,
          urgent: true,
        }),
      ),

    page: ({ machineId, log, filter, before }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run(
          async (client, within) => {
            const isClassic = (await classicOf(machineId, client, within)).has(log.toLowerCase());
            const isWindows = session.status.identity?.stack != null;
            const byWql = isClassic && !(isWindows && needsExactLevels(filter));
            const read = byWql ? pageByWql : pageBySubscription;
            try {
              return await read(client, log, filter, before, context.now(), within);
            } catch (error) {
              if (!isAccessDenied(error)) throw error;
              // Members of Event Log Readers may not read by WMI what they may read from the event log itself.
              if (byWql && isWindows) {
                try {
                  return await pageBySubscription(client, log, filter, before, context.now(), within);
                } catch (again) {
                  if (!isAccessDenied(again)) throw again;
                }
              }
              throw deniedLog(context, machineId, log, error);
            }
          },
          { signal, urgent: true },
        ),
      ),

    tail: ({ machineId, ...request }, sink) =>
      onMachine(context, machineId, (session) => followLog(context, session, request, sink)),

    details: ({ machineId, log, recordId }, signal) =>
      onMachine(context, machineId, (session) =>
        session.run((client, within) => readDetails(client, log, recordId, within), { signal, urgent: true }),
      ),

    savedFilters: async () => context.store.inventory.data.eventFilters,
    saveFilter: (saved) =>
      changeFilters((filters) => {
        const others = filters.filter(({ name }) => name !== saved.name);
        if (others.length >= maxSavedEventFilters) throw tooMany();
        return [...others, saved].sort((a, b) => a.name.localeCompare(b.name, 'en', { sensitivity: 'base' }));
      }),
    removeFilter: ({ name }) => changeFilters((filters) => filters.filter((saved) => saved.name !== name)),
  };

  async function changeFilters(
    change: (filters: readonly SavedEventFilter[]) => readonly SavedEventFilter[],
  ): Promise<readonly SavedEventFilter[]> {
    await context.store.inventory.update((old) => ({ ...old, eventFilters: change(old.eventFilters) }));
    return context.store.inventory.data.eventFilters;
  }
}

const channelsKey = 'SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WINEVT\\Channels';

const fileSchema = cimSchema({
  FileSize: 'uint64',
  LastModified: 'datetime',
  LogfileName: 'string',
  MaxFileSize: 'uint32',
  NumberOfRecords: 'uint32',
});

async function readLogs(client: WSManClient, signal: AbortSignal): Promise<EventLogList['logs']> {
  const rows = await query(client, select(fileSchema, 'Win32_NTEventlogFile'), fileSchema, signal);
  return rows
    .filter(({ LogfileName }) => LogfileName !== null && LogfileName !== '')
    .map((row) => ({
      name: row.LogfileName!,
      kind: 'log' as const,
      records: row.NumberOfRecords,
      sizeBytes: row.FileSize,
      maxBytes: row.MaxFileSize === null ? null : BigInt(row.MaxFileSize),
      lastWrittenAt: row.LastModified?.epochMs ?? null,
    }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { sensitivity: 'base' }));
}

function tooMany(): ProblemError {
  return new ProblemError({
    code: 'invalid-input',
    message: `There are ${maxSavedEventFilters} saved filters already.`,
    advice: ['Remove one that is not needed any more.'],
    retryable: false,
  });
}
