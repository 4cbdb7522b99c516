import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { MachineSettings } from '../../shared/contract/machines.ts';
import {
  labSettings,
  newDataFolder,
  passwordSet,
  problemOf,
  startTestConsole,
  type TestConsole,
  type TestStep,
  testOf,
  typedPassword,
} from '../console-fixture.ts';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';
import { makeCertificate } from '../wsman/auth/test-certificates.ts';
import { type LoopbackServer, reply, type SeenRequest, startServer } from '../wsman/transport/loopback-server.ts';

/** Servers that do not tell strangers who they are. Anonymous Identify is the only request that has the header WSMANIDENTIFY. */

let lab: Lab;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let it: TestConsole;
const servers: LoopbackServer[] = [];
beforeAll(async () => {
  lab = await startLab({ machines: 1 });
});
afterAll(() => lab?.close());
beforeEach(async () => {
  folder = await newDataFolder();
  it = await startTestConsole(folder.path);
});
afterEach(async () => {
  await it.close();
  await folder.remove();
  for (const server of servers.splice(0)) await server.close();
});

const isAnonymous = (request: SeenRequest) => request.header('wsmanidentify') !== undefined;
const anonymousCount = (server: LoopbackServer) => server.requests.filter(isAnonymous).length;

/** In front of a machine of the lab: anonymous Identify meets `answer`, everything else goes through, sealed as it is. */
async function startFront(machine: LabMachine, answer: (socket: Socket) => void): Promise<LoopbackServer> {
  const upstreams = new WeakMap<Socket, Socket>();
  const server = await startServer((request) => {
    const { socket, head, body } = request;
    if (isAnonymous(request)) {
      answer(socket);
      return;
    }
    let upstream = upstreams.get(socket);
    if (upstream === undefined) {
      const opened = connect(machine.port, machine.address);
      upstream = opened;
      upstreams.set(socket, opened);
      opened.on('data', (chunk) => socket.write(chunk)).on('error', () => socket.destroy());
      opened.on('close', () => socket.destroy());
      socket.on('close', () => opened.destroy());
    }
    upstream.write(Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), body]));
  });
  servers.push(server);
  return server;
}

const mute = () => {};
const misdeeds: readonly (readonly [name: string, answer: (socket: Socket) => void])[] = [
  ['no answer at all, the socket stays open', mute],
  ['the socket is closed', (socket) => socket.destroy()],
  ['401', (socket) => socket.write(reply('401 ', ['WWW-Authenticate: Negotiate']))],
  ['404', (socket) => socket.write(reply('404 Not Found', ['Content-Type: text/html'], '<html>not here</html>'))],
  ['an empty 500', (socket) => socket.write(reply('500 Internal Server Error'))],
];

async function add(server: LoopbackServer, change: Partial<MachineSettings> = {}, userName?: string): Promise<string> {
  const [machine] = lab.machines as [LabMachine];
  const credential = await it.client.credentials.save(passwordSet(userName ?? machine.user, machine.password));
  const settings = labSettings({ ...machine, port: server.port }, { credentialId: credential.id, ...change });
  return (await it.client.machines.add(settings)).id;
}

test.each(misdeeds)('anonymous Identify meets: %s. The machine is online all the same', async (_, answer) => {
  const [machine] = lab.machines as [LabMachine];
  const server = await startFront(machine, answer);
  const id = await add(server);
  const online = await it.until(id, ({ state }) => state === 'online');
  // What a stranger is not told, whoever has signed in is.
  expect(online).toMatchObject({ problem: null, facts: { computerName: machine.name, stack: '3.0' } });
  expect(online.security?.mechanism).toBe('NTLM');
});

test('silence is waited for once: the next connection signs in at once', async () => {
  const [machine] = lab.machines as [LabMachine];
  const server = await startFront(machine, mute);
  const id = await add(server);
  await it.until(id, ({ state }) => state === 'online');
  expect(anonymousCount(server)).toBe(1);

  for (const socket of server.sockets) socket.destroy();
  await lab.misbehave(machine.name, { kind: 'refuse-connections' });
  expect((await problemOf(it.client.power.signedIn({ machineId: id }))).code).toBe('unreachable');
  await it.until(id, ({ state }) => state === 'unreachable');
  await lab.misbehave(machine.name, null);
  await expect
    .poll(
      async () => {
        await it.client.machines.refresh({ ids: [id] });
        return it.machines.get(id)?.state;
      },
      { timeout: 10_000 },
    )
    .toBe('online');
  expect(anonymousCount(server)).toBe(1);

  // Other settings may mean another server.
  await it.client.machines.update({
    id,
    settings: { ...it.machines.get(id)!.settings, allowClearText: true },
  });
  await expect.poll(() => anonymousCount(server), { timeout: 5000 }).toBe(2);
  await it.until(id, ({ state }) => state === 'online');
}, 40_000);

