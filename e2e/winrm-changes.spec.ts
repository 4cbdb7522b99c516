import type { Page } from '@playwright/test';
import { portOfNobody } from '../main/lab/lab-test-client.ts';
import { expect, test } from './fixtures.ts';
import { expectOnline, withFleet } from './steps.ts';
import { apply, applyDialog, changes, openWinrm, read, setting } from './winrm-steps.ts';

/** SIN-APP01 is without policies, BRS-SQL01 has settings and its listener from them. */
const machines = 5;

const listeners = (page: Page) => page.getByRole('grid', { name: 'Listeners' });
const mappings = (page: Page) => page.getByRole('grid', { name: 'Certificate mappings' });
const drafts = (page: Page) => changes(page).getByRole('list', { name: 'Changes' });
const preview = (page: Page) => applyDialog(page).getByRole('list', { name: 'What changes' });

test('a listener is edited by the keyboard: what it will not take says why, the rest is read back', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'SIN-APP01' });
  const port = portOfNobody();

  await page.keyboard.press('n');
  const creating = page.getByRole('dialog', { name: 'New listener on SIN-APP01' });
  await creating.getByLabel('Transport').selectOption('HTTPS');
  await creating.getByRole('textbox', { name: 'Port' }).fill(String(port));
  await creating.locator('.wr-certificate:not(.unsuitable)').nth(1).getByRole('radio').press('Space');
  await creating.getByRole('textbox', { name: 'Port' }).press('Enter');
  await apply(page, 1);
  const row = listeners(page).getByRole('row', { name: /^HTTPS on \*/ });
  await expect(row).toHaveAccessibleName(`HTTPS on *, port ${port}`);

  // Enter opens it on its first field; left as it is, it is no change.
  await row.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Listener * HTTPS of SIN-APP01' });
  const portField = dialog.getByRole('textbox', { name: 'Port' });
  await expect(portField).toBeFocused();
  await expect(dialog.getByLabel('Transport')).toBeDisabled();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(row).toBeFocused();
  await expect(drafts(page)).toHaveCount(0);

  await page.keyboard.press('Enter');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('70000');
  await page.keyboard.press('Enter');
  await expect(dialog.getByText('1 to 65535, or nothing for the default.')).toBeVisible();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(String(port + 1));
  const hostname = dialog.getByRole('textbox', { name: 'Host name' });
  const before = await hostname.inputValue();
  await hostname.fill('elsewhere.example');
  await page.keyboard.press('Enter');
  await expect(dialog.getByText(`The certificate is made out to ${before}.`)).toBeVisible();
  // Another certificate brings its own name.
  await dialog.locator('.wr-certificate:not(.unsuitable)').nth(2).getByRole('radio').press('Space');
  await expect(hostname).not.toHaveValue('elsewhere.example');
  const after = await hostname.inputValue();
  await dialog.getByLabel('Enabled').press('Space');
  await hostname.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(row).toHaveAccessibleName(`HTTPS on *, port ${port + 1}, edited`);
  await expect(drafts(page)).toContainText('CertificateThumbprint');
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(preview(page)).toContainText('Listener *+HTTPS › Port');
  await expect(preview(page)).toContainText('Listener *+HTTPS › Enabled');
  await expect(preview(page)).toContainText('Listener *+HTTPS › Certificate');
  await page.keyboard.press('Escape');
  await apply(page, 1);
  await expect(row).toHaveAccessibleName(`HTTPS on *, port ${port + 1}`);
  await expect(row).toContainText('disabled');
  await expect(row).toContainText(after);

  // An empty port is the default, in one that is there as in a new one.
  await row.focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('Delete');
  await page.keyboard.press('Enter');
  await expect(row).toHaveAccessibleName('HTTPS on *, port 5986, edited');
  await expect(drafts(page)).toContainText('5986');
});

