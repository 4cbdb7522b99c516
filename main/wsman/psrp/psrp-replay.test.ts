/**
 * Exchanges of PowerShell sessions recorded against real Windows (fixtures/psrp), played by a server on loopback: our requests mean what the
 * recorded ones meant, message by message, and what comes of the recorded answers is what Windows said.
 */
import { describe, expect, test } from 'vitest';
import { entryOf, propertyOf, textOf, toPlain } from './clixml-plain.ts';
import type { PsValue } from './clixml-types.ts';
import { listRunspacePools } from './disconnected-pools.ts';
import type { HostOutput } from './host-calls.ts';
import { readSecureString } from './host-values.ts';
import type { Pipeline, PipelineRecord } from './pipeline.ts';
import { psCommand } from './pipeline-messages.ts';
import { isPowerShell, type Player, play, recordedPipelines, type Said } from './psrp-player.ts';
import { connectRunspacePool, openRunspacePool, type PipelineOptions, type RunspacePool } from './runspace-pool.ts';

const size = { maxEnvelopeSize: 153_600 };

/** Everything was asked as recorded, message by message, and nothing else. */
function expectPlayed(player: Player, compare: (said: readonly Said[]) => unknown = (said) => said): void {
  expect(player.differences).toEqual([]);
  expect(player.wrongIds).toEqual([]);
  expect(player.left()).toBe(0);
  expect(compare(player.said.ours)).toEqual(compare(player.said.recorded));
}

async function collect(pipeline: Pipeline): Promise<PipelineRecord[]> {
  const records: PipelineRecord[] = [];
  for await (const record of pipeline.streams) records.push(record);
  return records;
}

const outputs = (records: readonly PipelineRecord[]): PsValue[] =>
  records.filter((record) => record.stream === 'output').map(({ value }) => value);

/** Opens a pool, runs one thing, closes: what most recordings do. */
async function runOne(name: string, what: Parameters<RunspacePool['run']>[0], options: PipelineOptions = {}) {
  const player = await play(name);
  const pool = await openRunspacePool(player.client, { ...size, host: options.host });
  const pipeline = await pool.run(what, options);
  const records = await collect(pipeline);
  const end = await pipeline.end;
  await pool.close();
  expect(player.terminated()).toBe(1);
  return { player, records, end };
}

/** What the recording client ran, run by ours. */
function runRecorded(name: string, options: PipelineOptions = {}) {
  const [{ statements, input } = { statements: [], input: undefined }] = recordedPipelines(name);
  return runOne(name, statements, { ...options, input });
}