test('a machine that never answers anything is unreachable, within the limits of a sign-in', async () => {
  const server = await startServer(mute);
  servers.push(server);
  const id = await add(server);
  const gone = await it.until(id, ({ state }) => state === 'unreachable', 20_000);
  expect(gone.problem).toMatchObject({ code: 'timeout' });
  expect(gone.problem?.advice.length).toBeGreaterThan(0);
}, 30_000);

const outcomes = (steps: readonly TestStep[]) =>
  Object.fromEntries(steps.filter(({ outcome }) => outcome !== 'running').map(({ step, outcome }) => [step, outcome]));

test.each(misdeeds)('the Test button says so and goes on: %s', async (name, answer) => {
  const [machine] = lab.machines as [LabMachine];
  const server = await startFront(machine, answer);
  const { user: userName, password } = machine;
  const settings = labSettings({ ...machine, port: server.port });
  const steps = await testOf(it.client, { settings, credential: typedPassword(userName, password) });
  const silent = name.includes('socket');
  expect(outcomes(steps)).toMatchObject({
    tcp: 'passed',
    identify: silent ? 'skipped' : 'passed',
    'sign-in': 'passed',
    read: 'passed',
  });
  const seen = steps.find(({ step, outcome }) => step === 'identify' && outcome !== 'running')!.seen;
  expect(seen).toContain('before a sign-in');
});

const soap = (body: string) =>
  `<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" ` +
  `xmlns:wsman="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">` +
  `<SOAP-ENV:Header></SOAP-ENV:Header><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>`;

/** As OMI over HTTPS: Basic, silence without an Authorization header, its own Identify, and no class of Windows. */
async function startOmi(password: string, tls: { key: string; cert: string }): Promise<LoopbackServer> {
  const right = `Basic ${Buffer.from(`root:${password}`).toString('base64')}`;
  const server = await startServer(({ socket, header, body }) => {
    const authorization = header('authorization');
    if (authorization === undefined) return;
    if (authorization !== right) {
      socket.write(reply('401 ', ['WWW-Authenticate: Basic realm="WSMAN"', 'WWW-Authenticate: Negotiate']));
      return;
    }
    const type = ['Content-Type: application/soap+xml;charset=UTF-8'];
    if (body.includes('Identify>') || body.includes('Identify/>')) {
      const identity =
        '<SOAP-ENV:IdentifyResponse><wsmid:ProtocolVersion>\nhttp://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\n</wsmid:ProtocolVersion>' +
        '<wsmid:ProductVendor>\nOpen Management Infrastructure\n</wsmid:ProductVendor><wsmid:ProductVersion>\n1.0.8\n</wsmid:ProductVersion></SOAP-ENV:IdentifyResponse>';
      socket.write(reply('200 Success', type, soap(identity)));
      return;
    }
    const fault =
      '<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>\nSOAP-ENV:Sender\n</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>\nwsa:DestinationUnreachable\n' +
      '</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="">\nno such class\n</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>';
    socket.write(reply('500 Internal Server Error', type, soap(fault)));
  }, tls);
  servers.push(server);
  return server;
}

test('OMI: signs in with Basic over TLS, is online, and what it does not have is said instead of called a failure', async () => {
  const [machine] = lab.machines as [LabMachine];
  const { key, cert, der } = makeCertificate();
  const server = await startOmi(machine.password, { key, cert });
  const pin = Buffer.from(await crypto.subtle.digest('SHA-256', Uint8Array.from(der)))
    .toString('hex')
    .toUpperCase();
  const settings: Partial<MachineSettings> = { transport: 'https', signIn: 'basic', pin };
  const id = await add(server, settings, 'root');
  const online = await it.until(id, ({ state }) => state === 'online');
  expect(online.facts).toMatchObject({ stack: '1.0.8', computerName: null });
  expect(online.security).toMatchObject({ mechanism: 'Basic' });
  expect(online.problem).toMatchObject({ code: 'not-found', message: 'no such class' });
  expect(online.problem?.advice.length).toBeGreaterThan(0);
  const wrong = typedPassword('root', 'wrong');
  const steps = await testOf(it.client, {
    settings: labSettings({ ...machine, port: server.port, transport: 'https' }, settings),
    credential: wrong,
  });
  expect(outcomes(steps)).toMatchObject({ identify: 'skipped', 'sign-in': 'failed' });
});
