import { readFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import type { LabMachine } from '../main/lab/start-lab.ts';
import { expect, test } from './fixtures.ts';
import { expectNamed } from './names.ts';
import { photograph } from './photograph.ts';
import { expectOnline, fillMachine, importFleet, machineRow, testPanel } from './steps.ts';

const heading = (page: Page, name: string): Locator =>
  page.getByRole('heading', { level: 1, name: `Diagnose ${name}` });
const step = (page: Page, title: string): Locator =>
  page
    .getByRole('list', { name: 'Steps' })
    .getByRole('listitem')
    .filter({ hasText: new RegExp(`^(Passed|Failed|Skipped|Running)?${title}`) });
const verdict = (page: Page): Locator => page.locator('[data-cause]');

/** The first of them by another address. */
const away = (machines: readonly LabMachine[], address: string): readonly LabMachine[] =>
  machines.map((machine, n) => (n === 0 ? { ...machine, address } : machine));

/** Moves the focus by Tab until it is there. */
async function tabTo(page: Page, target: Locator, most = 40): Promise<void> {
  for (let n = 0; n < most; n += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  await expect(target).toBeFocused();
}

async function find(page: Page, text: string, first: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.type(text);
  await expect(page.getByRole('dialog', { name: 'Palette' }).getByRole('option', { selected: true })).toContainText(
    first,
  );
}

test('by keyboard: from the list to the cause, the fix in the clipboard, the report as a file', async ({
  start,
  openLab,
  isDesktop,
}) => {
  const lab = await openLab({ machines: 2 });
  await lab.misbehave('HQ-DC01', { kind: 'refuse-connections' });
  const { page } = await start({ demo: false });
  if (!isDesktop) await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  // A way of writing 127.0.0.1 that is no loopback address to look at: as far as the console knows, a machine on the network.
  await importFleet(page, away(lab.machines, '127.1'));
  await expect(machineRow(page, 'HQ-DC01').getByRole('img', { name: 'Unreachable' })).toBeVisible();

  await machineRow(page, 'HQ-DC01').focus();
  await page.keyboard.press('F8');
  await expect(heading(page, 'HQ-DC01')).toBeVisible();
  await expect(verdict(page)).toHaveAttribute('data-cause', 'port-refused');
  await expect(verdict(page)).toContainText('of 127.1');
  await expect(step(page, 'TCP')).toHaveAttribute('data-state', 'failed');
  await expect(step(page, 'Authenticate')).toHaveAttribute('data-state', 'skipped');
  // No password was offered to anybody.
  expect((await lab.statistics('HQ-DC01')).handshakes).toBe(0);

  const copy = page
    .getByRole('complementary', { name: 'What to do' })
    .getByRole('button', { name: /^Copy / })
    .first();
  await tabTo(page, copy);
  await page.keyboard.press('Enter');
  const command = (await copy.getAttribute('aria-label'))?.replace(/^Copy /, '');
  await expect(page.getByText('Copied')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(command);
  expect(command).toMatch(/winrm|netstat|sc |Get-/);

  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { level: 1, name: 'HQ-DC01' })).toBeVisible();

  // The result outlives leaving the room.
  await page.goBack();
  await expect(verdict(page)).toHaveAttribute('data-outcome', 'fails');
  const menu = page.getByRole('button', { name: 'Markdown' });
  await tabTo(page, menu);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Save as a file' })).toBeFocused();
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  expect(download.suggestedFilename()).toMatch(/^diagnosis-HQ-DC01-[\d-]+\.md$/);
  const text = await readFile(await download.path(), 'utf8');
  expect(text).toContain('# Diagnosis of HQ-DC01');
  expect(text).toContain('**TCP**: failed');

  // Mended, the next run gets further.
  await lab.misbehave('HQ-DC01', null);
  await page.keyboard.press('F5');
  await expect(step(page, 'TCP')).toHaveAttribute('data-state', 'passed');
  await expect(verdict(page)).not.toHaveAttribute('data-cause', 'port-refused');
  await expectNamed(page, 12);
});

test('a wrong password: from the banner and from the palette; one attempt each, and the way to mend it', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines, { password: 'not-it' });
  await expect(machineRow(page, 'HQ-DC01').getByRole('img', { name: /^Sign-in refused/ })).toBeVisible();
  expect((await lab.statistics('HQ-DC01')).refusals).toBe(1);

  await find(page, 'diagnose dc01', 'Diagnose HQ-DC01');
  await page.keyboard.press('Enter');
  await expect(verdict(page)).toHaveAttribute('data-outcome', 'fails');
  await expect(step(page, 'Authenticate')).toHaveAttribute('data-state', 'failed');
  await expect(step(page, 'Authenticate')).toContainText(/refused|rejected/i);
  await expect(step(page, 'Shell')).toHaveAttribute('data-state', 'skipped');
  const refusals = (await lab.statistics('HQ-DC01')).refusals;
  expect(refusals).toBe(2);

  await page.keyboard.press('Escape');
  const banner = page.getByRole('alert').getByRole('button', { name: 'Diagnose' });
  await tabTo(page, banner);
  await page.keyboard.press('Enter');
  await expect(heading(page, 'HQ-DC01')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Result' })).toHaveAttribute('aria-busy', 'false');
  await expect(step(page, 'Authenticate')).toHaveAttribute('data-state', 'failed');

  const mend = page.getByRole('button', { name: 'Change how it signs in…' });
  await tabTo(page, mend);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Settings of HQ-DC01' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(mend).toBeFocused();
});

