import { expect, type Locator, type Page } from '@playwright/test';
import type { Lab, LabMachine } from '../main/lab/start-lab.ts';
import type { RunningConsole } from './fixtures.ts';

/** What a person does and sees, by role and name. Shared by the specs. */

export const machineTable = (page: Page): Locator => page.getByRole('grid', { name: 'Machines', exact: true });

export const machineRow = (page: Page, name: string): Locator =>
  machineTable(page)
    .getByRole('row')
    .filter({ has: page.getByRole('gridcell', { name, exact: true }) });

export const serviceTable = (page: Page): Locator => page.getByRole('grid', { name: /^Services of / });

export const serviceRow = (page: Page, name: string): Locator =>
  serviceTable(page)
    .getByRole('row')
    .filter({ has: page.getByRole('gridcell', { name, exact: true }) });

/** The names in the rows of a table, as far as they are on the screen, from top to bottom. */
export async function namesIn(table: Locator, column: number): Promise<string[]> {
  const rows = await table
    .getByRole('row')
    .filter({ has: table.page().getByRole('gridcell') })
    .evaluateAll(
      (elements, index) =>
        elements
          .toSorted((a, b) => Number(a.ariaRowIndex) - Number(b.ariaRowIndex))
          .map((row) => row.querySelectorAll('[role="gridcell"]')[index]?.textContent ?? ''),
      column,
    );
  return rows;
}

export async function expectOnline(page: Page, count: number): Promise<void> {
  await expect(page.getByRole('contentinfo')).toContainText(`${count} online`);
}

/** Opens the machine's page from the list, by the mouse. */
export async function openMachine(page: Page, name: string, room: 'Overview' | 'Services' = 'Overview'): Promise<void> {
  await machineRow(page, name).dblclick();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  if (room === 'Services') await openServices(page);
}

export async function openServices(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Services' }).click();
  await expect(serviceTable(page).getByRole('row').nth(5)).toBeVisible();
}

/** Narrows the list of services to what this text leaves. */
export async function filterServices(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Filter services' }).fill(text);
}

export const serviceButton = (page: Page, name: string): Locator =>
  page.getByRole('toolbar', { name: 'Services' }).getByRole('button', { name, exact: true });

/** A fleet as the CSV that the import takes; a pin only where the test says so. */
export function asCsv(machines: readonly LabMachine[], pinned = false): string {
  const rows = machines.map(({ name, address, transport, port, tags, certificateSha256 }) =>
    [name, address, transport, port, tags.join(';'), pinned ? (certificateSha256 ?? '') : ''].join(','),
  );
  return ['name,address,transport,port,tags,pin', ...rows].join('\n');
}

/** Puts a fleet into an empty inventory through the second door of the first run. */
export async function importFleet(
  page: Page,
  machines: readonly LabMachine[],
  options: { user?: string; password?: string; pinned?: boolean } = {},
): Promise<void> {
  const [first] = machines;
  await page.getByRole('button', { name: /^Import a list/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Import machines' });
  await dialog.getByRole('textbox', { name: 'Machines to import' }).fill(asCsv(machines, options.pinned));
  await dialog.getByLabel('User', { exact: true }).fill(options.user ?? first?.user ?? '');
  await dialog.getByLabel('Password', { exact: true }).fill(options.password ?? first?.password ?? '');
  await dialog
    .getByRole('button', { name: `Import ${machines.length} machine${machines.length === 1 ? '' : 's'}` })
    .click();
  await expect(dialog).toBeHidden();
}

/** The console on a fleet of the test's own. */
export async function withFleet(start: (o: { demo: boolean }) => Promise<RunningConsole>, lab: Lab): Promise<Page> {
  const { page } = await start({ demo: false });
  await importFleet(page, lab.machines);
  await expectOnline(page, lab.machines.length);
  return page;
}

export interface MachineForm {
  readonly address?: string;
  readonly transport?: 'HTTP' | 'HTTPS';
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly name?: string;
}

/** Fills the form of a machine; what is not given stays. */
export async function fillMachine(dialog: Locator, form: MachineForm): Promise<void> {
  if (form.address !== undefined) await dialog.getByLabel('Name or address', { exact: true }).fill(form.address);
  if (form.transport !== undefined) await dialog.getByLabel('Transport', { exact: true }).selectOption(form.transport);
  if (form.port !== undefined) await dialog.getByLabel('Port', { exact: true }).fill(String(form.port));
  if (form.user !== undefined) await dialog.getByLabel('User', { exact: true }).fill(form.user);
  if (form.password !== undefined) await dialog.getByLabel('Password', { exact: true }).fill(form.password);
  if (form.name !== undefined) await dialog.getByLabel('Shown as', { exact: true }).fill(form.name);
}

/** A step of the connection test, with its verdict. */
export const testPanel = (dialog: Locator): Locator => dialog.getByRole('region', { name: 'Test' });

/** The percentage that a gauge shows; null while it knows none. */
export async function gaugeValue(page: Page, name: string): Promise<number | null> {
  const words = (await page.getByRole('meter', { name }).getAttribute('aria-valuetext')) ?? '';
  const found = /^(\d+) %,/.exec(words);
  return found ? Number(found[1]) : null;
}

/** Keeps every text that this element shows from now on: a state that lasts a second is not missed between two looks. */
export async function recordTexts(element: Locator): Promise<() => Promise<readonly string[]>> {
  const handle = await element.evaluateHandle((node) => {
    const texts = [node.textContent ?? ''];
    new MutationObserver(() => texts.push(node.textContent ?? '')).observe(node, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    return texts;
  });
  return () => handle.jsonValue();
}

/** The credential sets, by the keyboard. */
export async function openCredentials(page: Page): Promise<void> {
  await page.keyboard.press('ControlOrMeta+,');
  await page.getByRole('tab', { name: 'General' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('region', { name: 'Where secrets are kept' })).toBeVisible();
}
