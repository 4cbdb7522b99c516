import { isIP } from 'node:net';

/**
 * Where a directory looks a user name up. One failed attempt counts in every scope that may be meant, and an attempt waits for, and is
 * withheld because of, every scope that overlaps with one of its own.
 */
export type Scope =
  /** Accounts of one machine: `.\user`, and `HOST\user` at that host. */
  | { readonly kind: 'local'; readonly host: string }
  /** Accounts of a domain or realm. */
  | { readonly kind: 'domain'; readonly name: string }
  /** `user` alone: the machine decides, and it may be the domain's. */
  | { readonly kind: 'any' };

/** Whose failed attempts add up towards a lock-out. */
export interface Account {
  /** The set that it comes from; null for one that is only typed. */
  readonly credentialId: string | null;
  readonly machineId: string | null;
  /** As written. */
  readonly userName: string;
  /** Without domain, in lower case: Windows does not tell case apart. */
  readonly user: string;
  readonly scopes: readonly Scope[];
}

export interface AccountOrigin {
  readonly credentialId: string | null;
  readonly userName: string;
  readonly machineId: string | null;
  /** Where it signs in. */
  readonly host: string;
  readonly port: number;
}

/**
 * Which account a user name means at a machine. Where that cannot be known from here the answer is the one with fewer attempts:
 * - `.\user` is the machine's. The machine is its host name's first label or its address, whatever the port, except at this computer's own
 *   addresses, where ports are tunnels to different machines.
 * - `HOST\user` at a machine whose name begins with HOST is the machine's, and may be a domain's of that name too.
 * - `DOMAIN\user` and `user@realm` are a domain's.
 * - `user` alone is the machine's or any domain's.
 */
export function accountOf({ credentialId, userName, machineId, host, port }: AccountOrigin): Account {
  const { user, domain } = split(userName);
  const here: Scope = { kind: 'local', host: machineKey(host, port) };
  const scopes = ((): readonly Scope[] => {
    if (domain === null) return [{ kind: 'any' }, here];
    if (domain === '.') return [here];
    const domainScope: Scope = { kind: 'domain', name: domain };
    return isIP(host) === 0 && domain === firstLabel(host) ? [here, domainScope] : [domainScope];
  })();
  return { credentialId, machineId, userName, user, scopes };
}

/** Whether the same user name in both may be one account. */
export function overlap(a: Scope, b: Scope): boolean {
  if (a.kind === 'any') return b.kind !== 'local';
  if (b.kind === 'any') return a.kind !== 'local';
  if (a.kind === 'local' || b.kind === 'local') return a.kind === b.kind && keyOfScope(a) === keyOfScope(b);
  return sameDomain(a.name, b.name);
}

export function keyOfScope(scope: Scope): string {
  if (scope.kind === 'any') return 'any';
  return scope.kind === 'local' ? `local ${scope.host}` : `domain ${scope.name}`;
}

/**
 * A NetBIOS name is one with a DNS name that has it as a label (CORP, corp.example, ad.corp.example): the first label by custom, but not by
 * rule. Two DNS names are one where one ends with the other, as a forest's UPN suffix and its realms do.
 */
function sameDomain(a: string, b: string): boolean {
  if (a === b) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (!long.includes('.')) return false;
  return short.includes('.') ? long.endsWith(`.${short}`) : long.split('.').slice(0, -1).includes(short);
}

function split(userName: string): { user: string; domain: string | null } {
  const name = userName.normalize('NFC').trim().toLowerCase();
  const backslash = name.indexOf('\\');
  if (backslash >= 0) return { domain: name.slice(0, backslash) || null, user: name.slice(backslash + 1) };
  const at = name.lastIndexOf('@');
  if (at >= 0) return { user: name.slice(0, at), domain: name.slice(at + 1).replace(/\.$/, '') || null };
  return { user: name, domain: null };
}

function machineKey(host: string, port: number): string {
  const name = host.toLowerCase().replace(/\.$/, '');
  const isLoopback = name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
  if (isLoopback) return `${name}:${port}`;
  return isIP(name) === 0 ? firstLabel(name) : name;
}

function firstLabel(host: string): string {
  return host.toLowerCase().split('.', 1)[0] ?? host;
}
