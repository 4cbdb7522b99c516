import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Kbd } from '../../components/Kbd.tsx';

export interface Suggestion {
  readonly text: string;
  readonly note: string;
}

export const suggestionId = (index: number): string => `console-suggestion-${index}`;

/** The list under or above the prompt: what may stand at the cursor, or lines of the history. The prompt keeps the focus. */
export function Suggestions({
  label,
  items,
  active,
  onPick,
}: {
  label: string;
  items: readonly Suggestion[];
  active: number;
  onPick: (index: number) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [isBelow, putBelow] = useState(false);
  useLayoutEffect(() => {
    const place = box.current?.parentElement?.getBoundingClientRect();
    if (place !== undefined) putBelow(place.top < innerHeight - place.bottom);
  }, []);
  useEffect(() => {
    list.current?.querySelector(`#${suggestionId(active)}`)?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <div ref={box} className={`console-suggestions${isBelow ? ' below' : ''}`}>
      <div ref={list} role="listbox" id="console-suggestions" aria-label={label} className="console-options">
        {items.length === 0 ? <p className="t3">Nothing is known here.</p> : null}
        {items.map(({ text, note }, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the prompt has the focus and says which one is active
          // biome-ignore lint/a11y/useKeyWithClickEvents: its keys are the prompt's
          <div
            key={text}
            id={suggestionId(index)}
            role="option"
            aria-selected={index === active}
            className="console-option"
            // The prompt keeps the focus.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onPick(index)}
          >
            <span className="mono ell">{text}</span>
            <span className="t3 ell">{note}</span>
          </div>
        ))}
      </div>
      <p className="console-suggestions-foot">
        <Kbd>Tab</Kbd> accept <Kbd>↑</Kbd> <Kbd>↓</Kbd> choose <Kbd>Esc</Kbd> close
      </p>
    </div>
  );
}
