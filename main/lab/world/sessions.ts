import type { MachinePlan } from './machine-plan.ts';
import { createRandom } from './random.ts';

/** Logon sessions of a machine. People sign in some time after a boot; after a reboot of the lab's only services are there. */
export interface LabSession {
  readonly logonId: string;
  /** Win32_LogonSession.LogonType: 2 console, 3 network, 5 service, 10 Remote Desktop. */
  readonly logonType: 2 | 3 | 5 | 10;
  readonly domain: string;
  readonly user: string;
  readonly startedAt: number;
  readonly authenticationPackage: string;
}

const people = [
  'm.okafor',
  'j.lindqvist',
  'a.moreau',
  's.tan',
  'r.ferrari',
  'k.nowak',
  'd.hughes',
  'l.costa',
  'p.iyer',
  'e.brandt',
];

export function signedInPeople(plan: MachinePlan): readonly { readonly user: string; readonly logonType: 2 | 10 }[] {
  const random = createRandom(plan.seed ^ 0x5e55);
  const count = plan.role === 'RDS' ? random.between(3, 6) : random.chance(0.4) ? random.between(1, 2) : 0;
  const first = random.between(0, people.length - 1);
  return Array.from({ length: count }, (_, index) => ({
    user: people[(first + index) % people.length]!,
    logonType: plan.role !== 'RDS' && index === 0 && random.chance(0.3) ? 2 : 10,
  }));
}

export function createSessions(
  plan: MachinePlan,
  bootAt: number,
  now: number,
  withPeople: boolean,
): readonly LabSession[] {
  const random = createRandom(plan.seed ^ 0x10 ^ Math.floor(bootAt / 1000));
  const domain = plan.domain.split('.', 1)[0]!.toUpperCase();
  const newId = (): string => String(random.between(90_000, 90_000_000));
  const service = (logonId: string, authority: string, user: string): LabSession => ({
    logonId,
    logonType: 5,
    domain: authority,
    user,
    startedAt: bootAt + 2000,
    authenticationPackage: 'Negotiate',
  });
  const sessions = [
    // Well-known ids: SYSTEM has 999, NETWORK SERVICE 996, LOCAL SERVICE 997.
    service('999', plan.name.toUpperCase(), 'SYSTEM'),
    service('997', plan.name.toUpperCase(), 'LOCAL SERVICE'),
    service('996', plan.name.toUpperCase(), 'NETWORK SERVICE'),
  ];
  if (!withPeople) return sessions;
  for (const { user, logonType } of signedInPeople(plan)) {
    const uptime = Math.max(1, now - bootAt);
    sessions.push({
      logonId: newId(),
      logonType,
      domain,
      user,
      startedAt: now - Math.min(uptime * 0.9, random.between(300, 200_000) * 1000),
      authenticationPackage: 'Kerberos',
    });
  }
  return sessions;
}
