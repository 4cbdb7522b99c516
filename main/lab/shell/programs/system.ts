/** systeminfo, tasklist, whoami, more, msiexec. */
import type { CimRow } from '../../cim-class.ts';
import { biosProvider, computerSystemProvider } from '../../providers/hardware.ts';
import { operatingSystemProvider } from '../../providers/operating-system.ts';
import { findFile, resolvePath } from '../file-system.ts';
import { type Program, words } from '../program.ts';
import { printFile } from './built-in.ts';

export const whoami: Program = async ({ machine, user, out }) => {
  await out(`${machine.plan.name}\\${user}\r\n`.toLowerCase());
  return 0;
};

export const systeminfo: Program = async ({ machine, out }) => {
  const [system] = [...operatingSystemProvider.instances(machine)];
  const [computer] = [...computerSystemProvider.instances(machine)];
  const [bios] = [...biosProvider.instances(machine)];
  const text = (row: CimRow | undefined, name: string): string => String(row?.[name] ?? 'N/A').trim();
  const megabytes = (kilobytes: string): string => `${(BigInt(kilobytes) / 1024n).toLocaleString('en-US')} MB`;
  const booted = new Date(machine.bootAt + machine.plan.offsetMinutes * 60_000);
  const lines: readonly (readonly [label: string, value: string])[] = [
    ['Host Name', machine.plan.name.toUpperCase()],
    ['OS Name', text(system, 'Caption')],
    [
      'OS Version',
      `${text(system, 'Version')} ${machine.plan.generation.csdVersion ?? 'N/A'} Build ${text(system, 'BuildNumber')}`,
    ],
    ['OS Manufacturer', text(system, 'Manufacturer')],
    ['OS Configuration', machine.plan.role === 'DC' ? 'Primary Domain Controller' : 'Member Server'],
    ['Registered Owner', text(system, 'RegisteredUser')],
    ['Product ID', text(system, 'SerialNumber')],
    ['System Boot Time', `${booted.toISOString().slice(0, 10)}, ${booted.toISOString().slice(11, 19)}`],
    ['System Manufacturer', text(computer, 'Manufacturer')],
    ['System Model', text(computer, 'Model')],
    ['System Type', 'x64-based PC'],
    ['BIOS Version', text(bios, 'SMBIOSBIOSVersion')],
    ['Windows Directory', text(system, 'WindowsDirectory')],
    ['System Directory', text(system, 'SystemDirectory')],
    ['Total Physical Memory', megabytes(text(system, 'TotalVisibleMemorySize'))],
    ['Available Physical Memory', megabytes(text(system, 'FreePhysicalMemory'))],
    ['Domain', machine.plan.domain],
  ];
  await out(`\r\n${lines.map(([label, value]) => `${`${label}:`.padEnd(27)}${value}\r\n`).join('')}`);
  return 0;
};

export const tasklist: Program = async ({ machine, out }) => {
  // A service that is due to start or stop has its process come or go with it.
  machine.services.all();
  let text =
    '\r\nImage Name                     PID Session Name        Session#    Mem Usage\r\n' +
    '========================= ======== ================ =========== ============\r\n';
  for (const process of machine.processes.all()) {
    const session =
      process.sessionId === 0 ? 'Services' : process.sessionId === 1 ? 'Console' : `RDP-Tcp#${process.sessionId}`;
    const memory = `${Math.floor(process.workingSetBytes / 1024).toLocaleString('en-US')} K`;
    text += `${process.name.slice(0, 25).padEnd(25)} ${String(process.processId).padStart(8)} ${session.padEnd(16)} ${String(process.sessionId).padStart(11)} ${memory.padStart(12)}\r\n`;
  }
  await out(text);
  return 0;
};

/** Files, or what comes on standard input until its end, as it is. There is no screen to stop at. */
export const more: Program = async (context) => {
  const names = words(context.tail).filter((word) => !word.startsWith('/'));
  for (const name of names) {
    const path = resolvePath(context.directory, name);
    const file = path === null ? null : findFile(context.machine, context.user, path);
    if (file === null) {
      await context.err(`Cannot access file ${name}\r\n`);
      return 1;
    }
    await printFile(context, file);
  }
  if (names.length > 0) return 0;
  for (let bytes = await context.read(); bytes !== null; bytes = await context.read()) await context.outBytes(bytes);
  return 0;
};

/** ERROR_INSTALL_PACKAGE_OPEN_FAILED, ERROR_INVALID_COMMAND_LINE. */
const packageOpenFailed = 1619;
const invalidCommandLine = 1639;
const usualInstallMs = 8000;

/** Says nothing and takes long. The property LABDURATION=milliseconds says how long; LABEXIT=number what comes of it. */
export const msiexec: Program = async ({ tail, pause }) => {
  const options = words(tail);
  const property = (name: string): string | undefined =>
    options.find((word) => word.toUpperCase().startsWith(`${name}=`))?.slice(name.length + 1);
  const install = options.findIndex((word) => /^[-/](i|x|package|uninstall)$/i.test(word));
  const file = install < 0 ? undefined : options[install + 1];
  if (file === undefined) return invalidCommandLine;
  if (!/\.msi$/i.test(file) || /nosuch|missing/i.test(file)) return packageOpenFailed;
  const duration = Number(property('LABDURATION') ?? usualInstallMs);
  await pause(Number.isFinite(duration) ? duration : usualInstallMs);
  return Number(property('LABEXIT') ?? 0) || 0;
};
