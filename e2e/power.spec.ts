import { expect, test } from './fixtures.ts';
import { expectOnline, importFleet, machineRow, openMachine, recordTexts } from './steps.ts';

test('a machine restarts and is seen back: who is signed in, its phases, a new boot time', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1, pendingMs: 200 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openMachine(page, 'HQ-DC01');
  const facts = page.getByRole('complementary', { name: 'Facts' });
  const bootRow = facts.getByRole('definition').nth(2);
  await expect(bootRow).toHaveText(/^\d+ \w+ \d{4}, \d\d:\d\d$/);
  const bootBefore = await bootRow.textContent();

  await page.getByRole('button', { name: 'Restart…' }).click();
  const confirm = page.getByRole('alertdialog', { name: 'Restart HQ-DC01?' });
  await expect(confirm.getByText(/signed in|console|remote/i).first()).toBeVisible();
  await expect(confirm.getByRole('checkbox', { name: /^Force it/ })).not.toBeChecked();
  await confirm.getByRole('button', { name: 'Restart HQ-DC01' }).click();

  const follow = page.getByRole('dialog', { name: 'Restarting HQ-DC01' });
  await expect(follow).toBeVisible();
  await follow.getByRole('button', { name: 'Close' }).click();
  const banner = page.getByRole('status').filter({ hasText: 'Restart' });
  const told = await recordTexts(banner);
  await expect(banner).toContainText(/Back after .* Booted .*, before that /, { timeout: 60_000 });
  const words = (await told()).join('\n');
  expect(words).toContain('Asked to restart');
  expect(words).toContain('Down; waiting for it to answer');
  expect(words).toMatch(/Back; .*services are starting/);

  // Back, and it shows: another boot, minutes up instead of days, live values.
  await expect(bootRow).not.toHaveText(bootBefore ?? '');
  await expect(page.getByText(/^Up \d+ (s|min)/)).toBeVisible();
  await page.getByRole('button', { name: 'Put away' }).click();
  await expect(banner).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(machineRow(page, 'HQ-DC01').getByRole('img', { name: 'Online' })).toBeVisible();
});

test('several machines restart from the list by keyboard; each is named and followed', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 3, pendingMs: 200, downMs: 1000 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 3);
  await machineRow(page, 'BRS-SQL01').click();
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('r');
  const confirm = page.getByRole('alertdialog', { name: 'Restart 2 machines?' });
  await expect(confirm.getByRole('listitem')).toHaveCount(2);
  await expect(confirm).toContainText('BRS-SQL01');
  await expect(confirm).toContainText('FRA-FS01');
  await confirm.getByRole('button', { name: 'Restart 2 machines' }).press('Enter');
  const done = page.getByRole('dialog', { name: 'Restart of 2 machines' });
  await expect(done).toContainText('2 of 2 machines back', { timeout: 60_000 });
  await expect(done.getByText(/Back after .* Booted .*, before that /)).toHaveCount(2);
  await page.keyboard.press('Escape');
  await expectOnline(page, 3);
});

test('a restart that the machine refuses says why, and nothing is followed', async ({ start, openLab }) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openMachine(page, 'HQ-DC01');
  await lab.misbehave('HQ-DC01', { kind: 'fault', code: 1314, action: 'Reboot' });
  await page.getByRole('button', { name: 'Restart…' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Restart HQ-DC01' }).click();
  const ended = page.getByRole('dialog', { name: 'Restart of HQ-DC01' });
  await expect(ended).toContainText(/privilege/i);
  await expect(ended).toContainText('0 of 1 machine back');
  await ended.getByRole('button', { name: 'Close' }).click();
  await expect(page.getByRole('button', { name: 'Restart again…' })).toBeVisible();
  expect((await lab.statistics('HQ-DC01')).requests['Reboot'] ?? 0).toBe(0);
});
