import { defineConfig } from '@playwright/test';

/**
 * The same specs on both hosts, but for what only a browser does: such a test has the tag @browser, and is not one of the desktop's.
 * `web` uses the system's Chromium, since nothing is downloaded at install; `electron` starts the desktop
 * shell and runs where its binary exists (npm test says so when it does not).
 */
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  outputDir: '../test-results',
  timeout: 90_000,
  expect: { timeout: 15_000 },
  // Every test has its own console, data folder, lab and ports; much of its time is waiting for machines.
  workers: 2,
  fullyParallel: true,
  retries: 0,
  forbidOnly: true,
  projects: [
    { name: 'web', metadata: { host: 'web' } },
    { name: 'electron', metadata: { host: 'electron' }, grepInvert: /@browser/ },
  ],
});
