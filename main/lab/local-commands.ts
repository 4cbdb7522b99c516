import { ns } from '../wsman/namespaces.ts';
import { makeElement, type XmlElement } from '../wsman/xml.ts';
import { deleteCertMapping, putCertMapping } from './cert-mapping.ts';
import { setPluginValue } from './config-plugins.ts';
import { createListener, deleteListener, putConfig, putListener, restoreConfig } from './config-resource.ts';
import { LabFault } from './faults.ts';
import { createPairs } from './local-pairs.ts';
import type { LabRequest } from './operation.ts';
import type { SimulatedMachine } from './simulated-machine.ts';
import { isBranch } from './world/winrm-config.ts';

/**
 * Command lines that run on a machine without a shell of ours: scheduled tasks, jobs, Win32_Process.Create. Knows the forms of winrm, sc,
 * net, netsh, reg, schtasks and Set-Item with which WinRM is configured; everything else starts, does nothing and ends.
 */

type Work = (machine: SimulatedMachine, signal: AbortSignal) => Promise<void> | void;

/** Runs a whole command line to its end. A line that fails does not keep the next one from running, as with `&`. */
export async function runLocally(machine: SimulatedMachine, commandLine: string, signal: AbortSignal): Promise<void> {
  for (const line of linesOf(commandLine)) {
    if (signal.aborted) return;
    try {
      await workOf(line)?.(machine, signal);
    } catch (error) {
      // A refusal is the command's own error text, which nobody reads here.
      if (!(error instanceof LabFault) && !signal.aborted) throw error;
    }
  }
}

/** True where something comes of running it, or where it takes time. */
export const isKnownLocally = (commandLine: string): boolean =>
  linesOf(commandLine).some((line) => workOf(line) !== null);

function linesOf(commandLine: string): string[] {
  const inner = /^\s*(?:\S*\\)?cmd(?:\.exe)?\s+(?:\/[a-z]\s+)*\/c\s+(.*)$/is.exec(commandLine)?.[1]?.trim();
  if (inner === undefined) return [commandLine.trim()];
  const bare = inner.startsWith('"') && inner.endsWith('"') ? inner.slice(1, -1) : inner;
  const lines: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < bare.length; at++) {
    if (bare[at] === '"') quoted = !quoted;
    if (quoted || bare[at] !== '&') continue;
    lines.push(bare.slice(start, at));
    start = at + 1;
  }
  lines.push(bare.slice(start));
  return lines.map((line) => line.trim().replace(/^call\s+/i, '')).filter((line) => line !== '');
}

const forms: readonly (readonly [RegExp, (match: RegExpExecArray) => Work])[] = [
  [/^ping(?:\.exe)?\s+-n\s+(\d+)\s/i, (match) => (_machine, signal) => pause((Number(match[1]) - 1) * 1000, signal)],
  [
    /^winrm\s+(set|create|delete)\s+"?([^"@\s]+)"?\s*(@\{.*\})?$/i,
    (match) => (machine) => winrm(machine, match[1]!.toLowerCase(), match[2]!, match[3] ?? '@{}'),
  ],
  [
    /^winrm\s+invoke\s+restore\s+winrm\/config\s+@\{\s*\}$/i,
    () => (machine) => requireLocalWinrm(machine, () => restoreConfig(machine)),
  ],
  [
    /^sc(?:\.exe)?\s+config\s+WinRM\s+start=\s*(auto|delayed-auto|demand|disabled)$/i,
    (match) => (machine) => configureService(machine, match[1]!.toLowerCase()),
  ],
  [
    /^(?:net|sc)(?:\.exe)?\s+(start|stop)\s+WinRM(?:\s+\/y)?$/i,
    (match) => (machine, signal) => controlService(machine, match[1]!.toLowerCase(), signal),
  ],
  [
    /^netsh\s+advfirewall\s+firewall\s+set\s+rule\s+group="[^"]+"\s+new\s+enable=(yes|no)$/i,
    (match) => (machine) => setFirewall(machine, match[1]!.toLowerCase() === 'yes'),
  ],
  [
    /^netsh\s+(?:advfirewall\s+firewall\s+add\s+rule|firewall\s+add\s+portopening)\s/i,
    () => (machine) => setFirewall(machine, true),
  ],
  [
    /^reg\s+add\s+"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WSMAN\\Service"\s+\/v\s+auth_(\w+)\s+\/t\s+REG_DWORD\s+\/d\s+([01])\s+\/f$/i,
    (match) => (machine) => setScheme(machine, match[1]!, match[2] === '1'),
  ],
  [/^schtasks(?:\.exe)?\s+\/delete\s+\/tn\s+"([^"]+)"\s+\/f$/i, (match) => (machine) => deleteTask(machine, match[1]!)],
  [
    /^powershell(?:\.exe)?\s+.*Set-Item\s+-LiteralPath\s+'WSMan:\\localhost\\Plugin\\([^\\']+)\\([^']+)'\s+-Value\s+'([^']*)'/i,
    (match) => (machine) => setPluginValue(machine, match[1]!, match[2]!, match[3]!),
  ],
];

