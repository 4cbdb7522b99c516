/** Remote shells on the wire (MS-WSMV 3.1.4.5.2, 3.1.4.11 to 3.1.4.14; shapes as recorded from Windows): requests in, answers out. */

import { randomUUID } from 'node:crypto';
import { codePageEncoder } from '../../wsman/code-page-encoder.ts';
import { readDuration } from '../../wsman/envelope.ts';
import { actions, ns } from '../../wsman/namespaces.ts';
import { attribute, child, childrenOf, childText, type XmlElement } from '../../wsman/xml.ts';
import { countOpenEnumerations } from '../enumeration.ts';
import { LabFault } from '../faults.ts';
import { type LabRequest, type OperationResult, resourceCreated } from '../operation.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import { type LabCommand, startCommand } from './command.ts';
import { findFolder, resolvePath } from './file-system.ts';
import { cmdUri, writeShell } from './shell-record.ts';
import { addShell, chosenId, endShell, findShell, holdOpen, type LabShell, shellsOf, touch } from './shells.ts';

/** The OEM page of a British Windows (CountryCode 44), which the lab's machines are. */
const defaultCodePage = 850;
/** Room for the envelope, the ends of the streams and the state around a batch of output, in octets. */
const envelopeRoom = 3072;
const badParameter = (): LabFault => new LabFault(87, { shellPlugin: true });

export type ShellFamily = 'shell' | 'shell-output' | 'transfer' | 'other';

export interface ShellCaller {
  readonly user: string;
  readonly clientAddress: string;
}

/** True for the URIs that this file answers, Enumerate and its Pulls excepted: those go the way of all enumerations. */
export function isShellRequest(request: LabRequest): boolean {
  const uri = request.resourceUri.toLowerCase();
  const enumerates = [actions.enumerate, actions.pull, actions.release].some((action) => action === request.action);
  return !enumerates && (uri === ns.shell || uri.startsWith(`${ns.shell}/`));
}

export async function answerShell(
  machine: SimulatedMachine,
  caller: ShellCaller,
  request: LabRequest,
): Promise<readonly [ShellFamily, OperationResult]> {
  const uri = request.resourceUri.toLowerCase();
  const onCmd = uri === cmdUri;
  if (!onCmd && uri !== ns.shell) throw new LabFault(2150858752);
  switch (request.action) {
    case actions.create:
      if (!onCmd) throw new LabFault(2150858753);
      return ['shell', create(machine, caller, request)];
    case actions.get:
      // Since WinRM 2.0 a shell is looked at one step further up (MS-WSMV note 103).
      if (onCmd) throw new LabFault(2150858753);
      return ['transfer', { body: writeShell(machine, shellOf(machine, request), false) }];
    case actions.delete: {
      endShell(machine, shellOf(machine, request));
      return ['other', { body: '' }];
    }
    default:
  }
  if (!onCmd) throw new LabFault(2150858753);
  const shell = shellOf(machine, request);
  if (shell.resourceUri !== cmdUri) throw new LabFault(2150858843);
  touch(machine, shell);
  switch (request.action) {
    case `${ns.shell}/Command`:
      return ['shell', command(machine, shell, request)];
    case `${ns.shell}/Send`:
      return ['shell', await send(machine, shell, request)];
    case `${ns.shell}/Receive`:
      return ['shell-output', await receive(machine, shell, request)];
    case `${ns.shell}/Signal`:
      return ['shell', signal(shell, request)];
    default:
      throw new LabFault(2150858753);
  }
}

export function shellOf(machine: SimulatedMachine, request: LabRequest): LabShell {
  const selector = request.selectors.find(([name]) => name.toLowerCase() === 'shellid')?.[1];
  if (typeof selector !== 'string') throw new LabFault(2150858842);
  const shell = findShell(machine, selector);
  if (!shell) throw new LabFault(2150858843);
  return shell;
}

const option = (request: LabRequest, name: string): string | null =>
  request.options.find((candidate) => candidate.name.toUpperCase() === name)?.value?.trim() ?? null;
const isOn = (request: LabRequest, name: string): boolean => /^(true|1)$/i.test(option(request, name) ?? '');

