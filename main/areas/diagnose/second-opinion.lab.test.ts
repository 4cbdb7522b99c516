/** Second opinion: what this computer sees is an injected network, what witnesses see is drawn for machines of the lab. Prints the table. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SecondOpinionItem } from '../../../shared/contract/diagnose.ts';
import {
  all,
  labSettings,
  newDataFolder,
  passwordSet,
  startTestConsole,
  type TestConsole,
} from '../../console-fixture.ts';
import { type Lab, type Neighbour, startLab } from '../../lab/start-lab.ts';
import { settingsFor } from '../machine-defaults.ts';
import type { NetworkEdge, PortState } from './network.ts';

const host = 'srv07.corp.example';
const address = '10.0.0.7';

interface Mine {
  readonly addresses: readonly string[] | null;
  readonly port: PortState;
}
interface NetworkFault {
  readonly name: string;
  readonly mine: Mine;
  /** What each of the four witnesses sees. */
  readonly theirs: readonly [Neighbour, Neighbour, Neighbour, Neighbour];
  readonly expected: string;
  readonly set?: readonly RegExp[];
  readonly says?: RegExp;
}

const sees = (winrm: Neighbour['winrm'], echo = winrm === 'answers', at = address): Neighbour => ({
  addresses: [at],
  echo,
  winrm,
});
const unknown: Neighbour = { addresses: [], echo: false, winrm: 'silent' };
const everybody = (one: Neighbour): NetworkFault['theirs'] => [one, one, one, one];
const silent: Mine = { addresses: [address], port: 'silent' };

const faults: readonly NetworkFault[] = [
  {
    name: 'the machine is off',
    mine: silent,
    theirs: everybody(sees('silent')),
    expected: 'host-down',
    set: [/is off/, /drops everything/, /old address/],
  },
  {
    name: 'DNS has an old address, for everybody',
    mine: { addresses: ['10.0.0.66'], port: 'silent' },
    theirs: everybody(sees('silent', false, '10.0.0.66')),
    expected: 'host-down',
    set: [/old address \(10\.0\.0\.66\)/],
  },
  {
    name: 'a firewall of mine drops the port',
    mine: silent,
    theirs: everybody(sees('answers')),
    expected: 'my-network',
    set: [/firewall of this computer/, /route from here/, /some networks in/],
  },
  {
    name: 'my route is gone',
    mine: { addresses: [address], port: 'no-route' },
    theirs: everybody(sees('answers')),
    expected: 'my-network',
    set: [/route from here/],
  },
  {
    name: 'something refuses on my way alone',
    mine: { addresses: [address], port: 'refused' },
    theirs: everybody(sees('answers')),
    expected: 'my-network',
  },
  { name: 'its firewall drops WinRM', mine: silent, theirs: everybody(sees('silent', true)), expected: 'its-firewall' },
  {
    name: 'its service is stopped',
    mine: { addresses: [address], port: 'refused' },
    theirs: everybody(sees('refused', true)),
    expected: 'its-listener',
    set: [/not running/, /no listener/],
  },
  {
    name: 'its service is stopped, and it answers no ping',
    mine: { addresses: [address], port: 'refused' },
    theirs: everybody(sees('refused', false)),
    expected: 'its-listener',
  },
  {
    name: 'my DNS does not know the name',
    mine: { addresses: null, port: 'silent' },
    theirs: everybody(sees('answers')),
    expected: 'dns-mine',
    says: /10\.0\.0\.7/,
  },
  {
    name: 'my DNS has another address',
    mine: { addresses: ['10.0.0.99'], port: 'silent' },
    theirs: everybody(sees('answers')),
    expected: 'dns-mine',
    says: /10\.0\.0\.99/,
  },
  {
    name: 'nobody knows the name',
    mine: { addresses: null, port: 'silent' },
    theirs: everybody(unknown),
    expected: 'dns-all',
  },
  {
    name: 'only my hosts file knows the name',
    mine: silent,
    theirs: everybody(unknown),
    expected: 'dns-all',
    says: /Only this computer/,
  },
  {
    name: 'a firewall lets only some networks in',
    mine: silent,
    theirs: [sees('answers'), sees('silent', false), sees('answers'), sees('silent', false)],
    expected: 'partial',
    set: [/some networks in/, /route/],
  },
  {
    name: 'some ask another name server',
    mine: { addresses: null, port: 'silent' },
    theirs: [sees('answers'), unknown, sees('answers'), sees('answers')],
    expected: 'partial',
    set: [/name server/],
  },
];

