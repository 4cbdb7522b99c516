import { expect, type Page } from '@playwright/test';

const controls =
  /^(button|checkbox|combobox|grid|link|menuitem|menuitemcheckbox|radio|searchbox|slider|switch|tab|textbox)$/;

interface AxNode {
  readonly ignored: boolean;
  readonly role?: { readonly value?: unknown };
  readonly name?: { readonly value?: unknown };
}

/** Every control that a screen reader finds on the page has a name; there are at least `least`, so that an empty page does not pass. */
export async function expectNamed(page: Page, least: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  try {
    const { nodes } = (await session.send('Accessibility.getFullAXTree')) as { nodes: readonly AxNode[] };
    const found = nodes.filter((node) => !node.ignored && controls.test(String(node.role?.value)));
    const nameless = found.filter((node) => String(node.name?.value ?? '').trim() === '');
    expect(nameless.map((node) => node.role?.value)).toEqual([]);
    expect(found.length).toBeGreaterThanOrEqual(least);
  } finally {
    await session.detach();
  }
}
