/** A target that says of a pipeline what it must not: whoever reads it is told, the target is told to forget it, and the session goes on. */
import { expect, test } from 'vitest';
import { createClient } from '../client.ts';
import { readRequest } from '../envelope.ts';
import { ProtocolError } from '../errors.ts';
import { ns } from '../namespaces.ts';
import { clearTarget, closing, SOAP } from '../transport/loopback-client.ts';
import { reply, startServer } from '../transport/loopback-server.ts';
import { attribute, descend, parseXml } from '../xml.ts';
import { serializeClixml } from './clixml.ts';
import { type PsValue, psEnum, psObject } from './clixml-types.ts';
import { encodeFragment, splitMessage } from './fragment.ts';
import { arrayList } from './host-messages.ts';
import { encodeMessage, type MessageType, nilGuid } from './message.ts';
import { runspacePoolStateValue, sessionCapability, sessionCapabilityValue } from './messages.ts';
import type { PipelineRecord } from './pipeline.ts';
import { pipelineStateValue } from './pipeline-messages.ts';
import { SessionLostError } from './psrp-errors.ts';
import { errorRecordValue } from './record-values.ts';
import { openRunspacePool, type RunspacePool } from './runspace-pool.ts';

let objectId = 1n;
const packet = (type: MessageType, value: PsValue, data = serializeClixml(value)): Uint8Array => {
  const message = { destination: 'client', type, runspacePoolId: nilGuid, pipelineId: null, data } as const;
  return Buffer.concat(splitMessage(objectId++, encodeMessage(message), 500_000));
};
const completed = (): Uint8Array => packet('PIPELINE_STATE', pipelineStateValue({ state: 'Completed', error: null }));

type Answer = { readonly packets: readonly Uint8Array[]; readonly isDone?: boolean };

/** A session whose pipelines are told `answers`, one per Receive, each pipeline the next list. */
async function session(...pipelines: Answer[][]) {
  const terminated: string[] = [];
  let receives = 0;
  /** Answers the Receive of the pool that waits. */
  let waiting: ((packets: readonly Uint8Array[]) => void) | null = null;
  const tellPool = (packets: readonly Uint8Array[]): void => {
    if (waiting === null) pool.push(...packets);
    else waiting(packets);
    waiting = null;
  };
  const capability = sessionCapabilityValue(sessionCapability('2.3'));
  const pool: Uint8Array[] = [
    packet('SESSION_CAPABILITY', capability),
    packet('RUNSPACEPOOL_STATE', runspacePoolStateValue({ state: 'Opened', error: null })),
  ];
  const running = new Map<string, Answer[]>();
  const server = await startServer(({ socket, body }) => {
    const asked = readRequest(parseXml(body));
    const command = [asked.body, asked.body?.children[0]]
      .map((element) => (element ? attribute(element, 'CommandId') : null))
      .find((id) => id !== null);
    const verb = (asked.action ?? '').split('/').at(-1)!;
    const send = (inner: string): void => {
      const action = `<a:Action>${asked.action}Response</a:Action><a:RelatesTo>${asked.messageId}</a:RelatesTo>`;
      const text = `<s:Envelope xmlns:s="${ns.soap}" xmlns:a="${ns.addressing}" xmlns:rsp="${ns.shell}"><s:Header>${action}</s:Header><s:Body>${inner}</s:Body></s:Envelope>`;
      socket.write(reply('200 OK', [`Content-Type: ${SOAP}`], text));
    };
    const streams = (packets: readonly Uint8Array[], id: string): string =>
      packets.map((p) => `<rsp:Stream Name="stdout"${id}>${Buffer.from(p).toString('base64')}</rsp:Stream>`).join('');
    if (verb === 'Create') {
      send(`<rsp:Shell><rsp:ShellId>${attribute(asked.body!, 'ShellId')}</rsp:ShellId></rsp:Shell>`);
    } else if (verb === 'Command') {
      running.set(command!, pipelines.shift()!);
      send(`<rsp:CommandResponse><rsp:CommandId>${command}</rsp:CommandId></rsp:CommandResponse>`);
    } else if (verb === 'Receive' && command === undefined) {
      const answer = (packets: readonly Uint8Array[]): void =>
        send(`<rsp:ReceiveResponse>${streams(packets, '')}</rsp:ReceiveResponse>`);
      const packets = pool.splice(0);
      if (packets.length > 0) answer(packets);
      else waiting = answer;
    } else if (verb === 'Receive') {
      receives++;
      const { packets, isDone } = running.get(command!)!.shift() ?? { packets: [] };
      const id = ` CommandId="${command}"`;
      const done = isDone ? `<rsp:CommandState${id} State="${ns.shell}/CommandState/Done"/>` : '';
      send(`<rsp:ReceiveResponse>${streams(packets, id)}${done}</rsp:ReceiveResponse>`);
    } else {
      if (verb === 'Signal' && /terminate$/.test(descend(asked.body!, 'Code')?.text ?? '')) terminated.push(command!);
      send('');
    }
  });
  closing.push(server.close);
  const client = createClient(clearTarget(server.port));
  closing.push(() => client.close());
  const opened = await openRunspacePool(client, { maxEnvelopeSize: 153_600 });
  closing.push(() => opened.close());
  return { pool: opened, terminated, receives: () => receives, tellPool };
}

