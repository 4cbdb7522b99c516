/** Faults of names, routes, ports and TLS. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, vi } from 'vitest';
import { wireFaults } from '../../lab/fault-servers/wire-faults.ts';
import { makeCertificate } from '../../wsman/auth/test-certificates.ts';
import {
  type Arrangement,
  type Bench,
  type FaultCase,
  freePort,
  isOpen,
  labName,
  targetOf,
} from './bench.test-suite.ts';
import type { PortState } from './network.ts';

const coded = (code: string) => Object.assign(new Error(code), { code });
const ports = (own: PortState, others: PortState | Readonly<Record<number, PortState>>, ownPort = 5985) => ({
  dial: async (_: string, port: number): Promise<PortState> => {
    if (port === ownPort) return own;
    return typeof others === 'string' ? others : (others[port] ?? 'refused');
  },
});
const unreached: Arrangement['target'] = { host: labName('srv'), port: 5985 };

export const dnsFaults: readonly FaultCase[] = [
  {
    name: 'NXDOMAIN',
    layer: 'DNS',
    source: 'RFC 1035 4.1.1 RCODE 3; getaddrinfo EAI_NONAME (RFC 3493 6.1)',
    expected: 'name-unknown',
    arrange: async () => ({ target: unreached, network: { lookup: async () => Promise.reject(coded('ENOTFOUND')) } }),
  },
  {
    name: 'the name has no address (NODATA)',
    layer: 'DNS',
    source: 'RFC 2308 2.2 (NODATA)',
    expected: 'name-unknown',
    arrange: async () => ({ target: unreached, network: { lookup: async () => [] } }),
  },
  {
    name: 'SERVFAIL, the name server says try again',
    layer: 'DNS',
    source: 'RFC 1035 4.1.1 RCODE 2; getaddrinfo EAI_AGAIN (RFC 3493 6.1)',
    expected: 'name-server-silent',
    arrange: async () => ({ target: unreached, network: { lookup: async () => Promise.reject(coded('EAI_AGAIN')) } }),
  },
  {
    name: 'the name server never answers',
    layer: 'DNS',
    source: 'RFC 1035 7.2 (no response)',
    expected: 'name-server-silent',
    arrange: async () => ({ target: unreached, network: { lookup: () => new Promise(() => {}) } }),
  },
  {
    name: 'wrong address: another machine answers',
    layer: 'DNS',
    source: 'a stale A record (RFC 1035 3.4.1); Win32_OperatingSystem.CSName of who answers',
    expected: 'other-machine',
    set: [/alias/, /DNS has the address of another/],
    arrange: async ({ machine }) => ({ target: { ...targetOf(machine), host: labName('sql02') } }),
  },
];

export const tcpFaults: readonly FaultCase[] = [
  {
    name: 'connection refused',
    layer: 'TCP',
    source: 'RFC 9293 3.5.2 (RST to SYN)',
    expected: 'port-refused',
    set: [/not running/, /no HTTP listener/, /no address/, /firewall refuses/],
    arrange: async () => ({ target: { host: labName('srv'), port: await freePort() } }),
  },
  {
    name: 'GPO IPv4Filter and IPv6Filter empty: no address to listen at',
    layer: 'TCP',
    source: 'MS-WSMV 2.2.4.36, 3.1.4.1.29.5 (ListeningOn by the filters); the lab closes its sockets',
    expected: 'port-refused',
    set: [/IPv4Filter/],
    arrange: emptyFilters,
  },
  {
    name: 'localhost refused, on Linux',
    layer: 'TCP',
    source: 'RFC 9293 3.5.2; WinRM is part of Windows',
    expected: 'local-not-there',
    says: /Linux/,
    arrange: async () => ({ target: { host: 'localhost', port: await freePort() } }),
  },
  {
    name: 'localhost refused, on Windows',
    layer: 'TCP',
    source: 'RFC 9293 3.5.2; "winrm: no output means that it is not installed"',
    expected: 'local-not-there',
    set: [/not running/, /no listener/, /not installed/],
    arrange: async () => ({ target: { host: 'localhost', port: await freePort() }, platform: 'win32' }),
  },
  {
    name: 'SYN dropped at the port, other ports refuse',
    layer: 'TCP',
    source: 'RFC 9293 3.8.3 (no answer to SYN); netsh advfirewall action=block',
    expected: 'port-dropped',
    arrange: async () => ({ target: unreached, network: ports('silent', 'refused') }),
  },
  {
    name: 'SYN dropped at every port',
    layer: 'TCP',
    source: 'RFC 9293 3.8.3 (no answer to SYN)',
    expected: 'host-silent',
    set: [/off or asleep/, /firewall drops everything/, /wrong address/, /route/],
    arrange: async () => ({ target: unreached, network: ports('silent', 'silent') }),
  },
  {
    name: 'no route to host',
    layer: 'TCP',
    source: 'RFC 792 type 3 code 1 (EHOSTUNREACH)',
    expected: 'no-route',
    arrange: async () => ({ target: unreached, network: ports('no-route', 'no-route') }),
  },
  {
    name: 'only the HTTPS listener exists, HTTP is asked',
    layer: 'TCP',
    source: 'RFC 9293 3.5.2; MS-WSMV appendix note 5 (5985, 5986)',
    expected: 'other-port',
    arrange: async () => ({ target: unreached, network: ports('refused', { 5986: 'open' }) }),
  },
  onServer('reset after accept', 'TCP', 'reset-after-accept', 'cut', {
    set: [/firewall or security product/, /another program/],
  }),
  onServer('accepts and says nothing', 'TCP', 'accepts-and-says-nothing', 'silent'),
  onServer('another protocol on the port (SSH)', 'TCP', 'ssh-banner', 'not-http'),
];

const day = { names: [labName('srv')], validFrom: -10, validTo: 100 };

export const tlsFaults: readonly FaultCase[] = [
  onServer('plain HTTP on the TLS port', 'TLS', 'only-negotiate', 'plain-http-on-tls-port', { https: true }),
  {
    name: 'TLS on the HTTP port',
    layer: 'TLS',
    source: 'RFC 8446 4.1.2: a request in clear text is no ClientHello',
    expected: 'tls-on-http-port',
    arrange: async (bench) => ({ target: { port: await bench.server('only-negotiate', makeCertificate(day)) } }),
  },
  onServer('protocol too old: alert 70', 'TLS', 'tls-alert-protocol-version', 'tls-version', { https: true }),
  onServer('no cipher in common: alert 40', 'TLS', 'tls-alert-handshake-failure', 'tls-handshake', {
    https: true,
    set: [/version or cipher/, /private key/],
  }),
  onServer('no certificate is bound: cut after ClientHello', 'TLS', 'tls-cut-after-client-hello', 'tls-cut', {
    https: true,
    set: [/no certificate is bound/, /program without TLS/, /something between/],
  }),
  onServer('nothing comes in TLS', 'TLS', 'accepts-and-says-nothing', 'tls-silent', {
    https: true,
    set: [/hangs/, /something between/],
  }),
  withCertificate('certificate expired', 'certificate-expired', 'RFC 5280 4.1.2.5 (notAfter)', () => ({
    ...day,
    validFrom: -100,
    validTo: -3,
  })),
  withCertificate(
    'certificate not yet valid',
    'certificate-not-yet-valid',
    'RFC 5280 4.1.2.5 (notBefore)',
    () => ({ ...day, validFrom: 3 }),
    [/clock of this computer/, /made ahead/],
  ),
  withCertificate('certificate for another name', 'certificate-wrong-name', 'RFC 9525 6; RFC 5280 4.2.1.6', () => ({
    ...day,
    names: ['other.lab.example'],
  })),
  withCertificate('unknown authority', 'certificate-unknown-authority', 'RFC 5280 6.1 (no trust anchor)', () => ({
    ...day,
    issuer: makeCertificate({ commonName: 'Unknown Issuing CA', isAuthority: true }),
  })),
  withCertificate('self-signed certificate', 'certificate-self-signed', 'RFC 5280 3.2 (self-signed)', () => day),
  {
    name: 'another certificate than the pinned one',
    layer: 'TLS',
    source: 'RFC 5280 4.1: another leaf than was confirmed',
    expected: 'certificate-pin-changed',
    arrange: async (bench) => ({
      target: {
        transport: 'https',
        port: await bench.server('only-negotiate', makeCertificate(day)),
        tls: { pin: 'AB'.repeat(32), skipNameCheck: false, skipAuthorityCheck: false },
      },
    }),
  },
];

function withCertificate(
  name: string,
  expected: string,
  source: string,
  options: () => Parameters<typeof makeCertificate>[0],
  set?: readonly RegExp[],
): FaultCase {
  return {
    name,
    layer: 'TLS',
    source,
    expected,
    ...(set && { set }),
    arrange: async (bench) => ({
      target: { transport: 'https', port: await bench.server('only-negotiate', makeCertificate(options())) },
    }),
  };
}

export function onServer(
  name: string,
  layer: FaultCase['layer'],
  fault: Parameters<Bench['server']>[0],
  expected: string,
  more: {
    readonly https?: boolean;
    readonly set?: readonly RegExp[];
    readonly says?: RegExp;
    readonly target?: Arrangement['target'];
  } = {},
): FaultCase {
  const { https = false, set, says, target } = more;
  return {
    name,
    layer,
    source: wireFaults[fault].source,
    expected,
    ...(set && { set }),
    ...(says && { says }),
    arrange: async (bench) => ({
      target: { port: await bench.server(fault), transport: https ? 'https' : 'http', ...target },
    }),
  };
}

/** A lab of its own, since nothing opens that machine again; of this seed no policy controls the filters yet. Set as an administrator would. */
async function emptyFilters(bench: Bench): Promise<Arrangement> {
  const lab = await bench.labOf({ machines: 1, seed: 5 });
  const machine = lab.machines[0]!;
  const to = [`-r:${machine.address}:${machine.port}`, `-u:${machine.user}`, `-p:${machine.password}`];
  const line = ['winrm', 'set', 'winrm/config/service', '@{IPv4Filter="";IPv6Filter=""}', ...to];
  await promisify(execFile)(process.execPath, [cli, ...line], { timeout: 20_000 });
  await vi.waitFor(async () => expect(await isOpen(machine.port)).toBe(false), { timeout: 5_000 });
  return { target: targetOf(machine) };
}

const cli = fileURLToPath(new URL('../../cli.ts', import.meta.url));
