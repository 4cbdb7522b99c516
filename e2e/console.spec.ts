import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import type { Lab, LabMachine } from '../main/lab/start-lab.ts';
import { expect, type RunningConsole, test } from './fixtures.ts';
import { photograph } from './photograph.ts';
import { expectOnline, importFleet } from './steps.ts';

/** The Console by the keyboard alone. */

const prompt = (page: Page): Locator => page.getByRole('combobox', { name: /^Command line for / });
const output = (page: Page): Locator => page.getByRole('region', { name: 'Output' });
const heads = (page: Page): Locator => output(page).locator('.console-head-row');

async function openConsole(
  start: (options: { demo: boolean }) => Promise<RunningConsole>,
  fleet: readonly LabMachine[],
  name = fleet[0]!.name,
): Promise<Page> {
  const { page } = await start({ demo: false });
  await importFleet(page, fleet);
  await expectOnline(page, fleet.length);
  await page.keyboard.press('ControlOrMeta+2');
  await expect(page.getByRole('heading', { level: 1, name: 'Console' })).toBeVisible();
  await expect(page.getByRole('combobox', { name: 'Command line for localhost' })).toBeFocused();
  // A native list: its letters choose.
  const machine = page.getByRole('combobox', { name: 'Machine of the prompt' });
  await machine.focus();
  await page.keyboard.type(name);
  await expect(prompt(page)).toHaveAccessibleName(`Command line for ${name}`);
  await prompt(page).focus();
  return page;
}

/** Types a line and waits for its end; returns all of its output, from the top. */
async function run(
  page: Page,
  line: string,
  consent: Locator | null = null,
): Promise<{ exitCode: number; text: string }> {
  await page.keyboard.press('Control+l');
  await expect(heads(page)).toHaveCount(0);
  await page.keyboard.insertText(line);
  await page.keyboard.press('Enter');
  await consent?.press('Enter');
  // Only what is on the screen exists: of a long output the view tells when it is over, and its head is at the top.
  await expect(page.locator('.console')).toHaveAttribute('data-running', 'false', { timeout: 30_000 });
  await expect(output(page).locator('.console-item').first()).toBeVisible();
  await page.keyboard.press('Control+Home');
  const outcome = heads(page).last().locator('.console-outcome');
  await expect(outcome).toContainText(/exit -?\d+/);
  const exitCode = Number(/exit (-?\d+)/.exec((await outcome.textContent()) ?? '')?.[1]);
  const text = (await output(page).locator('.console-line').allTextContents()).join('\n');
  return { exitCode, text };
}

/** What the article's lines come to here; its placeholders stand for a machine of the inventory. */
const effects: readonly (readonly [line: RegExp, exitCode: number, output: RegExp])[] = [
  [/^winrm get$/i, 1, /needs a resource URI/],
  [/^winrm id/i, 0, /ProductVendor = Microsoft Corporation/],
  [/config\/listener$/i, 0, /ListeningOn = /],
  [/winrm\/config/i, 0, /AllowRemoteShellAccess = |MaxMemoryPerShellMB = /],
  [/Win32_Service\?Name=WinRM( -r:\S+)?$/i, 0, /^ {4}State = Running$|SystemName = /m],
  [/Win32_ComputerSystem$/i, 0, /TotalPhysicalMemory = \d+|Workgroup = |WakeUpType = /],
  [/FreePhysicalMemory.*-f:pretty/i, 0, /<FreePhysicalMemory>\d+<\/FreePhysicalMemory>/],
  [/FreePhysicalMemory/i, 0, /^ {4}FreePhysicalMemory = \d+$/m],
  [/LoadPercentage/i, 0, /^ {4}LoadPercentage = \d+$/m],
  [/Win32_OperatingSystem [-/]format:pretty/i, 0, /^<p:Win32_OperatingSystem [\s\S]+^ {4}<p:Caption>/m],
  [/Win32_OperatingSystem$/i, 0, /^ {4}\w+ = /m],
  [/invoke st(op|art)service .*w32time/i, 0, /^ {4}ReturnValue = 0$/m],
  [/invoke StartService .*WinRM/i, 0, /ReturnValue = 10\s+StartService returned 10: the service is already running/],
  [/invoke reboot/i, 0, /^Reboot_OUTPUT\n {4}ReturnValue = 0$/m],
];

/** The lines as they are printed in the article, without what only PowerShell or cmd.exe understands. */
function articleLines(machine: string, name = 'article-lines.txt'): readonly string[] {
  const file = new URL(`../main/winrm-command/fixtures/${name}`, import.meta.url);
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => /^\[xml\]\$\w+ = (?:cmd \/c “(.*)”|(.*))$/.exec(line)?.slice(1).find(Boolean) ?? line)
    .filter((line) => /^winr[ms] /i.test(line))
    .map((line) => line.replace(/<some (?:machine|computer)>|machinename/g, machine));
}

