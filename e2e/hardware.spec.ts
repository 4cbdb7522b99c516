import { expect, test } from './fixtures.ts';
import { photograph } from './photograph.ts';
import { expectOnline, openMachine } from './steps.ts';

/** Of the demo fleet: one with a processor that is too hot, and the three ways in which there is nothing to see. */
const hot = 'BRS-SQL01';
const without = [
  { name: 'HQ-DC01', title: 'No hardware namespace' },
  { name: 'LON-WEB01', title: 'No management controller found' },
  { name: 'LAB-APP01', title: 'The IPMI provider cannot reach its driver' },
] as const;

test('by keyboard: what is out of range comes first, with its limits; the event log with times', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await openMachine(page, hot);
  await page.getByRole('tab', { name: 'Hardware' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('tab', { name: 'Hardware' })).toHaveAttribute('aria-selected', 'true');

  const sensors = page.getByRole('grid', { name: `Sensors of ${hot}` });
  const rows = sensors.getByRole('row').filter({ has: page.getByRole('gridcell') });
  await expect(rows.first()).toContainText('CPU1 Temp');
  await expect(rows.first()).toContainText('91 °C');
  await expect(rows.first()).toContainText('Critical');
  await expect(rows.first().getByRole('img', { name: /91 °C; .*critical from 89 °C/ })).toBeVisible();
  await expect(page.getByRole('button', { name: '1 out of range' })).toBeVisible();
  await expect(rows.nth(1)).not.toContainText('Critical');

  // Filter, then into the list: the pane has the limits of the sensor that is selected.
  await page.keyboard.press('/');
  await page.keyboard.type('fan3');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await expect(rows).toHaveCount(1);
  const pane = page.getByRole('complementary', { name: 'Chassis and controller' });
  await expect(pane).toContainText('Lower critical');
  await expect(pane).toContainText('600 rpm');
  await expect(pane).toContainText('PowerEdge R650');

  const log = page.getByRole('grid', { name: `Event log of ${hot}` });
  const newest = log.getByRole('row').nth(1);
  await expect(newest).toContainText('CPU 1 temperature is above the upper critical threshold');
  await expect(newest).toContainText('began');
  await expect(newest.getByRole('gridcell').first()).toContainText(/\d{2}:\d{2}/);
  await expect(page.locator('.code-line')).toContainText('winrm enumerate cimv2/CIM_NumericSensor');
  await newest.click();
  await expect(page.locator('.code-line')).toContainText('winrm enumerate cimv2/CIM_LogRecord');
});

for (const { name, title } of without) {
  test(`${name} has no controller that answers, and says what to do`, async ({ start }) => {
    const { page } = await start();
    await expectOnline(page, 12);
    await openMachine(page, name);
    await page.getByRole('tab', { name: 'Hardware' }).click();
    await expect(page.getByRole('heading', { name: title })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Read again' })).toBeVisible();
    await expect(page.getByRole('grid', { name: /^Sensors of/ })).toHaveCount(0);
  });
}

test('photographs: hardware', async ({ start }) => {
  const { page } = await start();
  await expectOnline(page, 12);
  await openMachine(page, hot);
  await page.getByRole('tab', { name: 'Hardware' }).click();
  await expect(page.getByRole('grid', { name: `Sensors of ${hot}` })).toContainText('CPU1 Temp');
  await photograph(page, 'machine-hardware');
});
