/**
 * Signing in, and sealing. Contexts a second (both sides in this process), and MB/s sealed and opened, ours in turns with the
 * native libraries through python3-gssapi (MIT Kerberos, gss-ntlmssp); then over the wire, against the lab: connections signed in a second,
 * and HTTP round trips until the first answer.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startKdc } from '../../main/lab/kdc.ts';
import { type LabMachine, startLab } from '../../main/lab/start-lab.ts';
import { createKerberosAcceptor, createKerberosInitiator } from '../../main/wsman/auth/kerberos/provider.ts';
import { createNtlmContext } from '../../main/wsman/auth/ntlm/context.ts';
import type { MechContext } from '../../main/wsman/auth/security-context.ts';
import { parseUserName } from '../../main/wsman/auth/user-name.ts';
import { createClient } from '../../main/wsman/index.ts';
import { median, print } from './figure.ts';

type Mechanism = 'kerberos' | 'ntlm';
type Pair = readonly [initiator: MechContext, acceptor: MechContext];

const rounds = 3;
const roundSeconds = 1;
const sizes = [1500, 204_800] as const;
const password = 'Bench-4711-secret';
const folder = mkdtempSync(join(tmpdir(), 'windeck-bench-'));
const userFile = join(folder, 'ntlm-users');
writeFileSync(userFile, `FLEET:alice:${password}\n`, { mode: 0o600 });

async function establish([initiator, acceptor]: Pair): Promise<Pair> {
  let token = await initiator.step(null);
  while (token !== null) {
    const answer = await acceptor.step(token);
    token = answer === null || initiator.complete ? null : await initiator.step(answer);
  }
  if (!initiator.complete || !acceptor.complete) throw new Error('the context did not complete');
  return [initiator, acceptor];
}

function ntlmPair(): Pair {
  const initiator = createNtlmContext({
    role: 'initiator',
    userName: parseUserName('FLEET\\alice'),
    password: async () => password,
    spn: 'HTTP/localhost',
    channelBinding: null,
  });
  const acceptor = createNtlmContext({
    role: 'acceptor',
    findPassword: () => password,
    computerName: 'BENCH',
    domainName: 'FLEET',
    dnsComputerName: 'bench.fleet.test',
    dnsDomainName: 'fleet.test',
    channelBinding: null,
    requireChannelBinding: false,
    requireMic: true,
    requireSealing: true,
  });
  return [initiator, acceptor];
}

async function perSecond(work: () => Promise<void> | void): Promise<number> {
  await work();
  const began = performance.now();
  let count = 0;
  while (performance.now() - began < roundSeconds * 1000) {
    await work();
    count += 1;
  }
  return (count * 1000) / (performance.now() - began);
}

/** MB/s of sealing, and of opening what was sealed, in batches of a few megabytes: a message can be opened once, and in its turn. */
function bothWays(from: MechContext, to: MechContext, size: number): [seal: number, open: number] {
  const plain = Buffer.alloc(size, 'x');
  const batch = Math.ceil(4_000_000 / size);
  let sealing = 0;
  let opening = 0;
  let bytes = 0;
  while (sealing + opening < roundSeconds * 1000) {
    const began = performance.now();
    const sealed = Array.from({ length: batch }, () => from.wrap(plain));
    const between = performance.now();
    for (const { signature, data } of sealed) {
      if (to.unwrap(signature, data).length !== size) throw new Error('opened wrong');
    }
    sealing += between - began;
    opening += performance.now() - between;
    bytes += batch * size;
  }
  return [bytes / sealing / 1000, bytes / opening / 1000];
}

/** One round of ours: contexts a second, then by size MB/s of sealing and of opening. */
async function ours(newPair: () => Promise<Pair>): Promise<number[]> {
  const figures = [
    await perSecond(async () => {
      for (const context of await establish(await newPair())) context.dispose();
    }),
  ];
  const [initiator, acceptor] = await establish(await newPair());
  for (const size of sizes) figures.push(...bothWays(initiator, acceptor, size));
  for (const context of [initiator, acceptor]) context.dispose();
  return figures;
}

