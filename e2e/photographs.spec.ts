import { expect, test } from './fixtures.ts';
import { photograph } from './photograph.ts';
import {
  expectOnline,
  fillMachine,
  filterServices,
  gaugeValue,
  importFleet,
  machineRow,
  openCredentials,
  openMachine,
  openServices,
  serviceButton,
  serviceRow,
  testPanel,
  withFleet,
} from './steps.ts';

test('photographs: machines, selection, dialogs, settings, keys', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await expect(machineRow(page, 'HQ-DC01').getByRole('gridcell', { name: /^\d+ %$/ })).toHaveCount(2);
  await photograph(page, 'machines');
  await machineRow(page, 'BRS-SQL01').getByRole('checkbox').click();
  await machineRow(page, 'FRA-FS01')
    .getByRole('checkbox')
    .click({ modifiers: ['Shift'] });
  await photograph(page, 'machines-selection');
  await page.keyboard.press('t');
  await photograph(page, 'tags');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Delete');
  await photograph(page, 'remove');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.getByRole('textbox', { name: 'Filter the machines' }).fill('nothing-like-it');
  await expect(page.getByText('No machine matches')).toBeVisible();
  await photograph(page, 'machines-no-match');
  await page.getByRole('textbox', { name: 'Filter the machines' }).press('Escape');
  await page.getByRole('button', { name: 'Keys ?' }).click();
  await photograph(page, 'keys');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Settings' })).toBeVisible();
  await photograph(page, 'settings');
});

test('photographs: credential sets, policies, what protects a connection, without NTLM', async ({ start, openLab }) => {
  const realm = await openLab({ machines: 4, auth: 'kerberos' });
  const { page } = await start({ demo: false, environment: { KRB5_CONFIG: realm.krb5Config ?? '' } });
  await importFleet(page, realm.machines);
  await expectOnline(page, 4);
  await openMachine(page, 'HQ-DC01');
  await page.getByRole('button', { name: /^Kerberos · .* encrypted/ }).click();
  await expect(page.getByRole('dialog', { name: 'Connection to HQ-DC01' })).toBeVisible();
  await photograph(page, 'machine-connection');
  await page.keyboard.press('Escape');
  await page.keyboard.press('F2');
  const settings = page.getByRole('dialog', { name: 'Settings of HQ-DC01' });
  await settings.getByRole('button', { name: 'Advanced' }).click();
  await settings.getByRole('checkbox', { name: /^Delegate/ }).check();
  await photograph(page, 'machine-sign-in');
  await page.keyboard.press('Escape');
  await openCredentials(page);
  await photograph(page, 'credentials');
  await page.getByRole('button', { name: 'New credential set' }).click();
  await photograph(page, 'credentials-new');
  await page.keyboard.press('Escape');
  await page.getByRole('listitem').filter({ hasText: 'Administrator' }).getByRole('button', { name: 'Edit…' }).click();
  const set = page.getByRole('dialog', { name: 'Credential set Administrator' });
  await set.getByLabel('New password', { exact: true }).fill('not-it');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('listitem').filter({ hasText: 'Refused by' })).toBeVisible();
  await photograph(page, 'credentials-refused');
  await page.keyboard.press('ControlOrMeta+1');
  await expect(page.getByRole('region', { name: 'Credentials that need you' })).toBeVisible();
  await photograph(page, 'machines-credential-prompt');
  await openCredentials(page);
  await page.getByRole('tab', { name: 'Without NTLM' }).click();
  await page.getByRole('button', { name: 'Check 4 machines' }).click();
  await expect(page.getByRole('tabpanel').getByRole('status')).toContainText(/would|not known/i);
  await page.getByRole('grid', { name: 'Without NTLM' }).getByRole('row').nth(1).click();
  await photograph(page, 'without-ntlm');
});

test('photographs: high contrast and reduced motion', async ({ start }) => {
  const { page } = await start({ forcedColors: 'active', reducedMotion: 'reduce' });
  await expectOnline(page, 12);
  await page.screenshot({ path: 'e2e/screenshots/machines-contrast.png' });
  await openMachine(page, 'HQ-DC01');
  await expect.poll(() => gaugeValue(page, 'CPU')).not.toBeNull();
  await page.screenshot({ path: 'e2e/screenshots/machine-overview-contrast.png' });
  await openServices(page);
  await filterServices(page, 'spooler');
  await serviceRow(page, 'Spooler').click();
  await serviceButton(page, 'Stop').click();
  await expect(serviceRow(page, 'Spooler')).toContainText(/stop/i);
  await page.screenshot({ path: 'e2e/screenshots/machine-services-contrast.png' });
});

