import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatBitRate,
  formatByteRate,
  formatBytes,
  formatClock,
  formatDuration,
  formatPercent,
  listNames,
  plural,
  shortOs,
} from './format.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('format', () => {
  it('writes bytes with three significant digits', () => {
    const written = [0, 512, 999, 1000, 1024, 1536, 1024 ** 2 * 116, 1024 ** 3 * 391.2, 1024 ** 4 * 2].map((bytes) =>
      formatBytes(bytes),
    );
    expect(written).toEqual(['0 B', '512 B', '999 B', '0.98 KB', '1 KB', '1.5 KB', '116 MB', '391 GB', '2.00 TB']);
    expect(formatBytes(18_446_744_073_709_551_615n)).toBe('16384 PB');
    expect([formatBytes(null), formatBytes(Number.NaN), formatBytes(-2048)]).toEqual(['–', '–', '−2 KB']);
  });
  it('writes rates', () => {
    expect([formatByteRate(1024 ** 2 * 109), formatByteRate(null)]).toEqual(['109 MB/s', '–']);
    expect([formatBitRate(328_000_000), formatBitRate(10_000_000_000n), formatBitRate(0)]).toEqual([
      '328 Mbit/s',
      '10 Gbit/s',
      '0 bit/s',
    ]);
  });
  it('writes lengths of time by their two largest units', () => {
    const written = [
      14,
      430,
      12_300,
      3 * minute + 5000,
      12 * minute + 5000,
      8 * hour + 49 * minute,
      41 * day + 6 * hour,
    ].map(formatDuration);
    expect(written).toEqual(['14 ms', '0.4 s', '12 s', '3 min 5 s', '12 min', '8 h 49 min', '41 d 6 h']);
    expect([formatDuration(null), formatDuration(-5), formatDuration(999)]).toEqual(['–', '0 ms', '0.9 s']);
  });
  it('writes clocks and ages', () => {
    expect([0, 14_999, 12 * minute + 5000, hour + 2 * minute + 3000].map(formatClock)).toEqual([
      '0:00',
      '0:14',
      '12:05',
      '1:02:03',
    ]);
    expect([-1, 12_000, 14 * minute, 2 * hour + 59 * minute, 19 * day].map(formatAge)).toEqual([
      '0 s',
      '12 s',
      '14 min',
      '2 h',
      '19 d',
    ]);
  });
  it('never writes a missing percentage as zero', () => {
    expect([
      formatPercent(0),
      formatPercent(48.6),
      formatPercent(1.25, 1),
      formatPercent(null),
      formatPercent(undefined),
    ]).toEqual(['0 %', '49 %', '1.3 %', '–', '–']);
  });
  it('counts and lists', () => {
    expect([plural(1, 'machine'), plural(10_000, 'machine'), plural(2, 'entry', 'entries')]).toEqual([
      '1 machine',
      '10,000 machines',
      '2 entries',
    ]);
    expect(listNames(['A'])).toBe('A');
    expect(listNames(['A', 'B', 'C'])).toBe('A, B and C');
    expect(listNames(['A', 'B', 'C', 'D'], 3)).toBe('A, B and 2 more');
  });
  it('shortens what Windows calls itself', () => {
    expect(
      [
        'Microsoft Windows Server 2022 Datacenter',
        'Microsoft Windows Server 2012 R2 Standard',
        'Microsoft® Windows Server® 2008 Standard',
        'Microsoft Windows 11 Pro',
        'Ubuntu 24.04',
        '',
        null,
      ].map(shortOs),
    ).toEqual(['Server 2022', 'Server 2012 R2', 'Server 2008', 'Windows 11', 'Ubuntu 24.04', '–', '–']);
  });
});
