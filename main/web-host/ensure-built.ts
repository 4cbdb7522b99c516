import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Where the built renderer is. */
export const rendererFolder = join(root, 'renderer', 'dist');

/**
 * Builds the renderer when it is missing or older than its sources; otherwise only looks. Prints nothing. Where there are no sources
 * (an installed copy) what is built is taken as it is. Throws vite's error where a source cannot be built.
 */
export async function ensureBuilt(log: (line: string) => void = () => {}): Promise<void> {
  if (!(await isOutdated(join(rendererFolder, 'index.html'), ['renderer', 'shared', 'package-lock.json']))) return;
  log('Building the console for the browser …');
  const { build } = await import('vite');
  const started = new Date();
  // Built beside and moved into place: another host may be building, or serving, at this moment.
  const outDir = join(root, 'node_modules', '.cache', `windeck-renderer-${process.pid}`);
  await build({
    configFile: join(root, 'renderer', 'vite.config.ts'),
    logLevel: 'silent',
    build: { outDir, emptyOutDir: true },
  });
  // What is edited during the build is newer than it.
  await utimes(join(outDir, 'index.html'), started, started);
  await replaceFolder(outDir, rendererFolder);
}

async function replaceFolder(from: string, to: string): Promise<void> {
  const old = `${from}-old`;
  await rename(to, old).catch(() => undefined);
  try {
    await rename(from, to);
  } catch {
    // Somebody else was quicker between the two renames: theirs is as new as ours.
    await rm(from, { recursive: true, force: true });
  }
  await rm(old, { recursive: true, force: true });
}

/** True when `built` is missing or older than anything in `sources` (paths below the repository; tests do not count). */
export async function isOutdated(built: string, sources: readonly string[]): Promise<boolean> {
  const builtAt = await modifiedAt(built);
  if (builtAt === undefined) return true;
  const newest = await Promise.all(sources.map((source) => newestIn(join(root, source))));
  return Math.max(...newest) > builtAt;
}

async function newestIn(path: string): Promise<number> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return (await modifiedAt(path)) ?? 0;
  const counted = entries.filter(({ name }) => name !== 'dist' && name !== 'node_modules' && !/[.]test[.-]/.test(name));
  const times = await Promise.all(
    counted.map((entry) => {
      const child = join(path, entry.name);
      return entry.isDirectory() ? newestIn(child) : modifiedAt(child);
    }),
  );
  return Math.max(0, ...times.map((time) => time ?? 0));
}

async function modifiedAt(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}
