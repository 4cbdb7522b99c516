/**
 * Bodies of the shell operations as PSRP uses them (MS-PSRP 3.1.5.3; MS-WSMV 3.1.4.10 to 3.1.4.17): what a client sends, and what it reads from the
 * answers. Octets of fragments travel in base64.
 */
import { writeDuration } from '../envelope.ts';
import { ProtocolError } from '../errors.ts';
import { ns } from '../namespaces.ts';
import { attribute, childrenOf, childText, escapeAttribute, escapeXml, type XmlElement } from '../xml.ts';

export const powerShellNamespace = 'http://schemas.microsoft.com/powershell';
/** The endpoint that every PowerShell brings. */
export const defaultConfiguration = 'Microsoft.PowerShell';

/** Resource URI of an endpoint: the name of its session configuration, or a whole URI as it is. */
export function powerShellUri(configurationName: string = defaultConfiguration): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(configurationName)
    ? configurationName
    : `${powerShellNamespace}/${configurationName}`;
}

/** wsa:Action of the operations that only shells which can be disconnected have. */
export const connectionActions = {
  disconnect: `${ns.shell}/Disconnect`,
  reconnect: `${ns.shell}/Reconnect`,
  connect: `${ns.shell}/Connect`,
} as const;

/** What happens to output while nobody is connected: `Block` makes the pipeline wait when the buffer is full, `Drop` loses the oldest. */
export type BufferMode = 'Block' | 'Drop';

/** Signals of a pipeline: stop it, and forget it. The specification misspells the first one; this is what Windows knows. */
export const pipelineSignals = {
  // Spelled so in MS-PSRP 3.1.5.3.9 and in PowerShell itself, which compares it letter by letter; anything else ends the command.
  stop: 'powershell/signal/crtl_c',
  terminate: `${ns.shell}/signal/terminate`,
} as const;

const rsp = `xmlns:rsp="${ns.shell}"`;
const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

export interface PoolShell {
  readonly shellId: string;
  /** Shown to whoever lists shells. */
  readonly name?: string | undefined;
  readonly idleTimeoutMs?: number | undefined;
  readonly bufferMode?: BufferMode | undefined;
}

const lifetime = (idleTimeoutMs: number | undefined, bufferMode: BufferMode | undefined): string =>
  (idleTimeoutMs === undefined ? '' : `<rsp:IdleTimeOut>${writeDuration(idleTimeoutMs)}</rsp:IdleTimeOut>`) +
  (bufferMode === undefined ? '' : `<rsp:BufferMode>${bufferMode}</rsp:BufferMode>`);

/** Create (3.1.5.3.1): SESSION_CAPABILITY and INIT_RUNSPACEPOOL ride in creationXml. */
export function createBody(shell: PoolShell, packet: Uint8Array): string {
  const name = shell.name === undefined ? '' : ` Name="${escapeAttribute(shell.name)}"`;
  return (
    `<rsp:Shell ${rsp} ShellId="${escapeAttribute(shell.shellId)}"${name}>` +
    `${lifetime(shell.idleTimeoutMs, shell.bufferMode)}<rsp:InputStreams>stdin pr</rsp:InputStreams>` +
    `<rsp:OutputStreams>stdout</rsp:OutputStreams>` +
    `<creationXml xmlns="${powerShellNamespace}">${base64(packet)}</creationXml></rsp:Shell>`
  );
}

/** Command (3.1.5.3.3): a pipeline under the id that the client chose, with the first fragment of CREATE_PIPELINE. */
export function pipelineBody(commandId: string, packet: Uint8Array): string {
  return (
    `<rsp:CommandLine ${rsp} CommandId="${escapeAttribute(commandId)}"><rsp:Command/>` +
    `<rsp:Arguments>${base64(packet)}</rsp:Arguments></rsp:CommandLine>`
  );
}

const ofCommand = (commandId: string | null): string =>
  commandId === null ? '' : ` CommandId="${escapeAttribute(commandId)}"`;

