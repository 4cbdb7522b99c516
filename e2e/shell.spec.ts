import type { Locator, Page } from '@playwright/test';
import type { Lab, LabMachine } from '../main/lab/start-lab.ts';
import { expect, type RunningConsole, test } from './fixtures.ts';
import { photograph } from './photograph.ts';
import { expectOnline, importFleet, machineTable, openMachine } from './steps.ts';

/** The shell pane, by the keyboard. */

const screen = (page: Page, n = 0): Locator => page.locator('.shell-terminal .xterm-rows').nth(n);
const pane = (page: Page, n = 0): Locator => page.locator('.shell-pane').nth(n);
const input = (page: Page): Locator => page.getByRole('textbox', { name: /^Shell on / });

async function openRoom(
  start: (options: { demo: boolean }) => Promise<RunningConsole>,
  lab: Lab,
): Promise<{ page: Page; running: RunningConsole; machine: LabMachine }> {
  const running = await start({ demo: false });
  const { page } = running;
  const machine = lab.machines[0]!;
  await importFleet(page, lab.machines);
  await expectOnline(page, lab.machines.length);
  await openMachine(page, machine.name);
  return { page, running, machine };
}

/** By its tab: its number may change. */
const openShellRoom = (page: Page): Promise<void> =>
  page.getByRole('tab', { name: 'Shell', exact: true }).press('Enter');

/** By its key, from the overview; ready for a line. */
async function openCmd(start: (options: { demo: boolean }) => Promise<RunningConsole>, lab: Lab) {
  const opened = await openRoom(start, lab);
  await opened.page.keyboard.press('Control+Backquote');
  await expect(pane(opened.page)).toHaveAttribute('data-status', 'idle');
  await expect(input(opened.page)).toBeFocused();
  return opened;
}

async function run(page: Page, line: string): Promise<void> {
  await page.keyboard.type(line);
  await page.keyboard.press('Enter');
  // Something stands below it: right after Enter the pane still is as it was before.
  await expect.poll(async () => (await rows(page)).at(-1) ?? '').not.toContain(line);
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');
}

/** Rows with something on them, as they stand. */
const rows = async (page: Page, n = 0): Promise<string[]> =>
  (await screen(page, n).locator('> div').allTextContents())
    .map((row) => row.replaceAll('\u00a0', ' ').trimEnd())
    .filter((row) => row !== '');

test('cmd: directory and variables carry over, editing, history, search, exit codes', async ({ start, openLab }) => {
  const { page, machine } = await openCmd(start, await openLab({ machines: 1 }));
  await expect(page.getByText(/^winrs -r:.* cmd$/)).toBeVisible();
  await run(page, 'cd C:\\Setup');
  await run(page, 'set WHERE=here');
  await page.keyboard.type('echo it is %WHERX%');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('E');
  await page.keyboard.press('Home');
  await page.keyboard.press('Control+ArrowRight');
  await page.keyboard.type(' yes,');
  await page.keyboard.press('Enter');
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');
  await expect.poll(() => rows(page)).toContain('yes, it is here');
  await expect.poll(() => rows(page)).toContain('C:\\Setup>echo yes, it is %WHERE%');
  await run(page, 'type nosuch.txt');
  await expect(pane(page)).toContainText('last exit code 1');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect.poll(async () => (await rows(page)).at(-1)).toBe('C:\\Setup>echo yes, it is %WHERE%');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+r');
  await page.keyboard.type('set');
  await expect.poll(async () => (await rows(page)).at(-1)).toBe('C:\\Setup>(history: set) set WHERE=here');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await run(page, 'hostname');
  await expect.poll(() => rows(page)).toContain(machine.name);
});

