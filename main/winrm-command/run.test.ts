/** What is decided before anything is sent: every test here fails if a client is made. */
import { describe, expect, test } from 'vitest';
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
    ['winrm get winrm/config -r:web01 -u:anna', '0x803380E4', '-trusted'],
    ['winrm get winrm/config -r:192.0.2.7 -u:anna -un', '0x803380E4', '-trusted'],
    ['winrm get winrm/config -r:web01 -u:anna -a:basic', '0x803380DE', '-unencrypted'],
    ['winrm get winrm/config -r:localhost -u:anna -a:basic', '0x803380DE', '-unencrypted'],
    ['winrm id -r:http://web01 -u:anna', '0x803380E4', '-usessl'],
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

  test('without -u somebody has to be named', async () => {
    const questions: string[] = [];
    const ask = async (question: string): Promise<null> => {
      questions.push(question);
      return null;
    };
    const { exitCode, stderr } = await runPrinted('winrm get winrm/config', { ...offline, ask });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('0x803380E5');
    expect(stderr).toContain('-u:USER');
    expect(questions).toEqual(['User name for localhost: ']);
  });

  test('what is answered becomes the target, hidden where it is the password', async () => {
    const asked: [string, boolean][] = [];
    let signedInAs: string | null = null;
    const { stderr } = await runPrinted('winrm get winrm/config', {
      ask: async (question, hidden) => {
        asked.push([question, hidden]);
        return hidden ? 'S3cret-42' : ' CORP\\anna ';
      },
      createClient: (target) => {
        signedInAs = target.userName;
        throw new Error('far enough');
      },
    });
    expect(asked).toEqual([
      ['User name for localhost: ', false],
      ['Password for CORP\\anna: ', true],
    ]);
    expect(signedInAs).toBe('CORP\\anna');
    expect(stderr).toContain('far enough');
    expect(stderr).not.toContain('S3cret-42');
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
    expect(await runPrinted('winrm help proxy', offline)).toMatchObject({ exitCode: 1, stdout: '' });
  });

  test('version', async () => {
    expect(await runPrinted('--version', offline)).toEqual({ exitCode: 0, stdout: 'windeck 0.0.0-test\n', stderr: '' });
  });
});
