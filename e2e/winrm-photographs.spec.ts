import { expect, test } from './fixtures.ts';
import { photograph } from './photograph.ts';
import { withFleet } from './steps.ts';
import { applyDialog, changes, openWinrm, setting } from './winrm-steps.ts';

test('photographs: the WinRM room and its dialogs', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 5 });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'HQ-DC01' });
  const room = page.locator('.wr-scrolled');
  await setting(page, 'Service / IPv4Filter').fill('127.0.0.1-127.0.0.9');
  await setting(page, 'Service / Auth / CbtHardeningLevel').selectOption('Strict');
  await setting(page, 'Winrs / IdleTimeout').fill('900000');
  await room.evaluate((element) => element.scrollTo(0, 0));
  // The notice of the import goes by itself.
  await expect(page.getByText('Added 5 machines.')).toBeHidden();
  await photograph(page, 'machine-winrm');
  await page.keyboard.press('ControlOrMeta+Enter');
  await applyDialog(page)
    .getByRole('radio', { name: /Plant a revert/ })
    .press('Space');
  await photograph(page, 'machine-winrm-review');
  await page.keyboard.press('Escape');
  await changes(page).getByRole('button', { name: 'Discard' }).click();
  await page.getByRole('tab', { name: 'WinRM' }).press('n');
  await page.getByRole('dialog').getByLabel('Transport').selectOption('HTTPS');
  await photograph(page, 'machine-winrm-listener');
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: 'WinRM' }).press('q');
  await expect(page.getByRole('list', { name: 'What quickconfig finds' })).toBeVisible();
  await photograph(page, 'machine-winrm-quickconfig');
  await page.keyboard.press('Escape');

  await page.getByRole('switch', { name: 'SEL Plugin enabled' }).press('Space');
  await page.getByRole('button', { name: 'Details of Winrs' }).press('Enter');
  const quota = page.locator('[data-plugin="Winrs"]').getByLabel('Quotas / MaxShellsPerUser');
  await quota.fill('many');
  await quota.scrollIntoViewIfNeeded();
  await photograph(page, 'machine-winrm-plugins');
  await changes(page).getByRole('button', { name: 'Discard' }).click();
  await page.getByRole('button', { name: 'Restore defaults' }).press('Enter');
  await page.getByRole('menuitem', { name: 'Of the plug-ins…' }).press('Enter');
  await expect(applyDialog(page).getByRole('list', { name: 'What changes' })).toBeVisible();
  await photograph(page, 'machine-winrm-restore');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');

  await openWinrm(page, { name: 'BRS-SQL01' });
  await page.getByRole('row', { name: /^HTTP on/ }).focus();
  await setting(page, 'Service / AllowUnencrypted, Set by Group Policy').focus();
  await room.evaluate((element) => element.scrollTo(0, 0));
  await photograph(page, 'machine-winrm-locked');
});
