import type { EventDetails } from '../../../shared/contract/event-log.ts';
import { ProblemError } from '../../../shared/contract/problem.ts';
import {
  bookmarkAfter,
  cimSchema,
  isWindowsEvent,
  readWindowsEvent,
  resourceUris,
  SubscriptionNotOfferedError,
  subscribe,
  type WindowsEvent,
  type WSManClient,
} from '../../wsman/index.ts';
import { queryOne, select, wqlText } from '../query.ts';
import { entryOfEvent } from './entries.ts';
import { queryList } from './filter-queries.ts';

const nothing = { levels: [], source: '', ids: '', withinMs: null, text: '' };
const quietMs = 1000;
/** So many empty deliveries in a row: one may only say that the target is still looking. */
const quietTimes = 3;

/**
 * One event in full: its document from the event log, else what WMI knows. Throws ProblemError `not-found` where it has been overwritten or
 * cleared meanwhile.
 */
export async function readDetails(
  client: WSManClient,
  log: string,
  recordId: bigint,
  signal: AbortSignal,
): Promise<EventDetails> {
  try {
    const event = await readDocument(client, log, recordId, signal);
    if (event === null) throw gone(log, recordId);
    const level = entryOfEvent(log, event)?.level ?? null;
    return { xml: event.xml, why: null, level, message: event.message, data: event.data, facts: factsOf(event) };
  } catch (error) {
    if (!(error instanceof SubscriptionNotOfferedError)) throw error;
    return readByWmi(client, log, recordId, signal);
  }
}

async function readDocument(
  client: WSManClient,
  log: string,
  recordId: bigint,
  signal: AbortSignal,
): Promise<WindowsEvent | null> {
  const subscription = await subscribe(client, {
    resourceUri: resourceUris.eventLog,
    filter: { dialect: 'eventquery', queryList: queryList(log, nothing, { recordId }) },
    from: recordId > 1n ? bookmarkAfter(log, recordId - 1n) : 'earliest',
    contentFormat: 'RenderedText',
    heartbeatMs: quietMs,
    timeoutMs: quietMs * 3,
    maxElements: 1,
    signal,
  });
  let quiet = 0;
  for await (const { events } of subscription) {
    const [found] = events;
    quiet = found === undefined ? quiet + 1 : 0;
    if (quiet >= quietTimes) return null;
    if (found !== undefined && isWindowsEvent(found)) return readWindowsEvent(found);
  }
  return null;
}

function factsOf(event: WindowsEvent): (readonly [string, string])[] {
  const facts: (readonly [string, string | number | null])[] = [
    ['Level', event.levelName ?? event.level],
    ['Task', event.taskName ?? event.task],
    ['Opcode', event.opcodeName ?? event.opcode],
    ['Keywords', event.keywords === null ? null : `0x${event.keywords.toString(16)}`],
    ['User', event.userSid],
    ['Computer', event.computer],
    ['Process', event.processId],
    ['Thread', event.threadId],
    ['Activity', event.activityId],
  ];
  return facts.filter(([, value]) => value !== null && value !== '').map(([name, value]) => [name, String(value)]);
}

const schema = cimSchema({
  CategoryString: 'string',
  ComputerName: 'string',
  EventIdentifier: 'uint32',
  InsertionStrings: 'string[]',
  Message: 'string',
  TimeWritten: 'datetime',
  Type: 'string',
  User: 'string',
});

async function readByWmi(
  client: WSManClient,
  log: string,
  recordId: bigint,
  signal: AbortSignal,
): Promise<EventDetails> {
  const condition = `Logfile=${wqlText(log)} AND RecordNumber=${recordId}`;
  const row = await queryOne(client, select(schema, 'Win32_NTLogEvent', condition), schema, signal);
  if (row === null) throw gone(log, recordId);
  const facts: (readonly [string, string | null])[] = [
    ['Type', row.Type],
    ['Category', row.CategoryString],
    ['User', row.User],
    ['Computer', row.ComputerName],
    ['Identifier', row.EventIdentifier === null ? null : `0x${row.EventIdentifier.toString(16)}`],
  ];
  return {
    xml: null,
    why: 'This machine gives out no event documents (it offers no subscription to its event log), so there are only the values without their names.',
    level: null,
    message: row.Message?.trim() ?? null,
    data: (row.InsertionStrings ?? []).map((value) => ['', value]),
    facts: facts.filter((fact): fact is readonly [string, string] => fact[1] !== null && fact[1].trim() !== ''),
  };
}

function gone(log: string, recordId: bigint): ProblemError {
  return new ProblemError({
    code: 'not-found',
    message: `The log ${log} has no record ${recordId} any more.`,
    advice: ['It was overwritten by newer ones, or the log was cleared.'],
    retryable: false,
  });
}
