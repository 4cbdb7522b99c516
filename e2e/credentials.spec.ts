import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { expectNamed } from './names.ts';
import { asCsv, expectOnline, importFleet, machineRow, openCredentials, openMachine } from './steps.ts';

/** On with Tab until this has the focus, as somebody without a mouse gets there. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let step = 0; step < 60; step += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`The keyboard does not get to ${target.toString()}.`);
}

const setRow = (page: Page, name: string): Locator =>
  page.getByRole('region', { name: 'Credential sets' }).getByRole('listitem').filter({ hasText: name });

/** Adds a set of user and password, by the keyboard. */
async function addSet(page: Page, set: { name: string; user: string; password: string }): Promise<void> {
  await tabTo(page, page.getByRole('button', { name: 'New credential set' }));
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'New credential set' });
  await expect(dialog.getByLabel('User', { exact: true })).toBeFocused();
  await page.keyboard.type(set.user);
  await page.keyboard.press('Tab');
  await page.keyboard.type(set.password);
  await tabTo(page, dialog.getByLabel('Name of the set'));
  await page.keyboard.type(set.name);
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(setRow(page, set.name)).toBeVisible();
}

test('one wrong password for a tag is sent once, told once, and mended once; a machine overrides it, the rest inherits', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 6 });
  const [first] = lab.machines;
  if (first === undefined) throw new Error('The lab is empty.');
  const tagged = lab.machines.filter((machine) => machine.tags.includes('production'));
  const others = lab.machines.filter((machine) => !machine.tags.includes('production'));
  const refusals = async () => {
    let sum = 0;
    for (const { name } of lab.machines) sum += (await lab.statistics(name)).refusals;
    return sum;
  };
  expect(tagged.length).toBeGreaterThan(1);
  expect(others.length).toBeGreaterThan(0);
  const { page } = await start({ demo: false });

  // Machines without a credential: nothing is sent, nothing is refused.
  await expect(page.getByRole('button', { name: /^Import a list/ })).toBeVisible();
  await page.keyboard.press('i');
  const imports = page.getByRole('dialog', { name: 'Import machines' });
  await imports.getByRole('textbox', { name: 'Machines to import' }).fill(asCsv(lab.machines));
  const choice = imports.getByLabel('Credential', { exact: true });
  await tabTo(page, choice);
  await page.keyboard.press('Home');
  await expect(choice).toHaveValue('inherit');
  await imports.getByRole('button', { name: 'Import 6 machines' }).press('Enter');
  await expect(imports).toBeHidden();
  await expect(machineRow(page, first.name)).toBeVisible();

  await openCredentials(page);
  await addSet(page, { name: 'Production admins', user: first.user, password: 'not-it' });
  await tabTo(page, page.getByLabel('Tag that gets a set'));
  await page.keyboard.type('production');
  await page.keyboard.press('Enter');
  const rules = page.getByRole('region', { name: 'Who signs in with which' });
  await expect(rules.getByRole('combobox', { name: 'Credential of the tag production' })).toBeVisible();
  await expect(rules).toContainText(`for ${tagged.length} machines`);

  // One attempt for all of them, and one place that says so.
  const row = setRow(page, 'Production admins');
  await expect(row).toContainText(/Refused by .* on /);
  await expect(row).toContainText('Not sent again until its password is changed');
  await page.keyboard.press('ControlOrMeta+1');
  const prompts = page.getByRole('region', { name: 'Credentials that need you' });
  await expect(prompts.getByText(/Refused by/)).toHaveCount(1);
  await expect(prompts).toContainText(`${tagged.length} machines wait for it.`);
  for (const { name } of tagged)
    await expect(machineRow(page, name).getByRole('img', { name: /^Sign-in refused/ })).toBeVisible();
  expect(await refusals()).toBe(1);

  // Mended where it is told, by the keyboard.
  await tabTo(page, prompts.getByRole('button', { name: 'Change the password…' }));
  await page.keyboard.press('Enter');
  const edit = page.getByRole('dialog', { name: 'Credential set Production admins' });
  await expect(edit.getByLabel('New password', { exact: true })).toBeFocused();
  await page.keyboard.type(first.password);
  await page.keyboard.press('Enter');
  await expect(edit).toBeHidden();
  await expectOnline(page, tagged.length);
  await expect(prompts).toBeHidden();
  expect(await refusals()).toBe(1);

  // One of the others gets a set of its own; the badge says whose it is.
  const [own] = others;
  if (own === undefined) throw new Error('Nobody is left.');
  await openCredentials(page);
  await addSet(page, { name: 'Spare key', user: first.user, password: first.password });
  await page.keyboard.press('ControlOrMeta+1');
  await machineRow(page, own.name).click();
  await page.keyboard.press('c');
  const assign = page.getByRole('dialog', { name: `Credential of ${own.name}` });
  await assign.getByRole('combobox', { name: 'Credential' }).selectOption('Spare key');
  await assign.getByRole('button', { name: `Change credential of ${own.name}` }).press('Enter');
  await expect(assign).toBeHidden();
  await expectOnline(page, tagged.length + 1);

  // And all machines a global one: the rest inherits it, what has its own or its tag's keeps that.
  await openCredentials(page);
  await rules.getByRole('combobox', { name: 'Every machine' }).selectOption('Spare key');
  await expectOnline(page, lab.machines.length);
  await expect(setRow(page, 'Production admins')).toContainText(`for ${tagged.length} machines`);
  await expect(setRow(page, 'Spare key')).toContainText(`for ${others.length} machine`);
  await expect(rules).toContainText(`1 machine: ${own.name}`);
  expect(await refusals()).toBe(1);

  await page.keyboard.press('ControlOrMeta+1');
  await page.getByRole('textbox', { name: 'Filter the machines' }).fill('credential:own');
  await expect(machineRow(page, own.name)).toBeVisible();
  await expect(page.getByRole('grid', { name: 'Machines', exact: true }).getByRole('row')).toHaveCount(2);
  await page.getByRole('textbox', { name: 'Filter the machines' }).fill('');
  for (const [name, badge] of [
    [own.name, 'own'],
    [tagged[0]?.name ?? '', 'from tag production'],
    [others[1]?.name ?? own.name, others.length > 1 ? 'global' : 'own'],
  ] as const) {
    await openMachine(page, name);
    await expect(page.getByRole('main').locator('.mp-meta').getByText(badge, { exact: true })).toBeVisible();
    await page.keyboard.press('Escape');
  }
});

