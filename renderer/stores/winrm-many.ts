import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Problem } from '../../shared/contract/problem.ts';
import type { ChangePreview } from '../../shared/contract/winrm-settings.ts';
import { problemOf } from './problem-of.ts';
import { type Draft, needsPassword, passwordForPreview, toChanges } from './winrm-draft.ts';
import { type ApplyRun, type WinrmSettingsStore, winrmSettingsStore } from './winrm-settings.ts';

/** One machine of several that are to have the same changes. */
export interface ManyRow {
  readonly machineId: string;
  /**
   * `asking`: what it would make of the changes. `asked`: it said so, or `problem` says why not. `waiting`: its turn comes. `running`, `ended`:
   * `run` has the steps. `left`: nothing was sent to it; `left` says why.
   */
  readonly state: 'asking' | 'asked' | 'waiting' | 'running' | 'ended' | 'left';
  readonly preview: ChangePreview | null;
  readonly problem: Problem | null;
  readonly run: ApplyRun | null;
  readonly left: string | null;
}

/** The same changes for several machines. Goes on while no dialog shows it. */
export interface ManyRun {
  readonly draft: Draft;
  /** In the order in which they are applied. */
  readonly rows: readonly ManyRow[];
  readonly phase: 'asking' | 'asked' | 'applying' | 'ended';
  /** No further machine is begun. */
  readonly isCancelled: boolean;
}

export interface WinrmManyStore {
  readonly state: StoreApi<{ readonly run: ManyRun | null }>;
  /** Asks each machine what would change there; changes nothing. */
  ask(machineIds: readonly string[], draft: Draft): Promise<void>;
  /** Applies to those that can have it, one after another, each under a revert of its own where it could cut the connection. */
  apply(options: { readonly revertAfterSeconds: number; readonly stopsAtFailure: boolean }): Promise<void>;
  /** The machine under way is brought to its end, since half a change helps nobody; no other is begun. */
  cancel(): void;
  /** Forgets a run that is not under way. */
  forget(): void;
}

/** So many machines are asked at once. */
const askedAtOnce = 4;

/** Why this machine is left out; null where the changes can be applied to it. */
export function whyLeft({ preview, problem }: Pick<ManyRow, 'preview' | 'problem'>): string | null {
  if (problem !== null) return problem.message;
  if (preview === null) return 'It was not asked.';
  const refused = preview.lines.find((line) => line.refusal !== null);
  if (refused?.refusal) return refused.refusal;
  if (preview.lines.length === 0) return 'It is like this already.';
  if (!preview.couldCut || preview.revertBy !== null) return null;
  return preview.revertGaps[0] ?? 'No way was found to plant a revert on it. Apply it in its own room.';
}

/** Why changes are for one machine only; null where others can have them too. */
export const whyOnlyHere = (draft: Draft): string | null =>
  draft.some(needsPassword) ? 'The password of a mapping is asked for machine by machine' : null;

export function createWinrmManyStore(
  settings: Pick<WinrmSettingsStore, 'state' | 'preview' | 'apply'>,
): WinrmManyStore {
  const state = createStore<{ readonly run: ManyRun | null }>(() => ({ run: null }));
  let asking = new AbortController();

  const change = (next: (run: ManyRun) => Partial<ManyRun>): void =>
    state.setState(({ run }) => ({ run: run === null ? null : { ...run, ...next(run) } }));
  const put = (machineId: string, part: Partial<ManyRow>): void =>
    change(({ rows }) => ({ rows: rows.map((row) => (row.machineId === machineId ? { ...row, ...part } : row)) }));

  /** Resolves when the run of that machine has a result; until then the row shows it. */
  const follow = (machineId: string): Promise<ApplyRun> =>
    new Promise((resolve) => {
      const look = (): void => {
        const run = settings.state.getState()[machineId]?.run ?? null;
        if (run === null) return;
        put(machineId, { run });
        if (run.result === null) return;
        unsubscribe();
        resolve(run);
      };
      const unsubscribe = settings.state.subscribe(look);
      look();
    });

  return {
    state,
    async ask(machineIds, draft) {
      asking.abort();
      asking = new AbortController();
      const { signal } = asking;
      const rows = machineIds.map(
        (machineId): ManyRow => ({
          machineId,
          state: 'asking',
          preview: null,
          problem: null,
          run: null,
          left: null,
        }),
      );
      state.setState({ run: { draft, rows, phase: 'asking', isCancelled: false } });
      const waiting = [...machineIds];
      const changes = toChanges(draft, passwordForPreview);
      const work = async (): Promise<void> => {
        for (let machineId = waiting.shift(); machineId !== undefined; machineId = waiting.shift()) {
          let answer: Pick<ManyRow, 'preview' | 'problem'>;
          try {
            answer = { preview: await settings.preview(machineId, changes, signal), problem: null };
          } catch (error) {
            answer = { preview: null, problem: problemOf(error) };
          }
          if (signal.aborted) return;
          put(machineId, { ...answer, state: 'asked' });
        }
      };
      await Promise.all(Array.from({ length: Math.min(askedAtOnce, machineIds.length) }, work));
      if (!signal.aborted) change(() => ({ phase: 'asked' }));
    },
    async apply({ revertAfterSeconds, stopsAtFailure }) {
      const { run } = state.getState();
      if (run?.phase !== 'asked') return;
      const { draft } = run;
      const changes = toChanges(draft, passwordForPreview);
      change(({ rows }) => ({
        phase: 'applying',
        rows: rows.map((row) => {
          const left = whyLeft(row);
          return { ...row, state: left === null ? 'waiting' : 'left', left };
        }),
      }));
      let why: string | null = null;
      for (const { machineId, preview, state: before } of state.getState().run?.rows ?? []) {
        if (before !== 'waiting' || preview === null) continue;
        if (state.getState().run?.isCancelled) why = 'Cancelled before its turn came.';
        if (why !== null) {
          put(machineId, { state: 'left', left: why });
          continue;
        }
        const { fingerprint, follow: way } = preview;
        const input = { changes, fingerprint, protect: true, revertAfterSeconds, follow: way };
        if (!settings.apply(machineId, input, draft)) {
          put(machineId, { state: 'left', left: 'Other changes are being applied to it.' });
          continue;
        }
        put(machineId, { state: 'running' });
        const ended = await follow(machineId);
        put(machineId, { state: 'ended' });
        if (stopsAtFailure && ended.result !== 'applied') why = 'A machine before it did not take the changes.';
      }
      change(() => ({ phase: 'ended' }));
    },
    cancel() {
      asking.abort();
      change(({ phase }) => (phase === 'applying' ? { isCancelled: true } : {}));
      if (state.getState().run?.phase === 'asking') state.setState({ run: null });
    },
    forget() {
      const phase = state.getState().run?.phase;
      if (phase === 'asked' || phase === 'ended') state.setState({ run: null });
    },
  };
}

export const winrmManyStore: WinrmManyStore = createWinrmManyStore(winrmSettingsStore);