test('Ctrl+C interrupts, or copies what is selected; a program that asks gets an input line and Stop', async ({
  start,
  openLab,
  isDesktop,
}) => {
  const { page, machine } = await openCmd(start, await openLab({ machines: 1 }));
  await page.keyboard.type('ping -t 127.0.0.1');
  await page.keyboard.press('Enter');
  await expect(screen(page)).toContainText('Reply from');
  await page.keyboard.press('Control+c');
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');
  await expect(screen(page)).toContainText('Control-C');

  await page.keyboard.type('set /p ANSWER=Go on (Y/N)? ');
  await page.keyboard.press('Enter');
  const bar = page.getByRole('region', { name: 'Waiting for input' });
  await expect(bar).toContainText('Go on (Y/N)?');
  await bar.getByRole('button', { name: 'Y', exact: true }).press('Enter');
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');
  await run(page, 'echo said %ANSWER%');
  await expect(screen(page)).toContainText('said Y');

  await page.keyboard.type('set /p SECRET=Password: ');
  await page.keyboard.press('Enter');
  await expect(bar).toContainText('Password:');
  await page.keyboard.type('hunter2');
  await page.keyboard.press('Enter');
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');
  await expect(screen(page)).not.toContainText('hunter2');
  await page.keyboard.press('ArrowUp');
  await expect.poll(async () => (await rows(page)).at(-1)).toMatch(/>set \/p SECRET/);
  await page.keyboard.press('Escape');

  await page.keyboard.type('set /p X=Again? ');
  await page.keyboard.press('Enter');
  await expect(bar).toContainText('Again?');
  await bar.getByRole('button', { name: 'Stop' }).press('Enter');
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');

  // With something selected the same key copies, and interrupts nothing.
  if (!isDesktop) await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.keyboard.type('ping -t 127.0.0.1');
  await page.keyboard.press('Enter');
  await expect(pane(page)).toHaveAttribute('data-status', 'running');
  // A row with something on it, wherever the lines have moved to.
  await expect(screen(page)).toContainText('Pinging');
  const row = await screen(page).locator('> div').filter({ hasText: 'Reply from' }).first().boundingBox();
  if (row === null) throw new Error('Nothing was printed.');
  await page.mouse.dblclick(row.x + 12, row.y + 8);
  await page.keyboard.press('Control+c');
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toMatch(/^\S+$/);
  await expect(pane(page)).toHaveAttribute('data-status', 'running');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+c');
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');

  await page.getByRole('button', { name: 'Who else is here…' }).press('Enter');
  const shells = page.getByRole('dialog', { name: `Remote shells on ${machine.name}` });
  await expect(shells.getByRole('listitem')).toHaveCount(1);
  await expect(shells.getByRole('listitem')).toContainText('this console');
});

test('a program that says nothing and reads is called silent after ten seconds; it takes lines in the bar and in the terminal', async ({
  start,
  openLab,
}) => {
  const { page } = await openCmd(start, await openLab({ machines: 1 }));
  await page.keyboard.type('more');
  await page.keyboard.press('Enter');
  await expect(pane(page)).toHaveAttribute('data-status', 'running');
  const bar = page.getByRole('region', { name: 'Waiting for input' });
  await expect(bar).toContainText(/^Silent.*Nothing came for 1\d s: it works, or waits for a line\./);
  await expect(pane(page)).toHaveAttribute('data-status', 'silent');
  await photograph(page, 'shell-silent');
  await bar.getByRole('textbox', { name: 'Input for the program' }).fill('from the bar');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await rows(page)).filter((row) => row === 'from the bar')).toHaveLength(2);
  // It has said something, so it is not silent; the terminal has the keyboard again.
  await expect(bar).toBeHidden();
  await expect(input(page)).toBeFocused();
  await page.keyboard.type('from the terminal');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await rows(page)).filter((row) => row === 'from the terminal')).toHaveLength(2);
  await expect(bar).toContainText('Silent');
  await bar.getByRole('button', { name: 'Stop' }).press('Enter');
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');
});

