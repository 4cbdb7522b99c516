/** What the tests of PowerShell sessions against the lab share: three machines, sessions that end with their test, and ways to read them. */
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { labTarget } from '../../lab/lab-target.ts';
import { type Lab, type LabMachine, startLab } from '../../lab/start-lab.ts';
import { createClient, type WSManClient } from '../client.ts';
import { resourceUris } from '../namespaces.ts';
import type { PsValue } from './clixml-types.ts';
import type { Pipeline, PipelineRecord } from './pipeline.ts';
import { openRunspacePool, type RunspacePool, type RunspacePoolOptions } from './runspace-pool.ts';

export let lab: Lab;
/** Windows Server 2016 or later, 2012, 2008 R2, 2008. */
export let machine: LabMachine;
export let old: LabMachine;
export let first: LabMachine;
export const opened: { close(): unknown }[] = [];

beforeAll(async () => {
  lab = await startLab({ machines: 3, pendingMs: 50, stacks: ['3.0', '2.0', '1.1'] });
  [machine, old, first] = lab.machines as [LabMachine, LabMachine, LabMachine];
});
afterEach(async () => {
  await lab.misbehave(machine.name, null);
  for (const each of opened.splice(0).reverse()) await each.close();
  expect(await shellCount(machine)).toBe(0);
});
afterAll(() => lab?.close());

export function clientOf(of: LabMachine = machine): WSManClient {
  const client = createClient(labTarget(of));
  opened.push(client);
  return client;
}

export async function open(options: RunspacePoolOptions = {}, client: WSManClient = clientOf()): Promise<RunspacePool> {
  const pool = await openRunspacePool(client, options);
  opened.push(pool);
  return pool;
}

export async function shellCount(of: LabMachine): Promise<number> {
  const client = clientOf(of);
  try {
    return (await client.enumerateAll({ resourceUri: resourceUris.shell })).length;
  } finally {
    client.close();
  }
}

export async function collect(pipeline: Pipeline): Promise<PipelineRecord[]> {
  const records: PipelineRecord[] = [];
  for await (const record of pipeline.streams) records.push(record);
  return records;
}
export const outputs = (records: readonly PipelineRecord[]): PsValue[] =>
  records.filter((record) => record.stream === 'output').map(({ value }) => value);
export const gapsOf = (records: readonly PipelineRecord[]): number =>
  records.filter(({ stream }) => stream === 'gap').length;
export const outputOf = async (pool: RunspacePool, script: string): Promise<PsValue[]> =>
  outputs(await collect(await pool.run(script)));
export const requests = async (action: string): Promise<number> =>
  (await lab.statistics(machine.name)).requests[action] ?? 0;
