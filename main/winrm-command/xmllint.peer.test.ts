/** What -format:xml and -format:pretty print, judged by libxml2: one well-formed document each, also of many, of none and of errors. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, startLab } from '../lab/start-lab.ts';
import { runPrinted } from './test-environment.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await startLab({ machines: 3, stacks: ['3.0', '1.1', 'omi'] });
});
afterAll(() => lab?.close());

const lines = [
  'winrm get wmicimv2/Win32_OperatingSystem',
  'winrm get wmicimv2/Win32_Service?Name=WinRM -fragment:State',
  'winrm e wmicimv2/Win32_Service',
  'winrm e wmicimv2/Win32_Service -returntype:epr',
  'winrm e wmicimv2/Win32_Service -returntype:objectandepr',
  `winrm e wmicimv2/* -filter:"select Name,StartName from Win32_Service"`,
  `winrm e wmicimv2/* -filter:"select * from Win32_Service where Name='none'"`,
  'winrm e wmicimv2/* -dialect:association -filter:{Object=Win32_Service?Name=WinRM}',
  'winrm invoke StartService wmicimv2/Win32_Service?Name=WinRM',
  'winrm id',
  'winrm get winrm/config',
  'winrm e winrm/config/listener',
];

test.each(['xml', 'pretty'])('%s is one well-formed document', async (format) => {
  let judged = 0;
  for (const machine of lab.machines) {
    for (const line of lines) {
      const { stdout, stderr, exitCode } = await runPrinted(`${line} -f:${format}`, {
        localhostPort: machine.port,
        signIn: async () => ({ userName: machine.user, password: machine.password }),
      });
      // Of an error it is the fault that is XML, before the empty line.
      const document = exitCode === 0 ? stdout : stderr.split('\n\n')[0]!;
      expect(document, line).not.toBe('');
      execFileSync('xmllint', ['--noout', '--nonet', '-'], { input: document, timeout: 10_000 });
      judged++;
    }
  }
  expect(judged).toBe(lines.length * 3);
});
