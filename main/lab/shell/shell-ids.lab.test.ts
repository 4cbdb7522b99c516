/** Ids of shells and commands that the client chooses (MS-WSMV 2.2.4.7, 2.2.4.37). Requests by hand. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNtlmClient, faultCode, type SoapAnswer, type SoapClient } from '../lab-test-client.ts';
import { requestMessage, transfer } from '../lab-test-messages.ts';
import { type Lab, startLab } from '../start-lab.ts';

const shell = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell';
const shellId = '11111111-2222-3333-4444-55555555ABCD';
const commandId = '66666666-7777-8888-9999-00000000ABCD';

let lab: Lab;
let client: SoapClient;
let old: SoapClient;

beforeAll(async () => {
  lab = await startLab({ machines: 2, pendingMs: 50, stacks: ['3.0', '2.0'] });
  client = await createNtlmClient(lab.machines[0]!);
  old = await createNtlmClient(lab.machines[1]!);
});
afterAll(async () => {
  client?.close();
  old?.close();
  await lab?.close();
});

const ask = (of: SoapClient, action: string, body: string, id?: string): Promise<SoapAnswer> =>
  of.send(
    requestMessage({
      action,
      resourceUri: `${shell}/cmd`,
      ...(id === undefined ? {} : { selectors: { ShellId: id } }),
      body,
    }),
  );
const create = (of: SoapClient, id: string): Promise<SoapAnswer> =>
  ask(
    of,
    `${transfer}/Create`,
    `<rsp:Shell xmlns:rsp="${shell}" ShellId="${id}"><rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>`,
  );
const run = (of: SoapClient, id: string, ofCommand: string): Promise<SoapAnswer> =>
  ask(
    of,
    `${shell}/Command`,
    `<rsp:CommandLine xmlns:rsp="${shell}" CommandId="${ofCommand}"><rsp:Command>hostname</rsp:Command></rsp:CommandLine>`,
    id,
  );
const idIn = (answer: SoapAnswer, name: string): string | undefined =>
  new RegExp(`<rsp:${name}>([^<]+)`).exec(answer.text)?.[1];

describe('an id of the client', () => {
  test('is that of the shell and of the command, each only once', async () => {
    expect(idIn(await create(client, shellId.toLowerCase()), 'ShellId')).toBe(shellId);
    expect(faultCode(await create(client, shellId))).toBe(2150859223);
    expect(idIn(await run(client, shellId, commandId), 'CommandId')).toBe(commandId);
    expect(faultCode(await run(client, shellId, commandId))).toBe(2150859222);
    expect((await ask(client, `${transfer}/Delete`, '', shellId)).status).toBe(200);
    expect(idIn(await create(client, shellId), 'ShellId')).toBe(shellId);
    expect((await ask(client, `${transfer}/Delete`, '', shellId)).status).toBe(200);
  });

  test('is a GUID', async () => {
    expect(faultCode(await create(client, 'mine'))).toBe(2150859221);
    const own = idIn(await create(client, shellId), 'ShellId')!;
    expect(faultCode(await run(client, own, 'mine'))).toBe(2150859220);
    await ask(client, `${transfer}/Delete`, '', own);
  });

  test('means nothing to Windows Server 2008 R2, which chooses', async () => {
    const own = idIn(await create(old, shellId), 'ShellId')!;
    expect(own).toMatch(/^[0-9A-F-]{36}$/);
    expect(own).not.toBe(shellId);
    const command = idIn(await run(old, own, commandId), 'CommandId')!;
    expect(command).toMatch(/^[0-9A-F-]{36}$/);
    expect(command).not.toBe(commandId);
    await ask(old, `${transfer}/Delete`, '', own);
  });
});
