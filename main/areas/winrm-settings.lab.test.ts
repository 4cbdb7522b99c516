import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WinrmChange } from '../../shared/contract/winrm-settings.ts';
import {
  all,
  labSettings,
  newDataFolder,
  passwordSet,
  startTestConsole,
  type TestConsole,
} from '../console-fixture.ts';
import { type Lab, type LabMachine, startLab } from '../lab/start-lab.ts';

/** What the WinRM view shows and asks, against the lab: reading, locks, certificates, mappings, plug-ins, Restore, snapshots, quickconfig. */

let lab: Lab;
let folder: { path: string; remove: () => Promise<void> };
let console_: TestConsole;
const ids = new Map<string, string>();

beforeAll(async () => {
  lab = await startLab({ machines: 14, https: true, pendingMs: 50 });
  folder = await newDataFolder();
  console_ = await startTestConsole(folder.path);
  const { id: credentialId } = await console_.client.credentials.save(
    passwordSet(lab.machines[0]!.user, lab.machines[0]!.password),
  );
  for (const machine of lab.machines) {
    const pin = machine.certificateSha256!;
    const { id } = await console_.client.machines.add(labSettings(machine, { credentialId, pin }));
    ids.set(machine.name, id);
  }
  for (const id of ids.values()) await console_.until(id, ({ state }) => state === 'online');
}, 60_000);
afterAll(async () => {
  await console_?.close();
  await lab?.close();
  await folder?.remove();
});

const winrm = () => console_.client.winrmSettings;
const read = (machine: LabMachine) => winrm().read({ machineId: ids.get(machine.name)! });
async function find(fits: (locked: boolean, source: string | null) => boolean): Promise<LabMachine> {
  for (const machine of lab.machines) {
    const { settings, listeners } = await read(machine);
    if (
      fits(
        settings.some(({ lock }) => lock?.kind === 'policy'),
        listeners[0]?.source ?? null,
      )
    )
      return machine;
  }
  throw new Error('The lab has no such machine.');
}
async function change(machine: LabMachine, ...changes: WinrmChange[]) {
  const machineId = ids.get(machine.name)!;
  const preview = await winrm().preview({ machineId, changes });
  const progress = await all(
    winrm().apply({
      machineId,
      changes,
      fingerprint: preview.fingerprint,
      protect: false,
      accept: preview.couldCut ? 'unprotected' : null,
      revertAfterSeconds: 30,
      follow: null,
    }),
  );
  return { preview, last: progress.at(-1)! };
}

it('shows what Group Policy has locked, with policy, key and value, and refuses it in the preview', async () => {
  const machine = await find((locked) => locked);
  const { settings } = await read(machine);
  const locked = settings.find(({ path }) => path === 'Service/AllowUnencrypted')!;
  expect(locked.lock).toEqual({
    kind: 'policy',
    policy: {
      path: 'Computer Configuration › Administrative Templates › Windows Components › Windows Remote Management (WinRM) › WinRM Service',
      name: 'Allow unencrypted traffic',
      key: 'HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WinRM\\Service',
      valueName: 'AllowUnencryptedTraffic',
      value: '0',
    },
  });
  const preview = await winrm().preview({
    machineId: ids.get(machine.name)!,
    changes: [{ kind: 'set', path: locked.path, value: 'true' }],
  });
  expect(preview.lines.map(({ refusal }) => refusal)).toEqual([
    'The policy “Allow unencrypted traffic” sets Service/AllowUnencrypted.',
  ]);
});

it('lists the certificates of the machine, and why some of them cannot be used', async () => {
  const { certificates, listeners } = await read(lab.machines[1]!);
  expect(certificates.map(({ unsuitable }) => unsuitable.join(' ')).sort()).toEqual([
    '',
    '',
    '',
    'It has expired.',
    'It is not for server authentication.',
    'Its private key is not on the machine.',
  ]);
  expect(certificates.map(({ thumbprint }) => thumbprint)).toContain(listeners[0]!.thumbprint);
});

it('changes what cannot cut the connection at once: a setting, a plug-in, a mapping; the password stays unseen', async () => {
  const machine = await find((locked, source) => !locked && source === null);
  const secret = 'Windeck-Lab-1!';
  const mapping = {
    issuer: 'AB'.repeat(20),
    subject: '*@corp.example',
    uri: '*',
    userName: 'Administrator',
    enabled: true,
  };
  const { last } = await change(
    machine,
    { kind: 'set', path: 'Winrs/IdleTimeout', value: '600000' },
    { kind: 'set', path: 'Client/TrustedHosts', value: 'a&b,c' },
    { kind: 'set-plugin', name: 'SEL Plugin', property: 'Enabled', value: 'false' },
    { kind: 'create-mapping', ...mapping, password: secret },
  );
  expect([last.result, last.words]).toEqual(['applied', last.words]);
  const { settings, plugins, mappings } = await read(machine);
  const value = (path: string) => settings.find((setting) => setting.path === path)?.current;
  expect([value('Winrs/IdleTimeout'), value('Client/TrustedHosts')]).toEqual(['600000', 'a&b,c']);
  expect(plugins.find(({ name }) => name === 'SEL Plugin')?.enabled).toBe(false);
  expect(mappings).toEqual([{ ...mapping, source: null }]);
  expect(console_.frames.join('\n')).not.toContain(secret);
  expect(console_.exchanges.map(({ request, response }) => `${request}${response}`).join('\n')).not.toContain(
    `>${secret}<`,
  );
  expect(
    (await change(machine, { kind: 'delete-mapping', issuer: mapping.issuer, subject: mapping.subject, uri: '*' })).last
      .result,
  ).toBe('applied');
});

