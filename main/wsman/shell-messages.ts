/**
 * Bodies of the remote shell operations (MS-WSMV 2.2.4.7 to 2.2.4.13, 2.2.4.29, 2.2.4.32, 2.2.4.37 to 2.2.4.39; examples 4.7): what is sent,
 * and what is read from the answers. WinRM 1.1 writes ShellId as "uuid:GUID" and answers Create without rsp:Shell; both are taken as they come.
 */
import { writeDuration } from './envelope.ts';
import { isEpr, readEpr } from './epr.ts';
import { ProtocolError } from './errors.ts';
import { ns } from './namespaces.ts';
import { attribute, child, childrenOf, childText, escapeAttribute, escapeXml, type XmlElement } from './xml.ts';

/** wsa:Action of the shell operations that are not WS-Transfer's. */
export const shellActions = {
  command: `${ns.shell}/Command`,
  send: `${ns.shell}/Send`,
  receive: `${ns.shell}/Receive`,
  signal: `${ns.shell}/Signal`,
} as const;

/** Resource URI of the shell that runs cmd.exe. */
export const cmdShellUri = `${ns.shell}/cmd`;

/** What a command can be told from outside (MS-WSMV 2.2.4.38). */
export type SignalName = 'terminate' | 'ctrl_c' | 'ctrl_break';

export type StreamName = 'stdout' | 'stderr';

/** What Create is told about the shell; what is left out is the target's to choose. */
export interface ShellDescription {
  readonly workingDirectory?: string | undefined;
  readonly environment?: readonly (readonly [name: string, value: string])[] | undefined;
  /** Milliseconds without a request after which the target ends the shell. */
  readonly idleTimeoutMs?: number | undefined;
  /** Milliseconds after which the target ends the shell whatever it does; only WinRM 1.1 minds it. */
  readonly lifetimeMs?: number | undefined;
}

const rsp = `xmlns:rsp="${ns.shell}"`;
const element = (name: string, text: string): string => `<rsp:${name}>${escapeXml(text)}</rsp:${name}>`;

/** rsp:Shell, its children in the order of the schema. */
export function shellBody(shell: ShellDescription): string {
  const variables = (shell.environment ?? [])
    .map(([name, value]) => `<rsp:Variable Name="${escapeAttribute(name)}">${escapeXml(value)}</rsp:Variable>`)
    .join('');
  return (
    `<rsp:Shell ${rsp}>${variables === '' ? '' : `<rsp:Environment>${variables}</rsp:Environment>`}` +
    (shell.workingDirectory === undefined ? '' : element('WorkingDirectory', shell.workingDirectory)) +
    (shell.lifetimeMs === undefined ? '' : element('Lifetime', writeDuration(shell.lifetimeMs))) +
    (shell.idleTimeoutMs === undefined ? '' : element('IdleTimeOut', writeDuration(shell.idleTimeoutMs))) +
    `${element('InputStreams', 'stdin')}${element('OutputStreams', 'stdout stderr')}</rsp:Shell>`
  );
}

/** rsp:CommandLine. The target joins command and arguments with blanks; whoever needs quotation marks puts them there. */
export function commandBody(command: string, args: readonly string[]): string {
  const rest = args.map((argument) => element('Arguments', argument)).join('');
  return `<rsp:CommandLine ${rsp}>${element('Command', command)}${rest}</rsp:CommandLine>`;
}

/** rsp:Send with one piece of standard input. */
export function sendBody(commandId: string, bytes: Uint8Array, isLast: boolean): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  const end = isLast ? ' End="true"' : '';
  return `<rsp:Send ${rsp}><rsp:Stream Name="stdin" CommandId="${escapeAttribute(commandId)}"${end}>${text}</rsp:Stream></rsp:Send>`;
}

/** rsp:Receive for both output streams. */
export function receiveBody(commandId: string): string {
  return `<rsp:Receive ${rsp}><rsp:DesiredStream CommandId="${escapeAttribute(commandId)}">stdout stderr</rsp:DesiredStream></rsp:Receive>`;
}

/** rsp:Signal. */
export function signalBody(commandId: string, name: SignalName): string {
  return `<rsp:Signal ${rsp} CommandId="${escapeAttribute(commandId)}"><rsp:Code>${ns.shell}/signal/${name}</rsp:Code></rsp:Signal>`;
}

/** The ShellId out of a CreateResponse, exactly as the target wrote it. Throws ProtocolError where there is none. */
export function readShellId(body: XmlElement | null): string {
  const reference = body === null ? undefined : isEpr(body) ? body : body.children.find(isEpr);
  const selectors = reference === undefined ? [] : readEpr(reference).selectors;
  const selector = selectors.find(([name]) => name.toLowerCase() === 'shellid')?.[1];
  const shellId = typeof selector === 'string' ? selector : body && childText(body, 'ShellId', ns.shell);
  if (!shellId) throw new ProtocolError('The answer to Create names no shell.');
  return shellId;
}

/** The CommandId out of a CommandResponse. Throws ProtocolError where there is none. */
export function readCommandId(body: XmlElement | null): string {
  const commandId = body === null ? null : childText(body, 'CommandId', ns.shell);
  if (!commandId) throw new ProtocolError('The answer to Command names no command.');
  return commandId;
}

export interface OutputChunk {
  readonly stream: StreamName;
  readonly bytes: Uint8Array;
}

export interface Received {
  readonly chunks: readonly OutputChunk[];
  /** `Done` is the only end. `Pending` means that the end is near, not that somebody waits for input. */
  readonly state: 'Running' | 'Pending' | 'Done';
  /** Signed 32 bit, only with Done; null where the target names none, which is an error of its own. */
  readonly exitCode: number | null;
}

/** A ReceiveResponse, as far as it is about this command. Throws ProtocolError where it is none. */
export function readReceived(body: XmlElement | null, commandId: string): Received {
  if (body?.local !== 'ReceiveResponse' || body.namespace !== ns.shell) {
    throw new ProtocolError('The answer to Receive is no ReceiveResponse.');
  }
  const isOurs = (part: XmlElement): boolean => {
    const id = attribute(part, 'CommandId');
    return id === null || id.toLowerCase() === commandId.toLowerCase();
  };
  const chunks: OutputChunk[] = [];
  for (const stream of childrenOf(body, 'Stream', ns.shell)) {
    const name = attribute(stream, 'Name')?.toLowerCase();
    if (!isOurs(stream) || (name !== 'stdout' && name !== 'stderr')) continue;
    const bytes = Buffer.from(stream.text, 'base64');
    if (bytes.length > 0) chunks.push({ stream: name, bytes });
  }
  const state = childrenOf(body, 'CommandState', ns.shell).find(isOurs);
  const uri = (state && attribute(state, 'State')) ?? '';
  const name = uri.slice(uri.lastIndexOf('/') + 1).toLowerCase();
  if (name !== 'done') return { chunks, state: name === 'pending' ? 'Pending' : 'Running', exitCode: null };
  const code = child(state!, 'ExitCode', ns.shell)?.text.trim() ?? '';
  return { chunks, state: 'Done', exitCode: /^-?\d{1,10}$/.test(code) ? Number(code) | 0 : null };
}