test('what a hostile target prints does nothing', async ({ start, openLab }) => {
  const { page } = await openCmd(start, await openLab({ machines: 1 }));
  const title = await page.title();
  await run(page, 'type C:\\Setup\\escapes.txt');
  await expect(screen(page)).toContainText('red after');
  expect(await page.title()).toBe(title);
  const shown = await rows(page);
  for (const word of ['before', 'title', 'clipboard', 'link', 'reports', 'screen']) expect(shown).toContain(word);
  await expect(screen(page).locator('a')).toHaveCount(0);
  // No report was typed in answer.
  expect(shown.at(-1)).toMatch(/^C:\\Users\\\w+>$/);
});

test('a paste of several lines asks first and runs them one after another; one line is only put in', async ({
  start,
  openLab,
}) => {
  const { page, machine } = await openCmd(start, await openLab({ machines: 1 }));
  const paste = (text: string) =>
    input(page).evaluate((element, pasted) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', pasted);
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    }, text);
  await paste('echo alone\r\n');
  await expect.poll(async () => (await rows(page)).at(-1)).toMatch(/>echo alone$/);
  await page.keyboard.press('Escape');
  await paste('cd C:\\Setup\r\necho first\necho second\r\n');
  const dialog = page.getByRole('dialog', { name: `Run 3 lines on ${machine.name}?` });
  await dialog.getByRole('button', { name: 'Run 3 lines' }).press('Enter');
  await expect(screen(page)).toContainText('C:\\Setup>echo second');
  await expect.poll(() => rows(page)).toEqual(expect.arrayContaining(['first', 'second']));
});

test('find, transcript, tabs, split; leaving the room and coming back finds everything', async ({ start, openLab }) => {
  const { page, machine } = await openCmd(start, await openLab({ machines: 1 }));
  await run(page, 'dir C:\\Setup');
  await page.keyboard.press('Control+f');
  await page.keyboard.type('readme');
  await expect(page.getByRole('search')).toContainText('1 of 1');
  await page.keyboard.press('Escape');
  await expect(input(page)).toBeFocused();

  const download = page.waitForEvent('download');
  await page.keyboard.press('Control+Shift+S');
  const saved = await download;
  expect(saved.suggestedFilename()).toMatch(new RegExp(`^${machine.name}-cmd-.*\\.txt$`));
  const stream = await saved.createReadStream();
  let text = '';
  for await (const piece of stream) text += String(piece);
  expect(text).toContain('>dir C:\\Setup\n');
  expect(text).toContain('readme.txt');

  await page.keyboard.press('Alt+Shift+D');
  await expect(page.locator('.shell-pane')).toHaveCount(2);
  await expect(pane(page, 1)).toHaveAttribute('data-status', 'idle');
  await page.keyboard.type('echo in the second');
  await page.keyboard.press('Enter');
  await expect(screen(page, 1)).toContainText('in the second');
  await page.keyboard.press('Alt+Shift+D');
  await expect(page.locator('.shell-pane')).toHaveCount(1);
  await page.keyboard.press('Alt+PageUp');
  await expect(screen(page)).toContainText('readme.txt');
  await page.keyboard.type('ping -n 3 127.0.0.1');
  await page.keyboard.press('Enter');

  await page.keyboard.press('Control+1');
  await expect(page.getByRole('grid', { name: 'Machines', exact: true })).toBeVisible();
  await page.keyboard.press('Control+2');
  await page.goBack();
  await page.goBack();
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');
  await expect(screen(page)).toContainText('Packets: Sent = 3');
  await expect(page.getByRole('tablist', { name: /^Shells on / }).getByRole('tab')).toHaveCount(2);
});

