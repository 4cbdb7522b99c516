import { expect, test } from './fixtures.ts';
import { expectOnline, machineRow, withFleet } from './steps.ts';
import { apply, applyDialog, changes, openWinrm, read, setting } from './winrm-steps.ts';

test('a setting is changed by the keyboard: drafted, reviewed, applied, and read back', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'HQ-DC01' });

  // `/` and a word bring the form down to what is wanted; the arrow goes on into it.
  await page.keyboard.press('/');
  await page.keyboard.type('winrs idletimeout');
  await page.keyboard.press('ArrowDown');
  const idle = setting(page, 'Winrs / IdleTimeout');
  await expect(idle).toBeFocused();
  const before = await idle.inputValue();

  // Out of its range it says so, and nothing can be reviewed. Esc takes it back.
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('1');
  await expect(idle).toHaveAttribute('aria-invalid', 'true');
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(applyDialog(page)).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(idle).toHaveValue(before);
  await expect(changes(page).getByRole('list', { name: 'Changes' })).toHaveCount(0);

  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('900000');
  await expect(changes(page).getByRole('heading', { name: '1 change to HQ-DC01' })).toBeVisible();
  await expect(changes(page)).toContainText('900000 (15 min)');
  await expect(page.locator('.code-line')).toContainText('winrm set winrm/config/winrs @{IdleTimeout="900000"}');
  await page.keyboard.press('ControlOrMeta+Enter');
  const dialog = applyDialog(page);
  await expect(dialog).toHaveAccessibleName('Apply 1 change to HQ-DC01?');
  await expect(dialog.getByRole('list', { name: 'What changes' })).toContainText('900000');
  // It cannot cut anything, so no consent is asked for.
  await expect(dialog.getByRole('radio')).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Apply 1 change to HQ-DC01' }).press('Enter');
  const done = page.getByRole('dialog', { name: 'Changes to HQ-DC01' });
  await expect(done.getByRole('status')).toContainText('Applied. The change to HQ-DC01 stands.');
  await page.keyboard.press('Escape');

  // What is shown now was read from the machine again.
  await read(page);
  await expect(idle).toHaveValue('900000');
  await expect(changes(page).getByRole('list', { name: 'Changes' })).toHaveCount(0);
});

test('a change that cuts the connection is taken back by the machine; one that does not is confirmed afresh', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'HQ-DC01' });
  const filter = setting(page, 'Service / IPv4Filter');
  const before = await filter.inputValue();

  await filter.fill('192.0.2.1-192.0.2.9');
  await page.keyboard.press('ControlOrMeta+Enter');
  const dialog = applyDialog(page);
  await expect(dialog.getByRole('list', { name: 'What changes' })).toContainText(/cuts? this connection/);
  const apply = dialog.getByRole('button', { name: 'Apply 1 change to HQ-DC01' });
  // Nothing is agreed to beforehand.
  await expect(apply).toBeDisabled();
  await dialog.getByRole('radio', { name: /Plant a revert on HQ-DC01 first/ }).press('Space');
  await dialog.getByLabel(/Takes the change back after/).fill('5');
  await dialog.getByText('What the revert runs on HQ-DC01').click();
  await expect(dialog.locator('pre')).toContainText(/IPv4Filter/i);
  await apply.press('Enter');
  const steps = page.getByRole('dialog', { name: /HQ-DC01$/ });
  await expect(steps.getByRole('list', { name: 'Steps' })).toContainText('Plant the revert');
  await expect(steps.getByRole('status')).toContainText('Reverted. HQ-DC01 is as it was before.', { timeout: 60_000 });
  await page.keyboard.press('Escape');
  await expectOnline(page, 1);
  // The draft stays for another try; the machine has what it had.
  await expect(changes(page)).toContainText('192.0.2.1');
  await changes(page).getByRole('button', { name: 'Discard' }).click();
  await expect(filter).toHaveValue(before);

  // One that leaves the connection alone stands, with or without a revert that was asked for.
  const max = setting(page, 'Service / MaxConnections');
  await max.fill('200');
  await page.keyboard.press('ControlOrMeta+Enter');
  const consent = applyDialog(page).getByRole('radio', { name: /Plant a revert/ });
  await expect(applyDialog(page).getByRole('list', { name: 'What changes' })).toContainText('200');
  if ((await consent.count()) > 0) await consent.press('Space');
  await applyDialog(page).getByRole('button', { name: 'Apply 1 change to HQ-DC01' }).press('Enter');
  await expect(page.getByRole('dialog').getByRole('status')).toContainText(/(Confirmed|Applied)\. The change/, {
    timeout: 60_000,
  });
  await page.keyboard.press('Escape');
  await read(page);
  await expect(max).toHaveValue('200');
});

