/**
 * Where a typed line goes: the command language knows hosts and ports, the inventory knows machines and tags. `-r:NAME` is a machine by its
 * name or address, `-r:@TAG` all machines with that tag; anything else is left to the language.
 */
import type { MachineSettings } from '../../shared/contract/machines.ts';
import { CommandLineError, type Connection } from '../winrm-command/command.ts';
import { isSwitch, splitLine, unquote } from '../winrm-command/line.ts';
import { isWinrsLine } from '../winrm-command/winrs-parse.ts';
import { accessOf, defaultPorts } from './machine-defaults.ts';

/** A machine of the inventory. */
export interface KnownMachine {
  readonly id: string;
  readonly settings: MachineSettings;
}

export type Destination =
  /** Of the inventory. `isBare`: the line names it, or nothing, and says neither port nor transport nor path. */
  | { readonly kind: 'machine'; readonly machine: KnownMachine }
  | { readonly kind: 'tag'; readonly tag: string; readonly machines: readonly KnownMachine[] }
  /** As the line says, or this computer. */
  | { readonly kind: 'elsewhere' };

export interface Addressed {
  readonly destination: Destination;
  /** For the parser: the value of `-r` is one that the language knows. */
  readonly line: string;
  /** The same without what was added; where it is not refused with `-r`, that is what was meant. */
  readonly original: string;
}

/** Stands for a machine of the inventory until the line is parsed: the language must not guess from it. */
const placeholder = 'machine-of-the-inventory';

/** Finds where a line goes. Throws CommandLineError for a tag nobody has, an address of several machines and what cannot be cut into words. */
export function address(line: string, machines: readonly KnownMachine[], prompt: KnownMachine | null): Addressed {
  const isWinrs = isWinrsLine(line);
  const remote = isWinrs ? remoteOfWinrs(line) : remoteOfWinrm(line);
  if (remote === null) {
    if (prompt === null) return { destination: { kind: 'elsewhere' }, line, original: line };
    const destination = { kind: 'machine', machine: prompt } as const;
    return { destination, line: withRemote(line, isWinrs), original: line };
  }
  const replaced = `${line.slice(0, remote.from)}-r:${placeholder}${line.slice(remote.to)}`;
  const { value } = remote;
  if (value.startsWith('@')) {
    const tag = value.slice(1).trim();
    const tagged = machines.filter(({ settings }) => settings.tags.some((own) => isSame(own, tag)));
    if (tagged.length === 0) throw new CommandLineError(`No machine has the tag "${tag}".`);
    return { destination: { kind: 'tag', tag, machines: tagged }, line: replaced, original: replaced };
  }
  const machine = findMachine(value, machines);
  if (machine === null) return { destination: { kind: 'elsewhere' }, line, original: line };
  return { destination: { kind: 'machine', machine }, line: replaced, original: replaced };
}

/** By name, else by address. With transport, port or path only where these are the saved ones: a secret goes nowhere else. */
function findMachine(value: string, machines: readonly KnownMachine[]): KnownMachine | null {
  const bare = value.replace(/^\[(.*)\]$/, '$1').trim();
  if (bare === '') return null;
  const byName = machines.filter(({ settings }) => isSame(settings.name, bare));
  if (byName.length === 1) return byName[0]!;
  if (byName.length > 1) throw new CommandLineError(`${bare} is the name of ${byName.length} machines.`);
  const byAddress = machines.filter(({ settings }) => isSame(settings.address, bare));
  if (byAddress.length > 1) {
    const atDefault = byAddress.filter(({ settings }) => settings.port === defaultPorts.http);
    if (atDefault.length === 1) return atDefault[0]!;
    const names = byAddress.slice(0, 3).map(({ settings }) => settings.name);
    throw new CommandLineError(
      `${bare} is the address of ${byAddress.length} machines: say which by its name, such as -r:${names.join(' or -r:')}.`,
    );
  }
  return (
    byAddress[0] ?? machines.find(({ settings }) => endpointsOf(settings).some((own) => isSame(own, bare))) ?? null
  );
}

/** How a line may write all of where a machine is. */
function endpointsOf({ address: host, port, transport, path }: MachineSettings): string[] {
  const name = host.includes(':') ? `[${host}]` : host;
  const full = `${name}:${port}`;
  const short = transport === 'http' ? [full, `${full}/${path}`] : [];
  return [...short, `${transport}://${full}`, `${transport}://${full}/${path}`];
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The line says nothing of security but what is saved: only then the saved credential set signs in. Its machine says where to. */
export function leavesSignInToInventory({ endpoint, ...connection }: Connection, { settings }: KnownMachine): boolean {
  const { authentication } = connection;
  return (
    connection.userName === null &&
    !authentication.chosen &&
    authentication.certificateFile === null &&
    !authentication.spnWithPort &&
    !connection.unencrypted &&
    !connection.skipNameCheck &&
    !connection.skipAuthorityCheck &&
    (endpoint.transport === 'http' || settings.transport === 'https')
  );
}

/** The connection of a line that names a machine of the inventory: where to is saved, as whom may stand in the line. */
export function connectionTo(connection: Connection, machine: KnownMachine): Connection {
  const { host, port, transport, path, trusted, allowClearText } = accessOf(machine.settings, null).target;
  const isSaved = leavesSignInToInventory(connection, machine);
  // -usessl asks for another way in than the saved one: the usual port of it.
  const overTls = connection.endpoint.transport === 'https' && transport === 'http';
  return {
    ...connection,
    remote: true,
    endpoint: {
      host,
      port: overTls ? defaultPorts.https : port,
      transport: overTls ? 'https' : transport,
      path,
    },
    // With saved settings the session decides itself what may be sent.
    trusted: connection.trusted || trusted || isSaved,
    unencrypted: connection.unencrypted || allowClearText,
  };
}

interface RemoteWord {
  readonly from: number;
  readonly to: number;
  readonly value: string;
}

function remoteOfWinrm(line: string): RemoteWord | null {
  let at = 0;
  for (const word of splitLine(line)) {
    const from = line.indexOf(word, at);
    at = from + word.length;
    const value = remoteValue(word);
    if (value !== null) return { from, to: at, value };
  }
  return null;
}

/** Only in front of the command: behind it a -r: is the command's. */
function remoteOfWinrs(line: string): RemoteWord | null {
  const words = /(?:[^\s"]|"[^"]*"?)+/g;
  for (let match = words.exec(line), first = true; match !== null; match = words.exec(line)) {
    const [word] = match;
    const isProgram = first && /^(windeck|winrs(\.exe)?)$/i.test(word);
    if (/^winrs/i.test(word)) first = false;
    if (isProgram) continue;
    if (!isSwitch(word)) return null;
    const value = remoteValue(word);
    if (value !== null) return { from: match.index, to: match.index + word.length, value };
  }
  return null;
}

/** The value of a word that is `-r:…`; empty where it has none. */
function remoteValue(word: string): string | null {
  if (!isSwitch(word)) return null;
  const colon = word.indexOf(':');
  const name = word.slice(1, colon < 0 ? undefined : colon).toLowerCase();
  if (name !== 'r' && name !== 'remote' && name !== 'machine') return null;
  return colon < 0 ? '' : unquote(word.slice(colon + 1)).trim();
}

/** winrm wants its operation first, winrs its switches. */
function withRemote(line: string, isWinrs: boolean): string {
  if (!isWinrs) return `${line.trimEnd()} -r:${placeholder}`;
  return line.replace(/winrs(\.exe)?/i, (program) => `${program} -r:${placeholder}`);
}
