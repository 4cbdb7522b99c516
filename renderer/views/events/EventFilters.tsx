import { Input, Menu, MenuItemCheckbox, MenuList, MenuPopover, MenuTrigger, Select } from '@fluentui/react-components';
import { ChevronDownRegular } from '@fluentui/react-icons';
import { type RefObject, useEffect, useRef, useState } from 'react';
import type { EventFilter, EventLevel } from '../../../shared/contract/event-log.ts';
import { Button } from '../../components/Button.tsx';
import { FilterBox } from '../../components/FilterBox.tsx';
import { useNarrow } from '../machine/use-media.ts';
import { isFiltering, isIdList, levelLooks, levels, spans } from './event-words.ts';

/** What is typed is asked for when the typing has rested. */
const restMs = 450;

/** The filter of a log: what can be said to the machine is said to it. */
export function EventFilters(props: {
  filter: EventFilter;
  onFilter: (filter: EventFilter) => void;
  onToList: () => void;
  levelButton: RefObject<HTMLButtonElement | null>;
}) {
  const { filter, onFilter } = props;
  const [source, setSource] = useTyped(filter.source, (value) => onFilter({ ...filter, source: value.trim() }));
  const [ids, setIds] = useTyped(filter.ids, (value) => {
    if (isIdList(value)) onFilter({ ...filter, ids: value });
  });
  const [text, setText] = useTyped(filter.text, (value) => onFilter({ ...filter, text: value }));
  const chosen = filter.levels;
  const narrow = useNarrow();
  return (
    <search className="ev-filters" aria-label="Filter of events">
      <Menu
        checkedValues={{ level: [...chosen] }}
        onCheckedValueChange={(_event, data) => onFilter({ ...filter, levels: data.checkedItems as EventLevel[] })}
      >
        <MenuTrigger disableButtonEnhancement>
          <Button ref={props.levelButton} className="ev-levels" title="Alt+L">
            {chosen.length === 0
              ? 'All levels'
              : chosen.length === 1
                ? levelLooks[chosen[0]!].word
                : `${chosen.length} levels`}
            <ChevronDownRegular fontSize={12} aria-hidden="true" />
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {levels.map((level) => (
              <MenuItemCheckbox key={level} name="level" value={level}>
                {levelLooks[level].word}
              </MenuItemCheckbox>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
      <Select
        aria-label="Time"
        className="ev-span"
        value={String(filter.withinMs ?? '')}
        onChange={(_event, data) => onFilter({ ...filter, withinMs: data.value === '' ? null : Number(data.value) })}
      >
        {spans.map(([withinMs, words]) => (
          <option key={words} value={String(withinMs ?? '')}>
            {words}
          </option>
        ))}
      </Select>
      <Input
        aria-label="Source"
        className="ev-source"
        placeholder={narrow ? 'Source' : 'Source, in full'}
        value={source}
        maxLength={256}
        spellCheck={false}
        onChange={(_event, data) => setSource(data.value)}
      />
      <Input
        aria-label="Event ids"
        className="ev-ids"
        placeholder={narrow ? 'Ids' : 'Ids: 41, 7000-7040'}
        value={ids}
        maxLength={256}
        aria-invalid={!isIdList(ids)}
        title={isIdList(ids) ? 'Numbers and ranges: 41, 7000-7040' : 'These are no numbers and ranges'}
        onChange={(_event, data) => setIds(data.value)}
      />
      <Button
        kind="ghost"
        disabledFocusable={!isFiltering(filter)}
        onClick={() => onFilter({ levels: [], source: '', ids: '', withinMs: null, text: '' })}
      >
        Clear
      </Button>
      <span className="grow" />
      <FilterBox value={text} onChange={setText} label="Text in events" placeholder="Text" onLeave={props.onToList} />
    </search>
  );
}

/** A value that is typed here and asked for when it has rested; a filter that comes from elsewhere takes its place. */
function useTyped(value: string, onRest: (value: string) => void): readonly [string, (value: string) => void] {
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  const rest = useRef(onRest);
  rest.current = onRest;
  if (known !== value) {
    setKnown(value);
    setTyped(value);
  }
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => rest.current(typed), restMs);
    return () => clearTimeout(timer);
  }, [typed, value]);
  return [typed, setTyped];
}
