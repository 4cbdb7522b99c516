import type { Page } from '@playwright/test';
import type { LabMachine } from '../main/lab/start-lab.ts';
import { expect } from './fixtures.ts';
import { machineRow } from './steps.ts';

/** What a person does in the WinRM room of a machine. */

/** Opens the room by the keyboard alone, from the list. */
export async function openWinrm(page: Page, { name }: Pick<LabMachine, 'name'>): Promise<void> {
  await machineRow(page, name).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await page.keyboard.press('5');
  await expect(page.getByRole('tab', { name: 'WinRM' })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('grid', { name: 'Listeners' })).toBeVisible();
}

export const setting = (page: Page, path: string) => page.getByLabel(path, { exact: true });
export const changes = (page: Page) => page.getByRole('complementary', { name: /^Changes to / });
export const applyDialog = (page: Page) => page.getByRole('alertdialog', { name: /^(Apply|Restore) / });

export async function read(page: Page): Promise<void> {
  await page.keyboard.press('F5');
}

/** Reviews and applies what is drafted, with the revert where one is asked for, closes the dialog and reads again. */
export async function apply(page: Page, count: number, password: string | null = null): Promise<void> {
  const what = `Apply ${count} change${count === 1 ? '' : 's'} to `;
  await page.keyboard.press('ControlOrMeta+Enter');
  const dialog = applyDialog(page);
  await expect(dialog.getByRole('list', { name: 'What changes' })).toBeVisible();
  const consent = dialog.getByRole('radio', { name: /Plant a revert/ });
  if ((await consent.count()) > 0) await consent.press('Space');
  if (password !== null) await dialog.getByLabel(/^Password of /).fill(password);
  await dialog.getByRole('button', { name: what }).press('Enter');
  await expect(page.getByRole('dialog').getByRole('status')).toContainText(/(Confirmed|Applied)\./, {
    timeout: 60_000,
  });
  await page.keyboard.press('Escape');
  await read(page);
}
