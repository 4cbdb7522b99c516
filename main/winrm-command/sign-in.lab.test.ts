/** Ways to sign in that need nothing but the lab: client certificates and Digest, on real sockets. Kerberos: sign-in.peer.test.ts. */
import { createPrivateKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';
import { type Printed, runPrinted, type TestEnvironment } from './test-environment.ts';

describe('-certificate', () => {
  let lab: Lab;
  let machine: LabMachine;
  let files: ReadonlyMap<string, Uint8Array>;
  beforeAll(async () => {
    // The certificate is asked for by renegotiation, as Windows does.
    lab = await startLab({ machines: 1, https: true, auth: 'certificate', renegotiate: true });
    machine = lab.machines[0]!;
    const { certificatePem, keyPem, pfx, passphrase } = lab.clientCertificate!;
    const sealedKey = createPrivateKey(keyPem).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase,
    });
    files = new Map<string, Uint8Array>([
      ['alice.pem', Buffer.from(`${keyPem}${certificatePem}`)],
      ['sealed.pem', Buffer.from(`${certificatePem}${sealedKey}`)],
      ['alice.pfx', Buffer.from(pfx, 'base64')],
      ['stranger.pfx', Buffer.from(lab.unmappedClientCertificate!.pfx, 'base64')],
    ]);
  });
  afterAll(() => lab?.close());

  const run = (file: string, more: string, environment: TestEnvironment = {}): Promise<Printed> =>
    runPrinted(
      `winrm get wmicimv2/Win32_Service?Name=WinRM -r:${machine.address}:${machine.port} -usessl -c:${file} ${more}`,
      {
        readFile: async (path) => files.get(path)!,
        readPasswordLine: async () => lab.clientCertificate!.passphrase,
        ...environment,
      },
    );

  test.each(['alice.pem', 'sealed.pem', 'alice.pfx'])('%s signs in', async (file) => {
    const { exitCode, stdout, stderr } = await run(file, '-skipCAcheck');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^Win32_Service\n[\s\S]*\n {4}State = Running\n/);
  });
  test('a certificate that the machine maps to nobody', async () => {
    const passphrase = lab.unmappedClientCertificate!.passphrase;
    const { exitCode, stdout, stderr } = await run('stranger.pfx', '-skipCAcheck', { ask: async () => passphrase });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/certificate/);
    expect(stderr).not.toContain(passphrase);
  });
  test('nothing is shown to a machine whose own certificate is not trusted', async () => {
    const before = (await lab.statistics(machine.name)).requests;
    const { exitCode, stderr } = await run('alice.pem', '');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('0x80072F8F');
    expect((await lab.statistics(machine.name)).requests).toEqual(before);
  });
});

describe('-auth:digest', () => {
  let lab: Lab;
  let controller: LabMachine;
  beforeAll(async () => {
    lab = await startLab({ machines: 1, controllers: 1 });
    controller = lab.machines[0]!;
  });
  afterAll(() => lab?.close());
  const identify = (password: string, more = ''): Promise<Printed> =>
    runPrinted(
      `winrm id -r:${controller.address}:${controller.port} -a:digest -u:${controller.user} -p:"${password}"${more}`,
    );

  test('a management controller, over plain HTTP where that is allowed', async () => {
    const { exitCode, stdout, stderr } = await identify(controller.password, ' -un');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^IdentifyResponse\n/);
    expect(await identify(controller.password)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('0x803380DE'),
    });
  });
  test('a wrong password is one attempt', async () => {
    const attempts = async (): Promise<number> =>
      Object.values(Object.values(await lab.attempts())[0] ?? {}).reduce((sum, count) => sum + count, 0);
    const before = await attempts();
    const { exitCode, stderr } = await identify('wr0ng-one', ' -un');
    expect(exitCode).toBe(1);
    expect(stderr).not.toContain('wr0ng-one');
    expect(await attempts()).toBe(before + 1);
  });
});
