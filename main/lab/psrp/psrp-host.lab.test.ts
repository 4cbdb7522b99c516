/** What the lab's PowerShell asks of the host, and tells it (MS-PSRP 2.2.3.17), with the exchange of keys. Requests by hand. */
import {
  createCipheriv,
  createDecipheriv,
  constants as crypto,
  generateKeyPairSync,
  privateDecrypt,
} from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { itemsOf, numberOf, propertyOf, textOf } from '../../wsman/psrp/clixml-plain.ts';
import { readErrorRecord, readInformationRecord } from '../../wsman/psrp/clixml-records.ts';
import type { PsValue } from '../../wsman/psrp/clixml-types.ts';
import { type Lab, type LabMachine, startLab } from '../start-lab.ts';
import {
  createPipeline,
  fragmentOf,
  openTestPool,
  outputOf,
  type PoolOptions,
  shellNamespace,
  signal,
  type TestPool,
} from './psrp-test-client.ts';

let lab: Lab;
let machine: LabMachine;
const pools: TestPool[] = [];

beforeAll(async () => {
  lab = await startLab({ machines: 1, pendingMs: 50, stacks: ['3.0'] });
  machine = lab.machines[0]!;
});
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});
afterAll(() => lab?.close());

async function open(options: PoolOptions = {}): Promise<TestPool> {
  const pool = await openTestPool(machine, options);
  pools.push(pool);
  await pool.receiveUntil('00021005');
  return pool;
}
const types = (messages: readonly { readonly type: string }[]): string[] => messages.map(({ type }) => type);
const terminate = `${shellNamespace}/signal/terminate`;

/** PUBLIC_KEY and ENCRYPTED_SESSION_KEY by hand (MS-PSRP 2.2.2.3, 2.2.2.4): the AES key. */
async function exchangeKeys(pool: TestPool): Promise<Buffer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const modulus = Buffer.from(publicKey.export({ format: 'jwk' }).n!, 'base64url');
  const blob = Buffer.concat([Buffer.from('0602000000a40000525341310008000001000100', 'hex'), modulus.reverse()]);
  await pool.send('00010005', `<Obj RefId="0"><MS><S N="PublicKey">${blob.toString('base64')}</S></MS></Obj>`);
  const answer = (await pool.receiveUntil('00010006')).find(({ type }) => type === '00010006')!;
  const encrypted = Buffer.from(textOf(propertyOf(answer.value, 'EncryptedSessionKey'))!, 'base64');
  expect(encrypted.subarray(0, 12).toString('hex')).toBe('010200001066000000a40000');
  const key = privateDecrypt(
    { key: privateKey, padding: crypto.RSA_PKCS1_PADDING },
    Buffer.from(encrypted.subarray(12)).reverse(),
  );
  expect(() => createDecipheriv('aes-256-cbc', key, Buffer.alloc(16))).not.toThrow();
  return key;
}

