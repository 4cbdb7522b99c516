import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { documentHolds, heapHolds, recordFrames } from './heap.ts';
import {
  expectOnline,
  fillMachine,
  importFleet,
  machineRow,
  openCredentials,
  openMachine,
  testPanel,
} from './steps.ts';

/** Recognisable, and nothing that the page would have of its own. */
const secretOf = (name: string): string => `zq-${name}-7Rk2vX9wLm4T`;

/** By the keyboard, as a person does: each key leaves its own trace, or none. */
async function type(page: Page, field: Locator, text: string): Promise<void> {
  await field.focus();
  await page.keyboard.type(text);
  await expect(field).toHaveValue(text);
}

async function expectGone(page: Page, secret: string): Promise<void> {
  expect(await documentHolds(page, secret), 'the document').toBe(false);
  expect(await heapHolds(page, secret), 'the heap').toBe(false);
}

test('a password that was typed is gone once its dialog has closed; while it is typed, the search finds it', async ({
  start,
}) => {
  const secret = secretOf('password');
  const { page } = await start({ demo: false });
  await openCredentials(page);
  await page.getByRole('button', { name: 'New credential set' }).click();
  const dialog = page.getByRole('dialog', { name: 'New credential set' });
  await type(page, dialog.getByLabel('User', { exact: true }), 'CORP\\adm-heap');
  await type(page, dialog.getByLabel('Password', { exact: true }), secret);

  // The control: a search that finds nothing here would prove nothing below.
  expect(await heapHolds(page, secret)).toBe(true);
  expect(await documentHolds(page, secret), 'never in an attribute').toBe(false);
  await dialog.getByRole('button', { name: 'Show password' }).click();
  await expect(dialog.getByLabel('Password', { exact: true })).toHaveAttribute('type', 'text');
  expect(await documentHolds(page, secret), 'nor while it is shown').toBe(false);

  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('listitem').filter({ hasText: 'CORP\\adm-heap' })).toBeVisible();
  await expectGone(page, secret);
  // What is no secret is still there: the heap that was searched is this page's.
  expect(await heapHolds(page, 'CORP\\adm-heap')).toBe(true);

  // A new password for it, thought better of.
  const other = secretOf('cancelled');
  await page.getByRole('listitem').filter({ hasText: 'adm-heap' }).getByRole('button', { name: 'Edit…' }).click();
  const edit = page.getByRole('dialog', { name: /^Credential set/ });
  await type(page, edit.getByLabel('New password', { exact: true }), other);
  await page.keyboard.press('Escape');
  await expect(edit).toBeHidden();
  await expectGone(page, other);
});

test('so are those of a machine, tested and added, and of an import', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 2 });
  const [first, second] = lab.machines;
  if (first === undefined || second === undefined) throw new Error('The lab is too small.');
  const wrong = secretOf('wrong');
  const { page } = await start({ demo: false });
  await expect(page.getByRole('button', { name: /^Add a machine/ })).toBeVisible();
  await page.keyboard.press('a');
  const dialog = page.getByRole('dialog', { name: 'Add a machine' });
  await fillMachine(dialog, { address: first.address, port: first.port, user: first.user, name: 'Front desk' });
  await type(page, dialog.getByLabel('Password', { exact: true }), wrong);
  await page.keyboard.press('Enter');
  await expect(testPanel(dialog).getByRole('status')).toContainText('stopped at Authenticate');
  await dialog.getByRole('button', { name: 'Add anyway, untested' }).click();
  await expect(dialog).toBeHidden();
  await expect(machineRow(page, 'Front desk')).toBeVisible();
  await expectGone(page, wrong);

  const imported = secretOf('import');
  await page.keyboard.press('i');
  const imports = page.getByRole('dialog', { name: 'Import machines' });
  await imports.getByRole('textbox', { name: 'Machines to import' }).fill(`${second.address}:${second.port}`);
  await imports.getByLabel('Credential', { exact: true }).selectOption('New user and password…');
  await type(page, imports.getByLabel('User', { exact: true }), 'importer');
  await type(page, imports.getByLabel('Password', { exact: true }), imported);
  await imports.getByRole('button', { name: 'Import 1 machine' }).click();
  await expect(imports).toBeHidden();
  await expectGone(page, imported);
});

