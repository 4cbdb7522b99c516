import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MachineSettings } from '../../shared/contract/machines.ts';
import type { ApplyProgress, ChangePreview, WinrmChange } from '../../shared/contract/winrm-settings.ts';
import {
  all,
  labSettings,
  newDataFolder,
  passwordSet,
  problemOf,
  startTestConsole,
  type TestConsole,
} from '../console-fixture.ts';
import { portOfNobody } from '../lab/lab-test-client.ts';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';

/**
 * Twelve classes of bad change, each made over the very connection that it cuts: afterwards the machine answers as before, and nothing of
 * ours is left on it. Real sockets of the lab really close. A thirteenth, good one stays.
 */

const minute = 60_000;
const revertAfterSeconds = 6;
let http: Lab;
let https: Lab;
let older: Lab;
let folder: { path: string; remove: () => Promise<void> };
let console_: TestConsole;
const table: string[] = [];

interface Case {
  readonly name: string;
  readonly lab: () => Lab;
  readonly settings?: Partial<MachineSettings>;
  readonly changes: (machine: LabMachine, thumbprints: { current: string; other: string }) => WinrmChange[];
  readonly cutClass: string;
}

const http_ = () => http;
const elsewhere = portOfNobody();
const listener = { address: '*', transport: 'HTTP' } as const;
const whole = (port: number) => ({ port, hostname: null, enabled: true, urlPrefix: 'wsman', thumbprint: null });
const set = (path: string, value: string): WinrmChange => ({ kind: 'set', path, value });

const cases: readonly Case[] = [
  {
    name: 'listener off',
    lab: http_,
    cutClass: 'listener-removed',
    changes: ({ port }) => [{ kind: 'edit-listener', ...listener, ...whole(port), enabled: false }],
  },
  {
    name: 'port',
    lab: http_,
    cutClass: 'port',
    changes: () => [{ kind: 'edit-listener', ...listener, ...whole(elsewhere) }],
  },
  {
    name: 'address',
    lab: http_,
    cutClass: 'address',
    // ::1 is an address of the machine, and not the one that this console comes by.
    changes: ({ port }) => [
      { kind: 'create-listener', address: 'IP:::1', transport: 'HTTP', ...whole(port) },
      { kind: 'delete-listener', ...listener },
    ],
  },
  {
    name: 'transport',
    lab: http_,
    cutClass: 'transport',
    changes: (_machine, { other }) => [
      {
        kind: 'create-listener',
        address: '*',
        transport: 'HTTPS',
        ...whole(elsewhere + 1),
        hostname: '',
        thumbprint: other,
      },
      { kind: 'delete-listener', ...listener },
    ],
  },
  {
    name: 'authentication',
    lab: http_,
    cutClass: 'authentication',
    changes: () => [set('Service/Auth/Negotiate', 'false')],
  },
  {
    name: 'clear text off',
    lab: http_,
    cutClass: 'clear-text',
    settings: { signIn: 'basic', allowClearText: true },
    changes: () => [set('Service/AllowUnencrypted', 'false')],
  },
  {
    name: 'RootSDDL',
    lab: http_,
    cutClass: 'permissions',
    changes: () => [set('Service/RootSDDL', 'O:NSG:BAD:P(A;;GR;;;IU)S:P(AU;FA;GA;;;WD)')],
  },
  {
    name: 'IPv4 filter',
    lab: http_,
    cutClass: 'address-filter',
    changes: () => [set('Service/IPv4Filter', '192.0.2.1-192.0.2.9')],
  },
  {
    name: 'MaxConnections',
    lab: http_,
    cutClass: 'max-connections',
    changes: () => [set('Service/MaxConnections', '1')],
  },
  {
    name: 'certificate',
    lab: () => https,
    cutClass: 'certificate',
    changes: ({ port }, { other }) => [
      { kind: 'edit-listener', address: '*', transport: 'HTTPS', ...whole(port), thumbprint: other },
    ],
  },
  { name: 'service stopped', lab: http_, cutClass: 'service', changes: () => [{ kind: 'stop-service' }] },
  { name: 'firewall', lab: http_, cutClass: 'firewall', changes: () => [{ kind: 'set-firewall', enabled: false }] },
];

