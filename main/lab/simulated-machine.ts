import { randomInt } from 'node:crypto';
import type { Account } from './authentication/accounts.ts';
import type { LabAuthentication } from './authentication/scheme-list.ts';
import { type Background, createBackground } from './background.ts';
import type { CertMapping } from './cert-mapping.ts';
import { createMachineCertificates, type MachineCertificate, thumbprintOf } from './certificate-store.ts';
import type { FleetCertificate } from './certificates.ts';
import { createStatistics, type MachineStatistics } from './statistics.ts';
import type { Clock } from './world/clock.ts';
import { createEventLogs, type EventLogs } from './world/event-logs.ts';
import type { MachinePlan } from './world/machine-plan.ts';
import { createMachineNetwork, type MachineNetwork, type Neighbour } from './world/network-picture.ts';
import { createProcesses, type Processes } from './world/processes.ts';
import { createSessions, type LabSession } from './world/sessions.ts';
import { createWindowsServices, type WindowsServices } from './world/windows-services.ts';
import { createWinrmConfig, isBranch, type WinrmConfig } from './world/winrm-config.ts';
import { createWorkload, type Workload } from './world/workload.ts';

/** How long things take, in milliseconds of the lab's clock. */
export interface LabTimings {
  /** A service stays in a pending state this long. */
  readonly pendingMs: number;
  /** From the answer to a reboot until connections are refused. */
  readonly goingDownMs: number;
  /** Connections are refused this long. */
  readonly downMs: number;
}
export const demoTimings: LabTimings = { pendingMs: 1500, goingDownMs: 1500, downMs: 8000 };

/** One machine: what it is, and the state that operations read and change. Parts that nobody has asked for are not there yet. */
export interface SimulatedMachine {
  readonly plan: MachinePlan;
  readonly clock: Clock;
  readonly timings: LabTimings;
  readonly accounts: readonly Account[];
  /** What it takes where its settings (Service/Auth) allow it. */
  readonly authentication: LabAuthentication;
  /** A management controller: another make of WS-Man server, in who it says it is and in how people sign in. */
  readonly isController: boolean;
  readonly certMappings: CertMapping[];
  readonly bootAt: number;
  readonly services: WindowsServices;
  readonly processes: Processes;
  readonly workload: Workload;
  readonly sessions: readonly LabSession[];
  readonly eventLogs: EventLogs;
  readonly winrmConfig: WinrmConfig;
  /** What it sees of others. */
  readonly network: MachineNetwork;
  readonly statistics: MachineStatistics;
  /** Values that Create and Put have made, by class. */
  readonly environment: Map<string, { name: string; userName: string; value: string }>;
  /** Where its listener is, for EPRs and winrm/config. */
  port: number;
  transport: 'http' | 'https';
  /** Set by the fleet: opens and closes the listener. */
  listener: {
    open(): void;
    close(): void /** Its configuration has changed: what is open follows in a moment. */;
    update(): void;
  };
  /** Set by the fleet: what is true of another machine of it. */
  neighbours: (host: string, port: number) => Neighbour | null;
  /** True from a reboot or shutdown until it listens again. */
  readonly isGoingDown: boolean;
  reboot(): void;
  shutDown(): void;
  /** The WinRM service was stopped. */
  readonly stopListening: () => void;
  /** The WinRM service was started. */
  readonly startListening: () => void;
  /** Certificates of its own store (LocalMachine\\My), made when they are first asked for. */
  certificates(): readonly MachineCertificate[];
  /** What runs later or beside it: planted tasks and detached processes. */
  readonly background: Background;
}

