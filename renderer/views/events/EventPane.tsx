import { type Ref, useEffect, useState } from 'react';
import type { EventDetails, EventEntry } from '../../../shared/contract/event-log.ts';
import type { Problem } from '../../../shared/contract/problem.ts';
import { CopyButton } from '../../components/CodeLine.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Kv } from '../../components/Kv.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { plural } from '../../format.ts';
import { eventLogStore } from '../../stores/event-log.ts';
import { problemOf } from '../../stores/problem-of.ts';
import { SidePane } from '../machine/SidePane.tsx';
import { formatFull, levelLooks } from './event-words.ts';
import { indentXml } from './xml-lines.ts';

interface EventPaneProps {
  readonly machineId: string;
  readonly selected: readonly EventEntry[];
  readonly canRead: boolean;
  readonly body: Ref<HTMLDivElement>;
  readonly onClose: () => void;
}

/** One event in full: what it says, its values, its document. */
export function EventPane({ machineId, selected, canRead, body, onClose }: EventPaneProps) {
  const [only] = selected;
  const title =
    selected.length === 1 && only
      ? `${only.source} ${only.eventId}`
      : selected.length > 1
        ? plural(selected.length, 'event')
        : 'Details';
  return (
    <SidePane label="Details of the selection" title={title} body={body} onClose={onClose}>
      {selected.length === 1 && only ? (
        <One key={`${only.log} ${only.recordId}`} machineId={machineId} entry={only} canRead={canRead} />
      ) : (
        <p className="t2">Select one event to read what it says in full.</p>
      )}
    </SidePane>
  );
}

/** Asked when the selection has rested a moment: moving through the list asks nothing. */
const restMs = 250;

function One({ machineId, entry, canRead }: { machineId: string; entry: EventEntry; canRead: boolean }) {
  const [details, setDetails] = useState<EventDetails | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    if (!canRead) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      eventLogStore.details(machineId, entry, stop.signal).then(
        (read) => {
          if (stop.signal.aborted) return;
          setDetails(read);
          setProblem(null);
        },
        (error: unknown) => {
          if (!stop.signal.aborted) setProblem(problemOf(error));
        },
      );
    }, restMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [machineId, entry, canRead]);
  const look = levelLooks[details?.level ?? entry.level];
  const message = details?.message ?? entry.message;
  const data = details?.data ?? entry.data;
  return (
    <>
      <p className={`ev-level ${look.tone}`}>
        {look.glyph === null ? null : <Glyph name={look.glyph} label="" />}
        {look.word}
        <span className="t3 num">{formatFull(entry.at)}</span>
      </p>
      {message === null ? (
        <p className="t3">The machine has no words for this event, only its values.</p>
      ) : (
        <p className="ev-message t1">{message}</p>
      )}
      <Kv
        rows={[
          ['Log', entry.log],
          ['Record', String(entry.recordId)],
          ...(details?.facts ?? facts(entry)).filter(([name]) => name !== 'Level' && name !== 'Type'),
        ]}
      />
      <h3 className="h2">Values</h3>
      {data.length === 0 ? (
        <p className="t3">None</p>
      ) : (
        <dl className="ev-data">
          {data.map(([name, value], index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: values have no identity but their place
            <div key={index}>
              <dt className="t3">{name === '' ? index + 1 : name}</dt>
              <dd className="mono t1">{value === '' ? '–' : value}</dd>
            </div>
          ))}
        </dl>
      )}
      <h3 className="h2">Document</h3>
      {problem ? <ProblemBanner problem={problem} /> : null}
      {details?.why ? <p className="t3">{details.why}</p> : null}
      {details === null && problem === null ? (
        <p className="t3" role="status">
          {canRead ? 'Being read…' : 'Read when the machine answers.'}
        </p>
      ) : null}
      {details?.xml ? (
        <>
          <CopyButton text={details.xml} label="Copy XML" kind="plain" />
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
          <section className="ev-xml mono" tabIndex={0} aria-label="XML of the event">
            {indentXml(details.xml)}
          </section>
        </>
      ) : null}
    </>
  );
}

function facts({ task, user, computer }: EventEntry): readonly (readonly [string, string])[] {
  const all: (readonly [string, string | null])[] = [
    ['Task', task],
    ['User', user],
    ['Computer', computer],
  ];
  return all.filter((fact): fact is readonly [string, string] => fact[1] !== null);
}
