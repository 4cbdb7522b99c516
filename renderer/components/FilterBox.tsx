import { DismissRegular, FilterRegular } from '@fluentui/react-icons';
import { useLayoutEffect, useRef } from 'react';
import { Kbd } from './Kbd.tsx';
import { isTyping } from './keys.ts';

/** The filter of a list. `/` brings the cursor here from anywhere in the view, Esc empties it and then gives the focus back. */
export function FilterBox({
  value,
  onChange,
  placeholder = 'Filter',
  label = 'Filter',
  invalid,
  onLeave,
}: {
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  label?: string;
  /** Why the text is not a filter; shown as tooltip and announced. */
  invalid?: string | undefined;
  /** Enter or arrow down: on to the list. */
  onLeave?: () => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  // Before it is painted: whoever sees the room may press its keys.
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
  return (
    <div className="filter">
      <FilterRegular fontSize={14} aria-hidden="true" />
      <input
        ref={input}
        value={value}
        placeholder={placeholder}
        aria-label={label}
        aria-keyshortcuts="/"
        aria-invalid={invalid !== undefined}
        title={invalid}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            if (value !== '') onChange('');
            else if (onLeave) onLeave();
            else input.current?.blur();
          } else if ((event.key === 'Enter' || event.key === 'ArrowDown') && onLeave) {
            event.preventDefault();
            onLeave();
          }
        }}
      />
      {value === '' ? (
        <Kbd>/</Kbd>
      ) : (
        <button type="button" aria-label="Clear the filter" onClick={() => onChange('')}>
          <DismissRegular fontSize={13} />
        </button>
      )}
    </div>
  );
}