test('every sample line of the article, as printed, in the prompt', async ({ start, openLab }) => {
  test.setTimeout(180_000);
  const lab = await openLab({ machines: 2, pendingMs: 50 });
  const { name } = lab.machines[1]!;
  const page = await openConsole(start, lab.machines, name);
  const lines = articleLines(name);
  expect(lines).toHaveLength(23);
  for (const line of lines) {
    await test.step(line, async () => {
      const [, exitCode, expected] = effects.find(([pattern]) => pattern.test(line)) ?? [];
      expect(expected, `there is an effect for ${line}`).toBeDefined();
      const before = /invoke/.test(line) ? await bootTime(page, name) : '';
      const outcome = await run(page, line);
      expect(outcome.text).toMatch(expected!);
      expect(outcome.exitCode).toBe(exitCode);
      if (/invoke/.test(line)) await settled(page, line, name, before);
    });
  }
});

/** What those lines come to that set WinRM up and run a command. */
const setupEffects: readonly (readonly [line: RegExp, output: RegExp])[] = [
  [/^winrs .* dir$/, /Directory of C:\\Users\\Administrator/],
  [/^winrs .* msiexec/, /^$/],
  [/^winrs .* ipconfig/, /Windows IP Configuration/],
  [/^winrm q/i, /WinRM is set up for remote management over HTTP\./],
  [/^winrm create /, /^ResourceCreated$[\s\S]+Selector: Address = \*, Transport = HTTP/m],
  [/^winrm invoke Restore /, /^Restore_OUTPUT$/m],
];

test('the lines of the article that set up and run, as printed, in the prompt', async ({ start, openLab }) => {
  test.setTimeout(120_000);
  const lab = await openLab({ machines: 1, stacks: ['3.0'] });
  // A machine that has no listener for HTTP yet.
  const secure = await openLab({ machines: 1, https: true, stacks: ['3.0'] });
  const [{ name }] = lab.machines as [LabMachine];
  const other = { ...secure.machines[0]!, name: 'ONLY-HTTPS' };
  const { page } = await start({ demo: false });
  await importFleet(page, [...lab.machines, other], { pinned: true });
  await expectOnline(page, 2);
  await page.keyboard.press('ControlOrMeta+2');
  const choose = async (machine: string) => {
    await page.getByRole('combobox', { name: 'Machine of the prompt' }).selectOption({ label: machine });
    await expect(prompt(page)).toHaveAccessibleName(`Command line for ${machine}`);
    await prompt(page).focus();
  };
  await choose(name);
  const lines = articleLines(name, 'article-setup-lines.txt');
  expect(lines).toHaveLength(8);
  const question = page.getByRole('alertdialog', { name: 'Run this line?' });
  for (const line of lines) {
    await test.step(line, async () => {
      const [, expected] = setupEffects.find(([pattern]) => pattern.test(line)) ?? [];
      expect(expected, `there is an effect for ${line}`).toBeDefined();
      if (/^winrm (create|invoke)/.test(line)) await choose(other.name);
      const consent = / Restore /.test(line) ? question.getByRole('button', { name: 'Run it', exact: true }) : null;
      const outcome = await run(page, line, consent);
      expect(outcome).toEqual({ exitCode: 0, text: expect.stringMatching(expected!) });
    });
  }
});

const bootTime = async (page: Page, name: string): Promise<string> => {
  const line = `winrm get wmicimv2/Win32_OperatingSystem -fragment:LastBootUpTime -timeout:3000 -r:${name}`;
  return /\d{4}-\d\d-\d\dT[\d:.]+/.exec((await run(page, line)).text)?.[0] ?? '';
};

/** What a line has begun is over before the next one: a service that still stops cannot be started, and a machine that restarts is away. */
async function settled(page: Page, line: string, name: string, bootBefore: string): Promise<void> {
  await expect(async () => {
    if (/reboot/i.test(line)) {
      const now = await bootTime(page, name);
      expect(['', bootBefore]).not.toContain(now);
      return;
    }
    const service = /w32time/i.test(line) ? 'W32Time' : 'WinRM';
    const { text } = await run(page, `winrm get wmicimv2/Win32_Service?Name=${service} -fragment:State -r:${name}`);
    expect(text).toMatch(/stopservice/i.test(line) ? /State = Stopped/ : /State = Running/);
  }).toPass({ timeout: 30_000 });
}