async function read(pool: RunspacePool): Promise<{ records: PipelineRecord[]; error: unknown; id: string }> {
  const pipeline = await pool.run('whatever');
  const records: PipelineRecord[] = [];
  try {
    for await (const record of pipeline.streams) records.push(record);
    return { records, error: null, id: pipeline.id };
  } catch (error) {
    await expect(pipeline.end).rejects.toBe(error);
    return { records, error, id: pipeline.id };
  }
}

const half = (): Uint8Array =>
  encodeFragment({ objectId: objectId++, fragmentId: 0n, isStart: true, isEnd: false, blob: new Uint8Array(10) });
const hostCall = (method: PsValue): PsValue =>
  psObject({
    extended: [
      { name: 'ci', value: 1n },
      { name: 'mi', value: method },
      { name: 'mp', value: arrayList([]) },
    ],
  });

const hostile: readonly (readonly [name: string, answers: () => Answer[], words: RegExp])[] = [
  ['octets that are no fragment', () => [{ packets: [Buffer.from('no fragment at all, just text')] }], /PSRP/],
  ['a rest without a start', () => [{ packets: [Buffer.concat([half(), half()]).subarray(3)] }], /PSRP/],
  ['a message for pools', () => [{ packets: [packet('RUNSPACEPOOL_STATE', null)] }], /not for pipelines/],
  ['a message of clients', () => [{ packets: [packet('CREATE_PIPELINE', null)] }], /not for pipelines/],
  ['an end that says nothing', () => [{ packets: [], isDone: true }], /without saying how/],
  ['an end in the middle of a message', () => [{ packets: [half()], isDone: true }], /without saying how/],
  ['a state that nobody knows', () => [{ packets: [packet('PIPELINE_STATE', stateOf(77))] }], /unknown state 77/],
  ['CLIXML that is none', () => [{ packets: [packet('PIPELINE_OUTPUT', null, '<Obj RefId="0"><MS><I32>')] }], /./],
  [
    'a document type',
    () => [{ packets: [packet('PIPELINE_OUTPUT', null, '<!DOCTYPE S [<!ENTITY a "b">]><S>&a;</S>')] }],
    /./,
  ],
  [
    'a host call of no known method',
    () => [{ packets: [packet('PIPELINE_HOST_CALL', hostCall(psEnum('M', 'Format', 99)))] }],
    /unknown method 99/,
  ],
];
const stateOf = (state: number): PsValue => psObject({ extended: [{ name: 'PipelineState', value: state }] });

test.each(hostile)('%s', async (_, answers, words) => {
  const { pool, terminated } = await session(answers(), [
    { packets: [packet('PIPELINE_OUTPUT', 'fine'), completed()] },
  ]);
  const { error, id } = await read(pool);
  expect(error).toBeInstanceOf(ProtocolError);
  expect((error as Error).message).toMatch(words);
  expect(pool.state()).toBe('Opened');
  expect((await read(pool)).records).toEqual([{ stream: 'output', value: 'fine' }]);
  await expect.poll(() => terminated).toContain(id);
});

test('what comes behind the end is not read', async () => {
  const late = packet('PIPELINE_OUTPUT', 'late');
  const { pool } = await session([{ packets: [packet('PIPELINE_OUTPUT', 'in time'), completed(), late] }]);
  expect((await read(pool)).records).toEqual([{ stream: 'output', value: 'in time' }]);
});

test('answers without news are not taken for an end', async () => {
  const { pool, receives } = await session([{ packets: [] }, { packets: [] }, { packets: [completed()] }]);
  expect((await read(pool)).records).toEqual([]);
  expect(receives()).toBe(3);
});

test('a pool that is told what is not for pools breaks, and all that runs in it', async () => {
  const { pool, tellPool } = await session([{ packets: [packet('PIPELINE_OUTPUT', 1)] }]);
  const pipeline = await pool.run('x');
  const streams = pipeline.streams[Symbol.asyncIterator]();
  expect(await streams.next()).toMatchObject({ value: { stream: 'output', value: 1 } });
  tellPool([packet('PIPELINE_OUTPUT', 2)]);
  await expect(pipeline.end).rejects.toThrow(/not for pools/);
  await expect(streams.next()).rejects.toThrow(/not for pools/);
  expect(pool.state()).toBe('Broken');
  await expect(pool.run('y')).rejects.toThrow(/not for pools/);
});

test('a pool that PowerShell breaks says why', async () => {
  const { pool, tellPool } = await session();
  const error = errorRecordValue({ message: 'Out of memory.', fullyQualifiedErrorId: 'RemoteRunspaceStateInfoReason' });
  tellPool([packet('RUNSPACEPOOL_STATE', runspacePoolStateValue({ state: 'Broken', error }))]);
  await expect.poll(() => pool.state()).toBe('Broken');
  const failure = await pool.run('y').catch((reason: unknown) => reason);
  expect(failure).toBeInstanceOf(SessionLostError);
  expect(failure).toMatchObject({ reason: 'broken', message: expect.stringContaining('Out of memory.') as string });
});
