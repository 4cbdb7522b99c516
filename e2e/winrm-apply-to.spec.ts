import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { photograph } from './photograph.ts';
import { withFleet } from './steps.ts';
import { applyDialog, changes, openWinrm, read, setting } from './winrm-steps.ts';

/** Of the five, HQ-DC01 and SIN-APP01 have no policy for the filter; the others have. */
const machines = 5;
const free = ['HQ-DC01', 'SIN-APP01'] as const;

const choice = (page: Page) => page.getByRole('dialog', { name: 'Apply 1 change to which machines?' });
const many = (page: Page) => page.getByRole('dialog', { name: '1 change to 5 machines' });
const row = (page: Page, name: string) =>
  page
    .getByRole('dialog')
    .getByRole('listitem')
    .filter({ has: page.getByText(name, { exact: true }) });

/** Drafts a filter on SIN-APP01, and asks all five what it would change there. */
async function askAll(page: Page, filter: string): Promise<void> {
  await setting(page, 'Service / IPv4Filter').fill(filter);
  await page.keyboard.press('ControlOrMeta+Enter');
  await applyDialog(page).getByRole('button', { name: 'Apply to…' }).press('Enter');
  await expect(choice(page).getByLabel('With the tag')).toBeFocused();
  await choice(page).getByRole('checkbox', { name: 'All 5 that answer' }).press('Space');
  await choice(page).getByRole('button', { name: 'Ask 5 machines what would change' }).press('Enter');
  await expect(many(page).getByRole('status')).toHaveText('One after another: HQ-DC01 and SIN-APP01.');
}

test('a draft goes to more machines: chosen by tag or name, asked, applied one after another under a revert each', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'SIN-APP01' });
  await setting(page, 'Service / IPv4Filter').fill('127.0.0.1-127.255.255.254');
  await page.keyboard.press('ControlOrMeta+Enter');
  // Nothing begins by an Enter too many.
  await expect(applyDialog(page).getByRole('button', { name: 'Cancel' })).toBeFocused();
  await applyDialog(page).getByRole('button', { name: 'Apply to…' }).press('Enter');

  // The machine of the room is chosen; a tag or a part of the name narrows the rest.
  const dialog = choice(page);
  const names = dialog.getByRole('list', { name: 'Machines' }).getByRole('listitem');
  await expect(names).toHaveCount(5);
  await expect(dialog.getByRole('checkbox', { name: /^SIN-APP01/ })).toBeChecked();
  const tag = lab.machines.find(({ name }) => name === 'HQ-DC01')!.tags[0]!;
  await dialog.getByLabel('With the tag').selectOption(tag);
  await expect(names).toHaveCount(lab.machines.filter(({ tags }) => tags.includes(tag)).length);
  await dialog.getByLabel('With the tag').selectOption('any');
  await dialog.getByLabel('Name').fill('sql');
  await expect(names).toHaveCount(1);
  await dialog.getByLabel('Name').fill('');
  await photograph(page, 'machine-winrm-apply-to');
  await dialog.getByRole('checkbox', { name: 'All 5 that answer' }).press('Space');
  await dialog.getByRole('button', { name: 'Ask 5 machines what would change' }).press('Enter');

  await expect(many(page).getByRole('status')).toHaveText('One after another: HQ-DC01 and SIN-APP01.');
  await expect(row(page, 'FRA-FS01')).toContainText(
    'Left out. The policy “Allow remote server management through WinRM” sets Service/IPv4Filter.',
  );
  for (const name of free) {
    await expect(row(page, name)).toContainText('1 difference, could cut the connection: under a revert');
  }
  await row(page, 'HQ-DC01').getByText('What would change on HQ-DC01').click();
  await expect(row(page, 'HQ-DC01').getByRole('insertion')).toContainText('127.0.0.1-127.255.255.254');
  await photograph(page, 'machine-winrm-apply-to-asked');
  await many(page).getByRole('button', { name: 'Apply to 2 machines' }).press('Enter');
  await expect(row(page, 'SIN-APP01')).toContainText('waits for its turn');
  await expect(row(page, 'HQ-DC01')).toContainText('Confirm over a fresh connection');

  // Closed, it goes on, and the room says how far it is.
  await page.keyboard.press('Escape');
  await expect(page.getByText('1 change to 5 machines.')).toBeVisible();
  await page.getByRole('button', { name: 'Show the machines…' }).press('Enter');
  await expect(many(page).getByRole('status')).toHaveText('Applied to 2 machines, 3 left alone', { timeout: 90_000 });
  for (const name of free) {
    await expect(row(page, name)).toContainText(`Confirmed. The change to ${name} stands.`);
  }
  await photograph(page, 'machine-winrm-apply-to-done');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Show the machines…' })).toHaveCount(0);
  await expect(changes(page).getByRole('list', { name: 'Changes' })).toHaveCount(0);
  await page.keyboard.press('Escape');
  for (const name of free) {
    await openWinrm(page, { name });
    await read(page);
    await expect(setting(page, 'Service / IPv4Filter')).toHaveValue('127.0.0.1-127.255.255.254');
    await page.getByRole('tab', { name: 'WinRM' }).focus();
    await page.keyboard.press('Escape');
  }
});

test('the first machine that takes it back stops the others; cancelling begins no other', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'SIN-APP01' });
  await askAll(page, '192.0.2.1-192.0.2.9');
  await many(page)
    .getByLabel(/^Each machine takes the changes back/)
    .fill('5');
  await many(page).getByRole('button', { name: 'Apply to 2 machines' }).press('Enter');
  await expect(many(page).getByRole('status')).toHaveText('Applied to 0 machines, not to 1, 4 left alone', {
    timeout: 90_000,
  });
  await expect(row(page, 'HQ-DC01')).toContainText('Reverted. HQ-DC01 is as it was before.');
  await expect(row(page, 'SIN-APP01')).toContainText('Nothing was sent to it. A machine before it did not take');
  await page.keyboard.press('Escape');

  await askAll(page, '127.0.0.1-127.255.255.254');
  await many(page).getByRole('button', { name: 'Apply to 2 machines' }).press('Enter');
  await many(page).getByRole('button', { name: 'Begin no other' }).press('Enter');
  await expect(many(page).getByRole('status')).toHaveText('Cancelled. Applied to 1 machine, 4 left alone', {
    timeout: 90_000,
  });
  await expect(row(page, 'HQ-DC01')).toContainText('Confirmed.');
  await expect(row(page, 'SIN-APP01')).toContainText('Nothing was sent to it. Cancelled before its turn came.');
});
