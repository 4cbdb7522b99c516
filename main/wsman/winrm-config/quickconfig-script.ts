/**
 * What to type at the machine itself where its WinRM cannot be reached yet, by generation of Windows: service, listener, firewall. For
 * people who copy it, as a batch file, and as a PowerShell script of the same commands.
 */
export type QuickconfigGeneration =
  | 'windows-2003'
  | 'windows-vista'
  | 'windows-2008'
  | 'windows-7-2008r2'
  | 'windows-2012';

export interface QuickconfigScript {
  readonly generation: QuickconfigGeneration;
  readonly title: string;
  readonly lines: readonly string[];
  readonly notes: readonly string[];
  readonly cmd: { readonly fileName: string; readonly text: string };
  readonly ps1: { readonly fileName: string; readonly text: string };
}

interface GenerationScript {
  readonly title: string;
  readonly startMode: 'auto' | 'delayed-auto';
  readonly ports: { readonly HTTP: number; readonly HTTPS: number };
  readonly firewall: 'firewall' | 'advfirewall';
  readonly notes: readonly string[];
}

const byGeneration: Readonly<Record<QuickconfigGeneration, GenerationScript>> = {
  'windows-2003': {
    title: 'Windows Server 2003 and XP',
    startMode: 'auto',
    ports: { HTTP: 80, HTTPS: 443 },
    firewall: 'firewall',
    notes: [
      'WinRM is an update there: install KB936059 first (Server 2003 R2 has it as an optional Windows component).',
      'WinRM 1.1 listens on ports 80 and 443, which it shares with IIS.',
    ],
  },
  'windows-vista': {
    title: 'Windows Vista',
    startMode: 'delayed-auto',
    ports: { HTTP: 80, HTTPS: 443 },
    firewall: 'advfirewall',
    notes: [
      'The service is set to manual there: it has to be started, and set to start by itself.',
      'WinRM 1.1 listens on ports 80 and 443.',
    ],
  },
  'windows-2008': {
    title: 'Windows Server 2008',
    startMode: 'delayed-auto',
    ports: { HTTP: 80, HTTPS: 443 },
    firewall: 'advfirewall',
    notes: [
      'The service starts by itself there, delayed; it only lacks a listener.',
      'WinRM 1.1 listens on ports 80 and 443.',
    ],
  },
  'windows-7-2008r2': {
    title: 'Windows 7 and Server 2008 R2',
    startMode: 'delayed-auto',
    ports: { HTTP: 5985, HTTPS: 5986 },
    firewall: 'advfirewall',
    notes: ['Since WinRM 2.0 it listens on ports 5985 and 5986.'],
  },
  'windows-2012': {
    title: 'Windows 8, Server 2012 and later',
    startMode: 'delayed-auto',
    ports: { HTTP: 5985, HTTPS: 5986 },
    firewall: 'advfirewall',
    notes: ['On servers remoting is on from the start; on clients it is not.'],
  },
};

const httpsPlaceholder = 'THUMBPRINT';

export function quickconfigScript(options: {
  readonly generation: QuickconfigGeneration;
  readonly transport: 'HTTP' | 'HTTPS';
  /** Also on a public network. */
  readonly force: boolean;
}): QuickconfigScript {
  const { generation, transport, force } = options;
  const { title, startMode, ports, firewall, notes } = byGeneration[generation];
  const port = ports[transport];
  const listener = `winrm create winrm/config/listener?Address=*+Transport=${transport}`;
  const certificate = ` @{Hostname="%COMPUTERNAME%";CertificateThumbprint="${httpsPlaceholder}"}`;
  const lines = [
    `sc config WinRM start= ${startMode}`,
    'net start WinRM',
    transport === 'HTTPS' ? `${listener}${certificate}` : listener,
    firewallRule(firewall, port, force),
  ];
  const allNotes = [
    ...notes,
    'To be run as an administrator, elevated. “winrm quickconfig” does the same where the firewall service runs; these lines also work where it does not.',
    'A listener or a running service that is there already makes its line end with an error; the others still count.',
    ...(transport === 'HTTPS'
      ? [
          `Replace ${httpsPlaceholder} by the thumbprint of a certificate for this machine’s name, for server authentication, not self-signed, with its key.`,
        ]
      : []),
    ...(force ? [] : ['The firewall rule leaves public networks out.']),
  ];
  const fileName = `windeck-quickconfig-${generation}-${transport.toLowerCase()}`;
  return {
    generation,
    title,
    lines,
    notes: allNotes,
    cmd: { fileName: `${fileName}.cmd`, text: asCmd(title, lines, allNotes) },
    ps1: { fileName: `${fileName}.ps1`, text: asPowerShell(title, lines, allNotes) },
  };
}

function firewallRule(kind: GenerationScript['firewall'], port: number, force: boolean): string {
  const name = '"Windows Remote Management"';
  if (kind === 'firewall') return `netsh firewall add portopening TCP ${port} ${name}`;
  const profile = force ? 'any' : 'domain,private';
  return `netsh advfirewall firewall add rule name=${name} dir=in action=allow protocol=TCP localport=${port} profile=${profile}`;
}

const crlf = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n`;

function asCmd(title: string, lines: readonly string[], notes: readonly string[]): string {
  const remarks = [`WinRM on ${title}`, ...notes].map((line) => `rem ${ascii(line)}`);
  // winrm is a batch file itself: without `call` the lines behind it would not be reached.
  return crlf(['@echo off', ...remarks, ...lines.map((line) => (line.startsWith('winrm ') ? `call ${line}` : line))]);
}

/** The same commands through cmd.exe: PowerShell would take @{…} for a table of its own, and `sc` for Set-Content. */
function asPowerShell(title: string, lines: readonly string[], notes: readonly string[]): string {
  const remarks = [`WinRM on ${title}`, ...notes].map((line) => `# ${ascii(line)}`);
  return crlf([...remarks, ...lines.map((line) => `cmd.exe /d /c '${line.replaceAll("'", "''")}'`)]);
}

/** Both kinds of file are read in the machine's own code page. */
const ascii = (text: string): string => text.replace(/[“”]/g, '"').replaceAll('’', "'");