beforeAll(async () => {
  // Machines in plenty, since some are managed by policy and some are too old for scheduled tasks.
  http = await startLab({ machines: 90, pendingMs: 100 });
  older = await startLab({ machines: 12, stacks: ['2.0'], pendingMs: 100 });
  https = await startLab({ machines: 20, https: true, pendingMs: 100 });
  folder = await newDataFolder();
  console_ = await startTestConsole(folder.path);
}, minute);
afterAll(async () => {
  process.stdout.write(
    `\n${['change             | cut seen | result    | as before | left behind', ...table].join('\n')}\n`,
  );
  await console_?.close();
  await http?.close();
  await https?.close();
  await older?.close();
  await folder?.remove();
}, minute);

async function add(machine: LabMachine, change: Partial<MachineSettings> = {}): Promise<string> {
  const { client } = console_;
  const { id: credentialId } = await client.credentials.save(passwordSet(machine.user, machine.password));
  const pin = machine.certificateSha256 ?? null;
  const { id } = await client.machines.add(labSettings(machine, { credentialId, pin, ...change }));
  await console_.until(id, ({ state }) => state === 'online');
  return id;
}

const used = new Set<string>();
/** The next machine of that lab on which nothing that the changes touch is locked. */
async function take(
  lab: Lab,
  settings: Partial<MachineSettings>,
  fits: (stack: string | null) => boolean = (stack) => stack === '3.0',
): Promise<{ id: string; machine: LabMachine }> {
  for (const machine of lab.machines) {
    const key = `${machine.name}:${machine.port}`;
    if (used.has(key)) continue;
    used.add(key);
    const { signIn, allowClearText, ...rest } = settings;
    const id = await add(machine, rest);
    const { settings: found, listeners, stack } = await console_.client.winrmSettings.read({ machineId: id });
    if (
      !fits(stack) ||
      found.some(({ lock }) => lock?.kind === 'policy') ||
      listeners.some(({ source }) => source !== null)
    )
      continue;
    if (signIn === undefined) return { id, machine };
    // Clear text has to be allowed at both ends before it can be taken away.
    const preview = await console_.client.winrmSettings.preview({
      machineId: id,
      changes: [set('Service/AllowUnencrypted', 'true')],
    });
    const progress = await apply(id, preview, [set('Service/AllowUnencrypted', 'true')]);
    expect(progress.at(-1)?.result).toBe('applied');
    const { settings: old } = console_.machines.get(id)!;
    await console_.client.machines.update({
      id,
      settings: { ...old, signIn, allowClearText: allowClearText ?? false },
    });
    await console_.until(id, ({ state, security }) => state === 'online' && security?.mechanism === 'Basic');
    return { id, machine };
  }
  throw new Error('The lab has no machine left for this.');
}

const apply = (
  machineId: string,
  preview: ChangePreview,
  changes: WinrmChange[],
  more: object = {},
): Promise<ApplyProgress[]> =>
  all(
    console_.client.winrmSettings.apply({
      machineId,
      changes,
      fingerprint: preview.fingerprint,
      protect: preview.couldCut,
      accept: null,
      revertAfterSeconds,
      follow: null,
      ...more,
    }),
  );

