import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Electron's npm package comes without its binary, which is downloaded at first use. This finds it, or tries to get it. */

export const electronPackage = fileURLToPath(new URL('../node_modules/electron', import.meta.url));

export interface DownloadLimits {
  /** No byte after so long: there is no way to it. */
  readonly firstByteMs: number;
  /** No further byte for so long: it has got stuck. */
  readonly stallMs: number;
}
export const downloadLimits: DownloadLimits = { firstByteMs: 3_500, stallMs: 30_000 };

/** The path of the binary, or undefined. ELECTRON_OVERRIDE_DIST_PATH names another folder, as it does for Electron's own tools. */
export function findElectron(folder: string, env: NodeJS.ProcessEnv): string | undefined {
  const override = env['ELECTRON_OVERRIDE_DIST_PATH'];
  const path = join(override || join(folder, 'dist'), executableName(folder));
  return existsSync(path) ? path : undefined;
}

/** `path.txt` is written last by the installer, so without it there is no complete binary. With an override there need not be one. */
function executableName(folder: string): string {
  try {
    return readFileSync(join(folder, 'path.txt'), 'utf8').trim();
  } catch {
    if (process.platform === 'win32') return 'electron.exe';
    return process.platform === 'darwin' ? 'Electron.app/Contents/MacOS/Electron' : 'electron';
  }
}

/**
 * Downloads the binary by the package's own installer, which checks it against the checksums that came with the package. Resolves
 * to undefined when it is there, otherwise to the reason in words. Ends early when nothing arrives; while bytes flow it takes its time and
 * says how far it is.
 */
export async function downloadElectron(
  folder: string,
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
  limits: DownloadLimits = downloadLimits,
): Promise<string | undefined> {
  // The installer does not tell its progress, but it writes into the temporary folder: with one of its own, that can be watched.
  const temporary = await mkdtemp(join(tmpdir(), 'windeck-electron-'));
  const child = spawn(process.execPath, [join(folder, 'install.js')], {
    env: { ...env, TMPDIR: temporary, TEMP: temporary, TMP: temporary },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4000);
  });
  try {
    const stopped = await follow(child, [temporary, join(folder, 'dist')], log, limits);
    if (stopped !== undefined) return stopped;
    return child.exitCode === 0 ? undefined : firstWords(complaint);
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Watches until the installer ends by itself (undefined) or has to be ended (why). */
async function follow(
  child: ChildProcess,
  folders: readonly string[],
  log: (line: string) => void,
  limits: DownloadLimits,
): Promise<string | undefined> {
  let ended = false;
  const exit = once(child, 'close').then(() => {
    ended = true;
  });
  const sizeAtStart = await sizeOf(folders);
  let lastSize = sizeAtStart;
  let lastGrowthAt = performance.now();
  let said = 0;
  while (!ended) {
    await Promise.race([exit, delay(200)]);
    const size = await sizeOf(folders);
    const now = performance.now();
    if (size !== lastSize) lastGrowthAt = now;
    lastSize = size;
    const flowing = size > sizeAtStart;
    const quietMs = now - lastGrowthAt;
    if (!ended && quietMs > (flowing || said > 0 ? limits.stallMs : limits.firstByteMs)) {
      child.kill('SIGKILL');
      await exit;
      return flowing || said > 0 ? 'its download got stuck' : 'its download did not begin';
    }
    const megabytes = Math.floor((size - sizeAtStart) / 1_000_000);
    if (megabytes >= said + 20) {
      if (said === 0) log('Downloading Electron for the desktop window; this is needed once.');
      log(`  ${megabytes} MB`);
      said = megabytes;
    }
  }
  return undefined;
}

async function sizeOf(folders: readonly string[]): Promise<number> {
  const sizes = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
      const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      const each = await Promise.all(
        files.map((file) =>
          stat(file).then(
            ({ size }) => size,
            () => 0,
          ),
        ),
      );
      return each.reduce((sum, size) => sum + size, 0);
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Of a stack trace, what a person can use. */
function firstWords(complaint: string): string {
  const line = complaint.split('\n').find((text) => text.trim() !== '');
  return line === undefined
    ? 'its installer failed'
    : `its download failed (${line
        .trim()
        .replace(/^\w*Error: /, '')
        .slice(0, 150)})`;
}
