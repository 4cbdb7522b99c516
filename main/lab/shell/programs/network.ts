/** ping, ipconfig, hostname. */
import { networkAdapterProvider } from '../../providers/hardware.ts';
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
  let host: string | null = null;
  for (let index = 0; index < options.length; index++) {
    const option = options[index]!.toLowerCase();
    if (option === '-n' || option === '/n') count = Number(options[++index]);
    else if (option === '-w' || option === '-l' || option === '-i') index++;
    else if (option === '-t' || option === '/t') count = Number.POSITIVE_INFINITY;
    else if (!/^[-/]/.test(option)) host = options[index]!;
  }
  if (host === null || !(count >= 1)) {
    await context.out('IP address must be specified.\r\n');
    return 1;
  }
  const address = addressOf(context, host);
  if (address === null) {
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
      await context.out(`Reply from ${address}: bytes=32 time<1ms TTL=128\r\n`);
    }
  } catch (error) {
    if (!(error instanceof Interruption) || error.kind === 'killed') throw error;
    await context.out(`${statistics(address, sent)}Control-C\r\n`);
    return controlCExit;
  }
  await context.out(statistics(address, sent));
  return 0;
};

function statistics(address: string, sent: number): string {
  return (
    `\r\nPing statistics for ${address}:\r\n    Packets: Sent = ${sent}, Received = ${sent}, Lost = 0 (0% loss),\r\n` +
    'Approximate round trip times in milli-seconds:\r\n    Minimum = 0ms, Maximum = 0ms, Average = 0ms\r\n'
  );
}

function addressOf({ machine }: ProgramContext, host: string): string | null {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(host) || host.includes(':')) return host;
  const name = host.toLowerCase();
  if (name === 'localhost') return '127.0.0.1';
  const { plan } = machine;
  const own = plan.name.toLowerCase();
  return name === own || name === `${own}.${plan.domain}` ? plan.address : null;
}
