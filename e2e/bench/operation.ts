/**
 * One operation = Get Win32_Service?Name=WinRM over a warm NTLM-sealed connection, the lab in its own process. Beside it, in turns of the
 * same run: pywinrm against the same machine, and a bare Node keep-alive POST of the same bytes with the same decode.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startLab } from '../../main/lab/start-lab.ts';
import { child, createClient, decodeInstance, type Exchange, parseXml, wmi } from '../../main/wsman/index.ts';
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

const lab = await startLab({ machines: 1, seed: 7 });
const machine = lab.machines[0]!;

const exchanges: Exchange[] = [];
let listening = true;
const client = createClient(
  {
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
  },
  { maxConnections: 1, onExchange: (exchange) => void (listening && exchanges.push(exchange)) },
);
const ours = async (): Promise<void> => {
  const service = decodeInstance(await client.get(resource), schema);
  if (service.Name !== 'WinRM') throw new Error('not the service that was asked for');
};
await ours();
listening = false;
const { request, response } = exchanges[0]!;
if (request === null || response === null) throw new Error('the exchange was not recorded');

// The bare POST: a server process of its own that answers those bytes, so that neither sealing nor a provider is part of it.
const folder = mkdtempSync(join(tmpdir(), 'windeck-bench-'));
const answerFile = join(folder, 'answer.xml');
writeFileSync(answerFile, response);
const bareServer = spawn(process.execPath, [new URL('bare-server.ts', import.meta.url).pathname, answerFile], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const barePort = Number((await once(createInterface(bareServer.stdout), 'line'))[0]);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const post = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = {
      'Content-Type': 'application/soap+xml;charset=UTF-8',
      'Content-Length': Buffer.byteLength(request),
    };
    const sent = http.request(
      { host: '127.0.0.1', port: barePort, method: 'POST', path: '/wsman', agent, headers },
      (incoming) => {
        const parts: Buffer[] = [];
        incoming.on('data', (part: Buffer) => parts.push(part));
        incoming.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
      },
    );
    sent.on('error', reject);
    sent.end(request);
  });
const bare = async (): Promise<void> => {
  const body = child(parseXml(await post()), 'Body')!;
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
const results = { ours: [] as Round[], bare: [] as Round[], pywinrm: [] as Round[] };
for (let round = 0; round < rounds; round += 1) {
  results.ours.push(await timed(ours));
  results.bare.push(await timed(bare));
  results.pywinrm.push(await pywinrm());
}

const rate = (list: readonly Round[]): number => median(list.map((round) => round.operations / round.seconds));
const cpuMs = (list: readonly Round[]): number => median(list.map((round) => (round.cpu * 1000) / round.operations));
/** Ratio per round, then the median: neighbours in time suffer the same noise. */
const ratio = (a: readonly Round[], b: readonly Round[], of: (round: Round) => number): number =>
  median(a.map((round, i) => of(round) / of(b[i]!)));
const perSecond = (round: Round): number => round.operations / round.seconds;
const cpuPer = (round: Round): number => round.cpu / round.operations;

print({
  name: 'operation.rate',
  value: rate(results.ours),
  unit: 'operations/s',
  reference: 'pywinrm, same machine',
  ratio: ratio(results.ours, results.pywinrm, perSecond),
  goal: 'ratio ≥ 3',
});
print({
  name: 'operation.rate',
  value: rate(results.ours),
  unit: 'operations/s',
  reference: 'bare Node keep-alive POST, same bytes and decode',
  ratio: ratio(results.ours, results.bare, perSecond),
  goal: 'ratio ≥ 0.8',
});
print({
  name: 'operation.cpu',
  value: cpuMs(results.ours),
  unit: 'ms CPU of the client per operation',
  reference: 'pywinrm',
  ratio: ratio(results.ours, results.pywinrm, cpuPer),
  goal: null,
});
print({
  name: 'operation.cpu',
  value: cpuMs(results.ours),
  unit: 'ms CPU of the client per operation',
  reference: 'bare Node keep-alive POST',
  ratio: ratio(results.ours, results.bare, cpuPer),
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
agent.destroy();
await Promise.all([stop(python), stop(bareServer), lab.close()]);
rmSync(folder, { recursive: true });
