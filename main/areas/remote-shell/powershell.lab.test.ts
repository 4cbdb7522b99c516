import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ShellEvent } from '../../../shared/contract/remote-shell.ts';
import { type ConsoleOverLab, startConsoleOverLab } from '../../console-over-lab.test-suite.ts';
import { openTestWindow, type TestWindow } from './shell-test-window.ts';

let { lab, it, ids, close } = {} as ConsoleOverLab;
const windows: TestWindow[] = [];
beforeAll(async () => {
  const options = { client: { connectTimeoutMs: 2000 } };
  ({ lab, it, ids, close } = await startConsoleOverLab({ machines: 2, stacks: ['3.0'] }, { options }));
});
afterAll(async () => {
  for (const window of windows) window.channel.cancel();
  await close?.();
});

async function opened(machine = 0, options: Parameters<typeof openTestWindow>[2] = {}): Promise<TestWindow> {
  const window = openTestWindow(it.client, ids[machine]!, { kind: 'powershell', ...options });
  windows.push(window);
  await Promise.race([
    window.until((now) => now.idles > 0, 'a prompt'),
    window.ended.then(() => Promise.reject(new Error(`It ended: ${JSON.stringify(window.events)}`))),
  ]);
  return window;
}

type Question = Extract<ShellEvent, { kind: 'question' }>;
const lastQuestion = ({ events }: TestWindow): Question | undefined =>
  events.findLast((event): event is Question => event.kind === 'question');

/** Waits for the next question, says something to it. */
async function answer(window: TestWindow, after: number, answers: readonly string[] | null): Promise<Question> {
  await window.until((now) => (lastQuestion(now)?.question ?? 0) > after, `question ${after + 1}`);
  const question = lastQuestion(window)!;
  await window.channel.send({ kind: 'answer', question: question.question, answers: answers && [...answers] });
  return question;
}

test('lines run in one runspace, formatted there; errors, warnings and the prompt are told apart', async () => {
  const window = await opened();
  expect(window.events[0]).toMatchObject({ kind: 'opened', shell: 'powershell', by: 'psrp', codePage: null });
  expect(window.text()).toMatch(/PowerShell \d+\.\d+[\d.]*, PSRP 2\.3, runspace [0-9a-f]{4}\r\nPS C:\\[^>]+> $/);
  await window.run('$kept = 41');
  expect(await window.run('$kept')).toMatch(/^41\r\n/);
  const table = await window.run('Get-Service W32Time');
  expect(table).toMatch(/Status +Name +DisplayName/);
  expect(table).toContain('W32Time');
  await window.run('cd C:\\Setup');
  expect(window.events.findLast(({ kind }) => kind === 'prompt')).toEqual({ kind: 'prompt', directory: 'C:\\Setup' });
  await window.run('Write-Warning careful');
  expect(window.text('warning')).toBe('WARNING: careful\r\n');
  await window.run('Write-Error broken');
  expect(window.text('stderr')).toContain('broken');
  await window.run('Get-Nonsense');
  expect(window.text('stderr')).toContain('Get-Nonsense');
});

test('what a script asks becomes a question with its form; secrets stay out of every text, and Stop is an answer', async () => {
  const window = await opened();
  await window.type('Invoke-LabScenario ask');
  expect(await answer(window, 0, ['a line'])).toMatchObject({ form: 'fields', fields: [{ isSecret: false }] });
  expect(await answer(window, 1, ['s3cret!'])).toMatchObject({ form: 'fields', fields: [{ isSecret: true }] });
  expect(await answer(window, 2, ['2'])).toMatchObject({
    form: 'choice',
    title: 'Restart',
    choices: [{ label: 'Yes', key: 'Y' }, { label: 'No' }, { label: 'Later' }],
    preset: 1,
  });
  await answer(window, 3, ['0', '2']);
  const fields = await answer(window, 4, ['anna', '3', '1234']);
  expect(fields.form === 'fields' && fields.fields.map(({ isSecret }) => isSecret)).toEqual([false, false, true]);
  await window.until(({ events }) => (lastQuestion({ events } as TestWindow)?.question ?? 0) > 5, 'the credential');
  const { idles } = window;
  await answer(window, 5, ['CORP\\svc', 'hunter2']);
  await window.until((now) => now.idles > idles, 'the end');
  const text = window.text();
  expect(text).toContain('line: a line\r\n');
  expect(text).toContain('secret of 7 characters\r\n');
  expect(text).toContain('choice: 2\r\n');
  expect(text).toContain('fields: anna, 3, 4 characters\r\n');
  expect(text).not.toMatch(/s3cret!|1234|hunter2/);
  expect(it.frames.join('')).not.toMatch(/s3cret!|hunter2/);

  await window.type('Read-Host');
  await answer(window, 6, null);
  await window.until((now) => now.idles > idles + 1, 'the end of Read-Host');
  // A line that is typed while one is read is its answer.
  await window.type('$typed = Read-Host');
  await window.until((now) => (lastQuestion(now)?.question ?? 0) > 7, 'a question');
  await window.type('by the terminal');
  await window.until((now) => now.idles > idles + 2, 'the end');
  expect(await window.run('$typed')).toContain('by the terminal\r\n');
});

