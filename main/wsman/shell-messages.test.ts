/** Messages of real Windows and of the specification: what we read out of answers, and that our bodies have the shape of its requests. */
import { describe, expect, test } from 'vitest';
import { readResponse } from './envelope.ts';
import { ProtocolError } from './errors.ts';
import { loadFixture } from './fixtures/load.ts';
import {
  commandBody,
  readCommandId,
  readReceived,
  readShellId,
  receiveBody,
  sendBody,
  shellBody,
  signalBody,
} from './shell-messages.ts';
import { parseXml, type XmlElement } from './xml.ts';

const answerBody = (path: string): XmlElement | null => readResponse(parseXml(loadFixture(path))).body;
const requestBody = (path: string): XmlElement => readResponse(parseXml(loadFixture(path))).body!;

/** Names, attributes and texts, without the white space that the specification's examples are broken with. */
function shape(element: XmlElement): unknown {
  const attributes = element.attributes.map(({ local, value }) => `${local}=${value.trim()}`).sort();
  return [`{${element.namespace}}${element.local}`, attributes, element.text.trim(), element.children.map(shape)];
}

describe('answers', () => {
  test('Create: ShellId as the target wrote it, of WinRM 1.1, of 2.0 and of OMI', () => {
    expect(readShellId(answerBody('MS-WSMV/4.7.1-02-create-shell.xml'))).toMatch(/^uuid:[0-9A-F-]{36}$/i);
    expect(readShellId(answerBody('WinRb-WinRM/open_shell_v1.xml'))).toBe('uuid:739990FF-1492-4CDD-80BB-6E07ADB06D85');
    expect(readShellId(answerBody('WinRb-WinRM/open_shell_v2.xml'))).toMatch(/^[0-9A-F-]{36}$/i);
    expect(readShellId(answerBody('WinRb-WinRM/open_shell_omi.xml'))).toMatch(/^[0-9A-F-]{36}$/i);
  });

  test('Command', () => {
    expect(readCommandId(answerBody('MS-WSMV/4.7.2-02-execute-command.xml'))).toBe(
      '77df7bb6-b5a0-4777-abd9-9823c0774074',
    );
  });

  test('Receive: an ExitCode beside Running is none yet', () => {
    const commandId = '77df7bb6-b5a0-4777-abd9-9823c0774074';
    const received = readReceived(answerBody('MS-WSMV/4.7.3-02-receive-output.xml'), commandId);
    expect(received).toMatchObject({ state: 'Running', exitCode: null });
    expect(received.chunks.map(({ stream, bytes }) => [stream, Buffer.from(bytes).toString()])).toEqual([
      ['stdout', 'd:\\temp\\out.txt, Delete (Y/N)? '],
    ]);
    // Of another command nothing is for us.
    const other = readReceived(answerBody('MS-WSMV/4.7.3-02-receive-output.xml'), 'another');
    expect(other).toEqual({ chunks: [], state: 'Running', exitCode: null });
  });

  const done = (state: string, exitCode: string) =>
    parseXml(
      `<rsp:ReceiveResponse xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><rsp:CommandState CommandId="A" State="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/${state}">${exitCode}</rsp:CommandState></rsp:ReceiveResponse>`,
    );
  test.each([
    ['0', 0],
    ['4294967295', -1],
    ['3221225786', -1073741510],
    ['2147483648', -2147483648],
    ['-5', -5],
  ])('ExitCode %s is %i', (text, expected) => {
    expect(readReceived(done('Done', `<rsp:ExitCode>${text}</rsp:ExitCode>`), 'a')).toEqual({
      chunks: [],
      state: 'Done',
      exitCode: expected,
    });
  });

  test('Done without an ExitCode; Pending is not the end', () => {
    expect(readReceived(done('Done', ''), 'A')).toMatchObject({ state: 'Done', exitCode: null });
    expect(readReceived(done('Pending', '<rsp:ExitCode>0</rsp:ExitCode>'), 'A')).toMatchObject({
      state: 'Pending',
      exitCode: null,
    });
  });

  test('anything else is refused', () => {
    const other = answerBody('MS-WSMV/4.7.4-02-send-input.xml');
    expect(() => readShellId(other)).toThrow(ProtocolError);
    expect(() => readShellId(null)).toThrow(ProtocolError);
    expect(() => readCommandId(other)).toThrow(ProtocolError);
    expect(() => readReceived(other, 'A')).toThrow(ProtocolError);
  });
});

describe("requests have the shape of the specification's", () => {
  test.each([
    [
      '4.7.1-01-create-shell',
      shellBody({ environment: [['test', '1']], workingDirectory: 'd:\\windows', lifetimeMs: 1_000_000 }),
    ],
    ['4.7.2-01-execute-command', commandBody('del', ['/p', 'd:\\temp\\out.txt'])],
    ['4.7.4-01-send-input', sendBody('77df7bb6-b5a0-4777-abd9-9823c0774074', Buffer.from('y\r\n'), false)],
    ['4.7.5-01-terminate-operation', signalBody('3cb05d74-af20-4ff1-b318-2c6cc0f99045', 'ctrl_c')],
  ])('%s', (name, body) => {
    expect(shape(parseXml(body))).toEqual(shape(requestBody(`MS-WSMV/${name}.xml`)));
  });

  test('4.7.3-01-receive-output, but for its SequenceId, which only WinRM 1.1 has', () => {
    const asked = receiveBody('77df7bb6-b5a0-4777-abd9-9823c0774074');
    const [name, attributes, text, children] = shape(requestBody('MS-WSMV/4.7.3-01-receive-output.xml')) as unknown[];
    expect(attributes).toEqual(['SequenceId=0']);
    expect(shape(parseXml(asked))).toEqual([name, [], text, children]);
  });

  test('what a name or a value holds stays in its place', () => {
    const body = parseXml(shellBody({ environment: [['a"<b>&', '\r\n"<c>&']] }));
    const variable = body.children[0]!.children[0]!;
    expect([variable.attributes[0]!.value, variable.text]).toEqual(['a"<b>&', '\r\n"<c>&']);
    expect(parseXml(sendBody('x', Buffer.alloc(0), true)).children[0]!.attributes.map(({ local }) => local)).toEqual([
      'Name',
      'CommandId',
      'End',
    ]);
  });
});
