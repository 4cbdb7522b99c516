import { expect, test } from './fixtures.ts';
import {
  expectOnline,
  filterServices,
  importFleet,
  machineRow,
  namesIn,
  openMachine,
  recordTexts,
  serviceButton,
  serviceRow,
  serviceTable,
} from './steps.ts';

test('a service is stopped by the mouse and started by the keyboard, and followed until it settles', async ({
  start,
}) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await openMachine(page, 'HQ-DC01', 'Services');
  await expect(serviceTable(page)).toHaveAccessibleName('Services of HQ-DC01');

  await filterServices(page, 'spooler');
  const row = serviceRow(page, 'Spooler');
  await expect(row).toContainText('Running');
  await expect(row.getByRole('gridcell', { name: /^\d+$/ })).toBeVisible();
  await row.click();
  const details = page.getByRole('complementary', { name: 'Details of the selection' });
  await expect(details.getByRole('heading', { name: 'Print Spooler' })).toBeVisible();
  await expect(details).toContainText('spoolsv.exe');
  await expect(details.getByText('RpcSs', { exact: false }).first()).toBeVisible();

  const stopping = await recordTexts(row);
  await serviceButton(page, 'Stop').click();
  await expect(row.getByText('Stopped', { exact: true })).toBeVisible();
  expect((await stopping()).join('\n')).toMatch(/stop pending/i);
  await expect(row.getByRole('gridcell', { name: /^\d+$/ })).toHaveCount(0);
  await expect(details).toContainText('Stop · stopped');

  await row.focus();
  const starting = await recordTexts(row);
  await page.keyboard.press('Alt+s');
  await expect(row.getByText('Running', { exact: true })).toBeVisible();
  expect((await starting()).join('\n')).toMatch(/start pending/i);
  await expect(row.getByRole('gridcell', { name: /^\d+$/ })).toBeVisible();
  await expect(row).toBeFocused();
});

test('a refusal is told with its code in words, in the row, and can be asked again', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openMachine(page, 'HQ-DC01', 'Services');

  // Code 2: the account may not.
  await filterServices(page, 'WinDefend');
  await serviceRow(page, 'WinDefend').click();
  await serviceButton(page, 'Stop').click();
  const refused = serviceRow(page, 'WinDefend');
  await expect(refused).toContainText('Stop failed (2)');
  await expect(refused).toContainText('The account does not have the rights that this needs.');
  await expect(refused).toContainText('It is running');

  // Code 14: it is disabled. Then it is made manual, asked again, and starts.
  await filterServices(page, 'WSearch');
  const search = serviceRow(page, 'WSearch');
  await search.click();
  await page.keyboard.press('Alt+s');
  await expect(search).toContainText('Start failed (14)');
  await expect(search).toContainText('The service is disabled.');
  await serviceButton(page, 'Start mode').click();
  await page.getByRole('menuitemradio', { name: 'Manual' }).click();
  await expect(search.getByRole('gridcell', { name: 'Manual' })).toBeVisible();
  await search.click();
  await page.keyboard.press('Alt+s');
  await expect(search.getByText('Running', { exact: true })).toBeVisible();

  // And again the refusal by its own button, which is a second request, not a second look.
  await filterServices(page, 'WinDefend');
  await serviceRow(page, 'WinDefend').getByRole('button', { name: 'Retry: Stop WinDefend' }).click();
  await expect(refused).toContainText('Stop failed (2)');
  await refused.getByRole('button', { name: 'Put away: Stop WinDefend' }).click();
  await expect(refused).not.toContainText('Stop failed');

  // A fault instead of a return code: the machine refuses the request itself.
  await lab.misbehave('HQ-DC01', { kind: 'fault', code: 5, action: 'StopService', times: 1 });
  await filterServices(page, 'spooler');
  await serviceRow(page, 'Spooler').click();
  await serviceButton(page, 'Stop').click();
  await expect(serviceRow(page, 'Spooler')).toContainText('Stop failed');
  await expect(serviceRow(page, 'Spooler')).toContainText(/may not|denied|access/i);
  await expect(serviceRow(page, 'Spooler')).toContainText('It is running');
});

test('a start that the service never answers ends in its code, and says so', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await openMachine(page, 'LAB-APP01', 'Services');
  // What should run and does not comes first, without any filter.
  expect((await namesIn(serviceTable(page), 0)).slice(0, 2)).toContain('ContosoBilling');
  const row = serviceRow(page, 'ContosoBilling');
  await row.click();
  await serviceButton(page, 'Start').click();
  await expect(row).toContainText('Start failed (7)');
  await expect(row).toContainText('The service did not respond to the start request in time.');
});