test('the port of the listener in use moves, and the console follows, with a revert or without', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'SIN-APP01' });
  const first = portOfNobody();
  const row = listeners(page).getByRole('row', { name: /^HTTP on \*/ });
  for (const [port, consent, verdict] of [
    [first, /Plant a revert/, 'Confirmed. The change to SIN-APP01 stands.'],
    [first + 1, /Apply without a revert/, 'Applied. The change to SIN-APP01 stands.'],
  ] as const) {
    await row.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type(String(port));
    await page.keyboard.press('Enter');
    await page.keyboard.press('ControlOrMeta+Enter');
    const dialog = applyDialog(page);
    await expect(preview(page)).toContainText('cuts this connection');
    await expect(dialog).toContainText('The connection moves.');
    await expect(dialog).toContainText(`http ${port} /wsman`);
    await dialog.getByRole('radio', { name: consent }).press('Space');
    await dialog.getByRole('button', { name: 'Apply 1 change to SIN-APP01' }).press('Enter');
    await expect(page.getByRole('dialog').getByRole('status')).toContainText(verdict, { timeout: 60_000 });
    await page.keyboard.press('Escape');
    await expectOnline(page, machines);
    // The head of the page says over which port, the table which listener.
    await expect(page.getByText(`http ${port}`)).toBeVisible();
    await read(page);
    await expect(row).toHaveAccessibleName(`HTTP on *, port ${port}`);
    await expect(row).toContainText('this connection');
    await expect(drafts(page)).toHaveCount(0);
  }
});

const issuer = '1122334455667788990011223344556677889900';

async function newMapping(page: Page, subject: string, password: string): Promise<void> {
  await page.getByRole('button', { name: 'New mapping' }).press('Enter');
  const form = page.getByRole('dialog', { name: 'New certificate mapping on SIN-APP01' });
  await form.getByLabel('Issuer').fill(issuer);
  await form.getByLabel('Subject').fill(subject);
  await form.getByLabel('Signs in as').fill('Administrator');
  await page.keyboard.press('Enter');
  await expect(form).toBeHidden();
  await apply(page, 1, password);
}

test('a certificate mapping is made, changed and deleted by the keyboard', async ({ start, openLab }) => {
  const lab = await openLab({ machines });
  const { password } = lab.machines[0]!;
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'SIN-APP01' });

  await page.getByRole('button', { name: 'New mapping' }).press('Enter');
  const form = page.getByRole('dialog', { name: 'New certificate mapping on SIN-APP01' });
  await expect(form.getByLabel('Issuer')).toBeFocused();
  await page.keyboard.type('11 22');
  await form.getByLabel('Subject').fill('*@*.example');
  await form.getByLabel('For').fill('with blanks');
  await form.getByLabel('Signs in as').fill('CORP\\robot');
  await page.keyboard.press('Enter');
  for (const words of [
    'The SHA-1 thumbprint of the issuer: 40 hex digits.',
    'One * at most, at an end.',
    'One * at most, at the end; neither blanks nor question marks.',
    'A local account of the machine, without a domain.',
  ]) {
    await expect(form.getByText(words, { exact: true })).toBeVisible();
  }
  await page.keyboard.press('Escape');
  await expect(drafts(page)).toHaveCount(0);

  await newMapping(page, 'robot@corp.example', password);
  const row = mappings(page).getByRole('row', { name: /^robot@corp\.example/ });
  await expect(row).toHaveAccessibleName('robot@corp.example for *, as Administrator');
  // A second one like it is refused in the form already.
  await page.getByRole('button', { name: 'New mapping' }).press('Enter');
  await form.getByLabel('Issuer').fill(issuer);
  await form.getByLabel('Subject').fill('ROBOT@corp.example');
  await form.getByLabel('Signs in as').fill('Administrator');
  await page.keyboard.press('Enter');
  await expect(form.getByText('There is such a mapping already. Edit that one.')).toBeVisible();
  await page.keyboard.press('Escape');

  // Changed without a new password: none is asked for.
  await row.focus();
  await page.keyboard.press('Enter');
  const editing = page.getByRole('dialog', { name: 'Certificate mapping of SIN-APP01' });
  await expect(editing.getByLabel('Signs in as')).toBeFocused();
  await expect(editing.getByLabel('Subject')).toBeDisabled();
  await editing.getByLabel('Enabled').press('Space');
  await editing.getByLabel('Signs in as').press('Enter');
  await expect(row).toHaveAccessibleName('robot@corp.example for *, as Administrator, disabled, edited');
  await apply(page, 1);
  await expect(row).toHaveAccessibleName('robot@corp.example for *, as Administrator, disabled');

  // Another password alone is a change too.
  await row.focus();
  await page.keyboard.press('Enter');
  await editing.getByLabel('Give a new password').press('Space');
  await editing.getByLabel('Signs in as').press('Enter');
  await expect(drafts(page)).toContainText('a new password');
  await apply(page, 1, password);
  await expect(drafts(page)).toHaveCount(0);

  await row.focus();
  await page.keyboard.press('Delete');
  await expect(row).toHaveAccessibleName('robot@corp.example for *, as Administrator, disabled, deleted');
  await apply(page, 1);
  await expect(row).toHaveCount(0);
});

