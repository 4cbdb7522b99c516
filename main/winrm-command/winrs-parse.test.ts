import { describe, expect, test } from 'vitest';
import { CommandLineError } from './command.ts';
import { parseLine } from './parse.ts';
import { isWinrsLine, parseWinrsArguments, parseWinrsLine, type WinrsCommand } from './winrs-parse.ts';

function parsed(line: string | readonly string[]): WinrsCommand {
  const result = typeof line === 'string' ? parseWinrsLine(line) : parseWinrsArguments(line);
  if (result.verb !== 'winrs') throw new Error('This is the help.');
  return result;
}

/** What winrm's own parser makes of the authentication switches. */
function parsedByWinrm(line: string): unknown {
  const command = parseLine(line);
  return 'connection' in command ? command.connection.authentication : null;
}

describe('what is a winrs line', () => {
  test.each([
    ['winrs dir', true],
    ['  WINRS.EXE -r:x dir', true],
    ['windeck winrs dir', true],
    ['help winrs', true],
    ['winrm id', false],
    ['winrsx dir', false],
    ['help winrm', false],
  ])('%s', (line, expected) => {
    expect(isWinrsLine(line)).toBe(expected);
    expect(isWinrsLine(line.trim().split(/\s+/))).toBe(expected);
  });
});

describe('the command', () => {
  test.each([
    ['winrs -r:web01 dir "C:\\Program Files" /b', 'dir "C:\\Program Files" /b'],
    ['winrs -r:web01   echo  a   b ', 'echo  a   b'],
    ['winrs -r:web01 -usessl ping -n 2 host', 'ping -n 2 host'],
    ['winrs /r:web01 cmd /c dir', 'cmd /c dir'],
    ['windeck winrs –r:web01 hostname', 'hostname'],
    // The quotation mark of the command is not ours to close.
    ['winrs -r:web01 echo "open', 'echo "open'],
  ])('of %s', (line, commandLine) => {
    expect(parsed(line).commandLine).toBe(commandLine);
  });

  test('of arguments: one is taken as it is, of several those with blanks are quoted', () => {
    expect(parsed(['winrs', '-r:web01', 'dir & echo "x"']).commandLine).toBe('dir & echo "x"');
    expect(parsed(['winrs', '-r:web01', 'dir', 'C:\\Program Files', '']).commandLine).toBe(
      'dir "C:\\Program Files" ""',
    );
    expect(parsed(['windeck', 'winrs', 'ping', '-n', '2', 'host']).commandLine).toBe('ping -n 2 host');
  });
});

describe('switches', () => {
  test('of its own', () => {
    const command = parsed(
      'winrs -r:web01:8080 -d:"C:\\Some Folder" -env:A=1 -environment:"B=two words" -env:C="x y" -noe -nop -ad -comp -t:60 -codepage:850 set',
    );
    expect(command).toMatchObject({
      commandLine: 'set',
      directory: 'C:\\Some Folder',
      environment: [
        ['A', '1'],
        ['B', 'two words'],
        ['C', 'x y'],
      ],
      noEcho: true,
      noProfile: true,
      allowDelegate: true,
      compression: true,
      timeout: true,
      codePage: 850,
      connection: { endpoint: { host: 'web01', port: 8080, transport: 'http' } },
    });
  });

  test('what is not said', () => {
    const command = parsed('winrs hostname');
    expect(command).toMatchObject({
      directory: null,
      environment: [],
      noEcho: false,
      noProfile: false,
      allowDelegate: false,
      codePage: 65001,
      connection: { endpoint: { host: 'localhost', port: 5985 }, remote: false },
    });
  });

  test('shared with winrm', () => {
    const { connection } = parsed('winrs -remote:web01 -usessl -u:CORP\\anna -p:- -skipCAcheck -skipCNcheck hostname');
    expect(connection).toMatchObject({
      endpoint: { host: 'web01', port: 5986, transport: 'https' },
      userName: 'CORP\\anna',
      password: { kind: 'standard-input' },
      skipAuthorityCheck: true,
      skipNameCheck: true,
    });
    const clear = parsed('winrs -r:web01 -un -trusted -a:basic -u:x hostname').connection;
    expect(clear).toMatchObject({ unencrypted: true, trusted: true });
    expect(clear.authentication).toEqual(parsedByWinrm('winrm get winrm/config -r:web01 -a:basic -u:x'));
  });
});

describe('refused, in a sentence', () => {
  test.each([
    ['winrs', /needs a command/],
    ['winrs -r:web01', /needs a command/],
    ['winrs -r:web01 -format:xml dir', /no switch -format/],
    ['winrs -nosuch dir', /no switch/],
    ['winrs -d dir', /-d needs a value/],
    ['winrs -noe:yes dir', /takes no value/],
    ['winrs -d:a -directory:b dir', /given twice/],
    ['winrs -env:A dir', /NAME=VALUE/],
    ['winrs -env:=x dir', /NAME=VALUE/],
    ['winrs -codepage:utf-8 dir', /number of a Windows code page/],
    ['winrs -r:https://web01 -usessl dir', /exclude each other/],
    ['winrs -u:anna -p:"never closed dir', /never closed/],
    ['winrs -un hostname', /needs -remote/],
  ])('%s', (line, message) => {
    expect(() => parsed(line)).toThrow(CommandLineError);
    expect(() => parsed(line)).toThrow(message);
  });

  test('a password without its colon is not repeated', () => {
    expect(() => parsed('winrs -r:web01 -u:anna -pSecret-4711 dir')).toThrow(/^(?!.*Secret)/);
  });
});

test.each(['winrs -?', 'winrs -r:x -? dir', 'winrs /help', 'windeck help winrs', 'help winrs'])('help: %s', (line) => {
  expect(parseWinrsLine(line)).toEqual({ verb: 'winrs-help' });
  expect(parseWinrsArguments(line.split(' '))).toEqual({ verb: 'winrs-help' });
});
