import { rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isOutdated } from '../source-age.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Where the built renderer is. */
export const rendererFolder = join(root, 'renderer', 'dist');

/**
 * Builds the renderer when it is missing or older than its sources; otherwise only looks. Prints nothing. Where there are no sources
 * (an installed copy) what is built is taken as it is. Throws vite's error where a source cannot be built.
 */
export async function ensureBuilt(log: (line: string) => void = () => {}): Promise<void> {
  if (!(await isOutdated(join(rendererFolder, 'index.html'), root, ['renderer', 'shared', 'package-lock.json'])))
    return;
  log('Building the console for the browser …');
  // Vite lets a NODE_ENV from outside (a test runner's, say) make a development build of React.
  process.env['NODE_ENV'] = 'production';
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