describe('the host', () => {
  /** Answers host calls with what is given by method, until the pipeline is done. */
  async function talk(pool: TestPool, script: string, answers: Readonly<Record<string, string>>) {
    const id = await pool.start(createPipeline(script));
    const calls: { method: string; parameters: readonly PsValue[] }[] = [];
    const output: PsValue[] = [];
    for (let isDone = false; !isDone; ) {
      const received = await pool.receive(id);
      isDone = received.isDone;
      for (const { type, value } of received.messages) {
        if (type === '00041004') output.push(value);
        if (type !== '00041100') continue;
        const method = textOf(propertyOf(value, 'mi'))!;
        calls.push({ method, parameters: itemsOf(propertyOf(value, 'mp'))! });
        const answer = answers[method];
        const callId = propertyOf(value, 'ci') as bigint;
        expect(answer === undefined ? -100n : callId).toBe(callId);
        if (answer === undefined) continue;
        await pool.send(
          '00041101',
          `<Obj RefId="0"><MS><I64 N="ci">${callId}</I64><Obj N="mi" RefId="1"><ToString>${method}</ToString><I32>${numberOf(propertyOf(value, 'mi'))}</I32></Obj>${answer}</MS></Obj>`,
          id,
          'pr',
        );
      }
    }
    await signal(pool, id, terminate);
    return { calls, output };
  }

  test('may answer by the shell, in a message that names the pipeline', async () => {
    const pool = await open({ hasHost: true });
    const id = await pool.start(createPipeline('Read-Host'));
    const call = (await pool.receiveUntil('00041100', id)).at(-1)!;
    const packet = (pipelineId: string, answer: string): string =>
      fragmentOf(
        90,
        '00041101',
        pool.shellId,
        pipelineId,
        `<Obj RefId="0"><MS><I64 N="ci">${propertyOf(call.value, 'ci')}</I64><Obj N="mi" RefId="1"><ToString>ReadLine</ToString><I32>11</I32></Obj><S N="mr">${answer}</S></MS></Obj>`,
      ).toString('base64');
    const sendToShell = (data: string) =>
      pool.ask('Send', `<rsp:Send xmlns:rsp="${shellNamespace}"><rsp:Stream Name="pr">${data}</rsp:Stream></rsp:Send>`);
    expect((await sendToShell(packet('00000000-1111-2222-3333-444444444444', 'to nobody'))).status).toBe(200);
    expect((await sendToShell(packet(id, 'a line'))).status).toBe(200);
    expect(outputOf(await pool.receiveAll(id))).toEqual(['a line']);
    await signal(pool, id, terminate);
  });

  test('is asked for lines, choices, fields, credentials and secrets', async () => {
    const pool = await open({ hasHost: true });
    const key = await exchangeKeys(pool);
    const secret = (text: string): string => {
      const cipher = createCipheriv('aes-256-cbc', key, Buffer.alloc(16));
      return Buffer.concat([cipher.update(Buffer.from(text, 'utf16le')), cipher.final()]).toString('base64');
    };
    const { calls, output } = await talk(pool, 'Invoke-LabScenario ask', {
      ReadLine: '<S N="mr">a line</S>',
      ReadLineAsSecureString: `<SS N="mr">${secret('four')}</SS>`,
      PromptForChoice: '<I32 N="mr">2</I32>',
      PromptForChoiceMultipleSelection: '<Obj N="mr" RefId="2"><LST><I32>0</I32><I32>2</I32></LST></Obj>',
      Prompt: `<Obj N="mr" RefId="2"><DCT><En><S N="Key">Name</S><S N="Value">Ann</S></En><En><S N="Key">Count</S><I32 N="Value">3</I32></En><En><S N="Key">Pin</S><SS N="Value">${secret('12345')}</SS></En></DCT></Obj>`,
      PromptForCredential2: `<Obj N="mr" RefId="2"><TN RefId="0"><T>System.Management.Automation.PSCredential</T></TN><Props><S N="UserName">CORP\\x</S><SS N="Password">${secret('hush')}</SS></Props></Obj>`,
    });
    expect(calls.map(({ method }) => method)).toEqual([
      'ReadLine',
      'ReadLineAsSecureString',
      'PromptForChoice',
      'PromptForChoiceMultipleSelection',
      'Prompt',
      'PromptForCredential2',
    ]);
    expect(calls[2]!.parameters.slice(0, 2)).toEqual(['Restart', 'Restart the machine now?']);
    expect(itemsOf(calls[2]!.parameters[2])!.map((choice) => textOf(propertyOf(choice, 'label')))).toEqual([
      '&Yes',
      '&No',
      '&Later',
    ]);
    expect(output).toEqual([
      'line: a line',
      'secret of 4 characters',
      'choice: 2',
      'choices: 0,2',
      'fields: Ann, 3, 5 characters',
      'credential: CORP\\x, 4 characters',
    ]);
  });

  test('is asked for the public key where a secret is due and none was sent', async () => {
    const pool = await open();
    const id = await pool.start(createPipeline("'swordfish' | ConvertTo-SecureString -AsPlainText -Force"));
    expect(types(await pool.receiveUntil('00010007'))).toContain('00010007');
    const key = await exchangeKeys(pool);
    const [secret] = outputOf(await pool.receiveAll(id)) as { clixml: string; value: string }[];
    expect(secret!.clixml).toBe('SS');
    const decipher = createDecipheriv('aes-256-cbc', key, Buffer.alloc(16));
    const plain = Buffer.concat([decipher.update(Buffer.from(secret!.value, 'base64')), decipher.final()]);
    expect(plain.toString('utf16le')).toBe('swordfish');
    await signal(pool, id, terminate);
  });

  test('asks for a line by a field with a name', async () => {
    const pool = await open({ hasHost: true });
    const { calls, output } = await talk(pool, 'Read-Host "Your name"', {
      Prompt: '<Obj N="mr" RefId="2"><DCT><En><S N="Key">Your name</S><S N="Value">Ann</S></En></DCT></Obj>',
    });
    const [field] = itemsOf(calls[0]!.parameters[2])!;
    expect(textOf(propertyOf(field, 'parameterTypeFullName'))).toBe('System.String');
    expect(output).toEqual(['Ann']);
  });

  test('is written to, in colours too', async () => {
    const pool = await open({ hasHost: true });
    const { calls } = await talk(
      pool,
      'Write-Host plain; Write-Host green -ForegroundColor Green -NoNewline; Clear-Host; Get-Date | Out-Default',
      {},
    );
    expect(
      calls
        .slice(0, 4)
        .map(({ method, parameters }) => [method, ...parameters.slice(0, 3).filter((p) => typeof p !== 'object')]),
    ).toEqual([['WriteLine2', 'plain'], ['Write2', 10, 0, 'green'], ['SetCursorPosition'], ['SetBufferContents1']]);
    expect(calls.length).toBeGreaterThan(4);
  });

  test('gets tables of the width that it has said it has', async () => {
    const pool = await open({ hasHost: true });
    const { calls } = await talk(pool, 'Get-Process lsass | Out-Default', {});
    const lines = calls.map(({ parameters }) => String(parameters[0]));
    expect(lines.length).toBeGreaterThan(3);
    const longest = Math.max(...lines.map((line) => line.length));
    expect(longest).toBeGreaterThan(30);
    expect(longest).toBeLessThan(50);
  });

  test('of the pool is called, and told of an event', async () => {
    const pool = await open({ hasHost: true });
    const id = await pool.start(createPipeline('Invoke-LabScenario pool'));
    const own = await pool.receiveUntil('00021100');
    const event = own.find(({ type }) => type === '00021008')!;
    expect(textOf(propertyOf(event.value, 'PSEventArgs.SourceIdentifier'))).toBe('Lab.Scenario');
    expect(textOf(propertyOf(event.value, 'PSEventArgs.MessageData'))).toBe('something has happened');
    const messages = await pool.receiveAll(id);
    expect(types(messages)).toEqual(['00041100', '00041004', '00041006']);
    expect(textOf(propertyOf(messages[0]!.value, 'mi'))).toBe('WriteProgress');
    await signal(pool, id, terminate);
  });

  test('that is not there makes questions fail, and what is written go to the information stream', async () => {
    const pool = await open();
    const messages = await pool.run(createPipeline('Write-Host seen; Read-Host "Name"; "after"'));
    expect(types(messages)).toEqual(['00041011', '00041005', '00041004', '00041006']);
    expect(readInformationRecord(messages[0]!.value)).toMatchObject({ message: 'seen', tags: ['PSHOST'] });
    expect(readErrorRecord(messages[1]!.value).fullyQualifiedErrorId).toBe('HostFunctionNotImplemented');
  });
});
