import { randomInt } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import { fleetAccounts } from './authentication/accounts.ts';
import { startRealm } from './authentication/realm.ts';
import type { LabAuthentication } from './authentication/scheme-list.ts';
import type { CertMapping } from './cert-mapping.ts';
import { createClientAuthority, createFleetCertificate, type LabClientCertificate } from './certificates.ts';
import { countOpenEnumerations, forgetEnumerations } from './enumeration.ts';
import { createHttpEndpoint } from './http-endpoint.ts';
import { bindingOf, createTlsSide, listenOnLoopback } from './listener.ts';
import { createMisbehaviourState, type Misbehaviour, type MisbehaviourState } from './misbehaviour.ts';
import { createSimulatedMachine, type LabTimings, type SimulatedMachine } from './simulated-machine.ts';
import { type Attempts, type LabStatistics, sumAttempts } from './statistics.ts';
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
  readonly authentication: LabAuthentication;
  /** So many machines, the last ones, are management controllers instead. */
  readonly controllers: number;
  /** Encryption types of the realm's clients and machines (permitted_enctypes of krb5.conf); null: all AES and RC4. */
  readonly enctypes: string | null;
  /** Client certificates are asked for by renegotiation, as Windows does, and TLS ends at 1.2. */
  readonly renegotiates: boolean;
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
  /** A management controller: Digest and Basic only. */
  readonly controller?: true;
}

/** Certificates for signing in with. */
export interface FleetClientCertificates {
  /** Mapped to `user` on every machine. */
  readonly clientCertificate: LabClientCertificate;
  /** Of the same authority, mapped to nobody. */
  readonly unmappedClientCertificate: LabClientCertificate;
}

export interface Fleet {
  readonly machines: readonly FleetMachine[];
  /** PEM of the certificate that all machines share; null without HTTPS. */
  readonly certificatePem: string | null;
  readonly realm: { readonly name: string; readonly krb5Config: string } | null;
  readonly clientCertificates: FleetClientCertificates | null;
  misbehave(name: string, misbehaviour: Misbehaviour | null): void;
  statistics(name: string): LabStatistics;
  /** Secrets that were tried, at all machines and at the KDC. */
  attempts(): Promise<Attempts>;
  close(): Promise<void>;
}

const retryMs = 250;

interface Member {
  readonly machine: SimulatedMachine;
  readonly misbehaviour: MisbehaviourState;
  readonly sockets: Set<Socket>;
  listeners: Server[];
  isOpen: boolean;
}

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const clock = options.clock ?? systemClock;
  const plans = Array.from({ length: options.machines }, (_, index) => planMachine(index, options.seed));
  const transport = options.https ? 'https' : 'http';
  const certificate = options.https
    ? createFleetCertificate(plans.map((plan) => `${plan.name}.${plan.domain}`.toLowerCase()))
    : null;
  const clients = options.authentication.certificate ? createClientAuthority() : null;
  const account = fleetAccounts[0]!;
  const clientCertificates = clients && {
    clientCertificate: clients.issue(`${account.user}@localhost`),
    unmappedClientCertificate: clients.issue('nobody@localhost'),
  };
  const certMappings: CertMapping[] = clients
    ? [
        {
          uri: '*',
          subject: `${account.user}@localhost`,
          issuer: clients.thumbprint,
          userName: account.user,
          password: account.password,
          enabled: true,
        },
      ]
    : [];
  const firstController = options.authentication.digest ? 0 : options.machines - options.controllers;
  const members: Member[] = plans.map((plan, index) => ({
    machine: createSimulatedMachine(plan, {
      clock,
      timings: options.timings,
      accounts: fleetAccounts,
      authentication: index < firstController ? options.authentication : controllerAuthentication,
      certMappings: index < firstController ? certMappings : [],
      transport,
    }),
    misbehaviour: createMisbehaviourState(),
    sockets: new Set(),
    listeners: [],
    isOpen: false,
  }));
  const realm = options.authentication.kerberos
    ? await startRealm({
        domain: plans[0]!.domain,
        accounts: fleetAccounts,
        machines: plans.slice(0, firstController).map((plan) => plan.name),
        enctypes: options.enctypes,
      })
    : null;
  const byPort = new Map<number, Member>();
  const byName = new Map(members.map((member) => [member.machine.plan.name, member]));
  const endpoint = createHttpEndpoint({
    latencyMs: options.latencyMs,
    realm,
    binding: certificate && bindingOf(certificate),
    clientCertificates: clients && { authorities: [clients.certificatePem], renegotiates: options.renegotiates },
    findMachine: (port) => byPort.get(port)?.machine,
    misbehaviourOf: (machine) => byName.get(machine.plan.name)!.misbehaviour,
  });
  const secure =
    certificate &&
    createTlsSide({
      certificate,
      clientAuthority: clients?.certificatePem ?? null,
      renegotiates: options.renegotiates,
    });
  function accept(member: Member, socket: Socket): void {
    member.sockets.add(socket);
    socket.once('close', () => member.sockets.delete(socket));
    endpoint.accept(socket, member.machine);
    const serve = (ready: Socket): void => void endpoint.server.emit('connection', ready);
    if (secure) secure(socket, member.machine.winrmConfig.flag('Service/Auth/Certificate'), serve);
    else serve(socket);
  }

  let closing = false;
  function open(member: Member): void {
    if (closing || member.isOpen || member.misbehaviour.refusesConnections) return;
    member.isOpen = true;
    // The port was free a moment ago, but somebody may have taken it: try until it is ours again.
    listenOnLoopback(member.machine.port, (socket) => accept(member, socket)).then(
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
        member.listeners = await listenOnLoopback(port, (socket) => accept(member, socket));
        break;
      } catch (error) {
        byPort.delete(port);
        if (options.basePort !== null || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
          closing = true;
          members.forEach(shut);
          await realm?.close();
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
      // Kerberos is about names: HTTP/localhost is a service principal, an address is none.
      address: realm ? 'localhost' : '127.0.0.1',
      port: machine.port,
      transport,
      user: account.user,
      password: account.password,
      tags: machine.plan.tags,
      ...(certificate ? { certificateSha256: certificate.sha256 } : {}),
      ...(machine.isController ? { controller: true as const } : {}),
    })),
    certificatePem: certificate?.certificatePem ?? null,
    realm: realm && { name: realm.name, krb5Config: realm.krb5Config },
    clientCertificates,
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
    async attempts() {
      const own = members.map(({ machine }) => machine.statistics.attempts);
      return sumAttempts(realm ? [...own, await realm.attempts()] : own);
    },
    async close() {
      closing = true;
      members.forEach(shut);
      endpoint.server.close();
      await realm?.close();
    },
  };
}

const controllerAuthentication: LabAuthentication = {
  ntlm: false,
  kerberos: false,
  basic: true,
  certificate: false,
  digest: true,
};
