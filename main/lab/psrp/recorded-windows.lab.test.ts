/**
 * The lab against what real Windows has answered: the same questions (CREATE_PIPELINE as recorded), and then the same messages, with the same
 * names and types all the way down. Values may differ; a machine is another.
 */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { deserializeClixml } from '../../wsman/psrp/clixml.ts';
import { isPsObject, type PsValue } from '../../wsman/psrp/clixml-types.ts';
import { type Lab, type LabMachine, startLab } from '../start-lab.ts';
import {
  createPipeline,
  openTestPool,
  outputOf,
  shellNamespace,
  signal,
  type TestMessage,
  type TestPool,
} from './psrp-test-client.ts';

interface Recorded {
  readonly recording: string;
  readonly message: number;
  readonly from: 'client' | 'server';
  readonly type: string;
  readonly data: string;
}
const recorded = JSON.parse(
  readFileSync(new URL('../../wsman/fixtures/pypsrp/psrp-messages.json', import.meta.url), 'utf8'),
) as Recorded[];
const find = (recording: string, type: string, part = ''): Recorded =>
  recorded.find((m) => m.recording === recording && m.type === type && m.data.includes(part))!;

/** Names and types of a value, without what it says. */
function shapeOf(value: PsValue): unknown {
  if (value === null) return 'Nil';
  if (value instanceof Uint8Array) return 'BA';
  if (!isPsObject(value)) return typeof value === 'object' ? value.clixml : typeof value;
  const { container } = value;
  return {
    types: value.typeNames,
    hasText: value.text !== null,
    base: value.base === undefined ? undefined : shapeOf(value.base),
    container: container?.kind,
    // How many there are differs from machine to machine.
    item: container === null || container.kind === 'DCT' ? undefined : container.items.slice(0, 1).map(shapeOf),
    entries: container?.kind === 'DCT' ? container.entries.map(([key, entry]) => [key, shapeOf(entry)]) : undefined,
    adapted: value.adapted.map((property) => [property.name, shapeOf(property.value)]),
    extended: value.extended.map((property) => [property.name, shapeOf(property.value)]),
  };
}
const recordedShape = (message: Recorded): unknown => shapeOf(deserializeClixml(message.data));

let lab: Lab;
let machine: LabMachine;
let pool: TestPool;

beforeAll(async () => {
  lab = await startLab({ machines: 1, stacks: ['3.0'], pendingMs: 50 });
  machine = lab.machines[0]!;
});
afterEach(() => pool?.close());
afterAll(() => lab?.close());

/** Asks what was recorded, with input where there was some. */
async function ask(
  recording: string,
  change: (data: string) => string = (data) => data,
  input: readonly string[] = [],
): Promise<TestMessage[]> {
  pool = await openTestPool(machine);
  await pool.receiveUntil('00021005');
  const id = await pool.start(change(find(recording, '00021006').data));
  for (const data of input) await pool.send('00041002', data, id);
  if (input.length > 0) await pool.send('00041003', '', id);
  const messages = await pool.receiveAll(id);
  await signal(pool, id, `${shellNamespace}/signal/terminate`);
  return messages;
}

