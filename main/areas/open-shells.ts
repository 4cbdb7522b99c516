/** Who else is here: the shells that are open on a machine, ending one, and what earlier runs of this console left behind. */
import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { LeftoverShells, OpenRemoteShell } from '../../shared/contract/open-shells.ts';
import { createLimiter } from '../sessions/limiter.ts';
import type { Session } from '../sessions/session.ts';
import { openAudit } from '../storage/audit.ts';
import type { OpenShell, OpenShells } from '../storage/open-shells.ts';
import { deleteShell, listShells, type ShellRecord, type WSManClient } from '../wsman/index.ts';
import { type AreaContext, onMachine, sleep } from './context.ts';
import { createSignal, pump } from './pump.ts';

/** So many machines are asked at once whether a shell of an earlier run is still there. */
const askedAtOnce = 8;
/** So often it is looked which of them have come online. */
const lookAgainMs = 1_000;

export function createOpenShells(
  context: AreaContext,
  { openShells, dataFolder }: { readonly openShells: OpenShells; readonly dataFolder: string },
): ConsoleHandlers['openShells'] {
  const audit = openAudit(dataFolder, context.now);
  const found = new Map<string, readonly OpenRemoteShell[]>();
  const changed = createSignal();
  let hasLooked = false;

  const describe = (record: ShellRecord): OpenRemoteShell => describeShell(record, openShells);
  const read = async (client: WSManClient, signal: AbortSignal): Promise<OpenRemoteShell[]> =>
    (await listShells(client, { signal })).map(describe);

  /**
   * Asks each machine that had one, once per run, as soon as it is online: by itself this connects to nobody. What a machine does not have any
   * more is forgotten; one that never comes online keeps its entry for the next run.
   */
  async function lookForLeftovers(): Promise<void> {
    const asked = new Set<string>();
    const limiter = createLimiter(askedAtOnce);
    for (;;) {
      const waiting = machinesWithLeftovers().filter(({ machineId }) => !asked.has(machineId));
      if (waiting.length === 0) return;
      for (const { machineId, shells } of waiting) {
        const session = context.sessions.get(machineId);
        if (session?.status.state !== 'online') continue;
        asked.add(machineId);
        // What it refuses to list, its own page says.
        void limiter.run(context.closing, () => lookOn(session, shells)).catch(() => {});
      }
      await sleep(lookAgainMs, context.closing);
    }
  }

  function machinesWithLeftovers(): { readonly machineId: string; readonly shells: readonly OpenShell[] }[] {
    const left = openShells.leftovers();
    if (left.length === 0) return [];
    return [...context.store.inventory.data.machines].flatMap(([machineId, { address, port }]) => {
      const shells = left.filter((shell) => shell.host.toLowerCase() === address.toLowerCase() && shell.port === port);
      return shells.length === 0 ? [] : [{ machineId, shells }];
    });
  }

  async function lookOn(session: Session, shells: readonly OpenShell[]): Promise<void> {
    const open = await session.run(read, { signal: context.closing });
    const leftovers = open.filter(({ ours }) => ours === 'earlier-run');
    const still = new Set(leftovers.map(({ shellId }) => shellId.toLowerCase()));
    for (const { shellId } of shells) if (!still.has(shellId.toLowerCase())) openShells.remove(shellId);
    if (leftovers.length === 0) return;
    found.set(session.id, leftovers);
    changed.ring();
  }

  function forgetOne(machineId: string, shellId: string): void {
    openShells.remove(shellId);
    const rest = (found.get(machineId) ?? []).filter((shell) => shell.shellId !== shellId);
    if (rest.length > 0) found.set(machineId, rest);
    else if (!found.delete(machineId)) return;
    changed.ring();
  }

  return {
    list: ({ machineId }, signal) =>
      onMachine(context, machineId, (session) => session.run(read, { signal, urgent: true })),

    close: ({ machineId, shellId, resourceUri }, signal) =>
      onMachine(context, machineId, async (session) => {
        const machine = context.store.inventory.data.machines.get(machineId)?.name ?? machineId;
        const entry = { machine, machineId, what: 'close-shell', shellId, resourceUri };
        await audit.write({ ...entry, step: 'asked' });
        const wasOpen = await session.run(
          (client, within) => deleteShell(client, { shellId, resourceUri }, { signal: within }),
          { signal, urgent: true },
        );
        await audit.write({ ...entry, step: wasOpen ? 'closed' : 'was gone' });
        forgetOne(machineId, shellId);
        return { wasOpen };
      }),

    async leftovers(_, sink) {
      // Ends with the console.
      if (!hasLooked) lookForLeftovers().catch(() => {});
      hasLooked = true;
      const bell = changed.subscribe();
      let last: string | null = null;
      const take = (): readonly LeftoverShells[] | null => {
        const all = [...found].map(([machineId, shells]) => ({ machineId, shells }));
        const now = all.map(({ machineId, shells }) => `${machineId} ${shells.map((s) => s.shellId).join()}`).join();
        if (now === last) return null;
        last = now;
        return all;
      };
      try {
        await pump(sink, bell, take, sink.signal);
      } finally {
        bell.letGo();
      }
    },

    async forgetLeftovers() {
      for (const { shellId } of openShells.leftovers()) openShells.remove(shellId);
      found.clear();
      changed.ring();
    },
  };
}

const cmdStep = /\/windows\/shell\/cmd$/i;
const powershellStep = /^http:\/\/schemas\.microsoft\.com\/powershell\//i;

function describeShell(record: ShellRecord, openShells: OpenShells): OpenRemoteShell {
  const { shellId, resourceUri } = record;
  const key = shellId.toLowerCase();
  const isLeftover = openShells.leftovers().some((shell) => shell.shellId.toLowerCase() === key);
  return {
    shellId,
    resourceUri,
    kind: cmdStep.test(resourceUri ?? '') ? 'cmd' : powershellStep.test(resourceUri ?? '') ? 'powershell' : 'other',
    configuration: resourceUri?.slice(resourceUri.lastIndexOf('/') + 1) || null,
    name: record.name,
    owner: record.owner,
    clientAddress: record.clientAddress,
    processId: record.processId,
    isDisconnected: record.state?.toLowerCase() === 'disconnected',
    idleMs: record.inactivityMs,
    idleTimeoutMs: record.idleTimeoutMs,
    openForMs: record.runTimeMs,
    memoryBytes: record.memoryBytes,
    childProcesses: record.childProcesses,
    ours: openShells.isOurs(shellId) ? 'this-run' : isLeftover ? 'earlier-run' : null,
  };
}
