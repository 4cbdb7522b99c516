/** What no machine of the lab does: answers of broken or strange targets, by a scripted network. */
import { describe, expect, test } from 'vitest';
import { createClientOver } from './client.ts';
import { collectOutput } from './collect-output.ts';
import { ProtocolError, WSManFault } from './errors.ts';
import { type Answer, type Asked, fakePool, faultAnswer, identifyAnswer, target } from './fake-pool.ts';
import { ns } from './namespaces.ts';
import { createRecycledShell } from './recycled-shell.ts';
import { openShell } from './shell.ts';
import { attribute, child } from './xml.ts';

const rsp = `xmlns:rsp="${ns.shell}"`;
const created =
  `<x:ResourceCreated xmlns:x="${ns.transfer}"><a:Address>x</a:Address><a:ReferenceParameters><w:ResourceURI>${ns.shell}/cmd</w:ResourceURI>` +
  '<w:SelectorSet><w:Selector Name="ShellId">uuid:S1</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>';
const started = `<rsp:CommandResponse ${rsp}><rsp:CommandId>C1</rsp:CommandId></rsp:CommandResponse>`;
const received = (content: string) => `<rsp:ReceiveResponse ${rsp}>${content}</rsp:ReceiveResponse>`;
const stdout = (text: string) =>
  `<rsp:Stream Name="stdout" CommandId="C1">${Buffer.from(text).toString('base64')}</rsp:Stream>`;
const state = (name: string, inside = '') =>
  `<rsp:CommandState CommandId="C1" State="${ns.shell}/CommandState/${name}">${inside}</rsp:CommandState>`;
const signalled = `<rsp:SignalResponse ${rsp}/>`;

async function play(...answers: Answer[]) {
  const pool = fakePool(created, started, ...answers, signalled, '');
  const shell = await openShell(createClientOver(pool, target), { codePage: 65001 });
  const running = await shell.run('anything');
  return { pool, shell, running };
}
const actionsOf = (asked: readonly Asked[]): string[] =>
  asked.map(({ action }) => action.slice(action.lastIndexOf('/') + 1));

describe('receiving', () => {
  test('until Done, whatever else it says before; then the command is closed, and with the shell everything', async () => {
    const { pool, shell, running } = await play(
      received(''),
      received(stdout('a') + state('Running', '<rsp:ExitCode>0</rsp:ExitCode>')),
      (asked) => faultAnswer(asked, 'TimedOut', 2150858793),
      received(stdout('b') + state('Pending')),
      received(state('Done', '<rsp:ExitCode>4294967295</rsp:ExitCode>')),
    );
    expect(await collectOutput(running)).toEqual({ exitCode: -1, stdout: 'ab', stderr: '' });
    await shell.close();
    expect(actionsOf(pool.asked)).toEqual(['Create', 'Command', ...new Array(5).fill('Receive'), 'Signal', 'Delete']);
    for (const { soap } of pool.asked.slice(1)) expect(soap.selectors).toEqual([['ShellId', 'uuid:S1']]);
    const signal = pool.asked.at(-2)!.soap.body!;
    expect(attribute(signal, 'CommandId')).toBe('C1');
    expect(child(signal, 'Code')!.text).toBe(`${ns.shell}/signal/terminate`);
    await expect(shell.run('more')).rejects.toThrow('The shell is closed.');
  });

  test('an end without an exit code is an error', async () => {
    const { shell, running } = await play(received(stdout('half') + state('Done')));
    await expect(collectOutput(running)).rejects.toBeInstanceOf(ProtocolError);
    await expect(running.exitCode).rejects.toBeInstanceOf(ProtocolError);
    await shell.close();
  });

  test('any other fault ends it', async () => {
    const { shell, running } = await play((asked) => faultAnswer(asked, 'InvalidSelectors', 2150858843));
    await expect(collectOutput(running)).rejects.toBeInstanceOf(WSManFault);
    await shell.close();
  });

  test('more output than is wanted ends it', async () => {
    const { shell, running } = await play(received(stdout('x'.repeat(100))));
    await expect(collectOutput(running, 65001, 99)).rejects.toThrow('more than 99 bytes');
    await shell.close();
  });
});

describe('connections', () => {
  test('one more while a command runs, also where the target takes but one', async () => {
    const pool = fakePool(
      identifyAnswer('OS: 0.0.0 SP: 0.0 Stack: 1.1'),
      created,
      started,
      received(state('Done', '<rsp:ExitCode>0</rsp:ExitCode>')),
      signalled,
      '',
    );
    const client = createClientOver(pool, target);
    await client.identify({ anonymous: true });
    expect(pool.maxConnections).toBe(1);
    const shell = await openShell(client);
    const running = await shell.run('ver');
    expect(pool.maxConnections).toBe(2);
    await collectOutput(running);
    expect(pool.maxConnections).toBe(1);
    await shell.close();
  });

  test('a command that nobody reads gives it back with its shell', async () => {
    const { pool, shell, running } = await play();
    expect(pool.maxConnections).toBe(3);
    await shell.close();
    expect(pool.maxConnections).toBe(2);
    await expect(running.exitCode).rejects.toThrow('The shell was closed.');
  });
});

test('a recycled shell that is gone is replaced for the next command, and none is sent twice', async () => {
  const gone: Answer = (asked) => faultAnswer(asked, 'InvalidSelectors', 2150858843);
  const pool = fakePool(
    created,
    gone,
    gone,
    created,
    started,
    received(state('Done', '<rsp:ExitCode>3</rsp:ExitCode>')),
    signalled,
    '',
  );
  const shell = createRecycledShell(createClientOver(pool, target), {}, { maxConcurrentOperationsPerUser: 15 });
  await expect(shell.run('one')).rejects.toBeInstanceOf(WSManFault);
  expect((await collectOutput(await shell.run('two'))).exitCode).toBe(3);
  await shell.close();
  expect(actionsOf(pool.asked)).toEqual([
    'Create',
    'Command',
    'Delete',
    'Create',
    'Command',
    'Receive',
    'Signal',
    'Delete',
  ]);
});

test('a shell without an id is none', async () => {
  const pool = fakePool(`<rsp:Shell ${rsp}/>`);
  await expect(openShell(createClientOver(pool, target))).rejects.toBeInstanceOf(ProtocolError);
});
