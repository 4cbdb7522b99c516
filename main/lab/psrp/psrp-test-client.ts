/** PSRP by hand for tests of the lab: envelopes and fragments written out here, so that they do not depend on what our client writes. */
import { randomUUID } from 'node:crypto';
import { deserializeClixml } from '../../wsman/psrp/clixml.ts';
import { numberOf, propertyOf } from '../../wsman/psrp/clixml-plain.ts';
import type { PsValue } from '../../wsman/psrp/clixml-types.ts';
import {
  createBasicClient,
  createNtlmClient,
  faultCode,
  type SoapAnswer,
  type SoapClient,
} from '../lab-test-client.ts';
import { requestMessage, transfer } from '../lab-test-messages.ts';
import type { LabMachine } from '../start-lab.ts';

export const shellNamespace = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell';
export const powershellUri = 'http://schemas.microsoft.com/powershell/Microsoft.PowerShell';

export interface TestMessage {
  /** Eight hexadecimal digits in capitals. */
  readonly type: string;
  readonly data: string;
  readonly value: PsValue;
}

export interface TestPool {
  readonly client: SoapClient;
  readonly shellId: string;
  /** Sends one operation on the shell and gives the answer, whatever it is. */
  ask(operation: string, body: string, options?: { timeout?: string; size?: number }): Promise<SoapAnswer>;
  /** Messages of one Receive; none where there was nothing in time. */
  receive(
    pipelineId?: string | null,
    options?: { timeout?: string; size?: number },
  ): Promise<{ messages: TestMessage[]; isDone: boolean; fault: number | null }>;
  /** Everything of a pipeline until it is done. */
  receiveAll(pipelineId: string): Promise<TestMessage[]>;
  /** Receives until a message of this type has come. */
  receiveUntil(type: string, pipelineId?: string | null): Promise<TestMessage[]>;
  send(type: string, data: string, pipelineId?: string | null, stream?: string): Promise<SoapAnswer>;
  /** Starts a pipeline; gives its id. */
  start(createPipeline: string, pipelineId?: string): Promise<string>;
  run(createPipeline: string): Promise<TestMessage[]>;
  close(): Promise<void>;
}

/** A fragment with a whole message in it (MS-PSRP 2.2.1, 2.2.4). */
export function fragmentOf(
  objectId: number,
  type: string,
  runspacePoolId: string,
  pipelineId: string | null,
  data: string,
): Buffer {
  const guid = (text: string): Buffer => {
    const b = Buffer.from(text.replaceAll('-', ''), 'hex');
    return Buffer.concat([
      b.subarray(0, 4).reverse(),
      b.subarray(4, 6).reverse(),
      b.subarray(6, 8).reverse(),
      b.subarray(8),
    ]);
  };
  const text = Buffer.from(data);
  const message = Buffer.alloc(8);
  message.writeUInt32LE(2, 0);
  message.writeUInt32LE(Number.parseInt(type, 16), 4);
  const blob = Buffer.concat([
    message,
    guid(runspacePoolId),
    guid(pipelineId ?? '00000000-0000-0000-0000-000000000000'),
    text,
  ]);
  const head = Buffer.alloc(21);
  head.writeBigUInt64BE(BigInt(objectId), 0);
  head.writeUInt8(3, 16);
  head.writeUInt32BE(blob.length, 17);
  return Buffer.concat([head, blob]);
}

/** Puts the messages of several packets together again. */
export function createMessageReader(): (packet: Buffer) => TestMessage[] {
  const open = new Map<bigint, Buffer[]>();
  return (packet) => {
    const messages: TestMessage[] = [];
    for (let at = 0; at < packet.length; ) {
      const objectId = packet.readBigUInt64BE(at);
      const flags = packet.readUInt8(at + 16);
      const length = packet.readUInt32BE(at + 17);
      const blobs = flags & 1 ? [] : open.get(objectId);
      if (blobs === undefined) throw new Error('A fragment of a message that has not begun.');
      blobs.push(packet.subarray(at + 21, at + 21 + length));
      open.set(objectId, blobs);
      at += 21 + length;
      if (!(flags & 2)) continue;
      open.delete(objectId);
      const whole = Buffer.concat(blobs);
      const data = whole
        .subarray(40)
        .toString('utf8')
        .replace(/^\ufeff/, '');
      const type = whole.readUInt32LE(4).toString(16).toUpperCase().padStart(8, '0');
      messages.push({ type, data, value: data === '' ? null : deserializeClixml(data) });
    }
    return messages;
  };
}

