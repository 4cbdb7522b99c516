import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isOutdated } from '../main/source-age.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Where the bundles are: main.js, preload.cjs, lab.js and gss-self-test.js. */
export const desktopFolder = join(root, 'app', 'dist');

/** Builds Electron's bundles when they are missing or older than their sources. Prints nothing. */
export async function ensureDesktopBuilt(): Promise<void> {
  const sources = ['app', 'main', 'shared', 'package-lock.json', 'package.json'];
  if (await isOutdated(join(desktopFolder, 'main.js'), root, sources)) await buildDesktop(desktopFolder);
}

/**
 * Bundles the main process, the preload (one CommonJS file, as a sandboxed preload must be), the lab and the self-test of a Mac's GSS library,
 * with everything they need but Electron itself and native modules: the keychain's, and koffi. (The optional `kerberos` of Windows is imported
 * by a name that no bundler sees.) Throws vite's error where a source cannot be built.
 */
export async function buildDesktop(outDir: string): Promise<void> {
  await bundle(outDir, 'preload.cjs', 'app/preload.ts', 'cjs');
  await bundle(outDir, 'lab.js', 'main/lab/cli.ts', 'es');
  await bundle(outDir, 'gss-self-test.js', 'main/wsman/auth/kerberos/self-test-child.ts', 'es');
  // Last, since its age is what tells whether the bundles are current.
  await bundle(outDir, 'main.js', 'app/main.ts', 'es');
}

async function bundle(outDir: string, name: string, entry: string, format: 'cjs' | 'es'): Promise<void> {
  const { build } = await import('vite');
  await build({
    configFile: false,
    root,
    logLevel: 'silent',
    ssr: { noExternal: true, external: ['electron', '@napi-rs/keyring', 'koffi'] },
    build: {
      ssr: join(root, entry),
      outDir,
      emptyOutDir: false,
      target: 'node24',
      minify: false,
      copyPublicDir: false,
      rolldownOptions: { output: { format, entryFileNames: name, codeSplitting: false } },
    },
  });
}
