import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** True when `built` is missing or older than anything in `sources` (files and folders below `root`; tests do not count). */
export async function isOutdated(built: string, root: string, sources: readonly string[]): Promise<boolean> {
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
