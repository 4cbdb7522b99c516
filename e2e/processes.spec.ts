import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { photograph } from './photograph.ts';
import { expectOnline, importFleet, machineRow, namesIn } from './steps.ts';

const table = (page: Page) => page.getByRole('grid', { name: /^Processes of / });
const row = (page: Page, name: string) =>
  table(page)
    .getByRole('row')
    .filter({ has: page.getByRole('gridcell', { name, exact: false }) });
const filter = (page: Page) => page.getByRole('textbox', { name: 'Filter processes' });

/** Opens the room by the keyboard alone, from the list. */
async function openProcesses(page: Page, name: string): Promise<void> {
  await machineRow(page, name).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await page.getByRole('tab', { name: 'Overview' }).focus();
  for (const room of ['Services', 'Processes']) {
    await page.keyboard.press('ArrowRight');
    await expect(page.getByRole('tab', { name: room })).toHaveAttribute('aria-selected', 'true');
  }
  await expect(table(page).getByRole('row').nth(8)).toBeVisible();
}

test('by keyboard: the tree, a program is started, found, and ended with what it started named', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openProcesses(page, 'HQ-DC01');

  // lsass stands under wininit, which stands under smss.
  const names = await namesIn(table(page), 0);
  expect(names.join('\n')).toMatch(/csrss\.exe|smss\.exe/);
  await page.keyboard.press('/');
  await page.keyboard.type('lsass');
  await expect(table(page).getByRole('row')).toHaveCount(5);
  expect((await namesIn(table(page), 0)).map((name) => name.replace(/ level.*/, ''))).toEqual([
    'System',
    'smss.exe',
    'wininit.exe',
    'lsass.exe',
  ]);
  await page.keyboard.press('Enter');
  // The parent is closed with the arrow, and opened again.
  await row(page, 'wininit.exe').first().focus();
  await page.keyboard.press('ArrowLeft');
  await expect(row(page, 'lsass.exe')).toHaveCount(0);
  await page.keyboard.press('ArrowRight');
  await expect(row(page, 'lsass.exe')).toHaveCount(1);
  // Owners and shares come by themselves.
  await expect(row(page, 'lsass.exe')).toContainText('SYSTEM');
  await expect(row(page, 'lsass.exe').getByRole('gridcell', { name: /^\d+\.\d$/ })).toBeVisible();
  await filter(page).fill('');

  await page.keyboard.press('Alt+n');
  const dialog = page.getByRole('dialog', { name: 'Start a program on HQ-DC01' });
  await page.keyboard.type('C:\\nosuch.exe');
  await page.keyboard.press('Enter');
  await expect(dialog.locator('[data-problem="operation-failed"]')).toContainText('9: The path was not found.');
  await dialog.getByLabel('Command line').fill('C:\\Tools\\report.exe /all');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(page.getByText(/^Started as process \d+: C:\\Tools\\report\.exe \/all$/)).toBeVisible();
  const report = row(page, 'report.exe');
  await expect(report).toHaveAttribute('aria-selected', 'true');
  await expect(report).toBeFocused();
  const details = page.getByRole('complementary', { name: 'Details of the selection' });
  await expect(details).toContainText('C:\\Tools\\report.exe /all');
  expect((await lab.statistics('HQ-DC01')).executed['Win32_Process.Create']).toBe(2);

  await page.keyboard.press('Delete');
  const confirm = page.getByRole('alertdialog', { name: /^End report\.exe \(\d+\) on HQ-DC01\?$/ });
  await expect(confirm).toContainText('what was not saved is lost');
  await confirm.getByRole('button', { name: 'End report.exe on HQ-DC01' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText(/^report\.exe \(\d+\) was ended$/)).toBeVisible();
  await expect(report).toHaveCount(0);
  expect((await lab.statistics('HQ-DC01')).executed['Win32_Process.Terminate']).toBe(1);
});

