import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import type { Lab } from '../main/lab/start-lab.ts';
import { expect, test } from './fixtures.ts';
import { photograph } from './photograph.ts';
import { expectOnline, importFleet, machineRow } from './steps.ts';

const table = (page: Page) => page.getByRole('grid', { name: /^Events in / });
const row = (page: Page, text: string | RegExp) => table(page).getByRole('row').filter({ hasText: text });
const write = (lab: Lab, messages: readonly string[], more: { level?: number; eventId?: number } = {}) =>
  lab.writeEvents(
    'HQ-DC01',
    messages.map((message) => ({ log: 'System', provider: 'Windeck Lab', message, ...more })),
  );

/** Opens the room by the keyboard alone, from the list. */
async function openEvents(page: Page, name: string): Promise<void> {
  await machineRow(page, name).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await page.getByRole('tab', { name: 'Overview' }).focus();
  for (const room of ['Services', 'Processes', 'Events']) {
    await page.keyboard.press('ArrowRight');
    await expect(page.getByRole('tab', { name: room })).toHaveAttribute('aria-selected', 'true');
  }
  await expect(table(page).getByRole('row').nth(8)).toBeVisible();
}

test('by keyboard: events come while they are written; filter, keep the filter, export', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const first = await start({ demo: false });
  const { page } = first;
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openEvents(page, 'HQ-DC01');
  await expect(table(page)).toHaveAccessibleName('Events in System of HQ-DC01');
  await expect(page.getByText(/^Live by subscription/)).toBeVisible();

  await write(lab, ['The first came.', 'The second came.'], { level: 3, eventId: 4711 });
  await expect(row(page, 'The second came.')).toContainText('Warning');
  await expect(row(page, 'The first came.')).toContainText('4711');

  // A selected row stays selected and focused while others come in front of it.
  const kept = row(page, 'The first came.');
  await page.keyboard.press('ArrowDown');
  await kept.focus();
  await page.keyboard.press('Space');
  await expect(kept).toHaveAttribute('aria-selected', 'true');
  await write(lab, ['In front 1', 'In front 2', 'In front 3']);
  await expect(row(page, 'In front 3')).toBeVisible();
  await expect(kept).toHaveAttribute('aria-selected', 'true');
  await expect(kept).toBeFocused();
  const details = page.getByRole('complementary', { name: 'Details of the selection' });
  await expect(details).toContainText('The first came.');
  await expect(details.getByLabel('XML of the event')).toContainText('<EventID>4711</EventID>');

  // Filter: the source and the ids by typing, the level by its key.
  await page.getByRole('textbox', { name: 'Source' }).focus();
  await page.keyboard.type('Windeck Lab');
  await page.keyboard.press('Tab');
  await page.keyboard.type('4000-4999');
  await expect(table(page).getByRole('row')).toHaveCount(3);
  await page.keyboard.press('Alt+l');
  await page.getByRole('menuitemcheckbox', { name: 'Warning' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await expect(table(page).getByRole('row')).toHaveCount(3);
  // What does not pass is not shown when it comes; what passes is.
  await expect(page.getByText(/^Live by subscription/)).toBeVisible();
  await write(lab, ['Other id'], { level: 3, eventId: 1 });
  await write(lab, ['The third came.'], { level: 3, eventId: 4712 });
  await expect(table(page).getByRole('row')).toHaveCount(4);
  await expect(row(page, 'Other id')).toHaveCount(0);

  // Kept under a name.
  await page.keyboard.press('Alt+s');
  await page.getByRole('menuitem', { name: 'Save this filter…' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Save this filter' })).toContainText(
    'warning · from Windeck Lab · 4000-4999',
  );
  await page.keyboard.type('Mine');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Clear', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(table(page).getByRole('row').nth(8)).toBeVisible();
  await page.keyboard.press('Alt+s');
  await page.getByRole('menuitem', { name: 'Mine' }).focus();
  await page.keyboard.press('Enter');
  await expect(table(page).getByRole('row')).toHaveCount(4);
  await expect(page.locator('.code-line')).toContainText("SourceName='Windeck Lab'");

  // Export of what is shown.
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    (async () => {
      await page.getByRole('button', { name: 'Export' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('menuitem', { name: /^CSV/ }).focus();
      await page.keyboard.press('Enter');
    })(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^HQ-DC01 System .*\.csv$/);
  const csv = await readFile((await download.path())!, 'utf8');
  expect(csv.trim().split('\r\n')).toHaveLength(4);
  expect(csv).toContain('"The third came."');

  // The filter is there again after the console was started anew.
  await page.close();
  await first.end();
  const second = await start({ demo: false });
  await machineRow(second.page, 'HQ-DC01').dblclick();
  await second.page.getByRole('tab', { name: 'Events' }).click();
  await second.page.keyboard.press('Alt+s');
  await expect(second.page.getByRole('menuitem', { name: 'Mine' })).toBeVisible();
});

test('a machine that goes away keeps its list, with its age, and the news go on when it is back', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openEvents(page, 'HQ-DC01');
  await expect(page.getByText(/^Live by subscription/)).toBeVisible();
  await lab.misbehave('HQ-DC01', { kind: 'refuse-connections' });
  await expect(page.getByRole('alert').first()).toContainText('Nothing listens on');
  await expect(page.locator('.ev-foot').getByText(/ old$/)).toBeVisible();
  await expect(table(page).getByRole('row').nth(8)).toBeVisible();
  await write(lab, ['While it was away.']);
  await lab.misbehave('HQ-DC01', null);
  await page.getByRole('button', { name: 'Try now' }).click();
  await expect(row(page, 'While it was away.')).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText(/^Live by subscription/)).toBeVisible();
});

test('why an event could not be read in full goes with the next one that is chosen, and when it can be read', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openEvents(page, 'HQ-DC01');
  await expect(page.getByText(/^Live by subscription/)).toBeVisible();
  await write(lab, ['The first came.', 'The second came.']);
  const details = page.getByRole('complementary', { name: 'Details of the selection' });
  const problem = details.locator('[data-problem]');
  const select = async (text: string) => {
    await row(page, text).click();
    await expect(details).toContainText(text);
  };
  await expect(row(page, 'The second came.')).toBeVisible();
  await lab.misbehave('HQ-DC01', { kind: 'fault', code: 5, action: 'Subscribe' });
  await select('The first came.');
  await expect(problem).toBeVisible();
  await lab.misbehave('HQ-DC01', null);
  await select('The second came.');
  await expect(problem).toHaveCount(0);
  await expect(details.getByLabel('XML of the event')).toContainText('The second came.');

  // The same one, read once more.
  await lab.misbehave('HQ-DC01', { kind: 'fault', code: 5, action: 'Subscribe' });
  await select('The first came.');
  await expect(problem).toBeVisible();
  await lab.misbehave('HQ-DC01', null);
  await page.keyboard.press('F5');
  await expect(details.getByLabel('XML of the event')).toContainText('The first came.');
  await expect(problem).toHaveCount(0);
});

test('on a Mac, Option with a letter types its character in the filters, and is a key of the room elsewhere', async ({
  start,
}) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await page.addInitScript(() => Object.defineProperty(navigator, 'platform', { get: () => 'MacIntel' }));
  await page.reload();
  await expectOnline(page, 12);
  /** As a German keyboard says it; whether the character is left to whoever has the focus. */
  const option = (code: string, key: string, shiftKey = false) =>
    page.evaluate((init) => document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', init)), {
      code,
      key,
      shiftKey,
      altKey: true,
      bubbles: true,
      cancelable: true,
    });
  await openEvents(page, 'HQ-DC01');
  const live = page.getByText(/^Live by subscription/);
  await expect(live).toBeVisible();
  for (const name of ['Source', 'Event ids', 'Text in events']) {
    await page.getByRole('textbox', { name }).focus();
    expect(await option('KeyL', '@')).toBe(true);
    expect(await option('KeyT', '†')).toBe(true);
  }
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(live).toBeVisible();
  await table(page).getByRole('row').nth(2).focus();
  expect(await option('KeyT', '†')).toBe(false);
  await expect(live).toBeHidden();

  await page.getByRole('tab', { name: 'Processes' }).click();
  await page.getByRole('textbox', { name: 'Filter processes' }).focus();
  expect(await option('KeyN', 'Dead')).toBe(true);
  await expect(page.getByRole('dialog')).toHaveCount(0);

  // A terminal has a text field of its own: what it leaves to the room is the room's there too; in the box that finds it is not.
  await page.keyboard.press('Control+Backquote');
  await expect(page.locator('.shell-pane')).toHaveAttribute('data-status', 'idle');
  await expect(page.getByRole('textbox', { name: /^Shell on / })).toBeFocused();
  expect(await option('KeyD', '™', true)).toBe(false);
  await expect(page.locator('.shell-pane')).toHaveCount(2);
  await expect(page.locator('.shell-pane').nth(1)).toHaveAttribute('data-status', 'idle');
  await page.keyboard.press('Meta+f');
  await expect(page.getByRole('textbox', { name: 'Find' })).toBeFocused();
  expect(await option('KeyD', '™', true)).toBe(true);
  await expect(page.locator('.shell-pane')).toHaveCount(2);
});

