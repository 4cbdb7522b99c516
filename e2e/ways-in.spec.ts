import { readFileSync } from 'node:fs';
import { expect, test } from './fixtures.ts';
import { expectOnline, importFleet, machineRow, openCredentials, openMachine, testPanel } from './steps.ts';

test('Kerberos: shown in list, header and test; the survey tells who would survive without NTLM, and exports it', async ({
  start,
  openLab,
}) => {
  const realm = await openLab({ machines: 2, auth: 'kerberos' });
  const workgroup = await openLab({ machines: 1 });
  const [first] = realm.machines;
  const [alone] = workgroup.machines;
  if (first === undefined || alone === undefined) throw new Error('A lab is empty.');
  const { page } = await start({ demo: false, environment: { KRB5_CONFIG: realm.krb5Config ?? '' } });
  await importFleet(page, realm.machines);
  await expectOnline(page, 2);
  await expect(machineRow(page, first.name)).toContainText('Kerberos · AES256');

  await openMachine(page, first.name);
  const words = page.getByRole('button', { name: `Kerberos · AES256 · encrypted · http ${first.port}` });
  await expect(words).toBeVisible();
  await words.click();
  const details = page.getByRole('dialog', { name: `Connection to ${first.name}` });
  await expect(details).toContainText(/Key type\s*AES256-/);
  await expect(details).toContainText('HTTP/localhost');
  await page.keyboard.press('Escape');
  await page.keyboard.press('F2');
  const settings = page.getByRole('dialog', { name: `Settings of ${first.name}` });
  await settings.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(testPanel(settings).getByRole('status')).toContainText('passed in');
  await expect(testPanel(settings)).toContainText('Kerberos');
  await expect(testPanel(settings)).toContainText('HTTP/localhost');
  await expect(testPanel(settings)).toContainText(/AES256/);
  await page.keyboard.press('Escape');
  await expect(settings).toBeHidden();
  await page.keyboard.press('Escape');

  // One more, outside the realm: found by its address, signed in to by NTLM.
  await page.keyboard.press('i');
  const imports = page.getByRole('dialog', { name: 'Import machines' });
  await imports
    .getByRole('textbox', { name: 'Machines to import' })
    .fill(`name,address,port\n=ALONE,127.0.0.1,${alone.port}`);
  await imports.getByLabel('Credential', { exact: true }).selectOption('New user and password…');
  await imports.getByLabel('User', { exact: true }).fill(alone.user);
  await imports.getByLabel('Password', { exact: true }).fill(alone.password);
  await imports.getByRole('button', { name: 'Import 1 machine' }).click();
  await expectOnline(page, 3);

  await page.getByRole('checkbox', { name: 'Select all' }).click();
  await page
    .getByRole('toolbar', { name: '3 selected machines' })
    .getByRole('button', { name: 'Without NTLM?' })
    .press('Enter');
  await expect(page.getByRole('tab', { name: 'Without NTLM' })).toHaveAttribute('aria-selected', 'true');
  const panel = page.getByRole('tabpanel');
  await expect(panel.getByRole('status')).toHaveText('1 machine would fail, 2 would survive.');
  const table = page.getByRole('grid', { name: 'Without NTLM' });
  // What would fail stands first, with its reason.
  await expect(table.getByRole('row').nth(1)).toContainText('Would fail');
  await expect(table.getByRole('row').nth(1)).toContainText('=ALONE');
  await expect(table.getByRole('row').filter({ hasText: first.name })).toContainText(
    /Survives.*Kerberos.*HTTP\/localhost/,
  );
  await panel.getByRole('button', { name: 'Would fail 1' }).click();
  await expect(table.getByRole('row')).toHaveCount(2);
  await panel.getByRole('button', { name: 'All 3' }).click();
  await expect(table.getByRole('row')).toHaveCount(4);

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    panel.getByRole('button', { name: 'Export CSV' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^windeck-without-ntlm-\d{4}-\d\d-\d\d\.csv$/);
  const csv = readFileSync(await download.path(), 'utf8')
    .trimEnd()
    .split('\r\n');
  expect(csv[0]).toBe('name,address,verdict,seen,advice,code');
  expect(csv).toHaveLength(4);
  // A name that a spreadsheet would take for a formula does not stand as one.
  expect(csv.find((line) => line.includes('ALONE'))).toMatch(/^"?'=ALONE/);
});

test('a survey that waits for a machine which says nothing is stopped, and keeps what it knows', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 2, auth: 'kerberos' });
  const silent = lab.machines[1]?.name ?? '';
  await lab.misbehave(silent, { kind: 'silence' });
  const { page } = await start({ demo: false, environment: { KRB5_CONFIG: lab.krb5Config ?? '' } });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openCredentials(page);
  await page.getByRole('tab', { name: 'Without NTLM' }).click();
  const panel = page.getByRole('tabpanel');
  await panel.getByRole('button', { name: 'Check 2 machines' }).press('Enter');
  await expect(panel.getByRole('status')).toHaveText('1 of 2 machines checked…');
  await panel.getByRole('button', { name: 'Stop' }).press('Enter');
  await expect(panel.getByRole('status')).toHaveText('Stopped after 1 of 2 machines.');
  const table = page.getByRole('grid', { name: 'Without NTLM' });
  await expect(table.getByRole('row').filter({ hasText: 'Survives' })).toHaveCount(1);
  await expect(panel.getByRole('button', { name: 'Check 2 machines' })).toBeEnabled();
});

