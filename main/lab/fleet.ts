import { randomInt } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import { fleetAccounts } from './authentication/accounts.ts';
import type { ListenerBinding } from './authentication/negotiate.ts';
import { startRealm } from './authentication/realm.ts';
import type { LabAuthentication } from './authentication/scheme-list.ts';
import type { CertMapping } from './cert-mapping.ts';
import { thumbprintOf } from './certificate-store.ts';
import { createClientAuthority, createFleetCertificate, type LabClientCertificate } from './certificates.ts';
import { countOpenEnumerations, forgetEnumerations } from './enumeration.ts';
import { countSubscriptions, forgetSubscriptions } from './event-subscriptions.ts';
import { createHttpEndpoint } from './http-endpoint.ts';
import {
  bindingOf,
  createTlsSide,
  type LoopbackSocket,
  listenerAt,
  listenOn,
  listenOnLoopback,
  socketsOf,
} from './listener.ts';
import { createMisbehaviourState, type Misbehaviour, type MisbehaviourState } from './misbehaviour.ts';
import { createSimulatedMachine, type LabTimings, type SimulatedMachine } from './simulated-machine.ts';
import { applyStack, type Stack, withStack } from './stacks.ts';
import { type Attempts, type LabStatistics, sumAttempts } from './statistics.ts';
import { type Clock, systemClock } from './world/clock.ts';
import type { WrittenEvent } from './world/event-logs.ts';
import { planMachine } from './world/machine-plan.ts';
import type { Neighbour, NetworkPicture } from './world/network-picture.ts';

/**
 * N machines in one process: one HTTP server for all, one listening socket per machine and loopback family. All sockets of a machine
 * have the same port, by which an incoming request finds its machine.
 */
export interface FleetOptions {
  readonly machines: number;
  /** First port; null: any free ones outside the range that systems give out by themselves. */
  readonly basePort: number | null;
  readonly seed: number;
  /** Machines take these in turn; empty: Windows of several generations, as they come. */
  readonly stacks: readonly Stack[];
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
  /** What this machine sees of others; null: as the fleet is. */
  drawNetwork(name: string, picture: NetworkPicture | null): void;
  /** Record ids of what was written. */
  writeEvents(name: string, events: readonly WrittenEvent[]): readonly number[];
  statistics(name: string): LabStatistics;
  /** Secrets that were tried, at all machines and at the KDC. */
  attempts(): Promise<Attempts>;
  close(): Promise<void>;
}

const retryMs = 250;
const settleMs = 40;

interface TlsSide {
  readonly binding: ListenerBinding;
  readonly secure: ReturnType<typeof createTlsSide>;
}

