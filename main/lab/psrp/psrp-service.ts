/**
 * PowerShell's plug-in on the wire (MS-PSRP 3.1.5.3, 3.1.5.4 and MS-WSMV 3.1.4.5.2, 3.1.4.11 to 17; shapes as recorded from Windows):
 * a shell is a runspace pool, a command of it a pipeline.
 */

import { readDuration } from '../../wsman/envelope.ts';
import { actions, ns } from '../../wsman/namespaces.ts';
import { encodeFragment } from '../../wsman/psrp/fragment.ts';
import { encodeMessage, isGuid } from '../../wsman/psrp/message.ts';
import { attribute, child, childrenOf, childText, type XmlElement } from '../../wsman/xml.ts';
import { LabFault } from '../faults.ts';
import { type LabRequest, type OperationResult, resourceCreated } from '../operation.ts';
import { writeShell } from '../shell/shell-record.ts';
import { type ShellCaller, type ShellFamily, shellOf, waitMs } from '../shell/shell-service.ts';
import { addShell, chosenId, endShell, holdOpen, shellsOf, touch } from '../shell/shells.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import { type Endpoint, findEndpoint, powershellPrefix } from './endpoints.ts';
import { openPools, pipelinesOf } from './open-pools.ts';
import { createPipeline, type LabPipeline } from './pipeline.ts';
import { createPool, type LabPool } from './pool.ts';

/** Room for the envelope and the state around a batch of output, in octets. */
const envelopeRoom = 3072;
const powershellNamespace = 'http://schemas.microsoft.com/powershell';
const badParameter = (): LabFault => new LabFault(87, { powershellPlugin: true });
const disconnected = (): LabFault => new LabFault(2150859230, { powershellPlugin: true });

export const isPowerShellRequest = (request: LabRequest): boolean =>
  request.resourceUri.toLowerCase().startsWith(powershellPrefix);

export async function answerPowerShell(
  machine: SimulatedMachine,
  caller: ShellCaller,
  request: LabRequest,
): Promise<readonly [ShellFamily, OperationResult]> {
  const endpoint = findEndpoint(machine, request.resourceUri);
  if (request.action === actions.create) return ['shell', create(machine, caller, request, endpoint)];
  const shell = shellOf(machine, request);
  const pool = openPools.get(shell);
  if (pool === undefined || shell.resourceUri !== endpoint.resourceUri) throw new LabFault(2150858843);
  if (shell.user.toLowerCase() !== caller.user.toLowerCase()) throw new LabFault(5);
  const operation = request.action.startsWith(`${ns.shell}/`) ? request.action.slice(ns.shell.length + 1) : '';
  const isModern = machine.plan.generation.stack === '3.0';
  if (request.action === actions.delete) {
    endShell(machine, shell);
    return ['other', { body: '' }];
  }
  if (isModern && operation === 'Reconnect') return ['other', reconnect(machine, pool, request)];
  if (isModern && operation !== 'Connect' && isOfAnother(pool, request)) throw new LabFault(2150859213);
  if (isModern && operation === 'Connect') return ['shell', connect(machine, pool, request)];
  if (isModern && operation === 'Disconnect') return ['other', disconnect(machine, pool, request)];
  if (!['Command', 'Send', 'Receive', 'Signal'].includes(operation)) throw new LabFault(2150858753);
  // Nothing but Connect, Reconnect and Delete goes to a shell that nobody is connected to (MS-WSMV 3.1.4.1.31.7).
  if (shell.state === 'Disconnected') throw disconnected();
  touch(machine, shell);
  switch (operation) {
    case 'Command':
      return ['shell', command(machine, pool, request)];
    case 'Send':
      return ['shell', await send(machine, pool, request)];
    case 'Receive':
      return ['shell-output', await receive(machine, pool, request)];
    default:
      return ['shell', signal(pool, request)];
  }
}

function create(
  machine: SimulatedMachine,
  caller: ShellCaller,
  request: LabRequest,
  endpoint: Endpoint,
): OperationResult {
  const { body } = request;
  if (body?.local !== 'Shell' || body.namespace !== ns.shell) throw new LabFault(2150858817);
  const wanted = request.options.find(({ name }) => name.toLowerCase() === 'protocolversion')?.value?.trim() ?? '';
  if (!/^2\.[0-9]{1,2}$/.test(wanted) || wanted < '2.1') throw new LabFault(2150858883, { powershellPlugin: true });
  const packet = base64Of(child(body, 'creationXml', powershellNamespace));
  const idle = childText(body, 'IdleTimeOut', ns.shell);
  const idleTimeoutMs = idle === null ? null : readDuration(idle);
  const most = Number(quotaOf(machine, 'IdleTimeoutms') ?? 7_200_000);
  const shell = addShell(machine, {
    ...caller,
    shellId: chosenId(machine, body, 'ShellId'),
    resourceUri: endpoint.resourceUri,
    hostProgram: 'wsmprovhost.exe',
    inputStreams: 'stdin pr',
    outputStreams: 'stdout',
    name: attribute(body, 'Name'),
    codePage: 65001,
    locale: request.locale ?? 'en-US',
    isProfileLoaded: true,
    givenEnvironment: [],
    directory: null,
    idleTimeoutMs: Math.min(idleTimeoutMs ?? most, most),
  });
  const pool = createPool(machine, shell, endpoint);
  pool.clientSession = clientSessionOf(request);
  openPools.set(shell, pool);
  shell.onEnd = () => pool.end();
  try {
    pool.accept(packet);
  } catch (error) {
    endShell(machine, shell);
    throw error;
  }
  const created = resourceCreated(machine, endpoint.resourceUri, [['ShellId', shell.shellId]]);
  return { body: `${created}${writeShell(machine, shell, true)}` };
}

