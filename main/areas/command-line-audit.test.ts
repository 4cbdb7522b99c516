import { describe, expect, test } from 'vitest';
import type { WinrmCommand } from '../winrm-command/command.ts';
import { parseLine } from '../winrm-command/parse.ts';
import { parseWinrsLine, type WinrsCommand } from '../winrm-command/winrs-parse.ts';
import { wordsOf } from './command-line-audit.ts';

const words = (line: string): string =>
  wordsOf((/^winrs/.test(line) ? parseWinrsLine(line) : parseLine(line)) as WinrmCommand | WinrsCommand);
const cimv2 = 'http://schemas.microsoft.com/wbem/wsman/1/wmi/root/cimv2';

describe('a change in words', () => {
  test.each([
    [
      'winrm invoke StopService wmicimv2/Win32_Service?Name="Win Defend" -r:web01 -u:anna -p:S3cret',
      `winrm invoke StopService ${cimv2}/Win32_Service?Name=Win Defend`,
    ],
    [
      'winrm invoke Change wmicimv2/Win32_Service?Name=a @{StartName="x";StartPassword="S3cret";PathName=$null} -r:web01',
      `winrm invoke Change ${cimv2}/Win32_Service?Name=a @{StartName=••••••;StartPassword=••••••;PathName=$null}`,
    ],
    [
      'winrm delete wmi/root/lab/X?Id=1+Password=S3cret',
      'winrm delete http://schemas.microsoft.com/wbem/wsman/1/wmi/root/lab/X?Id=1+Password=••••••',
    ],
    [
      'winrs -r:web01 -env:TOKEN=S3cret -d:C:\\Temp dir /s',
      'winrs -directory:C:\\Temp -environment:TOKEN=•••••• dir …',
    ],
    ['winrs -r:web01 hostname', 'winrs hostname'],
    ['winrs -r:web01 "C:\\Program Files\\x.exe" /password:S3cret', 'winrs "C:\\Program Files\\x.exe" …'],
    ['winrs -r:web01 net user anna S3cret /add', 'winrs net …'],
    ['winrs -r:web01 dir&set TOKEN=S3cret', 'winrs dir …'],
    ['winrm quickconfig -transport:https -quiet -r:web01', 'winrm quickconfig -transport:https'],
  ])('%s', (line, expected) => {
    expect(words(line)).toBe(expected);
  });
});
