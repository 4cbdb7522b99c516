import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labTarget } from '../main/lab/lab-target.ts';
import type { LabMachine } from '../main/lab/start-lab.ts';
import { createClient, listShells, openShell, type WSManClient } from '../main/wsman/index.ts';
import { expect, test } from './fixtures.ts';
import { photograph } from './photograph.ts';
import { importFleet, machineRow, openMachine } from './steps.ts';

/** Another client than the console. */
function otherClient(machine: LabMachine): WSManClient {
  return createClient(labTarget(machine));
}

test('who else is here: the shells on a machine, by keyboard, and one of them is ended', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const client = otherClient(lab.machines[0]!);
  const [one, two] = [await openShell(client), await openShell(client)];
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expect(machineRow(page, 'HQ-DC01').getByRole('img', { name: 'Online' })).toBeVisible();
  await openMachine(page, 'HQ-DC01');
  await page.getByRole('button', { name: 'Remote shells…' }).focus();
  await page.keyboard.press('Enter');

  const dialog = page.getByRole('dialog', { name: 'Remote shells on HQ-DC01' });
  const list = dialog.getByRole('list', { name: 'Shells on HQ-DC01' });
  await expect(list.getByRole('listitem')).toHaveCount(2);
  await expect(list.getByRole('listitem').first()).toContainText('Administrator');
  await expect(list.getByRole('listitem').first()).toContainText('cmd from 127.0.0.1');
  await photograph(page, 'open-shells');
  await list
    .getByRole('button', { name: /^End cmd of / })
    .first()
    .focus();
  await page.keyboard.press('Enter');
  await list.getByRole('button', { name: 'End this shell' }).focus();
  await page.keyboard.press('Enter');
  await expect(list.getByRole('listitem')).toHaveCount(1);
  expect(await listShells(client)).toHaveLength(1);

  for (const shell of [one, two]) await shell.close();
  await dialog.getByRole('button', { name: 'Read again' }).focus();
  await page.keyboard.press('Enter');
  await expect(dialog.getByRole('status')).toContainText('No shell is open on HQ-DC01');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  client.close();
});

test('what an earlier run left open is offered at the start, and ended', async ({ start, openLab, dataFolder }) => {
  const lab = await openLab({ machines: 1 });
  const [machine] = lab.machines;
  if (machine === undefined) throw new Error('The lab is empty.');
  const before = await start({ demo: false });
  await importFleet(before.page, lab.machines);
  await expect(machineRow(before.page, 'HQ-DC01').getByRole('img', { name: 'Online' })).toBeVisible();
  before.expectComplaint(/WebSocket|ERR_CONNECTION_REFUSED/);
  await before.end();

  const client = otherClient(machine);
  const shell = await openShell(client);
  const { shellId, resourceUri } = shell;
  const entry = { shellId, resourceUri, host: machine.address, port: machine.port, openedAt: Date.now() };
  // What a console writes while a shell is open, and could not take back when it was killed.
  writeFileSync(join(dataFolder, 'open-shells.json'), JSON.stringify({ version: 1, shells: [entry] }));

  const { page } = await start({ demo: false });
  const bar = page.getByRole('status').filter({ hasText: 'of an earlier run is still open' });
  // Without a keychain the password went with the earlier run, and is asked for once.
  const give = page.getByRole('button', { name: 'Give the password…' });
  await expect(give.or(bar)).toBeVisible();
  if (await give.isVisible()) {
    await give.click();
    await page
      .getByRole('dialog')
      .getByLabel(/^(New p|P)assword$/)
      .fill(machine.password);
    await page.keyboard.press('Enter');
  }
  await expect(bar).toContainText('1 remote shell of an earlier run is still open on HQ-DC01.');
  await photograph(page, 'leftover-shells');
  await bar.getByRole('button', { name: 'End 1 remote shell' }).focus();
  await page.keyboard.press('Enter');
  await expect(bar).toBeHidden();
  expect(await listShells(client)).toHaveLength(0);
  await shell.close();
  client.close();
});
