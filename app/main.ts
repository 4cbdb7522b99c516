import { join } from 'node:path';
import { app, BrowserWindow, dialog, ipcMain, session } from 'electron';
import { createConsole } from '../main/create-console.ts';
import { demoLabArguments, prepareEnvironment, setStartSelfTest, startFailure } from '../main/host-environment.ts';
import { openRendererFiles } from '../main/renderer-files.ts';
import { acceptPorts } from './electron-port.ts';
import { couldNotStartCode } from './exit-code.ts';
import { startGssSelfTest } from './gss-self-test.ts';
import { startLabProcess } from './lab-process.ts';
import { lockContents, lockSession } from './lock-down.ts';
import { setMenu } from './menu.ts';
import { registerScheme, serveRenderer } from './protocol.ts';
import { openWindow } from './window.ts';

/** The desktop host. Bundled to app/dist/main.js, beside preload.cjs, lab.js and gss-self-test.js. */

/** How long an orderly end may take before the process ends anyway. */
const closeLimitMs = 10_000;
const dist = import.meta.dirname;
const root = join(dist, '..', '..');
const demo = process.argv.includes('--demo');
/** Told to end from outside: nobody is asked. */
let isTold = false;
const log = (line: string) => void process.stderr.write(`${line}\n`);

// Chromium's own files (cache, window storage), apart from the console's data; the single-instance lock lies there too.
const profiles = process.env['WINDECK_DATA'] || join(app.getPath('appData'), 'Windeck Desktop');
app.setPath('userData', join(profiles, demo ? 'demo-profile' : 'profile'));
app.enableSandbox();
registerScheme();
lockContents(app);

if (app.requestSingleInstanceLock()) {
  app.on('second-instance', showWindow);
  app.on('window-all-closed', () => app.quit());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, endNow);
  app.whenReady().then(start).catch(fail);
} else {
  log('Windeck is running already; its window has been brought to the front.');
  app.quit();
}

async function start(): Promise<void> {
  const developer = !app.isPackaged;
  lockSession(session.defaultSession);
  serveRenderer(session.defaultSession, await openRendererFiles(join(root, 'renderer', 'dist')));
  setStartSelfTest((library, environment) => startGssSelfTest(join(dist, 'gss-self-test.js'), library, environment));
  const startLab = () => startLabProcess(join(dist, 'lab.js'), demoLabArguments);
  const prepared = await prepareEnvironment({ host: 'desktop', demo, log, startLab });
  let console: Awaited<ReturnType<typeof createConsole>>;
  try {
    console = await createConsole(prepared.environment);
  } catch (error) {
    await prepared.release();
    throw error;
  }
  endWith(async () => {
    await console.close();
    await prepared.release();
  });
  acceptPorts(ipcMain, console.serve);
  setMenu(developer);
  const icon = join(root, 'app', 'assets', 'icon.png');
  openWindow({ preload: join(dist, 'preload.cjs'), icon, developer, asks: () => !isTold });
}

function endNow(): void {
  isTold = true;
  app.quit();
}

/** Lets `close` finish before the application ends, within its limit. */
function endWith(close: () => Promise<void>): void {
  let closing = false;
  app.on('will-quit', (event) => {
    event.preventDefault();
    if (closing) return;
    closing = true;
    const limit = setTimeout(() => app.exit(1), closeLimitMs);
    close()
      .then(
        () => app.exit(0),
        (error: unknown) => {
          log(`Windeck did not end cleanly: ${String(error)}`);
          app.exit(1);
        },
      )
      .finally(() => clearTimeout(limit));
  });
}

/** Somebody has started Windeck again. */
function showWindow(): void {
  const [window] = BrowserWindow.getAllWindows();
  if (window === undefined) return;
  if (window.isMinimized()) window.restore();
  window.focus();
}

function fail(error: unknown): void {
  const message = startFailure(error);
  log(message);
  // The packaged application has no terminal that anybody reads.
  if (app.isPackaged) dialog.showErrorBox('Windeck', message);
  app.exit(couldNotStartCode);
}
