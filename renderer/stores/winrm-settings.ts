import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ConsoleClient } from '../../shared/contract/contract.ts';
import type { Problem } from '../../shared/contract/problem.ts';
import type {
  ApplyProgress,
  ApplyResult,
  ChangePreview,
  FollowTo,
  QuickconfigGeneration,
  QuickconfigPreflight,
  QuickconfigScript,
  QuickconfigStep,
  WinrmChange,
  WinrmConfiguration,
} from '../../shared/contract/winrm-settings.ts';
import { attach, consoleClient } from '../host/connect.ts';
import { askBeforeLeaving } from './leaving.ts';
import { problemOf } from './problem-of.ts';
import { type StandingReading, standingReading } from './standing-reading.ts';
import type { Attach } from './standing-stream.ts';
import { type Draft, settleDraft } from './winrm-draft.ts';

/** Changes that are being applied, or were. Followed here, whether or not a dialog shows it. Holds no secret. */
export interface ApplyRun {
  readonly count: number;
  readonly startedAt: number;
  /** One per phase, in the order in which they began. */
  readonly steps: readonly ApplyProgress[];
  /** `lost`: the console or the stream went before a result came. */
  readonly result: ApplyResult | 'lost' | null;
  readonly problem: Problem | null;
  readonly endedAt: number | null;
}

export interface MachineWinrm {
  /** As it was read last; what is older says so. */
  readonly configuration: WinrmConfiguration | null;
  /** Why the last reading failed. */
  readonly problem: Problem | null;
  readonly reading: boolean;
  readonly draft: Draft;
  readonly run: ApplyRun | null;
}

export interface ApplyInput {
  readonly changes: WinrmChange[];
  readonly fingerprint: string;
  /** Consent to the planted revert. */
  readonly protect: boolean;
  readonly revertAfterSeconds: number;
  readonly follow: FollowTo | null;
}

export interface WinrmSettingsStore {
  readonly state: StoreApi<Readonly<Record<string, MachineWinrm>>>;
  /** Reads it now, after every reconnect and every minute, until the returned function is called. */
  watch(machineId: string): () => void;
  refresh(machineId: string): void;
  setDraft(machineId: string, change: (before: Draft) => Draft): void;
  preview(machineId: string, changes: WinrmChange[], signal?: AbortSignal): Promise<ChangePreview>;
  /**
   * Applies and follows. `draft` is what goes when it was applied. One run per machine: false while another is under way.
   * `input.changes` may hold a password; it is handed on in this call and kept nowhere.
   */
  apply(machineId: string, input: ApplyInput, draft: Draft): boolean;
  /** Forgets a run that has ended. */
  dismiss(machineId: string): void;
  /** A change is being made, or waits for its confirmation. */
  isChanging(): boolean;
  preflight(machineId: string, transport: 'HTTP' | 'HTTPS', signal?: AbortSignal): Promise<QuickconfigPreflight>;
  quickconfig(
    machineId: string,
    transport: 'HTTP' | 'HTTPS',
    force: boolean,
    onStep: (step: QuickconfigStep) => void,
  ): Promise<void>;
  script(generation: QuickconfigGeneration, transport: 'HTTP' | 'HTTPS', force: boolean): Promise<QuickconfigScript>;
}

/** A configuration changes rarely; whoever waits for something presses F5. */
export const rereadMs = 60_000;
const nothing: MachineWinrm = { configuration: null, problem: null, reading: false, draft: [], run: null };