test('photographs: a machine, its services, stop and restart', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 6, pendingMs: 12_000, downMs: 15_000 });
  const page = await withFleet(start, lab);
  await openMachine(page, 'HQ-DC01');
  await expect.poll(() => gaugeValue(page, 'CPU')).not.toBeNull();
  await expect(page.getByRole('region', { name: /^Overview/ }).getByRole('listitem')).not.toHaveCount(0);
  await expect(page.getByRole('img', { name: /^CPU over/ })).toBeVisible();
  await photograph(page, 'machine-overview');
  await openServices(page);
  await filterServices(page, 'WinDefend');
  await serviceRow(page, 'WinDefend').click();
  await serviceButton(page, 'Stop').click();
  await expect(serviceRow(page, 'WinDefend')).toContainText('Stop failed (2)');
  await filterServices(page, 'Spooler');
  await serviceRow(page, 'Spooler').click();
  await serviceButton(page, 'Stop').click();
  await expect(serviceRow(page, 'Spooler')).toContainText(/stop pending/i);
  await filterServices(page, '');
  await photograph(page, 'machine-services');
  await filterServices(page, 'lanmanworkstation');
  await serviceRow(page, 'LanmanWorkstation').click();
  await serviceButton(page, 'Stop').click();
  await expect(page.getByRole('alertdialog').getByRole('listitem')).toHaveCount(3);
  await photograph(page, 'machine-services-dependants');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Restart…' }).click();
  await expect(page.getByRole('alertdialog').getByText('Asking who is signed in…')).toHaveCount(0);
  await photograph(page, 'restart');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Restart HQ-DC01' }).click();
  const follow = page.getByRole('dialog', { name: 'Restarting HQ-DC01' });
  await expect(follow).toContainText('Down; waiting for it to answer');
  await photograph(page, 'restart-progress');
  await follow.getByRole('button', { name: 'Close' }).click();
  await photograph(page, 'machine-restarting');
});

test('photographs: first run, import, adding a machine', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const secure = await openLab({ machines: 1, https: true });
  const [plain] = lab.machines;
  const [https] = secure.machines;
  if (!plain || !https) throw new Error('A lab is empty.');
  const { page } = await start({ demo: false });
  await photograph(page, 'first-run');
  await page.keyboard.press('i');
  const imports = page.getByRole('dialog', { name: 'Import machines' });
  await imports
    .getByRole('textbox', { name: 'Machines to import' })
    .fill('hq-dc01.corp.example\nhq-sql01:5986\nhq-dc01.corp.example\nnot a name\nhttps://10.0.0.7:5986');
  await expect(imports.getByRole('status')).toContainText('3 new');
  await photograph(page, 'import');
  await page.keyboard.press('Escape');
  await expect(imports).toBeHidden();
  await page.keyboard.press('a');
  const dialog = page.getByRole('dialog', { name: 'Add a machine' });
  await photograph(page, 'add-machine');
  await fillMachine(dialog, { address: plain.address, port: plain.port, user: plain.user, password: 'not-it' });
  await dialog.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(testPanel(dialog).getByRole('status')).toContainText('stopped at Authenticate');
  await photograph(page, 'add-machine-wrong-password');
  await fillMachine(dialog, { transport: 'HTTPS', port: https.port, password: https.password });
  await dialog.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(testPanel(dialog).getByRole('status')).toContainText('stopped at TLS');
  await photograph(page, 'add-machine-certificate');
  await dialog.getByRole('button', { name: 'Pin this certificate' }).click();
  await expect(testPanel(dialog).getByRole('status')).toContainText('passed in');
  await photograph(page, 'add-machine-passed');
  await dialog.getByRole('button', { name: 'Add machine' }).click();
  await expectOnline(page, 1);
  await secure.close();
  await openLab({ machines: 1, https: true, basePort: https.port });
  await openMachine(page, https.address);
  await expect(page.getByRole('alert').filter({ hasText: 'has changed' })).toBeVisible({ timeout: 40_000 });
  await photograph(page, 'state-untrusted');
  await page.getByRole('button', { name: 'Compare and decide…' }).click();
  await expect(page.getByRole('button', { name: 'Pin the new one' })).toBeVisible();
  await photograph(page, 'add-machine-changed-pin');
});

test('photographs: offline, denied', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 3 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 3);
  await openMachine(page, 'HQ-DC01');
  await expect.poll(() => gaugeValue(page, 'CPU')).not.toBeNull();
  await expect(page.getByRole('region', { name: /^Overview/ }).getByRole('listitem')).not.toHaveCount(0);
  await lab.misbehave('HQ-DC01', { kind: 'refuse-connections' });
  await expect(page.getByRole('meter', { name: 'CPU' })).toHaveAttribute('aria-valuetext', /not live/);
  await photograph(page, 'state-offline');
  await page.getByRole('tab', { name: 'Services' }).click();
  await expect(page.getByText('are read as soon as it answers')).toBeVisible();
  await photograph(page, 'state-offline-services');
  await page.keyboard.press('Escape');
  await photograph(page, 'machines-offline');
  await machineRow(page, 'BRS-SQL01').click();
  await page.keyboard.press('F2');
  const dialog = page.getByRole('dialog', { name: 'Settings of BRS-SQL01' });
  await dialog.getByLabel('Credential').selectOption('New user and password…');
  await fillMachine(dialog, { user: 'reader', password: 'Windeck-Lab-2!' });
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await expect(dialog).toBeHidden();
  await openMachine(page, 'BRS-SQL01');
  await expect(page.getByRole('button', { name: 'Change the credential…' })).toBeVisible();
  await photograph(page, 'state-access-denied');
});
