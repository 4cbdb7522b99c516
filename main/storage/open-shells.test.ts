import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openOpenShells } from './open-shells.ts';

let folder: string;
let said: string[];
let now: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windeck-shells-'));
  said = [];
  now = Date.UTC(2026, 0, 1);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () =>
  openOpenShells(
    folder,
    () => now,
    (line) => said.push(line),
  );
const shell = (shellId: string) => ({
  shellId,
  resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd',
  host: 'fs03',
  port: 5985,
  openedAt: now,
});
const file = () => join(folder, 'open-shells.json');

describe('open shells', () => {
  test('what one run leaves, the next one finds; what is deleted is forgotten', async () => {
    const first = await open();
    for (const id of ['A', 'B', 'C']) first.add(shell(id));
    first.remove('b');
    await first.flush();
    expect(first.isOurs('uuid:A')).toBe(true);
    expect(first.leftovers()).toEqual([]);

    const second = await open();
    expect(second.leftovers().map(({ shellId }) => shellId)).toEqual(['A', 'C']);
    expect(second.isOurs('A')).toBe(false);
    second.remove('A');
    second.add(shell('D'));
    await second.flush();
    expect((await open()).leftovers().map(({ shellId }) => shellId)).toEqual(['C', 'D']);
  });

  test('after a day none is looked for: its idle time-out has ended it', async () => {
    const first = await open();
    first.add(shell('A'));
    await first.flush();
    now += 25 * 60 * 60_000;
    expect((await open()).leftovers()).toEqual([]);
  });

  test('many at once are one file in the end, readable for its owner only in what it holds', async () => {
    const shells = await open();
    for (let i = 0; i < 200; i++) shells.add(shell(`S${i}`));
    await shells.flush();
    const { version, shells: kept } = JSON.parse(readFileSync(file(), 'utf8')) as { version: number; shells: object[] };
    expect(version).toBe(1);
    expect(kept).toHaveLength(200);
    expect(Object.keys(kept[0]!).sort()).toEqual(['host', 'openedAt', 'port', 'resourceUri', 'shellId']);
  });

  test.each(['{"version":1', '{"version":9,"shells":[]}', '{"version":1,"shells":7}'])(
    'a file that cannot be understood costs a line in the log: %s',
    async (text) => {
      writeFileSync(file(), text);
      expect((await open()).leftovers()).toEqual([]);
      expect(said.join()).toContain('cannot be understood');
    },
  );

  test('entries of another shape are left out', async () => {
    writeFileSync(file(), JSON.stringify({ version: 1, shells: [shell('A'), { shellId: 1 }, null, 'x'] }));
    expect((await open()).leftovers()).toHaveLength(1);
  });
});