function workOf(line: string): Work | null {
  for (const [form, make] of forms) {
    const match = form.exec(line);
    if (match) return make(match);
  }
  return null;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    timer.unref();
    signal.addEventListener('abort', end);
  });
}

/** Also on the machine itself winrm signs in, by Negotiate: without it, or without the service, it fails. */
function requireLocalWinrm<T>(machine: SimulatedMachine, work: () => T): T {
  const isUp = machine.services.find('WinRM')?.state === 'Running';
  if (!isUp || !machine.winrmConfig.flag('Service/Auth/Negotiate')) throw new LabFault(2150858770);
  return work();
}

function winrm(machine: SimulatedMachine, verb: string, uri: string, pairs: string): void {
  requireLocalWinrm(machine, () => {
    const [path = '', query = ''] = uri.split('?', 2);
    const resource = path.replace(/^winrm\/config\/?/i, '').toLowerCase();
    const selectors =
      query === ''
        ? []
        : query.split('+').map((part): readonly [string, string] => {
            const equals = part.indexOf('=');
            return [part.slice(0, equals), part.slice(equals + 1)];
          });
    const request = { selectors } as unknown as LabRequest;
    const body = bodyOf(machine, resource, createPairs(pairs));
    if (resource === 'listener') {
      if (verb === 'create') createListener(machine, request, body);
      else if (verb === 'set') putListener(machine, request, body);
      else deleteListener(machine, request);
    } else if (resource === 'service/certmapping') {
      if (verb === 'set') putCertMapping(machine, request, body);
      else if (verb === 'delete') deleteCertMapping(machine, request);
    } else if (verb === 'set') putConfig(machine, resource, body);
  });
}

function bodyOf(
  machine: SimulatedMachine,
  resource: string,
  values: readonly (readonly [string, string])[],
): XmlElement {
  const node = machine.winrmConfig.find(resource);
  const root =
    resource === 'listener'
      ? 'Listener'
      : resource === 'service/certmapping'
        ? 'CertMapping'
        : (node?.name ?? 'Config');
  const uri = resource === '' ? ns.config : `${ns.config}/${resource}`;
  return makeElement(uri, root, { children: values.map(([name, text]) => makeElement(uri, name, { text })) });
}

function configureService(machine: SimulatedMachine, mode: string): void {
  const modes: Readonly<Record<string, string>> = {
    auto: 'Automatic',
    'delayed-auto': 'Automatic',
    demand: 'Manual',
    disabled: 'Disabled',
  };
  machine.services.changeStartMode('WinRM', modes[mode]!);
  const record = machine.services.find('WinRM');
  if (record && mode === 'delayed-auto') record.delayed = true;
}

async function controlService(machine: SimulatedMachine, verb: string, signal: AbortSignal): Promise<void> {
  const settled = async (): Promise<void> => {
    for (let waits = 0; waits < 200 && /Pending/.test(machine.services.find('WinRM')?.state ?? ''); waits++)
      await pause(machine.services.pendingMs / 4 + 5, signal);
  };
  await settled();
  if (verb === 'stop') {
    if (machine.services.stop('WinRM') === 0) machine.stopListening();
  } else if (machine.services.start('WinRM') === 0) machine.startListening();
  await settled();
}

function setFirewall(machine: SimulatedMachine, open: boolean): void {
  machine.winrmConfig.isFirewallOpen = open;
  machine.listener.update();
}

function setScheme(machine: SimulatedMachine, name: string, on: boolean): void {
  const leaf = machine.winrmConfig.find(`Service/Auth/${name}`);
  if (leaf && !isBranch(leaf) && leaf.source === null) leaf.value = String(on);
}

function deleteTask(machine: SimulatedMachine, name: string): void {
  const task = machine.background.tasks.get(name.toLowerCase());
  if (!task) return;
  clearTimeout(task.timer);
  machine.background.tasks.delete(name.toLowerCase());
}