/** The same of the native library, in a process of its own. The password goes in by standard input. */
async function native(mechanism: Mechanism, environment: Record<string, string>, user: string): Promise<number[]> {
  const service = mechanism === 'kerberos' ? 'HTTP/localhost' : 'HTTP@localhost';
  const script = fileURLToPath(new URL('./native-contexts.py', import.meta.url));
  const child = spawn('/usr/bin/python3', [script, mechanism, String(roundSeconds), service, user], {
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  child.stdin.end(`${password}\n`);
  const figures: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    figures.push((JSON.parse(line) as { value: number }).value);
  }
  if (figures.length !== 1 + 2 * sizes.length) throw new Error(`native-contexts.py ${mechanism} ended too early`);
  return figures;
}

async function beside(
  mechanism: Mechanism,
  newPair: () => Promise<Pair>,
  environment: Record<string, string>,
  user: string,
): Promise<void> {
  const own: number[][] = [];
  const other: number[][] = [];
  for (let round = 0; round < rounds; round++) {
    own.push(await ours(newPair));
    other.push(await native(mechanism, environment, user));
  }
  const library = mechanism === 'kerberos' ? 'MIT krb5' : 'gss-ntlmssp';
  const names = ['contexts', ...sizes.flatMap((size) => [`sealed, ${size} bytes each`, `opened, ${size} bytes each`])];
  for (const [at, name] of names.entries()) {
    const value = median(own.map((round) => round[at]!));
    print({
      name: `${mechanism}: ${name}`,
      value,
      unit: at === 0 ? 'contexts/s' : 'MB/s',
      reference: `${library} through python3-gssapi`,
      ratio: value / median(other.map((round) => round[at]!)),
      goal: null,
    });
  }
}

async function overTheWire(mechanism: Mechanism, machine: LabMachine, userName: string): Promise<void> {
  let roundTrips = 0;
  const perRound: number[] = [];
  const once = async () => {
    const client = createClient(
      {
        host: machine.address,
        port: machine.port,
        transport: 'http',
        path: '/wsman',
        authentication: mechanism,
        userName,
        password: async () => machine.password,
        trusted: true,
        allowClearText: false,
        tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
      },
      {
        onExchange: (exchange) => {
          roundTrips = exchange.roundTrips;
        },
      },
    );
    try {
      await client.identify();
    } finally {
      client.close();
    }
  };
  for (let round = 0; round < rounds; round++) perRound.push(await perSecond(once));
  const wire = { reference: null, ratio: null, goal: null };
  print({ name: `${mechanism}: connections signed in`, value: median(perRound), unit: 'connections/s', ...wire });
  print({ name: `${mechanism}: round trips to the first answer`, value: roundTrips, unit: 'round trips', ...wire });
}

try {
  const kdc = await startKdc({ principals: [{ name: 'alice', password }], services: ['HTTP/localhost'] });
  process.env['KRB5_CONFIG'] = kdc.krb5Config;
  const kerberosPair = async (): Promise<Pair> => [
    await createKerberosInitiator({
      signIn: { kind: 'password', userName: `alice@${kdc.realm}`, password },
      spn: 'HTTP/localhost',
      delegate: false,
      channelBinding: null,
    }),
    await createKerberosAcceptor({ keytab: kdc.keytab, channelBinding: null, requireChannelBinding: false }),
  ];
  const environment = { KRB5_CONFIG: kdc.krb5Config, KRB5_KTNAME: kdc.keytab };
  await beside('kerberos', kerberosPair, environment, `alice@${kdc.realm}`);
  await beside('ntlm', async () => ntlmPair(), { NTLM_USER_FILE: userFile, KRB5_CONFIG: '/dev/null' }, 'FLEET\\alice');
  await kdc.close();
  const lab = await startLab({ machines: 1, auth: 'kerberos,ntlm' });
  process.env['KRB5_CONFIG'] = lab.krb5Config;
  const machine = lab.machines[0]!;
  await overTheWire('kerberos', machine, `${machine.user}@${lab.realm}`);
  await overTheWire('ntlm', machine, machine.user);
  await lab.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