test('a listener is created, edited and deleted by keys; certificates that will not do say why', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'HQ-DC01' });
  const listeners = page.getByRole('grid', { name: 'Listeners' });
  const count = await listeners.getByRole('row').count();

  await page.getByRole('tab', { name: 'WinRM' }).press('n');
  const dialog = page.getByRole('dialog', { name: 'New listener on HQ-DC01' });
  await dialog.getByLabel('Transport').selectOption('HTTPS');
  await dialog.getByRole('button', { name: 'Add to the changes' }).press('Enter');
  await expect(dialog.getByRole('alert')).toContainText('Choose a certificate');
  const unsuitable = dialog.locator('.wr-certificate.unsuitable').first();
  await expect(unsuitable.getByRole('radio')).toBeDisabled();
  await expect(unsuitable.locator('.c-crit').first()).not.toBeEmpty();
  await dialog.locator('.wr-certificate:not(.unsuitable)').nth(1).getByRole('radio').press('Space');
  await expect(dialog.getByRole('textbox', { name: 'Host name' })).not.toHaveValue('');
  await dialog.getByRole('button', { name: 'Add to the changes' }).press('Enter');
  await expect(dialog).toBeHidden();
  await expect(listeners.getByRole('row')).toHaveCount(count + 1);
  await expect(listeners.getByRole('row', { name: /HTTPS on \*.*created/ })).toContainText('after applying');
  await apply(page, 1);
  const created = listeners.getByRole('row', { name: /^HTTPS on \*, port \d+$/ });
  await expect(created).toBeVisible();

  // Delete drafts it; once more keeps it. Then for good.
  await created.focus();
  await page.keyboard.press('Delete');
  await expect(listeners.getByRole('row', { name: /HTTPS on \*.*deleted/ })).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(created).toBeVisible();
  await page.keyboard.press('Delete');
  await apply(page, 1);
  await expect(listeners.getByRole('row')).toHaveCount(count);
});

test('the password of a certificate mapping is asked for at the end only, and no field holds it afterwards', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'HQ-DC01' });
  await page.getByRole('button', { name: 'New mapping' }).press('Enter');
  const form = page.getByRole('dialog', { name: 'New certificate mapping on HQ-DC01' });
  await form.getByLabel('Issuer').fill('11 22 33 44 55 66 77 88 99 00 11 22 33 44 55 66 77 88 99 00');
  await form.getByLabel('Subject').fill('robot@corp.example');
  await form.getByLabel('Signs in as').fill('Administrator');
  await form.getByLabel('Signs in as').press('Enter');
  await expect(form).toBeHidden();

  await page.keyboard.press('ControlOrMeta+Enter');
  const dialog = applyDialog(page);
  const send = dialog.getByRole('button', { name: 'Apply 1 change to HQ-DC01' });
  await expect(dialog.getByRole('list', { name: 'What changes' })).toBeVisible();
  await expect(send).toBeDisabled();
  await dialog
    .getByLabel('Password of Administrator on HQ-DC01', { exact: true })
    .fill(lab.machines[0]?.password ?? '');
  await send.press('Enter');
  await expect(page.getByRole('dialog').getByRole('status')).toContainText(/(Confirmed|Applied)\./, {
    timeout: 60_000,
  });
  await page.keyboard.press('Escape');
  await expect(page.getByRole('grid', { name: 'Certificate mappings' })).toContainText('robot@corp.example');
  const left = await page.evaluate(() => [
    document.documentElement.outerHTML,
    ...[...document.querySelectorAll('input, textarea')].map((field) => (field as HTMLInputElement).value),
  ]);
  expect(left.join('\n')).not.toContain(lab.machines[0]?.password);
});

