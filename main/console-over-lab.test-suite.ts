/** What most tests of areas begin with: a lab, and a console whose inventory has its machines, each with the account that the lab gives them. */
import type { MachineSettings } from '../shared/contract/machines.ts';
import { labSettings, newDataFolder, passwordSet, startTestConsole, type TestConsole } from './console-fixture.ts';
import { type Lab, type LabMachine, type LabOptions, startLab } from './lab/start-lab.ts';

export interface ConsoleOverLab {
  readonly lab: Lab;
  readonly it: TestConsole;
  /** Of the lab's machines in the inventory, in their order. */
  readonly ids: readonly string[];
  /** One of them once more, as somebody else. Resolves with its id. */
  readonly addAs: (machine: LabMachine, user: string, password: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

export interface ConsoleOverLabOptions {
  readonly options?: Parameters<typeof startTestConsole>[2];
  readonly settings?: (index: number) => Partial<MachineSettings>;
}

/** Resolves when every machine is online. */
export async function startConsoleOverLab(
  labOptions: LabOptions,
  { options, settings = () => ({}) }: ConsoleOverLabOptions = {},
): Promise<ConsoleOverLab> {
  const stack = new AsyncDisposableStack();
  try {
    const lab = await startLab(labOptions);
    stack.defer(() => lab.close());
    const folder = await newDataFolder();
    stack.defer(folder.remove);
    const it = await startTestConsole(folder.path, {}, options);
    stack.defer(it.close);
    const add = async (machine: LabMachine, change: Partial<MachineSettings>): Promise<string> =>
      (await it.client.machines.add(labSettings(machine, change))).id;
    const setOf = async (user: string, password: string): Promise<string> =>
      (await it.client.credentials.save(passwordSet(user, password))).id;
    const { user, password } = lab.machines[0]!;
    const credentialId = await setOf(user, password);
    const ids: string[] = [];
    for (const [n, machine] of lab.machines.entries()) ids.push(await add(machine, { credentialId, ...settings(n) }));
    for (const id of ids) await it.until(id, ({ state }) => state === 'online');
    return {
      lab,
      it,
      ids,
      addAs: async (machine, name, secret) =>
        add(machine, { name: `as ${name}`, credentialId: await setOf(name, secret) }),
      close: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
