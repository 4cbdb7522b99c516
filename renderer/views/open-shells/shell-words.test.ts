import { describe, expect, test } from 'vitest';
import type { OpenRemoteShell } from '../../../shared/contract/open-shells.ts';
import { idleOf, kindOf, nameOfShell, oursOf } from './shell-words.ts';

const shell: OpenRemoteShell = {
  shellId: 'A',
  resourceUri: null,
  kind: 'cmd',
  configuration: 'cmd',
  name: null,
  owner: 'CORP\\anna',
  clientAddress: '10.0.0.7',
  processId: 1,
  isDisconnected: false,
  idleMs: 65_000,
  idleTimeoutMs: 7_200_000,
  openForMs: 1,
  memoryBytes: null,
  childProcesses: null,
  ours: null,
};

describe('words for a shell', () => {
  test.each([
    [{ kind: 'cmd', configuration: 'cmd' }, 'cmd'],
    [{ kind: 'powershell', configuration: 'Microsoft.PowerShell' }, 'PowerShell'],
    [{ kind: 'powershell', configuration: 'JeaHelpDesk' }, 'JeaHelpDesk'],
    [{ kind: 'other', configuration: null }, 'unknown'],
  ] as const)('what runs in %j', (change, words) => {
    expect(kindOf({ ...shell, ...change })).toBe(words);
  });

  test('whose, how idle, and its name', () => {
    expect([null, 'this-run', 'earlier-run'].map((ours) => oursOf({ ...shell, ours: ours as never }))).toEqual([
      null,
      'this console',
      'left by an earlier run',
    ]);
    expect(idleOf(shell)).toMatch(/^1 min.* of 2 h/);
    expect(idleOf({ ...shell, idleMs: null, idleTimeoutMs: null, isDisconnected: true })).toBe('–, disconnected');
    expect(nameOfShell(shell)).toBe('cmd of CORP\\anna from 10.0.0.7');
    expect(nameOfShell({ ...shell, owner: null, clientAddress: null })).toBe('cmd of somebody');
  });
});