test('the form says what inherits, what a policy means, and at once when it cannot work', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await machineRow(page, 'HQ-DC01').click();
  await page.keyboard.press('F2');
  const dialog = page.getByRole('dialog', { name: 'Settings of HQ-DC01' });
  const policy = dialog.getByLabel('Sign-in', { exact: true });
  await expect(dialog.getByText('own', { exact: true })).toBeVisible();

  await policy.selectOption('Kerberos only');
  await expect(dialog).toContainText('no NTLM message leaves this computer');
  await expect(dialog).toContainText('127.0.0.1 is an address: no ticket exists for it');
  await tabTo(page, dialog.getByRole('button', { name: 'Advanced' }));
  await page.keyboard.press('Enter');
  await tabTo(page, dialog.getByLabel('SPN host'));
  await page.keyboard.type('hq-dc01.corp.example');
  await expect(dialog).toContainText(
    'A ticket is asked for HTTP/hq-dc01.corp.example, then for HOST/hq-dc01.corp.example.',
  );
  await expect(dialog).not.toContainText('no ticket exists for it');
  await dialog.getByLabel('SPN class').fill('WSMAN');
  await dialog.getByRole('checkbox', { name: 'SPN with the port' }).press('Space');
  await expect(dialog).toContainText(`A ticket is asked for WSMAN/hq-dc01.corp.example:${lab.machines[0]?.port}.`);
  await dialog.getByRole('checkbox', { name: /^Delegate/ }).press('Space');
  await expect(dialog).toContainText('Whoever controls this machine can then act as this user everywhere');

  await policy.selectOption('Client certificate (over HTTPS)');
  await expect(dialog).toContainText('Client certificates exist in TLS only');
  await expect(dialog).toContainText('needs a credential set with a client certificate');
  await policy.selectOption('Digest (management controllers)');
  await expect(dialog).toContainText('WinRM on Windows offers no Digest');
  await expect(dialog).toContainText('Digest over HTTP encrypts nothing');

  // What was set for Kerberos is kept for the day that it is Kerberos again.
  await policy.selectOption('Kerberos only');
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await expect(dialog).toBeHidden();
  // There is no directory here: refused, and said in words. Before that is known the form has what was saved.
  await expect(machineRow(page, 'HQ-DC01')).toBeVisible();
  await machineRow(page, 'HQ-DC01').click();
  await page.keyboard.press('F2');
  await expect(dialog.getByLabel('SPN class')).toHaveValue('WSMAN');
  await expect(dialog.getByRole('checkbox', { name: /^Delegate/ })).toBeChecked();
  await page.keyboard.press('Escape');
  await expect(machineRow(page, 'HQ-DC01').getByRole('img', { name: 'Online' })).toBeHidden();
  await expect(machineRow(page, 'HQ-DC01').getByRole('img').first()).toBeVisible();
});

