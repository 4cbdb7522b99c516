import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { photograph } from './photograph.ts';
import { expectOnline, openMachine } from './steps.ts';

const machine = 'HQ-DC01';

async function openRoom(page: Page): Promise<void> {
  await expectOnline(page, 12);
  await openMachine(page, machine);
  await page.getByRole('tab', { name: 'WMI' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('treeitem', { name: 'cimv2' })).toHaveAttribute('aria-selected', 'true');
}

/** From the filter to the open class, by keyboard alone. */
async function openClass(page: Page, name: string): Promise<void> {
  await page.keyboard.press('/');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(name);
  const row = page.getByRole('grid', { name: /^Classes of / }).getByRole('row', { name, exact: true });
  await expect(row).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(row).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('grid', { name: `Instances of ${name}` })).toBeVisible();
}

const codeLine = (page: Page) => page.locator('.code-line');

test('by keyboard: a class is explored, a method is run, an association is followed', async ({ start }) => {
  const { page } = await start();
  await openRoom(page);
  await openClass(page, 'Win32_Service');
  await expect(codeLine(page)).toContainText('winrm enumerate wmicimv2/Win32_Service');
  const instances = page.getByRole('grid', { name: 'Instances of Win32_Service' });
  await expect(instances.getByRole('row').nth(5)).toBeVisible();

  // The class: types, keys, methods with their parameters.
  await page.keyboard.press('c');
  const properties = page.getByRole('grid', { name: 'Properties of Win32_Service' });
  await expect(properties.getByRole('row', { name: /Name string key/ }).first()).toBeVisible();
  await expect(page.getByRole('region', { name: 'Methods of Win32_Service' })).toContainText(
    'ChangeStartMode(StartMode: string): uint32',
  );

  // One instance by a query, opened by Enter.
  await page.keyboard.press('q');
  const editor = page.getByRole('textbox', { name: 'WQL query' });
  await expect(editor).toBeFocused();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type("SELECT * FROM Win32_Service WHERE Name = 'LanmanWorkstation'");
  await page.keyboard.press('ControlOrMeta+Enter');
  const results = page.getByRole('grid', { name: 'Results of the query' });
  await expect(results.getByRole('row', { name: /LanmanWorkstation/ })).toBeVisible();
  await expect(codeLine(page)).toContainText('-dialect:wql');
  await results.getByRole('row', { name: /LanmanWorkstation/ }).focus();
  await page.keyboard.press('Enter');
  const pane = page.getByRole('complementary', { name: 'Instance' });
  await expect(pane).toContainText('Win32_Service.Name="LanmanWorkstation"');
  await expect(codeLine(page)).toContainText('winrm get wmicimv2/Win32_Service?Name=LanmanWorkstation');

  // A method that the machine refuses: the number has its meaning, and is no success.
  const methods = pane.getByRole('button', { name: 'Methods' });
  await expect(methods).toBeEnabled();
  await methods.press('Enter');
  await page.getByRole('menuitem', { name: 'StartService…' }).press('Enter');
  const dialog = page.getByRole('dialog', { name: `Call StartService on ${machine}?` });
  await expect(dialog).toContainText('Win32_Service.Name="LanmanWorkstation"');
  await dialog.getByRole('button', { name: 'Call StartService of Win32_Service' }).press('Enter');
  const outcome = page.getByRole('dialog', { name: `StartService on ${machine}` });
  await expect(outcome.getByRole('alert')).toContainText('The service is already running.');
  await page.keyboard.press('Escape');
  await expect(outcome).toHaveCount(0);
  await expect(pane.getByRole('button', { name: 'Associations' })).toBeEnabled();

  // What it is associated with, and from a link to its end and back.
  await pane.locator('.wm-pane-body').focus();
  await page.keyboard.press('a');
  const near = pane.getByRole('region', { name: 'Associated with' });
  await expect(near.getByRole('button', { name: /Win32_ComputerSystem/ })).toBeVisible();
  const link = pane
    .getByRole('region', { name: 'Links' })
    .getByRole('button', { name: /^Win32_DependentService/ })
    .first();
  await link.press('Enter');
  await expect(pane.getByRole('heading', { name: 'Win32_DependentService' })).toBeVisible();
  const end = pane.getByRole('definition').getByRole('button').first();
  await end.press('Enter');
  await expect(pane.getByRole('heading', { name: /^Win32_(Service|SystemDriver)$/ })).toBeVisible();
  await pane.locator('.wm-pane-body').focus();
  await page.keyboard.press('Backspace');
  await expect(pane.getByRole('heading', { name: 'Win32_DependentService' })).toBeVisible();
});

