/** The end of a process that has asked a KDC which never answers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

/** Shorter than the library's own patience, which is 20 s and more. */
const limitMs = 15_000;

test('does not wait for the library, says what it has to say, and keeps its exit code', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'windeck-silent-kdc-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const kdc = createServer(() => {}).listen(0, '127.0.0.1');
  await once(kdc, 'listening');
  onTestFinished(() => void kdc.close());
  const { port } = kdc.address() as { port: number };
  const config = join(folder, 'krb5.conf');
  writeFileSync(
    config,
    `[libdefaults]\ndefault_realm = SILENT.TEST\nudp_preference_limit = 1\ndns_lookup_kdc = false\n[realms]\nSILENT.TEST = {\n kdc = 127.0.0.1:${port}\n}\n`,
  );
  const provider = JSON.stringify(new URL('./provider.ts', import.meta.url).href);
  const script = `
    const { createKerberosInitiator } = await import(${provider});
    const signIn = { kind: 'password', userName: 'alice@SILENT.TEST', password: 'none' };
    const context = await createKerberosInitiator({ signIn, spn: 'HTTP/x', delegate: false, channelBinding: null, limitMs: 300 });
    await context.step(null).catch((error) => process.stdout.write(error.reason));
    process.exit(3);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: process.env['PATH'], KRB5_CONFIG: config, KRB5CCNAME: `FILE:${join(folder, 'none')}` },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const [code, signal] = await once(child, 'close');
  expect({ code, signal, said }).toEqual({ code: 3, signal: null, said: 'no-kdc' });
}, 30_000);
