/** What an administrator types or pastes into the address field, taken apart. */
export interface ParsedAddress {
  /** NetBIOS name, FQDN, IPv4, IPv6 without brackets, or localhost. Empty while nothing usable was typed. */
  readonly address: string;
  /** Only where the text said so. */
  readonly port?: number;
  readonly transport?: 'http' | 'https';
  readonly path?: string;
  /** Why it is no address, in words. */
  readonly problem?: string;
}

/**
 * Understands `host`, `host:5985`, `[::1]:5986`, `fe80::1%3`, `\\host`, `http://host:5985/wsman` and the like. Never guesses: what is
 * not understood is said.
 */
export function parseAddress(text: string): ParsedAddress {
  let rest = text.trim();
  if (rest === '') return { address: '' };
  let transport: 'http' | 'https' | undefined;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(rest);
  if (scheme) {
    const name = scheme[1]?.toLowerCase();
    if (name !== 'http' && name !== 'https')
      return { address: '', problem: `WinRM speaks http and https, not ${name}.` };
    transport = name;
    rest = rest.slice(scheme[0].length);
  }
  rest = rest.replace(/^\\\\/, '');
  let path: string | undefined;
  const slash = rest.search(/[/\\]/);
  if (slash >= 0) {
    const tail = rest.slice(slash + 1).replace(/[/\\]+$/, '');
    // `\\host\share` names the host; of a URL the path counts.
    if (transport !== undefined && tail !== '') path = tail.replace(/[?#].*$/, '');
    else if (transport === undefined && tail !== '' && rest[slash] === '/') {
      return { address: '', problem: 'A path needs http:// or https:// in front.' };
    }
    rest = rest.slice(0, slash);
  }
  if (path !== undefined && !/^[A-Za-z0-9_/-]*$/.test(path))
    return { address: '', problem: 'The path may have letters, digits, - and _ only.' };
  if (rest.includes('@')) return { address: '', problem: 'The user goes into the credential, not into the address.' };

  let address = rest;
  let portText: string | undefined;
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(rest);
  if (bracketed) {
    address = bracketed[1] ?? '';
    portText = bracketed[2];
    if (!isIPv6(address)) return { address: '', problem: 'Between the brackets there is no IPv6 address.' };
  } else if ((rest.match(/:/g)?.length ?? 0) === 1) {
    [address = '', portText = ''] = rest.split(':');
  } else if (rest.includes(':') && !isIPv6(rest))
    return { address: '', problem: 'This is neither a name nor an IPv6 address.' };

  let port: number | undefined;
  if (portText !== undefined && portText !== '') {
    port = Number(portText);
    if (!/^\d+$/.test(portText) || port < 1 || port > 65_535)
      return { address, problem: 'A port is a number from 1 to 65535.' };
  }
  if (address === '') return { address: '', problem: 'The name of the machine is missing.' };
  if (!address.includes(':')) {
    if (/\s/.test(address)) return { address: '', problem: 'A name has no spaces.' };
    const bad = /[^\p{L}\p{N}._-]/u.exec(address);
    if (bad) return { address: '', problem: `A name cannot have “${bad[0]}” in it.` };
    if (/^\d+(\.\d+){3}$/.test(address) && address.split('.').some((part) => Number(part) > 255)) {
      return { address: '', problem: 'No part of an IPv4 address is larger than 255.' };
    }
  }
  return {
    address,
    ...(port === undefined ? {} : { port }),
    ...(transport === undefined ? {} : { transport }),
    ...(path === undefined ? {} : { path }),
  };
}

function isIPv6(text: string): boolean {
  const [address = '', zone] = text.split('%');
  if (zone === '') return false;
  const halves = address.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  // The last two groups may be written as IPv4.
  const embedded = /^\d+(\.\d+){3}$/.test(last);
  const hex = embedded ? groups.slice(0, -1) : groups;
  if (hex.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return false;
  const count = hex.length + (embedded ? 2 : 0);
  return halves.length === 2 ? count < 8 : count === 8;
}

/** The port that a transport has unless the listener was moved. */
export const defaultPort = (transport: 'http' | 'https'): number => (transport === 'http' ? 5985 : 5986);

/** An IPv4 or IPv6 address, not a name. */
export const isIPAddress = (address: string): boolean =>
  /^\d+(\.\d+){3}$/.test(address) || (address.includes(':') && isIPv6(address));

/** This computer itself: what it is asked goes over no network. */
export const isLoopback = (address: string): boolean => /^(localhost|127(\.\d+){3}|::1)$/i.test(address);