test('completion, history, search and a paste of several lines', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 2 });
  const page = await openConsole(start, lab.machines);
  const [{ name: first }, { name: second }] = lab.machines as [LabMachine, LabMachine];
  await page.keyboard.insertText('winr');
  await page.keyboard.press('Tab');
  const list = page.getByRole('listbox', { name: 'What may stand here' });
  await expect(list.getByRole('option')).toHaveText([/^winrm/, /^winrs/]);
  await expect(list.getByRole('option', { selected: true })).toHaveText(/^winrm/);
  await page.keyboard.press('Tab');
  await expect(prompt(page)).toHaveValue('winrm ');
  await page.keyboard.insertText(`id -r:${second.slice(0, 4).toLowerCase()}`);
  await page.keyboard.press('Tab');
  await expect(prompt(page)).toHaveValue(new RegExp(`^winrm id -r:${second} ?$`));
  await page.keyboard.press('Enter');
  await expect(heads(page).last()).toContainText(second);
  await expect(heads(page).last()).toContainText('exit 0');

  // A value of the machine itself.
  await page.keyboard.insertText('winrm get wmicimv2/Win32_Service?Name=w32t');
  await page.keyboard.press('Tab');
  await expect(prompt(page)).toHaveValue('winrm get wmicimv2/Win32_Service?Name=W32Time ');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');

  await run(page, 'winrm help get');
  await page.keyboard.press('ArrowUp');
  await expect(prompt(page)).toHaveValue('winrm help get');
  await page.keyboard.press('ArrowUp');
  await expect(prompt(page)).toHaveValue(`winrm id -r:${second}`);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(prompt(page)).toHaveValue('');
  await page.keyboard.press('Control+r');
  await page.keyboard.insertText('id');
  await expect(page.getByRole('listbox', { name: 'History' }).getByRole('option')).toHaveText([
    `winrm id -r:${second}`,
  ]);
  await page.keyboard.press('Enter');
  await expect(prompt(page)).toHaveValue(`winrm id -r:${second}`);
  await page.keyboard.press('Escape');

  await page.keyboard.press('Control+l');
  await paste(page, `C:\\> winrm id\r\nrem a comment\r\nwinrm get\r\nwinrm id -r:${second}\r\n`);
  const dialog = page.getByRole('dialog', { name: 'Run 3 lines?' });
  await expect(dialog).toContainText(`Lines without -r go to ${first}`);
  await dialog.getByRole('button', { name: 'Run 3 lines' }).press('Enter');
  // The second one is refused, so the third does not run.
  await expect(heads(page)).toHaveCount(2);
  await expect(output(page)).toContainText('The line behind it did not run.');
  await expect(prompt(page)).toBeFocused();
});

