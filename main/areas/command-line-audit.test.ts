import { describe, expect, test } from 'vitest';
import type { WinrmCommand } from '../winrm-command/command.ts';
import { parseLine } from '../winrm-command/parse.ts';
import { parseWinrsLine, type WinrsCommand } from '../winrm-command/winrs-parse.ts';
import { withoutSecrets, wordsOf } from './command-line-audit.ts';

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
      'winrs -directory:C:\\Temp -environment:TOKEN=•••••• dir /s',
    ],
    ['winrm quickconfig -transport:https -quiet -r:web01', 'winrm quickconfig -transport:https'],
  ])('%s', (line, expected) => {
    expect(words(line)).toBe(expected);
  });
});

describe('a command line', () => {
  test.each([
    'net user anna S3cret! /add',
    'net user "anna b" "S3cret! x" /add & dir',
    'net use Z: \\\\web01\\share S3cret! /user:CORP\\anna',
    'net use \\\\web01\\share "S3cret! x" /user:CORP\\anna',
    'cmdkey /add:web01 /user:anna /pass:S3cret!',
    'schtasks /create /tn x /ru anna /rp S3cret! /tr a.exe',
    'psexec \\\\web01 -u anna -p S3cret! cmd',
    'setup.exe /password=S3cret! /quiet',
    'msiexec /i a.msi DB_PASSWORD="S3cret! x"',
    'set API_TOKEN=S3cret!&& run',
    'powershell -Command "$p = ConvertTo-SecureString \'S3cret!\' -AsPlainText -Force"',
    'powershell -Command "Set-X -Password \'S3cret! x\'"',
    `powershell -EncodedCommand ${Buffer.from('S3cret! S3cret!', 'utf16le').toString('base64')}`,
    'curl https://anna:S3cret!@web01/',
  ])('%s', (line) => {
    const kept = withoutSecrets(line);
    expect(kept).toContain('••••••');
    expect(kept).not.toMatch(/S3cret|UwAzAGMAcgBlAHQA/);
    expect(kept.split(/\s/)[0]).toBe(line.split(/\s/)[0]);
  });

  test.each(['dir /s C:\\', 'sc config WinRM start= auto', 'net user anna', 'net user anna /delete', 'ipconfig /all'])(
    '%s stays as it is',
    (line) => {
      expect(withoutSecrets(line)).toBe(line);
    },
  );

  test.each(['net user a ', 'a', ' ', '"', 'cmdkey ', 'pwd ', '-p ', "password='", 'net use \\\\a '])(
    'the longest line, of %j alone, is gone through',
    (piece) => {
      expect(withoutSecrets(`${piece.repeat(32_000 / piece.length)} -p S3cret`).endsWith('S3cret')).toBe(false);
    },
  );
});