/** Send (3.1.5.3.5), to the pool or one of its pipelines; answers of the host go by the stream `pr`. */
export function packetBody(stream: 'stdin' | 'pr', commandId: string | null, packet: Uint8Array): string {
  return `<rsp:Send ${rsp}><rsp:Stream Name="${stream}"${ofCommand(commandId)}>${base64(packet)}</rsp:Stream></rsp:Send>`;
}

/** Receive (3.1.5.3.7), from the pool or one of its pipelines. */
export function outputBody(commandId: string | null): string {
  return `<rsp:Receive ${rsp}><rsp:DesiredStream${ofCommand(commandId)}>stdout</rsp:DesiredStream></rsp:Receive>`;
}

/** Signal (3.1.5.3.9). */
export function pipelineSignalBody(commandId: string, code: string): string {
  return `<rsp:Signal ${rsp}${ofCommand(commandId)}><rsp:Code>${escapeXml(code)}</rsp:Code></rsp:Signal>`;
}

/** Disconnect (3.1.5.3.16). */
export function disconnectBody(options: Pick<PoolShell, 'idleTimeoutMs' | 'bufferMode'> = {}): string {
  return `<rsp:Disconnect ${rsp}>${lifetime(options.idleTimeoutMs, options.bufferMode)}</rsp:Disconnect>`;
}

/** Reconnect (3.1.5.3.18): of the pool, which has an empty body, and then of each pipeline. */
export function reconnectBody(commandId: string | null): string {
  return commandId === null ? '' : `<rsp:Reconnect ${rsp}${ofCommand(commandId)}/>`;
}

/** Connect (3.1.5.3.14), to the pool: SESSION_CAPABILITY and CONNECT_RUNSPACEPOOL ride in connectXml. */
export function connectPoolBody(packet: Uint8Array): string {
  return `<rsp:Connect ${rsp}><connectXml xmlns="${powerShellNamespace}">${base64(packet)}</connectXml></rsp:Connect>`;
}

/** Connect to one pipeline of a pool that is connected. */
export function connectPipelineBody(commandId: string): string {
  return `<rsp:Connect ${rsp}${ofCommand(commandId)}/>`;
}

/** The fragments in a ConnectResponse. Throws ProtocolError where there are none. */
export function readConnectResponse(body: XmlElement | null): Uint8Array {
  const text = body === null ? null : childText(body, 'connectResponseXml', powerShellNamespace);
  if (!text) throw new ProtocolError('The answer to Connect holds no message of PowerShell.');
  return Buffer.from(text, 'base64');
}

export interface ReceivedPackets {
  readonly packets: readonly Uint8Array[];
  /** Nothing more comes from this pipeline, or this pool. */
  readonly isDone: boolean;
}

/** A ReceiveResponse (3.1.5.3.8), as far as it is about this pipeline or, with null, the pool. Throws ProtocolError where it is none. */
export function readPackets(body: XmlElement | null, commandId: string | null): ReceivedPackets {
  if (body?.local !== 'ReceiveResponse' || body.namespace !== ns.shell) {
    throw new ProtocolError('The answer to Receive is no ReceiveResponse.');
  }
  const isOurs = (part: XmlElement): boolean =>
    (attribute(part, 'CommandId')?.toLowerCase() ?? null) === (commandId?.toLowerCase() ?? null);
  const packets: Uint8Array[] = [];
  for (const stream of childrenOf(body, 'Stream', ns.shell)) {
    if (attribute(stream, 'Name')?.toLowerCase() !== 'stdout' || !isOurs(stream)) continue;
    const bytes = Buffer.from(stream.text, 'base64');
    if (bytes.length > 0) packets.push(bytes);
  }
  const state = childrenOf(body, 'CommandState', ns.shell).find(isOurs);
  return { packets, isDone: state !== undefined && /\/Done$/i.test(attribute(state, 'State') ?? '') };
}
