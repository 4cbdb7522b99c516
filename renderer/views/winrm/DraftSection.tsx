import { AddRegular, DeleteRegular, EditRegular, LockClosedFilled } from '@fluentui/react-icons';
import { type ReactNode, useState } from 'react';
import type { Problem } from '../../../shared/contract/problem.ts';
import { Button } from '../../components/Button.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import type { DraftRow } from './draft-rows.ts';
import { type RowColumn, RowTable } from './RowTable.tsx';

const draftClass = ({ drafted }: DraftRow<unknown>): string =>
  drafted === null ? '' : drafted === 'deleted' ? 'changed gone' : 'changed';

/** Listeners or mappings as a table, with the verbs that draft a change of the selected one. */
export function DraftSection<Item>(props: {
  id: string;
  title: string;
  /** Of one: `listener`. */
  noun: string;
  /** How many the machine has; null where that is not known. */
  count: number | null;
  columns: readonly RowColumn<DraftRow<Item>>[];
  rows: readonly DraftRow<Item>[];
  itemId: (item: Item) => string;
  rowName: (row: DraftRow<Item>) => string;
  narrow: boolean;
  empty: string;
  /** Null: everything can be changed. Otherwise why not. */
  frozen: string | null;
  /** Why this one cannot be changed here; null where it can. */
  lock: (item: Item) => string | null;
  /** The key of the room that makes a new one. */
  createKey?: string;
  onCreate: () => void;
  onEdit: (item: Item) => void;
  onDelete: (item: Item) => void;
  /** Why part of it, or with no `count` all of it, could not be read. */
  problem: Problem | null;
}) {
  const { rows, itemId, frozen } = props;
  const [selectedId, select] = useState<string | null>(null);
  const rowId = ({ item }: DraftRow<Item>) => itemId(item);
  const selected = rows.find((row) => rowId(row) === selectedId);
  const lock = frozen ?? (selected === undefined ? `Select a ${props.noun} first` : props.lock(selected.item));
  const act = (verb: (item: Item) => void) => (row: DraftRow<Item>) => {
    if (frozen === null && props.lock(row.item) === null) verb(row.item);
  };
  const edit = act(props.onEdit);
  const remove = act(props.onDelete);
  return (
    <section className="wr-section" aria-labelledby={props.id}>
      <div className="wr-head">
        <h2 className="h2" id={props.id}>
          {props.title}
        </h2>
        <span className="t3 num">{props.count}</span>
        <span className="grow" />
        <Button
          kind="ghost"
          icon={<EditRegular />}
          disabledFocusable={lock !== null}
          title={lock ?? 'Enter'}
          onClick={() => selected && edit(selected)}
        >
          Edit
        </Button>
        <Button
          kind="ghost"
          icon={<DeleteRegular />}
          disabledFocusable={lock !== null}
          title={lock ?? 'Del'}
          onClick={() => selected && remove(selected)}
        >
          {selected?.drafted === 'deleted' ? 'Keep' : 'Delete'}
        </Button>
        <Button
          kind="ghost"
          icon={<AddRegular />}
          disabledFocusable={frozen !== null}
          title={frozen ?? props.createKey}
          onClick={() => {
            if (frozen === null) props.onCreate();
          }}
        >
          New {props.noun}
        </Button>
      </div>
      {props.count === null ? null : (
        <RowTable
          label={props.title}
          columns={props.columns}
          rows={rows}
          rowId={rowId}
          rowName={props.rowName}
          rowClass={(row) => (props.lock(row.item) === null ? draftClass(row) : 'locked')}
          narrow={props.narrow}
          selected={selectedId}
          onSelect={select}
          onOpen={edit}
          onDelete={remove}
          empty={props.empty}
        />
      )}
      {selected === undefined || props.lock(selected.item) === null ? null : (
        <p className="wr-why-locked t2">
          <LockClosedFilled fontSize={12} aria-hidden="true" /> {props.lock(selected.item)}
        </p>
      )}
      {props.problem === null ? null : (
        <div className="room-note">
          <ProblemBanner problem={props.problem} />
        </div>
      )}
    </section>
  );
}

/** The name of a row, with a dot where something is drafted for it. */
export function DraftedName({ name, drafted }: { name: ReactNode; drafted: DraftRow<unknown>['drafted'] }) {
  return (
    <>
      {drafted === null ? null : <i className="wr-dot" title={`${drafted}, not applied yet`} />}
      <span className="ell b5">{name}</span>
    </>
  );
}
