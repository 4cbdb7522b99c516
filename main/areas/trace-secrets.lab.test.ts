/**
 * A condensed day of work with recognisable secrets in every place where one may stand. Then everything that the trace has kept, everything
 * that went to the window, and the file that is saved, is searched for them in every form.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LineEvent } from '../../shared/contract/command-lines.ts';
import type { TraceRow } from '../../shared/contract/trace.ts';
import {
  all,
  first,
  labSettings,
  newDataFolder,
  passwordSet,
  startTestConsole,
  type TestConsole,
  testOf,
  typedPassword,
} from '../console-fixture.ts';
import { type Lab, startLab } from '../lab/start-lab.ts';
import { createTraceRecorder, type TraceRecorder } from './trace.ts';
import { createTraceRings } from './trace-ring.ts';

const planted = {
  wrong: 'Pl4nted-Wr0ng-Passw0rd',
  wrongTyped: 'Pl4nted-Typ3d-Passw0rd',
  service: 'Pl4nted-S3rvice-<Passw0rd>&',
  mapping: 'Pl4nted-M4pping-Passw0rd',
  process: 'Pl4nted-Pr0cess-Argument',
  command: 'Pl4nted-C0mmand-Argument',
  encoded: 'Pl4nted-Enc0ded-Argument',
  task: 'Pl4nted-T4sk-Password',
  input: 'Pl4nted-St4ndard-Input',
  output: 'Pl4nted-St4ndard-Output',
};

/** As text in several escapes and encodings, in base64 at each of the three offsets. */
function formsOf(secret: string): readonly string[] {
  const xml = secret.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  const texts = [secret, xml, xml.replace(/"/g, '&quot;'), xml.replace(/"/g, '&quot;').replace(/'/g, '&apos;')];
  const bytes = [Buffer.from(secret, 'utf8'), Buffer.from(secret, 'utf16le'), Buffer.from(xml, 'utf8')];
  const coded = bytes.flatMap((part) =>
    [0, 1, 2].map((offset) =>
      Buffer.concat([Buffer.alloc(offset), part])
        .toString('base64')
        .replace(/=+$/, '')
        .slice(offset === 0 ? 0 : 4, -4),
    ),
  );
  return [...texts, ...texts.map((text) => JSON.stringify(text).slice(1, -1)), encodeURIComponent(secret), ...coded];
}

/** Which of the secrets a text holds, in whatever form. */
function foundIn(text: string, secrets: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(secrets)
    .filter(([, secret]) => formsOf(secret).some((form) => text.includes(form)))
    .map(([name]) => name);
}

const encodedCommand = (text: string) =>
  `winrs powershell -EncodedCommand ${Buffer.from(text, 'utf16le').toString('base64')}`;

let lab: Lab;
let tls: Lab;
let folder: Awaited<ReturnType<typeof newDataFolder>>;
let recorder: TraceRecorder;
let it: TestConsole;
/** By name: `ntlm`, `basic`, `certificate`, `digest`. */
const ids: Record<string, string> = {};
let secretsOfLab: Readonly<Record<string, string>>;

beforeAll(async () => {
  [lab, tls] = await Promise.all([
    startLab({ machines: 3, auth: 'ntlm,basic', controllers: 1, pendingMs: 100 }),
    startLab({ machines: 2, https: true, auth: 'certificate,ntlm,basic' }),
  ]);
  folder = await newDataFolder();
  recorder = createTraceRecorder();
  it = await startTestConsole(folder.path, {}, { recorder });
});
afterAll(async () => {
  await it?.close();
  await folder?.remove();
  await Promise.all([lab?.close(), tls?.close()]);
});

async function type(machineId: string, line: string, input: readonly string[] = []): Promise<LineEvent[]> {
  const running = it.client.commandLines.run({ line, machineId, format: 'text' });
  const events: LineEvent[] = [];
  for await (const event of running) {
    events.push(event);
    if (event.kind === 'question') {
      void running.send({
        kind: 'answer',
        question: event.question,
        text: event.form === 'confirm' ? 'y' : planted.wrongTyped,
      });
    }
    if (event.kind !== 'begin' || !event.takesInput) continue;
    for (const text of input) await running.send({ kind: 'input', text });
    await running.send({ kind: 'end-of-input' });
  }
  return events;
}

test('the day: signing in by every means, services, configuration, commands with input, refusals', async () => {
  const [windows, second, controller] = lab.machines;
  const [secure, mapped] = tls.machines;
  if (!windows || !second || !controller || !secure || !mapped)
    throw new Error('The lab is smaller than it should be.');
  const { clientCertificate } = tls;
  secretsOfLab = {
    password: windows.password,
    controllerPassword: controller.password,
    passphrase: clientCertificate!.passphrase,
    key: clientCertificate!.keyPem.split('\n')[2]!,
  };
  const set = await it.client.credentials.save(passwordSet(windows.user, windows.password));
  const add = async (name: string, ...settings: Parameters<typeof labSettings>) => {
    ids[name] = (await it.client.machines.add(labSettings(...settings))).id;
  };
  await add('ntlm', windows, { credentialId: set.id });
  await add('contents', second, { credentialId: set.id });
  const pin = secure.certificateSha256 ?? null;
  await add('basic', secure, { credentialId: set.id, signIn: 'basic', pin });
  const pem = {
    format: 'pem',
    certificates: clientCertificate!.certificatePem,
    key: clientCertificate!.keyPem,
  } as const;
  const shown = { kind: 'certificate', file: { ...pem, passphrase: null } } as const;
  const certificate = await it.client.credentials.save({ id: null, name: 'Certificate', credential: shown });
  const pinned = { signIn: 'certificate', pin: mapped.certificateSha256 ?? null } as const;
  await add('certificate', mapped, { credentialId: certificate.id, ...pinned });
  const board = await it.client.credentials.save(passwordSet(controller.user, controller.password));
  await add('digest', controller, { credentialId: board.id, signIn: 'digest', allowClearText: true });
  for (const id of Object.values(ids)) await it.until(id, ({ state }) => state === 'online');

  const main = ids['ntlm']!;
  const settings = labSettings(windows);
  await testOf(it.client, { settings, credential: typedPassword('nobody', planted.wrong) });
  const basic = labSettings(secure, { signIn: 'basic', pin });
  await testOf(it.client, { settings: basic, credential: typedPassword('nobody', planted.wrong) });
  await type(main, `winrm id -r:${windows.address}:${windows.port} -u:nobody -p:${planted.wrongTyped} -trusted`);
  await all(
    it.client.windowsServices.control({ machineId: main, name: 'Spooler', action: 'restart', withDependants: true }),
  );
  await type(
    main,
    `winrm invoke Change wmicimv2/Win32_Service?Name=Spooler @{StartName="LAB\\svc";StartPassword="${planted.service}"}`,
  );
  await type(
    main,
    `winrm create winrm/config/service/certmapping?Issuer=${'a'.repeat(40)}+Subject=someone@example+URI=* @{UserName="someone";Password="${planted.mapping}"}`,
  );
  await type(
    main,
    `winrm invoke Create wmicimv2/Win32_Process @{CommandLine="cmd /c net use x: /user:a ${planted.process}"}`,
  );
  await type(main, `winrm get wmicimv2/Win32_Service?Name=Spooler -fragment:StartPassword`);
  for (const id of [main, ids['basic']!, ids['certificate']!]) {
    await type(id, `winrs echo ${planted.command}`);
    await type(id, 'winrs more', [`${planted.input}\r\n`]);
    await type(id, encodedCommand(`Write-Output '${planted.encoded}'`));
    await type(id, `winrs schtasks /create /tn x /tr calc /sc once /st 00:00 /ru someone /rp ${planted.task}`);
  }
  await type(main, `winrm enumerate wmicimv2/Win32_Process`);

  // Contents on: what the console knows is taken out all the same, in every form; what it cannot know is there.
  const kept = ids['contents']!;
  await it.client.trace.keepContents({ machineId: kept, keep: true });
  const { password } = windows;
  await type(kept, `winrs echo ${password} ${planted.output}`);
  await type(kept, encodedCommand(`net use x: /user:a '${password}'`));
  await type(kept, 'winrs more', [`${password}\r\n`]);
  await type(kept, `winrm invoke Create wmicimv2/Win32_Process @{CommandLine="cmd /c echo ${password}"}`);
}, 120_000);

const rows = async (machineId: string): Promise<readonly TraceRow[]> => {
  const change = await first(it.client.trace.watch({ machineId }), ({ kind }) => kind === 'all');
  return change.kind === 'all' ? change.rows : [];
};
const ringText = (from: TraceRecorder, machineId: string): string =>
  from.rings
    .all(machineId)
    .map(({ exchange, request, response }) =>
      [JSON.stringify(exchange), request, response].map((part) => Buffer.from(part ?? '').toString('utf8')).join('\n'),
    )
    .join('\n');

test('every way of signing in is in the trace, and so are the refusals', async () => {
  for (const [name, mechanism] of [
    ['ntlm', 'NTLM'],
    ['basic', 'Basic'],
    ['certificate', 'Certificate'],
    ['digest', 'Digest'],
  ] as const) {
    const seen = new Set(recorder.rings.all(ids[name]!).map(({ exchange }) => exchange.mechanism));
    expect(seen).toContain(mechanism);
  }
  const refused = (await rows(ids['ntlm']!)).filter(({ error }) => /reject/i.test(error ?? ''));
  expect(refused.length).toBeGreaterThanOrEqual(2);
});

test('the ring holds no planted secret, contents off', () => {
  for (const [name, id] of Object.entries(ids)) {
    if (name === 'contents') continue;
    const text = ringText(recorder, id);
    expect(text.length).toBeGreaterThan(10_000);
    expect({
      name,
      found: foundIn(text, { ...planted, ...secretsOfLab }),
    }).toEqual({ name, found: [] });
    expect({ name, token: /TlRMTVNT|Authorization["',: ]+Basic [A-Za-z0-9]/.test(text) }).toEqual({
      name,
      token: false,
    });
  }
  expect(ringText(recorder, ids['ntlm']!)).toContain('[not recorded: ');
});

test('with contents on, what the console knows is still taken out, and the rest is there', () => {
  const text = ringText(recorder, ids['contents']!);
  expect(foundIn(text, secretsOfLab)).toEqual([]);
  expect(foundIn(text, planted)).toEqual(['output']);
});

test('neither the frames to the window nor the saved file hold one; the file opens elsewhere', async () => {
  const before = it.frames.length;
  for (const id of Object.values(ids)) {
    for (const row of await rows(id)) await it.client.trace.exchange({ machineId: id, id: row.id });
  }
  // Of the trace alone: the console's own view has shown what was typed and printed there.
  const frames = it.frames.slice(before).join('\n');
  expect(frames.length).toBeGreaterThan(100_000);
  const { output: _, ...secrets } = planted;
  expect(foundIn(frames, { ...secrets, ...secretsOfLab })).toEqual([]);

  const path = join(folder.path, 'saved.json');
  const saved = (await all(it.client.trace.export({ machineId: ids['ntlm']!, ids: null }))).join('');
  expect(foundIn(saved, { ...planted, ...secretsOfLab })).toEqual([]);
  await writeFile(path, saved);
  const windeck = async (...args: readonly string[]) => {
    const cli = new URL('../cli.ts', import.meta.url).pathname;
    return (await promisify(execFile)(process.execPath, [cli, 'trace', path, ...args], { maxBuffer: 64 * 1024 * 1024 }))
      .stdout;
  };
  const list = await windeck();
  expect(list).toContain(lab.machines[0]!.name);
  expect(list).toContain('Invoke Change');
  const file = JSON.parse(await windeck('-format:json')) as { exchanges: { id: number; action: string }[] };
  const change = file.exchanges.find(({ action }) => action === 'Invoke Change')!;
  const shown = await windeck(String(change.id));
  expect(shown).toContain('StartName');
  expect(shown).toMatch(/StartPassword>•+</);
  expect(JSON.parse(await windeck(String(change.id), '-format:json'))).toMatchObject({
    id: change.id,
    action: 'Invoke Change',
  });
  expect(foundIn(list + shown, { ...planted, ...secretsOfLab })).toEqual([]);
}, 120_000);

test('the search finds them where nothing is masked', async () => {
  const open = createTraceRecorder(createTraceRings(), { learn: () => {}, mask: (text) => text });
  const other = await newDataFolder();
  const unmasked = await startTestConsole(other.path, {}, { recorder: open });
  try {
    const machine = lab.machines[1]!;
    const set = await unmasked.client.credentials.save(passwordSet(machine.user, machine.password));
    const { id } = await unmasked.client.machines.add(labSettings(machine, { credentialId: set.id }));
    await unmasked.until(id, ({ state }) => state === 'online');
    await unmasked.client.trace.keepContents({ machineId: id, keep: true });
    for (const line of [`winrs echo ${machine.password} ${planted.command}`, encodedCommand(`'${planted.encoded}'`)]) {
      await all(unmasked.client.commandLines.run({ line, machineId: id, format: 'text' }));
    }
    const { password = '' } = secretsOfLab;
    expect(foundIn(ringText(open, id), { ...planted, password })).toEqual(['command', 'encoded', 'password']);
  } finally {
    await unmasked.close();
    await other.remove();
  }
  for (const secret of Object.values(planted)) {
    for (const form of formsOf(secret)) expect(foundIn(`x${form}y`, { secret })).toEqual(['secret']);
  }
});