export const sessionCapability =
  '<Obj RefId="0"><MS><Version N="protocolversion">2.3</Version><Version N="PSVersion">2.0</Version><Version N="SerializationVersion">1.1.0.1</Version></MS></Obj>';
const noHost =
  '<MS><B N="_isHostNull">true</B><B N="_isHostUINull">true</B><B N="_isHostRawUINull">true</B><B N="_useRunspaceHost">true</B></MS>';
const someHost =
  '<MS><B N="_isHostNull">false</B><B N="_isHostUINull">false</B><B N="_isHostRawUINull">false</B><B N="_useRunspaceHost">false</B>' +
  // Of the window only its buffer: 50 cells.
  '<Obj N="_hostDefaultData" RefId="10"><MS><Obj N="data" RefId="11"><DCT><En><I32 N="Key">5</I32><Obj N="Value" RefId="12"><MS>' +
  '<S N="T">System.Management.Automation.Host.Size</S><Obj N="V" RefId="13"><MS><I32 N="width">50</I32><I32 N="height">30</I32></MS></Obj>' +
  '</MS></Obj></En></DCT></Obj></MS></Obj></MS>';

export const initRunspacePool = (maxRunspaces = 1, hasHost = false): string =>
  `<Obj RefId="0"><MS><I32 N="MinRunspaces">1</I32><I32 N="MaxRunspaces">${maxRunspaces}</I32><Obj N="HostInfo" RefId="3">${hasHost ? someHost : noHost}</Obj><Nil N="ApplicationArguments" /></MS></Obj>`;

/** CREATE_PIPELINE with one script, or one command, and what is needed of the rest. */
export function createPipeline(script: string, options: { input?: boolean; isScript?: boolean } = {}): string {
  const text = script.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\n', '_x000A_');
  return (
    `<Obj RefId="0"><MS><B N="NoInput">${!options.input}</B><B N="AddToHistory">false</B><Obj N="HostInfo" RefId="1">${noHost}</Obj>` +
    '<Obj N="PowerShell" RefId="2"><MS><B N="IsNested">false</B><Nil N="ExtraCmds" /><Obj N="Cmds" RefId="3"><LST>' +
    `<Obj RefId="4"><MS><S N="Cmd">${text}</S><B N="IsScript">${options.isScript ?? true}</B><Nil N="UseLocalScope" /><Obj N="Args" RefId="5"><LST /></Obj></MS></Obj>` +
    '</LST></Obj><Nil N="History" /><B N="RedirectShellErrorOutputPipe">false</B></MS></Obj><B N="IsNested">false</B></MS></Obj>'
  );
}

export interface PoolOptions {
  readonly maxRunspaces?: number;
  readonly hasHost?: boolean;
  readonly resourceUri?: string;
  readonly protocolVersion?: string;
  readonly idleTimeout?: string;
  readonly init?: string;
}

/** Opens a pool; throws with the code of the fault where the machine refuses. */
export async function openTestPool(machine: LabMachine, options: PoolOptions = {}): Promise<TestPool> {
  const client = machine.transport === 'https' ? createBasicClient(machine) : await createNtlmClient(machine);
  const resourceUri = options.resourceUri ?? powershellUri;
  const wanted = randomUUID().toUpperCase();
  const creation = Buffer.concat([
    fragmentOf(1, '00010002', wanted, null, sessionCapability),
    fragmentOf(2, '00010004', wanted, null, options.init ?? initRunspacePool(options.maxRunspaces, options.hasHost)),
  ]);
  const created = await client.send(
    requestMessage({
      action: `${transfer}/Create`,
      resourceUri,
      headers: `<w:OptionSet s:mustUnderstand="true"><w:Option Name="protocolversion" MustComply="true">${options.protocolVersion ?? '2.3'}</w:Option></w:OptionSet>`,
      body:
        `<rsp:Shell xmlns:rsp="${shellNamespace}" ShellId="${wanted}"><rsp:InputStreams>stdin pr</rsp:InputStreams><rsp:OutputStreams>stdout</rsp:OutputStreams>` +
        `${options.idleTimeout === undefined ? '' : `<rsp:IdleTimeOut>${options.idleTimeout}</rsp:IdleTimeOut>`}` +
        `<creationXml xmlns="http://schemas.microsoft.com/powershell">${creation.toString('base64')}</creationXml></rsp:Shell>`,
    }),
  );
  const shellId = /<rsp:ShellId>([^<]+)/.exec(created.text)?.[1];
  if (shellId === undefined) {
    client.close();
    throw new Error(`fault ${faultCode(created)}`);
  }
  return createTestPool(client, resourceUri, shellId, wanted);
}

