/** Sessions of PowerShell against the lab, over sealed sessions on real sockets. */
import { afterEach, describe, expect, test } from 'vitest';
import { CancelledError, WSManFault } from '../errors.ts';
import { shellActions } from '../shell-messages.ts';
import { toPlain } from './clixml-plain.ts';
import type { PsValue } from './clixml-types.ts';
import type { HostOutput, PsHost } from './host-calls.ts';
import type { HostWindow } from './host-messages.ts';
import { psCommand } from './pipeline-messages.ts';
import { PowerShellUnavailableError } from './psrp-errors.ts';
import {
  clientOf,
  collect,
  first,
  lab,
  machine,
  old,
  open,
  outputOf,
  outputs,
  requests,
  shellCount,
} from './psrp-lab.test-suite.ts';

describe('a pool', () => {
  test('opens, runs, says what it is, and is gone when it is closed', async () => {
    const states: string[] = [];
    const pool = await open({ name: 'Test', onState: (state) => states.push(state) });
    expect(pool.protocolVersion).toBe('2.3');
    expect(toPlain(pool.applicationPrivateData())).toMatchObject({ PSVersionTable: { PSEdition: 'Desktop' } });
    expect(await pool.status()).toMatchObject({ shellId: pool.id, state: 'Connected' });
    expect(await outputOf(pool, '"a"; 5')).toEqual(['a', 5]);
    await pool.close();
    expect(await pool.status()).toBeNull();
    expect(states).toEqual(['Opening', 'NegotiationSent', 'Opened', 'Closing', 'Closed']);
    await expect(pool.run('"late"')).rejects.toThrow(CancelledError);
  });

  test('of Windows Server 2008 R2: protocol 2.1, ids of its own, no Disconnect', async () => {
    const pool = await open({}, clientOf(old));
    expect(pool.protocolVersion).toBe('2.1');
    expect(await outputOf(pool, '"old"')).toEqual(['old']);
    await expect(pool.disconnect()).rejects.toThrow(WSManFault);
    expect(pool.state()).toBe('Opened');
    expect(await outputOf(pool, '"still"')).toEqual(['still']);
  });

  test('is not to be had where there is no PowerShell, or no such configuration', async () => {
    await expect(open({ maxEnvelopeSize: 153_600 }, clientOf(first))).rejects.toThrow(PowerShellUnavailableError);
    const failure = await open({ configurationName: 'Nobody.Has' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PowerShellUnavailableError);
    expect((failure as PowerShellUnavailableError).message).toContain('Nobody.Has');
  });

  test('of a restricted configuration takes its commands, and no script', async () => {
    const pool = await open({ configurationName: 'Windeck.Restricted' });
    const parameters = [{ name: 'Name', value: 'Spooler' }];
    const pipeline = await pool.run([psCommand('Get-Service', { parameters })]);
    expect(outputs(await collect(pipeline)).map(toPlain)).toMatchObject([{ Name: 'Spooler' }]);
    const refused = await pool.run('Get-Process');
    const records = await collect(refused);
    expect((await refused.end).state === 'Failed' || records.some(({ stream }) => stream === 'error')).toBe(true);
  });

  test('changes the number of its runspaces, and tells how many are free', async () => {
    const pool = await open({ maxRunspaces: 2 });
    expect(await pool.availableRunspaces()).toBe(2);
    expect(await pool.setMaxRunspaces(3)).toBe(true);
    expect(await pool.setMinRunspaces(9)).toBe(false);
    expect(await pool.availableRunspaces()).toBe(3);
    // Of several runspaces none can be meant.
    expect(await pool.resetRunspaceState()).toBe(false);
    expect(await pool.setMaxRunspaces(1)).toBe(true);
    expect(await pool.resetRunspaceState()).toBe(true);
  });

  test('opened and cancelled leaves nothing behind', async () => {
    await lab.misbehave(machine.name, { kind: 'latency', milliseconds: 300, action: 'Receive' });
    const abort = new AbortController();
    const opening = open({ signal: abort.signal, maxEnvelopeSize: 153_600 });
    const isCreated = async (): Promise<boolean> => (await shellCount(machine)) === 1;
    await expect.poll(isCreated, { timeout: 10_000 }).toBe(true);
    abort.abort();
    await expect(opening).rejects.toThrow(CancelledError);
    expect(await shellCount(machine)).toBe(0);
  });

  test('that the target ends is lost, and so is what reads from it', async () => {
    const pool = await open();
    const pipeline = await pool.run('Invoke-LabScenario silent');
    const reading = collect(pipeline).catch((error: unknown) => error);
    const client = clientOf();
    await client.delete({ resourceUri: pool.resourceUri, selectors: [['ShellId', pool.id]] });
    expect(await reading).toBeInstanceOf(Error);
    await expect.poll(() => pool.state(), { timeout: 10_000 }).toBe('Broken');
    await expect(pool.run('"x"')).rejects.toThrow();
  });
});

describe('a pipeline', () => {
  test('has every stream, in order', async () => {
    const pool = await open();
    const pipeline = await pool.run('Invoke-LabScenario streams');
    const records = await collect(pipeline);
    expect(records.map(({ stream }) => stream)).toEqual([
      'output',
      'verbose',
      'debug',
      'warning',
      'information',
      'progress',
      'progress',
      'error',
      'output',
    ]);
    const [, verbose, , , information, progress, , error] = records;
    expect(verbose).toMatchObject({ message: 'verbose' });
    expect(information).toMatchObject({ information: { message: 'information', tags: ['Lab', 'Demo'] } });
    expect(progress).toMatchObject({ progress: { activity: 'Working', percentComplete: 50 } });
    expect(error).toMatchObject({ error: { message: 'error' } });
    expect((await pipeline.end).state).toBe('Completed');
  });

  test('ends as failed with the error that ended it', async () => {
    const pool = await open();
    const pipeline = await pool.run('Invoke-LabScenario terminating; "never"');
    expect(outputs(await collect(pipeline))).toEqual(['before']);
    expect(await pipeline.end).toMatchObject({ state: 'Failed', error: { message: 'The disk is full.' } });
    expect(pipeline.state()).toBe('Failed');
  });

  test('takes input as it comes, and as it is there', async () => {
    const pool = await open();
    const sync = await pool.run('Invoke-LabScenario input', { input: ['one', 2, 3n] });
    expect(outputs(await collect(sync))).toEqual(['string: one', 'number: 2', 'bigint: 3', '3 objects']);
    async function* slow(): AsyncGenerator<PsValue> {
      yield 'x'.repeat(100_000);
      await pool.status();
      yield 'second';
    }
    const later = outputs(await collect(await pool.run('Invoke-LabScenario input', { input: slow() })));
    expect(later.map((line) => String(line).length)).toEqual([100_008, 14, 9]);
  });

  test('runs beside others in one pool', async () => {
    const pool = await open({ maxRunspaces: 3 });
    const runs = await Promise.all([1, 2, 3].map((n) => pool.run(`Start-Sleep -Milliseconds 100; "${n}"`)));
    expect((await Promise.all(runs.map(collect))).map(outputs)).toEqual([['1'], ['2'], ['3']]);
  });

  test('is stopped, with what it said until then, and the pool goes on', async () => {
    const pool = await open();
    for (const script of ['"running"; Start-Sleep 600', 'Invoke-LabScenario slow-stop -Seconds 1']) {
      const pipeline = await pool.run(script);
      const said: PsValue[] = [];
      for await (const record of pipeline.streams) {
        if (record.stream === 'output') said.push(record.value);
        await pipeline.stop();
      }
      expect(said).toEqual(['running']);
      expect((await pipeline.end).state).toBe('Stopped');
      expect(await outputOf(pool, '"next"')).toEqual(['next']);
    }
  });

  test('ends with its signal, and when nobody reads on', async () => {
    const pool = await open();
    const abort = new AbortController();
    const pipeline = await pool.run('"a"; Start-Sleep 600', { signal: abort.signal });
    const reading = (async () => {
      for await (const record of pipeline.streams) if (record.stream === 'output') abort.abort();
    })();
    await expect(reading).rejects.toThrow(CancelledError);
    await expect(pipeline.end).rejects.toThrow(CancelledError);
    const left = await pool.run('"b"; Start-Sleep 600');
    for await (const record of left.streams) if (record.stream === 'output') break;
    await expect(left.end).rejects.toThrow(/left before its end/);
    expect(await outputOf(pool, '"after both"')).toEqual(['after both']);
  });

  test('is not received from while nobody reads, however much there is', async () => {
    const pool = await open();
    const before = await requests(shellActions.receive);
    const pipeline = await pool.run('Invoke-LabScenario flood -Count 1000000000 -Size 1000');
    let read = 0;
    for await (const record of pipeline.streams) {
      expect(record.stream).toBe('output');
      if (++read < 5) continue;
      const seen = await requests(shellActions.receive);
      // Others may ask meanwhile; this one does not.
      for (let i = 0; i < 5; i++) await pool.availableRunspaces();
      const poolReceives = 5;
      expect((await requests(shellActions.receive)) - seen).toBeLessThanOrEqual(poolReceives);
      expect(seen - before).toBeLessThanOrEqual(3);
      break;
    }
    expect(read).toBe(5);
  });

  test('of many lines comes whole and in order; one larger than an envelope in pieces', async () => {
    const pool = await open();
    let lines = 0;
    for await (const record of (await pool.run('Invoke-LabScenario flood -Count 20000')).streams) {
      if (record.stream === 'output') expect(Number(String(record.value).slice(0, 8))).toBe(++lines);
    }
    expect(lines).toBe(20_000);
    const [large] = await outputOf(pool, 'Invoke-LabScenario flood -Count 1 -Size 1000000');
    expect(String(large)).toHaveLength(1_000_000);
  });

  test('is forgotten when it has ended, so that the quota of commands is never reached', async () => {
    const pool = await open();
    const terminated = await requests(shellActions.signal);
    for (let n = 0; n < 40; n++) expect(await outputOf(pool, `${n}`)).toEqual([n]);
    await expect.poll(async () => (await requests(shellActions.signal)) - terminated, { timeout: 10_000 }).toBe(40);
  });

  test('as text: PowerShell on the target makes the lines', async () => {
    const pool = await open();
    const pipeline = await pool.run('Get-Service Spooler', { format: { text: { width: 80 } } });
    expect(outputs(await collect(pipeline)).join('\n')).toMatch(/Status[\s\S]*Running[\s\S]*Spooler/);
  });
});

describe('a host', () => {
  const window: HostWindow = {
    foregroundColor: 7,
    backgroundColor: 0,
    cursorPosition: { x: 0, y: 0 },
    windowPosition: { x: 0, y: 0 },
    cursorSize: 25,
    bufferSize: { width: 120, height: 3000 },
    windowSize: { width: 120, height: 40 },
    maxWindowSize: { width: 120, height: 60 },
    maxPhysicalWindowSize: { width: 240, height: 60 },
    windowTitle: 'Windeck',
  };
  const shown: HostOutput[] = [];
  const textOfShown = (): string => shown.map((output) => ('text' in output ? output.text : '')).join('');
  afterEach(() => shown.splice(0));
  const host: PsHost = {
    name: 'Windeck test',
    window,
    show: (output) => void shown.push(output),
    readLine: async () => 'a line',
    readSecret: async () => 'four',
    promptForChoice: async ({ choices, defaults }) => {
      expect(choices.map(({ label }) => label)).toEqual(['&Yes', '&No', '&Later']);
      expect(defaults).toEqual([1]);
      return 2;
    },
    promptForChoices: async ({ defaults }) => [...defaults, 2],
    prompt: async ({ fields }) =>
      new Map(
        fields.map(({ name }) => [
          name,
          name === 'Pin'
            ? ({ kind: 'secret', text: '12345' } as const)
            : ({ kind: 'value', value: name === 'Count' ? 3 : 'Ann' } as const),
        ]),
      ),
    promptForCredential: async ({ userName }) => ({ userName: userName.replace('svc-copy', 'x'), password: 'hush' }),
    readKey: async () => ({ virtualKeyCode: 65, character: 'a', controlKeyState: 0, keyDown: true }),
  };

  test('answers everything a script asks, secrets encrypted', async () => {
    const pool = await open({ host });
    expect(await outputOf(pool, 'Invoke-LabScenario ask')).toEqual([
      'line: a line',
      'secret of 4 characters',
      'choice: 2',
      'choices: 0,2',
      'fields: Ann, 3, 5 characters',
      'credential: CORP\\x, 4 characters',
    ]);
    expect(await outputOf(pool, 'Invoke-LabScenario key')).toEqual(['key: a']);
  });

  test('shows text in colours, lines of every kind, progress, an empty screen, a title, an end', async () => {
    const pool = await open({ host });
    await outputOf(pool, 'Write-Host plain; Write-Host green -ForegroundColor Green -NoNewline');
    expect(shown).toEqual([
      { kind: 'text', text: 'plain\n', foregroundColor: null, backgroundColor: null },
      { kind: 'text', text: 'green', foregroundColor: 10, backgroundColor: 0 },
    ]);
    shown.splice(0);
    await outputOf(pool, 'Invoke-LabScenario clear');
    expect(shown.map(({ kind }) => kind)).toEqual(['text', 'text', 'text', 'text', 'text', 'clear', 'text']);
    expect(await outputOf(pool, 'Invoke-LabScenario window')).toEqual([
      'window 120x40, buffer 120x3000, most 120x60',
      'title: Windeck',
      'colours 7 on 0',
      'host: Windeck test, en-US',
    ]);
    expect(shown.at(-1)).toEqual({ kind: 'title', text: 'Lab scenario' });
    await outputOf(pool, 'Invoke-LabScenario exit');
    expect(shown.at(-1)).toEqual({ kind: 'exit', exitCode: 3 });
  });

  test('gets what Out-Default prints: objects as text, errors as error lines', async () => {
    const pool = await open({ host });
    const records = await collect(await pool.run('Get-Service Spooler; Get-Nothing', { format: 'console' }));
    expect(records.filter(({ stream }) => stream === 'output')).toEqual([]);
    expect(textOfShown()).toMatch(/Status[\s\S]*Running[\s\S]*Spooler/);
    expect(shown.some(({ kind }) => kind === 'error') || records.some(({ stream }) => stream === 'error')).toBe(true);
  });

  test('that is not there makes questions fail, and the script goes on', async () => {
    const pool = await open();
    const records = await collect(await pool.run('Read-Host "Name"; "after"'));
    expect(records.map(({ stream }) => stream)).toEqual(['error', 'output']);
  });

  test('that cannot do what it is asked says so to the script', async () => {
    const pool = await open({ host: { window, show: () => {} } });
    const records = await collect(await pool.run('Read-Host -AsSecureString; "after"'));
    const error = records.find((record) => record.stream === 'error');
    expect(error?.error.message).toMatch(/Nobody is there|prompt|answer/i);
    expect(outputs(records)).toEqual(['after']);
  });

  test('is not asked any longer when its pipeline is cancelled', async () => {
    const asked = Promise.withResolvers<AbortSignal>();
    const pool = await open({
      host: {
        show: () => {},
        readLine: (signal) => {
          asked.resolve(signal);
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('gone'))));
        },
      },
    });
    const abort = new AbortController();
    const pipeline = await pool.run('Invoke-LabScenario ask', { signal: abort.signal });
    const reading = collect(pipeline);
    const signal = await asked.promise;
    abort.abort();
    await expect(reading).rejects.toThrow(CancelledError);
    expect(signal.aborted).toBe(true);
    expect(await outputOf(pool, '"after"')).toEqual(['after']);
  });

  test('is not asked any longer when its pipeline was stopped, whether it minds or not', async () => {
    const asked = Promise.withResolvers<void>();
    const readLine = (): Promise<string> => {
      asked.resolve();
      return new Promise(() => {});
    };
    const pool = await open({ host: { show: () => {}, readLine } });
    const pipeline = await pool.run('Invoke-LabScenario ask');
    const reading = collect(pipeline);
    await asked.promise;
    await pipeline.stop();
    expect(outputs(await reading)).toEqual([]);
    expect((await pipeline.end).state).toBe('Stopped');
    expect(await outputOf(pool, '"after"')).toEqual(['after']);
  });
});
