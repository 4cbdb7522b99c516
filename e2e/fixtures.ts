import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { _electron, type Browser, test as base, chromium, type Page } from '@playwright/test';

/** The console running on one host, and a page that shows it. */
export interface RunningConsole {
  readonly page: Page;
  /** Errors and warnings of the page's console, and requests that left this computer: both must stay empty. */
  readonly complaints: string[];
}

const chromiumArguments = [
  '--no-sandbox',
  // Nothing but loopback resolves: a page that reaches out fails its test.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

function watch(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') complaints.push(`request to ${hostname}`);
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await once(child, 'exit');
  clearTimeout(timer);
}

/** Starts the web host and returns the address that lets one browser in. */
export async function startWebHost(options: {
  demo: boolean;
  dataFolder: string;
}): Promise<{ url: string; close: () => Promise<void> }> {
  const child = spawn(process.execPath, ['main/web-host/cli.ts', '--no-open', ...(options.demo ? ['--demo'] : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, WINDECK_DATA: options.dataFolder },
  });
  const lines = createInterface(child.stdout);
  const ended = once(child, 'exit').then(() => {
    throw new Error('the web host ended before it was ready');
  });
  ended.catch(() => {});
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  return { url: (JSON.parse(line) as { url: string }).url, close: () => end(child) };
}

type Start = (options?: { demo?: boolean; dataFolder?: string }) => Promise<RunningConsole>;

/** `start()` opens the console on the project's host, on the demo lab unless told otherwise. Everything ends with the test. */
export const test = base.extend<{ start: Start; dataFolder: string }, { browserOfRun: Browser | null }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's shape
  dataFolder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'windeck-e2e-'));
    await use(folder);
    rmSync(folder, { recursive: true, force: true });
  },
  browserOfRun: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's shape
    async ({}, use, workerInfo) => {
      if (workerInfo.project.name !== 'web') return await use(null);
      const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumArguments });
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  start: async ({ browserOfRun, dataFolder }, use, testInfo) => {
    const closers: (() => Promise<void>)[] = [];
    const complaints: string[] = [];
    await use(async (options = {}) => {
      const demo = options.demo ?? true;
      const folder = options.dataFolder ?? dataFolder;
      if (browserOfRun === null) {
        const application = await _electron.launch({
          args: ['.', ...(demo ? ['--demo'] : [])],
          env: { ...(process.env as Record<string, string>), WINDECK_DATA: folder },
        });
        closers.push(() => application.close());
        const page = await application.firstWindow();
        watch(page, complaints);
        return { page, complaints };
      }
      const host = await startWebHost({ demo, dataFolder: folder });
      closers.push(host.close);
      const context = await browserOfRun.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true });
      closers.push(() => context.close());
      const page = await context.newPage();
      watch(page, complaints);
      await page.goto(host.url);
      return { page, complaints };
    });
    for (const close of closers.reverse()) await close();
    if (complaints.length > 0 && testInfo.status === testInfo.expectedStatus) {
      throw new Error(`The page complained:\n${complaints.join('\n')}`);
    }
  },
});

export { expect } from '@playwright/test';
