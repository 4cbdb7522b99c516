import { type ReactNode, useCallback } from 'react';
import { useStore } from 'zustand';
import type { Machine } from '../../../shared/contract/machines.ts';
import type { OverviewSections, Section } from '../../../shared/contract/overview.ts';
import type { Problem, ProblemCode } from '../../../shared/contract/problem.ts';
import { AgeLabel } from '../../components/AgeLabel.tsx';
import { Button } from '../../components/Button.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { problemLook, technicalCode } from '../../components/ProblemBanner.tsx';
import { useNow } from '../../components/useNow.ts';
import { formatTime } from '../../format.ts';
import { useMachine } from '../../stores/machines.ts';
import { overviewStore } from '../../stores/overview.ts';

type Name = keyof OverviewSections;
type ValueOf<N extends Name> = OverviewSections[N] extends Section<infer T> ? T : never;

/** A section as it may be shown now: `live` is false once a value is older than its rhythm allows, whatever was said when it came. */
export interface SectionView<T> {
  readonly value: T | null;
  readonly readAt: number | null;
  readonly live: boolean;
  readonly problem: Problem | null;
}

/** Counters come every 2 s, the rest every 30 s; three missed readings are no longer "now". */
const lifeMs: Readonly<Record<Name, number>> = {
  cpu: 8000,
  memory: 8000,
  network: 8000,
  diskActivity: 8000,
  processes: 8000,
  disks: 95_000,
  details: 95_000,
  users: 95_000,
};

/** One section of the overview. Only who uses it renders when it changes. */
export function useSection<N extends Name>(machineId: string, name: N): SectionView<ValueOf<N>> {
  const section = useStore(
    overviewStore.state,
    useCallback((all) => all[machineId]?.sections[name], [machineId, name]),
  ) as Section<ValueOf<N>> | undefined;
  // Coarse, so that this renders for its own age only now and then; the age label ticks by itself.
  const now = useNow(4000);
  const answers = useMachine(machineId)?.state === 'online';
  if (section === undefined) return { value: null, readAt: null, live: false, problem: null };
  const { value, readAt, problem } = section;
  return { value, readAt, problem, live: answers && section.live && readAt !== null && now - readAt < lifeMs[name] };
}

/** Problems of the whole connection are said once, in the banner of the page, not in every section. */
const connectionCodes: ReadonlySet<ProblemCode> = new Set([
  'unreachable',
  'timeout',
  'disconnected',
  'authentication-failed',
  'certificate-untrusted',
]);

export const isOwnProblem = (problem: Problem | null, machine: Machine): problem is Problem => {
  // A reading that was given up because its connection went is no news of the section.
  if (problem === null || problem.code === 'cancelled') return false;
  // An account that may do nothing at all: the banner says so once.
  if (machine.state === 'denied' && problem.code === 'access-denied') return false;
  return machine.state === 'online' || !connectionCodes.has(problem.code);
};

/** Nothing is coming: the connection stands still, for a reason that the banner of the page says. */
const isSilent = (machine: Machine): boolean =>
  machine.state !== 'online' && machine.state !== 'connecting' && machine.state !== 'unknown';

/** Silent, and no section has anything to show, not even a reason of its own: one sentence then stands for them all. */
export const isNeverRead = (sections: Partial<OverviewSections> | undefined, machine: Machine): boolean =>
  isSilent(machine) &&
  Object.values(sections ?? {}).every(({ value, problem }) => value === null && !isOwnProblem(problem, machine));

/** The account may not read it: an old value would only hide that. A live value with a part refused is shown, with a note. */
export const isRefused = (view: SectionView<unknown>, machine: Machine): boolean =>
  !view.live && isOwnProblem(view.problem, machine) && view.problem.code === 'access-denied';

/** Grey, because it is not from now. */
export const staleClass = (view: SectionView<unknown>): string => (view.value !== null && !view.live ? 'stale' : '');

/** Heading of a section: name, live facts, and its age where it is not live. */
export function SectionHead(props: {
  title: string;
  view: SectionView<unknown>;
  children?: ReactNode;
  end?: ReactNode;
}) {
  const { view } = props;
  return (
    <div className="ov-head">
      <h2 className="h2">{props.title}</h2>
      {view.value !== null && !view.live && view.readAt !== null ? <AgeLabel readAt={view.readAt} /> : props.children}
      <span className="grow" />
      {props.end}
    </div>
  );
}

/** What stands in a section instead of its value: that it is being read, that it was refused, or that it failed. */
export function SectionGap(props: {
  view: SectionView<unknown>;
  machine: Machine;
  /** How many grey lines stand for what is coming. */
  lines: number;
  onEdit: () => void;
}) {
  const { view, machine } = props;
  if (isOwnProblem(view.problem, machine)) {
    return <SectionProblem problem={view.problem} readAt={view.readAt} machine={machine} onEdit={props.onEdit} />;
  }
  if (isSilent(machine)) return <p className="t3 ov-none">Never read</p>;
  return <Skeleton className="ov-skeleton" label="Being read" lines={props.lines} />;
}

/** Grey lines for what is coming. */
export function Skeleton(props: { className: string; label: string; lines: number }) {
  return (
    <div className={props.className} role="status" aria-label={props.label}>
      {Array.from({ length: props.lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: identical grey lines
        <i key={index} />
      ))}
    </div>
  );
}

/** Why this section cannot be read while its neighbours can. */
export function SectionProblem(props: {
  problem: Problem;
  readAt: number | null;
  machine: Machine;
  onEdit: () => void;
}) {
  const { problem } = props;
  const look = problemLook(problem.code);
  const denied = problem.code === 'access-denied';
  const { fault } = problem;
  const hex =
    fault?.wsmanCode == null ? null : `0x${(fault.wsmanCode >>> 0).toString(16).toUpperCase().padStart(8, '0')}`;
  const codes = hex === null ? technicalCode(problem) : [hex, fault?.wsmanCodeName].filter(Boolean).join(' ');
  const facts = [codes, fault?.provider, props.readAt === null ? null : `last read ${formatTime(props.readAt)}`];
  return (
    <div className="ov-problem" role="note">
      <div className="row g8">
        <Glyph name={look.glyph} label="" />
        <b className="b6">{problem.message}</b>
      </div>
      {(problem.advice.length > 0 ? problem.advice : [look.why]).map((line) => (
        <p key={line}>{line}</p>
      ))}
      {denied ? (
        <Button onClick={props.onEdit}>Use another credential…</Button>
      ) : problem.retryable ? (
        <p className="t3">Read again by itself.</p>
      ) : null}
      <p className="mono t2">{facts.filter(Boolean).join(' · ')}</p>
    </div>
  );
}

/** One line above a value: why it is old, or what of it may not be read. */
export function SectionNote({ view, machine }: { view: SectionView<unknown>; machine: Machine }) {
  if (view.value === null || !isOwnProblem(view.problem, machine) || isRefused(view, machine)) return null;
  return (
    <p className="ov-note" title={view.problem.advice.join(' ')}>
      <Glyph name={problemLook(view.problem.code).glyph} size={11} label="" />
      <span className="ell">{view.problem.message}</span>
    </p>
  );
}