let lab: Lab;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let it: TestConsole;
let mine: Mine = silent;
let subject: string;
const rows: string[] = [];
let right = 0;

const network: NetworkEdge = {
  lookup: async () => {
    if (mine.addresses === null) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    return mine.addresses;
  },
  reverse: async () => [],
  dial: async () => mine.port,
};

/** The fifth is left to be asked about. */
const witnesses = () => lab.machines.slice(0, 4);

beforeAll(async () => {
  lab = await startLab({ machines: 5 });
});
afterAll(async () => {
  await lab?.close();
  process.stdout.write(
    `\n| network fault | expected | said | ms |\n|---|---|---|---|\n${rows.join('\n')}\n${right} of ${faults.length} right\n`,
  );
});
beforeEach(async () => {
  folder = await newDataFolder();
  it = await startTestConsole(folder.path, {}, { diagnose: { network } });
  const [first] = lab.machines;
  const { id: credentialId } = await it.client.credentials.save(passwordSet(first!.user, first!.password));
  const ids = [];
  for (const machine of witnesses())
    ids.push((await it.client.machines.add(labSettings(machine, { credentialId }))).id);
  for (const id of ids) await it.until(id, ({ state }) => state === 'online');
  subject = (await it.client.machines.add(settingsFor(host))).id;
});
afterEach(async () => {
  await it.close();
  await folder.remove();
  for (const { name } of lab.machines) {
    await lab.drawNetwork(name, null);
    await lab.misbehave(name, null);
  }
});

const endOf = (items: readonly SecondOpinionItem[]) => {
  const last = items.at(-1);
  if (last?.kind !== 'end') throw new Error('It did not end.');
  return last;
};

describe('network faults', () => {
  test.each(faults.map((each) => [each.name, each] as const))(
    '%s',
    async (_, { name, theirs, expected, set = [], says, ...fault }) => {
      mine = fault.mine;
      for (const [i, machine] of witnesses().entries()) await lab.drawNetwork(machine.name, { [host]: theirs[i]! });
      const startedAt = performance.now();
      const items = await all(it.client.diagnose.secondOpinion({ machineId: subject }));
      const { verdict, markdown } = endOf(items);
      const candidates = verdict.candidates.map(({ what }) => what);
      rows.push(
        `| ${name} | ${expected} | ${verdict.id}${candidates.length > 0 ? ` {${candidates.length}}` : ''} | ${Math.round(performance.now() - startedAt)} |`,
      );
      expect({ id: verdict.id, sentence: verdict.sentence }).toMatchObject({ id: expected });
      for (const each of set)
        expect(
          candidates.some((what) => each.test(what)),
          `${each} among ${candidates.join(' | ')}`,
        ).toBe(true);
      if (says !== undefined) expect(`${verdict.sentence} ${verdict.detail}`).toMatch(says);
      expect(items.filter((item) => item.kind === 'witness' && item.witness.state === 'answered')).toHaveLength(4);
      expect(markdown).toContain('## Who sees what');
      right++;
    },
    20_000,
  );

  test('there are at least twelve, and nineteen of twenty are right', () => {
    expect(faults.length).toBeGreaterThanOrEqual(12);
    expect(right / faults.length).toBeGreaterThanOrEqual(0.95);
  });
});

test('as the fleet is: a machine that refuses everybody, and one that this computer reaches as well', async () => {
  const other = lab.machines[4]!;
  mine = { addresses: ['127.0.0.1'], port: 'open' };
  const { id } = await it.client.machines.add(labSettings(other));
  expect(endOf(await all(it.client.diagnose.secondOpinion({ machineId: id }))).verdict.id).toBe('reachable');
  await lab.misbehave(other.name, { kind: 'refuse-connections' });
  mine = { addresses: ['127.0.0.1'], port: 'refused' };
  const { verdict } = endOf(await all(it.client.diagnose.secondOpinion({ machineId: id })));
  expect(verdict).toMatchObject({ id: 'its-listener', sentence: expect.stringContaining(other.address) });
});

test('nobody to ask', async () => {
  mine = silent;
  await it.client.machines.remove({ ids: [...it.machines.keys()].filter((id) => id !== subject) });
  expect(endOf(await all(it.client.diagnose.secondOpinion({ machineId: subject }))).verdict.id).toBe('none');
});
