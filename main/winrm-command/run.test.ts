/** What is decided before anything is sent: every test here fails if a client is made. */
import { createPrivateKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeCertificate } from '../wsman/auth/test-certificates.ts';
import {
  AuthenticationError,
  type AuthenticationReason,
  type ClientCertificate,
  parseXml,
  readClientCertificate,
  type Target,
} from '../wsman/index.ts';
import type { CommandEnvironment } from './run.ts';
import { runPrinted, type TestEnvironment } from './test-environment.ts';

const offline: TestEnvironment = {
  createClient: () => {
    throw new Error('A connection was about to be made.');
  },
  ask: async (question) => {
    throw new Error(`Somebody was asked: ${question}`);
  },
};

describe('refused before a password is asked and before anything is sent', () => {
  test.each([
    // Neither Kerberos, for want of a name, nor NTLM, for want of trust.
    ['winrm get winrm/config -r:192.0.2.7 -u:anna -a:negotiate', '0x803380E4', '-trusted'],
    ['winrm get winrm/config -r:192.0.2.7 -u:anna -un -a:negotiate', '0x803380E4', '-trusted'],
    ['winrm get winrm/config -r:192.0.2.7 -u:anna', '0x8033810B', 'name'],
    ['winrm get winrm/config -r:192.0.2.7 -a:kerberos', '0x8033810B', 'name'],
    ['winrm get winrm/config -r:bmc01 -a:digest -u:anna', '0x803380DE', '-unencrypted'],
    ['winrm get winrm/config -r:web01 -u:anna -a:basic', '0x803380DE', '-unencrypted'],
    ['winrm get winrm/config -r:localhost -u:anna -a:basic', '0x803380DE', '-unencrypted'],
    ['winrm id -r:http://192.0.2.7 -u:anna -a:negotiate', '0x803380E4', '-usessl'],
  ])('%s', async (line, number, way) => {
    const { exitCode, stdout, stderr } = await runPrinted(line, offline);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^WSManFault\n/);
    expect(stderr).toContain(number);
    expect(stderr.slice(stderr.indexOf('Advice: '))).toContain(way);
  });

  test('a line that cannot be read', async () => {
    expect(await runPrinted('winrm get winrm/config -un', offline)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'Error: -unencrypted needs -remote.\n',
    });
    expect(await runPrinted('frobnicate', offline)).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

describe('whom to sign in as', () => {
  test('-u without -p asks; without a terminal that is refused with the way out', async () => {
    const { exitCode, stderr } = await runPrinted('winrm get winrm/config -u:anna', {
      ...offline,
      ask: async () => null,
    });
    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      'Error: There is no terminal to ask for the password on. Hand it over on standard input with -p:-.\n',
    );
  });

  /** A machine that nobody can sign in to as the signed-in user; it keeps with whom it was tried, and ends with `far enough` for others. */
  function nobodyHere(reason: AuthenticationReason = 'no-ticket') {
    const targets: Target[] = [];
    const createClient = ((target: Target) => {
      targets.push(target);
      const end = async () => {
        if (target.signedInUser) throw new AuthenticationError('Nobody is signed in.', { reason });
        throw new Error('far enough');
      };
      return { get: end, identify: end, close: () => {} };
    }) as unknown as CommandEnvironment['createClient'];
    return { targets, createClient };
  }
  const asKeys = (targets: readonly Target[]) =>
    targets.map(({ authentication, userName, signedInUser }) => [authentication, userName, signedInUser ?? false]);

  test('without -u it is who is signed in here', async () => {
    const { targets, createClient } = nobodyHere();
    for (const line of [
      '-r:web01',
      '-r:web01 -usessl',
      '-r:web01 -usessl -a:negotiate -defaultCreds',
      '-r:web01 -a:kerberos',
    ]) {
      await runPrinted(`winrm get winrm/config ${line}`, { createClient });
    }
    expect(asKeys(targets)).toEqual([
      ['kerberos', null, true],
      ['kerberos', null, true],
      ['negotiate', null, true],
      ['kerberos', null, true],
    ]);
  });

  test('where nobody is, somebody is asked for, and hidden where it is the password', async () => {
    const { targets, createClient } = nobodyHere();
    const asked: [string, boolean][] = [];
    const { stderr } = await runPrinted('winrm get winrm/config -r:web01', {
      ask: async (question, hidden) => {
        asked.push([question, hidden]);
        return hidden ? 'S3cret-42' : ' CORP\\anna ';
      },
      createClient,
    });
    expect(asked).toEqual([
      ['User name for web01: ', false],
      ['Password for CORP\\anna: ', true],
    ]);
    expect(asKeys(targets)).toEqual([
      ['kerberos', null, true],
      ['kerberos', 'CORP\\anna', false],
    ]);
    expect(await targets[1]!.password()).toBe('S3cret-42');
    expect(stderr).toContain('far enough');
    expect(stderr).not.toContain('S3cret-42');
  });

  test('a user who is asked for may make NTLM allowed, as one who was named', async () => {
    const { targets, createClient } = nobodyHere();
    const ask = async (_question: string, hidden: boolean) => (hidden ? 'x' : 'anna');
    await runPrinted('winrm get winrm/config -r:web01 -trusted', { ask, createClient });
    await runPrinted('winrm get winrm/config -r:web01 -usessl', { ask, createClient });
    expect(asKeys(targets)).toEqual([
      ['kerberos', null, true],
      ['negotiate', 'anna', false],
      ['kerberos', null, true],
      ['negotiate', 'anna', false],
    ]);
  });

  test('without a terminal it ends with why nobody could sign in, and with the way out', async () => {
    const { exitCode, stderr } = await runPrinted('winrm get winrm/config -r:web01', nobodyHere());
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/kinit|-u:USER/);
  });

  test('a line that insists, and a failure that says more, are not tried otherwise', async () => {
    const insisting = nobodyHere();
    await runPrinted('winrm get winrm/config -r:web01 -a:kerberos', { ...offline, ...insisting });
    await runPrinted('winrm id -r:web01 -a:kerberos', { ...offline, ...insisting });
    expect(insisting.targets).toHaveLength(2);
    const refused = nobodyHere('spn-wrong-account');
    const { stderr } = await runPrinted('winrm get winrm/config -r:web01', { ...offline, ...refused });
    expect(stderr).not.toMatch(/Somebody was asked/);
    expect(refused.targets).toHaveLength(1);
  });

  test('a ticket that ends in the middle of an enumeration does not start it again as somebody else', async () => {
    const { targets, createClient } = nobodyHere();
    const item = parseXml('<x/>');
    const enumerating: CommandEnvironment['createClient'] = (target, options) => ({
      ...createClient(target, options),
      async *enumerate() {
        yield [item];
        throw new AuthenticationError('The ticket has expired.', { reason: 'no-ticket' });
      },
    });
    const result = await runPrinted('winrm e wmicimv2/Win32_Service -r:web01', {
      ...offline,
      createClient: enumerating,
    });
    expect(result).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('x') });
    expect(result.stderr).toMatch(/ticket/);
    expect(result.stderr).not.toMatch(/Somebody was asked/);
    expect(targets).toHaveLength(1);
  });

  test('an Identify that nobody can sign in for is asked without signing in', async () => {
    const { targets, createClient } = nobodyHere();
    await runPrinted('winrm id -r:web01', { ...offline, createClient });
    await runPrinted('winrm id -r:192.0.2.7', { ...offline, createClient });
    expect(asKeys(targets)).toEqual([
      ['kerberos', null, true],
      ['none', null, false],
      ['none', null, false],
    ]);
  });

  test('-SPNPort reaches the target', async () => {
    const { targets, createClient } = nobodyHere();
    await runPrinted('winrm id -r:web01 -a:kerberos -SPNPort', { createClient });
    expect(targets[0]!.spn).toEqual({ serviceClass: null, host: null, withPort: true });
  });

  test('-p:VALUE is warned of where others could see it, and nowhere else', async () => {
    const password: (string | null)[] = [];
    const environment: TestEnvironment = {
      ...offline,
      createClient: (target) => {
        void target.password().then((p) => password.push(p));
        throw new Error('far enough');
      },
    };
    const line = 'winrm id -r:localhost -u:anna -p:S3cret-42';
    const visible = await runPrinted(line, { ...environment, warnOfVisiblePassword: true });
    expect(visible.stderr).toMatch(/^Warning: a password in the command line can be seen by others/);
    const hidden = await runPrinted(line, environment);
    expect(hidden.stderr).not.toMatch(/Warning/);
    expect(visible.stderr + hidden.stderr).not.toContain('S3cret-42');
    expect(password).toEqual(['S3cret-42', 'S3cret-42']);
  });
});

