import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { downloadElectron, electronPackage, findElectron } from './electron-binary.ts';
import { couldNotStartCode } from './exit-code.ts';

/** `npm start [-- --demo]`: the desktop window where Electron can be had, else the same console in the browser, said in one line. */

const root = fileURLToPath(new URL('..', import.meta.url));
const log = (line: string) => void process.stderr.write(`${line}\n`);

/** The binary that can open a window here, or why there is none. */
async function obtainElectron(
  env: NodeJS.ProcessEnv,
): Promise<{ readonly path: string } | { readonly missing: string }> {
  const found = findElectron(electronPackage, env);
  if (found !== undefined) return { path: found };
  if (env['ELECTRON_OVERRIDE_DIST_PATH'])
    return { missing: 'there is no Electron where ELECTRON_OVERRIDE_DIST_PATH points' };
  // Not worth a download that could not open a window afterwards.
  if (process.platform === 'linux') {
    if (!env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return { missing: 'there is no display here' };
    // Chromium's sandbox does not work for root, and we do not run without it.
    if (process.getuid?.() === 0) return { missing: 'Electron does not run in its sandbox as root' };
  }
  const failure = await downloadElectron(electronPackage, env, log);
  const path = findElectron(electronPackage, env);
  return path === undefined ? { missing: failure ?? 'its download failed' } : { path };
}

/** Electron that ends so soon, and not by our own doing, has not been able to start. */
const startLimitMs = 20_000;

/** Opens the window and waits for its end. Undefined: Electron itself could not start (no display, no sandbox, a missing library). */
async function runDesktop(path: string, demo: boolean): Promise<number | undefined> {
  const { ensureBuilt } = await import('../main/web-host/ensure-built.ts');
  const { ensureDesktopBuilt } = await import('./build.ts');
  await ensureBuilt(log);
  await ensureDesktopBuilt();
  const startedAt = performance.now();
  const child = spawn(path, [root, ...(demo ? ['--demo'] : [])], { stdio: 'inherit' });
  let interrupted = false;
  const forward = (signal: NodeJS.Signals) => {
    interrupted = true;
    child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, forward);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    if (interrupted || code === 0) return 0;
    if (code === couldNotStartCode) return 1;
    return performance.now() - startedAt < startLimitMs ? undefined : 1;
  } catch {
    return undefined;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, forward);
  }
}

async function runBrowser(why: string, demo: boolean): Promise<number> {
  log(`No desktop window, since ${why}: the same console opens in the browser.`);
  // Loaded only now, so that the line above does not wait for it.
  const [{ runWebHost }, { createConsole }, { startLab }, { demoMachines }] = await Promise.all([
    import('../main/web-host/run.ts'),
    import('../main/create-console.ts'),
    import('../main/lab/start-lab.ts'),
    import('../main/host-environment.ts'),
  ]);
  return runWebHost({ port: 0, open: true, demo }, createConsole, () => startLab({ machines: demoMachines }));
}

async function start(): Promise<number> {
  const known = new Set(['--demo']);
  const unknown = process.argv.slice(2).find((argument) => !known.has(argument));
  if (unknown !== undefined) {
    log(`Unknown argument ${unknown}. Usage: npm start [-- --demo]`);
    return 1;
  }
  const demo = process.argv.includes('--demo');
  const electron = await obtainElectron(process.env);
  if ('missing' in electron) return runBrowser(electron.missing, demo);
  const code = await runDesktop(electron.path, demo);
  return code ?? runBrowser('Electron could not start', demo);
}

process.exit(await start());
