import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WmiInstance } from '../../../shared/contract/wmi.ts';
import { type ConsoleOverLab, startConsoleOverLab } from '../../console-over-lab.test-suite.ts';

let { it: console_, ids, close } = {} as ConsoleOverLab;
beforeAll(async () => {
  ({ it: console_, ids, close } = await startConsoleOverLab({ machines: 3, stacks: ['1.1', '2.0', 'omi'] }));
});
afterAll(() => close?.());

it('stacks that declare no classes: usual ones are listed as such, and a class is what an instance shows', async () => {
  for (const machineId of ids.slice(0, 2)) {
    const list = await console_.client.wmi.classes({ machineId, namespace: 'root/cimv2', fresh: false });
    expect(list.source).toBe('usual');
    expect(list.why?.fault).toBeDefined();
    expect(list.classes).toContain('Win32_Service');
    const service = await console_.client.wmi.describe({
      machineId,
      namespace: 'root/cimv2',
      className: 'Win32_Service',
      fresh: false,
    });
    expect(service).toMatchObject({ source: 'instance', name: 'Win32_Service', methods: [] });
    expect(service.properties.find(({ name }) => name === 'Name')).toMatchObject({ isKey: true, type: 'string' });
    const found: WmiInstance[] = [];
    for await (const item of console_.client.wmi.query({
      machineId,
      namespace: 'root/cimv2',
      text: "select * from Win32_Service where Name = 'Spooler'",
      limit: 5,
    })) {
      if (item.kind === 'rows') found.push(...item.rows);
    }
    expect(found[0]?.reference?.selectors).toContainEqual(['Name', 'Spooler']);
    const got = await console_.client.wmi.get({ machineId, reference: found[0]!.reference! });
    expect(got.properties.find(([name]) => name === 'DisplayName')?.[1]).toBe('Print Spooler');
  }
});

it('OMI gives declarations too, and its padded values have their types', async () => {
  const machineId = ids[2]!;
  const rows: WmiInstance[] = [];
  for await (const item of console_.client.wmi.instances({
    machineId,
    namespace: 'root/cimv2',
    className: 'Win32_LogicalDisk',
    limit: 5,
  })) {
    if (item.kind === 'rows') rows.push(...item.rows);
  }
  const size = rows[0]?.properties.find(([name]) => name === 'Size')?.[1];
  expect(typeof size).toBe('bigint');
  expect(rows[0]?.properties.find(([name]) => name === 'Compressed')?.[1]).toBe(false);
});