describe('-certificate', () => {
  const line = 'winrm get winrm/config -r:web01 -usessl -c:alice.pem';
  const passphrase = 'Pass-phrase-4711';
  const { cert, key } = makeCertificate({ commonName: 'alice' });
  const sealedKey = createPrivateKey(key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase });
  const withFile = (content: string, more: TestEnvironment = {}) => {
    const shown: Promise<ClientCertificate | null>[] = [];
    const environment: TestEnvironment = {
      ...offline,
      readFile: async (path) => {
        if (path !== 'alice.pem') throw Object.assign(new Error('x'), { code: 'ENOENT' });
        return Buffer.from(content);
      },
      createClient: (target) => {
        expect([target.authentication, target.userName, target.signedInUser]).toEqual(['certificate', null, undefined]);
        shown.push(target.clientCertificate!());
        throw new Error('far enough');
      },
      ...more,
    };
    return { environment, shown };
  };

  test('a PEM file with the key in it', async () => {
    const { environment, shown } = withFile(`${key}\n${cert}`);
    expect((await runPrinted(line, environment)).stderr).toContain('far enough');
    expect(readClientCertificate((await shown[0])!).leaf.subject).toBe('CN=alice');
  });
  test('the passphrase is asked for, or read from standard input where there is no terminal', async () => {
    const asked: [string, boolean][] = [];
    const ask = async (question: string, hidden: boolean) => {
      asked.push([question, hidden]);
      return passphrase;
    };
    const typed = withFile(`${sealedKey}${cert}`, { ask });
    await runPrinted(line, typed.environment);
    expect(asked).toEqual([['Passphrase of alice.pem: ', true]]);
    expect(await typed.shown[0]).toMatchObject({ passphrase });
    const piped = withFile(`${sealedKey}${cert}`, { ask: async () => null, readPasswordLine: async () => passphrase });
    await runPrinted(line, piped.environment);
    expect(await piped.shown[0]).toMatchObject({ passphrase });
  });
  test('what cannot be used is said before anything is sent, without a secret', async () => {
    const wrong = withFile(`${sealedKey}${cert}`, { ask: async () => 'wr0ng-one' });
    const { exitCode, stderr } = await runPrinted(line, wrong.environment);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/passphrase .* is wrong/);
    expect(stderr).not.toContain('wr0ng-one');
    expect(wrong.shown).toEqual([]);
    const missing = await runPrinted(line.replace('alice', 'bob'), withFile('').environment);
    expect(missing.stderr).toBe('Error: The certificate file bob.pem cannot be read: there is no such file.\n');
    const plain = await runPrinted(line.replace('-usessl ', ''), withFile(`${key}${cert}`).environment);
    expect(plain.stderr).toMatch(/inside TLS/);
  });
});

describe('help', () => {
  test.each(['help', 'winrm -?', 'winrm help uris', 'winrm invoke -?', 'help exit-codes'])('%s', async (line) => {
    const { exitCode, stdout, stderr } = await runPrinted(line, offline);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.length).toBeGreaterThan(200);
    for (const row of stdout.split('\n')) expect(row.length, row).toBeLessThanOrEqual(90);
  });

  test('every topic that the help names is there, and others are refused', async () => {
    const { stdout } = await runPrinted('help', offline);
    const topics = /Topics: ([\s\S]*)$/.exec(stdout)![1]!.trim().split(/,\s+/);
    expect(topics.length).toBeGreaterThan(10);
    for (const topic of topics)
      expect(await runPrinted(`help ${topic}`, offline), topic).toMatchObject({ exitCode: 0 });
    expect(await runPrinted('winrm help nothing', offline)).toMatchObject({ exitCode: 1, stdout: '' });
  });

  test('version', async () => {
    expect(await runPrinted('--version', offline)).toEqual({ exitCode: 0, stdout: 'windeck 0.0.0-test\n', stderr: '' });
  });
});
