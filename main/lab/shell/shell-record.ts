/** rsp:Shell as Windows writes it (MS-WSMV 2.2.4.37): what Create answers, and what enumerating the shells shows. */
import { ns } from '../../wsman/namespaces.ts';
import { escapeXml } from '../../wsman/xml.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import { type LabShell, shellsOf } from './shells.ts';

export const cmdUri = `${ns.shell}/cmd`;

/** The shells of a machine, as items of an enumeration with their keys. */
export function shellItems(machine: SimulatedMachine): { readonly shellId: string; readonly object: string }[] {
  return shellsOf(machine).map((shell) => ({ shellId: shell.shellId, object: writeShell(machine, shell, false) }));
}

/** `isNew`: what Create answers; the record that enumerating shows has more. The plug-in of PowerShell answers nearly all of it at once. */
export function writeShell(machine: SimulatedMachine, shell: LabShell, isNew: boolean): string {
  const element = (local: string, text: string): string => `<rsp:${local}>${escapeXml(text)}</rsp:${local}>`;
  const now = machine.clock.now();
  const variables = shell.givenEnvironment
    .map(([name, value]) => `<rsp:Variable Name="${escapeXml(name)}">${escapeXml(value)}</rsp:Variable>`)
    .join('');
  const environment = isNew && variables !== '' ? `<rsp:Environment>${variables}</rsp:Environment>` : '';
  const megabytes = [...shell.job].reduce(
    (sum, id) => sum + (machine.processes.find(id)?.workingSetBytes ?? 0) / 1024 ** 2,
    0,
  );
  const isCmd = shell.resourceUri === cmdUri;
  const details =
    isNew && isCmd
      ? ''
      : element('MaxIdleTimeOut', 'PT2147483.647S') +
        element('Locale', shell.locale) +
        element('DataLocale', shell.locale) +
        element('CompressionMode', 'NoCompression') +
        element('ProfileLoaded', shell.isProfileLoaded ? 'Yes' : 'No') +
        element('Encoding', 'UTF8') +
        element('BufferMode', shell.bufferMode) +
        element('State', shell.state);
  const load = isNew
    ? ''
    : element('MemoryUsed', `${Math.round(megabytes)}MB`) + element('ChildProcesses', String(shell.job.size - 1));
  return (
    `<rsp:Shell xmlns:rsp="${ns.shell}">${element('ShellId', shell.shellId)}${shell.name === null ? '' : element('Name', shell.name)}` +
    `${element('ResourceUri', shell.resourceUri)}${element('Owner', shell.user)}${element('ClientIP', shell.clientAddress)}` +
    `${isNew && isCmd ? '' : element('ProcessId', String(shell.processId))}${environment}` +
    element('IdleTimeOut', `PT${(shell.idleTimeoutMs / 1000).toFixed(3)}S`) +
    element('InputStreams', shell.inputStreams) +
    element('OutputStreams', shell.outputStreams) +
    details +
    element('ShellRunTime', since(now - shell.openedAt)) +
    element('ShellInactivity', since(now - shell.usedAt)) +
    `${load}</rsp:Shell>`
  );
}

/** rsp:Command: one item of enumerating the commands of a shell. Of PowerShell's Windows never says what it runs. */
export function writeCommand(command: { readonly pipelineId: string; readonly isRunning: boolean }): string {
  const state = command.isRunning ? 'Running' : 'Done';
  return (
    `<rsp:Command xmlns:rsp="${ns.shell}"><rsp:CommandId>${command.pipelineId}</rsp:CommandId>` +
    `<rsp:CommandLine></rsp:CommandLine><rsp:CommandState>${state}</rsp:CommandState></rsp:Command>`
  );
}

/** `P0DT0H0M46S`. */
function since(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const hours = Math.floor(seconds / 3600);
  return `P${Math.floor(hours / 24)}DT${hours % 24}H${Math.floor(seconds / 60) % 60}M${seconds % 60}S`;
}