test('a line that is cut comes back as the same shell, or is said to be lost; never a frozen pane', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const { page, machine } = await openCmd(start, lab);
  await run(page, 'set KEPT=still here');
  await lab.misbehave(machine.name, { kind: 'refuse-connections' });
  await expect(pane(page)).toHaveAttribute('data-status', 'lost');
  await expect(pane(page)).toContainText('Session lost');
  await lab.misbehave(machine.name, null);
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');
  await run(page, 'echo %KEPT%');
  await expect(screen(page)).toContainText('the same shell');
  await expect(screen(page)).toContainText('still here');

  await lab.misbehave(machine.name, { kind: 'fault', code: 2150858843, action: 'Receive' });
  await page.keyboard.type('echo gone');
  await page.keyboard.press('Enter');
  await expect(pane(page)).toHaveAttribute('data-status', 'ended');
  await expect(screen(page)).toContainText('still here');
  await lab.misbehave(machine.name, null);
  await page.getByRole('button', { name: 'Open again' }).press('Enter');
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');
});

test('photographs: the shell room', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await openRoom(start, lab);
  await openShellRoom(page);
  await expect(page.getByRole('heading', { name: /^A shell on/ })).toBeVisible();
  await photograph(page, 'shell-none');
  await page.keyboard.press('Control+Backquote');
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');
  await run(page, 'sc query W32Time');
  await run(page, 'dir C:\\Setup');
  await run(page, 'type nosuch.txt');
  await page.keyboard.type('echo not sent yet');
  await photograph(page, 'shell-cmd');
  await page.keyboard.press('Escape');
  await page.keyboard.type('set /p ANSWER=Go on (Y/N)? ');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Waiting for input' })).toBeVisible();
  await photograph(page, 'shell-cmd-waiting');
  await page.keyboard.press('Control+c');
  await page.keyboard.press('Alt+Shift+D');
  await expect(pane(page, 1)).toHaveAttribute('data-status', 'idle');
  await photograph(page, 'shell-split');
});

test('a line on 20 machines: what they say alike is one group, what differs shows how, and the dead one says why', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 20 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 20);
  const dead = lab.machines[7]!.name;
  await lab.misbehave(dead, { kind: 'refuse-connections' });
  await machineTable(page).getByRole('row').nth(1).focus();
  await page.keyboard.press('Control+a');
  await expect(page.getByRole('toolbar', { name: '20 selected machines' })).toBeVisible();
  await page.keyboard.press('l');
  const dialog = page.getByRole('dialog', { name: 'Run a line on 20 machines' });
  await expect(dialog.getByRole('textbox', { name: 'Line to run' })).toBeFocused();
  await expect(dialog).toContainText(lab.machines[0]!.name);
  await page.keyboard.type('echo same everywhere');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('status')).toHaveText(/19 same · 1 failed/);
  await expect(dialog).toContainText('same everywhere');
  await expect(dialog.locator('.broadcast-failed')).toContainText(dead);
  await lab.misbehave(dead, null);

  await dialog.getByRole('textbox', { name: 'Line to run' }).fill('echo the same & ver');
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('status')).toHaveText(/\d+ same, \d+ differ$/);
  await expect(dialog.locator('[data-diff="more"]').first()).toContainText('Microsoft Windows [Version');
  await expect(dialog.locator('[data-diff="same"]').first()).toContainText('the same');
  await photograph(page, 'shell-broadcast');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});

/** A PowerShell, by the keyboard: from the room's first button. */
async function openPowerShell(start: (options: { demo: boolean }) => Promise<RunningConsole>, lab: Lab) {
  const opened = await openRoom(start, lab);
  await openShellRoom(opened.page);
  await opened.page.getByRole('button', { name: 'Open PowerShell' }).press('Enter');
  await expect(pane(opened.page)).toHaveAttribute('data-status', 'idle');
  await expect(input(opened.page)).toBeFocused();
  return opened;
}

