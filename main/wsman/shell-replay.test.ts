/**
 * Exchanges recorded against real Windows (fixtures/winrs), played by a server on loopback: our requests mean what the recorded ones meant,
 * and what comes of the recorded answers is what the recording client got.
 */
import { describe, expect, test } from 'vitest';
import { createClient } from './client.ts';
import { collectOutput } from './collect-output.ts';
import { readRequest } from './envelope.ts';
import { WSManFault } from './errors.ts';
import { loadFixture } from './fixtures/load.ts';
import { openShell, type Shell, type ShellOptions } from './shell.ts';
import { clearTarget, closing, SOAP } from './transport/loopback-client.ts';
import { reply, startServer } from './transport/loopback-server.ts';
import { parseXml, type XmlElement } from './xml.ts';

interface Recorded {
  readonly request: string;
  readonly status: number;
  readonly response: string;
}
const load = (name: string): Recorded[] => JSON.parse(loadFixture(`winrs/${name}.json`)) as Recorded[];

/** An element as nested values; the order of what has none (attributes, children of rsp:Shell) does not count. */
function meaningOf(element: XmlElement | null): unknown {
  if (element === null) return null;
  const attributes = element.attributes
    .map(({ local, value }) => `${local}=${value}`)
    // Absent and false are the same (xs:boolean with that default).
    .filter((text) => text.toLowerCase() !== 'end=false')
    .map((text) => (text.toLowerCase() === 'end=true' ? 'End=true' : text))
    .sort();
  const children = element.children.map(meaningOf);
  if (element.local === 'Shell') children.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return { name: `{${element.namespace}}${element.local}`, attributes, text: element.text.trim(), children };
}

/**
 * What a request asks for. Three things differ from the recording client on purpose and are left out: it names a SessionId, which nobody
 * needs; it closes a command with ctrl_c, where Windows' own clients send terminate; ours waits less long for closing.
 */
function requestMeaning(xml: string): unknown {
  const request = readRequest(parseXml(xml));
  const closes = /\/(?:Signal|Delete)$/.test(request.action ?? '');
  return {
    action: request.action,
    resourceUri: request.resourceUri,
    replyTo: request.replyTo,
    maxEnvelopeSize: request.maxEnvelopeSize,
    locale: request.locale,
    operationTimeoutMs: closes ? null : request.operationTimeoutMs,
    selectors: request.selectors,
    options: request.options.map(({ name, value, mustComply }) => [name, value?.toLowerCase(), mustComply]).sort(),
    body: meaningOf(
      request.body?.local === 'Signal'
        ? parseXml(xml.replace(/signal\/ctrl_c/, 'signal/terminate')).children[1]!.children[0]!
        : request.body,
    ),
  };
}

/** Plays a recording. `differences` gets one entry for each request that means something else. */
async function play(recorded: readonly Recorded[]) {
  const differences: unknown[] = [];
  let next = 0;
  const server = await startServer(({ socket, body }) => {
    const asked = body.toString('utf8');
    const turn = recorded[next++];
    if (turn === undefined) {
      differences.push(asked);
      socket.destroy();
      return;
    }
    const [expected, actual] = [requestMeaning(turn.request), requestMeaning(asked)];
    if (JSON.stringify(expected) !== JSON.stringify(actual)) differences.push({ expected, actual });
    const messageId = readRequest(parseXml(asked)).messageId!;
    const answer = turn.response.replace(/(<a:RelatesTo>)[^<]*/, (_, tag: string) => `${tag}${messageId}`);
    socket.write(reply(turn.status === 200 ? '200 OK' : `${turn.status} Error`, [`Content-Type: ${SOAP}`], answer));
  });
  closing.push(server.close);
  const client = createClient(clearTarget(server.port), { maxEnvelopeSize: 153_600 });
  closing.push(() => client.close());
  return { client, differences, played: () => next };
}

async function withShell<T>(name: string, options: ShellOptions, work: (shell: Shell) => Promise<T>): Promise<T> {
  const recorded = load(name);
  const { client, differences, played } = await play(recorded);
  const shell = await openShell(client, { timeoutMs: 20_000, ...options });
  const result = await work(shell);
  await shell.close();
  expect(differences).toEqual([]);
  expect(played()).toBe(recorded.length);
  return result;
}