/** Which of several clients of one user it is. */
function clientSessionOf(request: LabRequest): string | null {
  const header = request.headers.find(({ local, namespace }) => local === 'SessionId' && namespace === ns.microsoft);
  return header?.text.trim().toLowerCase() ?? null;
}

/** A client that says who it is does not work in a shell that another one is connected to. Our reading of 3.1.4.1.37. */
function isOfAnother(pool: LabPool, request: LabRequest): boolean {
  const asking = clientSessionOf(request);
  const { clientSession, shell } = pool;
  return shell.state === 'Connected' && asking !== null && clientSession !== null && asking !== clientSession;
}

function base64Of(element: XmlElement | undefined): Uint8Array {
  const bytes = Buffer.from(element?.text ?? '', 'base64');
  if (bytes.length === 0) throw badParameter();
  return bytes;
}

/** A quota of the plug-in (winrm/config/plugin). */
function quotaOf(machine: SimulatedMachine, name: string): string | undefined {
  const plugin = machine.winrmConfig.plugins.find(({ name: own }) => own.toLowerCase() === 'microsoft.powershell');
  return plugin?.quotas?.get(name);
}

function command(machine: SimulatedMachine, pool: LabPool, request: LabRequest): OperationResult {
  const { body } = request;
  if (body?.local !== 'CommandLine' || body.namespace !== ns.shell) throw new LabFault(2150858817);
  const most = Number(quotaOf(machine, 'MaxConcurrentCommandsPerShell') ?? 1000);
  if (pool.pipelines.size >= most) throw new LabFault(2150859241);
  const operations = shellsOf(machine).filter(({ user }) => user === pool.shell.user);
  const open = operations.reduce((sum, shell) => sum + shell.commandsGiven + pipelinesOf(shell).length, 0);
  if (open >= machine.winrmConfig.number('Service/MaxConcurrentOperationsPerUser')) throw new LabFault(2150859174);
  // That of the pipeline in the message, which is of the client's choice everywhere.
  const given = attribute(body, 'CommandId');
  if (given === null) throw badParameter();
  if (!isGuid(given)) throw new LabFault(2150859220);
  const pipelineId = given.toUpperCase();
  if (pool.pipelines.has(pipelineId)) throw new LabFault(2150859222);
  const packet = base64Of(child(body, 'Arguments', ns.shell));
  const pipeline = createPipeline(pool, pipelineId, packet);
  pool.pipelines.set(pipelineId, pipeline);
  return { body: `<rsp:CommandResponse><rsp:CommandId>${pipelineId}</rsp:CommandId></rsp:CommandResponse>` };
}

function pipelineOf(pool: LabPool, id: string): LabPipeline {
  const found = pool.pipelines.get(id.trim().toUpperCase());
  if (!found) throw badParameter();
  return found;
}

/** Streams of a pipeline wait until somebody reconnects to that one, too (MS-PSRP 3.1.5.3.18). */
function attendedPipeline(pool: LabPool, id: string): LabPipeline {
  const pipeline = pipelineOf(pool, id);
  if (pipeline.isDisconnected) throw disconnected();
  return pipeline;
}

async function send(machine: SimulatedMachine, pool: LabPool, request: LabRequest): Promise<OperationResult> {
  const { body } = request;
  if (body?.local !== 'Send' || body.namespace !== ns.shell) throw new LabFault(2150858817);
  for (const stream of childrenOf(body, 'Stream', ns.shell)) {
    const name = attribute(stream, 'Name')?.toLowerCase();
    if (name !== 'stdin' && name !== 'pr') throw badParameter();
    const id = attribute(stream, 'CommandId');
    const packet = base64Of(stream);
    if (id === null) pool.accept(packet);
    else if (!(await attendedPipeline(pool, id).accept(packet, waitMs(machine, request)))) {
      throw new LabFault(2150858793);
    }
  }
  return { body: '<rsp:SendResponse/>' };
}

