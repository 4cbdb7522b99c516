/**
 * One operation = Get Win32_Service?Name=WinRM over a warm NTLM-sealed connection, the lab in its own process. Beside it, in turns of the
 * same run: pywinrm against the same machine, and a bare Node keep-alive POST of the same bytes with the same decode; that one twice,
 * to the same machine in clear text (so that the server's work is the same but for sealing) and to a server that does nothing at all.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createTraceRecorder } from '../../main/create-console.ts';
import { type LabMachine, startLab } from '../../main/lab/start-lab.ts';
import {
  child,
  createClient,
  decodeInstance,
  type Exchange,
  parseXml,
  type Target,
  type WSManClient,
  WSManFault,
  wmi,
} from '../../main/wsman/index.ts';
import { median, print } from './figure.ts';

const roundSeconds = 3;
const rounds = 5;
const schema = {
  Name: 'string',
  State: 'string',
  StartMode: 'string',
  ProcessId: 'uint32',
  Started: 'boolean',
} as const;
const resource = { resourceUri: wmi('Win32_Service'), selectors: [['Name', 'WinRM']] } as const;

interface Round {
  readonly operations: number;
  readonly seconds: number;
  readonly cpu: number;
}

async function timed(operation: () => Promise<void>): Promise<Round> {
  const began = performance.now();
  const before = process.cpuUsage();
  let operations = 0;
  while (performance.now() - began < roundSeconds * 1000) {
    await operation();
    operations += 1;
  }
  const { user, system } = process.cpuUsage(before);
  return { operations, seconds: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 };
}

const targetOf = (machine: LabMachine): Target => ({
  host: machine.address,
  port: machine.port,
  transport: 'http',
  path: '/wsman',
  authentication: 'negotiate',
  userName: machine.user,
  password: async () => machine.password,
  trusted: true,
  allowClearText: false,
  tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
});

/** The bare POST needs a machine that lets clear text in; on some of the lab's a Group Policy forbids it. */
async function firstThatAllowsClearText(machines: readonly LabMachine[]): Promise<LabMachine> {
  const service = 'http://schemas.microsoft.com/wbem/wsman/1/config/service';
  const change = `<cfg:Service xmlns:cfg="${service}"><cfg:AllowUnencrypted>true</cfg:AllowUnencrypted></cfg:Service>`;
  for (const machine of machines) {
    const administrator = createClient(targetOf(machine));
    const allowed = await administrator.put({ resourceUri: service }, change).then(
      () => true,
      (error) => {
        if (error instanceof WSManFault) return false;
        throw error;
      },
    );
    administrator.close();
    if (allowed) return machine;
  }
  throw new Error('no machine of the lab may be told to allow clear text');
}

const lab = await startLab({ machines: 8, seed: 7 });
const machine = await firstThatAllowsClearText(lab.machines);
const target = targetOf(machine);

async function getService(from: WSManClient): Promise<void> {
  const service = decodeInstance(await from.get(resource), schema);
  if (service.Name !== 'WinRM') throw new Error('not the service that was asked for');
}
// What goes over the wire is taken from a client that somebody listens to; the one that is measured has no listener.
const exchanges: Exchange[] = [];
const recorded = createClient(target, { onExchange: (exchange) => void exchanges.push(exchange) });
await getService(recorded);
recorded.close();
const client = createClient(target, { maxConnections: 1 });
const ours = (): Promise<void> => getService(client);
// The same with everything kept for Trace, as the console has it.
const recorder = createTraceRecorder();
recorder.secrets.learn(machine.password);
const traced = createClient(target, { maxConnections: 1, ...recorder.recordingOf('bench') });
const { request, response } = exchanges[0]!;
if (request === null || response === null) throw new Error('the exchange was not recorded');

// A server process of its own that answers those bytes, so that neither sealing nor a provider is part of it.
const folder = mkdtempSync(join(tmpdir(), 'windeck-bench-'));
const answerFile = join(folder, 'answer.xml');
writeFileSync(answerFile, response);
const bareServer = spawn(process.execPath, [new URL('bare-server.ts', import.meta.url).pathname, answerFile], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const barePort = Number((await once(createInterface(bareServer.stdout), 'line'))[0]);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const authorization = `Basic ${Buffer.from(`${machine.user}:${machine.password}`).toString('base64')}`;
const post = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = {
      'Content-Type': 'application/soap+xml;charset=UTF-8',
      'Content-Length': Buffer.byteLength(request),
      Authorization: authorization,
    };
    const sent = http.request(
      { host: '127.0.0.1', port, method: 'POST', path: '/wsman', agent, headers },
      (incoming) => {
        const parts: Buffer[] = [];
        incoming.on('data', (part: Buffer) => parts.push(part));
        incoming.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
      },
    );
    sent.on('error', reject);
    sent.end(request);
  });
