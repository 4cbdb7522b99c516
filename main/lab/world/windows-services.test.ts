import { beforeEach, describe, expect, it } from 'vitest';
import type { MachinePlan } from './machine-plan.ts';
import { planMachine } from './machine-plan.ts';
import { isSystemDriver, templatesFor } from './windows-service-templates.ts';
import { createWindowsServices, type ProcessHost, type WindowsServices } from './windows-services.ts';

const pendingMs = 1000;
let now: number;
let lastProcessId: number;
let ended: number[];
let services: WindowsServices;
const host: ProcessHost = {
  serviceStarted: () => ++lastProcessId,
  serviceStopped: (_template, processId) => void ended.push(processId),
};
const healthy: MachinePlan = { ...planMachine(1, 1), role: 'APP', faults: new Set() };
const create = (plan: MachinePlan = healthy): WindowsServices =>
  createWindowsServices(plan, { now: () => now }, pendingMs, host, now - 86_400_000);
const state = (name: string): string => services.find(name)!.state;

beforeEach(() => {
  now = 1_700_000_000_000;
  lastProcessId = 1000;
  ended = [];
  services = create();
});

describe('states', () => {
  it('stops through Stop Pending, and its process goes with it', () => {
    const processId = services.find('w32time')!.processId;
    expect(processId).toBeGreaterThan(0);
    expect(services.stop('W32TIME')).toBe(0);
    expect(state('W32Time')).toBe('Stop Pending');
    expect(services.waitHint(services.find('W32Time')!)).toBe(2000);
    const first = services.checkPoint(services.find('W32Time')!);
    now += pendingMs / 2;
    expect(services.checkPoint(services.find('W32Time')!)).toBeGreaterThan(first);
    expect(services.stop('W32Time')).toBe(5);
    expect(services.start('W32Time')).toBe(5);
    now += pendingMs / 2;
    expect(state('W32Time')).toBe('Stopped');
    expect(ended).toEqual([processId]);
    expect(services.find('W32Time')).toMatchObject({ processId: 0, exitCode: 0 });
    expect(services.stop('W32Time')).toBe(5);
    expect(services.pause('W32Time')).toBe(6);
    expect(services.resume('W32Time')).toBe(6);
    expect(services.interrogate('W32Time')).toBe(6);
  });

  it('starts through Start Pending', () => {
    services.stop('W32Time');
    now += pendingMs;
    expect(services.start('W32Time')).toBe(0);
    expect(state('W32Time')).toBe('Start Pending');
    expect(services.start('W32Time')).toBe(10);
    expect(services.stop('W32Time')).toBe(5);
    now += pendingMs;
    expect(state('W32Time')).toBe('Running');
    expect(services.find('W32Time')!.processId).toBeGreaterThan(0);
    expect(services.start('W32Time')).toBe(10);
  });

  it('pauses and resumes what can be paused', () => {
    expect(services.pause('Winmgmt')).toBe(0);
    expect(state('Winmgmt')).toBe('Pause Pending');
    now += pendingMs;
    expect(state('Winmgmt')).toBe('Paused');
    expect(services.pause('Winmgmt')).toBe(24);
    expect(services.resume('Winmgmt')).toBe(0);
    expect(state('Winmgmt')).toBe('Continue Pending');
    now += pendingMs;
    expect(services.resume('Winmgmt')).toBe(10);
    expect(services.pause('Spooler')).toBe(5);
  });
});