test('what depends on a service is named before it stops, and stops first', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await openMachine(page, 'HQ-DC01', 'Services');
  await filterServices(page, 'lanmanworkstation');
  await serviceRow(page, 'LanmanWorkstation').click();
  await serviceButton(page, 'Stop').click();

  const dialog = page.getByRole('alertdialog', { name: 'Stop Workstation on HQ-DC01?' });
  await expect(dialog).toContainText('Two running services depend on it and stop first, in this order.');
  const order = await dialog.getByRole('listitem').allTextContents();
  expect(order).toHaveLength(3);
  expect(order[2]).toContain('LanmanWorkstation');
  // Netlogon is among them: that it may cut the connection is said.
  await expect(dialog).toContainText('This can cut the connection to the machine.');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(serviceRow(page, 'LanmanWorkstation')).toContainText('Running');

  await serviceRow(page, 'LanmanWorkstation').click();
  await page.keyboard.press('Alt+t');
  await dialog.getByRole('button', { name: 'Stop 3 services on HQ-DC01' }).click();
  await expect(serviceRow(page, 'LanmanWorkstation').getByText('Stopped', { exact: true })).toBeVisible();
  await filterServices(page, 'netlogon');
  await expect(serviceRow(page, 'Netlogon').getByText('Stopped', { exact: true })).toBeVisible();
});

test('many services at once: chosen by mouse and by keyboard, named, stopped and started together', async ({
  start,
}) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await openMachine(page, 'HQ-DC01', 'Services');
  const details = page.getByRole('complementary', { name: 'Details of the selection' });
  const filter = page.getByRole('textbox', { name: 'Filter services' });

  // By keyboard: all that the filter leaves.
  await filter.fill('remote');
  await filter.press('ArrowDown');
  await page.keyboard.press('ControlOrMeta+a');
  const rows = await serviceTable(page).getByRole('row').count();
  await expect(details.getByRole('heading', { name: `${rows - 1} services` })).toBeVisible();

  // By mouse: two on their own, which the filter need not show at the same time.
  await filter.fill('spooler');
  await serviceRow(page, 'Spooler').click();
  await filter.fill('w32time');
  await serviceRow(page, 'W32Time').click({ modifiers: ['ControlOrMeta'] });
  await expect(details.getByRole('heading', { name: '2 services' })).toBeVisible();
  await serviceButton(page, 'Stop').click();
  const dialog = page.getByRole('alertdialog', { name: 'Stop 2 services on HQ-DC01?' });
  await expect(dialog.getByRole('listitem')).toHaveCount(2);
  await dialog.getByRole('button', { name: 'Stop 2 services on HQ-DC01' }).click();
  await expect(details.getByRole('listitem').filter({ hasText: 'Stopped' })).toHaveCount(2);
  await serviceButton(page, 'Start').click();
  await expect(details.getByRole('listitem').filter({ hasText: 'Running' })).toHaveCount(2);
});

test('the start mode is changed from the pane and from the menu, and holds', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await openMachine(page, 'HQ-DC01', 'Services');
  await filterServices(page, 'spooler');
  const row = serviceRow(page, 'Spooler');
  await row.click();
  const details = page.getByRole('complementary', { name: 'Details of the selection' });
  await details.getByLabel('Start mode').selectOption('Manual');
  await expect(row.getByRole('gridcell', { name: 'Manual', exact: true })).toBeVisible();
  await row.focus();
  await page.keyboard.press('Alt+m');
  await expect(page.getByRole('menuitemradio', { name: 'Manual' })).toHaveAttribute('aria-checked', 'true');
  await page.getByRole('menuitemradio', { name: 'Disabled' }).press('Enter');
  await expect(row.getByRole('gridcell', { name: 'Disabled', exact: true })).toBeVisible();

  // One that carries the connection is asked about first.
  await filterServices(page, 'winrm');
  await serviceRow(page, 'WinRM').click();
  await details.getByLabel('Start mode').selectOption('Disabled');
  const dialog = page.getByRole('alertdialog');
  await expect(dialog).toContainText('After the next restart this machine may be out of reach.');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(serviceRow(page, 'WinRM').getByRole('gridcell', { name: /^Automatic/ })).toBeVisible();

  // What was set is what the machine says when it is read anew.
  await page.keyboard.press('Escape');
  await machineRow(page, 'HQ-DC01').dblclick();
  await page.getByRole('tab', { name: 'Services' }).click();
  await filterServices(page, 'spooler');
  await page.keyboard.press('F5');
  await expect(serviceRow(page, 'Spooler').getByRole('gridcell', { name: 'Disabled', exact: true })).toBeVisible();
});
