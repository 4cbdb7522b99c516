import { ArrowDownRegular, ArrowUpRegular, DismissRegular } from '@fluentui/react-icons';
import { useEffect, useRef } from 'react';
import { IconButton } from '../../components/Button.tsx';
import { formatCount } from '../../format.ts';

/** Finds in the output: Enter goes up to older lines, as eyes do in a terminal, Shift+Enter back down. */
export function FindBar({
  query,
  place,
  count,
  onQuery,
  onStep,
  onClose,
}: {
  query: string;
  /** Which of the found it is, from 1; 0 for none. */
  place: number;
  count: number;
  onQuery: (query: string) => void;
  onStep: (by: 1 | -1) => void;
  onClose: () => void;
}) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  return (
    // biome-ignore lint/a11y/useSemanticElements: the element <search> is not known to every screen reader yet
    <div className="console-find" role="search" aria-label="Find in the output">
      <input
        ref={field}
        aria-label="Find in the output"
        placeholder="Find"
        value={query}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onQuery(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            onClose();
          } else if (event.key === 'Enter') {
            event.preventDefault();
            onStep(event.shiftKey ? 1 : -1);
          }
        }}
      />
      <span className="t3 s12 nowrap" role="status">
        {query === '' ? '' : count === 0 ? 'Not found' : `${formatCount(place)} of ${formatCount(count)}`}
      </span>
      <IconButton name="Older" keys="Enter" icon={<ArrowUpRegular />} onClick={() => onStep(-1)} />
      <IconButton name="Newer" keys="Shift Enter" icon={<ArrowDownRegular />} onClick={() => onStep(1)} />
      <IconButton name="Close find" keys="Esc" icon={<DismissRegular />} onClick={onClose} />
    </div>
  );
}