test('how the connection is protected: header, details and columns say it, and a row is selected by its name', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 2, https: true });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines, { pinned: true });
  await expectOnline(page, 2);
  const [machine] = lab.machines;
  await expect(page.getByRole('checkbox', { name: 'Select HQ-DC01' })).toBeVisible();
  await expect(page.getByRole('checkbox', { name: 'Select all' })).toBeVisible();

  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Encryption', exact: true }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Credential', exact: true }).click();
  await page.keyboard.press('Escape');
  await expect(machineRow(page, 'HQ-DC01').getByRole('gridcell', { name: 'TLS 1.3', exact: true })).toBeVisible();
  await expect(machineRow(page, 'HQ-DC01')).toContainText('Administratorown');
  const filter = page.getByRole('textbox', { name: 'Filter the machines' });
  await filter.fill('enc:tls cert>30d auth:ntlm');
  await expect(page.getByText('2 match')).toBeVisible();
  await filter.fill('enc:none');
  await expect(page.getByText('0 match')).toBeVisible();
  await filter.fill('');

  await openMachine(page, 'HQ-DC01');
  const words = page.getByRole('button', { name: /^NTLM · TLS 1\.3 · encrypted · https \d+$/ });
  await tabTo(page, words);
  await page.keyboard.press('Enter');
  const details = page.getByRole('dialog', { name: 'Connection to HQ-DC01' });
  await expect(details).toContainText('Certificate of the machine');
  await expect(details).toContainText(machine?.certificateSha256?.match(/.{8}/g)?.join(' ') ?? 'a certificate');
  await expect(details).toContainText(/valid until/);
  await page.keyboard.press('Escape');
  await expect(details).toBeHidden();
  await expect(words).toBeFocused();
});

test('every control of these rooms has a name, and a dialog keeps the keyboard inside', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await page.getByRole('checkbox', { name: 'Select HQ-DC01' }).click();
  await expectNamed(page, 30);
  await page.keyboard.press('c');
  await expectNamed(page, 3);
  await page.keyboard.press('Escape');
  await page.keyboard.press('F2');
  const settings = page.getByRole('dialog', { name: 'Settings of HQ-DC01' });
  await settings.getByRole('button', { name: 'Advanced' }).click();
  await expectNamed(page, 15);
  // Round and round, never out of the dialog.
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press('Tab');
    expect(await settings.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  }
  await page.keyboard.press('Escape');
  await openCredentials(page);
  await expectNamed(page, 12);
  await page.getByRole('button', { name: 'New credential set' }).click();
  for (const kind of ['User and password', 'Signed-in user', 'Client certificate']) {
    await page.getByRole('radio', { name: kind }).check();
    await expectNamed(page, 6);
  }
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: 'Without NTLM' }).click();
  await expectNamed(page, 5);
  await page.getByRole('button', { name: 'Check 12 machines' }).click();
  await expect(page.getByRole('tabpanel').getByRole('status')).toContainText(/would|not known/i);
  await expectNamed(page, 12);
  await page.keyboard.press('ControlOrMeta+1');
  await openMachine(page, 'HQ-DC01');
  await page.getByRole('button', { name: /encrypted/ }).click();
  await expectNamed(page, 1);
});
