/**
 * A one-shot revert on the machine, planted before a change that may cut our connection, and taken away once the change is confirmed. It
 * is never a child of a remote shell: that would die with the shell's job.
 */
import type { WSManClient } from '../client.ts';
import { ProtocolError, WSManFault } from '../errors.ts';
import { wmi } from '../namespaces.ts';
import { childText, escapeXml, type XmlElement } from '../xml.ts';
import { asCommandLine } from './revert-lines.ts';

export type RevertMeans = 'scheduled-task' | 'scheduled-job' | 'process';

export interface PlantedRevert {
  readonly means: RevertMeans;
  /** Name of the task, number of the job or of the process. */
  readonly name: string;
  /** By the clock of this computer. */
  readonly dueAt: number;
}

const taskNamespace = 'root/Microsoft/Windows/TaskScheduler';
const taskFolder = '\\Windeck\\';
const taskPrefix = 'Revert WinRM ';

interface PlantOptions {
  readonly signal?: AbortSignal | undefined;
}

/** How a revert could be planted there: scheduled tasks since Windows 8, jobs before, else a process of its own. Changes nothing. */
export async function findRevertMeans(client: WSManClient, options: PlantOptions = {}): Promise<RevertMeans | null> {
  const offers = async (className: string, namespace?: string, where = ''): Promise<boolean> => {
    try {
      const text = `SELECT * FROM ${className}${where}`;
      const resource = { resourceUri: wmi('*', namespace) };
      for await (const _ of client.enumerate(resource, {
        ...options,
        filter: { dialect: 'wql', text },
        maxElements: 1,
      }))
        break;
      return true;
    } catch (error) {
      // The class or its namespace is not there, or this account may not use it.
      if (error instanceof WSManFault) return false;
      throw error;
    }
  };
  if (await offers('MSFT_ScheduledTask', taskNamespace, ` WHERE TaskPath='${taskFolder.replaceAll('\\', '\\\\')}'`))
    return 'scheduled-task';
  if (await offers('Win32_ScheduledJob')) return 'scheduled-job';
  return (await offers('Win32_Process', undefined, ' WHERE ProcessId=4')) ? 'process' : null;
}

/**
 * Plants it and reads it back. `lines` are run by cmd.exe as SYSTEM (as the signed-in account for a process) after `delayMs`; the last one
 * takes the revert itself away. Throws where the machine refuses it, or does not show it afterwards.
 */
export async function plantRevert(
  client: WSManClient,
  means: RevertMeans,
  plan: { readonly lines: readonly string[]; readonly delayMs: number; readonly label: string },
  options: PlantOptions = {},
): Promise<PlantedRevert> {
  const plantedAt = Date.now();
  switch (means) {
    case 'scheduled-task': {
      const name = `${taskPrefix}${plan.label}`;
      const due = await targetTime(client, plan.delayMs, options);
      const lines = [...plan.lines, `schtasks /delete /tn "${taskFolder}${name}" /f`];
      const xml = taskXml(name, due, lines);
      const result = await client.invoke(
        { resourceUri: wmi('PS_ScheduledTask', taskNamespace) },
        'RegisterByXml',
        [
          { name: 'Force', type: 'boolean', value: true },
          { name: 'TaskName', type: 'string', value: name },
          { name: 'TaskPath', type: 'string', value: taskFolder },
          { name: 'Xml', type: 'string', value: xml },
        ],
        options,
      );
      if (result.returnValue !== null && result.returnValue !== 0)
        throw new ProtocolError(`The task was refused (${result.returnValue}).`);
      if (!(await pendingReverts(client, options)).some((revert) => revert.name === name))
        throw new ProtocolError('The task was accepted, and is not there.');
      return { means, name, dueAt: plantedAt + plan.delayMs };
    }
    case 'scheduled-job': {
      // Jobs begin at a full minute: the next one that leaves the time asked for.
      const wanted = await targetTime(client, plan.delayMs, options);
      const due = new Date(Math.ceil(wanted / 60_000) * 60_000);
      const result = await client.invoke(
        { resourceUri: wmi('Win32_ScheduledJob') },
        'Create',
        [
          { name: 'Command', type: 'string', value: asCommandLine(plan.lines) },
          { name: 'StartTime', type: 'datetime', value: due },
          { name: 'RunRepeatedly', type: 'boolean', value: false },
          { name: 'InteractWithDesktop', type: 'boolean', value: false },
        ],
        options,
      );
      const name = childText(result.output, 'JobId');
      if (result.returnValue !== 0 || name === null)
        throw new ProtocolError(`The job was refused (${result.returnValue}).`);
      return { means, name, dueAt: plantedAt + plan.delayMs + (due.getTime() - wanted) };
    }
    case 'process': {
      const seconds = Math.max(1, Math.ceil(plan.delayMs / 1000));
      const lines = [`ping -n ${seconds + 1} 127.0.0.1 >nul`, ...plan.lines];
      const input = [{ name: 'CommandLine', type: 'string', value: asCommandLine(lines) }] as const;
      const result = await client.invoke({ resourceUri: wmi('Win32_Process') }, 'Create', input, options);
      const name = childText(result.output, 'ProcessId');
      if (result.returnValue !== 0 || name === null)
        throw new ProtocolError(`The process was refused (${result.returnValue}).`);
      return { means, name, dueAt: plantedAt + seconds * 1000 };
    }
  }
}