it('where an answer is lost and no revert is planted, the machine is read again', async () => {
  const machine = await find((locked) => !locked);
  const [first, second] = [
    { kind: 'set', path: 'MaxTimeoutms', value: '70000' },
    { kind: 'set', path: 'Winrs/IdleTimeout', value: '700000' },
  ] as const;
  await lab.misbehave(machine.name, { kind: 'drop-after', action: 'Put', times: 1 });
  const done = await change(machine, first);
  expect([done.last.result, done.last.words]).toEqual(['applied', 'It was read again, and is as it was meant.']);
  await lab.misbehave(machine.name, { kind: 'drop-before', action: 'Put', times: 1 });
  const undone = await change(machine, { ...first, value: '71000' }, second);
  expect([undone.last.phase, undone.last.result]).toEqual(['confirm', 'refused']);
  expect(undone.last.words).toMatch(/^Not all of it is changed: \S+ is \d+ instead of \d+\.$/);
}, 60_000);

it('a preview is good once: after another change it is refused', async () => {
  const machine = await find((locked) => !locked);
  const machineId = ids.get(machine.name)!;
  const changes: WinrmChange[] = [{ kind: 'set', path: 'MaxTimeoutms', value: '90000' }];
  const { fingerprint } = await winrm().preview({ machineId, changes });
  await change(machine, { kind: 'set', path: 'MaxTimeoutms', value: '80000' });
  const late = all(
    winrm().apply({
      machineId,
      changes,
      fingerprint,
      protect: true,
      accept: null,
      revertAfterSeconds: 30,
      follow: null,
    }),
  );
  await expect(late).rejects.toMatchObject({ problem: { code: 'invalid-input' } });
});

it('snapshots are kept, compared, and drift is found', async () => {
  const [first] = [await find((locked) => !locked)];
  const machineId = ids.get(first.name)!;
  const saved = await winrm().saveSnapshot({ machineId, name: 'Golden' });
  expect(await winrm().listSnapshots({})).toEqual([saved]);
  const against = { kind: 'snapshot', id: saved.id } as const;
  expect((await winrm().compare({ left: against, right: { kind: 'machine', machineId } })).differences).toEqual([]);
  await change(first, { kind: 'set', path: 'MaxBatchItems', value: '1234' });
  const { differences } = await winrm().compare({ left: against, right: { kind: 'machine', machineId } });
  expect(differences).toEqual([{ subject: 'MaxBatchItems', left: '32000', right: '1234', expected: false }]);
  const rows = await all(winrm().drift({ machineIds: [...ids.values()], against }));
  expect(rows.map(({ machineId: id }) => id).sort()).toEqual([...ids.values()].sort());
  expect(rows.find(({ machineId: id }) => id === machineId)?.outcome).toBe('drifted');
  expect(rows.every(({ outcome, differences: found }) => (outcome === 'same') === (found.length === 0))).toBe(true);
  await winrm().removeSnapshot({ id: saved.id });
  expect(await winrm().listSnapshots({})).toEqual([]);
  expect(JSON.parse(await readFile(join(folder.path, 'winrm-snapshots.json'), 'utf8'))).toEqual({
    version: 1,
    snapshots: [],
  });
});

it('quickconfig: what is there, what would change, the four actions', async () => {
  const machine = lab.machines[2]!;
  const machineId = ids.get(machine.name)!;
  const preflight = await winrm().quickconfigPreflight({ machineId, transport: 'HTTP' });
  expect(preflight.unavailable).toBeNull();
  expect(preflight.findings.map(({ what, verdict }) => `${what} ${verdict}`)).toContain('listener change');
  expect(preflight.analysis).toEqual([
    'Create a WinRM listener on HTTP://* to accept WS-Man requests to any IP on this machine.',
  ]);
  const versions = new Map(preflight.files.map(({ name, version }) => [name, version]));
  expect(versions.get('WsmSvc.dll')).toMatch(/^\d+\.\d+\.\d+\.1$/);
  expect(versions.get('WsmCL.dll')).toBeNull();
  const steps = await all(winrm().quickconfig({ machineId, transport: 'HTTP', force: false }));
  expect(
    steps.filter(({ outcome }) => outcome !== 'running').map(({ action, outcome }) => `${action} ${outcome}`),
  ).toEqual(['AnalyzeService passed', 'EnableService skipped', 'Analyze passed', 'EnableRemoting passed']);
  expect(steps.at(-1)?.results).toEqual([
    'Created a WinRM listener on HTTP://* to accept WS-Man requests to any IP on this machine.',
  ]);
  expect((await winrm().quickconfigPreflight({ machineId, transport: 'HTTP' })).nothingToDo).toBe(true);
  const script = await winrm().quickconfigScript({ generation: preflight.generation, transport: 'HTTP', force: false });
  expect(script.lines).toContain('winrm create winrm/config/listener?Address=*+Transport=HTTP');
});

it('whoever may not read winrm/config is told so, with what the registry shows', async () => {
  const { client } = console_;
  const machine = lab.machines[3]!;
  const { id: credentialId } = await client.credentials.save(passwordSet('reader', 'Windeck-Lab-2!'));
  const { id } = await client.machines.add(
    labSettings(machine, { name: 'as-reader', credentialId, pin: machine.certificateSha256! }),
  );
  await console_.until(id, ({ state }) => state === 'online' || state === 'denied');
  const outcome = await client.winrmSettings
    .read({ machineId: id })
    .catch((error: { problem: { code: string } }) => error.problem.code);
  // A lab account without rights may read nothing at all, so that it ends at the session already.
  expect(typeof outcome === 'string' ? outcome : outcome.denied?.code).toBe('access-denied');
});
