import { expect, test } from './fixtures.ts';
import { expectOnline, gaugeValue, machineRow, machineTable, namesIn, openMachine } from './steps.ts';

const nameColumn = 2;

test('the demo opens: twelve machines, live, sealed, and none of it leaves the computer', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  const row = machineRow(page, 'HQ-DC01');
  await expect(row.getByRole('img', { name: 'Online' })).toBeVisible();
  await expect(row).toContainText('Server 2022');
  await expect(row).toContainText('NTLM · RC4-128');
  await expect(row.getByRole('gridcell', { name: /^\d+ %$/ })).toHaveCount(2);
  await expect(machineRow(page, 'FRA-FS01').getByRole('img', { name: /^Low disk space: E: has/ })).toBeVisible();
  await expect(page.getByRole('contentinfo')).toContainText('LAB');
  await expect(page.getByRole('contentinfo')).toContainText(/BROWSER|DESKTOP/);
});

test('a machine opens by double click and by Enter; its overview is live', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);

  await openMachine(page, 'HQ-DC01');
  await expect.poll(() => gaugeValue(page, 'CPU')).not.toBeNull();
  await expect.poll(() => gaugeValue(page, 'Memory')).toBeGreaterThan(0);
  const overview = page.getByRole('region', { name: 'Overview of HQ-DC01' });
  const chart = overview.getByRole('img', { name: /^Network over / });
  await expect(chart).toHaveAccessibleName(/receiving [\d.]+ \S+bit\/s, sending/);
  await expect(overview.getByRole('row', { name: /^System 4 / })).toContainText('%');
  await expect(overview.getByRole('list').getByText('C:', { exact: true })).toBeVisible();
  await expect(overview.getByRole('listitem').filter({ hasText: 'C:' })).toContainText(/of \d+ GB free/);
  const facts = page.getByRole('complementary', { name: 'Facts' });
  await expect(facts.getByText('Server 2022 Datacenter')).toBeVisible();
  await expect(facts.getByText(/^\d\d:\d\d:\d\d, in step$/)).toBeVisible();

  // Live: another reading comes by itself.
  const before = await chart.getAttribute('aria-label');
  await expect.poll(() => chart.getAttribute('aria-label')).not.toBe(before);

  // Back by Esc, and the keyboard is where it was.
  await page.keyboard.press('Escape');
  await expect(machineTable(page)).toBeVisible();
  await page.getByRole('textbox', { name: 'Filter the machines' }).focus();
  await page.keyboard.type('rds');
  await page.keyboard.press('ArrowDown');
  await expect(machineRow(page, 'LON-RDS02')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'LON-RDS02' })).toBeVisible();
  const users = page.getByRole('complementary', { name: 'Facts' }).getByRole('list');
  await expect(users.getByRole('listitem').first()).toContainText(/RemoteInteractive|remote|console/i);
});

test('the filter narrows by words and by values, and says what it does not understand', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  const table = machineTable(page);
  const filter = page.getByRole('textbox', { name: 'Filter the machines' });

  await table.getByRole('row').nth(1).click();
  await page.keyboard.press('/');
  await expect(filter).toBeFocused();
  await page.keyboard.type('tag:sql');
  await expect(page.getByText('2 match')).toBeVisible();
  expect(await namesIn(table, nameColumn)).toEqual(['BRS-SQL01', 'HQ-SQL02']);

  await filter.fill('disk < 10');
  await expect(page.getByText('1 match')).toBeVisible();
  expect(await namesIn(table, nameColumn)).toEqual(['FRA-FS01']);

  await filter.fill('memory > 90');
  await expect.poll(() => namesIn(table, nameColumn)).toEqual(['LON-RDS02']);

  await filter.fill('cpu > much');
  await expect(filter).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByText('The filter is not understood')).toBeVisible();

  await filter.fill('nothing-is-called-this');
  await expect(page.getByText('No machine matches')).toBeVisible();
  await page.getByRole('button', { name: 'Clear the filter' }).last().click();
  await expect.poll(() => namesIn(table, nameColumn)).toHaveLength(12);

  // A group is a filter of its own; the counts at the top are shortcuts to it.
  await page
    .getByRole('navigation', { name: 'Groups of machines' })
    .getByRole('button', { name: /^Server 2022/ })
    .click();
  await expect.poll(() => namesIn(table, nameColumn)).toHaveLength(3);
  await page.getByRole('button', { name: '1 with a warning' }).click();
  await expect.poll(() => namesIn(table, nameColumn)).toEqual(['FRA-FS01']);
  await filter.press('Escape');
  await expect(filter).toHaveValue('');
});

