/** `npm run check`: everything that needs no lab, no browser and no system package. Under a minute. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type RunResult, run } from './run.ts';
import { vitest } from './suites.ts';

const bin = (name: string): string => join('node_modules', '.bin', name);
const folders = ['app', 'main', 'renderer', 'shared', 'e2e'];
const layering = '.dependency-cruiser.cjs';

const steps: readonly (readonly [name: string, step: () => Promise<RunResult>])[] = [
  ...folders.map((folder) => [`types ${folder}`, () => run(bin('tsc'), ['-p', folder], { quiet: true })] as const),
  ['format and lint', () => run(bin('biome'), ['ci', '--error-on-warnings', '.'], { quiet: true })],
  ['layering', () => run(bin('depcruise'), ['--config', layering, ...folders], { quiet: true })],
  ['layering canaries', canaries],
];

/** Every layering rule must catch its canary: a configuration that sees no modules would pass everything. */
async function canaries(): Promise<RunResult> {
  const cwd = 'e2e/setup/canary';
  const result = await run(
    join('..', '..', '..', bin('depcruise')),
    ['--config', join('..', '..', '..', layering), '--output-type', 'json', ...folders],
    {
      quiet: true,
      cwd,
    },
  );
  const report = JSON.parse(result.output) as { summary: { violations: { rule: { name: string } }[] } };
  const caught = new Set(report.summary.violations.map((violation) => violation.rule.name));
  const rules = (createRequire(import.meta.url)(join(process.cwd(), layering)) as { forbidden: { name: string }[] })
    .forbidden;
  const silent = rules.map((rule) => rule.name).filter((name) => !caught.has(name));
  return silent.length === 0
    ? { ...result, code: 0 }
    : { ...result, code: 1, output: `These layering rules caught nothing in ${cwd}: ${silent.join(', ')}\n` };
}

// One after another beside the unit tests, which mostly wait: this is what a small machine has cores for.
const unitTests = vitest(['unit']);
let failed = 0;
for (const [name, step] of steps) {
  const result = await step();
  console.log(`${result.code === 0 ? 'ok  ' : 'FAIL'} ${name} (${result.seconds.toFixed(1)} s)`);
  if (result.code !== 0) {
    failed += 1;
    console.log(result.output);
  }
}

const unit = await unitTests;
for (const name of unit.unsteady) console.log(`unsteady: ${name}`);
for (const name of unit.broken) console.log(`failed: ${name}`);
console.log(`unit tests: ${unit.passed} passed, ${unit.failed} failed`);
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
console.log(failed === 0 && unit.failed === 0 ? `windeck ${version}: all checks passed` : 'checks FAILED');
process.exit(failed === 0 && unit.failed === 0 ? 0 : 1);
