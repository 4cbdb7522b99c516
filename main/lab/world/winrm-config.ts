import { isIPv6 } from 'node:net';
import type { MachinePlan } from './machine-plan.ts';
import { createRandom } from './random.ts';
import { createPlugins } from './winrm-plugins.ts';

/** winrm/config of one machine (MS-WSMV 2.2.4.6 to 2.2.4.34): an ordered tree of settings, some of them set by Group Policy. */
export interface ConfigLeaf {
  readonly name: string;
  value: string;
  readonly source: 'GPO' | null;
  readonly writable: 'yes' | 'read-only' | 'deprecated';
}
export interface ConfigBranch {
  readonly name: string;
  readonly children: readonly (ConfigLeaf | ConfigBranch)[];
}
export const isBranch = (node: ConfigLeaf | ConfigBranch): node is ConfigBranch => 'children' in node;

export interface ConfigListener {
  address: string;
  transport: 'HTTP' | 'HTTPS';
  port: number;
  hostname: string;
  enabled: boolean;
  urlPrefix: string;
  certificateThumbprint: string;
  readonly source: 'GPO' | null;
}

/** A plug-in as winrm/config/plugin shows it (MS-WSMV 2.2.4.22); the order is that of its attributes. */
export interface ConfigPlugin {
  readonly name: string;
  readonly fileName: string;
  readonly attributes: Map<string, string>;
  readonly quotas: Map<string, string> | null;
  /** XML of Resources: never changed here. */
  readonly resources: string;
}

export interface WinrmConfig {
  readonly root: ConfigBranch;
  readonly listeners: ConfigListener[];
  readonly plugins: ConfigPlugin[];
  /** The rule group of the firewall lets WinRM through. */
  isFirewallOpen: boolean;
  /** What a listener listens on now: its address, as far as the filters let it. Nothing where it is off. */
  listeningOn(listener: ConfigListener): readonly string[];
  /** `winrm invoke restore winrm/config @{}`: every value its default, no listener but those of a policy. */
  restore(): void;
  /** Path below the root, without it: `Service/Auth/Basic`. Case-insensitive. */
  find(path: string): ConfigLeaf | ConfigBranch | undefined;
  text(path: string): string;
  flag(path: string): boolean;
  number(path: string): number;
}

export function createWinrmConfig(
  plan: MachinePlan,
  transport: 'http' | 'https',
  port: number,
  thumbprint = '',
): WinrmConfig {
  const root = buildTree(plan);
  const find = (path: string): ConfigLeaf | ConfigBranch | undefined => {
    let node: ConfigLeaf | ConfigBranch | undefined = root;
    for (const step of path.split('/').filter((part) => part !== '')) {
      if (!node || !isBranch(node)) return undefined;
      node = node.children.find((candidate) => candidate.name.toLowerCase() === step.toLowerCase());
    }
    return node;
  };
  const text = (path: string): string => {
    const node = find(path);
    if (!node || isBranch(node)) throw new Error(`winrm/config has no setting ${path}.`);
    return node.value;
  };
  /** Addresses of its one network adapter and of loopback. */
  const addresses = [plan.address, '127.0.0.1', '::1'];
  return {
    root,
    plugins: createPlugins(plan),
    isFirewallOpen: true,
    listeningOn(listener) {
      if (!listener.enabled) return [];
      const own = listener.address.startsWith('IP:') ? listener.address.slice(3).toLowerCase() : null;
      return addresses.filter(
        (address) =>
          (own === null || own === address) && isInFilter(text(`Service/IPv${isIPv6(address) ? 6 : 4}Filter`), address),
      );
    },
    restore() {
      const defaults = buildTree(plan);
      const reset = (branch: ConfigBranch, from: ConfigBranch): void => {
        for (const [index, node] of branch.children.entries()) {
          const original = from.children[index]!;
          if (isBranch(node)) reset(node, original as ConfigBranch);
          else if (node.source === null && node.writable === 'yes')
            node.value = shippedDefaults[node.name] ?? (original as ConfigLeaf).value;
        }
      };
      reset(root, defaults);
      this.listeners.splice(0, this.listeners.length, ...this.listeners.filter(({ source }) => source === 'GPO'));
    },
    find,
    text,
    flag: (path) => text(path) === 'true',
    number: (path) => Number(text(path)),
    listeners: [
      {
        address: '*',
        transport: transport === 'https' ? 'HTTPS' : 'HTTP',
        port,
        hostname: transport === 'https' ? `${plan.name}.${plan.domain}` : '',
        enabled: true,
        urlPrefix: 'wsman',
        certificateThumbprint: transport === 'https' ? thumbprint : '',
        source: plan.faults.size === 0 && createRandom(plan.seed ^ 0x6b0).chance(0.3) ? 'GPO' : null,
      },
    ],
  };
}

/** Where this fleet differs from what Windows ships. */
const shippedDefaults: Readonly<Record<string, string>> = { TrustedHosts: '' };

