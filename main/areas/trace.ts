/** What was said to a machine and what it answered: kept for a while, shown, exported. Fed by the clients' `onExchange`. */
import type { ConsoleHandlers } from '../../shared/contract/contract.ts';
import type { MachineFacts, MachineSettings } from '../../shared/contract/machines.ts';
import { ProblemError } from '../../shared/contract/problem.ts';
import type { TraceChange, TraceFile } from '../../shared/contract/trace.ts';
import type { Exchange, ExchangeRecording } from '../wsman/index.ts';
import { type AreaContext, notInInventory } from './context.ts';
import { createKnownSecrets, type KnownSecrets } from './known-secrets.ts';
import { createBell, pump } from './pump.ts';
import { createTraceRings, type TraceRings } from './trace-ring.ts';
import { exchangeOf, rowOf } from './trace-rows.ts';

export interface TraceRecorder {
  readonly rings: TraceRings;
  readonly secrets: KnownSecrets;
  /** What the client of a machine is told: how its exchanges are recorded, and where they go. */
  recordingOf(machineId: string): { onExchange(exchange: Exchange): void; recording: ExchangeRecording };
  keepsContents(machineId: string): boolean;
  keepContents(machineId: string, keep: boolean): void;
  onContents(machineId: string, listener: () => void): () => void;
  /** The machine is no longer in the inventory. */
  forget(machineId: string): void;
}

export function createTraceRecorder(
  rings: TraceRings = createTraceRings(),
  secrets: KnownSecrets = createKnownSecrets(),
): TraceRecorder {
  const keeping = new Set<string>();
  const listeners = new Map<string, Set<() => void>>();
  return {
    rings,
    secrets,
    forget(machineId) {
      keeping.delete(machineId);
      rings.clear(machineId);
    },
    recordingOf: (machineId) => ({
      onExchange: (exchange) => rings.add(machineId, masked(exchange, secrets)),
      recording: { contents: () => keeping.has(machineId), onSecret: secrets.learn },
    }),
    keepsContents: (machineId) => keeping.has(machineId),
    keepContents(machineId, keep) {
      if (keep) keeping.add(machineId);
      else keeping.delete(machineId);
      for (const listener of listeners.get(machineId) ?? []) listener();
    },
    onContents(machineId, listener) {
      const all = listeners.get(machineId) ?? new Set();
      listeners.set(machineId, all.add(listener));
      return () => {
        all.delete(listener);
        if (all.size === 0) listeners.delete(machineId);
      };
    },
  };
}

/** Before it is kept: no text of an exchange goes into the ring with a secret that is known by then. */
function masked(exchange: Exchange, { mask }: KnownSecrets): Exchange {
  const { request, response, error } = exchange;
  return {
    ...exchange,
    request: request === null ? null : mask(request),
    response: response === null ? null : mask(response),
    error: error === null ? null : { name: error.name, message: mask(error.message) },
  };
}

/** `version`: of the application, for exports. */
export function createTrace(
  context: AreaContext,
  recorder: TraceRecorder,
  { version }: { readonly version: string },
): ConsoleHandlers['trace'] {
  const { rings, secrets } = recorder;

  function settingsOf(machineId: string): MachineSettings {
    const settings = context.store.inventory.data.machines.get(machineId);
    if (settings === undefined) throw notInInventory(machineId);
    return settings;
  }

  return {
    async watch({ machineId }, sink) {
      settingsOf(machineId);
      const bell = createBell();
      let seen = 0;
      let whole = true;
      let contents = recorder.keepsContents(machineId);
      const take = (): TraceChange | null => {
        const keeps = recorder.keepsContents(machineId);
        const all = rings.all(machineId);
        const dropped = rings.dropped(machineId);
        if (whole) {
          whole = false;
          contents = keeps;
          seen = all.at(-1)?.id ?? 0;
          return { kind: 'all', rows: all.map((kept) => rowOf(kept, secrets.mask)), contents, dropped };
        }
        if (keeps !== contents) {
          contents = keeps;
          bell.ring();
          return { kind: 'contents', contents };
        }
        const added = all.filter(({ id }) => id > seen);
        if (added.length === 0) return null;
        seen = added.at(-1)?.id ?? seen;
        return {
          kind: 'added',
          rows: added.map((kept) => rowOf(kept, secrets.mask)),
          oldestId: all[0]?.id ?? 0,
          dropped,
        };
      };
      const quiet = [
        rings.listen(machineId, (change) => {
          if (change === 'cleared') whole = true;
          bell.ring();
        }),
        recorder.onContents(machineId, () => bell.ring()),
      ];
      try {
        await pump(sink, bell, take, sink.signal);
      } finally {
        for (const stop of quiet) stop();
      }
    },
    async exchange({ machineId, id }) {
      settingsOf(machineId);
      const kept = rings.find(machineId, id);
      if (kept === undefined) throw noLongerKept(machineId);
      return exchangeOf(kept, secrets.mask);
    },
    async keepContents({ machineId, keep }) {
      settingsOf(machineId);
      recorder.keepContents(machineId, keep);
    },
    async clear({ machineId }) {
      settingsOf(machineId);
      rings.clear(machineId);
    },
    async export({ machineId, ids }, sink) {
      const settings = settingsOf(machineId);
      const wanted = ids === null ? null : new Set(ids);
      const all = rings.all(machineId).filter(({ id }) => wanted === null || wanted.has(id));
      const file: TraceFile = {
        format: 'windeck-trace',
        version: 1,
        about:
          'WS-Management messages between Windeck and one machine, decrypted. Passwords, tokens and other secrets that are known were masked before they were kept. "windeck trace FILE" shows it.',
        exportedAt: context.now(),
        application: `Windeck ${version}`,
        machine: {
          name: settings.name,
          address: settings.address,
          operatingSystem: operatingSystemOf(context, machineId),
        },
        exchanges: [],
      };
      const [head = '', foot = ''] = secrets.mask(JSON.stringify(file, null, 1)).split(/\[\](?=\s*\}$)/);
      await sink.push(`${head}[`);
      let separator = '';
      for (const kept of all) {
        await sink.push(`${separator}\n${JSON.stringify(exchangeOf(kept, secrets.mask))}`);
        separator = ',';
      }
      await sink.push(`\n]${foot}\n`);
    },
  };
}

function operatingSystemOf(context: AreaContext, machineId: string): string | null {
  const facts = context.store.lastKnown.get(machineId, 'facts')?.value as Partial<MachineFacts> | undefined;
  const { osCaption, osVersion } = facts ?? {};
  return [osCaption, osVersion].filter((part) => typeof part === 'string').join(' ') || null;
}

function noLongerKept(machineId: string): ProblemError {
  return new ProblemError({
    code: 'not-found',
    message: 'This exchange is no longer kept: newer ones took its place.',
    advice: ['Pause the list and save what you need.'],
    retryable: false,
    machineId,
  });
}
