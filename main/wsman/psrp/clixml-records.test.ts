import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deserializeClixml } from './clixml.ts';
import { propertyOf } from './clixml-plain.ts';
import {
  readErrorRecord,
  readInformationalRecord,
  readInformationRecord,
  readProgressRecord,
} from './clixml-records.ts';
import { readPowerShellStderr } from './clixml-stderr.ts';
import { psArray, psObject, psProperties } from './clixml-types.ts';

const recorded = JSON.parse(
  readFileSync(new URL('../fixtures/pypsrp/psrp-messages.json', import.meta.url), 'utf8'),
) as { recording: string; type: string; data: string }[];
const find = (recording: string, type: string, part = '') =>
  deserializeClixml(recorded.find((m) => m.recording === recording && m.type === type && m.data.includes(part))!.data);

describe('records as Windows has sent them', () => {
  it('reads the error that ended a pipeline', () => {
    const state = find('psrp_error_failed', '00041006', 'ExceptionAsErrorRecord');
    expect(readErrorRecord(propertyOf(state, 'ExceptionAsErrorRecord')!)).toEqual({
      message: 'error',
      exceptionType: 'Microsoft.PowerShell.Commands.WriteErrorException',
      exceptionMessage: 'error',
      fullyQualifiedErrorId: 'Microsoft.PowerShell.Commands.WriteErrorException',
      category: 0,
      categoryMessage: 'NotSpecified: (:) [Write-Error], WriteErrorException',
      activity: 'Write-Error',
      reason: 'WriteErrorException',
      targetName: '',
      targetType: '',
      targetObject: null,
      recommendedAction: null,
      scriptStackTrace: 'at <ScriptBlock>, <No file>: line 1',
      invocation: {
        command: "$ErrorActionPreference = 'Stop'; Write-Output before; Write-Error error; Write-Output after",
        line: 1,
        column: 55,
        lineText: "$ErrorActionPreference = 'Stop'; Write-Output before; Write-Error error; Write-Output after",
        positionMessage: expect.stringMatching(/^At line:1 char:55\r\n\+ \.\.\. /),
        scriptName: null,
      },
    });
  });

  it('reads a debug record with the place it comes from', () => {
    const record = readInformationalRecord(find('psrp_run_protocol_version_2.3', '00041007'));
    expect(record.message).toBe('Start Block');
    expect(record.invocation).toMatchObject({ line: null, positionMessage: null });
  });

  it('reads progress', () => {
    expect(readProgressRecord(find('client_copy_file', '00041010'))).toEqual({
      activity: 'Preparing modules for first use.',
      activityId: 0,
      parentActivityId: null,
      status: '',
      currentOperation: null,
      percentComplete: null,
      secondsRemaining: null,
      isCompleted: true,
    });
  });

  it('reads what Write-Host and Write-Information say', () => {
    const message = psObject({
      typeNames: ['System.Management.Automation.HostInformationMessage', 'System.Object'],
      text: 'green',
      adapted: psProperties({ Message: 'green', NoNewLine: true, ForegroundColor: 10, BackgroundColor: null }),
    });
    const record = psObject({
      adapted: psProperties({
        MessageData: message,
        Source: 'Write-Host',
        TimeGenerated: { clixml: 'DT', value: '2026-01-01T01:00:00.0000000+01:00' },
        Tags: psArray(['PSHOST']),
        User: 'SRV\\Administrator',
        Computer: 'SRV',
        ProcessId: { clixml: 'U32', value: 4711 },
      }),
    });
    expect(readInformationRecord(record)).toEqual({
      message: 'green',
      messageData: message,
      foregroundColor: 10,
      backgroundColor: null,
      noNewLine: true,
      source: 'Write-Host',
      timeGeneratedAt: Date.UTC(2026, 0, 1),
      tags: ['PSHOST'],
      user: 'SRV\\Administrator',
      computer: 'SRV',
      processId: 4711,
    });
    expect(readInformationRecord(psObject({ extended: psProperties({ MessageData: 'plain' }) })).message).toBe('plain');
  });

  it('reads an information record', () => {
    expect(readInformationRecord(find('psrp_stream_no_output_invocation', '00041011'))).toMatchObject({
      message: 'information stream',
      foregroundColor: null,
      source: 'Write-Information',
      timeGeneratedAt: Date.UTC(2018, 5, 13, 23, 46, 12, 131),
      tags: [],
      user: 'WIN-NNMU24VVKJ0\\vagrant',
      computer: 'WIN-NNMU24VVKJ0',
      processId: 4040,
    });
  });

  it('takes anything for a record without falling over', () => {
    for (const value of [null, 'text', 5, psObject({})]) {
      expect(readErrorRecord(value).message).toBe(value === 'text' ? 'text' : '');
      expect(readInformationalRecord(value).invocation).toBeNull();
      expect(readProgressRecord(value).percentComplete).toBeNull();
      expect(readInformationRecord(value).tags).toEqual([]);
    }
  });
});

describe('stderr of powershell.exe', () => {
  const stderr =
    '#< CLIXML\r\n<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj S="progress" RefId="0"><TN RefId="0">' +
    '<T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN><MS><I64 N="SourceId">1</I64><PR N="Record"><AV>Preparing modules ' +
    'for first use.</AV><AI>0</AI><Nil /><PI>-1</PI><PC>-1</PC><T>Completed</T><SR>-1</SR><SD> </SD></PR></MS></Obj>' +
    '<S S="Error">no such thing : a_x000D__x000A_</S><S S="Error">At line:1 char:1_x000D__x000A_</S></Objs>';

  it('becomes the text it stands for', () => {
    const { text, items } = readPowerShellStderr(`before\r\n${stderr}`);
    expect(text).toBe('before\r\nno such thing : a\r\nAt line:1 char:1\r\n');
    expect(items.map(({ stream }) => stream)).toEqual(['progress', 'Error', 'Error']);
    expect(readProgressRecord(propertyOf(items[0]!.value, 'Record')!)).toMatchObject({
      activity: 'Preparing modules for first use.',
      isCompleted: true,
    });
  });

  it('stays what it is where it is no document', () => {
    for (const text of ['plain', '#< CLIXML\r\n<Objs', `${stderr.slice(0, 300)}`]) {
      expect(readPowerShellStderr(text)).toEqual({ text, items: [] });
    }
  });
});