/** `*` for all, nothing for none, or ranges `a-b,c-d` (MS-WSMV 2.2.4.36). */
export function isInFilter(filter: string, address: string): boolean {
  if (filter.trim() === '*') return true;
  const key = sortKey(address);
  return filter.split(',').some((range) => {
    const [first, last] = range.split('-').map((end) => end.trim());
    return first && last ? sortKey(first) <= key && key <= sortKey(last) : false;
  });
}

/** Text that sorts as addresses do; `::` is filled up. */
function sortKey(address: string): string {
  if (!address.includes(':'))
    return address
      .split('.')
      .map((part) => part.padStart(3, '0'))
      .join('.');
  const [head = '', tail] = address.toLowerCase().split('::');
  const parts = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const front = parts(head);
  const back = tail === undefined ? [] : parts(tail);
  const filled = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => '0'), ...back];
  return filled.map((part) => part.padStart(4, '0')).join(':');
}

/** Defaults by generation (MS-WSMV notes 4 to 34), order as real machines write it. */
function buildTree(plan: MachinePlan): ConfigBranch {
  const old = plan.generation.stack === '2.0';
  const unlimited = plan.generation.build >= 14393 ? '2147483647' : null;
  // A domain that manages WinRM by policy: the settings that administrators set that way most often.
  const managed = createRandom(plan.seed ^ 0x960).chance(0.6);
  const leaf = (
    name: string,
    value: string | number | boolean,
    more: { gpo?: boolean; writable?: ConfigLeaf['writable'] } = {},
  ): ConfigLeaf => ({
    name,
    value: String(value),
    source: more.gpo && managed ? 'GPO' : null,
    writable: more.writable ?? 'yes',
  });
  const branch = (name: string, ...children: (ConfigLeaf | ConfigBranch)[]): ConfigBranch => ({ name, children });
  const ports = (writable: ConfigLeaf['writable']) =>
    branch('DefaultPorts', leaf('HTTP', 5985, { writable }), leaf('HTTPS', 5986, { writable }));
  // Stack 1.1 still heeds these; the later ones refuse to write them (MS-WSMV notes 11 and 18; for the run time of shells Microsoft says read-only).
  const isFirst = plan.generation.stack === '1.1';
  const deprecated = { writable: isFirst ? 'yes' : 'deprecated' } as const;
  const runTime = { writable: isFirst ? 'yes' : 'read-only' } as const;
  return branch(
    'Config',
    leaf('MaxEnvelopeSizekb', old ? 150 : 500),
    leaf('MaxTimeoutms', 60000),
    leaf('MaxBatchItems', 32000),
    leaf('MaxProviderRequests', '4294967295', deprecated),
    branch(
      'Client',
      leaf('NetworkDelayms', 5000),
      leaf('URLPrefix', 'wsman'),
      leaf('AllowUnencrypted', false, { gpo: true }),
      branch(
        'Auth',
        leaf('Basic', true),
        leaf('Digest', true, { gpo: true }),
        leaf('Kerberos', true),
        leaf('Negotiate', true),
        leaf('Certificate', true),
        leaf('CredSSP', false),
      ),
      ports('yes'),
      leaf('TrustedHosts', plan.site === 'LAB' ? '*.corp.example' : ''),
    ),
    branch(
      'Service',
      leaf('RootSDDL', 'O:NSG:BAD:P(A;;GA;;;BA)(A;;GR;;;IU)(A;;GA;;;RM)S:P(AU;FA;GA;;;WD)(AU;SA;GXGW;;;WD)'),
      leaf('MaxConcurrentOperations', '4294967295', deprecated),
      leaf('MaxConcurrentOperationsPerUser', old ? 15 : 1500),
      leaf('EnumerationTimeoutms', old ? 60000 : 240000),
      leaf('MaxConnections', old ? 25 : 300),
      leaf('MaxPacketRetrievalTimeSeconds', 120),
      leaf('AllowUnencrypted', false, { gpo: true }),
      branch(
        'Auth',
        // Basic is on: over HTTP it is of no use as long as AllowUnencrypted is false.
        leaf('Basic', true),
        leaf('Kerberos', true),
        leaf('Negotiate', true),
        leaf('Certificate', false),
        leaf('CredSSP', false),
        leaf('CbtHardeningLevel', 'Relaxed'),
      ),
      ports('read-only'),
      leaf('IPv4Filter', '*', { gpo: true }),
      leaf('IPv6Filter', '*', { gpo: true }),
      leaf('EnableCompatibilityHttpListener', false),
      leaf('EnableCompatibilityHttpsListener', false),
      leaf('CertificateThumbprint', ''),
      leaf('AllowRemoteAccess', true),
    ),
    branch(
      'Winrs',
      leaf('AllowRemoteShellAccess', true),
      leaf('IdleTimeout', old ? 180000 : 7200000),
      leaf('MaxConcurrentUsers', unlimited ?? (old ? 5 : 10)),
      leaf('MaxShellRunTime', '2147483647', runTime),
      leaf('MaxProcessesPerShell', unlimited ?? (old ? 15 : 25)),
      leaf('MaxMemoryPerShellMB', unlimited ?? (old ? 150 : 1024)),
      leaf('MaxShellsPerUser', unlimited ?? (old ? 5 : 30)),
    ),
  );
}
