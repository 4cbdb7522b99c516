/** Numbers and times as people read them. A missing value is an en dash, never zero. */

export const missing = '–';

const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes in 1,024s with three significant digits: `512 B`, `1.5 KB`, `391 GB`, `2.00 TB`. */
export function formatBytes(bytes: number | bigint | null | undefined): string {
  if (bytes === null || bytes === undefined) return missing;
  let value = Number(bytes);
  if (!Number.isFinite(value)) return missing;
  const sign = value < 0 ? '−' : '';
  value = Math.abs(value);
  let unit = 0;
  // 999.5 would be written 1000: it is one of the next unit.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  if (unit === 0) return `${sign}${Math.round(value)} B`;
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  const text = value.toFixed(digits);
  // Below a gigabyte the last zero says nothing: 1.50 KB is 1.5 KB.
  return `${sign}${unit < 4 ? trimZeros(text) : text} ${units[unit]}`;
}

const trimZeros = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

/** Bytes per second, `109 MB/s`. */
export function formatByteRate(bytesPerSecond: number | null | undefined): string {
  return bytesPerSecond === null || bytesPerSecond === undefined ? missing : `${formatBytes(bytesPerSecond)}/s`;
}

/** Bits per second in 1,000s, as networks are counted: `328 Mbit/s`, `10 Gbit/s`. */
export function formatBitRate(bitsPerSecond: number | bigint | null | undefined): string {
  if (bitsPerSecond === null || bitsPerSecond === undefined) return missing;
  let value = Number(bitsPerSecond);
  if (!Number.isFinite(value)) return missing;
  const names = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];
  let unit = 0;
  while (value >= 999.5 && unit < names.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${trimZeros(value.toFixed(digits))} ${names[unit]}`;
}

/** A length of time by its two largest units: `41 d 6 h`, `8 h 49 min`, `3 min 5 s`, `12 s`, `0.4 s`. */
export function formatDuration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined || !Number.isFinite(milliseconds)) return missing;
  const ms = Math.max(0, milliseconds);
  if (ms < 1000) return ms < 100 ? `${Math.round(ms)} ms` : `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  if (minutes > 0) return minutes < 10 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  return `${seconds} s`;
}

/** A running clock: `0:14`, `12:05`, `1:02:03`. */
export function formatClock(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** How old, by its largest unit: `12 s`, `14 min`, `2 h`, `19 d`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** A percentage in whole numbers unless `digits` says otherwise; the unit is apart, since it is drawn in another tone. */
export function formatPercentNumber(percent: number | null | undefined, digits = 0): string {
  return percent === null || percent === undefined || !Number.isFinite(percent) ? missing : percent.toFixed(digits);
}
export function formatPercent(percent: number | null | undefined, digits = 0): string {
  const number = formatPercentNumber(percent, digits);
  return number === missing ? missing : `${number} %`;
}

const dateAndTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** A moment in the user's own time zone: `1 Jan 2026, 08:14`. */
export const formatDate = (at: number | null | undefined): string =>
  at === null || at === undefined ? missing : dateAndTime.format(at);
/** `1 Jan 2026`. */
export const formatDay = (at: number | null | undefined): string =>
  at === null || at === undefined ? missing : day.format(at);
/** `14:18:02`. */
export const formatTime = (at: number | null | undefined): string =>
  at === null || at === undefined ? missing : time.format(at);

const counting = new Intl.NumberFormat('en-US');
/** `10,000`. */
export const formatCount = (value: number): string => counting.format(value);

/** `1 machine`, `4 machines`. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** `A, B and C`; beyond `limit` names the rest is counted: `A, B and 7 more`. */
export function listNames(names: readonly string[], limit = 6): string {
  if (names.length === 0) return '';
  if (names.length === 1) return names[0] ?? '';
  if (names.length <= limit) return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return `${names.slice(0, limit - 1).join(', ')} and ${formatCount(names.length - limit + 1)} more`;
}

/** `Microsoft Windows Server 2022 Datacenter` → `Server 2022`: what fits a column and still tells them apart. */
export function shortOs(caption: string | null | undefined): string {
  if (caption === null || caption === undefined) return missing;
  const text = caption.replace(/^Microsoft\s+/i, '').replace(/[®™]/g, '');
  const server = /Windows Server\D*?(\d{4}(?: R2)?)/i.exec(text);
  if (server?.[1] !== undefined) return `Server ${server[1]}`;
  const client = /Windows (\d+(?:\.\d+)?|XP|Vista)/i.exec(text);
  if (client?.[1] !== undefined) return `Windows ${client[1]}`;
  return text.trim() === '' ? missing : text.trim();
}
