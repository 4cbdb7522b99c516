/**
 * For console-closing.lab.test.ts, as a process of its own: a console amid everything it can be busy with is closed; then nothing is left to
 * do here, and nobody calls process.exit. Arguments: a data folder, and the machines as JSON (well, silent, refusing, restarting).
 */
import { labSettings, passwordSet, startTestConsole, typedPassword } from './console-fixture.ts';

type Listening = Parameters<typeof labSettings>[0] & { readonly user: string; readonly password: string };
const [dataFolder = '', text = '[]'] = process.argv.slice(2);
const machines = JSON.parse(text) as readonly Listening[];
const it = await startTestConsole(dataFolder);
const { user: userName, password } = machines[0]!;
const credential = await it.client.credentials.save(passwordSet(userName, password));
const ids: string[] = [];
for (const machine of machines) {
  ids.push((await it.client.machines.add(labSettings(machine, { credentialId: credential.id }))).id);
}
const [well, silent, refusing, restarting] = ids as [string, string, string, string];
for (const id of [well, restarting]) await it.until(id, ({ state }) => state === 'online');
await it.until(silent, ({ state }) => state === 'connecting');
await it.until(refusing, ({ state }) => state === 'unreachable');

/** Reads on until the console ends it; resolves once there has been a first item. */
async function follow(stream: AsyncIterable<unknown>): Promise<void> {
  const reader = stream[Symbol.asyncIterator]();
  await reader.next();
  void (async () => {
    while (!(await reader.next()).done);
  })().catch(() => {});
}
await follow(it.client.gauges.watch({ machineIds: ids, intervalMs: 1000 }));
await follow(it.client.overview.watch({ machineId: well }));
await follow(it.client.windowsServices.watch({ machineId: well }));
await follow(
  it.client.windowsServices.control({ machineId: well, name: 'Spooler', action: 'restart', withDependants: false }),
);
await follow(it.client.power.run({ machineId: restarting, action: 'restart', force: false }));
const subject = {
  kind: 'settings',
  settings: labSettings(machines[1]!),
  credential: typedPassword(userName, password),
} as const;
await follow(it.client.diagnose.run({ subject, other: null }));
it.client.power.signedIn({ machineId: silent }).catch(() => {});

await it.close();
process.stdout.write('closed\n');
// Does not keep the process alive, and tells a failing test what does.
setTimeout(() => {
  process.stderr.write(`still there: ${process.getActiveResourcesInfo().join(', ')}\n`);
}, 3000).unref();
