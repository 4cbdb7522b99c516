import { constants, randomInt } from 'node:crypto';
import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { channelBindingData, channelBindingOf } from '../wsman/auth/channel-binding.ts';
import { fleetAccounts } from './authentication/accounts.ts';
import type { ListenerBinding } from './authentication/negotiate.ts';
import { startRealm } from './authentication/realm.ts';
import type { LabAuthentication } from './authentication/scheme-list.ts';
import type { CertMapping } from './cert-mapping.ts';
import {
  type ClientAuthority,
  createClientAuthority,
  createFleetCertificate,
  type FleetCertificate,
  type LabClientCertificate,
} from './certificates.ts';
import { countOpenEnumerations, forgetEnumerations } from './enumeration.ts';
import { createHttpEndpoint, type HttpEndpoint } from './http-endpoint.ts';
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
  const attach = acceptor(endpoint, certificate, clients);

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

  function acceptor(
    to: HttpEndpoint,
    with_: FleetCertificate | null,
    clientAuthority: ClientAuthority | null,
  ): (member: Member, socket: Socket) => void {
    const { renegotiates } = options;
    const context =
      with_ &&
      tls.createSecureContext({
        cert: with_.certificatePem,
        key: with_.keyPem,
        // A resumed session must not bring a certificate along that was shown to another lab.
        sessionIdContext: with_.sha256.slice(0, 32),
        ...(clientAuthority ? { ca: clientAuthority.certificatePem } : {}),
        // A renegotiation that resumes the session would ask for nothing.
        ...(renegotiates
          ? { maxVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION }
          : {}),
      });
    return (member, socket) => {
      member.sockets.add(socket);
      socket.once('close', () => member.sockets.delete(socket));
      to.accept(socket, member.machine);
      if (!context) {
        to.server.emit('connection', socket);
        return;
      }
      // Whoever has no certificate says so, and goes on. Whether a certificate counts is for authentication to say.
      const requestCert = !renegotiates && member.machine.winrmConfig.flag('Service/Auth/Certificate');
      const secured = new tls.TLSSocket(socket, {
        isServer: true,
        secureContext: context,
        requestCert,
        rejectUnauthorized: false,
      });
      secured.on('error', () => socket.destroy());
      secured.once('secure', () => to.server.emit('connection', secured));
    };
  }
}

const controllerAuthentication: LabAuthentication = {
  ntlm: false,
  kerberos: false,
  basic: true,
  certificate: false,
  digest: true,
};

function bindingOf(certificate: FleetCertificate): ListenerBinding {
  // Its signature is ECDSA with SHA-256, for which the binding is defined.
  return { data: channelBindingData(certificate.der)!, md5: channelBindingOf(certificate.der)! };
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
