import { expect, test } from './fixtures.ts';
import { photograph } from './photograph.ts';
import { expectOnline, gaugeValue, importFleet, machineRow, openMachine, openServices, serviceTable } from './steps.ts';

test('the last known state survives a restart of the console, with its age and never as live', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 2 });
  const first = await start({ demo: false });
  await importFleet(first.page, lab.machines);
  await expectOnline(first.page, 2);
  await openMachine(first.page, 'HQ-DC01');
  await expect.poll(() => gaugeValue(first.page, 'CPU')).not.toBeNull();
  await expect(first.page.getByRole('region', { name: /^Overview/ }).getByRole('listitem')).not.toHaveCount(0);
  await openServices(first.page);
  await first.page.close();
  await first.end();
  await lab.close();

  const { page } = await start({ demo: false });
  const row = machineRow(page, 'HQ-DC01');
  await expect(row).toContainText('Server 2022');
  await expect(page.getByRole('contentinfo')).toContainText('0 online');
  await expect(row.getByRole('img', { name: /^(Unreachable|Sign-in refused|Waits for a credential)/ })).toBeVisible();
  // No uptime, no gauges: those would be guesses.
  await expect(row.getByRole('gridcell', { name: /^\d+ %$/ })).toHaveCount(0);
  await expect(row.getByRole('gridcell', { name: /\d+ (s|min)/ })).toBeVisible();

  await openMachine(page, 'HQ-DC01');
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByText(/ old$/).first()).toBeVisible();
  await expect(page.getByRole('meter', { name: 'CPU' })).toHaveAttribute('aria-valuetext', /not live/);
  await expect(page.getByRole('button', { name: 'Restart…' })).toBeDisabled();
  await openServices(page);
  await expect(page.getByText('The list as it was then. It is read again by itself.')).toBeVisible();
  await expect(serviceTable(page).getByRole('row').nth(1)).toBeVisible();
});

test('a machine that goes away while its page is open says why, when it is tried next, and comes back', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openMachine(page, 'HQ-DC01');
  await expect.poll(() => gaugeValue(page, 'CPU')).not.toBeNull();
  await lab.misbehave('HQ-DC01', { kind: 'refuse-connections' });
  const banner = page.getByRole('alert');
  await expect(banner).toContainText('Nothing listens on');
  await expect(banner).toContainText('ECONNREFUSED');
  await expect(banner).toContainText(/next attempt in \d+ s|trying now/);
  await expect(page.getByText(/^Unreachable for /)).toBeVisible();
  await expect(page.getByText(/ old$/).first()).toBeVisible();
  await expect(page.getByRole('meter', { name: 'CPU' })).toHaveAttribute('aria-valuetext', /not live/);
  await expect(page.getByRole('button', { name: 'Restart…' })).toBeDisabled();

  await lab.misbehave('HQ-DC01', null);
  await banner.getByRole('button', { name: 'Try now' }).click();
  await expect(page.getByText(/NTLM · RC4-128 · encrypted/)).toBeVisible();
  await expect(banner).toBeHidden();
  await expect(page.getByRole('meter', { name: 'CPU' })).not.toHaveAttribute('aria-valuetext', /not live/);
});

test('what an account may not read says so, section by section, with a way to another account', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openMachine(page, 'HQ-DC01');
  await expect.poll(() => gaugeValue(page, 'CPU')).not.toBeNull();
  await lab.misbehave('HQ-DC01', { kind: 'fault', code: 5, action: 'Enumerate' });
  const overview = page.getByRole('region', { name: 'Overview of HQ-DC01' });
  await expect(overview).toContainText('may not do this');
  await expect(overview).toContainText('Use a member of the local Administrators');
  await expect(overview).toContainText('ERROR_ACCESS_DENIED');
  await overview.getByRole('button', { name: 'Use another credential…' }).first().click();
  await expect(page.getByRole('dialog', { name: 'Settings of HQ-DC01' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: 'Services' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'may not do this' })).toBeVisible();
  // Given the right, it is live again.
  await lab.misbehave('HQ-DC01', null);
  await page.keyboard.press('F5');
  await expect(serviceTable(page).getByRole('row').nth(5)).toBeVisible();
});

test('an account that may do nothing at all: said once, and it is not called a refused sign-in', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines: 1 });
  const { page } = await start({ demo: false });
  // Known to the machine, but no administrator.
  await importFleet(page, lab.machines, { user: 'reader', password: 'Windeck-Lab-2!' });
  await expect(machineRow(page, 'HQ-DC01').getByRole('img', { name: /^Access denied: / })).toBeVisible();
  await openMachine(page, 'HQ-DC01');
  await expect(page.getByRole('alert')).toHaveCount(1);
  await expect(page.getByRole('alert')).toContainText('Use a member of the local Administrators');
  await expect(page.getByRole('alert').getByRole('button', { name: 'Change the credential…' })).toBeVisible();
  await expect(page.getByText('may not do this')).toHaveCount(1);
  await expect(page.getByText(/^Access denied · /)).toBeVisible();
});

test('the console ends: the page says so, keeps what it knew, and shows none of it as live', async ({
  start,
  isDesktop,
}) => {
  const running = await start();
  const { page } = running;
  await expectOnline(page, 12);
  if (isDesktop) {
    // Its window ends with it: there is no page left that could say anything.
    await running.end();
    expect(page.isClosed()).toBe(true);
    return;
  }
  running.expectComplaint(/WebSocket connection|ERR_CONNECTION_REFUSED|Failed to load resource/);
  await running.end();
  await expect(page.getByRole('alert')).toContainText('The console has ended.', { timeout: 40_000 });
  await expect(page.getByRole('alert')).toContainText('Nothing more is done on any machine.');
  await expect(page.getByRole('contentinfo')).toContainText('Not connected: this is the last known state');
  await expect(page.getByRole('button', { name: /healthy/ })).toHaveCount(0);
  await expect(machineRow(page, 'HQ-DC01')).toContainText('Server 2022');
  await expect(machineRow(page, 'HQ-DC01').getByRole('img', { name: 'Online' })).toHaveCount(0);
  await photograph(page, 'state-no-console');
});
