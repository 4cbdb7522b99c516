import { Field, Select } from '@fluentui/react-components';
import { SaveRegular } from '@fluentui/react-icons';
import { useEffect, useState } from 'react';
import type { Problem } from '../../../shared/contract/problem.ts';
import type { QuickconfigGeneration, QuickconfigScript } from '../../../shared/contract/winrm-settings.ts';
import { Button } from '../../components/Button.tsx';
import { CopyButton } from '../../components/CodeLine.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { saveFile } from '../../components/save-file.ts';
import { problemOf } from '../../stores/problem-of.ts';
import { winrmSettingsStore } from '../../stores/winrm-settings.ts';
import { generationNames } from './words.ts';

const generations = Object.keys(generationNames) as QuickconfigGeneration[];

/** The same by hand: the lines for a generation of Windows, to copy or to carry there as a file. Needs no connection. */
export function QuickconfigScriptPart(props: {
  machine: string;
  generation: QuickconfigGeneration;
  transport: 'HTTP' | 'HTTPS';
  force: boolean;
  /** Unfolded at once: where it is the only way. */
  open: boolean;
}) {
  const [generation, setGeneration] = useState(props.generation);
  const [answer, setAnswer] = useState<QuickconfigScript | Problem | null>(null);
  const { transport, force } = props;
  useEffect(() => {
    let over = false;
    winrmSettingsStore.script(generation, transport, force).then(
      (script) => {
        if (!over) setAnswer(script);
      },
      (error: unknown) => {
        if (!over) setAnswer(problemOf(error));
      },
    );
    return () => {
      over = true;
    };
  }, [generation, transport, force]);
  return (
    <details className="wr-script" open={props.open || undefined}>
      <summary>Script to run on {props.machine} itself</summary>
      <Field label="Windows">
        <Select value={generation} onChange={(_event, data) => setGeneration(data.value as QuickconfigGeneration)}>
          {generations.map((one) => (
            <option key={one} value={one}>
              {generationNames[one]}
            </option>
          ))}
        </Select>
      </Field>
      {answer === null ? null : 'code' in answer ? (
        <ProblemBanner problem={answer} />
      ) : (
        <>
          <pre className="mono" title={answer.title}>
            {answer.lines.join('\n')}
          </pre>
          <div className="row g6">
            <CopyButton kind="plain" text={answer.lines.join('\r\n')} label="Copy" />
            <Button icon={<SaveRegular />} onClick={() => saveFile(answer.cmd.fileName, answer.cmd.text)}>
              Save .cmd
            </Button>
            <Button icon={<SaveRegular />} onClick={() => saveFile(answer.ps1.fileName, answer.ps1.text)}>
              Save .ps1
            </Button>
          </div>
          {answer.notes.map((note) => (
            <p key={note} className="t2">
              {note}
            </p>
          ))}
        </>
      )}
    </details>
  );
}