test('a mapping that goes together with what could cut the connection: why no revert is planted, and the way around', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'SIN-APP01' });
  await newMapping(page, 'robot@corp.example', lab.machines[0]!.password);
  await mappings(page)
    .getByRole('row', { name: /^robot@corp\.example/ })
    .press('Delete');
  await setting(page, 'Service / MaxConnections').fill('200');
  await page.keyboard.press('ControlOrMeta+Enter');
  const dialog = applyDialog(page);
  await expect(preview(page)).toContainText('Certificate mapping robot@corp.example');
  await expect(dialog.getByRole('radio', { name: /Plant a revert/ })).toBeDisabled();
  await expect(dialog).toContainText(
    'Not for these changes. A deleted certificate mapping cannot be put back: its password cannot be read.',
  );
  await expect(dialog).toContainText('To be safe, take that out, apply the others protected, and make it afterwards.');
  await page.keyboard.press('Escape');

  // Each by itself: the one protected, the other without a question.
  await changes(page)
    .getByRole('button', { name: /^Take back: Mapping/ })
    .press('Enter');
  await apply(page, 1);
  await mappings(page)
    .getByRole('row', { name: /^robot@corp\.example/ })
    .press('Delete');
  await apply(page, 1);
  await expect(mappings(page).getByRole('row', { name: /robot/ })).toHaveCount(0);
  await expect(setting(page, 'Service / MaxConnections')).toHaveValue('200');
});

test('a plug-in is switched off, its limits are changed; the difference is shown and read back', async ({
  start,
  openLab,
}) => {
  const lab = await openLab({ machines });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'SIN-APP01' });
  const on = page.getByRole('switch', { name: 'SEL Plugin enabled' });
  await on.press('Space');
  await expect(on).not.toBeChecked();
  const plugin = page.locator('[data-plugin="Winrs"]');
  await page.getByRole('button', { name: 'Details of Winrs' }).press('Enter');
  const quota = plugin.getByLabel('Quotas / MaxShellsPerUser');
  const idle = plugin.getByLabel('ProcessIdleTimeoutSec');
  await expect(idle).toHaveValue('0');

  // What is no number says so, and nothing can be reviewed; Esc takes it back.
  await quota.focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('many');
  await expect(quota).toHaveAttribute('aria-invalid', 'true');
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(applyDialog(page)).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(quota).toHaveValue('2147483647');
  await expect(quota).toBeFocused();

  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('12');
  await idle.fill('30');
  await expect(changes(page).getByRole('heading', { name: '3 changes to SIN-APP01' })).toBeVisible();
  await page.keyboard.press('ControlOrMeta+Enter');
  for (const [subject, before, after] of [
    ['Plug-in SEL Plugin › Enabled', 'true', 'false'],
    ['Plug-in Winrs › Quota MaxShellsPerUser', '2147483647', '12'],
    ['Plug-in Winrs › Idle time-out', '0', '30'],
  ] as const) {
    const line = preview(page).getByRole('listitem').filter({ hasText: subject });
    await expect(line.getByRole('deletion')).toContainText(before);
    await expect(line.getByRole('insertion')).toContainText(after);
  }
  await page.keyboard.press('Escape');
  await apply(page, 3);
  await expect(drafts(page)).toHaveCount(0);
  await expect(on).not.toBeChecked();
  await expect(quota).toHaveValue('12');
  await expect(idle).toHaveValue('30');
});