test('a process that Windows needs is said to be one, and the refusal is told with its number', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openProcesses(page, 'HQ-DC01');
  await filter(page).fill('wininit');
  await page.keyboard.press('Enter');
  await row(page, 'wininit.exe').first().click();
  await page.keyboard.press('Delete');
  const confirm = page.getByRole('alertdialog', { name: /^End wininit\.exe/ });
  await expect(confirm).toContainText('Windows needs this process.');
  // What it started is named, and may be ended with it.
  await expect(confirm.getByRole('listitem').filter({ hasText: 'services.exe' }).first()).toBeVisible();
  await expect(confirm.getByRole('checkbox', { name: /too, first$/ })).not.toBeChecked();
  await confirm.getByRole('button', { name: /^End wininit\.exe on/ }).click();
  const problem = page.locator('[data-problem="operation-failed"]');
  await expect(problem).toContainText('2: Access is denied.');
  await problem.getByRole('button', { name: 'Put away' }).click();
  await expect(problem).toHaveCount(0);
});

test('a process that ends by itself while its end is being asked about: the question still names it, and nothing else is ended', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openProcesses(page, 'HQ-DC01');
  // Short tasks of the system, which come and go: theirs are the numbers from 24000 on. The one that came last has the longest to live.
  await page.getByRole('button', { name: 'Tree' }).click();
  const started = page.getByRole('columnheader', { name: /^Started/ });
  await started.click();
  if ((await started.getAttribute('aria-sort')) !== 'descending') await started.click();
  await expect(started).toHaveAttribute('aria-sort', 'descending');
  const task = table(page)
    .getByRole('row')
    .filter({ has: page.getByRole('gridcell', { name: /^24\d\d\d$/ }) })
    .first();
  const processId = await task.getByRole('gridcell', { name: /^24\d\d\d$/ }).textContent();
  const ofTask = page.locator('[role="row"]').filter({ hasText: processId! });
  await ofTask.click();
  await page.keyboard.press('Delete');
  const confirm = page.getByRole('alertdialog', { name: new RegExp(`\\(${processId}\\) on HQ-DC01`) });
  await expect(confirm).toBeVisible();
  await expect(ofTask).toHaveCount(0, { timeout: 30_000 });
  await expect(confirm).toBeVisible();
  await confirm.getByRole('button', { name: /^End .* on HQ-DC01$/ }).press('Enter');
  await expect(confirm).toBeHidden();
  const problem = page.locator('[data-problem="not-found"]');
  await expect(problem).toContainText(`There is no process ${processId} any more.`);
  await expect(problem).toContainText('It ended by itself. Nothing was done.');
  expect((await lab.statistics('HQ-DC01')).executed['Win32_Process.Terminate']).toBeUndefined();
});

test('nothing is read while the window is hidden, and at once when it is seen again', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await openProcesses(page, 'HQ-DC01');
  await expect(page.locator('.pr-table.stale')).toHaveCount(0);
  const hide = (hidden: boolean) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  await hide(true);
  await expect(page.locator('.pr-table.stale')).toHaveCount(1);
  await hide(false);
  await expect(page.locator('.pr-table.stale')).toHaveCount(0);
});

test('photographs: processes, flat, ending, starting', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await openProcesses(page, 'HQ-DC01');
  await row(page, 'services.exe').first().click();
  await expect(
    row(page, 'services.exe')
      .first()
      .getByRole('gridcell', { name: /^\d+\.\d$/ }),
  ).toBeVisible();
  await photograph(page, 'machine-processes');
  await page.keyboard.press('Delete');
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await photograph(page, 'machine-processes-end');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Alt+t');
  await page.getByRole('button', { name: /^CPU/ }).click();
  await photograph(page, 'machine-processes-flat');
  await page.keyboard.press('Alt+n');
  await expect(page.getByRole('dialog')).toBeVisible();
  await photograph(page, 'machine-processes-start');
});
