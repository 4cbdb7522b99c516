/**
 * A table of 10,000 machines in Chromium, scrolled 90 px per frame while gauges of the visible rows change: main-thread work per frame,
 * longest task, rows mounted. Beside it: cold start to first paint of the console over about:blank in the same browser.
 * The machines are served by the real web host and RPC from handlers that answer this fleet; no console and no network behind them.
 */
import { type CDPSession, chromium, type Page } from '@playwright/test';
import { ensureBuilt, rendererFolder } from '../../main/web-host/ensure-built.ts';
import { startWebHost } from '../../main/web-host/server.ts';
import { type ConsoleHandlers, contract } from '../../shared/contract/contract.ts';
import type { Machine } from '../../shared/contract/machines.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import { serveContract } from '../../shared/rpc/server.ts';
import { median, percentile, print } from './figure.ts';

const rows = 10_000;
const frames = 480;

const now = Date.now();
const machines: Machine[] = Array.from({ length: rows }, (_, i) => ({
  id: `m${i}`,
  settings: {
    name: `HQ-SRV${String(i).padStart(5, '0')}`,
    address: `10.${(i >> 12) & 255}.${(i >> 6) & 63}.${i & 63}`,
    transport: 'http',
    port: 5985,
    path: 'wsman',
    signIn: 'negotiate',
    spn: { serviceClass: null, host: null, withPort: false },
    delegate: false,
    credentialId: 'c',
    trusted: true,
    allowClearText: false,
    pin: null,
    tags: i % 3 === 0 ? ['production', 'sql'] : ['staging'],
  },
  state: i % 97 === 0 ? 'unreachable' : 'online',
  stateSinceAt: now - i * 1000,
  lastSeenAt: now,
  nextAttemptAt: null,
  problem: null,
  security: {
    mechanism: 'NTLM',
    cipher: 'RC4-128',
    protection: 'RC4-128',
    spn: null,
    insideSpnego: false,
    serverCertificate: null,
    clientCertificate: null,
  },
  credential: { id: 'c', source: 'machine', tag: null },
  facts: {
    readAt: now,
    computerName: `HQ-SRV${i}`,
    domain: 'corp.contoso.com',
    osCaption: 'Microsoft Windows Server 2022 Standard',
    osVersion: '10.0.20348',
    lastBootAt: now - i * 60_000,
    manufacturer: 'Dell Inc.',
    model: 'PowerEdge R750',
    logicalProcessors: 16,
    memoryBytes: 64n * 1024n ** 3n,
    worstDisk: { drive: 'C:', freePercent: 10 + (i % 80) },
    stack: '3.0',
  },
}));

const untilCancelled = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  );
const refuse = (): never => {
  throw new ProblemError({
    code: 'not-supported',
    message: 'not part of this measurement',
    advice: [],
    retryable: false,
  });
};
const info = { version: '0', host: 'browser', lab: true, dataFolder: '/', notices: [] } as const;

/** Every endpoint of the contract refuses, but for the few that the measured pages ask. */
const refusing = Object.fromEntries(
  Object.entries(contract).map(([area, endpoints]) => [
    area,
    Object.fromEntries(Object.keys(endpoints).map((endpoint) => [endpoint, refuse])),
  ]),
) as unknown as ConsoleHandlers;
const handlers: ConsoleHandlers = {
  ...refusing,
  machines: {
    ...refusing.machines,
    watch: async (_input, sink) => {
      await sink.push({ kind: 'all', machines });
      await untilCancelled(sink.signal);
    },
    refresh: async () => {},
  },
  credentials: {
    ...refusing.credentials,
    watch: async (_input, sink) => {
      await sink.push({
        sets: [],
        assignments: { global: null, tags: [] },
        vault: { kind: 'keychain', locked: false },
      });
      await untilCancelled(sink.signal);
    },
  },
  gauges: {
    // Ten batches a second for whatever is visible: more than the product sends, so the figure is on the safe side.
    watch: async ({ machineIds }, sink) => {
      while (!sink.signal.aborted) {
        await sink.push(
          machineIds.map((machineId) => ({
            machineId,
            readAt: Date.now(),
            cpuPercent: Math.random() * 100,
            memoryPercent: Math.random() * 100,
          })),
        );
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
  },
  settings: {
    get: async () => ({ theme: 'light' }),
    set: async (value) => value,
    info: async () => info,
    openLab: async () => info,
  },
};

await ensureBuilt();
const host = await startWebHost({
  rendererFolder,
  serve: (port) =>
    void serveContract(port, contract, handlers, (error) =>
      error instanceof ProblemError
        ? error.problem
        : { code: 'internal-error', message: String(error), advice: [], retryable: false },
    ),
});
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
});
const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
// Lets this context in; the pages that are measured then load the console itself.
const entrance = await context.newPage();
await entrance.goto(host.newUrl());
await entrance.getByRole('row').nth(20).waitFor();
await entrance.close();
const console_ = new URL('/', host.newUrl()).href;

