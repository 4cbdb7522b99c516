/** ping, ipconfig, hostname. */
import { isIP } from 'node:net';
import { networkAdapterProvider } from '../../providers/hardware.ts';
import type { Neighbour } from '../../world/network-picture.ts';
import { controlCExit, Interruption, type Program, type ProgramContext, words } from '../program.ts';

export const hostname: Program = async ({ machine, out }) => {
  await out(`${machine.plan.name}\r\n`);
  return 0;
};

export const ipconfig: Program = async ({ machine, tail, out }) => {
  const isAll = words(tail).some((word) => word.toLowerCase() === '/all');
  const line = (label: string, value: string): string => `   ${label.padEnd(34, ' .').slice(0, 34)}: ${value}\r\n`;
  const { plan } = machine;
  let text = '\r\nWindows IP Configuration\r\n\r\n';
  if (isAll) {
    text += line('Host Name ', plan.name) + line('Primary Dns Suffix  ', plan.domain);
    text += line('Node Type ', 'Hybrid') + line('IP Routing Enabled', 'No') + line('WINS Proxy Enabled', 'No');
    text += `${line('DNS Suffix Search List', plan.domain)}\r\n`;
  }
  for (const row of networkAdapterProvider.instances(machine)) {
    if (row['IPEnabled'] !== true) continue;
    const texts = (name: string): string[] => (Array.isArray(row[name]) ? (row[name] as string[]) : []);
    text += `\r\nEthernet adapter Ethernet:\r\n\r\n`;
    text += line('Connection-specific DNS Suffix  ', String(row['DNSDomain']));
    if (isAll) {
      text += line('Description ', String(row['Description']));
      text += line('Physical Address', String(row['MACAddress']).replaceAll(':', '-'));
      text += line('DHCP Enabled', row['DHCPEnabled'] === true ? 'Yes' : 'No');
    }
    const [address, ...others] = texts('IPAddress');
    for (const other of others) text += line('Link-local IPv6 Address ', other);
    text += line('IPv4 Address', `${address}${isAll ? '(Preferred)' : ''}`);
    text += line('Subnet Mask ', texts('IPSubnet')[0] ?? '');
    text += line('Default Gateway ', texts('DefaultIPGateway')[0] ?? '');
    if (isAll) text += line('DNS Servers ', texts('DNSServerSearchOrder').join(`\r\n${' '.repeat(39)}`));
  }
  await out(text);
  return 0;
};

/** Between two echo requests. */
const pingIntervalMs = 1000;

export const ping: Program = async (context) => {
  const options = words(context.tail);
  let count = 4;
  let waitMs = usualWaitMs;
  let host: string | null = null;
  for (let index = 0; index < options.length; index++) {
    const option = options[index]!.toLowerCase();
    if (option === '-n' || option === '/n') count = Number(options[++index]);
    else if (option === '-w' || option === '/w') waitMs = Number(options[++index]);
    else if (option === '-l' || option === '-i') index++;
    else if (option === '-t' || option === '/t') count = Number.POSITIVE_INFINITY;
    else if (!/^[-/]/.test(option)) host = options[index]!;
  }
  if (host === null || !(count >= 1)) {
    await context.out('IP address must be specified.\r\n');
    return 1;
  }
  const { addresses, echo } = lookAt(context, host);
  const [address] = addresses;
  if (address === undefined) {
    await context.out(`Ping request could not find host ${host}. Please check the name and try again.\r\n`);
    return 1;
  }
  const shown = address === host ? host : `${host} [${address}]`;
  await context.out(`\r\nPinging ${shown} with 32 bytes of data:\r\n`);
  let sent = 0;
  try {
    while (sent < count) {
      if (sent > 0) await context.pause(pingIntervalMs);
      sent++;
      if (echo) {
        await context.out(`Reply from ${address}: bytes=32 time<1ms TTL=128\r\n`);
        continue;
      }
      await context.pause(Math.min(waitMs, usualWaitMs));
      await context.out('Request timed out.\r\n');
    }
  } catch (error) {
    if (!(error instanceof Interruption) || error.kind === 'killed') throw error;
    await context.out(`${statistics(address, sent, echo)}Control-C\r\n`);
    return controlCExit;
  }
  await context.out(statistics(address, sent, echo));
  return echo ? 0 : 1;
};

/** The real one waits four seconds. */
const usualWaitMs = 200;

function statistics(address: string, sent: number, echo: boolean): string {
  const counts = echo ? `Received = ${sent}, Lost = 0 (0% loss)` : `Received = 0, Lost = ${sent} (100% loss)`;
  const head = `\r\nPing statistics for ${address}:\r\n    Packets: Sent = ${sent}, ${counts},\r\n`;
  if (!echo) return head;
  return `${head}Approximate round trip times in milli-seconds:\r\n    Minimum = 0ms, Maximum = 0ms, Average = 0ms\r\n`;
}

function lookAt({ machine }: ProgramContext, host: string): Pick<Neighbour, 'addresses' | 'echo'> {
  const seen = machine.network.look(host, 5985);
  if (seen.addresses.length > 0) return seen;
  // An address needs no name server.
  return { addresses: isIP(host) === 0 ? [] : [host], echo: isIP(host) !== 0 };
}
