import { Menu, MenuItem, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import { ArrowExportLtrRegular, ArrowLeftRegular, ArrowSyncRegular, DismissRegular } from '@fluentui/react-icons';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import { useStore } from 'zustand';
import { type Diagnosis, type DiagnosisStep, diagnosisStepTitles } from '../../../shared/contract/diagnose.ts';
import type { Machine } from '../../../shared/contract/machines.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { CodeLines } from '../../components/CodeLine.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { isDialogOpen } from '../../components/keys.ts';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { useRefreshKey } from '../../components/refresh-key.ts';
import { saveFile } from '../../components/save-file.ts';
import { useNow } from '../../components/useNow.ts';
import { formatAge, formatDuration, formatTime } from '../../format.ts';
import { offerActions } from '../../stores/actions.ts';
import { type DiagnosisRun, diagnoseStore } from '../../stores/diagnose.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { useMachine } from '../../stores/machines.ts';
import { attempt } from '../../stores/notices.ts';
import { openMachine, openMachines } from '../../stores/router.ts';
import { useUserName } from '../machine/machine-view.ts';
import { sameQuestion } from './command-lines.ts';
import { Candidates, Fixes } from './Remedies.tsx';
import { SecondOpinion } from './SecondOpinion.tsx';
import { StepRail } from './StepRail.tsx';
import { WayBack } from './WayBack.tsx';
import { outcomeLooks, reportName, signInWords } from './words.ts';
import './diagnose.css';

/** Why WinRM does not work on one machine: the cause in a sentence, layer by layer how it was found, and what to do. */
export function DiagnosePage({ machineId }: { machineId: string }) {
  const machine = useMachine(machineId);
  if (machine === undefined) {
    return (
      <EmptyState
        title="This machine is not in the inventory"
        actions={<Button onClick={openMachines}>To the list</Button>}
      >
        It may have been removed, here or in another window.
      </EmptyState>
    );
  }
  return <Room machine={machine} />;
}

function Room({ machine }: { machine: Machine }) {
  const { id, settings } = machine;
  const { name } = settings;
  const run = useStore(diagnoseStore.state, (state) => state.runs[id]);
  const diagnosis = run?.diagnosis ?? null;
  const isRunning = run?.phase === 'running';
  const userName = useUserName(machine);
  const lines = useMemo(() => sameQuestion(settings, userName), [settings, userName]);
  const title = useRef<HTMLHeadingElement>(null);

  // The keyboard goes on from here, where nothing else has it.
  useEffect(() => {
    if (document.activeElement === document.body) title.current?.focus({ preventScroll: true });
  }, []);

  useEffect(
    () =>
      offerActions(() => {
        const { diagnosis: known } = diagnoseStore.state.getState().runs[id] ?? {};
        return [
          {
            id: 'diagnose-again',
            name: `Run the diagnosis of ${name} again`,
            keys: 'F5',
            icon: 'diagnose',
            run: () => diagnoseStore.run(id),
          },
          {
            id: 'diagnose-others',
            name: `Ask other machines about ${name}`,
            words: 'second opinion',
            icon: 'diagnose',
            run: () => diagnoseStore.askOthers(id),
          },
          ...(known
            ? ([
                {
                  id: 'diagnose-save',
                  name: 'Save the diagnosis as Markdown',
                  words: 'export file',
                  icon: 'file',
                  run: () => save(known),
                },
                {
                  id: 'diagnose-copy',
                  name: 'Copy the diagnosis as Markdown',
                  words: 'export clipboard',
                  icon: 'file',
                  run: () => void copy(known),
                },
              ] as const)
            : []),
        ];
      }),
    [id, name],
  );

  const runAgain = useCallback(() => diagnoseStore.run(id), [id]);
  useRefreshKey(runAgain);
  // Before it is painted: whoever sees the room may press its keys.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      if (event.key !== 'F8' || isDialogOpen()) return;
      event.preventDefault();
      runAgain();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [runAgain]);
  // Esc is the frame's: back to the machine.

  const subject = run?.subject ?? null;
  return (
    <div className="diagnose">
      <header className="diagnose-head">
        <IconButton name={`To ${name}`} keys="Esc" icon={<ArrowLeftRegular />} onClick={() => openMachine(id)} />
        <h1 ref={title} className="h1 name ell" tabIndex={-1}>
          Diagnose {name}
        </h1>
        <span className="t2 s12 ell">
          {subject === null
            ? `${settings.transport} ${settings.port}, ${signInWords[settings.signIn]}`
            : `${subject.transport} ${subject.port}, ${signInWords[settings.signIn]}, ${subject.who}`}
        </span>
        <span className="spacer" />
        <span className="t2 s12 num nowrap" role="status">
          {run === undefined ? '' : <Standing run={run} />}
        </span>
        {isRunning ? (
          <Button icon={<DismissRegular />} onClick={() => diagnoseStore.stop(id)}>
            Stop
          </Button>
        ) : (
          <Button
            kind={run === undefined ? 'primary' : 'plain'}
            icon={<ArrowSyncRegular />}
            aria-keyshortcuts="F5"
            onClick={() => diagnoseStore.run(id)}
          >
            {run === undefined ? 'Run' : 'Run again'}
          </Button>
        )}
        <MarkdownMenu diagnosis={diagnosis} />
      </header>
      <div className="diagnose-body">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by the keyboard */}
        <section className="diagnose-main" tabIndex={0} aria-label="Result" aria-busy={isRunning}>
          {run === undefined ? (
            <EmptyState title={`Why does WinRM on ${name} not work?`}>
              The name, the ports, TLS, who answers, how one may sign in, one sign-in, and then what a console needs,
              layer by layer and in ten seconds at most. It signs in once. <kbd className="kbd">F5</kbd> runs it.
            </EmptyState>
          ) : (
            <>
              <Verdict run={run} name={name} />
              <StepRail steps={run.steps} />
            </>
          )}
        </section>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by the keyboard */}
        <aside className="diagnose-side" aria-label="What to do" tabIndex={0}>
          {diagnosis === null ? null : <WhatToDo diagnosis={diagnosis} machineId={id} />}
          <SecondOpinion machineId={id} name={name} />
          <WayBack machineId={id} name={name} busy={isRunning} />
        </aside>
      </div>
      <CodeLines lines={lines} />
    </div>
  );
}

