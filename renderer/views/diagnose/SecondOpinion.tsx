import { PeopleSearchRegular } from '@fluentui/react-icons';
import { useStore } from 'zustand';
import type { View } from '../../../shared/contract/diagnose.ts';
import { Button } from '../../components/Button.tsx';
import { CopyButton } from '../../components/CodeLine.tsx';
import { Glyph, type GlyphName } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { formatDuration } from '../../format.ts';
import { diagnoseStore, type OpinionRun } from '../../stores/diagnose.ts';
import { Candidates, Fixes } from './Remedies.tsx';
import { opinionTint, viewWords } from './words.ts';

/** Do other machines reach it? Who was asked, what each said, and whose fault that makes it. */
export function SecondOpinion({ machineId, name }: { machineId: string; name: string }) {
  const run = useStore(diagnoseStore.state, (state) => state.opinions[machineId]);
  const isRunning = run?.phase === 'running';
  return (
    <section className="side-part" aria-labelledby="second-opinion" aria-busy={isRunning}>
      <h2 className="h2" id="second-opinion">
        Second opinion
      </h2>
      {run === undefined ? (
        <p className="t2">
          Asks up to four connected machines whether they reach {name}, each over a shell of its own.
        </p>
      ) : (
        <Opinion run={run} />
      )}
      <div className="side-actions">
        {isRunning ? (
          <Button onClick={() => diagnoseStore.stopAsking(machineId)}>Stop asking</Button>
        ) : (
          <Button icon={<PeopleSearchRegular />} onClick={() => diagnoseStore.askOthers(machineId)}>
            {run === undefined ? 'Ask other machines' : 'Ask again'}
          </Button>
        )}
        {run?.markdown == null ? null : <CopyButton text={run.markdown} label="Copy as Markdown" />}
      </div>
    </section>
  );
}

function Opinion({ run }: { run: OpinionRun }) {
  const { verdict, mine, witnesses, problem } = run;
  return (
    <>
      {verdict === null ? null : (
        <div className={`opinion ${opinionTint(verdict.id)}`} role="status" data-verdict={verdict.id}>
          <b>{verdict.sentence}</b>
          {verdict.detail === '' ? null : <p className="t2">{verdict.detail}</p>}
        </div>
      )}
      {problem === null ? null : <ProblemBanner problem={problem} />}
      {run.phase === 'stopped' ? <p className="t2">Stopped before all had answered.</p> : null}
      <ul className="witnesses" aria-label="Who was asked">
        {mine === null ? null : <Testimony name="This computer" view={mine} />}
        {witnesses.map((witness) =>
          witness.view === null ? (
            <Line
              key={witness.machineId}
              glyph={witness.state === 'running' ? 'pending' : 'warning'}
              name={witness.name}
              words={
                witness.state === 'running'
                  ? 'is being asked…'
                  : `could not be asked: ${witness.problem?.message ?? 'no answer'}`
              }
              lines={[]}
            />
          ) : (
            <Testimony
              key={witness.machineId}
              name={witness.name}
              view={witness.view}
              milliseconds={witness.milliseconds}
            />
          ),
        )}
      </ul>
      {verdict === null || verdict.candidates.length === 0 ? null : <Candidates candidates={verdict.candidates} />}
      {verdict === null || verdict.fixes.length === 0 ? null : <Fixes fixes={verdict.fixes} />}
    </>
  );
}

function Testimony({ name, view, milliseconds }: { name: string; view: View; milliseconds?: number }) {
  const { glyph, words } = viewWords[view.winrm];
  const echo = view.echo === null ? '' : view.echo ? ', answers an echo' : ', no echo';
  const time = milliseconds === undefined ? '' : ` (${formatDuration(milliseconds)})`;
  return <Line glyph={glyph} name={name} words={`${words}${echo}${time}`} lines={view.evidence} />;
}

function Line(props: { glyph: GlyphName; name: string; words: string; lines: readonly string[] }) {
  return (
    <li>
      <Glyph name={props.glyph} label="" />
      <div className="grow">
        <span className="b5 name">{props.name}</span> <span className="t2">{props.words}</span>
        {props.lines.length === 0 ? null : (
          <details>
            <summary className="t3">what was seen</summary>
            {props.lines.map((line) => (
              <div key={line} className="mono t2">
                {line}
              </div>
            ))}
          </details>
        )}
      </div>
    </li>
  );
}
