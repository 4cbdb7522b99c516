import { AddRegular, DeleteRegular, EditRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import type { CertificateMapping, WinrmConfiguration } from '../../../shared/contract/winrm-settings.ts';
import { Button } from '../../components/Button.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { changeKey, type Draft } from '../../stores/winrm-draft.ts';
import { type RowColumn, RowTable } from './RowTable.tsx';
import { shortPrint } from './words.ts';

export interface MappingRow {
  readonly mapping: CertificateMapping;
  readonly drafted: 'created' | 'edited' | 'deleted' | null;
}
const keyOf = (mapping: { issuer: string; subject: string; uri: string }): string =>
  changeKey({ kind: 'delete-mapping', issuer: mapping.issuer, subject: mapping.subject, uri: mapping.uri });

export function mappingRows(configuration: WinrmConfiguration, draft: Draft): readonly MappingRow[] {
  const byKey = new Map(draft.map((change) => [changeKey(change), change]));
  const rows = configuration.mappings.map((mapping): MappingRow => {
    const change = byKey.get(keyOf(mapping));
    if (change?.kind === 'delete-mapping') return { mapping, drafted: 'deleted' };
    if (change?.kind === 'edit-mapping') {
      return { mapping: { ...mapping, userName: change.userName, enabled: change.enabled }, drafted: 'edited' };
    }
    return { mapping, drafted: null };
  });
  const created = draft.flatMap((change): MappingRow[] =>
    change.kind === 'create-mapping' ? [{ mapping: { ...change, source: null }, drafted: 'created' }] : [],
  );
  return [...rows, ...created];
}

const rowId = ({ mapping }: MappingRow): string => keyOf(mapping);
const rowName = ({ mapping }: MappingRow): string => `${mapping.subject} for ${mapping.uri}, as ${mapping.userName}`;
const rowClass = ({ drafted }: MappingRow): string =>
  drafted === null ? '' : drafted === 'deleted' ? 'changed gone' : 'changed';

/** Which account a client certificate signs in as. */
export function Mappings(props: {
  configuration: WinrmConfiguration;
  draft: Draft;
  narrow: boolean;
  frozen: string | null;
  onCreate: () => void;
  onEdit: (mapping: CertificateMapping) => void;
  onDelete: (mapping: CertificateMapping) => void;
}) {
  const { configuration } = props;
  const [selectedId, select] = useState<string | null>(null);
  const rows = useMemo(() => mappingRows(configuration, props.draft), [configuration, props.draft]);
  const selected = rows.find((row) => rowId(row) === selectedId);
  const why = (row: MappingRow | undefined): string | null =>
    props.frozen ??
    (row === undefined
      ? 'Select a mapping first'
      : row.mapping.source === 'GPO'
        ? 'Set by Group Policy: Windows refuses to change it here.'
        : null);
  const open = (row: MappingRow) => {
    if (why(row) === null) props.onEdit(row.mapping);
  };
  const remove = (row: MappingRow) => {
    if (why(row) === null) props.onDelete(row.mapping);
  };
  return (
    <section className="wr-section" aria-labelledby="wr-mappings">
      <div className="wr-head">
        <h2 className="h2" id="wr-mappings">
          Certificate mappings
        </h2>
        <span className="t3 num">{configuration.mappingsProblem === null ? configuration.mappings.length : ''}</span>
        <span className="grow" />
        <Button
          kind="ghost"
          icon={<EditRegular />}
          disabledFocusable={why(selected) !== null}
          title={why(selected) ?? 'Enter'}
          onClick={() => selected && open(selected)}
        >
          Edit
        </Button>
        <Button
          kind="ghost"
          icon={<DeleteRegular />}
          disabledFocusable={why(selected) !== null}
          title={why(selected) ?? 'Del'}
          onClick={() => selected && remove(selected)}
        >
          {selected?.drafted === 'deleted' ? 'Keep' : 'Delete'}
        </Button>
        <Button
          kind="ghost"
          icon={<AddRegular />}
          disabledFocusable={props.frozen !== null}
          title={props.frozen ?? undefined}
          onClick={() => {
            if (props.frozen === null) props.onCreate();
          }}
        >
          New mapping
        </Button>
      </div>
      {configuration.mappingsProblem === null ? (
        <RowTable
          label="Certificate mappings"
          columns={columns}
          rows={rows}
          rowId={rowId}
          rowName={rowName}
          rowClass={rowClass}
          narrow={props.narrow}
          selected={selectedId}
          onSelect={select}
          onOpen={open}
          onDelete={remove}
          empty="None: no client certificate signs anybody in."
        />
      ) : (
        <div className="wr-note">
          <ProblemBanner problem={configuration.mappingsProblem} />
        </div>
      )}
    </section>
  );
}

const columns: readonly RowColumn<MappingRow>[] = [
  {
    id: 'subject',
    title: 'Subject',
    cell: ({ mapping, drafted }) => (
      <span className="row g6" title={mapping.subject}>
        {drafted === null ? null : <i className="wr-dot" title={`${drafted}, not applied yet`} />}
        <span className="ell b5">{mapping.subject}</span>
      </span>
    ),
  },
  { id: 'user', title: 'Signs in as', width: '20%', cell: ({ mapping }) => mapping.userName },
  {
    id: 'uri',
    title: 'For',
    width: '20%',
    cell: ({ mapping }) => <span className="mono">{mapping.uri}</span>,
  },
  {
    id: 'issuer',
    title: 'Issuer',
    width: '160px',
    wideOnly: true,
    cell: ({ mapping }) => (
      <span className="mono" title={mapping.issuer}>
        {shortPrint(mapping.issuer)}
      </span>
    ),
  },
  {
    id: 'state',
    title: 'State',
    width: '130px',
    cell: ({ mapping }) => (
      <span className="row g6">
        <Glyph name={mapping.enabled ? 'healthy' : 'stopped'} size={10} label="" />
        {mapping.enabled ? 'enabled' : 'disabled'}
        {mapping.source === 'GPO' ? <span className="source-badge">policy</span> : null}
      </span>
    ),
  },
];
