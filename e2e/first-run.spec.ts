import { expect, test } from './fixtures.ts';
import { expectOnline, importFleet, machineRow, machineTable } from './steps.ts';

test('first run: three doors, each by mouse and by key; the demo lab opens behind the third', async ({ start }) => {
  const { page } = await start({ demo: false });
  await expect(page.getByRole('heading', { level: 1, name: 'Windows machines, from here.' })).toBeVisible();
  await expect(page.getByRole('contentinfo')).toContainText('No machines yet');

  const add = page.getByRole('dialog', { name: 'Add a machine' });
  await page.getByRole('button', { name: /^Add a machine/ }).click();
  await expect(add).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: /^Add a machine/ })).toBeFocused();
  await page.keyboard.press('a');
  await expect(add).toBeVisible();
  await page.keyboard.press('Escape');

  const imports = page.getByRole('dialog', { name: 'Import machines' });
  await page.getByRole('button', { name: /^Import a list/ }).click();
  await expect(imports).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(imports).toBeHidden();
  await page.keyboard.press('i');
  await expect(imports).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(imports).toBeHidden();

  await page.keyboard.press('d');
  await expectOnline(page, 12);
  await expect(page.getByRole('contentinfo')).toContainText('LAB');
  await expect(machineTable(page).getByRole('row')).toHaveCount(13);
});

test('the theme is applied at once and kept over a restart of the console', async ({ start }) => {
  const background = () => getComputedStyle(document.body).backgroundColor;
  const first = await start({ demo: false, colorScheme: 'light' });
  await first.page.getByRole('button', { name: 'Settings' }).click();
  await expect(first.page.getByRole('radio', { name: 'As the system' })).toBeChecked();
  const light = await first.page.evaluate(background);
  await first.page.emulateMedia({ colorScheme: 'dark' });
  await expect.poll(() => first.page.evaluate(background)).not.toBe(light);
  const dark = await first.page.evaluate(background);
  await first.page.getByRole('radio', { name: 'Light' }).check();
  await expect.poll(() => first.page.evaluate(background)).toBe(light);
  await first.page.getByRole('radio', { name: 'Light' }).press('ArrowRight');
  await expect(first.page.getByRole('radio', { name: 'Dark' })).toBeChecked();
  await first.page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(() => first.page.evaluate(background)).toBe(dark);
  await first.page.close();
  await first.end();

  const second = await start({ demo: false, colorScheme: 'light' });
  await expect.poll(() => second.page.evaluate(background)).toBe(dark);
  await second.page.keyboard.press('ControlOrMeta+,');
  await expect(second.page.getByRole('radio', { name: 'Dark' })).toBeChecked();
});

test('credentials are listed without their secrets, and removed by name', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('tab', { name: 'Credentials' }).click();
  const entry = page.getByRole('listitem').filter({ hasText: 'Administrator' });
  await expect(entry).toContainText('for 1 machine');
  await entry.getByRole('button', { name: 'Remove…' }).click();
  const dialog = page.getByRole('alertdialog', { name: 'Remove Administrator?' });
  await expect(dialog).toContainText('1 machine can then not be signed in to');
  await dialog.getByRole('button', { name: 'Remove Administrator' }).click();
  await expect(entry).toHaveCount(0);
  // The entry goes before the dialog does; until then Esc is the dialog's.
  await expect(dialog).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(machineRow(page, 'HQ-DC01').getByRole('img', { name: /^Waits for a credential/ })).toBeVisible();
});