test('PowerShell: a runspace that keeps variables, questions with their forms, secrets that are kept nowhere, Ctrl+C', async ({
  start,
  openLab,
}) => {
  const { page } = await openPowerShell(start, await openLab({ machines: 1, stacks: ['3.0'] }));
  await expect(page.getByText(/^Enter-PSSession -ComputerName /)).toBeVisible();
  await run(page, '$kept = 41');
  await run(page, '$kept');
  await expect.poll(() => rows(page)).toContain('41');
  await run(page, 'Get-Service W32Time');
  await expect(screen(page)).toContainText('Status');
  await run(page, 'Write-Warning careful');
  await expect(screen(page)).toContainText('WARNING: careful');

  await page.keyboard.type('Invoke-LabScenario ask');
  await page.keyboard.press('Enter');
  const form = page.getByRole('form', { name: 'Waiting for input' });
  await expect(form.getByRole('textbox', { name: 'Input' })).toBeFocused();
  await page.keyboard.type('a line');
  await page.keyboard.press('Enter');
  await expect(form.locator('input[type="password"]')).toBeFocused();
  await page.keyboard.type('s3cret-word');
  await page.keyboard.press('Enter');
  await expect(form).toContainText('Restart the machine now?');
  await expect(form.getByRole('button', { name: 'No' })).toBeFocused();
  await photograph(page, 'shell-question');
  await form.getByRole('button', { name: 'Later' }).press('Enter');
  await expect(form).toContainText('Which parts?');
  await form.getByRole('button', { name: 'Database' }).press('Enter');
  await expect(form.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type('anna');
  await page.keyboard.press('Tab');
  await page.keyboard.type('3');
  await page.keyboard.press('Tab');
  await page.keyboard.type('1234');
  await page.keyboard.press('Enter');
  await expect(form).toContainText('For the share:');
  await page.keyboard.press('Tab');
  await page.keyboard.type('hunter2');
  await page.keyboard.press('Enter');
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');
  await expect(screen(page)).toContainText('secret of 11 characters');
  await expect(screen(page)).toContainText('choice: 2');
  await expect(input(page)).toBeFocused();
  expect(await page.content()).not.toMatch(/s3cret-word|hunter2/);

  await page.keyboard.type('Start-Sleep 3600');
  await page.keyboard.press('Enter');
  await expect(pane(page)).toHaveAttribute('data-status', 'running');
  await page.keyboard.press('Control+c');
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');
  await run(page, '$kept + 1');
  await expect.poll(() => rows(page)).toContain('42');
});

test('PowerShell: progress is a bar, the last result a table of its objects; a line that is cut is taken up again', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1, stacks: ['3.0'] });
  const { page, machine } = await openPowerShell(start, lab);
  await page.keyboard.type('Invoke-LabScenario progress');
  await page.keyboard.press('Enter');
  await expect(pane(page).getByRole('progressbar').first()).toBeVisible();
  await photograph(page, 'shell');
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');
  await expect(pane(page).getByRole('progressbar')).toHaveCount(0);
  await run(page, 'Get-Service');
  await page.getByRole('toolbar', { name: 'Shell' }).getByRole('button', { name: 'As a table' }).press('Enter');
  const table = page.getByRole('table');
  await expect(table.getByRole('columnheader', { name: 'DisplayName' })).toBeVisible();
  await expect(table.getByRole('cell', { name: 'W32Time', exact: true }).first()).toBeAttached();
  await photograph(page, 'shell-table');
  await page.getByRole('button', { name: 'Close the table' }).press('Enter');
  await input(page).focus();

  await run(page, '$kept = 5');
  await lab.misbehave(machine.name, { kind: 'refuse-connections' });
  await expect(pane(page)).toHaveAttribute('data-status', 'lost');
  await lab.misbehave(machine.name, null);
  await expect(pane(page)).toHaveAttribute('data-status', 'idle');
  await run(page, '$kept + 1');
  await expect.poll(() => rows(page)).toContain('6');
  await page.keyboard.type('exit');
  await page.keyboard.press('Enter');
  await expect(pane(page)).toHaveAttribute('data-status', 'ended');
});
