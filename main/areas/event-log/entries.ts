import type { EventEntry, EventLevel } from '../../../shared/contract/event-log.ts';
import { cimSchema, type Decoded, type WindowsEvent } from '../../wsman/index.ts';

/** What both ways of reading bring, as the same kind of entry. */

export const logEventSchema = cimSchema({
  CategoryString: 'string',
  ComputerName: 'string',
  EventCode: 'uint16',
  EventType: 'uint8',
  InsertionStrings: 'string[]',
  Message: 'string',
  RecordNumber: 'uint32',
  SourceName: 'string',
  TimeGenerated: 'datetime',
  User: 'string',
});

const levelOfType: Readonly<Record<number, EventLevel>> = {
  1: 'error',
  2: 'warning',
  3: 'information',
  4: 'audit-success',
  5: 'audit-failure',
};
/** Longest message of an entry; the details have all of it. */
const longestMessage = 4000;
const mostValues = 60;

/** An instance of Win32_NTLogEvent; null where it has no record number or time, without which it cannot be listed. */
export function entryOfWmi(log: string, row: Decoded<typeof logEventSchema>): EventEntry | null {
  const at = row.TimeGenerated?.epochMs ?? null;
  if (row.RecordNumber === null || at === null) return null;
  return {
    log,
    recordId: BigInt(row.RecordNumber),
    level: levelOfType[row.EventType ?? 3] ?? 'information',
    source: row.SourceName ?? '',
    eventId: row.EventCode ?? 0,
    at,
    task: blankToNull(row.CategoryString),
    user: blankToNull(row.User),
    computer: blankToNull(row.ComputerName),
    message: cut(row.Message),
    data: (row.InsertionStrings ?? []).slice(0, mostValues).map((value) => ['', cut(value) ?? '']),
  };
}

const levels: readonly EventLevel[] = ['information', 'critical', 'error', 'warning', 'information', 'verbose'];
const auditFailure = 0x10000000000000n;
const auditSuccess = 0x20000000000000n;

/** A document of the event log; null where it has no record id. */
export function entryOfEvent(log: string, event: WindowsEvent): EventEntry | null {
  if (event.recordId === null) return null;
  const { keywords } = event;
  const level: EventLevel =
    keywords !== null && (keywords & auditFailure) !== 0n
      ? 'audit-failure'
      : keywords !== null && (keywords & auditSuccess) !== 0n
        ? 'audit-success'
        : (levels[event.level] ?? 'information');
  return {
    log: event.channel || log,
    recordId: event.recordId,
    level,
    source: event.provider,
    eventId: event.eventId,
    at: event.createdAt ?? 0,
    task: blankToNull(event.taskName),
    user: event.userSid,
    computer: event.computer,
    message: cut(event.message),
    data: event.data.slice(0, mostValues).map(([name, value]) => [name, cut(value) ?? '']),
  };
}

function cut(text: string | null): string | null {
  const trimmed = text?.trim().replaceAll('\r\n', '\n') ?? '';
  if (trimmed === '') return null;
  return trimmed.length > longestMessage ? `${trimmed.slice(0, longestMessage)}…` : trimmed;
}

function blankToNull(text: string | null): string | null {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' ? null : trimmed;
}
