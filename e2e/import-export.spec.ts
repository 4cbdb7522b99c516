import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { expectOnline, importFleet, machineRow, machineTable } from './steps.ts';

async function saved(page: Page, click: () => Promise<void>): Promise<{ name: string; text: string }> {
  const [download] = await Promise.all([page.waitForEvent('download'), click()]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

test('a list is previewed line by line before anything is written', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 3 });
  const [first, second, third] = lab.machines;
  if (!first || !second || !third) throw new Error('The lab is empty.');
  const { page } = await start({ demo: false });
  await importFleet(page, [first]);
  await expectOnline(page, 1);

  await page.getByRole('button', { name: 'Import', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Import machines' });
  const endpoint = ({ port }: { port: number }) => `http://127.0.0.1:${port}`;
  await dialog
    .getByRole('textbox', { name: 'Machines to import' })
    .fill(
      ['# a comment', endpoint(first), endpoint(second), endpoint(second), 'two words', endpoint(third)].join('\n'),
    );
  const preview = dialog.getByRole('grid', { name: 'What would be imported' });
  const verdict = (line: number) =>
    preview.getByRole('row').filter({ has: page.getByRole('gridcell', { name: String(line), exact: true }) });
  await expect(verdict(2)).toContainText('Known already');
  await expect(verdict(3)).toContainText('New');
  await expect(verdict(4)).toContainText('Twice in this text: The same as line 3.');
  await expect(verdict(5)).toContainText('Not usable: Not a host name, an address or a URL.');
  await expect(verdict(6)).toContainText('New');
  await expect(dialog.getByRole('status')).toHaveText('Plain list: 2 new, 1 known already, 1 twice, 1 not usable');
  // Problems stand first.
  await expect(preview.getByRole('row').nth(1)).toContainText('Not usable');
  await expect(machineTable(page)).toHaveCount(0);

  // The credential of the first import is offered.
  await dialog.getByRole('button', { name: 'Import 2 machines' }).click();
  await expect(dialog).toBeHidden();
  await expectOnline(page, 3);
});

test('a CSV comes from a file, and what is exported reads back the same', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 2 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 2);

  const csv = await saved(page, async () => {
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByRole('menuitem', { name: 'CSV with all settings' }).click();
  });
  expect(csv.name).toMatch(/^windeck-machines-\d{4}-\d\d-\d\d\.csv$/);
  const [head, ...rows] = csv.text.trimEnd().split('\r\n');
  expect(head).toBe(
    'name,address,transport,port,path,signIn,spnClass,spnHost,spnPort,delegate,trusted,allowClearText,pin,tags',
  );
  expect(rows.toSorted()).toEqual(
    lab.machines
      .map(({ name, port, tags }) => `${name},127.0.0.1,http,${port},wsman,negotiate,,,no,no,no,no,,${tags.join(';')}`)
      .toSorted(),
  );
  for (const { password } of lab.machines) expect(csv.text).not.toContain(password);
  await expect(page.getByRole('status').filter({ hasText: 'Exported 2 machines.' })).toBeVisible();

  // Only what is selected, as a list.
  await machineRow(page, 'BRS-SQL01').getByRole('checkbox').click();
  const list = await saved(page, async () => {
    await page
      .getByRole('toolbar', { name: /selected/ })
      .getByRole('button', { name: 'Export' })
      .click();
    await page.getByRole('menuitem', { name: 'Plain list of addresses' }).click();
  });
  expect(list.text).toBe(`http://127.0.0.1:${lab.machines[1]?.port}\n`);

  // All known again when it is read back; after a removal, new.
  await page
    .getByRole('toolbar', { name: /selected/ })
    .getByRole('button', { name: 'Remove…' })
    .click();
  await page.getByRole('button', { name: 'Remove BRS-SQL01' }).click();
  await expect(machineTable(page).getByRole('row')).toHaveCount(2);
  await page.keyboard.press('i');
  const dialog = page.getByRole('dialog', { name: 'Import machines' });
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    dialog.getByRole('button', { name: 'Choose a file…' }).click(),
  ]);
  await chooser.setFiles({ name: csv.name, mimeType: 'text/csv', buffer: Buffer.from(csv.text) });
  await expect(dialog.getByRole('status')).toHaveText('CSV: 1 new, 1 known already');
  await dialog.getByRole('button', { name: 'Import 1 machine' }).click();
  await expectOnline(page, 2);
  await expect(machineRow(page, 'BRS-SQL01')).toContainText('brs');
});