describe('the lab answers as Windows has', () => {
  test('when a pool opens', async () => {
    pool = await openTestPool(machine);
    const [capability, privateData, state] = await pool.receiveUntil('00021005');
    expect(shapeOf(capability!.value)).toEqual(recordedShape(find('client_copy_file', '00010002')));
    expect(shapeOf(privateData!.value)).toEqual(recordedShape(find('client_copy_file', '00021009')));
    expect(state!.data).toBe(find('client_copy_file', '00021005').data.replace(/^\ufeff/, ''));
  });

  test('when an error ends a pipeline', async () => {
    const messages = await ask('psrp_error_failed');
    expect(messages.map(({ type }) => type)).toEqual(['00041004', '00041006']);
    expect(messages[0]!.data).toBe('<S>before</S>');
    expect(shapeOf(messages[1]!.value)).toEqual(
      recordedShape(find('psrp_error_failed', '00041006', 'ExceptionAsErrorRecord')),
    );
    // And word for word, but for where in the line it was and how the line is cut.
    const plain = (data: string): string =>
      data.replace(/^\ufeff/, '').replace(/<S N="PositionMessage">[^<]*<\/S>/, '');
    expect(deserializeClixml(plain(messages[1]!.data))).toEqual(
      deserializeClixml(plain(find('psrp_error_failed', '00041006', 'ExceptionAsErrorRecord').data)),
    );
  });

  test('to a script with begin, process and end, its errors merged into its output', async () => {
    const input = [
      '<S>message 1</S>',
      '<I32>2</I32>',
      '<Obj RefId="0"><TN RefId="0"><T>System.Object[]</T><T>System.Array</T><T>System.Object</T></TN><LST><S>3</S><I32>3</I32></LST></Obj>',
    ];
    const messages = await ask('psrp_run_protocol_version_2.3', undefined, input);
    expect(messages.map(({ type }) => type)).toEqual([
      '00041007',
      '00041004',
      '00041004',
      '00041004',
      '00041004',
      '00041007',
      '00041006',
    ]);
    expect(shapeOf(messages[0]!.value)).toEqual(recordedShape(find('psrp_run_protocol_version_2.3', '00041007')));
    expect(shapeOf(messages[1]!.value)).toEqual(
      recordedShape(find('psrp_run_protocol_version_2.3', '00041004', 'writeErrorStream')),
    );
  });

  test('to several statements, of which one waits', async () => {
    const messages = await ask('psrp_long_running_cmdlet', (data) =>
      data.replace('<I32 N="V">10</I32>', '<I32 N="V">0</I32>'),
    );
    expect(messages.map(({ data }) => data)).toEqual([
      '<S>hi</S>',
      find('client_copy_file', '00041006').data.replace(/^\ufeff/, ''),
    ]);
  });

  test('to a service as text, line for line', async () => {
    const messages = await ask('client_execute_ps');
    const lines = recorded.filter((m) => m.recording === 'client_execute_ps' && m.type === '00041004');
    const answered = new Set(outputOf(messages).map((line) => String(line).toLowerCase()));
    expect(lines.length).toBeGreaterThan(4);
    for (const { data } of lines) expect(answered).toContain(String(deserializeClixml(data)).toLowerCase());
    expect(outputOf(messages)).toHaveLength(8);
  });

  test('to a service as an object', async () => {
    pool = await openTestPool(machine);
    const [service] = outputOf(await pool.run(createPipeline('Get-Service -Name winrm')));
    expect(shapeOf(service!)).toEqual(recordedShape(find('psrp_multiple_commands', '00041004', 'ServiceController')));
  });

  test('when the host is called', async () => {
    pool = await openTestPool(machine);
    const messages = await pool.run(createPipeline('Invoke-LabScenario exit'));
    const call = messages.find(({ type }) => type === '00041100')!;
    expect(call.data.replace('<I32>3</I32>', '<I32>1</I32>')).toBe(
      find('psrp_pshost_methods', '00041100').data.replace(/^\ufeff/, ''),
    );
  });

  const written = "Write-Error 'error stream'; Write-Warning 'warning stream'; Write-Information 'information stream'";
  /** The recorded CREATE_PIPELINE with this script in it, and with these RemoteStreamOptions. */
  const askTo = (script: string, streamOptions: number): Promise<TestMessage[]> =>
    ask('psrp_error_failed', (data) =>
      data
        .replace(/<S N="Cmd">[^<]*<\/S>/, `<S N="Cmd">${script}</S>`)
        .replace('<ToString>AddInvocationInfo</ToString><I32>15</I32>', `<I32>${streamOptions}</I32>`),
    );

  test('on the streams of errors, warnings and information, without where they come from', async () => {
    const messages = await askTo(written, 0);
    expect(messages.map(({ type }) => type)).toEqual(['00041005', '00041009', '00041011', '00041006']);
    const [error, warning, information] = messages;
    expect(shapeOf(error!.value)).toEqual(
      recordedShape(find('psrp_run_protocol_version_2.3', '00041004', 'writeErrorStream')),
    );
    const recordedWarning = find('psrp_stream_no_output_invocation', '00041009');
    expect(warning!.data).toBe(recordedWarning.data.replace(/^\ufeff/, ''));
    const recordedInformation = find('psrp_stream_no_output_invocation', '00041011');
    expect(shapeOf(information!.value)).toEqual(recordedShape(recordedInformation));
    const said = (data: string) => /<S N="MessageData">.*?<\/S><S N="Source">.*?<\/S>/.exec(data)![0];
    expect(said(information!.data)).toBe(said(recordedInformation.data));
  });

  test('on the stream of errors, with where they come from', async () => {
    const [error] = await askTo(written, 1);
    if (!isPsObject(error!.value)) throw new Error('no object');
    const names = error!.value.extended.map(({ name }) => name);
    // As psrp_stream_output_invocation of the same recordings has them.
    expect(names.slice(names.indexOf('ErrorCategory_Message') + 1)).toEqual([
      'SerializeExtendedInfo',
      'InvocationInfo_BoundParameters',
      'InvocationInfo_CommandOrigin',
      'InvocationInfo_ExpectingInput',
      'InvocationInfo_InvocationName',
      'InvocationInfo_Line',
      'InvocationInfo_OffsetInLine',
      'InvocationInfo_HistoryId',
      'InvocationInfo_PipelineIterationInfo',
      'InvocationInfo_PipelineLength',
      'InvocationInfo_PipelinePosition',
      'InvocationInfo_PSScriptRoot',
      'InvocationInfo_PSCommandPath',
      'InvocationInfo_PositionMessage',
      'InvocationInfo_ScriptLineNumber',
      'InvocationInfo_ScriptName',
      'InvocationInfo_UnboundArguments',
      'SerializeExtent',
      'CommandInfo_CommandType',
      'CommandInfo_Definition',
      'CommandInfo_Name',
      'CommandInfo_Visibility',
      'PipelineIterationInfo',
      'ErrorDetails_ScriptStackTrace',
      'PSMessageDetails',
    ]);
    expect(error!.data).toContain('<B N="SerializeExtendedInfo">true</B>');
  });

  test('when progress is made', async () => {
    pool = await openTestPool(machine);
    const messages = await pool.run(createPipeline("Write-Progress 'Preparing modules for first use.' ' ' -Completed"));
    expect(messages[0]!.data).toBe(find('client_copy_file', '00041010').data.replace(/^\ufeff/, ''));
  });
});