describe('rules', () => {
  it('does not stop what others need, until they are stopped', () => {
    expect(services.dependentsOf('ContosoQueue').map(({ template }) => template.name)).toEqual(['ContosoBilling']);
    expect(services.stop('ContosoQueue')).toBe(3);
    services.stop('ContosoBilling');
    expect(services.stop('ContosoQueue')).toBe(3);
    now += pendingMs;
    expect(services.stop('ContosoQueue')).toBe(0);
  });

  it('starts what a service depends on before the service', () => {
    services.stop('ContosoBilling');
    now += pendingMs;
    services.stop('ContosoQueue');
    now += pendingMs;
    expect(services.start('ContosoBilling')).toBe(0);
    expect(state('ContosoQueue')).toBe('Start Pending');
    now += pendingMs;
    expect([state('ContosoQueue'), state('ContosoBilling')]).toEqual(['Running', 'Running']);
    services.stop('ContosoBilling');
    now += pendingMs;
    services.stop('ContosoQueue');
    now += pendingMs;
    services.changeStartMode('ContosoQueue', 'Disabled');
    expect(services.start('ContosoBilling')).toBe(13);
  });

  it('knows disabled, protected, unstoppable and unknown services', () => {
    expect(services.start('WSearch')).toBe(14);
    expect(services.stop('WinDefend')).toBe(2);
    expect(services.changeStartMode('WinDefend', 'Manual')).toBe(2);
    expect(services.stop('RpcSs')).toBe(4);
    expect(services.start('NoSuch')).toBe(21);
  });

  it('changes start modes by the words of the method', () => {
    expect(services.changeStartMode('Spooler', 'automatic')).toBe(0);
    expect(services.find('Spooler')!.startMode).toBe('Auto');
    expect(services.changeStartMode('Spooler', 'Disabled')).toBe(0);
    expect(services.find('Spooler')!.startMode).toBe('Disabled');
    expect(services.changeStartMode('Spooler', 'System')).toBe(21);
    expect(services.changeStartMode('Spooler', '__proto__')).toBe(21);
  });

  it('has a service that never answers its start where the plan says so', () => {
    services = create({ ...healthy, faults: new Set(['service-fails-to-start']) });
    expect(services.find('ContosoBilling')).toMatchObject({ state: 'Stopped', startMode: 'Auto', exitCode: 1053 });
    expect(services.start('ContosoBilling')).toBe(7);
    expect(state('ContosoBilling')).toBe('Start Pending');
    now += pendingMs;
    expect(services.find('ContosoBilling')).toMatchObject({ state: 'Stopped', exitCode: 1053 });
  });

  it('has an automatic service that is stopped where the plan says so', () => {
    services = create({ ...healthy, faults: new Set(['automatic-service-stopped']) });
    const dead = services
      .all()
      .filter((record) => record.startMode === 'Auto' && record.state === 'Stopped' && record.exitCode === 1067);
    expect(dead).toHaveLength(1);
    expect(services.start(dead[0]!.template.name)).toBe(0);
  });
});

describe('reboot', () => {
  it('brings the essential ones up at once, automatic ones in turn, delayed ones last', () => {
    services.stop('Spooler');
    now += pendingMs;
    services.reboot(now);
    expect(state('WinRM')).toBe('Running');
    expect(state('RpcSs')).toBe('Running');
    const pending = services.all().filter((record) => record.state !== 'Running' && record.startMode === 'Auto');
    expect(pending.length).toBeGreaterThan(10);
    expect(state('ContosoBilling')).toBe('Stopped');
    now += pendingMs * 4;
    expect(state('Spooler')).toBe('Running');
    expect(state('ContosoBilling')).toBe('Stopped');
    now += pendingMs * 6;
    const late = services.all().filter((record) => record.startMode === 'Auto' && record.state !== 'Running');
    expect(late.map(({ template }) => template.name)).toEqual(['sppsvc']);
    expect(state('WSearch')).toBe('Stopped');
  });
});

describe('templates', () => {
  it('are at least 150 real names, unique, with a consistent graph, for every role', () => {
    for (const role of ['DC', 'SQL', 'FS', 'WEB', 'APP', 'PRN', 'BAK', 'RDS'] as const) {
      const templates = templatesFor({ role, manufacturer: 'Dell Inc.' });
      const byName = new Map(templates.map((template) => [template.name.toLowerCase(), template]));
      expect(templates.length).toBeGreaterThanOrEqual(150);
      expect(byName.size).toBe(templates.length);
      for (const template of templates) {
        expect(template.displayName).not.toBe('');
        for (const needed of template.dependsOn) {
          const other = byName.get(needed.toLowerCase());
          expect([template.name, needed, other !== undefined || isSystemDriver(needed)]).toEqual([
            template.name,
            needed,
            true,
          ]);
          // What runs has what it needs.
          if (other && template.runs)
            expect([template.name, needed, other.runs]).toEqual([template.name, needed, true]);
        }
      }
    }
  });
  it('are shared between machines of a kind', () => {
    expect(templatesFor({ role: 'APP', manufacturer: 'HPE' })).toBe(
      templatesFor({ role: 'APP', manufacturer: 'Dell Inc.' }),
    );
  });
});
