import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run } from './run.ts';

export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
  /** Failed in the whole run and passed alone: counted as passed, and named at the end, since each is a bug of its test. */
  readonly unsteady: readonly string[];
  /** What failed, each with the first line of why: said again at the end, since the end is what is kept of a long run. */
  readonly broken: readonly string[];
}

/** More failures than this are no matter of one test that did not get its time. */
const mostSecondLooks = 5;

const bin = (name: string): string => join('node_modules', '.bin', name);

async function withReport<T>(work: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'windeck-report-'));
  try {
    return await work(join(folder, 'report.json'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const noReport = 'the runner ended without a report';

/** A report that was never written counts as one failure: a runner that dies is not a pass. */
function read<T>(file: string): T | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return null;
  }
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numTotalTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[] | null;
    }[];
  }[];
}

/** What one run of vitest came to; null where it wrote no report. */
async function runVitest(args: readonly string[], timeoutSeconds: number): Promise<VitestReport | null> {
  return withReport(async (file) => {
    const result = await run(
      bin('vitest'),
      ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
      { timeoutSeconds },
    );
    const report = read<VitestReport>(file);
    return report && { ...report, success: report.success && result.code === 0 };
  });
}

/** Runs vitest projects and counts their tests. Skipped and todo tests count as failed: nothing is skipped silently here. */
export async function vitest(
  projects: readonly string[],
  { workers, timeoutSeconds = 1500 }: { workers?: number; timeoutSeconds?: number } = {},
): Promise<SuiteResult> {
  const ofProjects = projects.flatMap((name) => ['--project', name]);
  const first = await runVitest(
    [...ofProjects, ...(workers === undefined ? [] : [`--maxWorkers=${workers}`])],
    timeoutSeconds,
  );
  if (first === null) return { passed: 0, failed: 1, unsteady: [], broken: [noReport] };
  const notPassed = first.numTotalTests - first.numPassedTests;
  // A file that does not load has no tests to count; an unhandled error fails the run although every test passed.
  const failed = Math.max(notPassed, first.success ? 0 : 1);
  const files = first.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name);
  const names = first.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status !== 'passed').map(({ fullName }) => fullName),
  );
  if (failed === 0 || names.length !== failed || failed > mostSecondLooks)
    return { passed: first.numPassedTests, failed, unsteady: [], broken: brokenTests(first) };
  secondLook(names);
  const again = await runVitest([...ofProjects, '--no-file-parallelism', ...files], timeoutSeconds);
  return again?.success === true && again.numPassedTests === again.numTotalTests
    ? { passed: first.numTotalTests, failed: 0, unsteady: names, broken: [] }
    : { passed: first.numPassedTests, failed, unsteady: [], broken: brokenTests(first) };
}

const firstLine = (text: string | undefined): string => text?.trim().split('\n')[0] ?? '';

function brokenTests({ testResults }: VitestReport): string[] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const notPassed = assertionResults.filter((one) => one.status !== 'passed');
    const file = relative('.', name);
    if (notPassed.length === 0) return status === 'failed' ? [`${file}: ${firstLine(message)}`] : [];
    return notPassed.map((one) => `${file}: ${one.fullName}: ${firstLine(one.failureMessages?.[0]) || one.status}`);
  });
}

function secondLook(names: readonly string[]): void {
  console.log(
    `\nFailed: ${names.join('; ')}.\nOnce more, alone, to tell what is broken from what did not get its time.\n`,
  );
}

interface PlaywrightSuite {
  readonly suites?: readonly PlaywrightSuite[];
  readonly specs?: readonly { readonly title: string; readonly ok: boolean }[];
}
interface PlaywrightReport extends PlaywrightSuite {
  readonly stats: {
    readonly expected: number;
    readonly unexpected: number;
    readonly flaky: number;
    readonly skipped: number;
  };
}

const failedTitles = ({ suites = [], specs = [] }: PlaywrightSuite): string[] => [
  ...specs.filter(({ ok }) => !ok).map(({ title }) => title),
  ...suites.flatMap(failedTitles),
];

async function runPlaywright(args: readonly string[], timeoutSeconds: number) {
  return withReport(async (file) => {
    const { code } = await run(
      bin('playwright'),
      ['test', '--config', 'e2e/playwright.config.ts', '--reporter=list,json', ...args],
      { timeoutSeconds, env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: file } },
    );
    const report = read<PlaywrightReport>(file);
    if (report === null) return { passed: 0, failed: 1, titles: [noReport] };
    const { expected, unexpected, flaky, skipped } = report.stats;
    return {
      passed: expected,
      failed: Math.max(unexpected + flaky + skipped, code === 0 ? 0 : 1),
      titles: failedTitles(report),
    };
  });
}

/** Runs one Playwright project. A project whose prerequisite is missing says so itself and counts nothing. */
export async function playwright(project: string, timeoutSeconds = 1800): Promise<SuiteResult> {
  const { passed, failed, titles } = await runPlaywright(['--project', project], timeoutSeconds);
  if (failed === 0 || titles.length !== failed || failed > mostSecondLooks)
    return { passed, failed, unsteady: [], broken: titles };
  secondLook(titles);
  const again = await runPlaywright(['--project', project, '--last-failed', '--workers=1'], timeoutSeconds);
  return again.failed === 0 && again.passed === failed
    ? { passed: passed + failed, failed: 0, unsteady: titles, broken: [] }
    : { passed, failed, unsteady: [], broken: titles };
}