function create(machine: SimulatedMachine, caller: ShellCaller, request: LabRequest): OperationResult {
  const { body } = request;
  if (body?.local !== 'Shell' || body.namespace !== ns.shell) throw new LabFault(2150858817);
  const duration = (local: string): number | null => {
    const text = childText(body, local, ns.shell);
    return text === null ? null : readDuration(text);
  };
  const variables = child(body, 'Environment', ns.shell);
  const wantedPage = Number(option(request, 'WINRS_CODEPAGE') ?? defaultCodePage);
  const shell = addShell(machine, {
    ...caller,
    shellId: chosenId(machine, body, 'ShellId'),
    resourceUri: cmdUri,
    hostProgram: 'WinrsHost.exe',
    inputStreams: 'stdin',
    outputStreams: 'stdout stderr',
    name: attribute(body, 'Name'),
    codePage: codePageEncoder(wantedPage) ? wantedPage : defaultCodePage,
    locale: request.locale ?? 'en-US',
    isProfileLoaded: !isOn(request, 'WINRS_NOPROFILE'),
    givenEnvironment: variables
      ? childrenOf(variables, 'Variable', ns.shell).map((variable) => [
          attribute(variable, 'Name') ?? '',
          variable.text,
        ])
      : [],
    directory: childText(body, 'WorkingDirectory', ns.shell),
    idleTimeoutMs: duration('IdleTimeOut'),
  });
  const created = resourceCreated(machine, cmdUri, [['ShellId', shell.shellId]]);
  // Stack 1.1 says where the shell is, and no more.
  const record = machine.plan.generation.stack === '1.1' ? '' : writeShell(machine, shell, true);
  return { body: `${created}${record}` };
}

/** HRESULTs of ERROR_DIRECTORY, ERROR_FILENAME_EXCED_RANGE, ERROR_NOT_ENOUGH_QUOTA. */
const badDirectory = 2147942667;
const lineTooLong = 2147942606;
const notEnoughQuota = 2147944216;
const longestLine = 8191;

function command(machine: SimulatedMachine, shell: LabShell, request: LabRequest): OperationResult {
  const { body } = request;
  if (body?.local !== 'CommandLine' || body.namespace !== ns.shell) throw new LabFault(2150858817);
  const name = child(body, 'Command', ns.shell)?.text ?? '';
  if (name.trim() === '') throw badParameter();
  const args = childrenOf(body, 'Arguments', ns.shell).map(({ text }) => text);
  const line = [name, ...args].join(' ');
  if (line.length > longestLine) throw new LabFault(lineTooLong, { shellPlugin: true });
  checkQuotas(machine, shell);
  const path = resolvePath('C:\\', shell.directory);
  const folder = path === null ? null : findFolder(machine, shell.user, path);
  if (folder === null) throw new LabFault(badDirectory, { shellPlugin: true });
  // Windows Server 2012 R2 and later start cmd.exe whatever this option says (MS-WSMV note 117).
  const isDirect = machine.plan.generation.build < 9600 && isOn(request, 'WINRS_SKIP_CMD_SHELL');
  const commandId = chosenId(machine, body, 'CommandId');
  if (commandId !== null && shell.commands.has(commandId)) throw new LabFault(2150859222);
  const started = startCommand({
    commandId: commandId ?? randomUUID().toUpperCase(),
    machine,
    user: shell.user,
    codePage: shell.codePage,
    environment: shell.environment.copy(),
    directory: folder.path,
    direct: isDirect ? { command: name.replace(/^"|"$/g, ''), tail: args.map((text) => ` ${text}`).join('') } : null,
    line,
    job: shell.job,
  });
  shell.commands.set(started.commandId, started);
  shell.commandsGiven++;
  return { body: `<rsp:CommandResponse><rsp:CommandId>${started.commandId}</rsp:CommandId></rsp:CommandResponse>` };
}

function checkQuotas(machine: SimulatedMachine, shell: LabShell): void {
  const own = shellsOf(machine).filter(({ user }) => user === shell.user);
  const operations = own.reduce((sum, { commandsGiven }) => sum + commandsGiven, countOpenEnumerations(machine));
  if (operations >= machine.winrmConfig.number('Service/MaxConcurrentOperationsPerUser'))
    throw new LabFault(2150859174);
  // Its cmd.exe and at least one program.
  if (shell.job.size + 2 > machine.winrmConfig.number('Winrs/MaxProcessesPerShell')) {
    throw new LabFault(notEnoughQuota, { shellPlugin: true });
  }
}