test('a private key that was pasted, its passphrase, and the passphrase of the sealed file are gone as well', async ({
  start,
}) => {
  const { page } = await start({ demo: false });
  await openCredentials(page);
  await page.getByRole('button', { name: 'New credential set' }).click();
  const dialog = page.getByRole('dialog', { name: 'New credential set' });
  await dialog.getByRole('radio', { name: 'Client certificate' }).check();
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    dialog.getByRole('button', { name: 'Choose the file: certificate' }).click(),
  ]);
  const fileKey = secretOf('file-key');
  await chooser.setFiles({
    name: 'admin.pem',
    mimeType: 'application/x-pem-file',
    buffer: Buffer.from(
      `-----BEGIN PRIVATE KEY-----\n${fileKey}\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n`,
    ),
  });
  await expect(dialog.getByText('admin.pem')).toBeVisible();
  const passphrase = secretOf('key-passphrase');
  await type(page, dialog.getByLabel('Passphrase of the key', { exact: true }), passphrase);
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('alert')).toBeVisible();
  // Refused, and the dialog still open: the fields are empty all the same.
  await expect(dialog.getByLabel('Passphrase of the key', { exact: true })).toHaveValue('');

  const pasted = secretOf('pasted-key');
  await dialog.getByRole('button', { name: 'Paste the key instead' }).click();
  await dialog.getByLabel('Key text', { exact: true }).focus();
  await page.keyboard.insertText(`-----BEGIN PRIVATE KEY-----\n${pasted}\n-----END PRIVATE KEY-----`);
  expect(await heapHolds(page, pasted)).toBe(true);
  const save = dialog.getByRole('button', { name: 'Save credential set' });
  await save.click();
  await expect(save).toBeEnabled();
  await expect(dialog.getByRole('alert')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  for (const secret of [fileKey, passphrase, pasted]) await expectGone(page, secret);
});

test('the passphrase of the sealed file: typed twice, asked for once per run, gone afterwards', async ({ start }) => {
  const passphrase = secretOf('vault');
  const first = await start({ demo: false });
  await openCredentials(first.page);
  await expect(first.page.getByRole('region', { name: 'Where secrets are kept' })).toContainText(
    'Passwords last until this console ends',
  );
  await first.page.getByRole('button', { name: 'Set a passphrase…' }).click();
  const create = first.page.getByRole('dialog', { name: 'Seal the passwords in a file' });
  await type(first.page, create.getByLabel('New passphrase', { exact: true }), passphrase);
  await type(first.page, create.getByLabel('The same again', { exact: true }), `${passphrase}x`);
  await first.page.keyboard.press('Enter');
  await expect(create).toContainText('This is not the same passphrase.');
  await type(first.page, create.getByLabel('The same again', { exact: true }), passphrase);
  await first.page.keyboard.press('Enter');
  await expect(create).toBeHidden();
  await expect(first.page.getByText('sealed with your passphrase')).toBeVisible();
  await expectGone(first.page, passphrase);
  await first.page.close();
  await first.end();

  const { page } = await start({ demo: false });
  await openCredentials(page);
  await page.getByRole('button', { name: 'Unlock…' }).first().click();
  const unlock = page.getByRole('dialog', { name: 'Unlock the sealed file' });
  const wrong = secretOf('not-it');
  const field = unlock.getByLabel('Passphrase', { exact: true });
  await type(page, field, wrong);
  await page.keyboard.press('Enter');
  await expect(unlock.getByRole('alert')).toBeVisible();
  await expect(field).toHaveValue('');
  await expect(field).toBeFocused();
  // Nothing of it comes back by undoing.
  await page.keyboard.press('ControlOrMeta+z');
  await expect(field).toHaveValue('');
  await type(page, field, passphrase);
  await page.keyboard.press('Enter');
  await expect(unlock).toBeHidden();
  await expect(page.getByText('It is unlocked until this console ends.')).toBeVisible();
  await expectGone(page, passphrase);
  await expectGone(page, wrong);
});

test('a stored password never comes back to the page, whatever it asks for', async ({ start, openLab, isDesktop }) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  const frames = recordFrames(page);
  if (!isDesktop) await page.reload();
  const password = lab.machines[0]?.password ?? '';
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  // The control: it did go out, and the frames that are searched are those of this console.
  if (!isDesktop) expect(frames.sent.filter((frame) => frame.includes(password))).toHaveLength(1);

  await page.reload();
  await expectOnline(page, 1);
  await openMachine(page, 'HQ-DC01');
  await expect(page.getByText(/encrypted/)).toBeVisible();
  await openCredentials(page);
  await page.getByRole('button', { name: 'Edit…' }).click();
  await expect(
    page.getByRole('dialog', { name: /^Credential set/ }).getByLabel('New password', { exact: true }),
  ).toHaveValue('');
  await page.keyboard.press('Escape');
  await page.keyboard.press('ControlOrMeta+1');
  await machineRow(page, 'HQ-DC01').click();
  await page.keyboard.press('F2');
  await expect(page.getByRole('dialog', { name: 'Settings of HQ-DC01' })).toBeVisible();
  await page.keyboard.press('Escape');
  expect(frames.received.some((frame) => frame.includes('HQ-DC01'))).toBe(!isDesktop);
  expect(frames.received.filter((frame) => frame.includes(password))).toEqual([]);
  await expectGone(page, password);
});
