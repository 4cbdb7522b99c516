import { describe, expect, it } from 'vitest';
import { processKeyText, type WindowsProcess } from '../../../shared/contract/processes.ts';
import { descendantsOf, orderProcesses, parentsOf, vitalPart } from './process-view.ts';

const process = (processId: number, parentProcessId: number, change: Partial<WindowsProcess> = {}): WindowsProcess => ({
  processId,
  parentProcessId,
  createdAt: 1000 + processId,
  name: `p${processId}.exe`,
  commandLine: null,
  path: null,
  sessionId: 0,
  threads: 1,
  handles: 1,
  cpuPercent: 0,
  workingSetBytes: 0n,
  privateBytes: 0n,
  ...change,
});
const table = (...all: WindowsProcess[]): ReadonlyMap<string, WindowsProcess> =>
  new Map(all.map((each) => [processKeyText(each), each]));
const options = { isTree: true, sorting: { id: 'name', desc: false }, text: '', closed: new Set<string>() } as const;
const lines = (rows: ReturnType<typeof orderProcesses>): string[] =>
  rows.map(({ depth, process: { processId } }) => `${'.'.repeat(depth)}${processId}`);

describe('the tree', () => {
  const all = table(process(8, 4), process(4, 0), process(0, 0), process(12, 8), process(16, 4));
  it('has children under their parents, brothers sorted among themselves', () => {
    expect(lines(orderProcesses(all, options))).toEqual(['0', '4', '.8', '..12', '.16']);
    expect(lines(orderProcesses(all, { ...options, sorting: { id: 'processId', desc: true } }))).toEqual([
      '4',
      '.16',
      '.8',
      '..12',
      '0',
    ]);
  });
  it('does not take a younger process of the same number for the parent', () => {
    const reused = table(process(4, 0, { createdAt: 9999 }), process(8, 4, { createdAt: 50 }));
    expect([...parentsOf(reused).values()]).toEqual([null, null]);
  });
  it('keeps the parents of what a filter finds, and closes', () => {
    expect(lines(orderProcesses(all, { ...options, text: 'p12' }))).toEqual(['4', '.8', '..12']);
    const closed = new Set([processKeyText(process(8, 4))]);
    expect(lines(orderProcesses(all, { ...options, closed }))).toEqual(['0', '4', '.8', '.16']);
    expect(lines(orderProcesses(all, { ...options, isTree: false, text: 'p12' }))).toEqual(['12']);
  });
  it('shows parents in a loop, and ends', () => {
    const loop = table(process(8, 12, { createdAt: 1 }), process(12, 8, { createdAt: 1 }));
    expect(lines(orderProcesses(loop, options))).toEqual(['8', '.12']);
    expect(descendantsOf(loop, new Set(['8@1'])).map(({ processId }) => processId)).toEqual([12]);
  });
  it('keeps the object of a row that did not change', () => {
    const first = orderProcesses(all, options);
    const again = orderProcesses(all, options, new Map(first.map((row) => [row.key, row])));
    expect(again.every((row, index) => row === first[index])).toBe(true);
  });
});

it('what is not known is last in both directions', () => {
  const all = table(
    process(1, 0, { cpuPercent: null }),
    process(2, 0, { cpuPercent: 5 }),
    process(3, 0, { cpuPercent: 9 }),
  );
  const flat = (desc: boolean) =>
    lines(orderProcesses(all, { ...options, isTree: false, sorting: { id: 'cpu', desc } }));
  expect([flat(false), flat(true)]).toEqual([
    ['2', '3', '1'],
    ['3', '2', '1'],
  ]);
});

it('names what hangs on a process', () => {
  expect(vitalPart(process(1, 0, { name: 'LSASS.exe' }))).toContain('signing in');
  expect(vitalPart(process(1, 0, { commandLine: 'svchost.exe -k NetworkService -s WinRM' }))).toContain('connection');
  expect(vitalPart(process(1, 0))).toBeNull();
});