describe('changes that cut the connection that carries them', () => {
  it.for(cases)(
    '$name: taken back by the machine, nothing left behind',
    async ({ name, lab, settings = {}, changes, cutClass }) => {
      const { client } = console_;
      const { id, machine } = await take(lab(), settings);
      const before = await client.winrmSettings.read({ machineId: id });
      expect(before.listeners.some(({ carriesThisConnection }) => carriesThisConnection)).toBe(true);
      const usable = before.certificates
        .filter(({ unsuitable }) => unsuitable.length === 0)
        .map(({ thumbprint }) => thumbprint);
      const current = before.listeners[0]!.thumbprint;
      const host = before.certificates.find(({ thumbprint }) => thumbprint !== current && usable.includes(thumbprint))!;
      const asked = changes(machine, { current, other: host.thumbprint }).map((change) =>
        'thumbprint' in change && change.thumbprint ? { ...change, hostname: host.hostname } : change,
      );

      const preview = await client.winrmSettings.preview({ machineId: id, changes: asked });
      expect(preview.lines.map(({ refusal }) => refusal).filter((refusal) => refusal !== null)).toEqual([]);
      expect(preview.lines.map(({ risk }) => risk?.class)).toContain(cutClass);
      expect(preview.revertBy).not.toBeNull();
      const refused = await problemOf(apply(id, preview, asked, { protect: false }));
      expect(refused.code).toBe('invalid-input');

      const progress = await apply(id, preview, asked);
      const last = progress.at(-1)!;
      const words = progress.map(({ phase, outcome, words: text }) => `${phase} ${outcome} ${text}`).join('\n');
      expect([last.result, words]).toEqual(['reverted', words]);
      const confirm = progress.find(({ phase, outcome }) => phase === 'confirm' && outcome === 'failed');

      await console_.until(id, ({ state }) => state === 'online');
      const after = await client.winrmSettings.read({ machineId: id });
      const asBefore = after.fingerprint === before.fingerprint;
      table.push(
        `${name.padEnd(18)} | ${confirm ? 'yes' : 'NO '}      | ${last.result}  | ${asBefore ? 'yes' : 'NO '}       | ${after.pendingReverts.length}`,
      );
      expect(confirm).toBeDefined();
      expect(after.pendingReverts).toEqual([]);
      expect(asBefore).toBe(true);
    },
    3 * minute,
  );
});

it(
  'a port that the console can follow stays, and the inventory goes with it',
  async () => {
    const { client } = console_;
    const { id, machine } = await take(http, {});
    const changes: WinrmChange[] = [{ kind: 'edit-listener', ...listener, ...whole(elsewhere + 2) }];
    const preview = await client.winrmSettings.preview({ machineId: id, changes });
    expect(preview.follow).toEqual({ transport: 'http', port: elsewhere + 2, path: 'wsman' });
    const progress = await apply(id, preview, changes, { follow: preview.follow, revertAfterSeconds: 20 });
    expect([progress.at(-1)?.result, progress.at(-1)?.words]).toEqual(['applied', progress.at(-1)?.words]);
    const moved = await console_.until(
      id,
      ({ state, settings }) => state === 'online' && settings.port !== machine.port,
    );
    expect(moved.settings.port).toBe(elsewhere + 2);
    const after = await client.winrmSettings.read({ machineId: id });
    expect(after.pendingReverts).toEqual([]);
    expect(after.listeners.map(({ port, carriesThisConnection }) => [port, carriesThisConnection])).toEqual([
      [elsewhere + 2, true],
    ]);
  },
  minute,
);

it(
  'a machine without the newer Task Scheduler takes a job, and is as before when its minute has come',
  async () => {
    const { client } = console_;
    const { id } = await take(older, {}, (stack) => stack === '2.0');
    const before = await client.winrmSettings.read({ machineId: id });
    const changes = [set('Service/IPv4Filter', '192.0.2.1-192.0.2.9')];
    const preview = await client.winrmSettings.preview({ machineId: id, changes });
    expect(preview.revertBy).toBe('scheduled-job');
    const progress = await apply(id, preview, changes);
    expect([progress.at(-1)?.result, progress.at(-1)?.words]).toEqual(['reverted', progress.at(-1)?.words]);
    expect((await client.winrmSettings.read({ machineId: id })).fingerprint).toBe(before.fingerprint);
  },
  4 * minute,
);

it('says in the audit file what was planted and what came of it, and never a secret', async () => {
  const text = await readFile(join(folder.path, 'audit.log'), 'utf8');
  const events = text
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { event: string }).event);
  expect(events.filter((event) => event === 'winrm-revert-planted').length).toBeGreaterThanOrEqual(cases.length);
  expect(events).toContain('winrm-reverted');
  expect(events).toContain('winrm-confirmed');
  for (const { password } of http.machines) expect(text).not.toContain(password);
});