describe('recorded sessions', () => {
  test('open_runspace: the handshake, and what the target says of itself', async () => {
    const player = await play('psrp_open_runspace');
    const pool = await openRunspacePool(player.client, size);
    expect(pool.state()).toBe('Opened');
    expect(pool.protocolVersion).toBe('2.3');
    const table = entryOf(pool.applicationPrivateData(), 'PSVersionTable');
    expect(textOf(entryOf(table, 'PSVersion'))).toBe('5.1.14393.2248');
    expect(entryOf(table, 'PSEdition')).toBe('Desktop');
    await pool.close();
    expect(pool.state()).toBe('Closed');
    expectPlayed(player);
    expect(player.said.ours.map(({ type }) => type)).toEqual(['SESSION_CAPABILITY', 'INIT_RUNSPACEPOOL']);
  });

  test('multiple_commands: many statements, a SecureString among their parameters', async () => {
    const [recorded] = recordedPipelines('psrp_multiple_commands');
    const player = await play('psrp_multiple_commands');
    const pool = await openRunspacePool(player.client, size);
    const secret = await pool.secureString('Hello World');
    // The recorded secret is encrypted with a key that nobody has any more; ours says the same.
    const statements = recorded!.statements.map((statement) =>
      statement.map((command) => ({
        ...command,
        parameters: command.parameters.map((p) => (isSecret(p.value) ? { ...p, value: secret } : p)),
      })),
    );
    const pipeline = await pool.run(statements);
    const records = await collect(pipeline);
    await pool.close();
    expect(await pipeline.end).toEqual({ state: 'Completed', error: null });
    const [plain, encrypted, unicode, quoted, user, number, service] = outputs(records);
    expect(plain).toBe('Hello World');
    expect(encrypted).toMatchObject({ clixml: 'SS' });
    expect(unicode).toBe('こんにちは - actual_x000A_string\nnewline: \ud801\udc37');
    expect([quoted, user, number]).toEqual(['hi"', 'win-nnmu24vvkj0\\vagrant', 123]);
    expect(textOf(propertyOf(service, 'DisplayName'))).toBe('Windows Remote Management (WS-Management)');
    // What it requires is the very list of what it depends on.
    expect(propertyOf(service, 'RequiredServices')).toBe(propertyOf(service, 'ServicesDependedOn'));
    expectPlayed(player, withoutSecrets);
    expect(readSecureString(secret, player.sessionKey)).toBe('Hello World');
  });

  test('with_input: objects in, the same objects out, debug records beside them', async () => {
    const { player, records, end } = await runRecorded('psrp_with_input');
    expect(end.state).toBe('Completed');
    expect(outputs(records).map(toPlain)).toEqual(['1', 2, { a: 'b' }, ['a', 'b']]);
    const debug = records.filter((record) => record.stream === 'debug');
    expect(debug.map((record) => record.message)).toEqual(['Start Block', 'End Block']);
    const progress = records.filter((record) => record.stream === 'progress');
    expect(progress.map((record) => record.progress.activity)).toEqual(['Preparing modules for first use.']);
    expectPlayed(player);
  });

  test('run_protocol_version_2.3: errors merged into output', async () => {
    const { player, records, end } = await runRecorded('psrp_run_protocol_version_2.3');
    expect(end.state).toBe('Completed');
    const [error, ...rest] = outputs(records);
    expect(textOf(error)).toBe('error');
    expect(rest.map(toPlain)).toEqual(['message 1', 2, ['3', 3]]);
    expectPlayed(player);
  });

  test('pshost_methods: a host without screen or keyboard, as the recording client had', async () => {
    const script = '$host.CurrentCulture; $host.SetShouldExit(1)';
    const { player, records } = await runOne('psrp_pshost_methods', script, { host: {} });
    expect(outputs(records).map((value) => textOf(propertyOf(value, 'Name')))).toEqual(['en-US']);
    expectPlayed(player);
  });

  test('pshost_methods: what the host is told arrives where somebody shows it', async () => {
    const shown: HostOutput[] = [];
    const host = { show: (output: HostOutput) => void shown.push(output) };
    await runRecorded('psrp_pshost_methods', { host });
    expect(shown).toEqual([{ kind: 'exit', exitCode: 1 }]);
  });

  test('small_msg_size: winrm/config says 32 KiB, so what is longer is split', async () => {
    const [recorded] = recordedPipelines('psrp_small_msg_size');
    const player = await play('psrp_small_msg_size');
    const pool = await openRunspacePool(player.client);
    const pipeline = await pool.run(recorded!.statements, { input: recorded!.input });
    const lengths = outputs(await collect(pipeline)).map((value) => (typeof value === 'string' ? value.length : value));
    await pool.close();
    expect((await pipeline.end).state).toBe('Completed');
    expect(lengths).toEqual([5, 20_000, 10_000]);
    expectPlayed(player);
  });

  test('long_running_cmdlet: silent for its OperationTimeout, asked again', async () => {
    const player = await play('psrp_long_running_cmdlet');
    const pool = await openRunspacePool(player.client, { ...size, timeoutMs: 5_000 });
    const pipeline = await pool.run([
      [psCommand('Start-Sleep', { parameters: [{ name: 'Seconds', value: 10 }] })],
      [psCommand('echo hi', { isScript: true })],
    ]);
    expect(outputs(await collect(pipeline))).toEqual(['hi']);
    await pool.close();
    expectPlayed(player);
  });

  test('error_failed: an error that ends the pipeline', async () => {
    const script = "$ErrorActionPreference = 'Stop'; Write-Output before; Write-Error error; Write-Output after";
    const { player, records, end } = await runOne('psrp_error_failed', script);
    expect(outputs(records)).toEqual(['before']);
    expect(end).toMatchObject({
      state: 'Failed',
      error: { message: 'error', exceptionType: 'Microsoft.PowerShell.Commands.WriteErrorException' },
    });
    expectPlayed(player);
  });

  test('client_execute_ps: a pipe into Out-String', async () => {
    const { player, records } = await runRecorded('client_execute_ps');
    expect(outputs(records).join('\n')).toMatch(/winrm[\s\S]*Running/);
    expectPlayed(player);
  });

  test('client_copy_file: two sessions, each with a script longer than its envelope is cheap, and bytes as input', async () => {
    const player = await play('client_copy_file', isPowerShell);
    const copied: PsValue[] = [];
    for (const { statements, input } of recordedPipelines('client_copy_file')) {
      const pool = await openRunspacePool(player.client, size);
      const pipeline = await pool.run(statements, { input });
      copied.push(...outputs(await collect(pipeline)));
      await pool.close();
    }
    expect(copied).toHaveLength(2);
    expect(copied[0]).toBe('C:\\Users\\vagrant-domain\\Documents\\test_file');
    expectPlayed(player);
  });

  test('is_alive_invalid_selectors: a session that its idle time-out has ended', async () => {
    const player = await play('psrp_is_alive_invalid_selectors');
    const pool = await openRunspacePool(player.client, { ...size, idleTimeoutMs: 60_000 });
    expect(await pool.status()).toMatchObject({
      shellId: pool.id,
      state: 'Connected',
      idleTimeoutMs: 60_000,
      memoryBytes: 58 * 1024 ** 2,
    });
    expect(await pool.status()).toBeNull();
    expectPlayed(player);
  });

  test('disconnect_runspaces: left, taken up, left again, listed, and connected to by another client', async () => {
    const player = await play('psrp_disconnect_runspaces');
    const first = await openRunspacePool(player.client, size);
    await first.disconnect();
    expect(first.state()).toBe('Disconnected');
    await first.reconnect();
    expect(first.state()).toBe('Opened');
    await first.disconnect();
    const second = await openRunspacePool(player.client, size);
    await second.disconnect();
    const listed = await listRunspacePools(player.client);
    expect(listed).toMatchObject([
      { shellId: first.id, state: 'Disconnected', owner: 'WIN-NNMU24VVKJ0\\vagrant', pipelines: [] },
      { shellId: second.id, state: 'Disconnected', processId: 4060, pipelines: [] },
    ]);
    first.leave();
    second.leave();
    const connected: RunspacePool[] = [];
    for (const { shellId } of listed) connected.push(await connectRunspacePool(player.client, shellId, size));
    expect(connected.map((pool) => pool.state())).toEqual(['Opened', 'Opened']);
    for (const pool of connected) await pool.close();
    expectPlayed(player);
  });
});

function isSecret(value: PsValue): boolean {
  return typeof value === 'object' && value !== null && 'clixml' in value && value.clixml === 'SS';
}

/** Keys are made up anew each time, and with them all that is encrypted: their length is compared. */
function withoutSecrets(said: readonly Said[]): unknown {
  const text = JSON.stringify(said, (key, value: unknown) =>
    key === 'value' && isSecret(value as PsValue)
      ? { clixml: 'SS', length: (value as { value: string }).value.length }
      : value,
  );
  return JSON.parse(text.replace(/BgIAAACkAABSU0Ex[A-Za-z0-9+/=]*/, (key) => `key of ${key.length}`)) as unknown;
}