export function createSimulatedMachine(
  plan: MachinePlan,
  options: {
    readonly clock: Clock;
    readonly timings: LabTimings;
    readonly accounts: readonly Account[];
    readonly authentication: LabAuthentication;
    readonly certMappings: readonly CertMapping[];
    readonly transport: 'http' | 'https';
    /** What its HTTPS listener shows; it is in its store too. */
    readonly fleetCertificate?: FleetCertificate | null;
  },
): SimulatedMachine {
  const { authentication, clock, timings } = options;
  let bootAt = clock.now() - plan.uptimeMs;
  let services: WindowsServices | null = null;
  let processes: Processes | null = null;
  let winrmConfig: WinrmConfig | null = null;
  let workload: Workload | null = null;
  let sessions: readonly LabSession[] | null = null;
  let eventLogs: EventLogs | null = null;
  let certificates: readonly MachineCertificate[] | null = null;
  let reboots = 0;
  let going = false;

  const machine: SimulatedMachine = {
    plan,
    clock,
    timings,
    accounts: options.accounts,
    authentication,
    isController: authentication.digest,
    certMappings: options.certMappings.map((mapping) => ({ ...mapping })),
    statistics: createStatistics(),
    environment: new Map(),
    network: createMachineNetwork((host, port) => machine.neighbours(host, port)),
    neighbours: () => null,
    port: 0,
    transport: options.transport,
    listener: { open: () => {}, close: () => {}, update: () => {} },
    get bootAt() {
      return bootAt;
    },
    get processes() {
      processes ??= createProcesses(plan, clock, machine.workload, bootAt);
      return processes;
    },
    get workload() {
      workload ??= createWorkload(plan);
      return workload;
    },
    get sessions() {
      sessions ??= createSessions(plan, bootAt, clock.now(), reboots === 0);
      return sessions;
    },
    get eventLogs() {
      eventLogs ??= createEventLogs(plan, clock);
      return eventLogs;
    },
    get services() {
      services ??= createWindowsServices(plan, clock, timings.pendingMs, machine.processes, bootAt);
      return services;
    },
    get winrmConfig() {
      winrmConfig ??= allowSchemes(
        createWinrmConfig(plan, machine.transport, machine.port, thumbprintOf(options.fleetCertificate ?? null)),
        authentication,
      );
      return winrmConfig;
    },
    get isGoingDown() {
      return going;
    },
    reboot() {
      goDown(true);
    },
    shutDown() {
      goDown(false);
    },
    background: createBackground(),
    certificates() {
      certificates ??= createMachineCertificates(`${plan.name}.${plan.domain}`, options.fleetCertificate ?? null);
      return certificates;
    },
    startListening() {
      setTimeout(() => machine.listener.open(), timings.pendingMs).unref();
    },
    stopListening() {
      // The service needs its pending time to end; then nobody listens.
      setTimeout(() => machine.listener.close(), timings.pendingMs).unref();
    },
  };

  function goDown(comesBack: boolean): void {
    if (going) return;
    going = true;
    // What nobody has looked at yet must be there to go down and come back.
    void machine.services;
    setTimeout(() => machine.listener.close(), timings.goingDownMs).unref();
    if (!comesBack) return;
    setTimeout(() => {
      going = false;
      // A boot takes a moment before WinRM listens.
      bootAt = clock.now() - Math.min(timings.downMs / 2, randomInt(1500, 2500));
      reboots++;
      sessions = null;
      machine.processes.reboot(bootAt);
      machine.services.reboot(clock.now());
      machine.listener.open();
    }, timings.goingDownMs + timings.downMs).unref();
  }
  return machine;
}

/** Service/Auth as the fleet was started. Kerberos stays on without a realm, as on every machine outside a domain: it is just of no use. */
function allowSchemes(config: WinrmConfig, authentication: LabAuthentication): WinrmConfig {
  const { ntlm, kerberos, basic, certificate } = authentication;
  for (const [name, isOn] of Object.entries({ Basic: basic, Negotiate: ntlm || kerberos, Certificate: certificate })) {
    const leaf = config.find(`Service/Auth/${name}`);
    if (leaf && !isBranch(leaf)) leaf.value = String(isOn);
  }
  return config;
}