function commandOf(shell: LabShell, commandId: string | null): LabCommand {
  const found = commandId === null ? undefined : shell.commands.get(commandId.trim().toUpperCase());
  if (!found) throw badParameter();
  return found;
}

async function send(machine: SimulatedMachine, shell: LabShell, request: LabRequest): Promise<OperationResult> {
  const { body } = request;
  if (body?.local !== 'Send' || body.namespace !== ns.shell) throw new LabFault(2150858817);
  for (const stream of childrenOf(body, 'Stream', ns.shell)) {
    if (attribute(stream, 'Name')?.toLowerCase() !== 'stdin') throw badParameter();
    const target = commandOf(shell, attribute(stream, 'CommandId'));
    const isLast = /^(true|1)$/i.test(attribute(stream, 'End') ?? '');
    const taken = await target.send(Buffer.from(stream.text, 'base64'), isLast, waitMs(machine, request));
    if (!taken) throw new LabFault(2150858793);
  }
  return { body: '<rsp:SendResponse/>' };
}

async function receive(machine: SimulatedMachine, shell: LabShell, request: LabRequest): Promise<OperationResult> {
  const { body } = request;
  if (body?.local !== 'Receive' || body.namespace !== ns.shell) throw new LabFault(2150858817);
  const target = commandOf(shell, commandIdOf(child(body, 'DesiredStream', ns.shell)));
  const release = holdOpen(machine, shell);
  try {
    const batch = await target.receive(request.limit - envelopeRoom, waitMs(machine, request));
    if (batch === null) throw new LabFault(2150858793);
    return { body: writeBatch(target.commandId, batch.pieces, batch.exitCode) };
  } finally {
    release();
  }
}

const commandIdOf = (stream: XmlElement | undefined): string | null =>
  stream === undefined ? null : attribute(stream, 'CommandId');

export function waitMs(machine: SimulatedMachine, request: LabRequest): number {
  const most = machine.winrmConfig.number('MaxTimeoutms');
  return Math.min(request.operationTimeoutMs ?? most, most);
}

function writeBatch(
  commandId: string,
  pieces: readonly { readonly stream: string; readonly bytes: Uint8Array }[],
  exitCode: number | null,
): string {
  const state = `CommandId="${commandId}" State="${ns.shell}/CommandState`;
  const streams = pieces
    .map(({ stream, bytes }) => {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
      return `<rsp:Stream Name="${stream}" CommandId="${commandId}">${text}</rsp:Stream>`;
    })
    .join('');
  if (exitCode === null) {
    return `<rsp:ReceiveResponse>${streams}<rsp:CommandState ${state}/Running"></rsp:CommandState></rsp:ReceiveResponse>`;
  }
  const ends = ['stdout', 'stderr']
    .map((name) => `<rsp:Stream Name="${name}" CommandId="${commandId}" End="true"></rsp:Stream>`)
    .join('');
  return `<rsp:ReceiveResponse>${streams}${ends}<rsp:CommandState ${state}/Done"><rsp:ExitCode>${exitCode}</rsp:ExitCode></rsp:CommandState></rsp:ReceiveResponse>`;
}

function signal(shell: LabShell, request: LabRequest): OperationResult {
  const { body } = request;
  if (body?.local !== 'Signal' || body.namespace !== ns.shell) throw new LabFault(2150858817);
  const target = commandOf(shell, attribute(body, 'CommandId'));
  const code = (childText(body, 'Code', ns.shell) ?? '').toLowerCase();
  switch (code) {
    case `${ns.shell}/signal/terminate`:
      target.kill();
      shell.commands.delete(target.commandId);
      break;
    case `${ns.shell}/signal/ctrl_c`:
    case `${ns.shell}/signal/ctrl_break`:
      if (target.isRunning) target.interrupt(code.endsWith('ctrl_c') ? 'ctrl_c' : 'ctrl_break');
      break;
    default:
      throw badParameter();
  }
  return { body: '<rsp:SignalResponse/>' };
}
