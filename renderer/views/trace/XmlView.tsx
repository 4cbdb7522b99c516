import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import type { XmlLine, XmlPiece } from '../../../shared/xml-lines.ts';
import { formatCount } from '../../format.ts';

const lineHeight = 18;
/** A line is not drawn further than this: base64 of a stream may have hundreds of thousands of characters. */
const longestLine = 2000;

/** XML in lines, coloured; only those on the screen exist. */
export function XmlView({ label, lines }: { label: string; lines: readonly XmlLine[] }) {
  const scroller = useRef<HTMLElement>(null);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 12,
  });
  const digits = String(lines.length).length;
  // One width for all, so that the scroll bar does not jump from line to line.
  const widest = useMemo(
    () => lines.reduce((most, line) => Math.max(most, Math.min(lengthOf(line), longestLine + 40)), 0),
    [lines],
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section ref={scroller} className="tr-xml mono" tabIndex={0} aria-label={`${label} as XML`}>
      <div style={{ height: virtualizer.getTotalSize(), width: `${widest + digits + 4}ch`, minWidth: '100%' }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => (
          <div key={index} className="tr-line" style={{ transform: `translateY(${start}px)` }}>
            <span className="tr-number" style={{ width: `${digits + 1}ch` }} aria-hidden="true">
              {index + 1}
            </span>
            <Line line={lines[index]!} />
          </div>
        ))}
      </div>
    </section>
  );
}

const lengthOf = ({ depth, pieces }: XmlLine): number =>
  depth * 2 + pieces.reduce((sum, [, text]) => sum + text.length, 0);

function Line({ line }: { line: XmlLine }) {
  const { drawn, more } = cutLine(line.pieces);
  return (
    <span style={{ paddingLeft: `${line.depth * 2}ch` }}>
      {drawn.map(([kind, text], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces of a line never move
        <span key={index} className={`x-${kind}`}>
          {text}
        </span>
      ))}
      {more > 0 && <span className="t3"> … {formatCount(more)} more characters</span>}
    </span>
  );
}

function cutLine(pieces: readonly XmlPiece[]): { readonly drawn: readonly XmlPiece[]; readonly more: number } {
  let left = longestLine;
  let more = 0;
  const drawn: XmlPiece[] = [];
  for (const [kind, text] of pieces) {
    if (left > 0) drawn.push([kind, text.slice(0, left)]);
    more += Math.max(0, text.length - Math.max(0, left));
    left -= text.length;
  }
  return { drawn, more };
}
