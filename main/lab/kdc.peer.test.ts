/** The lab's KDC is Debian's (packages krb5-kdc, krb5-admin-server, krb5-user): what tests and `--auth kerberos` build on. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type Kdc, type KdcOptions, startKdc } from './kdc.ts';

const running: Kdc[] = [];
afterEach(async () => {
  for (const kdc of running.splice(0)) await kdc.close();
});
async function start(options: Partial<KdcOptions> = {}): Promise<Kdc> {
  const kdc = await startKdc({ principals: [], services: [], ...options });
  running.push(kdc);
  return kdc;
}
const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.unref().on('close', () => {});
    setTimeout(() => socket.destroy(), 200).unref();
  });
const list = (kdc: Kdc) =>
  spawnSync('klist', ['-k', kdc.keytab], { encoding: 'utf8', env: { ...process.env, KRB5_CONFIG: kdc.krb5Config } })
    .stdout;

test('a realm with people and services, on loopback and an unprivileged port', async () => {
  const password = 'With "quotes", spaces and Ümläute \\';
  const kdc = await start({
    realm: 'TEST.EXAMPLE',
    principals: [{ name: 'alice', password }],
    services: ['HTTP/localhost', 'HOST/localhost'],
  });
  expect(kdc.port).toBeGreaterThan(1023);
  expect(readFileSync(kdc.krb5Config, 'utf8')).toContain(`kdc = 127.0.0.1:${kdc.port}`);
  await kdc.kinit({ name: 'alice', password });
  await expect(kdc.kinit({ name: 'alice', password: `${password}!` })).rejects.toThrow(/incorrect/i);
  expect(list(kdc)).toContain('HTTP/localhost@TEST.EXAMPLE');
  expect(list(kdc)).toContain('HOST/localhost@TEST.EXAMPLE');
  const log = await kdc.readLog();
  expect(log).toMatch(/NEEDED_PREAUTH: alice@TEST.EXAMPLE/);
  expect(log).toMatch(/ISSUE: .*alice@TEST.EXAMPLE/);
  expect(statSync(kdc.keytab).mode & 0o077).toBe(0);
});

test('people and services come later as well, and complaints of kadmin are errors', async () => {
  const kdc = await start();
  await kdc.addPrincipal('bob', 'secret');
  await kdc.addService('HTTP/late.example');
  await kdc.kinit({ name: 'bob', password: 'secret', cache: join(kdc.folder, 'bob'), options: ['-l', '5m'] });
  expect(existsSync(join(kdc.folder, 'bob'))).toBe(true);
  expect(list(kdc)).toContain('HTTP/late.example@');
  expect(await kdc.administer('getprinc bob')).toContain(`Principal: bob@${kdc.realm}`);
  await expect(kdc.administer('modprinc nobody')).rejects.toThrow(/does not exist/);
  await expect(kdc.addPrincipal('eve', 'two\nlines')).rejects.toThrow(/line breaks/);
});

test('two at a time do not meet, and one that is closed is gone with its folder', async () => {
  const [one, two] = await Promise.all([start(), start()]);
  expect(one.port).not.toBe(two.port);
  expect(await answers(one.port)).toBe(true);
  await one.close();
  expect(await answers(one.port)).toBe(false);
  expect(existsSync(one.folder)).toBe(false);
  expect(await answers(two.port)).toBe(true);
});

test('a folder that was given stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'windeck-given-'));
  try {
    const kdc = await start({ folder });
    await kdc.close();
    expect(existsSync(kdc.krb5Config)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('it ends with the process that started it, even when that one is killed', async () => {
  const module = pathToFileURL(join(import.meta.dirname, 'kdc.ts')).href;
  const folder = mkdtempSync(join(tmpdir(), 'windeck-killed-'));
  const code = `const { startKdc } = await import(${JSON.stringify(module)});
    const kdc = await startKdc({ principals: [], services: [], folder: ${JSON.stringify(folder)} });
    console.log(kdc.port); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
      child.once('exit', () => reject(new Error('it did not start')));
    });
    expect(await answers(port)).toBe(true);
    child.kill('SIGKILL');
    const until = Date.now() + 10_000;
    while ((await answers(port)) && Date.now() < until) await delay(50);
    expect(await answers(port)).toBe(false);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});