/** Takes it away, and looks whether it is gone. Resolves with false where it is still there. Never throws because it has gone already. */
export async function removeRevert(
  client: WSManClient,
  revert: PlantedRevert,
  options: PlantOptions = {},
): Promise<boolean> {
  if (revert.means === 'scheduled-task') {
    const commandLine = `schtasks.exe /delete /tn "${taskFolder}${revert.name}" /f`;
    const input = [{ name: 'CommandLine', type: 'string', value: commandLine }] as const;
    await client.invoke({ resourceUri: wmi('Win32_Process') }, 'Create', input, options);
    for (let look = 0; look < 20; look++) {
      if (!(await pendingReverts(client, options)).some(({ name }) => name === revert.name)) return true;
      await new Promise((resolve) => setTimeout(resolve, 250));
      options.signal?.throwIfAborted();
    }
    return false;
  }
  const [className, key, method] =
    revert.means === 'scheduled-job'
      ? (['Win32_ScheduledJob', 'JobId', 'Delete'] as const)
      : (['Win32_Process', 'Handle', 'Terminate'] as const);
  try {
    const resource = { resourceUri: wmi(className), selectors: [[key, revert.name]] as const };
    const { returnValue } = await client.invoke(resource, method, [], options);
    return returnValue === 0;
  } catch (error) {
    if (error instanceof WSManFault && error.fields.wsmanCode === resourceNotFound) return true;
    throw error;
  }
}
const resourceNotFound = 2150858752;

/** Reverts of ours that wait as scheduled tasks. Empty where that cannot be asked. */
export async function pendingReverts(
  client: WSManClient,
  options: PlantOptions = {},
): Promise<readonly { readonly name: string }[]> {
  const text = `SELECT * FROM MSFT_ScheduledTask WHERE TaskPath='${taskFolder.replaceAll('\\', '\\\\')}'`;
  let rows: XmlElement[];
  try {
    rows = await client.enumerateAll(
      { resourceUri: wmi('*', taskNamespace) },
      { ...options, filter: { dialect: 'wql', text } },
    );
  } catch (error) {
    if (error instanceof WSManFault) return [];
    throw error;
  }
  return rows
    .map((row) => ({ name: childText(row, 'TaskName') ?? '' }))
    .filter(({ name }) => name.startsWith(taskPrefix));
}

/** Epoch milliseconds by the machine's own clock, which may be another than ours, at which `delayMs` from now are over. */
async function targetTime(client: WSManClient, delayMs: number, options: PlantOptions): Promise<number> {
  const os = await client.get({ resourceUri: wmi('Win32_OperatingSystem') }, options);
  const local = os.children.find(({ local: name }) => name === 'LocalDateTime');
  const text = (local?.children[0] ?? local)?.text.trim() ?? '';
  const now = Date.parse(text);
  if (Number.isNaN(now)) throw new ProtocolError('The machine does not say what time it is.');
  return now + delayMs;
}

/** Task Scheduler schema 1.2: once, as SYSTEM, also after a reboot that came between; gone by itself a day later at the latest. */
function taskXml(name: string, dueAt: number, lines: readonly string[]): string {
  const at = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
  // Whole seconds, never too early.
  const start = Math.ceil(dueAt / 1000) * 1000;
  const commandLine = asCommandLine(lines);
  const space = commandLine.indexOf(' ');
  return (
    '<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">' +
    `<RegistrationInfo><Author>Windeck</Author><Description>Takes a change of WinRM back that nobody confirmed.</Description><URI>${escapeXml(taskFolder + name)}</URI></RegistrationInfo>` +
    `<Triggers><TimeTrigger><StartBoundary>${at(start)}</StartBoundary><EndBoundary>${at(start + 86_400_000)}</EndBoundary><Enabled>true</Enabled></TimeTrigger></Triggers>` +
    '<Principals><Principal id="Author"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal></Principals>' +
    '<Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy><DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>' +
    '<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries><StartWhenAvailable>true</StartWhenAvailable><Enabled>true</Enabled>' +
    '<DeleteExpiredTaskAfter>PT1H</DeleteExpiredTaskAfter><ExecutionTimeLimit>PT10M</ExecutionTimeLimit></Settings>' +
    `<Actions Context="Author"><Exec><Command>${escapeXml(commandLine.slice(0, space))}</Command><Arguments>${escapeXml(commandLine.slice(space + 1))}</Arguments></Exec></Actions></Task>`
  );
}
