/** The self-test against MIT's library, Heimdal's (Debian package libgssapi3-heimdal), and libraries that are wrong or deadly. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { crashingLibrary } from './crashing-library.ts';
import { PASSED, passesSelfTest, runSelfTest, setStartSelfTest, startWithNode } from './self-test.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'windeck-self-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const runInChild = (library: string, script?: URL, limitMs?: number) =>
  runSelfTest(library, (name, environment) => startWithNode(name, environment, script), limitMs);
const script = (code: string) => {
  const file = join(folder, `${code.length}.mjs`);
  writeFileSync(file, code);
  return pathToFileURL(file);
};

test.each(['libgssapi_krb5.so.2', 'libgssapi.so.3'])('%s passes', async (library) => {
  expect(await runInChild(library)).toBe(true);
});

test('a library that kills the process fails, and nothing else happens', async () => {
  const library = join(folder, 'crash.so');
  writeFileSync(library, crashingLibrary());
  expect(await runInChild(library)).toBe(false);
});

test.each(['libc.so.6', 'there-is-no-such-library.so'])('%s fails', async (library) => {
  expect(await runInChild(library)).toBe(false);
});

test('only a clean end counts, and only within the time', async () => {
  const said = `process.stdout.write(${JSON.stringify(`${PASSED}\n`)});`;
  expect(await runInChild('x', script(said))).toBe(true);
  expect(await runInChild('x', script(`${said} process.exitCode = 1;`))).toBe(false);
  expect(await runInChild('x', script(`${said} process.kill(process.pid, 'SIGSEGV');`))).toBe(false);
  expect(await runInChild('x', script(`${said} setInterval(() => {}, 1000);`), 1000)).toBe(false);
  expect(await runInChild('x', script('process.stdout.write("hello");'))).toBe(false);
});

test('the verdict is found once, by the child that the host starts where it has its own way', async () => {
  const asked: string[] = [];
  const says = script(`if (process.argv[2] === 'good') process.stdout.write(${JSON.stringify(`${PASSED}\n`)});`);
  setStartSelfTest((library, environment) => {
    asked.push(library);
    expect(environment).toMatchObject({ KRB5_CONFIG: '/dev/null', KRB5CCNAME: 'MEMORY:self-test' });
    if (library === 'broken') throw new Error('no such process');
    return startWithNode(library, environment, says);
  });
  const verdicts = await Promise.all(['good', 'good', 'bad', 'broken'].map(passesSelfTest));
  expect(verdicts).toEqual([true, true, false, false]);
  expect(asked).toEqual(['good', 'bad', 'broken']);
});