test('what Group Policy sets is locked, says by which policy, and Restore leaves it', async ({ start, openLab }) => {
  const lab = await openLab({ machines });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'BRS-SQL01' });

  await page.keyboard.press('/');
  await page.keyboard.type('ipv4filter');
  await page.keyboard.press('ArrowDown');
  const filter = setting(page, 'Service / IPv4Filter, Set by Group Policy');
  await expect(filter).toBeFocused();
  await page.keyboard.type('10.0.0.1-10.0.0.9');
  await expect(filter).toHaveValue('*');
  await expect(drafts(page)).toHaveCount(0);
  const about = changes(page).getByRole('region', { name: 'About Service / IPv4Filter' });
  await expect(about).toContainText('Allow remote server management through WinRM');
  await expect(about).toContainText('Windows Remote Management (WinRM) › WinRM Service');
  await expect(about).toContainText(/Policies\\Microsoft\\Windows\\WinRM\\Service › IPv4Filter = \*/);
  const flag = page.getByRole('switch', { name: /^Service \/ AllowUnencrypted, Set by Group Policy$/ });
  await page.getByRole('textbox', { name: 'Filter settings' }).fill('unencrypted');
  await flag.press('Space');
  await expect(flag).not.toBeChecked();
  await expect(drafts(page)).toHaveCount(0);
  await page.getByRole('textbox', { name: 'Filter settings' }).fill('');

  const listener = listeners(page).getByRole('row', { name: /^HTTP on \*, port \d+, set by Group Policy$/ });
  await listener.focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Delete');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(drafts(page)).toHaveCount(0);
  await expect(
    page.getByRole('paragraph').filter({ hasText: 'Windows refuses to change it here. The policy is' }),
  ).toContainText('Allow remote server management through WinRM');

  await setting(page, 'MaxTimeoutms').fill('50000');
  await apply(page, 1);
  await page.getByRole('button', { name: 'Restore defaults' }).press('Enter');
  await page.getByRole('menuitem', { name: 'Of winrm/config…' }).press('Enter');
  const dialog = applyDialog(page);
  await expect(preview(page)).toContainText('MaxTimeoutms');
  await expect(preview(page)).not.toContainText(/IPv4Filter|AllowUnencrypted|Listener/);
  await expect(dialog).toContainText(/^.*\b5 values and 1 listener set by Group Policy stay as they are\./);
  const consent = dialog.getByRole('radio', { name: /Plant a revert/ });
  if ((await consent.count()) > 0) await consent.press('Space');
  await dialog.getByRole('button', { name: 'Restore winrm/config of BRS-SQL01' }).press('Enter');
  await expect(page.getByRole('dialog').getByRole('status')).toContainText(/(Confirmed|Applied)\./, {
    timeout: 60_000,
  });
  await page.keyboard.press('Escape');
  await read(page);
  await expect(setting(page, 'MaxTimeoutms')).toHaveValue('60000');
  await expect(listener).toBeVisible();
});

test('Restore of the plug-ins says what goes and what comes back', async ({ start, openLab }) => {
  const lab = await openLab({ machines });
  const page = await withFleet(start, lab);
  await openWinrm(page, { name: 'SIN-APP01' });
  await page.getByRole('switch', { name: 'SEL Plugin enabled' }).press('Space');
  await apply(page, 1);
  await page.getByRole('button', { name: 'Restore defaults' }).press('Enter');
  await page.getByRole('menuitem', { name: 'Of the plug-ins…' }).press('Enter');
  const lines = preview(page).getByRole('listitem');
  await expect(lines.filter({ hasText: 'Plug-in SEL Plugin › Enabled' }).getByRole('insertion')).toContainText('true');
  await expect(lines.filter({ hasText: 'Plug-in windeck.restricted' }).getByRole('insertion')).toHaveCount(0);
  await expect(lines.filter({ hasText: 'Plug-ins › Quotas' })).toContainText('the limits that this Windows ships');
  await applyDialog(page).getByRole('button', { name: 'Restore the plug-ins of SIN-APP01' }).press('Enter');
  await expect(page.getByRole('dialog').getByRole('status')).toContainText('Applied.');
  await page.keyboard.press('Escape');
  await read(page);
  await expect(page.getByRole('switch', { name: 'SEL Plugin enabled' })).toBeChecked();
  await expect(page.locator('[data-plugin="windeck.restricted"]')).toHaveCount(0);
});
