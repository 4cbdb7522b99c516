import { useEffect, useId, useMemo, useRef, useState } from 'react';
import type { CimReference } from '../../../shared/contract/cim-value.ts';
import type { WmiInstance } from '../../../shared/contract/wmi.ts';
import { Button } from '../../components/Button.tsx';
import type { DataTableHandle } from '../../components/DataTable.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { modifierName } from '../../components/keys.ts';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { step } from '../../stores/console-history.ts';
import { type MachineWmi, wmiStore } from '../../stores/wmi.ts';
import { RowsTable } from './RowsTable.tsx';
import { classIn, completeWql, placeError } from './wql.ts';

/** The editor for WQL with what it brought. */
export function QueryPanel(props: {
  machineId: string;
  view: MachineWmi;
  online: boolean;
  editor: React.RefObject<HTMLTextAreaElement | null>;
  table: React.RefObject<DataTableHandle | null>;
  onOpen: (instance: WmiInstance) => void;
  onFollow: (reference: CimReference) => void;
}) {
  const { machineId, view, editor } = props;
  const { queryText, results, ran } = view;
  const [caret, setCaret] = useState(queryText.length);
  const [suggesting, setSuggesting] = useState(false);
  const [chosen, setChosen] = useState(0);
  const [at, setAt] = useState<number | null>(null);
  const listId = useId();
  const typed = useRef('');

  const className = classIn(queryText);
  const classes = view.classes.value?.classes;
  const isKnownClass = className !== null && classes?.some((name) => name.toLowerCase() === className.toLowerCase());
  useEffect(() => {
    if (className !== null && isKnownClass) wmiStore.learn(machineId, className);
  }, [machineId, className, isKnownClass]);
  const propertiesOf = useMemo(
    () => (name: string) => view.known.get(name.toLowerCase())?.properties.map((property) => property.name) ?? [],
    [view.known],
  );
  const completion = useMemo(
    () => completeWql(queryText, caret, classes ?? [], propertiesOf),
    [queryText, caret, classes, propertiesOf],
  );
  const open = suggesting && completion.items.length > 0;
  const active = Math.min(chosen, completion.items.length - 1);

  const write = (text: string, position: number): void => {
    wmiStore.setQuery(machineId, text);
    setCaret(position);
    requestAnimationFrame(() => editor.current?.setSelectionRange(position, position));
  };
  const accept = (index: number): void => {
    const item = completion.items[index];
    if (!item) return;
    const rest = queryText.slice(completion.to);
    const text = `${queryText.slice(0, completion.from)}${item.text}`;
    write(`${text}${rest.startsWith(' ') || rest.startsWith(',') ? '' : ' '}${rest}`, text.length + 1);
    setChosen(0);
  };
  const run = (): void => {
    setSuggesting(false);
    setAt(null);
    wmiStore.run(machineId);
  };
  const goThrough = (direction: 'older' | 'newer'): void => {
    if (at === null) typed.current = queryText;
    const next = step(view.history, at, direction);
    setAt(next);
    const text = next === null ? typed.current : (view.history[next] ?? '');
    write(text, text.length);
    setSuggesting(false);
  };

  const press = (event: React.KeyboardEvent): void => {
    const modifier = event.ctrlKey || event.metaKey;
    if (event.key === 'Enter' && modifier) run();
    else if (modifier && event.key === ' ') setSuggesting(true);
    else if (modifier && event.key === 'ArrowUp') goThrough('older');
    else if (modifier && event.key === 'ArrowDown') goThrough('newer');
    else if (event.key === 'Escape' && open) setSuggesting(false);
    else if (event.key === 'Escape' && results.stage === 'reading') wmiStore.cancel(machineId);
    else if (open && event.key === 'ArrowDown') setChosen((active + 1) % completion.items.length);
    else if (open && event.key === 'ArrowUp')
      setChosen((active + completion.items.length - 1) % completion.items.length);
    else if (open && (event.key === 'Tab' || event.key === 'Enter') && !event.shiftKey) accept(active);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const problem = results.stage === 'failed' ? results.problem : null;
  const place =
    problem && ran !== null
      ? placeError(
          ran,
          problem,
          view.classes.value?.source === 'declarations' ? (classes ?? null) : null,
          className === null
            ? null
            : (view.known.get(className.toLowerCase())?.properties.map(({ name }) => name) ?? null),
        )
      : null;
  const declared = results.className === null ? null : (view.known.get(results.className.toLowerCase()) ?? null);
  return (
    <div className="wm-query">
      <div className="wm-editor">
        <textarea
          ref={editor}
          className="mono"
          aria-label="WQL query"
          aria-invalid={place !== null && ran === queryText.trim()}
          aria-controls={open ? listId : undefined}
          aria-activedescendant={open ? `${listId}-${active}` : undefined}
          rows={3}
          spellCheck={false}
          value={queryText}
          onChange={(event) => {
            wmiStore.setQuery(machineId, event.target.value);
            setCaret(event.target.selectionStart);
            setSuggesting(true);
            setChosen(0);
            setAt(null);
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
          onBlur={() => setSuggesting(false)}
          onKeyDown={press}
        />
        {open ? (
          <div className="wm-suggestions" id={listId} role="listbox" aria-label="Suggestions">
            {completion.items.slice(0, 12).map((item, index) => (
              <div
                key={`${item.kind} ${item.text}`}
                id={`${listId}-${index}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === active}
                onMouseDown={(event) => {
                  event.preventDefault();
                  accept(index);
                }}
              >
                <span className="mono">{item.text}</span>
                <span className="t3">{item.kind}</span>
              </div>
            ))}
          </div>
        ) : null}
        <div className="wm-editor-foot">
          {results.stage === 'reading' ? (
            <Button onClick={() => wmiStore.cancel(machineId)}>Cancel</Button>
          ) : (
            <Button kind="primary" disabled={!props.online || queryText.trim() === ''} onClick={run}>
              Run query
            </Button>
          )}
          <span className="t3 wm-hint">
            <Kbd>{`${modifierName} Enter`}</Kbd> runs · <Kbd>{`${modifierName} Space`}</Kbd> suggests ·{' '}
            <Kbd>{`${modifierName} ↑`}</Kbd> earlier queries
          </span>
        </div>
      </div>
      {problem && ran !== null ? (
        <section className="wm-wrong" aria-label="Where the query is wrong">
          {place === null ? null : (
            <pre className="mono">
              {ran.slice(0, place.from)}
              <mark>{ran.slice(place.from, place.to)}</mark>
              {ran.slice(place.to)}
            </pre>
          )}
          {place === null ? null : <p className="b6">{place.why}</p>}
          <ProblemBanner problem={problem} />
        </section>
      ) : (
        <RowsTable
          label="Results of the query"
          rows={results}
          declared={declared}
          everything
          most={40}
          onOpen={props.onOpen}
          onFollow={props.onFollow}
          onCancel={() => wmiStore.cancel(machineId)}
          handle={props.table}
          empty={results.stage === 'none' ? 'Write a query and run it.' : 'The query is valid and nothing fits it.'}
        />
      )}
    </div>
  );
}
