import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { entryOf, numberOf, propertyOf, textOf } from '../../wsman/psrp/clixml-plain.ts';
import { createNtlmClient, faultCode } from '../lab-test-client.ts';
import { enumeration, requestMessage } from '../lab-test-messages.ts';
import { type Lab, type LabMachine, startLab } from '../start-lab.ts';
import {
  createMessageReader,
  createPipeline,
  createTestPool,
  fragmentOf,
  openTestPool,
  outputOf,
  type PoolOptions,
  powershellUri,
  sessionCapability,
  shellNamespace,
  signal,
  type TestPool,
} from './psrp-test-client.ts';

let lab: Lab;
let machine: LabMachine;
const pools: TestPool[] = [];

beforeAll(async () => {
  lab = await startLab({ machines: 1, pendingMs: 50, stacks: ['3.0'] });
  machine = lab.machines[0]!;
});
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});
afterAll(() => lab?.close());

async function open(options: PoolOptions = {}): Promise<TestPool> {
  const pool = await openTestPool(machine, options);
  pools.push(pool);
  await pool.receiveUntil('00021005');
  return pool;
}
const types = (messages: readonly { readonly type: string }[]): string[] => messages.map(({ type }) => type);
const terminate = `${shellNamespace}/signal/terminate`;

describe('a disconnected shell', () => {
  const disconnect = (more = ''): string => `<rsp:Disconnect xmlns:rsp="${shellNamespace}">${more}</rsp:Disconnect>`;

  test('keeps its pipeline, refuses what needs somebody, and is taken up again', async () => {
    const pool = await open();
    const id = await pool.start(createPipeline('1..5 | ForEach-Object { $_ }; Start-Sleep -Milliseconds 300; "end"'));
    expect((await pool.ask('Disconnect', disconnect())).status).toBe(200);
    expect((await pool.receive(id)).fault).toBe(2150859230);
    expect((await pool.ask('Reconnect', '')).status).toBe(200);
    // The shell is, its pipeline is not (MS-PSRP 3.1.5.3.18).
    expect((await pool.receive(id)).fault).toBe(2150859230);
    expect(outputOf(await pool.run(createPipeline('"beside"')))).toEqual(['beside']);
    const ofPipeline = `<rsp:Reconnect xmlns:rsp="${shellNamespace}" CommandId="${id}"/>`;
    expect((await pool.ask('Reconnect', ofPipeline)).status).toBe(200);
    expect(outputOf(await pool.receiveAll(id))).toEqual([1, 2, 3, 4, 5, 'end']);
    await signal(pool, id, terminate);
  });

  test('is found and connected to by another client, which gets what the pipeline has said', async () => {
    const pool = await open();
    const id = await pool.start(createPipeline('"kept"; Start-Sleep -Milliseconds 200; "too"'));
    await pool.ask('Disconnect', disconnect('<rsp:IdleTimeOut>PT600.000S</rsp:IdleTimeOut>'));

    const other = await createNtlmClient(machine);
    const listed = await other.send(
      requestMessage({
        action: `${enumeration}/Enumerate`,
        resourceUri: shellNamespace,
        body: '<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>100</w:MaxElements></n:Enumerate>',
      }),
    );
    expect(listed.text).toMatch(
      new RegExp(`<rsp:ShellId>${pool.shellId}</rsp:ShellId>.*<rsp:State>Disconnected</rsp:State>`),
    );
    const commands = await other.send(
      requestMessage({
        action: `${enumeration}/Enumerate`,
        resourceUri: `${shellNamespace}/Command`,
        body: `<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>100</w:MaxElements><w:Filter Dialect="http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"><w:SelectorSet><w:Selector Name="ShellId">${pool.shellId}</w:Selector></w:SelectorSet></w:Filter></n:Enumerate>`,
      }),
    );
    expect(commands.text).toContain(`<rsp:CommandId>${id}</rsp:CommandId>`);

    const connection = Buffer.concat([
      fragmentOf(1, '00010002', pool.shellId, null, sessionCapability),
      fragmentOf(2, '00010008', pool.shellId, null, '<S />'),
    ]).toString('base64');
    const again = createTestPool(other, powershellUri, pool.shellId, pool.shellId);
    const answer = await again.ask(
      'Connect',
      `<rsp:Connect xmlns:rsp="${shellNamespace}"><connectXml xmlns="http://schemas.microsoft.com/powershell">${connection}</connectXml></rsp:Connect>`,
    );
    const xml = /<connectResponseXml[^>]*>([^<]+)/.exec(answer.text)![1]!;
    expect(types(createMessageReader()(Buffer.from(xml, 'base64')))).toEqual(['00010002', '0002100B']);
    const [state, privateData] = await again.receiveUntil('00021009');
    expect(numberOf(propertyOf(state!.value, 'RunspaceState'))).toBe(2);
    const table = entryOf(propertyOf(privateData!.value, 'ApplicationPrivateData'), 'PSVersionTable');
    expect(textOf(entryOf(table, 'PSRemotingProtocolVersion'))).toBe('2.3');
    expect((await again.ask('Connect', `<rsp:Connect xmlns:rsp="${shellNamespace}" CommandId="${id}"/>`)).status).toBe(
      200,
    );
    expect(outputOf(await again.receiveAll(id))).toEqual(['kept', 'too']);
    await signal(again, id, terminate);
    other.close();
  });

  test('is reconnected by the session that has left it, and connected to by nobody while it has a client', async () => {
    const pool = await open();
    const session = randomUUID().toUpperCase();
    const ask = (operation: string, sessionId: string | null, body = '') =>
      pool.client.send(
        requestMessage({
          action: `${shellNamespace}/${operation}`,
          resourceUri: powershellUri,
          selectors: { ShellId: pool.shellId },
          headers: sessionId === null ? '' : `<p:SessionId s:mustUnderstand="false">uuid:${sessionId}</p:SessionId>`,
          body,
        }),
      );
    const packet = Buffer.concat([
      fragmentOf(1, '00010002', pool.shellId, null, sessionCapability),
      fragmentOf(2, '00010008', pool.shellId, null, '<S />'),
    ]).toString('base64');
    const connect = `<rsp:Connect xmlns:rsp="${shellNamespace}"><connectXml xmlns="http://schemas.microsoft.com/powershell">${packet}</connectXml></rsp:Connect>`;

    const refused = await ask('Connect', session, connect);
    expect(faultCode(refused)).toBe(2150859213);
    expect(refused.text).toContain('w:InternalError');
    expect(faultCode(await ask('Reconnect', session))).toBe(2150859213);
    expect((await ask('Reconnect', null)).status).toBe(200);

    await ask('Disconnect', null, disconnect());
    expect(faultCode(await ask('Reconnect', session))).toBe(2150859206);
    expect((await ask('Connect', session, connect)).status).toBe(200);
    expect((await ask('Reconnect', session)).status).toBe(200);
    const other = randomUUID().toUpperCase();
    const receive = `<rsp:Receive xmlns:rsp="${shellNamespace}"><rsp:DesiredStream>stdout</rsp:DesiredStream></rsp:Receive>`;
    expect(faultCode(await ask('Receive', other, receive))).toBe(2150859213);
    expect(faultCode(await ask('Disconnect', other, disconnect()))).toBe(2150859213);
    expect((await ask('Receive', session, receive)).status).toBe(200);
    await ask('Disconnect', session, disconnect());
    expect(faultCode(await ask('Reconnect', null))).toBe(2150859206);
    expect((await ask('Reconnect', session)).status).toBe(200);
  });

  test('ends a Receive that waits', async () => {
    const pool = await open();
    const id = await pool.start(createPipeline('Start-Sleep 600'));
    const waiting = pool.receive(id, { timeout: 'PT30S' });
    const second = await createNtlmClient(machine);
    const beside = createTestPool(second, powershellUri, pool.shellId, pool.shellId);
    await beside.ask('Disconnect', disconnect());
    expect((await waiting).fault).toBe(2150859230);
    second.close();
  });
});