test('a WQL error is shown where it is, with the words of the provider', async ({ start }) => {
  const { page } = await start();
  await openRoom(page);
  await expect(page.getByRole('grid', { name: 'Classes of root/cimv2' }).getByRole('row').nth(3)).toBeVisible();
  await page.keyboard.press('q');
  const editor = page.getByRole('textbox', { name: 'WQL query' });
  await expect(editor).toBeFocused();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('SELECT * FROM Win32_Nothing');
  await page.keyboard.press('ControlOrMeta+Enter');
  const wrong = page.getByRole('region', { name: 'Where the query is wrong' });
  await expect(wrong.locator('mark')).toHaveText('Win32_Nothing');
  await expect(wrong.getByRole('alert')).toContainText('The class does not exist in this namespace.');
  await expect(editor).toHaveAttribute('aria-invalid', 'true');

  // A property that the class does not have; completion knows those that it has.
  await editor.focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('SELECT * FROM Win32_Serv');
  const suggestions = page.getByRole('listbox', { name: 'Suggestions' });
  await expect(suggestions.getByRole('option', { name: /^Win32_Service class/ })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(editor).toHaveValue('SELECT * FROM Win32_Service ');
  await page.keyboard.type('WHERE Stat');
  await expect(suggestions.getByRole('option', { name: /^State property/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.type(" = 'x'");
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(wrong.locator('mark')).toHaveText('Stat');
  await expect(wrong).toContainText('Win32_Service has no property Stat.');

  // Earlier queries come back.
  await page.keyboard.press('ControlOrMeta+ArrowUp');
  await page.keyboard.press('ControlOrMeta+ArrowUp');
  await expect(editor).toHaveValue('SELECT * FROM Win32_Nothing');
});

test('an instance is created, changed with a look at the difference, and deleted', async ({ start }) => {
  const { page } = await start();
  await openRoom(page);
  await page.getByRole('treeitem', { name: 'lab' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('grid', { name: 'Classes of root/lab' })).toContainText('Lab_Sample');
  await openClass(page, 'Lab_Sample');
  const instances = page.getByRole('grid', { name: 'Instances of Lab_Sample' });
  await expect(instances).toContainText('18446744073709551615');

  await page.keyboard.press('c');
  await page.getByRole('button', { name: 'New instance…' }).press('Enter');
  const create = page.getByRole('dialog', { name: 'New Lab_Sample' });
  await create.getByRole('textbox', { name: 'Id', exact: true }).fill('made-here');
  await create.getByRole('button', { name: 'Review' }).click();
  await page.getByRole('button', { name: 'Create Lab_Sample' }).press('Enter');
  const pane = page.getByRole('complementary', { name: 'Instance' });
  await expect(pane).toContainText('Lab_Sample.Id="made-here"');

  // The dialog has gone and the instance has been read: now its keys do something.
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(pane.getByRole('button', { name: 'Edit…' })).toBeEnabled();
  await pane.locator('.wm-pane-body').focus();
  await page.keyboard.press('e');
  const edit = page.getByRole('dialog', { name: 'Change Lab_Sample' });
  await edit.getByRole('checkbox', { name: 'Big is null' }).uncheck();
  await edit.getByRole('textbox', { name: 'Big', exact: true }).fill('18446744073709551616');
  await expect(edit.getByRole('alert')).toContainText('From 0 to 18446744073709551615.');
  await edit.getByRole('textbox', { name: 'Big', exact: true }).fill('18446744073709551614');
  await edit.getByRole('button', { name: 'Review 1 change' }).click();
  const review = page.getByRole('dialog', { name: `Write 1 property on ${machine}?` });
  await expect(review.getByRole('list', { name: 'What is written' })).toContainText('− null');
  await expect(review.getByRole('list', { name: 'What is written' })).toContainText('+ 18446744073709551614');
  await review.getByRole('button', { name: 'Write 1 property of Lab_Sample' }).press('Enter');
  await expect(review).toHaveCount(0);
  await expect(pane).toContainText('18446744073709551614');
  await expect(page.getByRole('dialog')).toHaveCount(0);

  await pane.locator('.wm-pane-body').focus();
  await page.keyboard.press('Delete');
  const ask = page.getByRole('alertdialog', { name: `Delete this Lab_Sample on ${machine}?` });
  await expect(ask).toContainText('Lab_Sample.Id="made-here"');
  await ask.getByRole('button', { name: 'Delete Lab_Sample' }).press('Enter');
  await expect(ask).toHaveCount(0);
  await expect(pane).toHaveCount(0);
  await page.keyboard.press('i');
  await expect(instances).not.toContainText('made-here');
});

test('photographs: WMI', async ({ start }) => {
  const { page } = await start();
  await openRoom(page);
  await openClass(page, 'Win32_Service');
  const instances = page.getByRole('grid', { name: 'Instances of Win32_Service' });
  // Near the top of the table, so that it is on the screen.
  await instances.getByRole('row', { name: /^BFE/ }).dblclick();
  const pane = page.getByRole('complementary', { name: 'Instance' });
  await expect(pane).toContainText('Base Filtering Engine');
  await pane.getByRole('button', { name: 'Associations' }).click();
  await expect(pane.getByRole('region', { name: 'Links' }).getByRole('button').first()).toBeVisible();
  await photograph(page, 'machine-wmi');
  await page.keyboard.press('c');
  await expect(page.getByRole('grid', { name: 'Properties of Win32_Service' })).toBeVisible();
  await photograph(page, 'machine-wmi-class');
  await page.keyboard.press('q');
  await expect(page.getByRole('textbox', { name: 'WQL query' })).toBeFocused();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('SELECT Name, Stat FROM Win32_Service');
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect(page.getByRole('region', { name: 'Where the query is wrong' })).toBeVisible();
  await photograph(page, 'machine-wmi-error');
});