/** As the browser does it, without the system's clipboard. */
async function paste(page: Page, text: string): Promise<void> {
  await prompt(page).evaluate((element, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', pasted);
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}

test('a password in a line stays nowhere, and a line of the history asks for it', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const page = await openConsole(start, lab.machines);
  const { user, password, name } = lab.machines[0]!;
  await page.keyboard.insertText(`winrm id -r:${name} -u:${user} -p:"${password}"`);
  await page.keyboard.press('Enter');
  await expect(heads(page).last()).toContainText('exit 0');
  await expect(heads(page).last()).toContainText(`-u:${user} -p:••••`);
  expect(await page.content()).not.toContain(password);
  await page.keyboard.press('ControlOrMeta+z');
  await expect(prompt(page)).toHaveValue('');
  await page.keyboard.press('ArrowUp');
  await expect(prompt(page)).toHaveValue(`winrm id -r:${name} -u:${user} -p:••••`);
  await page.keyboard.press('Enter');
  const answer = page.getByLabel(`Password for ${user}:`);
  await expect(answer).toBeFocused();
  await page.keyboard.insertText(password);
  await page.keyboard.press('Enter');
  await expect(heads(page)).toHaveCount(2);
  await expect(heads(page).last()).toContainText('exit 0');
  await expect(prompt(page)).toBeFocused();
  expect(await page.content()).not.toContain(password);
});

test('a tag is one table, with the dead machine as a row; equal texts are grouped, and changes are asked about', async ({
  start,
  openLab,
}) => {
  const lab: Lab = await openLab({ machines: 5 });
  const fleet = lab.machines.map((machine) => ({ ...machine, tags: ['front'] }));
  const page = await openConsole(start, fleet);
  const dead = fleet[3]!.name;
  await lab.misbehave(dead, { kind: 'refuse-connections' });
  await page.keyboard.insertText(
    `winrm e wmicimv2/* -filter:"select Name,State from Win32_Service where Name='W32Time' or Name='Spooler'" -r:@front`,
  );
  await page.keyboard.press('Enter');
  const table = output(page).getByRole('grid', { name: /^Results of winrm e / });
  await expect(table.getByRole('columnheader')).toHaveText(
    ['Machine', /Name/, /State/].map((text) => expectText(text)),
  );
  await expect(output(page)).toContainText('8 rows from 4 machines');
  await expect(output(page)).toContainText(`1 machine failed: ${dead}`);
  const failed = table.getByRole('row').filter({ hasText: dead });
  await expect(failed).toHaveCount(1);
  await expect(failed).toContainText(/refused|not answer|listen/i);

  await page.keyboard.press('Control+l');
  await page.keyboard.insertText('winrs -r:@front echo hello');
  await page.keyboard.press('Enter');
  const question = page.getByRole('alertdialog', { name: 'Run this line?' });
  for (const { name } of fleet) await expect(question).toContainText(name);
  await page.keyboard.press('Tab');
  await expect(question.getByRole('button', { name: 'Run it', exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(output(page)).toContainText('4 machines the same');
  await expect(output(page)).toContainText('4 same');
  await expect(output(page).getByRole('group').first()).toContainText('hello');
  await expect(output(page)).toContainText(`1 machine failed: ${dead}`);
});

const expectText = (text: string | RegExp): RegExp => (typeof text === 'string' ? new RegExp(`^${text}`) : text);

test('winrs reads what is typed, Ctrl+C stops it, and what could cut off the machine is asked about', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const page = await openConsole(start, lab.machines);
  await page.keyboard.insertText('winrs more');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('combobox', { name: 'Input for the command' })).toBeFocused();
  await page.keyboard.insertText('a first line');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+d');
  await expect(heads(page).last()).toContainText('exit 0');
  await expect(output(page).locator('.console-line.from-stdout', { hasText: 'a first line' })).toHaveCount(1);
  await expect(prompt(page)).toBeFocused();

  await page.keyboard.insertText('winrs ping -t 127.0.0.1');
  await page.keyboard.press('Enter');
  await expect(output(page)).toContainText('Reply from 127.0.0.1');
  await page.keyboard.press('Control+c');
  await expect(heads(page).last()).toContainText(/exit -?\d+/);

  await page.keyboard.insertText('winrm invoke StopService wmicimv2/Win32_Service?Name=WinRM');
  await page.keyboard.press('Enter');
  const question = page.getByRole('alertdialog', { name: 'Run this line?' });
  await expect(question.getByRole('button', { name: 'Do not run it' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(output(page)).toContainText('Not run.');

  // Found by the keyboard, from the prompt and back.
  await page.keyboard.press('ControlOrMeta+f');
  await page.keyboard.insertText('first line');
  await expect(page.getByRole('search')).toContainText(/\d+ of \d+/);
  await page.keyboard.press('Escape');
  await expect(prompt(page)).toBeFocused();
});

test('photographs: the Console, its answers, a tag, completion, a question', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 5 });
  const fleet = lab.machines.map((machine) => ({ ...machine, tags: ['front'] }));
  const page = await openConsole(start, fleet);
  await lab.misbehave(fleet[3]!.name, { kind: 'refuse-connections' });
  // The notice of the import goes by itself.
  await expect(page.getByText('Added 5 machines.')).toBeHidden();
  await photograph(page, 'console-empty');
  await prompt(page).focus();
  const enter = async (line: string, exitCode: number) => {
    await page.keyboard.insertText(line);
    await page.keyboard.press('Enter');
    await expect(heads(page).last()).toContainText(`exit ${exitCode}`, { timeout: 30_000 });
  };
  await enter('winrm get wmicimv2/Win32_Service?Name=WinRM', 0);
  await enter('winrm get wmicimv2/Win32_Nonsense?Name=x', 1);
  await enter('winrs hostname', 0);
  await photograph(page, 'console');
  await page.keyboard.press('Control+l');
  await enter(
    `winrm e wmicimv2/* -filter:"select Name,State from Win32_Service where Name='W32Time' or Name='Spooler'" -r:@front`,
    1,
  );
  await photograph(page, 'console-tag');
  await prompt(page).focus();
  await page.keyboard.press('Control+l');
  await page.keyboard.insertText('winrm get wmicimv2/Win32_');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('listbox').getByRole('option').first()).toBeVisible();
  await photograph(page, 'console-completion');
  await page.keyboard.press('Escape');
  await prompt(page).fill('winrm invoke StopService wmicimv2/Win32_Service?Name=WinRM');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alertdialog', { name: 'Run this line?' })).toBeVisible();
  await photograph(page, 'console-question');
});