test('many are selected by keyboard, and the bar says who they are', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  const selected = machineTable(page).getByRole('row', { selected: true });

  await machineRow(page, 'BRS-SQL01').click();
  await page.keyboard.press('Space');
  const bar = page.getByRole('toolbar', { name: /selected machine/ });
  await expect(bar).toContainText('1 selected');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  await expect(selected).toHaveCount(3);
  await expect(bar).toContainText('BRS-SQL01, FRA-BAK02, FRA-FS01');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await expect(selected).toHaveCount(4);
  await page.keyboard.press('Space');
  await expect(selected).toHaveCount(3);
  await page.keyboard.press('ControlOrMeta+a');
  await expect(bar).toContainText('12 selected');
  await page.keyboard.press('Escape');
  await expect(selected).toHaveCount(0);
  await expect(bar).toBeHidden();

  // By the mouse: boxes one by one, and a range with Shift.
  await machineRow(page, 'HQ-DC01').getByRole('checkbox').click();
  await machineRow(page, 'LON-RDS02')
    .getByRole('checkbox')
    .click({ modifiers: ['Shift'] });
  await expect(selected).toHaveCount(5);
  await page.getByRole('checkbox', { name: 'Select all' }).click();
  await expect(selected).toHaveCount(12);
});

test('columns are sorted and chosen by keyboard and by mouse', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  const table = machineTable(page);
  const head = (name: string) => table.getByRole('columnheader', { name, exact: true });

  await table.getByRole('row').nth(1).click();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowUp');
  await expect(head('Name').getByRole('button')).toBeFocused();
  const ascending = await namesIn(table, nameColumn);
  await page.keyboard.press('Enter');
  await expect(head('Name')).toHaveAttribute('aria-sort', 'descending');
  expect(await namesIn(table, nameColumn)).toEqual(ascending.toReversed());
  for (let step = 0; step < 2; step += 1) await page.keyboard.press('ArrowRight');
  await expect(head('OS').getByRole('button')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(head('OS')).toHaveAttribute('aria-sort', 'ascending');
  expect((await namesIn(table, 4))[0]).toBe('Server 2008 R2');
  await page.keyboard.press('ArrowDown');
  await expect(table.getByRole('row').and(page.locator(':focus'))).toHaveCount(1);

  await head('Uptime').getByRole('button').click();
  await expect(head('Uptime')).toHaveAttribute('aria-sort', 'descending');
  expect((await namesIn(table, nameColumn))[0]).toBe('BRS-SQL01');

  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Uptime' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Domain' }).click();
  await page.keyboard.press('Escape');
  await expect(head('Uptime')).toBeHidden();
  await expect(head('Domain')).toBeVisible();
  await expect(machineRow(page, 'HQ-DC01')).toContainText('corp.example');
});

test('keys: cheat sheet, back, dialogs that give the focus back, and the menu of a row', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  const row = machineRow(page, 'FRA-BAK02');

  await row.click();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keys' });
  await expect(sheet).toContainText('Restart the selected machines');
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await expect(row).toBeFocused();

  await page.keyboard.press('F2');
  const settings = page.getByRole('dialog', { name: 'Settings of FRA-BAK02' });
  await expect(settings).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(settings).toBeHidden();
  await expect(row).toBeFocused();

  await page.keyboard.press('a');
  await expect(page.getByRole('dialog', { name: 'Add a machine' }).getByLabel('Name or address')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(row).toBeFocused();

  await page.keyboard.press('Shift+F10');
  await expect(page.getByRole('menu').getByRole('menuitem', { name: 'Open FRA-BAK02' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('tab', { name: 'Services' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('1');
  await expect(page.getByRole('tab', { name: 'Overview' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ControlOrMeta+,');
  await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(machineTable(page)).toBeVisible();
});
