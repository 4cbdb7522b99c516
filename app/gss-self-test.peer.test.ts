import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runSelfTest } from '../main/wsman/auth/kerberos/self-test.ts';
import { buildDesktop } from './build.ts';
import { standIn } from './electron.test-suite.ts';

vi.mock('electron', async () => (await import('./electron.test-suite.ts')).standIn);
const { startGssSelfTest } = await import('./gss-self-test.ts');

/** The self-test as the packaged application runs it: its bundle, in a process of its own, against libraries of this system. */

let folder: string;
beforeAll(async () => {
  // Below node_modules, so that koffi is found.
  const cache = fileURLToPath(new URL('../node_modules/.cache', import.meta.url));
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'gss-self-test-'));
  await buildDesktop(folder);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const verdictOn = (library: string) =>
  runSelfTest(library, (name, environment) => startGssSelfTest(join(folder, 'gss-self-test.js'), name, environment));

test('MIT passes, Heimdal passes, what is no GSS library does not', async () => {
  expect(existsSync(join(folder, 'gss-self-test.js'))).toBe(true);
  expect(await verdictOn('libgssapi_krb5.so.2')).toBe(true);
  expect(await verdictOn('libgssapi.so.3')).toBe(true);
  expect(await verdictOn('libc.so.6')).toBe(false);
});

test('nothing of this process goes along: no tickets, no configuration, no environment', () => {
  const { options } = standIn.utilityProcess.forked.at(-1)!;
  expect(Object.keys(options['env'] as object).sort()).toEqual(['KRB5CCNAME', 'KRB5_CONFIG', 'PATH']);
});
