/** `npm test`: every suite. Installs nothing; says what is missing. Ends with `N passed, N failed` over all suites. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { missingPackages } from './packages.ts';
import { run } from './run.ts';
import { playwright, type SuiteResult, vitest } from './suites.ts';

const missing = await missingPackages();
if (missing.packages.length > 0) {
  console.error(`Not installed: ${missing.what.join('; ')}.\nRun \`npm run setup\` first.`);
  console.log('0 passed, 1 failed');
  process.exit(1);
}

const results: (readonly [suite: string, result: SuiteResult])[] = [];
const add = (suite: string, result: SuiteResult): void => void results.push([suite, result]);

// `npm run check` counts its unit tests itself; here its static part is one test of its own.
const check = await run(process.execPath, ['e2e/setup/check.ts']);
const unit = /unit tests: (\d+) passed, (\d+) failed/.exec(check.output);
const named = (word: string): string[] =>
  [...check.output.matchAll(new RegExp(`^${word}: (.+)$`, 'gm'))].map((match) => match[1] ?? '');
add('unit', {
  passed: Number(unit?.[1] ?? 0),
  failed: Number(unit?.[2] ?? 1),
  unsteady: named('unsteady'),
  broken: named('failed'),
});
const brokenChecks = [...check.output.matchAll(/^FAIL (.+) \(/gm)].map((match) => match[1] ?? '');
add(
  'static checks',
  brokenChecks.length > 0 || unit === null
    ? { passed: 0, failed: 1, unsteady: [], broken: brokenChecks }
    : { passed: 1, failed: 0, unsteady: [], broken: [] },
);
// Its files mostly wait for their machines, and share nothing: two of them fit on two cores.
add('lab', await vitest(['lab'], { workers: 2 }));
add('foreign peers', await vitest(['peer']));
add('end to end, browser', await playwright('web'));

const dist = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join('node_modules', 'electron', 'dist');
const binary = ['electron', 'electron.exe', 'Electron.app']
  .map((name) => join(dist, name))
  .find((path) => existsSync(path));
if (binary === undefined) {
  console.log(`\nEnd to end, Electron: NOT RUN. There is no Electron binary in ${dist} on this machine.`);
} else {
  add('end to end, Electron', await playwright('electron'));
}

console.log('');
for (const [suite, result] of results) for (const name of result.broken) console.log(`FAILED (${suite}): ${name}`);
for (const [suite, result] of results)
  for (const name of result.unsteady)
    console.log(
      `UNSTEADY (${suite}): "${name}" failed in the whole run and passed alone. That is a bug: mend the test.`,
    );
for (const [suite, { passed, failed }] of results) console.log(`${suite}: ${passed} passed, ${failed} failed`);
const total = results.reduce((sum, [, r]) => ({ passed: sum.passed + r.passed, failed: sum.failed + r.failed }), {
  passed: 0,
  failed: 0,
});
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);
