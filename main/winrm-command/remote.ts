/**
 * `-r:[TRANSPORT://]HOST[:PORT][/PREFIX]` and its port rule, which is easily got wrong: a transport without a port means that transport's
 * web port (80, 443), and only a bare host means WinRM's own (5985, with -usessl 5986).
 */
import { CommandLineError, type Endpoint } from './command.ts';

const form = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(\[[^\]]*\]|[^:/[\]]*)(?::([^/:]*))?(\/.*)?$/i;

/** Reads the value of `-r`. An empty value means localhost. Throws CommandLineError. */
export function parseRemote(value: string, useSsl: boolean): Endpoint {
  if (/[<>]/.test(value)) throw new CommandLineError(`Replace the placeholder ${value} by the name of a machine.`);
  // Before anything is repeated in a message: this may be `user:password@host`.
  if (value.includes('@')) throw new CommandLineError('The user goes into -u, not into -r.');
  const match = form.exec(value.trim());
  if (match === null) {
    throw new CommandLineError(
      /:.*:/.test(value)
        ? `An IPv6 address stands in brackets: -r:[${value}].`
        : `-r takes [http://|https://]HOST[:PORT][/PREFIX]; "${value}" is not of that form.`,
    );
  }
  const transport = match[1]?.toLowerCase();
  if (transport !== undefined && transport !== 'http' && transport !== 'https') {
    throw new CommandLineError(`The transport of -r is http or https, not ${transport}.`);
  }
  if (transport !== undefined && useSsl) {
    throw new CommandLineError(
      '-usessl and a transport in -r exclude each other: write -r:https://HOST, or -r:HOST -usessl.',
    );
  }
  const secure = transport === 'https' || useSsl;
  return {
    host: parseHost(match[2]!),
    port: match[3] === undefined ? defaultPort(transport, useSsl) : parsePort(match[3]),
    transport: secure ? 'https' : 'http',
    path: parsePath(match[4]),
  };
}

function defaultPort(transport: string | undefined, useSsl: boolean): number {
  if (transport === 'http') return 80;
  if (transport === 'https') return 443;
  return useSsl ? 5986 : 5985;
}

function parseHost(host: string): string {
  if (host === '') return 'localhost';
  if (host.startsWith('[')) {
    const address = host.slice(1, -1);
    if (!/^[0-9a-f:.]+(?:%[\w.-]+)?$/i.test(address) || !address.includes(':')) {
      throw new CommandLineError(`${host} is not an IPv6 address.`);
    }
    return address;
  }
  if (!/^[\p{L}\p{N}._-]+$/u.test(host)) throw new CommandLineError(`"${host}" cannot be the name of a machine.`);
  return host;
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535)
    throw new CommandLineError(`The port in -r is a number from 1 to 65535, not "${text}".`);
  return port;
}

function parsePath(path: string | undefined): string {
  const trimmed = (path ?? '').replace(/\/+$/, '');
  if (trimmed === '') return '/wsman';
  if (/[?#\s]/.test(trimmed)) throw new CommandLineError(`"${trimmed}" cannot be a URL prefix.`);
  return trimmed;
}

/** True where the machine is surely this one, whatever a name server says: then NTLM over plain HTTP leaves nothing to intercept. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name);
}
