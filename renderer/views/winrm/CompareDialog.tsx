import { useEffect, useState } from 'react';
import type { Problem } from '../../../shared/contract/problem.ts';
import type { ConfigurationComparison, ConfigurationSide } from '../../../shared/contract/winrm-settings.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { formatDate, plural } from '../../format.ts';
import { problemOf } from '../../stores/problem-of.ts';
import { compareConfigurations, readSnapshots } from '../../stores/winrm-snapshots.ts';
import { Differences } from './DiffLines.tsx';
import { SideSelect, sideKey } from './SideSelect.tsx';

/** Any two configurations side by side: machines as they are now, or snapshots. */
export function CompareDialog(props: {
  left: ConfigurationSide;
  right: ConfigurationSide | null;
  onClose: () => void;
}) {
  const [left, setLeft] = useState(props.left);
  const [right, setRight] = useState(props.right);
  const [answer, setAnswer] = useState<ConfigurationComparison | Problem | null>(null);
  useEffect(() => void readSnapshots(), []);
  useEffect(() => {
    setAnswer(null);
    if (right === null || sideKey(left) === sideKey(right)) return;
    const stop = new AbortController();
    compareConfigurations(left, right, stop.signal).then(
      (comparison) => {
        if (!stop.signal.aborted) setAnswer(comparison);
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setAnswer(problemOf(error));
      },
    );
    return () => stop.abort();
  }, [left, right]);
  const drifted =
    answer !== null && 'differences' in answer ? answer.differences.filter((one) => !one.expected).length : 0;
  return (
    <Dialog
      title="Compare WinRM settings"
      width={900}
      onClose={props.onClose}
      actions={
        <Button kind="primary" onClick={props.onClose}>
          Close
        </Button>
      }
    >
      <div className="wr-sides">
        <SideSelect label="Left" value={left} onChange={setLeft} />
        <SideSelect label="Right" value={right} onChange={setRight} autoFocus />
      </div>
      <div aria-live="polite">
        {right === null ? (
          <p className="t2">Choose what to compare with.</p>
        ) : sideKey(left) === sideKey(right) ? (
          <p className="t2">Both sides are the same.</p>
        ) : answer === null ? (
          <p className="row g8 t2">
            <Glyph name="pending" label="" /> Both are being read…
          </p>
        ) : 'code' in answer ? (
          <ProblemBanner problem={answer} />
        ) : (
          <>
            <p className="row g8">
              <Glyph name={drifted === 0 ? 'healthy' : 'warning'} label="" />
              {drifted === 0
                ? 'Nothing differs but what must.'
                : `${plural(drifted, 'setting')} ${drifted === 1 ? 'differs' : 'differ'}.`}
              <span className="t3">
                {answer.left.name}: {formatDate(answer.left.readAt)} · {answer.right.name}:{' '}
                {formatDate(answer.right.readAt)}
              </span>
            </p>
            {answer.differences.length === 0 ? null : (
              // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to get there
              <section className="wr-scroll" tabIndex={0} aria-label="Differences">
                <Differences left={answer.left.name} right={answer.right.name} differences={answer.differences} />
              </section>
            )}
          </>
        )}
      </div>
    </Dialog>
  );
}
