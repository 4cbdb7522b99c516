import type { EventEntry } from '../../../shared/contract/event-log.ts';

/** What is shown, as a file. Text of events is the machine's, and a spreadsheet takes what begins like a formula for one. */

const columns = ['Time', 'Level', 'Source', 'Event ID', 'Log', 'Record', 'Task', 'User', 'Computer', 'Message', 'Data'];

/** RFC 4180, with a byte order mark for the spreadsheets that need one. */
export function toCsv(entries: readonly EventEntry[]): string {
  const rows = entries.map((entry) => [
    new Date(entry.at).toISOString(),
    entry.level,
    entry.source,
    String(entry.eventId),
    entry.log,
    String(entry.recordId),
    entry.task ?? '',
    entry.user ?? '',
    entry.computer ?? '',
    entry.message ?? '',
    entry.data.map(([name, value]) => (name === '' ? value : `${name}=${value}`)).join('; '),
  ]);
  return `\ufeff${[columns, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

/** Quoted; what a spreadsheet would calculate gets an apostrophe in front, which makes it text. */
function cell(text: string): string {
  const harmless = /^[=+\-@\t\r\n|%]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

/** An array of objects, newest first as on the screen; record ids as text, since they may pass 2^53. */
export function toJson(entries: readonly EventEntry[]): string {
  const plain = entries.map(({ recordId, at, data, ...rest }) => ({
    ...rest,
    at: new Date(at).toISOString(),
    recordId: String(recordId),
    data: data.map(([name, value]) => ({ name, value })),
  }));
  return `${JSON.stringify(plain, null, 1)}\n`;
}

/** `HQ-DC01 System 2026-11-28 1642.csv`, without what a file name may not hold. */
export function fileName(machine: string, log: string, at: number, extension: 'csv' | 'json'): string {
  const time = new Date(at).toISOString().slice(0, 16).replace('T', ' ').replace(':', '');
  return `${machine} ${log} ${time}.${extension}`.replace(/[\\/:*?"<>|\u0000-\u001f]/g, '-');
}