test('a silent machine: running steps are seen, Stop ends it, and leaving the room does not', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await lab.misbehave('HQ-DC01', { kind: 'silence' });
  await machineRow(page, 'HQ-DC01').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('tab', { name: 'Overview' })).toBeFocused();
  await page.keyboard.press('F8');
  await expect(step(page, 'HTTP answer is WS-Man')).toHaveAttribute('data-state', 'running');
  const stop = page.getByRole('button', { name: 'Stop', exact: true });
  await tabTo(page, stop);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Stopped before there was a result.')).toBeVisible();

  await page.keyboard.press('F5');
  await expect(step(page, 'TCP')).toHaveAttribute('data-state', 'passed');
  await page.keyboard.press('ControlOrMeta+2');
  await expect(page.getByRole('heading', { level: 1, name: 'Console' })).toBeVisible();
  await page.goBack();
  await expect(verdict(page)).toHaveAttribute('data-outcome', 'fails');
  await expect(step(page, 'Authenticate')).toHaveAttribute('data-state', 'failed');
});

test('second opinion: who was asked, what each said, and whose fault it is; the way back', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 3 });
  const { page } = await start({ demo: false });
  // One of them by another name of the same loopback: witnesses must be other machines.
  await importFleet(page, away(lab.machines, 'localhost'));
  await expectOnline(page, 3);
  await lab.misbehave('HQ-DC01', { kind: 'refuse-connections' });
  await find(page, 'diagnose hq-dc01', 'Diagnose HQ-DC01');
  await page.keyboard.press('Enter');
  await expect(verdict(page)).toHaveAttribute('data-outcome', 'fails');

  const ask = page.getByRole('button', { name: 'Ask other machines' });
  await tabTo(page, ask);
  await page.keyboard.press('Enter');
  const asked = page.getByRole('list', { name: 'Who was asked' });
  await expect(asked.getByRole('listitem')).toHaveCount(3);
  await expect(asked).toContainText('This computer');
  await expect(asked).toContainText('BRS-SQL01');
  await expect(asked).toContainText('FRA-FS01');
  await expect(page.locator('[data-verdict]')).toContainText(/localhost/);

  await lab.misbehave('HQ-DC01', null);
  const other = page.getByRole('textbox', { name: 'Machine for the way back' });
  await tabTo(page, other);
  await page.keyboard.type('brs-sql01 & calc');
  await expect(page.getByText('It must be a host name or an address.')).toBeVisible();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('brs-sql01');
  await page.keyboard.press('Enter');
  await expect(step(page, 'The way back')).toHaveAttribute('data-state', /passed|failed/);
  await expect(step(page, 'Shell')).toHaveAttribute('data-state', 'passed');
});

test('from the Add dialog, by keyboard: the cause, its candidates and a command to copy, before anything is saved', async ({
  start,
  openLab,
  isDesktop,
}) => {
  const lab = await openLab({ machines: 1 });
  const [machine] = lab.machines;
  if (machine === undefined) throw new Error('The lab is empty.');
  await lab.misbehave(machine.name, { kind: 'refuse-connections' });
  const { page } = await start({ demo: false });
  if (!isDesktop) await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.keyboard.press('a');
  const dialog = page.getByRole('dialog', { name: 'Add a machine' });
  await fillMachine(dialog, { address: '127.1', port: machine.port, user: machine.user, password: machine.password });
  await dialog.getByLabel('Port', { exact: true }).press('Enter');
  const panel = testPanel(dialog);
  await expect(panel.getByRole('status')).toContainText('stopped at TCP');
  await expect(panel.locator('[data-cause]')).toHaveAttribute('data-cause', 'port-refused');
  const copy = panel.getByRole('button', { name: /^Copy / }).first();
  await tabTo(page, copy);
  await page.keyboard.press('Enter');
  const command = (await copy.getAttribute('aria-label'))?.replace(/^Copy /, '');
  await expect(panel.getByText('Copied')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(command);
  await expect(dialog).toContainText('No password left this computer.');
  await photograph(page, 'add-machine-refused');
});

test('photographs: diagnose', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 3 });
  const { page } = await start({ demo: false });
  await importFleet(page, away(lab.machines, 'localhost'));
  await expectOnline(page, 3);
  await machineRow(page, 'HQ-DC01').focus();
  await page.keyboard.press('F8');
  await expect(verdict(page)).toHaveAttribute('data-cause', 'works');
  for (const title of ['Name resolution', 'Authenticate', 'Win32_Service\\?Name=WinRM', 'Shell']) {
    await expect(step(page, title)).toHaveAttribute('data-state', 'passed');
  }
  await photograph(page, 'diagnose-works');
  await lab.misbehave('HQ-DC01', { kind: 'refuse-connections' });
  await page.keyboard.press('F5');
  await expect(verdict(page)).toHaveAttribute('data-outcome', 'fails');
  await find(page, 'ask other', 'Ask other machines');
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-verdict]')).toBeVisible();
  await photograph(page, 'diagnose-refused');
  await page.keyboard.press('Escape');
  await photograph(page, 'machine-unreachable-diagnose');
});
