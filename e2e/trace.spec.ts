import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { photograph } from './photograph.ts';
import { expectOnline, openMachine } from './steps.ts';

const table = (page: Page) => page.getByRole('grid', { name: 'Exchanges with HQ-DC01' });
const pane = (page: Page) => page.getByRole('complementary', { name: 'The exchange' });
const openTrace = (page: Page) => page.getByRole('tab', { name: 'Trace' }).click();
const filter = async (page: Page, text: string): Promise<void> => {
  await page.keyboard.press('/');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
};

test('by keyboard: the list is filtered, an exchange read, contents switched on, the trace saved', async ({
  start,
}) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await openMachine(page, 'HQ-DC01');
  await openTrace(page);
  await expect(table(page).getByRole('row').nth(3)).toBeVisible();

  await filter(page, 'action:identify');
  const rows = table(page).getByRole('row');
  await expect(rows.nth(1)).toContainText('Identify');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Home');
  await expect(pane(page)).toContainText('Identify');
  await page.keyboard.press('Enter');
  await expect(pane(page).getByRole('region', { name: 'Request as XML' })).toBeFocused();
  await expect(pane(page).getByRole('region', { name: 'Response as XML' })).toContainText('IdentifyResponse');
  await expect(pane(page)).toContainText('WinRM service');

  await pane(page).getByRole('tab', { name: 'Both' }).focus();
  for (const _ of [1, 2, 3]) await page.keyboard.press('ArrowRight');
  await expect(pane(page).getByRole('region', { name: 'HTTP round trips' })).toContainText('POST /wsman HTTP/1.1');
  await page.keyboard.press('Escape');
  await expect(pane(page)).toHaveCount(0);

  const contents = page.getByRole('switch');
  await expect(contents).not.toBeChecked();
  await page.keyboard.press('k');
  await expect(contents).toBeChecked();
  await expect(page.getByText('Command lines and streams of HQ-DC01 are being kept.')).toBeVisible();
  await page.keyboard.press('k');
  await expect(contents).not.toBeChecked();

  const download = page.waitForEvent('download');
  await page.keyboard.press('s');
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^trace-HQ-DC01-.*\.json$/);
  const saved = JSON.parse(await readFile(await file.path(), 'utf8')) as {
    format: string;
    exchanges: { action: string }[];
  };
  expect(saved.format).toBe('windeck-trace');
  expect(new Set(saved.exchanges.map(({ action }) => action))).toEqual(new Set(['Identify']));
});

test('photographs: trace', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await openMachine(page, 'HQ-DC01', 'Services');
  await openTrace(page);
  await expect(table(page).getByRole('row').nth(10)).toBeVisible();
  await table(page).getByRole('row').nth(4).click();
  await expect(pane(page).getByRole('region', { name: 'Response as XML' })).toBeVisible();
  await photograph(page, 'trace');
  await pane(page).getByRole('tab', { name: /HTTP/ }).click();
  await photograph(page, 'trace-http');
  await page.keyboard.press('Escape');
  await page.keyboard.press('k');
  await expect(page.getByText('are being kept.')).toBeVisible();
  await filter(page, 'action:nothing');
  await expect(page.getByText('No exchange is like this')).toBeVisible();
  await photograph(page, 'trace-empty');
});