test('progress comes as records, the last result as a table, and nothing is run again for it', async () => {
  const window = await opened();
  await window.run('Invoke-LabScenario progress');
  const progress = window.events.filter((event) => event.kind === 'progress');
  expect(progress.length).toBeGreaterThan(1);
  expect(progress.some(({ percent }) => percent !== null && percent > 0)).toBe(true);
  await window.run('Get-Service');
  expect(window.events.findLast(({ kind }) => kind === 'objects')).toEqual({ kind: 'objects', isKept: true });
  await window.channel.send({ kind: 'table' });
  await window.until(({ events }) => events.some(({ kind }) => kind === 'table'), 'a table');
  const table = window.events.find((event) => event.kind === 'table')!;
  expect(table.columns).toEqual(expect.arrayContaining(['Name', 'Status', 'DisplayName']));
  expect(table.rows.length).toBeGreaterThan(20);
  expect(table.rows.some((row) => row[table.columns.indexOf('Name')] === 'W32Time')).toBe(true);
});

test('Ctrl+C stops a flood and what sleeps; the runspace lives on', async () => {
  const window = await opened(1);
  await window.run('$kept = 7');
  for (const line of ['Start-Sleep 3600', 'Invoke-LabScenario flood']) {
    const { idles } = window;
    await window.type(line);
    await window.until((now) => now.events.findLast(({ kind }) => kind === 'state')?.kind === 'state', 'running');
    if (line.includes('flood')) {
      const { bytes } = window;
      await window.until((now) => now.bytes > bytes + 10_000, 'output');
    }
    await window.channel.send({ kind: 'interrupt', signal: 'ctrl_c' });
    await window.until((now) => now.idles > idles, `the end of ${line}`);
  }
  expect(await window.run('$kept')).toMatch(/7\r\n/);
});

test('an endpoint of JEA takes commands with arguments and says no to scripts; one that is not there is refused', async () => {
  const window = await opened(0, { configurationName: 'Windeck.Restricted' });
  expect(window.text()).toContain('Windeck.Restricted');
  expect(await window.run('Get-Service -Name W32Time | Select-Object Name')).toContain('W32Time');
  await window.run('$x = 1');
  expect(window.text('stderr')).toMatch(/no-language|not supported|not recognized/i);
  const gone = openTestWindow(it.client, ids[0]!, { kind: 'powershell', configurationName: 'No.Such' });
  await expect(gone.ended).rejects.toMatchObject({ problem: { message: expect.stringContaining('No.Such') } });
});

test('exit ends it with its code', async () => {
  const window = await opened(1);
  await window.type('exit 4');
  await window.ended;
  expect(window.events.at(-1)).toEqual({ kind: 'ended', exitCode: 4, problem: null });
});

test('a line that is cut is taken up again with the runspace as it was', async () => {
  const window = await opened(1);
  await window.run('$kept = 5');
  const { name } = lab.machines[1]!;
  await lab.misbehave(name, { kind: 'refuse-connections' });
  await window.until((now) => now.events.some((event) => event.kind === 'state' && event.state === 'lost'), 'lost');
  await lab.misbehave(name, null);
  await window.until(
    ({ events }) =>
      events.some(({ kind }) => kind === 'resumed') &&
      events.findLast((event) => event.kind === 'state')?.state === 'idle',
    'resumed',
    30_000,
  );
  expect(await window.run('$kept')).toMatch(/5\r\n/);
});

test('a machine without a PowerShell endpoint gets a powershell.exe per line, and that is said', async () => {
  await lab.misbehave(lab.machines[0]!.name, { kind: 'fault', code: 2150858752, action: 'Create', times: 1 });
  const window = await opened(0);
  expect(window.events[0]).toMatchObject({ kind: 'opened', shell: 'powershell', by: 'lines' });
  expect(window.text('warning')).toContain('Each line is a process of its own');
  expect(await window.run('Get-Service W32Time')).toContain('W32Time');
  await window.run('cd C:\\Setup');
  expect(await window.run('1 + 1')).toMatch(/^2\r\nPS C:\\Setup> $/);
  await window.run('Get-Nonsense');
  expect(window.text('stderr')).toContain('Get-Nonsense');
  const { idles } = window;
  await window.type('Start-Sleep 3600');
  await window.until((now) => now.events.findLast(({ kind }) => kind === 'state')?.kind === 'state', 'running');
  await window.channel.send({ kind: 'interrupt', signal: 'ctrl_c' });
  await window.until((now) => now.idles > idles, 'the end');
  await window.type('exit 2');
  await window.ended;
  expect(window.events.at(-1)).toEqual({ kind: 'ended', exitCode: 2, problem: null });
});