export function createWinrmSettingsStore(
  client: () => Pick<ConsoleClient, 'winrmSettings'>,
  attachTo: Attach,
  now: () => number = Date.now,
): WinrmSettingsStore {
  const state = createStore<Readonly<Record<string, MachineWinrm>>>(() => ({}));
  const watched = new Map<string, { holders: number; readNow: () => void; end: () => void }>();

  let quickconfigs = 0;

  const of = (machineId: string): MachineWinrm => state.getState()[machineId] ?? nothing;
  const put = (machineId: string, change: (before: MachineWinrm) => Partial<MachineWinrm>): void => {
    state.setState((all) => {
      const before = all[machineId] ?? nothing;
      return { ...all, [machineId]: { ...before, ...change(before) } };
    }, true);
  };

  const read = async (machineId: string, signal: AbortSignal): Promise<void> => {
    // While a change is confirmed a reading would only get in its way; one follows the end of the run.
    if (isUnderWay(of(machineId).run)) return;
    put(machineId, () => ({ reading: true }));
    try {
      const configuration = await client().winrmSettings.read({ machineId }, signal);
      if (signal.aborted) return;
      put(machineId, ({ draft }) => ({
        configuration,
        problem: null,
        reading: false,
        draft: settleDraft(draft, configuration),
      }));
    } catch (error) {
      if (!signal.aborted) put(machineId, () => ({ problem: problemOf(error), reading: false }));
    }
  };

  const open = (machineId: string): StandingReading => {
    const reading = standingReading(attachTo, (signal) => read(machineId, signal), rereadMs);
    return {
      readNow: reading.readNow,
      end() {
        reading.end();
        put(machineId, () => ({ reading: false }));
      },
    };
  };

  const follow = async (machineId: string, input: ApplyInput, draft: Draft): Promise<void> => {
    let result: ApplyResult | null = null;
    let problem: Problem | null = null;
    const change = (next: (run: ApplyRun) => Partial<ApplyRun>) =>
      put(machineId, ({ run }) => (run === null ? {} : { run: { ...run, ...next(run) } }));
    try {
      const progress = client().winrmSettings.apply({
        machineId,
        ...input,
        accept: input.protect ? null : 'unprotected',
      });
      for await (const item of progress) {
        result = item.result ?? result;
        change(({ steps }) => ({ steps: withStep(steps, item) }));
      }
    } catch (error) {
      problem = problemOf(error);
    }
    change(() => ({
      result: result ?? (problem !== null && !mayHaveBegun(problem) ? 'refused' : 'lost'),
      problem,
      endedAt: now(),
    }));
    if (result === 'applied') {
      const done = new Set(draft);
      put(machineId, (before) => ({ draft: before.draft.filter((one) => !done.has(one)) }));
    }
    watched.get(machineId)?.readNow();
  };

  return {
    state,
    watch(machineId) {
      const held = watched.get(machineId) ?? { holders: 0, ...open(machineId) };
      held.holders += 1;
      watched.set(machineId, held);
      let released = false;
      return () => {
        if (released) return;
        released = true;
        held.holders -= 1;
        if (held.holders > 0) return;
        watched.delete(machineId);
        held.end();
      };
    },
    refresh: (machineId) => watched.get(machineId)?.readNow(),
    setDraft: (machineId, change) => put(machineId, ({ draft }) => ({ draft: change(draft) })),
    preview: (machineId, changes, signal) => client().winrmSettings.preview({ machineId, changes }, signal),
    apply(machineId, input, draft) {
      if (isUnderWay(of(machineId).run)) return false;
      put(machineId, () => ({
        run: {
          count: input.changes.length,
          startedAt: now(),
          steps: [],
          result: null,
          problem: null,
          endedAt: null,
        },
      }));
      void follow(machineId, input, draft);
      return true;
    },
    dismiss(machineId) {
      if (!isUnderWay(of(machineId).run)) put(machineId, () => ({ run: null }));
    },
    isChanging: () => quickconfigs > 0 || Object.values(state.getState()).some(({ run }) => isUnderWay(run)),
    preflight: (machineId, transport, signal) =>
      client().winrmSettings.quickconfigPreflight({ machineId, transport }, signal),
    async quickconfig(machineId, transport, force, onStep) {
      quickconfigs += 1;
      try {
        for await (const step of client().winrmSettings.quickconfig({ machineId, transport, force })) onStep(step);
      } finally {
        quickconfigs -= 1;
      }
      watched.get(machineId)?.readNow();
    },
    script: (generation, transport, force) =>
      client().winrmSettings.quickconfigScript({ generation, transport, force }),
  };
}

export const isUnderWay = (run: ApplyRun | null): boolean => run !== null && run.result === null;

/** Each phase is one step, which changes as it goes on. */
export function withStep(steps: readonly ApplyProgress[], item: ApplyProgress): readonly ApplyProgress[] {
  const at = steps.findLastIndex((step) => step.phase === item.phase);
  return at === -1 ? [...steps, item] : steps.with(at, item);
}

/** Refused where it entered: nothing was asked of the machine. */
const mayHaveBegun = (problem: Problem): boolean =>
  problem.code !== 'invalid-input' && problem.code !== 'access-denied';

export const winrmSettingsStore: WinrmSettingsStore = createWinrmSettingsStore(consoleClient, attach);
askBeforeLeaving(winrmSettingsStore.isChanging);