const bare = async (port: number): Promise<void> => {
  const body = child(parseXml(await post(port)), 'Body')!;
  if (decodeInstance(body.children[0]!, schema).Name !== 'WinRM') throw new Error('not the service that was asked for');
};

// pywinrm, warmed up; the password goes over its standard input.
const openssl = join(folder, 'openssl.cnf');
writeFileSync(
  openssl,
  'openssl_conf = a\n[a]\nproviders = p\n[p]\ndefault = d\nlegacy = l\n[d]\nactivate = 1\n[l]\nactivate = 1\n',
);
const { REQUESTS_CA_BUNDLE: _r, CURL_CA_BUNDLE: _c, ...env } = process.env;
const python = spawn('/usr/bin/python3', [new URL('pywinrm-rate.py', import.meta.url).pathname], {
  stdio: ['pipe', 'pipe', 'inherit'],
  env: { ...env, OPENSSL_CONF: openssl },
});
const pythonLines = createInterface(python.stdout)[Symbol.asyncIterator]();
python.stdin.write(
  `${JSON.stringify({ endpoint: `http://${machine.address}:${machine.port}/wsman`, user: machine.user, password: machine.password, message: request, seconds: roundSeconds })}\n`,
);
await pythonLines.next();
const pywinrm = async (): Promise<Round> => {
  python.stdin.write('go\n');
  return JSON.parse((await pythonLines.next()).value as string) as Round;
};

await timed(ours);
const results = {
  ours: [] as Round[],
  traced: [] as Round[],
  clear: [] as Round[],
  nothing: [] as Round[],
  pywinrm: [] as Round[],
};
for (let round = 0; round < rounds; round += 1) {
  results.ours.push(await timed(ours));
  results.traced.push(await timed(() => getService(traced)));
  results.clear.push(await timed(() => bare(machine.port)));
  results.nothing.push(await timed(() => bare(barePort)));
  results.pywinrm.push(await pywinrm());
}

const rate = (list: readonly Round[]): number => median(list.map((round) => round.operations / round.seconds));
const cpuMs = (list: readonly Round[]): number => median(list.map((round) => (round.cpu * 1000) / round.operations));
/** Ratio per round, then the median: neighbours in time suffer the same noise. */
const ratio = (a: readonly Round[], b: readonly Round[], of: (round: Round) => number): number =>
  median(a.map((round, i) => of(round) / of(b[i]!)));
const perSecond = (round: Round): number => round.operations / round.seconds;
const cpuPer = (round: Round): number => round.cpu / round.operations;

const references: readonly (readonly [words: string, rounds: readonly Round[], goal: string | null])[] = [
  ['pywinrm, same machine', results.pywinrm, 'ratio ≥ 3'],
  ['bare Node keep-alive POST, same bytes and decode, same machine in clear text', results.clear, 'ratio ≥ 0.8'],
  ['bare Node keep-alive POST, same bytes and decode, a server that does no work', results.nothing, null],
];
for (const [reference, rounds, goal] of references) {
  print({
    name: 'operation.rate',
    value: rate(results.ours),
    unit: 'operations/s',
    reference,
    ratio: ratio(results.ours, rounds, perSecond),
    goal,
  });
  print({
    name: 'operation.cpu',
    value: cpuMs(results.ours),
    unit: 'ms CPU of the client per operation',
    reference,
    ratio: ratio(results.ours, rounds, cpuPer),
    goal: null,
  });
}
print({
  name: 'operation.traced',
  value: rate(results.traced),
  unit: 'operations/s while Trace keeps every exchange',
  reference: 'the same without a listener',
  ratio: ratio(results.traced, results.ours, perSecond),
  goal: null,
});
print({
  name: 'operation.traced-cpu',
  value: cpuMs(results.traced),
  unit: 'ms CPU of the client per operation while Trace keeps every exchange',
  reference: 'the same without a listener',
  ratio: ratio(results.traced, results.ours, cpuPer),
  goal: null,
});
print({
  name: 'connect.round-trips',
  value: exchanges[0]!.roundTrips,
  unit: 'HTTP round trips to the first answer, NTLM',
  reference: null,
  ratio: null,
  goal: '2 where the body may ride on the last leg, else 3',
});

const stop = async (process: ChildProcess): Promise<void> => {
  process.kill();
  if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
};
client.close();
traced.close();
agent.destroy();
await Promise.all([stop(python), stop(bareServer), lab.close()]);
rmSync(folder, { recursive: true });
