import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { Machine, MachineFacts, MachineSettings, MachinesChange } from '../../shared/contract/machines.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import type { Sink } from '../../shared/rpc/endpoint.ts';
import type { Session } from '../sessions/session.ts';
import type { MachineAccess } from '../sessions/session-pool.ts';
import type { InventoryData } from '../storage/inventory-format.ts';
import type { Identity, WSManClient } from '../wsman/index.ts';
import { connectionSecurity } from './connection-security.ts';
import { type AreaContext, noSuchCredential, notInInventory } from './context.ts';
import { credentialOf, effectiveCredential } from './effective-credential.ts';
import { accessOf } from './machine-defaults.ts';
import { readFacts } from './machine-facts.ts';
import { exportMachines, readImport } from './machine-text.ts';
import { type Bell, createBell, pump, together } from './pump.ts';

/** The inventory as the table sees it: settings, state of the session, last known facts. */
export interface MachinesArea {
  readonly handlers: ConsoleHandlers['machines'];
  /** The first calls on a new connection (SessionWorld.greet). */
  greet(machineId: string, client: WSManClient, identity: Identity | null, signal: AbortSignal): Promise<unknown>;
  /** A session has another state. */
  changed(machineId: string): void;
  /** Another inventory took the place of the one before: everything is new. */
  reload(): void;
  factsOf(machineId: string): MachineFacts | null;
  /**
   * Saves, then brings the sessions in line with what was saved: exactly those whose connection is another one get new ones. `changedSet`: the
   * secret or the account of this set is another one, so that its refusals are forgotten, and all that sign in with it are among them.
   */
  save(change: (data: InventoryData) => InventoryData, changedSet?: string): Promise<void>;
}

/** What one window has not been told yet. */
interface Watcher {
  readonly bell: Bell;
  everything: boolean;
  ids: Set<string>;
}

