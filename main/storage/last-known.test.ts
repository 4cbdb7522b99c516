import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLastKnown } from './last-known.ts';

let folder: string;
const lines: string[] = [];
const log = (line: string) => void lines.push(line);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'windeck-last-known-'));
  lines.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('values come back after a restart with their time, and uint64 keep every digit', () => {
  const first = openLastKnown(folder, log);
  const value = { memoryBytes: 18446744073709551615n, list: [1, null, 'ä'] };
  first.put('m1', 'facts', value, 1000);
  expect(first.get('m1', 'facts')).toEqual({ value, at: 1000 });
  first.close();
  const second = openLastKnown(folder, log);
  expect(second.get('m1', 'facts')).toEqual({ value, at: 1000 });
  expect(second.get('m1', 'services')).toBeNull();
  expect([...second.all('facts').keys()]).toEqual(['m1']);
  second.close();
});

test('the newest value wins, also before it is written', () => {
  const known = openLastKnown(folder, log);
  known.put('m1', 'facts', 'old', 1);
  known.close();
  const again = openLastKnown(folder, log);
  again.put('m1', 'facts', 'new', 2);
  expect(again.all('facts').get('m1')).toEqual({ value: 'new', at: 2 });
  again.close();
  const last = openLastKnown(folder, log);
  expect(last.get('m1', 'facts')?.value).toBe('new');
  last.close();
});

test('a machine that is forgotten leaves nothing', () => {
  const known = openLastKnown(folder, log);
  known.put('m1', 'facts', 1, 1);
  known.put('m2', 'facts', 2, 2);
  known.forget(['m1']);
  expect([...known.all('facts').keys()]).toEqual(['m2']);
  known.close();
});

test('a file that is no database is replaced, and said', async () => {
  await writeFile(
    join(folder, 'last-known.sqlite'),
    'this is not a database, and longer than one page header'.repeat(50),
  );
  const known = openLastKnown(folder, log);
  known.put('m1', 'facts', 1, 1);
  expect(known.get('m1', 'facts')?.value).toBe(1);
  known.close();
  expect(lines).toHaveLength(1);
});

test('only its owner can read the file', async () => {
  const known = openLastKnown(folder, log);
  expect((await stat(join(folder, 'last-known.sqlite'))).mode & 0o777).toBe(0o600);
  known.close();
});