interface Member {
  readonly machine: SimulatedMachine;
  readonly misbehaviour: MisbehaviourState;
  /** Whose TLS a socket came with, or null. */
  readonly sockets: Map<Socket, string>;
  /** What is open, by `address port`. */
  readonly servers: Map<string, Server>;
  /** Its service runs and its listeners are up. */
  isOpen: boolean;
}

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const clock = options.clock ?? systemClock;
  const { stacks } = options;
  const plans = Array.from({ length: options.machines }, (_, index) => {
    const plan = planMachine(index, options.seed);
    return stacks.length === 0 ? plan : withStack(plan, stacks[index % stacks.length]!);
  });
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
      fleetCertificate: certificate,
    }),
    misbehaviour: createMisbehaviourState(),
    sockets: new Map(),
    servers: new Map(),
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
    clientCertificates: clients && { authorities: [clients.certificatePem], renegotiates: options.renegotiates },
    findMachine: (port) => byPort.get(port)?.machine,
    misbehaviourOf: (machine) => byName.get(machine.plan.name)!.misbehaviour,
  });
  const tlsSides = new Map<string, TlsSide>();
  /** TLS of a listener, by the thumbprint of its certificate; null where the machine has no such certificate with its key. */
  function tlsSideOf({ machine }: Member, thumbprint: string): TlsSide | null {
    const known = tlsSides.get(thumbprint);
    if (known) return known;
    const own =
      certificate && thumbprint === thumbprintOf(certificate)
        ? certificate
        : machine.certificates().find((candidate) => candidate.thumbprint === thumbprint);
    if (!own?.keyPem) return null;
    const side: TlsSide = {
      binding: bindingOf(own),
      secure: createTlsSide({
        certificate: { certificatePem: own.certificatePem, keyPem: own.keyPem, id: thumbprint.slice(0, 32) },
        clientAuthority: clients?.certificatePem ?? null,
        renegotiates: options.renegotiates,
      }),
    };
    tlsSides.set(thumbprint, side);
    return side;
  }

  function accept(member: Member, key: string, port: number, socket: Socket): void {
    const { machine } = member;
    member.sockets.set(socket, key);
    socket.once('close', () => member.sockets.delete(socket));
    endpoint.accept(socket, machine);
    const listener = listenerAt(machine, port);
    if (listener?.transport !== 'HTTPS') {
      endpoint.server.emit('connection', socket);
      return;
    }
    const side = tlsSideOf(member, listener.certificateThumbprint);
    // As with a certificate that was deleted: the handshake just ends.
    if (side === null) {
      socket.destroy();
      return;
    }
    side.secure(socket, machine.winrmConfig.flag('Service/Auth/Certificate'), (ready) => {
      endpoint.bind(ready, side.binding);
      endpoint.server.emit('connection', ready);
    });
  }

  let closing = false;
  const failing = new Set<string>();
  /** Opens and closes sockets until they are what the machine's service, listeners, filters and firewall say. */
  function reconcile(member: Member): void {
    const { machine, servers, sockets } = member;
    const isUp =
      !closing && member.isOpen && !member.misbehaviour.refusesConnections && machine.winrmConfig.isFirewallOpen;
    const wanted = isUp ? socketsOf(machine) : new Map<string, LoopbackSocket>();
    for (const [key, server] of servers) {
      if (wanted.get(key)) continue;
      server.close();
      servers.delete(key);
      for (const [socket, at] of sockets) if (at === key) socket.destroy();
    }
    for (const [key, { host, port }] of wanted) {
      const owner = byPort.get(port);
      if (servers.has(key) || failing.has(key) || (owner && owner !== member)) continue;
      byPort.set(port, member);
      failing.add(key);
      listenOn(host, port, (socket) => accept(member, key, port, socket)).then(
        (server) => {
          failing.delete(key);
          if (server === null) return;
          servers.set(key, server);
          // Meanwhile it may have become unwanted.
          reconcile(member);
        },
        // The port was free a moment ago, but somebody may have taken it: try until it is ours again.
        () =>
          setTimeout(() => {
            failing.delete(key);
            reconcile(member);
          }, retryMs).unref(),
      );
    }
  }
  function open(member: Member): void {
    member.isOpen = true;
    reconcile(member);
  }
  function shut(member: Member): void {
    member.isOpen = false;
    reconcile(member);
    for (const socket of member.sockets.keys()) socket.destroy();
    forgetEnumerations(member.machine);
    forgetSubscriptions(member.machine);
  }

  let port = options.basePort ?? randomInt(12_000, 26_000);
  for (const member of members) {
    for (;;) {
      if (port > 65_535) throw new Error('There are not enough free ports.');
      try {
        const at = port;
        byPort.set(at, member);
        const opened = await listenOnLoopback(at, (host) => (socket) => accept(member, `${host} ${at}`, at, socket));
        for (const [host, server] of opened) member.servers.set(`${host} ${at}`, server);
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
    applyStack(member.machine);
    member.machine.listener = {
      open: () => open(member),
      close: () => shut(member),
      // The answer to whoever changed it goes out first.
      update: () => void setTimeout(() => reconcile(member), settleMs).unref(),
    };
  }

  /** By name, full name and address; loopback means whoever listens at that port there, as for whoever looks at the fleet from outside. */
  function neighbour(host: string, port: number): Neighbour | null {
    const isLoopback = host === 'localhost' || host === '::1' || /^127\./.test(host);
    const found = isLoopback
      ? byPort.get(port)
      : members.find(({ machine: { plan } }) =>
          [plan.name, `${plan.name}.${plan.domain}`, plan.address].some((one) => one.toLowerCase() === host),
        );
    if (found === undefined)
      return isLoopback
        ? { addresses: [host === 'localhost' ? '127.0.0.1' : host], echo: true, winrm: 'refused' }
        : null;
    const { machine, misbehaviour, isOpen } = found;
    const isListening = isOpen && !misbehaviour.refusesConnections;
    const winrm = misbehaviour.isDeaf ? 'silent' : isListening ? 'answers' : 'refused';
    return { addresses: [isLoopback ? '127.0.0.1' : machine.plan.address], echo: !machine.isGoingDown, winrm };
  }
  for (const { machine } of members) machine.neighbours = neighbour;

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
    drawNetwork(name, picture) {
      member(name).machine.network.draw(picture);
    },
    writeEvents(name, events) {
      const { machine } = member(name);
      return events.map((event) => machine.eventLogs.write(event).recordId);
    },
    statistics(name) {
      const { machine } = member(name);
      return machine.statistics.snapshot(countOpenEnumerations(machine), countSubscriptions(machine));
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