export function createMachines(context: AreaContext): MachinesArea {
  const facts = new Map<string, MachineFacts>();
  const lastSeen = new Map<string, number>();
  const problems = new Map<string, { error: unknown; problem: Problem }>();
  const watchers = new Set<Watcher>();

  const data = () => context.store.inventory.data;

  function plan(id: string, settings: MachineSettings): void {
    context.sessions.set(id, accessOf(settings, credentialOf(settings, data())));
  }

  /** A session's error as a problem, made once: the table asks for it at every change. */
  function problemOf(id: string, session: Session | undefined): Problem | null {
    const error = session?.status.error ?? null;
    if (error === null) return null;
    let known = problems.get(id);
    if (known?.error !== error) {
      known = { error, problem: context.toProblem(error, id) };
      problems.set(id, known);
    }
    return known.problem;
  }

  function machineOf(id: string, settings: MachineSettings): Machine {
    const session = context.sessions.get(id);
    const status = session?.status;
    return {
      id,
      settings,
      state: status?.state ?? 'unknown',
      stateSinceAt: status?.sinceAt ?? context.now(),
      lastSeenAt: status?.lastSeenAt ?? lastSeen.get(id) ?? facts.get(id)?.readAt ?? null,
      nextAttemptAt: status?.nextAttemptAt ?? null,
      problem: problemOf(id, session),
      security: connectionSecurity(status?.security ?? null),
      credential: effectiveCredential(settings, data()),
      facts: facts.get(id) ?? null,
    };
  }

  const find = (id: string): Machine => {
    const settings = data().machines.get(id);
    if (settings === undefined) throw notInInventory(id);
    return machineOf(id, settings);
  };

  function changed(id: string): void {
    for (const watcher of watchers) {
      watcher.ids.add(id);
      watcher.bell.ring();
    }
  }

  async function save(change: (data: InventoryData) => InventoryData, changedSet?: string): Promise<void> {
    const before = data();
    await context.store.inventory.update(change);
    const after = data();
    // Before any session begins anew, and each of them once: an attempt that is ended after its secret has left counts all the same.
    if (changedSet !== undefined) context.sessions.credentialChanged(changedSet);
    const inherits = before.credentials !== after.credentials || before.assignments !== after.assignments;
    for (const [id, settings] of after.machines) {
      const old = before.machines.get(id);
      if (old === settings && !inherits && changedSet === undefined) continue;
      const hasChangedSet = changedSet !== undefined && effectiveCredential(settings, after).id === changedSet;
      const isPlanned = old !== undefined && isDeepStrictEqual(accessIn(before, old), accessIn(after, settings));
      if (!isPlanned || hasChangedSet) plan(id, settings);
      if (old !== settings || !sameCredential(before, old, after, settings)) changed(id);
    }
    const removed = [...before.machines.keys()].filter((id) => !after.machines.has(id));
    if (removed.length > 0) forget(removed);
  }

  function forget(ids: readonly string[]): void {
    for (const id of ids) {
      context.sessions.remove(id);
      facts.delete(id);
      lastSeen.delete(id);
      problems.delete(id);
      changed(id);
    }
    context.store.lastKnown.forget(ids);
  }

  function reload(): void {
    context.sessions.clear();
    for (const map of [facts, lastSeen, problems]) map.clear();
    for (const [id, { value, at }] of context.store.lastKnown.all('facts')) {
      facts.set(id, value as MachineFacts);
      lastSeen.set(id, at);
    }
    for (const [id, settings] of data().machines) plan(id, settings);
    for (const watcher of watchers) {
      watcher.everything = true;
      watcher.bell.ring();
    }
  }

  async function watch(_: unknown, sink: Sink<MachinesChange>): Promise<void> {
    const watcher: Watcher = { bell: createBell(), everything: true, ids: new Set() };
    watchers.add(watcher);
    context.sessions.wakeAll();
    try {
      await together(sink.signal, (signal) => pump(sink, watcher.bell, () => changeFor(watcher), signal));
    } finally {
      watchers.delete(watcher);
    }
  }

  function changeFor(watcher: Watcher): MachinesChange | null {
    const { everything, ids } = watcher;
    watcher.everything = false;
    watcher.ids = new Set();
    const inventory = data().machines;
    if (everything) {
      return { kind: 'all', machines: [...inventory].map(([id, settings]) => machineOf(id, settings)) };
    }
    if (ids.size === 0) return null;
    const changed: Machine[] = [];
    const removed: string[] = [];
    for (const id of ids) {
      const settings = inventory.get(id);
      if (settings === undefined) removed.push(id);
      else changed.push(machineOf(id, settings));
    }
    return { kind: 'changed', machines: changed, removed };
  }

  return {
    reload,
    changed,
    factsOf: (id) => facts.get(id) ?? null,
    save,
    async greet(id, client, identity, signal) {
      const read = await readFacts(client, identity, signal, context.now);
      if (data().machines.has(id)) {
        facts.set(id, read.facts);
        lastSeen.set(id, read.facts.readAt);
        context.store.lastKnown.put(id, 'facts', read.facts, read.facts.readAt);
      }
      return read.missing;
    },
    handlers: {
      watch,
      async add(settings) {
        const id = randomUUID();
        await save((old) => ({ ...old, machines: new Map(old.machines).set(id, settings) }));
        return find(id);
      },
      async update({ id, settings }) {
        await save((old) => {
          if (!old.machines.has(id)) throw notInInventory(id);
          return { ...old, machines: new Map(old.machines).set(id, settings) };
        });
        return find(id);
      },
      async remove({ ids }) {
        await save((old) => {
          const machines = new Map(old.machines);
          for (const id of ids) machines.delete(id);
          return { ...old, machines };
        });
      },
      async tag({ ids, add, remove }) {
        await save((old) => {
          const machines = new Map(old.machines);
          for (const id of ids) {
            const settings = machines.get(id);
            if (settings === undefined) continue;
            const tags = [...new Set([...settings.tags.filter((tag) => !remove.includes(tag)), ...add])];
            machines.set(id, { ...settings, tags });
          }
          return { ...old, machines };
        });
      },
      async refresh({ ids }) {
        await Promise.all(ids.map((id) => context.sessions.get(id)?.retry()));
      },
      async previewImport({ text, format }) {
        return readImport(text, format, [...data().machines.values()]);
      },
      async import({ text, format, credentialId }) {
        if (credentialId !== null && !data().credentials.has(credentialId)) throw noSuchCredential();
        let added = 0;
        await save((old) => {
          const preview = readImport(text, format, [...old.machines.values()]);
          const machines = new Map(old.machines);
          for (const { verdict, settings } of preview.rows) {
            if (verdict !== 'new' || settings === null) continue;
            machines.set(randomUUID(), { ...settings, credentialId });
            added++;
          }
          return { ...old, machines };
        });
        return { added };
      },
      async export({ ids, format }) {
        const chosen = ids ?? [...data().machines.keys()];
        const list = chosen.map((id) => data().machines.get(id)).filter((settings) => settings !== undefined);
        return exportMachines(list, format, context.now());
      },
    },
  };
}

function accessIn(data: InventoryData, settings: MachineSettings): MachineAccess {
  return accessOf(settings, credentialOf(settings, data));
}

function sameCredential(
  before: InventoryData,
  old: MachineSettings,
  after: InventoryData,
  settings: MachineSettings,
): boolean {
  return isDeepStrictEqual(effectiveCredential(old, before), effectiveCredential(settings, after));
}
