import { Checkbox, Field, Select } from '@fluentui/react-components';
import { useEffect, useState } from 'react';
import type { Machine } from '../../../shared/contract/machines.ts';
import type { Problem } from '../../../shared/contract/problem.ts';
import type { QuickconfigPreflight, QuickconfigStep } from '../../../shared/contract/winrm-settings.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Banner, ProblemBanner } from '../../components/ProblemBanner.tsx';
import { formatTime } from '../../format.ts';
import { problemOf } from '../../stores/problem-of.ts';
import { winrmSettingsStore } from '../../stores/winrm-settings.ts';
import { QuickconfigScriptPart } from './QuickconfigScriptPart.tsx';
import { actionWords, findingNames, stepGlyph, verdictGlyph, verdictName } from './words.ts';

/** What quickconfig would find and change here; run where the machine can be reached, else as a script to run there. */
export function QuickconfigDialog({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const { name } = machine.settings;
  const [transport, setTransport] = useState<'HTTP' | 'HTTPS'>('HTTP');
  const [force, setForce] = useState(false);
  const [answer, setAnswer] = useState<QuickconfigPreflight | Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  const [steps, setSteps] = useState<readonly QuickconfigStep[]>([]);
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks once more
  useEffect(() => {
    const stop = new AbortController();
    setAnswer(null);
    winrmSettingsStore.preflight(machine.id, transport, stop.signal).then(
      (preflight) => {
        if (!stop.signal.aborted) setAnswer(preflight);
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setAnswer(problemOf(error));
      },
    );
    return () => stop.abort();
  }, [machine.id, transport, attempt]);

  const preflight = answer !== null && 'findings' in answer ? answer : null;
  const failure = answer !== null && 'code' in answer ? answer : null;
  const run = async () => {
    setRunning(true);
    setSteps([]);
    setProblem(null);
    try {
      await winrmSettingsStore.quickconfig(machine.id, transport, force, (step) =>
        setSteps((before) => {
          const at = before.findIndex((one) => one.action === step.action);
          return at === -1 ? [...before, step] : before.with(at, step);
        }),
      );
      setAttempt((before) => before + 1);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setRunning(false);
    }
  };
  const canRun = preflight !== null && preflight.unavailable === null;
  return (
    <Dialog
      title={`Quickconfig on ${name}`}
      width={820}
      busy={running}
      onClose={onClose}
      note={running ? `${name} is being prepared…` : preflight?.nothingToDo ? 'There is nothing to change.' : undefined}
      actions={
        <>
          <Button onClick={onClose} disabled={running}>
            Close
          </Button>
          {canRun ? (
            <Button kind="primary" disabled={running || preflight.nothingToDo} onClick={() => void run()}>
              Run quickconfig on {name}
            </Button>
          ) : null}
        </>
      }
    >
      <div className="wr-quick-head">
        <Field label="Listener for">
          <Select
            value={transport}
            disabled={running}
            data-autofocus=""
            onChange={(_event, data) => setTransport(data.value === 'HTTPS' ? 'HTTPS' : 'HTTP')}
          >
            <option>HTTP</option>
            <option>HTTPS</option>
          </Select>
        </Field>
        <Checkbox
          checked={force}
          disabled={running}
          label="Also where a network is public (force)"
          onChange={(_event, data) => setForce(data.checked === true)}
        />
      </div>
      <div className="wr-quick wr-scroll">
        {answer === null ? (
          <p className="row g8 t2" role="status">
            <Glyph name="pending" label="" /> {name} is being looked at…
          </p>
        ) : null}
        {failure === null ? null : (
          <ProblemBanner
            problem={failure}
            actions={<Button onClick={() => setAttempt((before) => before + 1)}>Look again</Button>}
          />
        )}
        {preflight === null ? null : <Preflight preflight={preflight} />}
        {steps.length === 0 ? null : (
          <ol className="wr-steps" aria-label="Steps of quickconfig">
            {steps.map((step) => (
              <li key={step.action} data-outcome={step.outcome}>
                <Glyph name={stepGlyph(step.outcome)} size={12} label={step.outcome} />
                <div className="grow">
                  <b className="b6">{actionWords[step.action]}</b> <span className="mono t3">{step.action}</span>{' '}
                  <span className="t2">{step.words}</span>
                  {step.results.length === 0 ? null : (
                    <ul className="evidence">
                      {step.results.map((line) => (
                        <li key={line}>{line}</li>
                      ))}
                    </ul>
                  )}
                  {step.problem === null ? null : <ProblemBanner problem={step.problem} />}
                </div>
              </li>
            ))}
          </ol>
        )}
        {problem === null ? null : <ProblemBanner problem={problem} />}
        {preflight?.unavailable ? (
          <Banner tint="warn" glyph="warning">
            <b>Quickconfig cannot be run from here.</b> {preflight.unavailable.message} Run the script below on the
            machine itself.
          </Banner>
        ) : null}
        {answer === null ? null : (
          <QuickconfigScriptPart
            machine={name}
            generation={preflight?.generation ?? 'windows-2012'}
            transport={transport}
            force={force}
            open={!canRun}
          />
        )}
      </div>
    </Dialog>
  );
}

function Preflight({ preflight }: { preflight: QuickconfigPreflight }) {
  return (
    <>
      <ul className="wr-findings" aria-label="What quickconfig finds">
        {preflight.findings.map((finding) => (
          <li key={`${finding.what} ${finding.seen}`} data-verdict={finding.verdict}>
            <Glyph name={verdictGlyph[finding.verdict]} size={12} label={verdictName[finding.verdict]} />
            <b className="b6">{findingNames[finding.what]}</b>
            <span className="grow">
              {finding.seen}
              {finding.advice === null ? null : <span className="t3"> {finding.advice}</span>}
            </span>
            <span className="t2 nowrap">{verdictName[finding.verdict].toLowerCase()}</span>
          </li>
        ))}
      </ul>
      {preflight.analysis.length === 0 ? null : (
        <section aria-label="What the service itself would change">
          <h3 className="h2">The service’s own analysis</h3>
          <ul className="evidence">
            {preflight.analysis.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </section>
      )}
      <details className="wr-files">
        <summary>Files of WinRM on the machine</summary>
        {preflight.filesProblem === null ? (
          <table>
            <tbody>
              {preflight.files.map((file) => (
                <tr key={file.path}>
                  <th scope="row" title={file.path}>
                    {file.name}
                  </th>
                  <td className="mono">{file.version ?? 'not there'}</td>
                  <td className="t3">{file.role}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          <ProblemBanner problem={preflight.filesProblem} />
        )}
      </details>
      <p className="t3 s11">Looked at {formatTime(preflight.readAt)}</p>
    </>
  );
}
