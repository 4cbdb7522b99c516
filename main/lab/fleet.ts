import { randomInt } from 'node:crypto';
import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { channelBindingOf } from '../wsman/auth/channel-binding.ts';
import { createFleetCertificate, type FleetCertificate } from './certificates.ts';
import { countOpenEnumerations, forgetEnumerations } from './enumeration.ts';
import { createHttpEndpoint, type HttpEndpoint } from './http-endpoint.ts';
import { createMisbehaviourState, type Misbehaviour, type MisbehaviourState } from './misbehaviour.ts';
import { type Account, createSimulatedMachine, type LabTimings, type SimulatedMachine } from './simulated-machine.ts';
import type { LabStatistics } from './statistics.ts';
import { type Clock, systemClock } from './world/clock.ts';
import { planMachine } from './world/machine-plan.ts';

/**
 * N machines in one process: one HTTP server for all, one listening socket per machine and loopback family. All sockets of a machine
 * have the same port, by which an incoming request finds its machine.
 */
export interface FleetOptions {
  readonly machines: number;
  /** First port; null: any free ones outside the range that systems give out by themselves. */
  readonly basePort: number | null;
  readonly seed: number;
  readonly https: boolean;
  readonly latencyMs: number;
  readonly timings: LabTimings;
  readonly clock?: Clock;
}

export interface FleetMachine {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly transport: 'http' | 'https';
  readonly user: string;
  readonly password: string;
  readonly tags: readonly string[];
  readonly certificateSha256?: string;
}

export interface Fleet {
  readonly machines: readonly FleetMachine[];
  /** PEM of the certificate that all machines share; null without HTTPS. */
  readonly certificatePem: string | null;
  misbehave(name: string, misbehaviour: Misbehaviour | null): void;
  statistics(name: string): LabStatistics;
  close(): Promise<void>;
}

/** Secrets of an invented fleet, on loopback only. */
const accounts: readonly Account[] = [
  { user: 'Administrator', password: 'Windeck-Lab-1!', isAdministrator: true },
  { user: 'reader', password: 'Windeck-Lab-2!', isAdministrator: false },
];
const loopback = ['127.0.0.1', '::1'] as const;
const retryMs = 250;

interface Member {
  readonly machine: SimulatedMachine;
  readonly misbehaviour: MisbehaviourState;
  readonly sockets: Set<Socket>;
  listeners: net.Server[];
  isOpen: boolean;
}

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const clock = options.clock ?? systemClock;
  const plans = Array.from({ length: options.machines }, (_, index) => planMachine(index, options.seed));
  const transport = options.https ? 'https' : 'http';
  const certificate = options.https
    ? createFleetCertificate(plans.map((plan) => `${plan.name}.${plan.domain}`.toLowerCase()))
    : null;
  const members: Member[] = plans.map((plan) => ({
    machine: createSimulatedMachine(plan, { clock, timings: options.timings, accounts, transport }),
    misbehaviour: createMisbehaviourState(),
    sockets: new Set(),
    listeners: [],
    isOpen: false,
  }));
  const byPort = new Map<number, Member>();
  const byName = new Map(members.map((member) => [member.machine.plan.name, member]));
  const endpoint = createHttpEndpoint({
    latencyMs: options.latencyMs,
    channelBinding: certificate && channelBindingOf(certificate.der),
    findMachine: (port) => byPort.get(port)?.machine,
    misbehaviourOf: (machine) => byName.get(machine.plan.name)!.misbehaviour,
  });
  const attach = acceptor(endpoint, certificate);

  let closing = false;
  function open(member: Member): void {
    if (closing || member.isOpen || member.misbehaviour.refusesConnections) return;
    member.isOpen = true;
    // The port was free a moment ago, but somebody may have taken it: try until it is ours again.
    listen(member, member.machine.port, attach).then(
      (listeners) => {
        if (closing || !member.isOpen) for (const server of listeners) server.close();
        else member.listeners = listeners;
      },
      () => {
        member.isOpen = false;
        setTimeout(() => open(member), retryMs).unref();
      },
    );
  }
  function shut(member: Member): void {
    member.isOpen = false;
    for (const server of member.listeners) server.close();
    member.listeners = [];
    for (const socket of member.sockets) socket.destroy();
    forgetEnumerations(member.machine);
  }

  let port = options.basePort ?? randomInt(12_000, 26_000);
  for (const member of members) {
    for (;;) {
      if (port > 65_535) throw new Error('There are not enough free ports.');
      try {
        byPort.set(port, member);
        member.listeners = await listen(member, port, attach);
        break;
      } catch (error) {
        byPort.delete(port);
        if (options.basePort !== null || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
          closing = true;
          members.forEach(shut);
          throw new Error(`Port ${port} on loopback cannot be used: ${(error as Error).message}`, { cause: error });
        }
        port++;
      }
    }
    member.isOpen = true;
    member.machine.port = port++;
    member.machine.listener = { open: () => open(member), close: () => shut(member) };
  }

  const member = (name: string): Member => {
    const found = byName.get(name);
    if (!found) throw new Error(`The lab has no machine ${name}.`);
    return found;
  };
  return {
    machines: members.map(({ machine }) => ({
      name: machine.plan.name,
      address: '127.0.0.1',
      port: machine.port,
      transport,
      user: accounts[0]!.user,
      password: accounts[0]!.password,
      tags: machine.plan.tags,
      ...(certificate ? { certificateSha256: certificate.sha256 } : {}),
    })),
    certificatePem: certificate?.certificatePem ?? null,
    misbehave(name, misbehaviour) {
      const { machine, misbehaviour: state } = member(name);
      state.set(misbehaviour);
      if (state.refusesConnections) machine.listener.close();
      else if (!machine.isGoingDown) machine.listener.open();
    },
    statistics(name) {
      const { machine } = member(name);
      return machine.statistics.snapshot(countOpenEnumerations(machine));
    },
    async close() {
      closing = true;
      members.forEach(shut);
      endpoint.server.close();
    },
  };

  function acceptor(to: HttpEndpoint, with_: FleetCertificate | null): (member: Member, socket: Socket) => void {
    const context = with_ && tls.createSecureContext({ cert: with_.certificatePem, key: with_.keyPem });
    return (member, socket) => {
      member.sockets.add(socket);
      socket.once('close', () => member.sockets.delete(socket));
      to.accept(socket, member.machine);
      if (!context) {
        to.server.emit('connection', socket);
        return;
      }
      const secured = new tls.TLSSocket(socket, { isServer: true, secureContext: context });
      secured.on('error', () => socket.destroy());
      secured.once('secure', () => to.server.emit('connection', secured));
    };
  }
}

/** Listens on every loopback family that this system has. Fails where the port is taken on one of them. */
async function listen(
  member: Member,
  port: number,
  attach: (member: Member, socket: Socket) => void,
): Promise<net.Server[]> {
  const servers: net.Server[] = [];
  try {
    for (const host of loopback) {
      const server = net.createServer({ noDelay: true }, (socket) => attach(member, socket));
      const failure = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
        server.once('error', resolve);
        server.listen({ host, port, exclusive: true }, () => resolve(null));
      });
      server.removeAllListeners('error').on('error', () => {});
      if (failure === null) servers.push(server);
      // A system without IPv6 is no reason to fail.
      else if (host !== '::1' || !/^(EADDRNOTAVAIL|EAFNOSUPPORT)$/.test(failure.code ?? '')) throw failure;
    }
    return servers;
  } catch (error) {
    for (const server of servers) server.close();
    throw error;
  }
}