describe('recorded exchanges', () => {
  test('standard: one command, its output, its end', async () => {
    const result = await withShell('standard', {}, async (shell) => {
      expect(shell.shellId).toBe('4283CBDC-3706-415B-88BD-B385F3E51A53');
      const running = await shell.run('cmd.exe', ['/c', 'echo', 'hi']);
      expect(running.commandId).toBe('CF84C20A-0A35-43FA-AF78-0B4711DA5F30');
      return collectOutput(running);
    });
    expect(result).toEqual({ exitCode: 0, stdout: 'hi\r\n', stderr: '' });
  });

  test('standard error and an exit code', async () => {
    const result = await withShell('stderr_rc', {}, async (shell) =>
      collectOutput(await shell.run('cmd.exe', ['/c echo out && echo err>&2 && exit 1'])),
    );
    expect(result).toEqual({ exitCode: 1, stdout: 'out \r\n', stderr: 'err \r\n' });
  });

  test('unicode: WINRS_CODEPAGE 65001', async () => {
    const result = await withShell('unicode', { codePage: 65001 }, async (shell) =>
      collectOutput(await shell.run('powershell.exe', ['Write-Host こんにちは'])),
    );
    expect(result).toEqual({ exitCode: 0, stdout: 'こんにちは\n', stderr: '' });
  });

  test('send: two pieces of standard input, the second the last', async () => {
    const result = await withShell('send', {}, async (shell) => {
      const running = await shell.run('powershell.exe', ['-']);
      await running.send(Buffer.from('Write-Host "output 1";'));
      await running.send(Buffer.from('Write-Host "output 2";'), { isLast: true });
      return collectOutput(running);
    });
    expect(result).toEqual({ exitCode: 0, stdout: 'output 1\noutput 2\n', stderr: '' });
  });

  test('time-out: a target that is silent for its OperationTimeout is asked again', async () => {
    const timeoutMs = 10_000;
    const result = await withShell('operation_timeout', { timeoutMs }, async (shell) =>
      collectOutput(await shell.run('powershell.exe', ['Write-Host hi; Start-Sleep 30; Write-Host hi again'])),
    );
    expect(result).toEqual({ exitCode: 0, stdout: 'hi\nhi again\n', stderr: '' });
  });

  test('environment: names and values of every character', async () => {
    const odd = '_-(){}[]<>*+-/\\?"!@#$^&|;:i,.`~0';
    const environment = [
      ['env1', 'var1'],
      ['1234', '5678'],
      [odd, odd],
    ] as const;
    const result = await withShell('environment', { environment }, async (shell) =>
      collectOutput(await shell.run('cmd.exe', ['/c', 'set'])),
    );
    expect(result.exitCode).toBe(0);
    const lines = result.stdout.split('\r\n');
    for (const [name, value] of environment) expect(lines).toContain(`${name}=${value}`);
  });

  test('without cmd.exe: a program that is not found is a fault, one with its path runs', async () => {
    const result = await withShell('no_cmd_shell', {}, async (shell) => {
      const skipCmdShell = true;
      const refused = await shell
        .run('powershell.exe', ['Write-Host', 'hi'], { skipCmdShell })
        .catch((e: unknown) => e);
      expect(refused).toBeInstanceOf(WSManFault);
      expect((refused as WSManFault).fields).toMatchObject({
        wsmanCode: 2147942402,
        provider: 'Shell cmd plugin',
        message: 'The system cannot find the file specified.',
      });
      const path = 'C:\\Windows\\system32\\WindowsPowerShell\\v1.0\\powershell.exe';
      return collectOutput(await shell.run(path, ['Write-Host', 'hi'], { skipCmdShell }));
    });
    expect(result).toEqual({ exitCode: 0, stdout: 'hi\n', stderr: '' });
  });

  test('bad command: the recorded answer to a Receive for a command that is not there', async () => {
    // The recording asks without any CommandId, which our client cannot; so only its answers are played, behind a Command of another one.
    const [create, receive, remove] = load('fail_poll_process') as [Recorded, Recorded, Recorded];
    const [, command, , signal] = load('standard') as [Recorded, Recorded, Recorded, Recorded];
    const { client, played } = await play([create, command, receive, signal, remove]);
    const shell = await openShell(client);
    const running = await shell.run('cmd.exe');
    const failure = await collectOutput(running).catch((e: unknown) => e);
    expect((failure as WSManFault).fields).toMatchObject({ wsmanCode: 87, subcode: 'InvalidParameter' });
    await expect(running.exitCode).rejects.toBe(failure);
    await shell.close();
    expect(played()).toBe(5);
  });
});
