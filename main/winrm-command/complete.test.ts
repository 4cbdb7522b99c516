import { describe, expect, test } from 'vitest';
import { complete, type Known } from './complete.ts';
import { completionScript } from './completion-scripts.ts';
import { runPrinted } from './test-environment.ts';

const known: Known = {
  machines: ['web01', 'web02', 'sql01'],
  tags: ['web', 'production'],
  classes: ['Win32_Service', 'Win32_Share', 'Win32_Process'],
  propertiesOf: (name) => (name.toLowerCase() === 'win32_service' ? ['Name', 'State', 'StartMode'] : []),
  valuesOf: (resource, key) =>
    /\/win32_service$/i.test(resource) && key === 'Name'
      ? ['W32Time', 'WinRM', 'Win Defend', 'a+b', 'a"b', 'a\nb'].map((value) => ({ value, note: 'web01' }))
      : [],
};

/** The line with each item in its place; `|` is the cursor. */
function completed(text: string): string[] {
  const cursor = text.indexOf('|');
  const line = text.replace('|', '');
  const { from, to, items } = complete(line, cursor, known);
  return items.map((item) => line.slice(0, from) + item.text + line.slice(to));
}

describe('completion', () => {
  test.each([
    ['|', ['winrm', 'winrs', 'help', 'completion']],
    ['winr|', ['winrm', 'winrs']],
    ['windeck comp|', ['windeck completion']],
    ['windeck sh|', ['windeck shell']],
    ['windeck ps -use|', ['windeck ps -username:', 'windeck ps -usessl']],
    ['windeck decode -r|', []],
    ['sh|', []],
    ['winrm en|', ['winrm enumerate']],
    ['WINRM q|', ['WINRM quickconfig']],
    ['winrm get wmi|', ['winrm get wmi/', 'winrm get wmicimv2/']],
    ['winrm get wmicimv2/win32_se|', ['winrm get wmicimv2/Win32_Service']],
    ['winrm get cimv2.9/Win32_Sh|', ['winrm get cimv2.9/Win32_Share']],
    ['winrm e winrm/config/l|', ['winrm e winrm/config/listener']],
    [
      'winrm get wmicimv2/Win32_Service?S|',
      ['winrm get wmicimv2/Win32_Service?State=', 'winrm get wmicimv2/Win32_Service?StartMode='],
    ],
    ['winrm get winrm/config/listener?Address=*+T|', ['winrm get winrm/config/listener?Address=*+Transport=']],
    [
      'winrm get winrm/config/listener?Transport=H|',
      ['HTTP', 'HTTPS'].map((t) => `winrm get winrm/config/listener?Transport=${t}`),
    ],
    ['winrm get wmicimv2/Win32_Service?Name=w3|', ['winrm get wmicimv2/Win32_Service?Name=W32Time']],
    [
      'winrm get wmicimv2/Win32_Service?Name=win|',
      ['winrm get wmicimv2/Win32_Service?Name=WinRM', 'winrm get wmicimv2/Win32_Service?Name="Win Defend"'],
    ],
    ['winrm get wmicimv2/Win32_Service?Name="win d|', ['winrm get wmicimv2/Win32_Service?Name="Win Defend"']],
    // What no line can say is not offered.
    ['winrm get wmicimv2/Win32_Service?Name=a|', ['winrm get wmicimv2/Win32_Service?Name="a+b"']],
    [
      'winrm get wmicimv2/Win32_Service?State="a+b"+Name=W3|',
      ['winrm get wmicimv2/Win32_Service?State="a+b"+Name=W32Time'],
    ],
    ['winrm get wmicimv2/Win32_Service?Name=WinRM|', []],
    ['winrm get wmicimv2/Win32_Service?State=R|', []],
    ['winrm invoke startS|', ['winrm invoke StartService']],
    ['winrm invoke StartService wmicimv2/Win32_Ser|', ['winrm invoke StartService wmicimv2/Win32_Service']],
    [
      'winrm set wmicimv2/Win32_Service?Name=a @{St|',
      ['winrm set wmicimv2/Win32_Service?Name=a @{State=', 'winrm set wmicimv2/Win32_Service?Name=a @{StartMode='],
    ],
    [
      'winrm set wmicimv2/Win32_Service?Name=a @{State="a b";S|',
      ['winrm set wmicimv2/Win32_Service?Name=a @{State="a b";StartMode='],
    ],
    ['winrm id -r:we|', ['winrm id -r:web01', 'winrm id -r:web02']],
    ['winrm id -r:@w|', ['winrm id -r:@web']],
    ['winrm get winrm/config -f:j|', ['winrm get winrm/config -f:json']],
    ['winrm e winrm/config/listener -returnt|', ['winrm e winrm/config/listener -returntype:']],
    ['winrm e x/y -returntype:e|', ['winrm e x/y -returntype:epr']],
    ['winrm get x/y -dialect:s|', ['winrm get x/y -dialect:selector']],
    ['winrm get x/y -usessl -uses|', []],
    ['winrm id -frag|', []],
    ['winrs -r:sq|', ['winrs -r:sql01']],
    ['winrs -dir|', ['winrs -directory:']],
    ['winrs -r:web01 dir -r:w|', []],
    ['winrm get wmicimv2/Win32_Se| -r:web01', ['winrm get wmicimv2/Win32_Service -r:web01']],
    ['winrm get "wmicimv2/Win32 |', []],
    ['format c|', []],
  ])('%s', (line, expected) => {
    expect(completed(line)).toEqual(expected);
  });

  test('switches that the operation has, and no others; those given already are left out', () => {
    const offered = completed('winrm quickconfig -r:web01 -|').map((line) => line.slice(line.lastIndexOf('-')));
    expect(offered).toEqual(expect.arrayContaining(['-quiet', '-transport:', '-force', '-usessl', '-u:', '-format:']));
    expect(offered).not.toContain('-fragment:');
    expect(offered).not.toContain('-r:');
  });

  test('an alias that nobody has confirmed is marked', () => {
    const { items } = complete('winrm get cimv2', 15, known);
    expect(items.find(({ text }) => text === 'cimv2.9/')?.note).toMatch(/not confirmed/);
  });

  test('whatever the line and the cursor, it does not throw and stays inside the line', () => {
    const line = 'winrm set wmicimv2/Win32_Service?Name="a b"+X=1 @{A="{";B=$null} -r:web01 -f:';
    for (let end = 0; end <= line.length; end++) {
      for (const cursor of [end, -1, end + 100]) {
        const { from, to } = complete(line.slice(0, end), cursor, known);
        expect(from).toBeGreaterThanOrEqual(0);
        expect(from).toBeLessThanOrEqual(to);
        expect(to).toBeLessThanOrEqual(end);
      }
    }
  });
});

describe('scripts of shells', () => {
  test('ask for whole words, with their notes', async () => {
    const ask = (line: string) => runPrinted(() => ({ verb: 'complete', line }));
    expect(await ask('windeck winrm get wmicimv2/Win32_OperatingS')).toEqual({
      exitCode: 0,
      stdout: 'wmicimv2/Win32_OperatingSystem\tclass\n',
      stderr: '',
    });
    expect((await ask('windeck winrm get winrm/config -f:j')).stdout).toBe('-f:json\tof the output\n');
  });

  test('each names the command that it asks, and how to load it', () => {
    for (const shell of ['bash', 'zsh', 'powershell'] as const) {
      expect(completionScript(shell)).toContain('windeck complete ');
      expect(completionScript(shell)).toContain(`windeck completion ${shell}`);
      expect(completionScript(shell)).not.toContain('\\$');
    }
  });
});
