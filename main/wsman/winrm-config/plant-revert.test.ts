import { describe, expect, it } from 'vitest';
import { createClientOver } from '../client.ts';
import { type Answer, fakePool, faultAnswer, target } from '../fake-pool.ts';
import { ns, wmi } from '../namespaces.ts';
import { childText, descend, parseXml } from '../xml.ts';
import { findRevertMeans, plantRevert, removeRevert } from './plant-revert.ts';

const items = (xml: string): string =>
  `<n:EnumerateResponse xmlns:n="${ns.enumeration}"><n:EnumerationContext/><w:Items>${xml}</w:Items><w:EndOfSequence/></n:EnumerateResponse>`;
const noClass: Answer = (asked) => faultAnswer(asked, 'DestinationUnreachable', 2150858752);
const output = (className: string, method: string, inner: string, namespace?: string): string =>
  `<p:${method}_OUTPUT xmlns:p="${wmi(className, namespace)}">${inner}<p:ReturnValue>0</p:ReturnValue></p:${method}_OUTPUT>`;
const tasks = 'root/Microsoft/Windows/TaskScheduler';
const task = (name: string): string =>
  `<p:MSFT_ScheduledTask xmlns:p="${wmi('MSFT_ScheduledTask', tasks)}"><p:TaskName>${name}</p:TaskName></p:MSFT_ScheduledTask>`;
const clock = `<p:Win32_OperatingSystem xmlns:p="${wmi('Win32_OperatingSystem')}" xmlns:cim="${ns.cim}"><p:LocalDateTime><cim:Datetime>2030-05-06T07:08:09.5+02:00</cim:Datetime></p:LocalDateTime></p:Win32_OperatingSystem>`;
const plan = {
  lines: ['net start WinRM', 'winrm set winrm/config @{MaxTimeoutms="60000"}'],
  delayMs: 120_000,
  label: 'x1',
};

describe('the means', () => {
  it.each([
    ['scheduled-task', [items('')]],
    ['scheduled-job', [noClass, items('')]],
    ['process', [noClass, noClass, items('')]],
    [null, [noClass, noClass, noClass]],
  ] as const)('%s', async (means, answers) => {
    expect(await findRevertMeans(createClientOver(fakePool(...answers), target))).toBe(means);
  });
});

describe('planting', () => {
  it('a task: once, as SYSTEM, by the clock of the machine, gone by itself', async () => {
    const registered = output('PS_ScheduledTask', 'RegisterByXml', '', tasks);
    const pool = fakePool(clock, registered, items(task('Revert WinRM x1')));
    const planted = await plantRevert(createClientOver(pool, target), 'scheduled-task', plan);
    expect([planted.means, planted.name]).toEqual(['scheduled-task', 'Revert WinRM x1']);
    const input = pool.asked[1]!.soap.body!;
    expect([childText(input, 'TaskName'), childText(input, 'TaskPath'), childText(input, 'Force')]).toEqual([
      'Revert WinRM x1',
      '\\Windeck\\',
      'true',
    ]);
    const xml = parseXml(childText(input, 'Xml')!);
    const text = (...path: string[]) => descend(xml, ...path)?.text;
    // 07:08:09.5 there, two minutes later, whole seconds, never too early.
    expect(text('Triggers', 'TimeTrigger', 'StartBoundary')).toBe('2030-05-06T05:10:10Z');
    expect(text('Principals', 'Principal', 'UserId')).toBe('S-1-5-18');
    expect(text('Settings', 'StartWhenAvailable')).toBe('true');
    expect(text('Settings', 'DeleteExpiredTaskAfter')).toBe('PT1H');
    expect(text('Actions', 'Exec', 'Command')).toBe('cmd.exe');
    expect(text('Actions', 'Exec', 'Arguments')).toBe(
      '/d /s /c "net start WinRM & call winrm set winrm/config @{MaxTimeoutms="60000"} & schtasks /delete /tn "\\Windeck\\Revert WinRM x1" /f"',
    );
  });

  it('a task that is not there afterwards is no task', async () => {
    const pool = fakePool(clock, output('PS_ScheduledTask', 'RegisterByXml', '', tasks), items(''));
    await expect(plantRevert(createClientOver(pool, target), 'scheduled-task', plan)).rejects.toThrow('is not there');
  });

  it('a job: at the next full minute that leaves the time', async () => {
    const pool = fakePool(clock, output('Win32_ScheduledJob', 'Create', '<p:JobId>7</p:JobId>'));
    const before = Date.now();
    const planted = await plantRevert(createClientOver(pool, target), 'scheduled-job', plan);
    expect(planted.name).toBe('7');
    // 07:10:09.5 there would be two minutes from now; it begins 50.5 seconds after that, and is over for us by then.
    expect(planted.dueAt - before).toBeGreaterThanOrEqual(170_500);
    expect(planted.dueAt - Date.now()).toBeLessThanOrEqual(170_500);
    expect(pool.asked[1]!.body).toContain(
      '<cim:Datetime xmlns:cim="http://schemas.dmtf.org/wbem/wscim/1/common">2030-05-06T05:11:00.000Z',
    );
  });

  it('a process of its own, which waits by itself and is ended to take it away', async () => {
    const created = output('Win32_Process', 'Create', '<p:ProcessId>4711</p:ProcessId>');
    const pool = fakePool(created, output('Win32_Process', 'Terminate', ''));
    const client = createClientOver(pool, target);
    const planted = await plantRevert(client, 'process', plan);
    expect(childText(pool.asked[0]!.soap.body!, 'CommandLine')).toBe(
      'cmd.exe /d /s /c "ping -n 121 127.0.0.1 >nul & net start WinRM & call winrm set winrm/config @{MaxTimeoutms="60000"}"',
    );
    expect(await removeRevert(client, planted)).toBe(true);
    expect(pool.asked[1]!.soap.selectors).toEqual([['Handle', '4711']]);
  });

  it('a job that has gone already counts as taken away', async () => {
    const pool = fakePool(noClass);
    const gone = removeRevert(createClientOver(pool, target), { means: 'scheduled-job', name: '7', dueAt: 0 });
    expect(await gone).toBe(true);
  });
});
