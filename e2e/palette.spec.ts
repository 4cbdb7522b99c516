import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { photograph } from './photograph.ts';
import { expectOnline, importFleet, machineRow, machineTable, serviceRow } from './steps.ts';

const palette = (page: Page): Locator => page.getByRole('dialog', { name: 'Palette' });
const box = (page: Page): Locator => palette(page).getByRole('combobox');
const active = (page: Page): Locator => palette(page).getByRole('option', { selected: true });

/** Opens the palette and types, by the keyboard only; returns when the first thing found is this. */
async function find(page: Page, text: string, first: string | RegExp): Promise<void> {
  await page.keyboard.press('ControlOrMeta+k');
  // Without waiting: who has pressed its keys types on.
  await page.keyboard.type(text);
  await expect(box(page)).toHaveValue(text);
  await expect(active(page)).toContainText(first);
}

test('by keyboard: a machine, its room, a service, an action with its dialog, a line for the Console', async ({
  start,
}) => {
  const { page } = await start();
  await expectOnline(page, 12);

  await find(page, 'hqsql', 'HQ-SQL02');
  await expect(active(page).locator('mark')).toHaveText(['HQ', 'SQL']);
  await page.keyboard.press('Enter');
  await expect(palette(page)).toBeHidden();
  await expect(page.getByRole('heading', { level: 1, name: 'HQ-SQL02' })).toBeVisible();

  // A room of the machine that is open.
  await find(page, 'winrm of', 'WinRM of HQ-SQL02');
  await expect(active(page).locator('kbd').first()).toHaveText(/^\d$/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('tab', { name: 'WinRM' })).toHaveAttribute('aria-selected', 'true');

  // A service of it, also before its list was ever opened.
  await find(page, 'spooler', 'Print Spooler (Spooler)');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('tab', { name: 'Services' })).toHaveAttribute('aria-selected', 'true');
  await expect(serviceRow(page, 'Spooler')).toBeFocused();
  await expect(serviceRow(page, 'Spooler')).toHaveAttribute('aria-selected', 'true');

  // What the open room offers on what is selected in it.
  await find(page, '>stop spool', 'Stop Print Spooler');
  await expect(active(page).locator('kbd').first()).toHaveText('Alt T');
  await page.keyboard.press('Escape');
  await expect(serviceRow(page, 'Spooler')).toBeFocused();

  // What interrupts asks as it always does, names the machine, and Esc leaves everything as it was.
  await find(page, 'reboot', 'Restart HQ-SQL02…');
  await page.keyboard.press('Enter');
  const asks = page.getByRole('alertdialog', { name: /Restart HQ-SQL02/ });
  await expect(asks).toBeVisible();
  // Not over a dialog.
  await page.keyboard.press('ControlOrMeta+k');
  await expect(palette(page)).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(asks).toBeHidden();
  await expect(serviceRow(page, 'Spooler')).toBeFocused();

  // A line goes to the machine whose page is open.
  await find(page, 'winrm get wmicimv2/Win32_OperatingSystem', 'on HQ-SQL02, runs in the Console');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Console' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('Windows Server 2008 R2 Standard');

  // Back in the list, the keyboard is at the machine that was looked at.
  await page.keyboard.press('ControlOrMeta+1');
  await expect(machineRow(page, 'HQ-SQL02')).toBeFocused();

  // From another room, into the prompt instead of running it.
  await find(page, 'winrm get winrm/config -r:HQ-DC01', 'runs in the Console');
  await page.keyboard.press('ArrowDown');
  await expect(active(page)).toContainText('into the prompt');
  await page.keyboard.press('Enter');
  const prompt = page.getByRole('combobox', { name: 'Command line for HQ-SQL02' });
  await expect(prompt).toBeFocused();
  await expect(prompt).toHaveValue('winrm get winrm/config -r:HQ-DC01');

  // Esc gives the keyboard back to where it was.
  await find(page, 'set', 'Settings');
  await page.keyboard.press('Escape');
  await expect(palette(page)).toBeHidden();
  await expect(prompt).toBeFocused();

  // What was chosen is there at once the next time, the newest first.
  await page.keyboard.press('ControlOrMeta+k');
  const recent = palette(page).getByRole('group', { name: 'Recent' }).getByRole('option');
  await expect(recent.nth(0)).toContainText('Restart HQ-SQL02…');
  await expect(recent.nth(1)).toContainText('WinRM of HQ-SQL02');
});

test('a search for several ends in the list; the selection has its verbs; > and @ narrow; the mouse works too', async ({
  start,
}) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await page.getByRole('button', { name: 'Search machines, services, commands' }).click();
  await expect(box(page)).toBeFocused();
  await page.keyboard.type('@hq-d');
  await expect(palette(page).getByRole('group')).toHaveCount(1);
  await expect(active(page)).toContainText('HQ-DC01');
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(page.getByRole('textbox', { name: 'Filter the machines' })).toHaveValue('hq-d');
  const shown = machineTable(page)
    .getByRole('row')
    .filter({ has: page.getByRole('gridcell') });
  await expect(shown.first()).toContainText('HQ-D');

  await machineRow(page, 'HQ-DC01').getByRole('checkbox').check();
  await find(page, '>tags', 'Tags of the 1 selected machine…');
  await active(page).click();
  await expect(page.getByRole('dialog', { name: /Tags/ })).toBeVisible();
  await page.keyboard.press('Escape');

  await find(page, 'theme dark', 'Theme: dark');
  await page.keyboard.press('Enter');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await find(page, 'keys', 'All keys');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'All keys' })).toBeFocused();
  await page.keyboard.press('Escape');
  await page.keyboard.press('ControlOrMeta+k');
  await page.keyboard.type('nothing has this name');
  await expect(palette(page)).toContainText('Nothing is called that.');
  await page.keyboard.press('Enter');
  await expect(palette(page)).toBeVisible();
  // A click beside it closes it.
  await page.mouse.click(20, 500);
  await expect(palette(page)).toBeHidden();
});

test('a secret in a line is not remembered by the palette, and is asked for again', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await find(page, 'winrm id -r:HQ-DC01 -u:Administrator -p:Geheim.123', 'runs in the Console');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Console' })).toBeVisible();
  await expect(page.getByRole('main')).toContainText('-p:••••');
  await find(page, 'winrm id', /winrm id/);
  const kept = palette(page).getByRole('option').filter({ hasText: '••••' });
  await expect(kept).toHaveCount(1);
  await expect(page.locator('body')).not.toContainText('Geheim');
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain('Geheim');
});

test('photographs: the palette', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await find(page, 'hq-sql02', 'HQ-SQL02');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'HQ-SQL02' })).toBeVisible();
  await page.keyboard.press('ControlOrMeta+k');
  await expect(palette(page).getByRole('group', { name: 'Recent' })).toBeVisible();
  await photograph(page, 'palette-empty');
  await page.keyboard.type('sql');
  await expect(palette(page).getByRole('group', { name: 'Services' })).toBeVisible();
  await photograph(page, 'palette-found');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('winrm get winrm/config -r:HQ-SQL02');
  await expect(active(page)).toContainText('runs in the Console');
  await photograph(page, 'palette-line');
});
