import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { Lab } from '../main/lab/start-lab.ts';
import { expect, type RunningConsole, test } from './fixtures.ts';
import { photograph } from './photograph.ts';
import { expectOnline, importFleet, openMachine } from './steps.ts';

/** Files to and from a machine, from the tools of a PowerShell tab. */

type Start = (options: { demo: boolean }) => Promise<RunningConsole>;

async function openPowerShell(start: Start, lab: Lab): Promise<Page> {
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, 1);
  await openMachine(page, 'HQ-DC01');
  await page.getByRole('tab', { name: 'Shell', exact: true }).press('Enter');
  await page.getByRole('button', { name: 'Open PowerShell' }).press('Enter');
  await expect(page.locator('.shell-pane')).toHaveAttribute('data-status', 'idle');
  return page;
}

const tools = (page: Page) => page.getByRole('toolbar', { name: 'Shell' });

// The desktop asks in a box of the system where the file is to go.
test('a file goes up and comes back, byte for byte, by the keyboard; one that is there is replaced only where that is said', {
  tag: '@browser',
}, async ({ start, openLab, dataFolder }) => {
  const page = await openPowerShell(start, await openLab({ machines: 1 }));
  const bytes = randomBytes(1_500_000);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const local = join(dataFolder, 'setup.bin');
  await writeFile(local, bytes);

  await tools(page).getByRole('button', { name: 'Upload…' }).press('Enter');
  const up = page.getByRole('dialog', { name: 'Upload a file to HQ-DC01' });
  await expect(up.getByRole('button', { name: 'Upload' })).toBeDisabled();
  await page.keyboard.press('Escape');
  await expect(up).toBeHidden();
  await expect(tools(page).getByRole('button', { name: 'Upload…' })).toBeFocused();
  await page.keyboard.press('Enter');
  await up.getByLabel('File on this computer').setInputFiles(local);
  const path = up.getByRole('textbox', { name: 'Path on HQ-DC01' });
  await expect(path).toHaveValue('C:\\Windows\\Temp\\setup.bin');
  await path.fill('setup.bin');
  await expect(up).toContainText('It has to begin with a drive or a share');
  await expect(up.getByRole('button', { name: 'Upload' })).toBeDisabled();
  await path.fill('C:\\Windows\\Temp\\carried.bin');
  await photograph(page, 'file-upload');
  await path.press('Enter');
  await expect(up.getByRole('status')).toContainText('1.43 MB, whole.');
  await expect(up.getByRole('status')).toContainText(sha256);
  await photograph(page, 'file-uploaded');
  await page.keyboard.press('Escape');
  await expect(up).toBeHidden();

  // Once more: it is there.
  await tools(page).getByRole('button', { name: 'Upload…' }).press('Enter');
  await up.getByLabel('File on this computer').setInputFiles(local);
  await path.fill('C:\\Windows\\Temp\\carried.bin');
  await path.press('Enter');
  await expect(up.locator('[data-problem="invalid-input"]')).toContainText(
    'There is a file C:\\Windows\\Temp\\carried.bin already.',
  );
  await photograph(page, 'file-upload-refused');
  await up.getByRole('checkbox', { name: 'Replace a file that is there already' }).press('Space');
  await up.getByRole('button', { name: 'Upload' }).press('Enter');
  await expect(up.getByRole('status')).toContainText('1.43 MB, whole.');
  await up.getByRole('button', { name: 'Close' }).press('Enter');

  await tools(page).getByRole('button', { name: 'Download…' }).press('Enter');
  const down = page.getByRole('dialog', { name: 'Download a file from HQ-DC01' });
  const from = down.getByRole('textbox', { name: 'Path on HQ-DC01' });
  await expect(from).toBeFocused();
  await page.keyboard.type('C:\\Windows\\Temp\\none.bin');
  await page.keyboard.press('Enter');
  await expect(down.locator('[data-problem="not-found"]')).toContainText(
    'There is no file C:\\Windows\\Temp\\none.bin.',
  );
  await from.fill('C:\\Windows\\Temp\\carried.bin');
  await photograph(page, 'file-download');
  const [download] = await Promise.all([page.waitForEvent('download'), from.press('Enter')]);
  expect(download.suggestedFilename()).toBe('carried.bin');
  expect((await readFile((await download.path())!)).equals(bytes)).toBe(true);
  await expect(down.getByRole('status')).toContainText(sha256);
  await page.keyboard.press('Escape');
  await expect(down).toBeHidden();
});

test('an upload is stopped, leaves nothing there, and the shell goes on; a tab with one under way asks before it closes', async ({
  start,
  openLab,
  dataFolder,
  isDesktop,
}) => {
  const lab = await openLab({ machines: 1 });
  const page = await openPowerShell(start, lab);
  const local = join(dataFolder, 'large.bin');
  await writeFile(local, randomBytes(8_000_000));
  await tools(page).getByRole('button', { name: 'Upload…' }).press('Enter');
  const up = page.getByRole('dialog', { name: 'Upload a file to HQ-DC01' });
  await up.getByLabel('File on this computer').setInputFiles(local);
  // Slow enough to be stopped on its way.
  await lab.misbehave('HQ-DC01', { kind: 'latency', milliseconds: 500 });
  await up.getByRole('button', { name: 'Upload' }).press('Enter');
  await expect(up.getByRole('status')).toContainText(/^[1-9]\d? % of 7\.63 MB$/, { timeout: 30_000 });
  await photograph(page, 'file-uploading');
  // Neither Esc nor F5 ends it.
  await page.keyboard.press('Escape');
  await page.keyboard.press('F5');
  await expect(up.getByRole('button', { name: 'Stop' })).toBeVisible();
  if (!isDesktop) {
    const [dialog] = await Promise.all([page.waitForEvent('dialog'), page.close({ runBeforeUnload: true })]);
    expect(dialog.type()).toBe('beforeunload');
    await dialog.dismiss();
  }
  await up.getByRole('button', { name: 'Stop' }).press('Enter');
  await expect(up.getByRole('button', { name: 'Upload' })).toBeEnabled();
  await lab.misbehave('HQ-DC01', null);
  await page.keyboard.press('Escape');
  await expect(up).toBeHidden();

  // Nothing has the name, nor a name beside it.
  await tools(page).getByRole('button', { name: 'Download…' }).press('Enter');
  const down = page.getByRole('dialog', { name: 'Download a file from HQ-DC01' });
  await down.getByRole('textbox', { name: 'Path on HQ-DC01' }).fill('C:\\Windows\\Temp\\large.bin');
  await page.keyboard.press('Enter');
  await expect(down.locator('[data-problem="not-found"]')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('textbox', { name: /^Shell on / }).focus();
  await page.keyboard.type('"still " + "here"');
  await page.keyboard.press('Enter');
  await expect(page.locator('.shell-terminal')).toContainText('still here');
});