/** How long it took and when; old results say their age. */
function Standing({ run }: { run: DiagnosisRun }) {
  const now = useNow(30_000);
  const { phase, diagnosis, endedAt } = run;
  if (phase === 'running') return 'running, ten seconds at most';
  if (phase === 'stopped') return 'stopped';
  if (diagnosis === null || endedAt === null) return 'not finished';
  const age = now - endedAt;
  const when = age > 5 * 60_000 ? `${formatAge(age)} old` : `finished ${formatTime(endedAt)}`;
  return (
    <span className={age > 5 * 60_000 ? 'c-warn' : undefined}>
      {formatDuration(diagnosis.milliseconds)}, {when}
    </span>
  );
}

function Verdict({ run, name }: { run: DiagnosisRun; name: string }) {
  const { diagnosis, phase, problem, steps } = run;
  if (diagnosis !== null) {
    const { cause } = diagnosis;
    const look = outcomeLooks[cause.outcome];
    return (
      <div className={`diagnose-verdict ${look.tint}`} role="status" data-cause={cause.id} data-outcome={cause.outcome}>
        <Glyph name={look.glyph} size={18} label={look.word} />
        <div>
          <h2 className="verdict-words">{cause.sentence}</h2>
          {cause.detail === '' ? null : <p>{cause.detail}</p>}
        </div>
      </div>
    );
  }
  if (problem !== null) {
    return (
      <div className="diagnose-broken">
        <ProblemBanner problem={problem} />
      </div>
    );
  }
  const now = steps.filter(({ state }) => state === 'running').map(({ step }) => diagnosisStepTitles[step]);
  return (
    <div className="diagnose-verdict pending" role="status">
      <Glyph name={phase === 'running' ? 'pending' : 'stopped'} size={18} label="" />
      <div>
        <h2 className="verdict-words">
          {phase === 'running' ? `Looking at ${name} …` : 'Stopped before there was a result.'}
        </h2>
        {phase === 'running' ? (
          <p>{now.length === 0 ? 'Beginning' : now.join(', ')}</p>
        ) : (
          <p>What was seen until then is below. Run it again to come to an end.</p>
        )}
      </div>
    </div>
  );
}

function WhatToDo({ diagnosis, machineId }: { diagnosis: Diagnosis; machineId: string }) {
  const { cause, steps } = diagnosis;
  const certificate = steps.some((step) => step.state === 'failed' && step.trustFailures.length > 0);
  const signIn = steps.some((step) => step.state === 'failed' && step.step === 'sign-in');
  if (cause.fixes.length === 0 && cause.candidates.length === 0 && !certificate && !signIn) return null;
  return (
    <>
      {cause.candidates.length === 0 ? null : (
        <section className="side-part">
          <h2 className="h2">One of these, which look alike from here</h2>
          <Candidates candidates={cause.candidates} />
        </section>
      )}
      <section className="side-part">
        <h2 className="h2">Fix it</h2>
        {cause.fixes.length === 0 ? null : <Fixes fixes={cause.fixes} />}
        {certificate || signIn ? (
          <div className="side-actions">
            <Button kind="primary" onClick={() => openDialog({ kind: 'edit-machine', machineId, test: certificate })}>
              {certificate ? 'Look at the certificate…' : 'Change how it signs in…'}
            </Button>
          </div>
        ) : null}
        <Evidence steps={steps} />
      </section>
    </>
  );
}

/** The fields of the fault, for who looks closer. */
function Evidence({ steps }: { steps: readonly DiagnosisStep[] }) {
  const fault = steps.find((step) => step.state === 'failed')?.problem?.fault;
  const rows = (
    [
      ['HTTP status', fault?.httpStatus === undefined ? null : String(fault.httpStatus)],
      ['Fault code', fault?.code],
      ['Subcode', fault?.subcode],
      ['Reason', fault?.reason],
      ['Said by', fault?.machine],
      ['Provider', fault?.provider],
    ] as const
  ).filter(([, value]) => value !== null && value !== undefined && value !== '');
  if (rows.length === 0) return null;
  return (
    <>
      <h2 className="h2 evidence-title">Evidence</h2>
      <dl className="kv">
        {rows.map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function save({ subject, startedAt, markdown }: Diagnosis): void {
  saveFile(reportName(subject.name, startedAt), markdown);
}

const copy = ({ markdown }: Diagnosis): Promise<boolean> =>
  attempt(() => navigator.clipboard.writeText(markdown), 'Copied the diagnosis as Markdown.');

function MarkdownMenu({ diagnosis }: { diagnosis: Diagnosis | null }) {
  if (diagnosis === null) {
    return (
      <Button icon={<ArrowExportLtrRegular />} disabledFocusable title="There is no result yet">
        Markdown
      </Button>
    );
  }
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button icon={<ArrowExportLtrRegular />}>Markdown</Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem onClick={() => save(diagnosis)}>Save as a file</MenuItem>
          <MenuItem onClick={() => void copy(diagnosis)}>Copy</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
