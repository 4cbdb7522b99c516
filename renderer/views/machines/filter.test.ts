import { describe, expect, it } from 'vitest';
import type { Machine, MachineState } from '../../../shared/contract/machines.ts';
import { type FilterContext, parseFilter } from './filter.ts';

const nowMs = Date.UTC(2026, 1, 11, 14, 32);
const day = 86_400_000;

function machine(
  name: string,
  more: {
    state?: MachineState;
    tags?: string[];
    os?: string;
    bootDaysAgo?: number;
    free?: number;
    seenHoursAgo?: number;
  } = {},
): Machine {
  return {
    id: name,
    settings: {
      name,
      address: `${name.toLowerCase()}.corp.example`,
      transport: 'http',
      port: 5985,
      path: 'wsman',
      signIn: 'negotiate',
      spn: { serviceClass: null, host: null, withPort: false },
      delegate: false,
      credentialId: null,
      trusted: false,
      allowClearText: false,
      pin: null,
      tags: more.tags ?? [],
    },
    state: more.state ?? 'online',
    stateSinceAt: nowMs,
    lastSeenAt: nowMs - (more.seenHoursAgo ?? 0) * 3_600_000,
    nextAttemptAt: null,
    problem: null,
    security: {
      mechanism: 'NTLM',
      cipher: 'RC4-128',
      protection: 'RC4-128',
      spn: name === 'HQ-SQL01' ? 'HTTP/hq-sql01.corp.example' : null,
      insideSpnego: true,
      serverCertificate:
        name === 'HQ-SQL01' ? { subject: 'CN=hq-sql01', sha256: 'A'.repeat(64), validToAt: nowMs + 20 * day } : null,
      clientCertificate: null,
    },
    credential:
      name === 'HQ-SQL01' ? { id: 'c1', source: 'machine', tag: null } : { id: null, source: 'none', tag: null },
    facts: {
      readAt: nowMs,
      computerName: name,
      domain: 'corp.example',
      osCaption: more.os ?? 'Microsoft Windows Server 2022 Datacenter',
      osVersion: '10.0.20348',
      lastBootAt: nowMs - (more.bootDaysAgo ?? 1) * day,
      manufacturer: null,
      model: 'PowerEdge R750',
      logicalProcessors: 8,
      memoryBytes: null,
      worstDisk: more.free === undefined ? null : { drive: 'C:', freePercent: more.free },
      stack: '3.0',
    },
  };
}

const fleet = [
  machine('HQ-SQL01', {
    tags: ['production', 'sql'],
    os: 'Microsoft Windows Server 2019 Standard',
    free: 8,
    bootDaysAgo: 41,
  }),
  machine('HQ-SQL02', { tags: ['staging', 'sql'], free: 60 }),
  machine('HQ-WEB01', { tags: ['production', 'web server'], state: 'unreachable', seenHoursAgo: 3, bootDaysAgo: 90 }),
  machine('LAB-DC01', { tags: ['lab'], state: 'denied' }),
];
const readings: Record<string, { cpuPercent: number | null; memoryPercent: number | null }> = {
  'HQ-SQL01': { cpuPercent: 91, memoryPercent: 40 },
  'HQ-SQL02': { cpuPercent: 12, memoryPercent: 95 },
  'HQ-WEB01': { cpuPercent: null, memoryPercent: null },
};
const context: FilterContext = {
  nowMs,
  gauge: (id) => readings[id],
  setName: (id) => (id === 'c1' ? 'SQL admins' : undefined),
};

const found = (text: string): string[] => {
  const filter = parseFilter(text);
  return fleet.filter((each) => filter.matches(each, context)).map((each) => each.id);
};
const all = fleet.map((each) => each.id);

describe('the filter of machines', () => {
  it.each<[string, string[]]>([
    ['', all],
    ['   ', all],
    ['sql', ['HQ-SQL01', 'HQ-SQL02']],
    ['sql 2019', ['HQ-SQL01']],
    ['poweredge', all],
    ['"web server"', ['HQ-WEB01']],
    ['"web sql"', []],
    ['tag:sql', ['HQ-SQL01', 'HQ-SQL02']],
    ['tag:SQL tag:production', ['HQ-SQL01']],
    ['tag:sq', []],
    ['tag:s*', ['HQ-SQL01', 'HQ-SQL02']],
    ['tag:lab,staging', ['HQ-SQL02', 'LAB-DC01']],
    ['tag:"web server"', ['HQ-WEB01']],
    ['-tag:production', ['HQ-SQL02', 'LAB-DC01']],
    ['!hq', ['LAB-DC01']],
    ['state:online', ['HQ-SQL01', 'HQ-SQL02']],
    ['state:unreach', ['HQ-WEB01']],
    ['is:attention', ['HQ-SQL01', 'HQ-WEB01', 'LAB-DC01']],
    ['is:healthy', ['HQ-SQL02']],
    ['is:warning', ['HQ-SQL01']],
    ['os:2019', ['HQ-SQL01']],
    ['os:20348 name:web', ['HQ-WEB01']],
    ['cpu>80', ['HQ-SQL01']],
    ['cpu > 80', ['HQ-SQL01']],
    ['cpu > 80 tag:staging', []],
    ['cpu<=12', ['HQ-SQL02']],
    ['cpu=12%', ['HQ-SQL02']],
    ['mem≥95', ['HQ-SQL02']],
    ['disk<10', ['HQ-SQL01']],
    ['uptime>30d', ['HQ-SQL01']],
    ['uptime < 2', ['HQ-SQL02']],
    ['seen>2h', ['HQ-WEB01']],
    ['port:5985 auth:ntlm', all],
    ['auth:tls', []],
    ['policy:negotiate enc:rc4', all],
    ['policy:kerberos', []],
    ['enc:none', []],
    ['spn:http/hq-sql01', ['HQ-SQL01']],
    ['credential:own', ['HQ-SQL01']],
    ['credential:none', ['HQ-SQL02', 'HQ-WEB01', 'LAB-DC01']],
    ['credential:"sql admins"', ['HQ-SQL01']],
    ['cert<30d', ['HQ-SQL01']],
    ['cert>30d', []],
    ['tag:', all],
    ['cpu>', all],
    ['fe80::1', []],
  ])('%s', (text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  it('says what it does not understand, and matches nothing with it', () => {
    expect(parseFilter('state:foo').problem).toMatch(/foo.*online/);
    expect(parseFilter('uptime>soon').problem).toMatch(/30d/);
    expect(parseFilter('cpu>much').problem).toMatch(/number/);
    expect(found('state:foo')).toEqual([]);
    expect(parseFilter('hq-sql tag:a').problem).toBeUndefined();
  });

  it('knows when it needs CPU and memory of all machines', () => {
    expect(parseFilter('cpu>80').needsGauges).toBe(true);
    expect(parseFilter('-memory<5').needsGauges).toBe(true);
    expect(parseFilter('cpu disk<10').needsGauges).toBe(false);
  });

  it('takes text for text: characters of a pattern in a tag mean themselves', () => {
    expect(parseFilter('tag:a.c*').matches(machine('X', { tags: ['abcd'] }), context)).toBe(false);
    expect(parseFilter('tag:(a*').matches(machine('X', { tags: ['(a)'] }), context)).toBe(true);
  });
});