test('going back, another channel, and a log that is denied', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines, { user: 'operator', password: 'Windeck-Lab-5!' });
  await expectOnline(page, 1);
  await openEvents(page, 'HQ-DC01');
  await expect(page.getByText(/^200 events, back to/)).toBeVisible();
  await page.keyboard.press('Alt+o');
  await expect(page.getByText(/^40\d events, back to/)).toBeVisible();

  await page.keyboard.press('Alt+g');
  await page.getByRole('menuitemradio', { name: /^Security/ }).focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('[data-problem="access-denied"]').first()).toBeVisible();

  await page.keyboard.press('Alt+g');
  await page.getByRole('menuitem', { name: 'Another log…' }).focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Name of the channel').fill('Microsoft-Windows-PowerShell/Operational');
  await page.keyboard.press('Enter');
  await expect(row(page, 'scriptblock').first()).toBeVisible();
  await expect(page.locator('.code-line')).toContainText('Get-WinEvent');
});

test('a machine without subscriptions is asked every few seconds, and says so', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1, stacks: ['omi'] });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openEvents(page, 'HQ-DC01');
  await expect(page.getByText('Every 5 s; this machine offers no subscription')).toBeVisible();
  await write(lab, ['Came by asking.']);
  await expect(row(page, 'Came by asking.')).toBeVisible({ timeout: 15_000 });
});

test('photographs: events, a filter, a denied log', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines, { user: 'operator', password: 'Windeck-Lab-5!' });
  await expectOnline(page, 1);
  await openEvents(page, 'HQ-DC01');
  await row(page, 'Error').first().click();
  await expect(page.getByLabel('XML of the event')).toBeVisible();
  await photograph(page, 'machine-events');
  await page.keyboard.press('Alt+l');
  await photograph(page, 'machine-events-levels');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Alt+g');
  await photograph(page, 'machine-events-logs');
  await page.getByRole('menuitemradio', { name: /^Security/ }).click();
  await expect(page.locator('[data-problem="access-denied"]').first()).toBeVisible();
  await photograph(page, 'machine-events-denied');
});
