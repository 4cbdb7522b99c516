/** For the tests of Diagnose: machines of the lab, servers that are faults, and the engine on whatever target a case arranges. */
import dns from 'node:dns';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { startWireFault, type WireFault } from '../../lab/fault-servers/wire-faults.ts';
import { type Lab, type LabMachine, type LabOptions, startLab } from '../../lab/start-lab.ts';
import type { TestCertificate } from '../../wsman/auth/test-certificates.ts';
import { createClient, type Target } from '../../wsman/index.ts';
import { wireProblem } from '../wire-problem.ts';
import { type DiagnosisLimits, type DiagnosisResult, diagnose, diagnosisLimits } from './engine.ts';
import { type NetworkEdge, systemNetwork } from './network.ts';

export interface Arrangement {
  readonly target: Partial<Target>;
  readonly userName?: string;
  readonly password?: string;
  readonly network?: Partial<NetworkEdge>;
  readonly platform?: NodeJS.Platform;
  readonly limits?: Partial<DiagnosisLimits>;
  readonly other?: string;
}

export interface FaultCase {
  readonly name: string;
  readonly layer: 'DNS' | 'TCP' | 'TLS' | 'HTTP' | 'make' | 'auth' | 'rights' | 'service' | 'way back';
  /** Where the wire form of the fault is written down. */
  readonly source: string;
  readonly expected: string;
  /** Where the wire cannot tell: each of these must be among the set that is named. */
  readonly set?: readonly RegExp[];
  /** What the sentence or its detail must say as well. */
  readonly says?: RegExp;
  readonly arrange: (bench: Bench) => Promise<Arrangement>;
}

/** Names under this domain lead to 127.0.0.1, and count as another machine than this computer. */
export const labName = (name: string): string => `${name}.lab.example`;

export interface Bench {
  /** Plain HTTP, NTLM and Basic. */
  readonly lab: Lab;
  /** The machine for this case, with nothing wrong about it. */
  readonly machine: LabMachine;
  /** Another kind of lab, started when it is first wanted. */
  labOf(options: LabOptions): Promise<Lab>;
  /** A server that is a fault; ends with the case. */
  server(fault: WireFault, certificate?: TestCertificate): Promise<number>;
  /** A relay that ends TLS with its own certificate and begins it anew towards the machine, as inspecting proxies do. */
  inspectingRelay(machine: LabMachine, certificate: TestCertificate): Promise<number>;
  /** Runs when the case is over. */
  onEnd(work: () => Promise<unknown> | unknown): void;
}

export async function createBench() {
  const lab = await startLab({ machines: 1 });
  const labs = new Map<string, Promise<Lab>>();
  const ends: (() => Promise<unknown> | unknown)[] = [];
  const original = dns.lookup;
  // The network's edge: names of the lab are made up, everything else is asked as always.
  dns.lookup = ((
    host: string,
    options: dns.LookupAllOptions,
    callback: (error: Error | null, found: unknown, family?: number) => void,
  ) => {
    if (!host.endsWith('.lab.example')) return original(host, options, callback as never);
    const found = [{ address: '127.0.0.1', family: 4 }];
    process.nextTick(() => (options.all ? callback(null, found) : callback(null, '127.0.0.1', 4)));
  }) as typeof dns.lookup;

  const bench: Bench = {
    lab,
    machine: lab.machines[0]!,
    labOf(options) {
      const key = JSON.stringify(options);
      const known = labs.get(key) ?? startLab(options);
      labs.set(key, known);
      return known;
    },
    async server(fault, certificate) {
      const wrap =
        certificate &&
        ((raw: Socket) => new TLSSocket(raw, { isServer: true, key: certificate.key, cert: certificate.cert }));
      const server = await startWireFault(fault, wrap);
      ends.push(server.close);
      return server.port;
    },
    async inspectingRelay(machine, { key, cert }) {
      const { createServer } = await import('node:tls');
      const open = new Set<Socket>();
      const server = createServer({ key, cert }, (front) => {
        const back = connectTls({ host: machine.address, port: machine.port, rejectUnauthorized: false });
        open.add(front).add(back);
        for (const socket of [front, back])
          socket
            .on('error', () => {})
            .on('close', () => {
              front.destroy();
              back.destroy();
            });
        front.pipe(back).pipe(front);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      ends.push(() => {
        for (const socket of open) socket.destroy();
        server.close();
      });
      return (server.address() as { port: number }).port;
    },
    onEnd: (work) => void ends.push(work),
  };
  return {
    ...bench,
    async endCase(): Promise<void> {
      for (const end of ends.splice(0).reverse()) await end();
      for (const { name } of lab.machines) await lab.misbehave(name, null);
    },
    async close(): Promise<void> {
      dns.lookup = original;
      await lab.close();
      for (const each of labs.values()) await (await each).close();
    },
  };
}

/** Where nobody is to be reached by name but those that the lab has. */
const labNetwork: NetworkEdge = {
  ...systemNetwork,
  lookup: async (host) =>
    host.endsWith('.lab.example') || host === 'localhost' ? ['127.0.0.1'] : systemNetwork.lookup(host),
  reverse: async () => [],
};

/** The target of a machine of the lab, by a name that is not this computer's own. */
export const targetOf = ({ port, transport }: Pick<LabMachine, 'port' | 'transport'>): Partial<Target> => ({
  host: labName('srv'),
  port,
  transport,
});

export async function run(arrangement: Arrangement): Promise<DiagnosisResult & { readonly attempts: number }> {
  const { userName = 'Administrator', password = 'Windeck-Lab-1!' } = arrangement;
  const target: Target = {
    host: labName('srv'),
    port: 5985,
    transport: 'http',
    path: '/wsman',
    authentication: 'ntlm',
    userName,
    password: async () => password,
    trusted: true,
    allowClearText: false,
    tls: { pin: null, skipNameCheck: false, skipAuthorityCheck: false },
    ...arrangement.target,
  };
  const client = createClient(target);
  let attempts = 0;
  try {
    const result = await diagnose(
      {
        target,
        client,
        who: userName,
        signIn: (_, attempt) => {
          attempts++;
          return attempt();
        },
        toProblem: (error) => {
          const problem = wireProblem(error, { host: target.host, port: target.port, userName });
          if (problem === null) throw error;
          return problem;
        },
        network: { ...labNetwork, ...arrangement.network },
        platform: arrangement.platform ?? 'linux',
        limits: { ...diagnosisLimits, ...arrangement.limits },
        after: ['config', 'service', 'wmi', 'shell', 'way-back'],
        other: arrangement.other ?? null,
      },
      () => {},
      new AbortController().signal,
    );
    return { ...result, attempts };
  } finally {
    client.close();
  }
}

/** A port of 127.0.0.1 at which nobody listens. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** Whether somebody listens there. */
export function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
