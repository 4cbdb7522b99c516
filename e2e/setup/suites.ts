import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
}

const bin = (name: string): string => join('node_modules', '.bin', name);

async function withReport<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'windeck-report-'));
  try {
    return await work(join(folder, 'report.json'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A report that was never written counts as one failure: a runner that dies is not a pass. */
function read<T>(file: string): T | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return null;
  }
}

/** Runs vitest projects and counts their tests. Skipped and todo tests count as failed: nothing is skipped silently here. */
export function vitest(projects: readonly string[], timeoutSeconds = 1500): Promise<SuiteResult> {
  return withReport(async (file) => {
    const args = [
      'run',
      ...projects.flatMap((name) => ['--project', name]),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ];
    const result = await run(bin('vitest'), args, { timeoutSeconds });
    const report = read<{
      numPassedTests: number;
      numTotalTests: number;
      numFailedTestSuites: number;
      success: boolean;
    }>(file);
    if (report === null) return { passed: 0, failed: 1 };
    const notPassed = report.numTotalTests - report.numPassedTests;
    // A file that does not load has no tests to count; an unhandled error fails the run although every test passed.
    const failed = Math.max(notPassed, report.success && result.code === 0 ? 0 : 1);
    return { passed: report.numPassedTests, failed };
  });
}

/** Runs one Playwright project. A project whose prerequisite is missing says so itself and counts nothing. */
export function playwright(project: string, timeoutSeconds = 1800): Promise<SuiteResult> {
  return withReport(async (file) => {
    const result = await run(
      bin('playwright'),
      ['test', '--config', 'e2e/playwright.config.ts', '--project', project, '--reporter=list,json'],
      {
        timeoutSeconds,
        env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: file },
      },
    );
    const stats = read<{ stats: { expected: number; unexpected: number; flaky: number; skipped: number } }>(
      file,
    )?.stats;
    if (stats === undefined) return { passed: 0, failed: 1 };
    const failed = stats.unexpected + stats.flaky + stats.skipped;
    return { passed: stats.expected, failed: Math.max(failed, result.code === 0 ? 0 : 1) };
  });
}
