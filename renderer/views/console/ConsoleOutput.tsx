import { CopyRegular } from '@fluentui/react-icons';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef } from 'react';
import { IconButton } from '../../components/Button.tsx';
import { Glyph, type GlyphName } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { useNow } from '../../components/useNow.ts';
import { formatClock, formatCount, formatDuration, plural } from '../../format.ts';
import { consoleStore, type Entry } from '../../stores/console.ts';
import { attempt } from '../../stores/notices.ts';
import { ConsoleGroup, ConsoleResults } from './ConsoleResults.tsx';
import { type Item, transcriptOf } from './console-items.ts';
import { wordsOf } from './line-words.ts';

export interface OutputHandle {
  scrollTo(index: number): void;
  /** By pages, for the keys of the prompt. */
  scrollBy(pages: number): void;
}

const heights: Readonly<Record<Item['kind'], number>> = {
  head: 34,
  line: 19,
  dropped: 24,
  table: 240,
  group: 120,
  sum: 26,
  problem: 64,
};
/** So near to its end it follows what comes. */
const stickyPixels = 48;

/** The scroll-back: only what is on the screen exists. */
export function ConsoleOutput({
  items,
  found,
  handle,
}: {
  items: readonly Item[];
  /** The item that was found, and is marked. */
  found: number | null;
  handle: React.Ref<OutputHandle>;
}) {
  const scroller = useRef<HTMLElement>(null);
  const atEnd = useRef(true);
  const keys = useMemo(() => items.map(({ key }) => key), [items]);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => heights[items[index]?.kind ?? 'line'],
    getItemKey: (index) => keys[index] ?? index,
    overscan: 12,
    useFlushSync: false,
  });
  const total = virtualizer.getTotalSize();
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever it has grown, or was measured anew
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element !== null && atEnd.current) element.scrollTop = element.scrollHeight;
  }, [total, items]);
  useImperativeHandle(
    handle,
    () => ({
      scrollTo(index) {
        atEnd.current = false;
        virtualizer.scrollToIndex(index, { align: 'center' });
      },
      scrollBy: (pages) => scroller.current?.scrollBy({ top: pages * (scroller.current.clientHeight - 40) }),
    }),
    [virtualizer],
  );
  return (
    <section
      ref={scroller}
      className="console-output"
      aria-label="Output"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must get to it
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
        atEnd.current = scrollTop + clientHeight >= scrollHeight - stickyPixels;
      }}
    >
      <div className="console-lines" style={{ height: total }}>
        {virtualizer.getVirtualItems().map(({ index, key, start }) => {
          const item = items[index];
          if (item === undefined) return null;
          return (
            <div
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              className={`console-item is-${item.kind}${index === found ? ' found' : ''}`}
              style={{ transform: `translateY(${start}px)` }}
            >
              <ItemView item={item} />
            </div>
          );
        })}
      </div>
    </section>
  );
}

function ItemView({ item }: { item: Item }) {
  switch (item.kind) {
    case 'head':
      return <Head entry={item.entry} />;
    case 'line':
      return (
        <div className={`console-line from-${item.line.stream}`}>
          {item.line.text === '' ? '\u00a0' : item.line.text}
        </div>
      );
    case 'dropped':
      return <p className="t3 s12">{formatCount(item.count)} earlier lines are no longer kept.</p>;
    case 'table':
      return <ConsoleResults table={item.table} label={item.label} />;
    case 'group':
      return <ConsoleGroup group={item.group} isFirst={item.isFirst} />;
    case 'sum':
      return (
        <p className="console-sum">
          {item.text}
          {item.text !== '' && item.problems !== '' ? ' · ' : ''}
          <span className="c-crit">{item.problems}</span>
        </p>
      );
    case 'problem':
      return item.entry.problem === null ? null : <ProblemBanner problem={item.entry.problem} />;
  }
}

function Head({ entry }: { entry: Entry }) {
  return (
    <div className="console-head-row">
      <span className="console-sign" aria-hidden="true">
        ›
      </span>
      <span className="console-typed mono">
        {wordsOf(entry.line).map(({ text, look }, n) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the words of a line do not change
          <span key={n} className={look}>
            {text}
          </span>
        ))}
      </span>
      <span className="console-outcome">
        <Outcome entry={entry} />
        <span className="console-copy">
          <IconButton
            name="Copy the output"
            icon={<CopyRegular />}
            onClick={() =>
              void attempt(() => navigator.clipboard.writeText(transcriptOf(entry, false)), 'The output was copied.')
            }
          />
        </span>
      </span>
    </div>
  );
}

function Outcome({ entry }: { entry: Entry }) {
  const { tag, machines, results, milliseconds, exitCode } = entry;
  const where = tag !== null ? plural(machines.length, 'machine') : (machines[0] ?? '');
  if (entry.isRunning) return <Running entry={entry} where={where} />;
  const duration = milliseconds === null ? '' : formatDuration(milliseconds);
  const parts = [where, duration, exitCode === null ? '' : `exit ${exitCode}`].filter((part) => part !== '');
  return (
    <>
      <Glyph name={glyphOf(entry)} label={wordOf(entry)} />
      <span>{parts.join(' · ')}</span>
      {tag !== null && results.length < machines.length ? <span> · {results.length} answered</span> : null}
    </>
  );
}

function Running({ entry, where }: { entry: Entry; where: string }) {
  const now = useNow(1000);
  const { tag, machines, results, startedAt } = entry;
  return (
    <>
      <Glyph name="pending" label="Running" />
      <span>
        {[where, tag === null ? '' : `${results.length} of ${machines.length}`, formatClock(now - startedAt)]
          .filter((part) => part !== '')
          .join(' · ')}
      </span>
      <button type="button" className="console-stop" onClick={() => consoleStore.interrupt()}>
        Stop
      </button>
    </>
  );
}

const cancelled = 130;

function glyphOf({ exitCode, output, problem }: Entry): GlyphName {
  if (problem !== null) return 'critical';
  if (exitCode === cancelled) return 'stopped';
  if (exitCode !== 0) return 'critical';
  return output.some(({ stream }) => stream === 'stderr') ? 'warning' : 'healthy';
}

function wordOf(entry: Entry): string {
  if (entry.exitCode === cancelled) return 'Cancelled';
  return { healthy: 'Done', warning: 'Done, with a note', critical: 'Failed' }[glyphOf(entry) as string] ?? 'Ended';
}

/** Says what a line came to when it has ended, politely. */
export function Announcer({ text }: { text: string }) {
  const region = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // By hand: a text that is the same as before is said again.
    if (region.current !== null && text !== '') region.current.textContent = text;
  }, [text]);
  return <div ref={region} className="visually-hidden" role="status" aria-live="polite" />;
}
