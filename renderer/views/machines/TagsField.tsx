import { Field } from '@fluentui/react-components';
import { useId, useRef, useState } from 'react';
import { Tag } from '../../components/Tag.tsx';
import { useMachines } from '../../stores/machines.ts';

/** Tags as one field: comma or Enter makes one, Backspace in the empty field takes the last one back. */
export function TagsField({
  tags,
  onChange,
  label = 'Tags',
}: {
  tags: readonly string[];
  onChange: (tags: readonly string[]) => void;
  label?: string;
}) {
  const [text, setText] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const machines = useMachines((state) => state.list);
  const known = [...new Set(machines.flatMap((machine) => machine.settings.tags))]
    .sort()
    .filter((tag) => !tags.includes(tag));
  const add = (value: string) => {
    const fresh = value
      .split(',')
      .map((tag) => tag.trim().slice(0, 64))
      .filter((tag) => tag !== '' && !tags.includes(tag));
    if (fresh.length > 0) onChange([...new Set([...tags, ...fresh])].slice(0, 50));
    setText('');
  };
  return (
    <Field label={label}>
      {(field) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: a click beside the words goes to the input, as in any text field
        // biome-ignore lint/a11y/useKeyWithClickEvents: the input itself is reached by keyboard
        <div className="tags-field" onClick={() => input.current?.focus()}>
          {tags.map((tag) => (
            <Tag key={tag} name={tag} onRemove={() => onChange(tags.filter((each) => each !== tag))} />
          ))}
          <input
            {...field}
            ref={input}
            value={text}
            list={list}
            spellCheck={false}
            autoComplete="off"
            placeholder={tags.length === 0 ? 'production, sql' : ''}
            onChange={(event) =>
              event.target.value.includes(',') ? add(event.target.value) : setText(event.target.value)
            }
            onBlur={() => add(text)}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && text.trim() !== '') {
                event.preventDefault();
                add(text);
              } else if (event.key === 'Backspace' && text === '' && tags.length > 0) onChange(tags.slice(0, -1));
            }}
          />
          <datalist id={list}>
            {known.map((tag) => (
              <option key={tag} value={tag} />
            ))}
          </datalist>
        </div>
      )}
    </Field>
  );
}
