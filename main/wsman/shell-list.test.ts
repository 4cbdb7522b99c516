import { describe, expect, test } from 'vitest';
import { loadFixture } from './fixtures/load.ts';
import { ns } from './namespaces.ts';
import { readShellRecord } from './shell-list.ts';
import { parseXml, type XmlElement } from './xml.ts';

const shellsIn = (element: XmlElement): XmlElement[] =>
  element.local === 'Shell' ? [element] : element.children.flatMap(shellsIn);

describe('rsp:Shell of an enumeration', () => {
  test('as Windows Server 2016 was recorded', () => {
    const document = parseXml(loadFixture('pypsrp/psrp_disconnect_runspaces-shells-response.xml'));
    expect(shellsIn(document).map(readShellRecord)).toMatchObject([
      {
        shellId: 'B6631D8E-65A0-49F2-9053-A1B156C95777',
        name: null,
        resourceUri: 'http://schemas.microsoft.com/powershell/Microsoft.PowerShell',
        owner: 'WIN-NNMU24VVKJ0\\vagrant',
        clientAddress: '10.0.2.2',
        processId: 2792,
        state: 'Disconnected',
        idleTimeoutMs: 7_200_000,
        runTimeMs: 9_000,
        inactivityMs: 0,
        memoryBytes: 46 * 1024 * 1024,
        childProcesses: 0,
      },
      { shellId: '01AA3E43-9E21-424B-A7FC-BC16AA34F4CE', runTimeMs: 0, memoryBytes: 46 * 1024 * 1024 },
    ]);
  });

  test('as MS-WSMV 4.7.6 shows it', () => {
    const shells = shellsIn(parseXml(loadFixture('MS-WSMV/4.7.6-04-enumerate-remote-shells.xml')));
    expect(shells.map(readShellRecord)).toMatchObject([
      { shellId: 'uuid:5B666291-0910-4E8F-B802-B697ACD7953D', resourceUri: null, owner: null, runTimeMs: null },
    ]);
  });

  const shell = (inner: string): XmlElement => parseXml(`<r:Shell xmlns:r="${ns.shell}">${inner}</r:Shell>`);

  test('values that cannot be read count as not said, and a shell without a name is none', () => {
    const odd = shell(
      '<r:ShellId>x</r:ShellId><r:ProcessId>-1</r:ProcessId><r:IdleTimeOut>soon</r:IdleTimeOut><r:MemoryUsed>much</r:MemoryUsed>',
    );
    expect(readShellRecord(odd)).toMatchObject({
      processId: null,
      idleTimeoutMs: null,
      memoryBytes: null,
      owner: null,
    });
    expect(readShellRecord(shell('<r:Owner>x</r:Owner>'))).toBeNull();
  });

  test.each([
    ['512B', 512],
    ['1.5 GB', 1.5 * 1024 ** 3],
    ['7KB', 7168],
  ])('memory of %s', (text, bytes) => {
    expect(readShellRecord(shell(`<r:ShellId>x</r:ShellId><r:MemoryUsed>${text}</r:MemoryUsed>`))?.memoryBytes).toBe(
      bytes,
    );
  });
});
