import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  _electron,
  type Browser,
  type BrowserContextOptions,
  test as base,
  chromium,
  type Page,
} from '@playwright/test';
import { type Lab, type LabOptions, startLab } from '../main/lab/start-lab.ts';

/** The console running on one host, and a page that shows it. */
export interface RunningConsole {
  readonly page: Page;
  /** From now on the page's console may say this: for tests that take something away from under it. */
  expectComplaint(pattern: RegExp): void;
  /** Ends the console (with the desktop window, where that is the host) and waits until it is gone. The browser's page stays. */
  end(): Promise<void>;
}

export interface StartOptions
  extends Pick<BrowserContextOptions, 'colorScheme' | 'forcedColors' | 'reducedMotion' | 'viewport'> {
  /** On the demo lab unless told otherwise. A demo never uses the data folder. */
  readonly demo?: boolean;
  /** What the console finds in its environment besides: where Kerberos has its configuration, say. */
  readonly environment?: Readonly<Record<string, string>>;
}

const chromiumArguments = [
  '--no-sandbox',
  // Nothing but loopback resolves: a page that reaches out fails its test.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];
const startLimitMs = 60_000;

interface Watch {
  readonly complaints: string[];
  readonly expected: RegExp[];
}

/** Errors and warnings of the page's console, and requests that leave this computer: none may happen. */
function watch(page: Page, { complaints, expected }: Watch): void {
  const complain = (text: string) => {
    if (!expected.some((pattern) => pattern.test(text))) complaints.push(text);
  };
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complain(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complain(`uncaught: ${error.message}`));
  const seen = (address: string) => {
    const { protocol, hostname } = new URL(address);
    if (/^(http|ws)s?:$/.test(protocol) && hostname !== '127.0.0.1') complain(`request to ${hostname}`);
  };
  page.on('request', (request) => seen(request.url()));
  page.on('websocket', (socket) => seen(socket.url()));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(timer);
}

/** Starts the web host and returns the address that lets one browser in. */
export async function startWebHost(options: {
  demo: boolean;
  dataFolder: string;
  environment?: Readonly<Record<string, string>> | undefined;
}): Promise<{ url: string; close: () => Promise<void> }> {
  const child = spawn(process.execPath, ['main/web-host/cli.ts', '--no-open', ...(options.demo ? ['--demo'] : [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, WINDECK_DEMO_MACHINES: '12', WINDECK_DATA: options.dataFolder, ...options.environment },
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  const lines = createInterface(child.stdout);
  let timer: NodeJS.Timeout | undefined;
  try {
    const line = await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      child.once('exit', () => reject(new Error(`The web host ended before it was ready. ${said}`)));
      timer = setTimeout(() => reject(new Error(`The web host was not ready in time. ${said}`)), startLimitMs);
    });
    return { url: (JSON.parse(line) as { url: string }).url, close: () => end(child) };
  } catch (error) {
    await end(child);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function startElectron(options: {
  demo: boolean;
  dataFolder: string;
  environment: Readonly<Record<string, string>> | undefined;
}) {
  const application = await _electron.launch({
    args: ['.', ...(options.demo ? ['--demo'] : [])],
    env: {
      ...(process.env as Record<string, string>),
      WINDECK_DEMO_MACHINES: '12',
      WINDECK_DATA: options.dataFolder,
      ...options.environment,
    },
  });
  const close = async (): Promise<void> => {
    // A test that leaves shells open is not asked about them at its end.
    await application.evaluate(({ dialog }) => {
      const answer = (_window: unknown, { buttons }: { buttons: string[] }) => buttons.indexOf('Close');
      Object.assign(dialog, { showMessageBoxSync: answer });
    });
    await application.close();
  };
  return { page: await application.firstWindow(), close };
}

/** The token has been exchanged, the page has moved on to its own address, and what it shows takes keys. */
async function isThere(page: Page): Promise<void> {
  await page.getByRole('contentinfo').waitFor({ timeout: 20_000 });
  // The frame stands before the console has said whether there are machines; only then is there a room that has keys.
  await page
    .getByRole('button', { name: /^Add (a )?machine/ })
    .first()
    .waitFor({ timeout: 20_000 });
}

type Start = (options?: StartOptions) => Promise<RunningConsole>;
type OpenLab = (options?: LabOptions) => Promise<Lab>;

interface Fixtures {
  /** Of this test only; the same for every console that it starts, which is how a restart keeps what there was. */
  readonly dataFolder: string;
  readonly isDesktop: boolean;
  /** Opens the console on the project's host. Everything ends with the test. */
  readonly start: Start;
  /** A fleet of the test's own, which it can make misbehave. */
  readonly openLab: OpenLab;
}

export const test = base.extend<Fixtures, { browserOfRun: Browser | null }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's shape
  dataFolder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'windeck-e2e-'));
    await use(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
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
  isDesktop: async ({ browserOfRun }, use) => use(browserOfRun === null),
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the parameter's shape
  openLab: async ({}, use) => {
    const labs: Lab[] = [];
    await use(async (options = {}) => {
      const lab = await startLab({ pendingMs: 1500, goingDownMs: 500, downMs: 1500, ...options });
      labs.push(lab);
      return lab;
    });
    for (const lab of labs) await lab.close();
  },
  start: async ({ browserOfRun, dataFolder }, use, testInfo) => {
    const closers: (() => Promise<void>)[] = [];
    const complaints: string[] = [];
    await use(async ({ demo = true, environment, ...look } = {}) => {
      const expected: RegExp[] = [];
      const expectComplaint = (pattern: RegExp) => void expected.push(pattern);
      if (browserOfRun === null) {
        const { page, close } = await startElectron({ demo, dataFolder, environment });
        closers.push(close);
        watch(page, { complaints, expected });
        await page.emulateMedia({
          colorScheme: look.colorScheme ?? null,
          forcedColors: look.forcedColors ?? null,
          reducedMotion: look.reducedMotion ?? null,
        });
        await isThere(page);
        return { page, expectComplaint, end: close };
      }
      const host = await startWebHost({ demo, dataFolder, environment });
      closers.push(host.close);
      const context = await browserOfRun.newContext({ viewport: { width: 1440, height: 900 }, ...look });
      closers.push(() => context.close());
      const page = await context.newPage();
      watch(page, { complaints, expected });
      await page.goto(host.url);
      await isThere(page);
      return { page, expectComplaint, end: host.close };
    });
    for (const close of closers.reverse()) await close();
    if (complaints.length > 0 && testInfo.status === testInfo.expectedStatus) {
      throw new Error(`The page complained:\n${complaints.join('\n')}`);
    }
  },
});

export { expect } from '@playwright/test';