const firstPaint = async (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => {
          const paint = list.getEntriesByName('first-contentful-paint')[0];
          if (paint !== undefined) resolve(paint.startTime);
        }).observe({ type: 'paint', buffered: true });
      }),
  );
const coldStarts: number[] = [];
const blanks: number[] = [];
for (let i = 0; i < 5; i += 1) {
  const blank = await context.newPage();
  const blankBegan = performance.now();
  await blank.goto('about:blank');
  blanks.push(performance.now() - blankBegan);
  await blank.close();
  const page = await context.newPage();
  await page.goto(console_);
  coldStarts.push(await firstPaint(page));
  await page.close();
}

const page = await context.newPage();
await page.goto(console_);
const scroller = page.locator('[data-scroller="table"]').first();
await scroller.waitFor();
await page.getByRole('row').nth(20).waitFor();
await page.waitForTimeout(1500);

/** Main-thread task time in ms, from the browser's own accounting. */
const taskTime = async (session: CDPSession): Promise<number> => {
  const { metrics } = await session.send('Performance.getMetrics');
  return (metrics.find((metric) => metric.name === 'TaskDuration')?.value ?? 0) * 1000;
};
const session = await context.newCDPSession(page);
await session.send('Performance.enable');

const runs: { workMs: number[]; longest: number; mounted: number; meanTask: number }[] = [];
for (let run = 0; run < 3; run += 1) {
  const before = await taskTime(session);
  const seen = await scroller.evaluate(async (element, count) => {
    const tasks: number[] = [];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration)));
    observer.observe({ type: 'longtask' });
    // From the start of a frame's callbacks to a message posted at their end: script, style and layout of that frame, without raster.
    const channel = new MessageChannel();
    const work: number[] = [];
    let mounted = 0;
    element.scrollTop = 0;
    await new Promise((resolve) => setTimeout(resolve, 300));
    await new Promise<void>((resolve) => {
      let left = count;
      let began = 0;
      channel.port1.onmessage = () => {
        work.push(performance.now() - began);
        mounted = Math.max(mounted, element.querySelectorAll('[role=row]').length);
        left -= 1;
        if (left === 0) resolve();
        else requestAnimationFrame(frame);
      };
      const frame = (): void => {
        began = performance.now();
        element.scrollTop += 90;
        channel.port2.postMessage(null);
      };
      requestAnimationFrame(frame);
    });
    observer.disconnect();
    return { work, mounted, longest: Math.max(0, ...tasks) };
  }, frames);
  runs.push({
    workMs: seen.work,
    longest: seen.longest,
    mounted: seen.mounted,
    meanTask: ((await taskTime(session)) - before) / frames,
  });
}

const of = `${rows.toLocaleString('en')}-row table scrolled 90 px a frame, gauges changing`;
print({
  name: 'table.frame-work',
  value: median(runs.map((run) => percentile(run.workMs, 95))),
  unit: `ms of main-thread work per frame, p95, ${of}`,
  reference: null,
  ratio: null,
  goal: '≤ 8 ms',
});
print({
  name: 'table.frame-work-mean',
  value: median(runs.map((run) => run.meanTask)),
  unit: 'ms of main-thread tasks per frame, mean, as the browser accounts them',
  reference: null,
  ratio: null,
  goal: null,
});
print({
  name: 'table.longest-task',
  value: Math.max(...runs.map((run) => run.longest)),
  unit: 'ms, longest task over 50 ms (0: none), all runs',
  reference: null,
  ratio: null,
  goal: 'none over 50 ms',
});
print({
  name: 'table.rows-mounted',
  value: Math.max(...runs.map((run) => run.mounted)),
  unit: 'rows mounted at most',
  reference: null,
  ratio: null,
  goal: '≤ 60',
});
print({
  name: 'start.first-paint',
  value: median(coldStarts),
  unit: 'ms from navigation to first contentful paint',
  reference: 'about:blank in the same browser, whole navigation',
  ratio: median(coldStarts) / median(blanks),
  goal: '≤ 400 ms over about:blank',
});

await browser.close();
await host.close();
process.exit(0);