test('snapshots: saved, compared with now and removed; a selection is compared with one machine', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 3 });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'HQ-DC01' });
  await page.keyboard.press('s');
  const snapshots = page.getByRole('dialog', { name: 'Snapshots of WinRM settings' });
  await snapshots.getByLabel(/^Name of a new snapshot/).fill('As delivered');
  await page.keyboard.press('Enter');
  await expect(snapshots.getByRole('list', { name: 'Snapshots' })).toContainText('As delivered');
  await page.keyboard.press('Escape');

  await setting(page, 'Winrs / IdleTimeout').fill('900000');
  await apply(page, 1);

  await page.getByRole('tab', { name: 'WinRM' }).press('s');
  await snapshots.getByRole('button', { name: 'Compare As delivered with now' }).press('Enter');
  const comparison = page.getByRole('dialog', { name: 'Compare WinRM settings' });
  await expect(comparison).toContainText('1 setting differs.');
  await expect(comparison.getByRole('row', { name: /IdleTimeout/ })).toContainText('900000');
  await page.keyboard.press('Escape');

  // The list: three selected, against this machine. The two others differ, alike.
  await page.keyboard.press('Escape');
  await machineRow(page, 'HQ-DC01').focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.getByRole('button', { name: 'Compare WinRM…' }).press('Enter');
  const drift = page.getByRole('dialog', { name: 'Compare WinRM settings of 3 machines' });
  await drift.getByLabel('Against').selectOption({ label: 'HQ-DC01' });
  await drift.getByRole('button', { name: 'Compare 3 machines' }).press('Enter');
  await expect(drift.getByRole('status')).toContainText(/^1 the same, 2 differ/);
  await expect(drift.getByRole('list', { name: 'Drift' })).toContainText('IdleTimeout');
  await page.keyboard.press('Escape');

  // The same as a column of the list.
  await page.getByRole('button', { name: 'Columns' }).press('Enter');
  await page.getByRole('menuitemcheckbox', { name: 'WinRM drift' }).press('Enter');
  await page.keyboard.press('Escape');
  await expect(machineRow(page, 'HQ-DC01').getByTitle(/^Its WinRM settings are those of HQ-DC01, /)).toHaveText('none');
  await expect(page.getByTitle(/^\d+ WinRM settings? differs? from HQ-DC01, /)).toHaveText([
    /^\d+ setting/,
    /^\d+ setting/,
  ]);

  await openWinrm(page, { name: 'HQ-DC01' });
  await page.keyboard.press('s');
  await snapshots.getByRole('button', { name: 'Remove As delivered' }).press('Enter');
  await snapshots.getByRole('button', { name: 'Remove As delivered' }).last().press('Enter');
  await expect(snapshots).toContainText('None yet.');
});

test('quickconfig: what it finds, and the script by generation as a file', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'HQ-DC01' });
  await page.keyboard.press('q');
  const dialog = page.getByRole('dialog', { name: 'Quickconfig on HQ-DC01' });
  await expect(dialog.getByRole('list', { name: 'What quickconfig finds' })).toContainText('WinRM service');
  await dialog.getByText('Script to run on HQ-DC01 itself').click();
  await dialog.getByLabel('Windows', { exact: true }).selectOption('windows-2003');
  await expect(dialog.locator('.wr-script pre')).toContainText(/winrm/i);
  const download = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Save .cmd' }).press('Enter');
  expect((await download).suggestedFilename()).toMatch(/\.cmd$/);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});

test('an account that may not read winrm/config is told why, and the other rooms go on', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const page = await withFleet(start, lab);
  await lab.misbehave('HQ-DC01', { kind: 'fault', code: 5, action: 'Get' });
  await machineRow(page, 'HQ-DC01').dblclick();
  await expect(page.getByRole('heading', { level: 1, name: 'HQ-DC01' })).toBeVisible();
  await page.keyboard.press('5');
  await expect(page.locator('[data-problem="access-denied"]').first()).toBeVisible();
  await page.keyboard.press('2');
  await expect(
    page
      .getByRole('grid', { name: /^Services of / })
      .getByRole('row')
      .nth(3),
  ).toBeVisible();
});