async function receive(machine: SimulatedMachine, pool: LabPool, request: LabRequest): Promise<OperationResult> {
  const { body } = request;
  if (body?.local !== 'Receive' || body.namespace !== ns.shell) throw new LabFault(2150858817);
  const id = attribute(child(body, 'DesiredStream', ns.shell) ?? body, 'CommandId');
  const queue = id === null ? pool.queue : attendedPipeline(pool, id).queue;
  const release = holdOpen(machine, pool.shell);
  try {
    const received = await queue.receive(request.limit - envelopeRoom, waitMs(machine, request));
    if (received === null) throw new LabFault(2150858793);
    const commandId = id === null ? '' : ` CommandId="${id.trim().toUpperCase()}"`;
    const streams = received.fragments.map(
      (bytes) => `<rsp:Stream Name="stdout"${commandId}>${Buffer.from(bytes).toString('base64')}</rsp:Stream>`,
    );
    const state =
      id !== null && received.isDone
        ? `<rsp:CommandState${commandId} State="${ns.shell}/CommandState/Done"><rsp:ExitCode>0</rsp:ExitCode></rsp:CommandState>`
        : '';
    return { body: `<rsp:ReceiveResponse>${streams.join('')}${state}</rsp:ReceiveResponse>` };
  } finally {
    release();
  }
}

function signal(pool: LabPool, request: LabRequest): OperationResult {
  const { body } = request;
  if (body?.local !== 'Signal' || body.namespace !== ns.shell) throw new LabFault(2150858817);
  const pipeline = pipelineOf(pool, attribute(body, 'CommandId') ?? '');
  // Compared letter by letter, spelling and all; whatever else is signalled ends the command, as in PowerShell's plug-in.
  if (childText(body, 'Code', ns.shell)?.trim() === 'powershell/signal/crtl_c') pipeline.stop();
  else {
    pipeline.kill();
    pool.pipelines.delete(pipeline.pipelineId);
  }
  return { body: '<rsp:SignalResponse/>' };
}

function disconnect(machine: SimulatedMachine, pool: LabPool, request: LabRequest): OperationResult {
  const { body } = request;
  const { shell } = pool;
  if (body?.local !== 'Disconnect' || body.namespace !== ns.shell) throw new LabFault(2150858817);
  const mode = childText(body, 'BufferMode', ns.shell)?.toLowerCase();
  if (mode !== undefined && mode !== null && mode !== 'block' && mode !== 'drop') throw new LabFault(2150858817);
  const idle = childText(body, 'IdleTimeOut', ns.shell);
  if (idle !== null) shell.idleTimeoutMs = Math.min(readDuration(idle) ?? shell.idleTimeoutMs, 0x7fffffff);
  shell.bufferMode = mode === 'drop' ? 'Drop' : 'Block';
  shell.state = 'Disconnected';
  for (const queue of [pool.queue, ...[...pool.pipelines.values()].map((pipeline) => pipeline.queue)]) {
    queue.drops = shell.bufferMode === 'Drop';
    queue.interrupt(disconnected());
  }
  for (const pipeline of pool.pipelines.values()) pipeline.isDisconnected = true;
  touch(machine, shell);
  return { body: '' };
}

function connected(machine: SimulatedMachine, { shell, queue }: LabPool): void {
  shell.state = 'Connected';
  queue.drops = false;
  touch(machine, shell);
}

function connectedPipeline(pool: LabPool, id: string): void {
  if (pool.shell.state === 'Disconnected') throw disconnected();
  const pipeline = pipelineOf(pool, id);
  pipeline.isDisconnected = false;
  pipeline.queue.drops = false;
}

/** Of a shell by the client that has left it (MS-WSMV 3.1.4.16), or after that of one of its pipelines. */
function reconnect(machine: SimulatedMachine, pool: LabPool, request: LabRequest): OperationResult {
  const id = request.body === undefined || request.body === null ? null : attribute(request.body, 'CommandId');
  const isSame = clientSessionOf(request) === pool.clientSession;
  if (id !== null) connectedPipeline(pool, id);
  else if (pool.shell.state !== 'Disconnected') {
    if (!isSame) throw new LabFault(2150859213);
  } else {
    if (!isSame) throw new LabFault(2150859206);
    connected(machine, pool);
  }
  return { body: '' };
}

/** Of a shell, or of one of its pipelines (3.1.5.3.17, 3.1.5.3.19). */
function connect(machine: SimulatedMachine, pool: LabPool, request: LabRequest): OperationResult {
  const { body } = request;
  if (body?.local !== 'Connect' || body.namespace !== ns.shell) throw new LabFault(2150858817);
  const id = attribute(body, 'CommandId');
  if (id !== null) {
    connectedPipeline(pool, id);
    return { body: '<rsp:ConnectResponse/>' };
  }
  if (pool.shell.state !== 'Disconnected') throw new LabFault(2150859213);
  const messages = pool.connect(base64Of(child(body, 'connectXml', powershellNamespace)));
  const answer = messages.map((message) => {
    const objectId = pool.nextObjectId();
    return encodeFragment({ objectId, fragmentId: 0n, isStart: true, isEnd: true, blob: encodeMessage(message) });
  });
  connected(machine, pool);
  pool.clientSession = clientSessionOf(request);
  const { inputStreams, outputStreams } = pool.shell;
  return {
    body:
      `<rsp:ConnectResponse><rsp:InputStreams>${inputStreams}</rsp:InputStreams><rsp:OutputStreams>${outputStreams}</rsp:OutputStreams>` +
      `<connectResponseXml xmlns="${powershellNamespace}">${Buffer.concat(answer).toString('base64')}</connectResponseXml></rsp:ConnectResponse>`,
  };
}