test('a client certificate: read from a PFX, shown before it is used, and signed in with', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1, https: true, auth: 'certificate' });
  const [machine] = lab.machines;
  const certificate = lab.clientCertificate;
  if (machine === undefined || certificate === undefined) throw new Error('The lab has no client certificate.');
  const { page } = await start({ demo: false });
  await openCredentials(page);
  await page.getByRole('button', { name: 'New credential set' }).click();
  const dialog = page.getByRole('dialog', { name: 'New credential set' });
  await dialog.getByRole('radio', { name: 'Client certificate' }).check();
  await dialog.getByRole('button', { name: 'Save credential set' }).click();
  await expect(dialog).toContainText('Choose a file.');
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    dialog.getByRole('button', { name: 'Choose the file: certificate' }).click(),
  ]);
  await chooser.setFiles({
    name: 'operator.pfx',
    mimeType: 'application/x-pkcs12',
    buffer: Buffer.from(certificate.pfx, 'base64'),
  });
  const passphrase = dialog.getByLabel('Passphrase of the PFX', { exact: true });
  await passphrase.fill('not-it');
  await passphrase.press('Enter');
  await expect(dialog.getByRole('alert')).toContainText(/passphrase/i);
  await expect(passphrase).toHaveValue('');
  await passphrase.fill(certificate.passphrase);
  await passphrase.press('Enter');
  const read = page.getByRole('dialog', { name: 'operator was read' });
  await expect(read).toContainText(/Subject/);
  await expect(read).toContainText(/valid until|expires in/);
  await read.getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'operator' })).toContainText('Client certificate');

  await page.keyboard.press('ControlOrMeta+1');
  await expect(page.getByRole('button', { name: /^Add a machine/ })).toBeVisible();
  await page.keyboard.press('a');
  const add = page.getByRole('dialog', { name: 'Add a machine' });
  await add.getByLabel('Name or address', { exact: true }).fill(`https://${machine.address}:${machine.port}`);
  await add.getByLabel('Shown as', { exact: true }).fill('Mapped');
  await expect(add.getByLabel('Credential', { exact: true })).toContainText('operator');
  await expect(add).toContainText('The chosen credential is a client certificate');
  await add.getByLabel('Sign-in', { exact: true }).selectOption('Client certificate (over HTTPS)');
  await expect(add).not.toContainText('The chosen credential is a client certificate');
  await add.getByRole('button', { name: 'Test', exact: true }).click();
  await add.getByRole('button', { name: 'Pin this certificate' }).click();
  await expect(testPanel(add).getByRole('status')).toContainText('passed in');
  await add.getByRole('button', { name: 'Add machine' }).click();
  await expectOnline(page, 1);
  await expect(machineRow(page, 'Mapped')).toContainText('Certificate · TLS 1.2');
  await machineRow(page, 'Mapped').click({ button: 'right' });
  await page.getByRole('menuitem', { name: 'Connection…' }).click();
  const connection = page.getByRole('dialog', { name: 'Connection to Mapped' });
  await expect(connection).toContainText('Client certificate');
  await expect(connection).toContainText('Certificate of the machine');
});
