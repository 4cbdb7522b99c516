import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** electron-builder.yml against electron-builder's own schema, and the settings that security rests on. */

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const { validateConfiguration } = require('app-builder-lib/out/util/config/config') as {
  validateConfiguration(config: unknown, logger: unknown): Promise<void>;
};
const { DebugLogger } = require('builder-util') as { DebugLogger: new (enabled: boolean) => unknown };
const { load } = createRequire(require.resolve('app-builder-lib'))('js-yaml') as { load(text: string): Configuration };

interface Configuration {
  readonly files: readonly string[];
  readonly icon: string;
  readonly asar: boolean;
  readonly electronFuses: Readonly<Record<string, boolean>>;
  readonly [key: string]: unknown;
}
const read = (): Configuration => load(readFileSync(`${root}/electron-builder.yml`, 'utf8'));
const validate = (config: unknown): Promise<void> => validateConfiguration(config, new DebugLogger(false));

test('electron-builder accepts the configuration, and would refuse a mistyped one', async () => {
  await validate(read());
  await expect(validate({ ...read(), windoze: {} })).rejects.toThrow(/unknown property 'windoze'/);
  await expect(validate({ ...read(), electronFuses: { runAsNod: false } })).rejects.toThrow(/electronFuses/);
});

test('the fuses that keep the program what it is', () => {
  expect(read().electronFuses).toEqual({
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    onlyLoadAppFromAsar: true,
    enableEmbeddedAsarIntegrityValidation: true,
    enableCookieEncryption: true,
    grantFileProtocolExtraPrivileges: false,
  });
  expect(read().asar).toBe(true);
});

const nativeModules = [
  'node_modules/@napi-rs/keyring*/**',
  'node_modules/koffi/**',
  'node_modules/@koromix/koffi-*/**',
  'node_modules/kerberos/**',
];

test('the package holds the bundles, the renderer, the icon and the native modules, and starts by the main bundle', () => {
  const { files, icon } = read();
  expect(files).toEqual(
    expect.arrayContaining(['app/dist/**', 'renderer/dist/**', 'app/assets/icon.png', ...nativeModules]),
  );
  for (const pattern of nativeModules) expect(files.indexOf('!node_modules/**')).toBeLessThan(files.indexOf(pattern));
  expect(existsSync(`${root}/${icon}`)).toBe(true);
  const manifest = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { main: string };
  expect(manifest.main).toBe('app/dist/main.js');
});

test('the icon is a square PNG of at least 512 pixels, which every target can be made from', () => {
  const png = readFileSync(`${root}/${read().icon}`);
  expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1024, 1024]);
});
