import net from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { unwrapMessage } from '../wsman/transport/message-encryption.ts';
import { createNtlmClient, createRawClient, faultCode, textIn } from './lab-test-client.ts';
import { identifyMessage, requestMessage, transfer, wmiUri } from './lab-test-messages.ts';
import { type Lab, type LabMachine, type Misbehaviour, startLab } from './start-lab.ts';

/** The lab does wrong exactly what it is told to, and is itself again afterwards. What a client makes of it is the client's test. */

let lab: Lab;
let machine: LabMachine;
beforeAll(async () => {
  lab = await startLab({ machines: 1, pendingMs: 50 });
  machine = lab.machines[0]!;
});
afterEach(() => lab.misbehave(machine.name, null));
afterAll(() => lab?.close());

const uri = wmiUri('Win32_Service');
const getWinrm = requestMessage({ action: `${transfer}/Get`, resourceUri: uri, selectors: { Name: 'WinRM' } });
const startWinrm = requestMessage({
  action: `${uri}/StartService`,
  resourceUri: uri,
  selectors: { Name: 'WinRM' },
  body: `<q:StartService_INPUT xmlns:q="${uri}"/>`,
});
const started = async (): Promise<number> =>
  (await lab.statistics(machine.name)).executed['Win32_Service.StartService'] ?? 0;

/** Authenticates while the machine still behaves, then makes it misbehave for one sealed message. */
async function provoke(misbehaviour: Misbehaviour, message = getWinrm) {
  const client = await createNtlmClient(machine);
  await lab.misbehave(machine.name, { times: 1, ...misbehaviour });
  try {
    const { context } = client;
    const { wrapMessage, SEALED_CONTENT_TYPE } = await import('../wsman/transport/message-encryption.ts');
    const answer = await client.raw.request({
      headers: { 'Content-Type': SEALED_CONTENT_TYPE },
      body: wrapMessage(context!, Buffer.from(message)),
    });
    return { ...answer, type: answer.headers['content-type'] ?? '', context: context! };
  } finally {
    client.close();
  }
}
async function behaves(): Promise<void> {
  const client = await createNtlmClient(machine);
  expect(textIn(await client.send(getWinrm), 'Name')).toBe('WinRM');
  client.close();
}
const unsealed = (answer: Awaited<ReturnType<typeof provoke>>): string =>
  Buffer.from(unwrapMessage(answer.context, answer.body).soap).toString();

it('drops before and after executing', async () => {
  const before = await started();
  await expect(provoke({ kind: 'drop-before' }, startWinrm)).rejects.toThrow();
  expect(await started()).toBe(before);
  await expect(provoke({ kind: 'drop-after' }, startWinrm)).rejects.toThrow();
  expect(await started()).toBe(before + 1);
  await behaves();
});

it('resets in the middle of a body', async () => {
  await expect(provoke({ kind: 'reset-mid-body' })).rejects.toThrow(/ECONNRESET|aborted|cut short|socket hang up/);
  await behaves();
});

it('lets a body drip, and waits', async () => {
  const slow = await provoke({ kind: 'drip', millisecondsPerByte: 0 });
  expect(unsealed(slow)).toContain('<p:Name>WinRM</p:Name>');
  const late = await provoke({ kind: 'latency', milliseconds: 30 });
  expect(unsealed(late)).toContain('<p:Name>WinRM</p:Name>');
});

it.each(['bad-signature', 'wrong-sequence', 'truncated-multipart'] as const)('%s: cannot be opened', async (kind) => {
  const answer = await provoke({ kind });
  expect([answer.status, answer.type.startsWith('multipart/encrypted')]).toEqual([200, true]);
  expect(() => unwrapMessage(answer.context, answer.body)).toThrow();
  await behaves();
});

it('answers in clear text inside a sealed session', async () => {
  const right = await provoke({ kind: 'unsealed' });
  expect([right.status, right.type]).toEqual([200, 'application/soap+xml;charset=UTF-8']);
  expect(right.body.toString()).toContain('<p:Name>WinRM</p:Name>');
  const fault = await provoke({ kind: 'unsealed-fault' });
  expect([fault.status, fault.type]).toEqual([500, 'application/soap+xml;charset=UTF-8']);
  expect(fault.body.toString()).toContain('Code="5"');
});