/** Over a shell that is there already. */
export function createTestPool(client: SoapClient, resourceUri: string, shellId: string, poolId: string): TestPool {
  let objectId = 2;
  const readers = new Map<string, (packet: Buffer) => TestMessage[]>();
  const ask: TestPool['ask'] = (operation, body, { timeout, size } = {}) =>
    client.send(
      requestMessage({
        action: operation === 'Delete' ? `${transfer}/Delete` : `${shellNamespace}/${operation}`,
        resourceUri,
        selectors: { ShellId: shellId },
        body,
        ...(timeout === undefined ? {} : { operationTimeout: timeout }),
        ...(size === undefined ? {} : { maxEnvelopeSize: size }),
      }),
    );
  const pool: TestPool = {
    client,
    shellId,
    ask,
    async receive(pipelineId = null, options = {}) {
      const of = pipelineId === null ? '' : ` CommandId="${pipelineId}"`;
      const body = `<rsp:Receive xmlns:rsp="${shellNamespace}"><rsp:DesiredStream${of}>stdout</rsp:DesiredStream></rsp:Receive>`;
      const answer = await ask('Receive', body, { timeout: 'PT10.000S', ...options });
      const fault = faultCode(answer);
      const reader = readers.get(pipelineId ?? '') ?? createMessageReader();
      readers.set(pipelineId ?? '', reader);
      const messages: TestMessage[] = [];
      for (const [, , text] of answer.text.matchAll(/<rsp:Stream Name="stdout"( CommandId="[^"]*")?>([^<]*)</g)) {
        messages.push(...reader(Buffer.from(text!, 'base64')));
      }
      return { messages, isDone: answer.text.includes('/CommandState/Done'), fault };
    },
    async receiveAll(pipelineId) {
      const all: TestMessage[] = [];
      for (let turn = 0; turn < 2000; turn++) {
        const { messages, isDone, fault } = await pool.receive(pipelineId);
        if (fault !== null && fault !== 2150858793) throw new Error(`fault ${fault}`);
        all.push(...messages);
        if (isDone) return all;
      }
      throw new Error('The pipeline does not end.');
    },
    async receiveUntil(type, pipelineId = null) {
      const all: TestMessage[] = [];
      for (let turn = 0; turn < 50; turn++) {
        const { messages, fault } = await pool.receive(pipelineId);
        if (fault !== null && fault !== 2150858793) throw new Error(`fault ${fault}`);
        all.push(...messages);
        if (messages.some((message) => message.type === type)) return all;
      }
      throw new Error(`No message ${type} has come.`);
    },
    send(type, data, pipelineId = null, stream = 'stdin') {
      const packet = fragmentOf(++objectId, type, poolId, pipelineId, data).toString('base64');
      const of = pipelineId === null ? '' : ` CommandId="${pipelineId}"`;
      return ask(
        'Send',
        `<rsp:Send xmlns:rsp="${shellNamespace}"><rsp:Stream Name="${stream}"${of}>${packet}</rsp:Stream></rsp:Send>`,
      );
    },
    async start(data, pipelineId = randomUUID().toUpperCase()) {
      const packet = fragmentOf(++objectId, '00021006', poolId, pipelineId, data).toString('base64');
      const answer = await ask(
        'Command',
        `<rsp:CommandLine xmlns:rsp="${shellNamespace}" CommandId="${pipelineId}"><rsp:Command/><rsp:Arguments>${packet}</rsp:Arguments></rsp:CommandLine>`,
      );
      if (answer.status !== 200) throw new Error(`fault ${faultCode(answer)}`);
      return pipelineId;
    },
    async run(data) {
      const pipelineId = await pool.start(data);
      const messages = await pool.receiveAll(pipelineId);
      await signal(pool, pipelineId, `${shellNamespace}/signal/terminate`);
      return messages;
    },
    async close() {
      await ask('Delete', '');
      client.close();
    },
  };
  return pool;
}

export const signal = (pool: TestPool, pipelineId: string, code: string): Promise<SoapAnswer> =>
  pool.ask(
    'Signal',
    `<rsp:Signal xmlns:rsp="${shellNamespace}" CommandId="${pipelineId}"><rsp:Code>${code}</rsp:Code></rsp:Signal>`,
  );

/** PipelineState of the last message. */
export const endState = (messages: readonly TestMessage[]): number | null =>
  numberOf(propertyOf(messages.at(-1)?.value, 'PipelineState'));
export const outputOf = (messages: readonly TestMessage[]): PsValue[] =>
  messages.filter(({ type }) => type === '00041004').map(({ value }) => value);