it.each([
  [{ kind: 'expired-context' }, 2150858779],
  [{ kind: 'quota' }, 2150859174],
  [{ kind: 'fault', code: 2150859046, text: 'made up' }, 2150859046],
] as const)('%o', async (misbehaviour, code) => {
  const answer = await provoke(misbehaviour);
  expect(answer.status).toBe(500);
  const text = unsealed(answer);
  expect(text).toContain(`Code="${code}"`);
  if ('text' in misbehaviour) expect(text).toContain('made up');
});

it('sends XML that is broken or hostile', async () => {
  expect(unsealed(await provoke({ kind: 'malformed-xml' }))).toMatch(/<unclosed & "$/);
  expect(unsealed(await provoke({ kind: 'hostile-xml', variant: 'dtd' }))).toContain('<!ENTITY l10');
  expect(unsealed(await provoke({ kind: 'hostile-xml', variant: 'proto' }))).toContain('<p:__proto__>');
  expect(unsealed(await provoke({ kind: 'hostile-xml', variant: 'deep' })).split('<p:d>')).toHaveLength(20_001);
  expect(unsealed(await provoke({ kind: 'hostile-xml', variant: 'huge-attribute' })).length).toBeGreaterThan(8_000_000);
  expect(unsealed(await provoke({ kind: 'hostile-xml', variant: 'many-attributes' }))).toContain(' a49999="1"');
});

it.each([
  [{ kind: 'proxy-html', status: 200 }, 200, 'text/html'],
  [{ kind: 'proxy-html', status: 407 }, 407, 'text/html'],
  [{ kind: 'proxy-html', status: 502 }, 502, 'text/html'],
  [{ kind: 'unavailable' }, 503, 'text/html'],
  [{ kind: 'empty-500' }, 500, ''],
  [{ kind: 'unauthorized' }, 401, ''],
] as const)('%o', async (misbehaviour, status, type) => {
  const answer = await provoke(misbehaviour);
  expect([answer.status, answer.type.split(';', 1)[0]]).toEqual([status, type]);
  if (status === 401) expect(answer.challenges).toContain('Negotiate');
  await behaves();
});

it('says nothing at all', async () => {
  await lab.misbehave(machine.name, { kind: 'silence' });
  const client = createRawClient(machine);
  const answer = client.request({
    headers: { 'Content-Type': 'application/soap+xml', WSMANIDENTIFY: 'unauthenticated' },
    body: identifyMessage,
  });
  const outcome = await Promise.race([
    answer.then(
      () => 'answered',
      () => 'ended',
    ),
    new Promise((resolve) => setTimeout(resolve, 300, 'silence')),
  ]);
  client.close();
  expect(outcome).toBe('silence');
});

it('refuses connections, and takes them again', async () => {
  await lab.misbehave(machine.name, { kind: 'refuse-connections' });
  const probe = (): Promise<string> =>
    new Promise((resolve) => {
      const socket = net.connect({ host: '127.0.0.1', port: machine.port }, () => {
        socket.destroy();
        resolve('open');
      });
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    });
  await expect.poll(probe, { timeout: 3000 }).toBe('ECONNREFUSED');
  await lab.misbehave(machine.name, null);
  await expect.poll(probe, { timeout: 3000 }).toBe('open');
  await behaves();
});

it('only for the action that is asked for, and as often', async () => {
  await lab.misbehave(machine.name, { kind: 'quota', action: 'startservice', times: 2 });
  const client = await createNtlmClient(machine);
  expect(textIn(await client.send(getWinrm), 'Name')).toBe('WinRM');
  const before = await started();
  expect(faultCode(await client.send(startWinrm))).toBe(2150859174);
  expect(textIn(await client.send(identifyMessage), 'ProductVendor')).toBe('Microsoft Corporation');
  expect(faultCode(await client.send(startWinrm))).toBe(2150859174);
  expect(textIn(await client.send(startWinrm), 'ReturnValue')).toBe('10');
  expect(await started()).toBe(before + 1);
  client.close();
  await expect(lab.misbehave('NO-SUCH', null)).rejects.toThrow('no machine NO-SUCH');
});
