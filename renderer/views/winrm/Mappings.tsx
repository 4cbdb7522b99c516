import { useMemo } from 'react';
import type { CertificateMapping, WinrmConfiguration } from '../../../shared/contract/winrm-settings.ts';
import { Glyph } from '../../components/Glyph.tsx';
import type { Draft } from '../../stores/winrm-draft.ts';
import { DraftedName, DraftSection } from './DraftSection.tsx';
import { type DraftRow, mappingKey, mappingRows } from './draft-rows.ts';
import type { RowColumn } from './RowTable.tsx';
import { shortPrint } from './words.ts';

const rowName = ({ item, drafted }: DraftRow<CertificateMapping>): string =>
  [
    `${item.subject} for ${item.uri}, as ${item.userName}`,
    item.enabled ? null : 'disabled',
    drafted,
    item.source === 'GPO' ? 'set by Group Policy' : null,
  ]
    .filter(Boolean)
    .join(', ');
const mappingLock = ({ source }: CertificateMapping): string | null =>
  source === 'GPO' ? 'Set by Group Policy: Windows refuses to change it here.' : null;

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
  const { configuration, draft } = props;
  const rows = useMemo(() => mappingRows(configuration, draft), [configuration, draft]);
  return (
    <DraftSection
      id="wr-mappings"
      title="Certificate mappings"
      noun="mapping"
      count={configuration.mappingsProblem === null ? configuration.mappings.length : null}
      columns={columns}
      rows={rows}
      itemId={mappingKey}
      rowName={rowName}
      narrow={props.narrow}
      empty="None: no client certificate signs anybody in."
      frozen={props.frozen}
      lock={mappingLock}
      onCreate={props.onCreate}
      onEdit={props.onEdit}
      onDelete={props.onDelete}
      problem={configuration.mappingsProblem}
    />
  );
}

const columns: readonly RowColumn<DraftRow<CertificateMapping>>[] = [
  {
    id: 'subject',
    title: 'Subject',
    cell: ({ item, drafted }) => (
      <span className="row g6" title={item.subject}>
        <DraftedName name={item.subject} drafted={drafted} />
      </span>
    ),
  },
  { id: 'user', title: 'Signs in as', width: '20%', cell: ({ item }) => item.userName },
  {
    id: 'uri',
    title: 'For',
    width: '20%',
    cell: ({ item }) => <span className="mono">{item.uri}</span>,
  },
  {
    id: 'issuer',
    title: 'Issuer',
    width: '160px',
    wideOnly: true,
    cell: ({ item }) => (
      <span className="mono" title={item.issuer}>
        {shortPrint(item.issuer)}
      </span>
    ),
  },
  {
    id: 'state',
    title: 'State',
    width: '130px',
    cell: ({ item }) => (
      <span className="row g6">
        <Glyph name={item.enabled ? 'healthy' : 'stopped'} size={10} label="" />
        {item.enabled ? 'enabled' : 'disabled'}
        {item.source === 'GPO' ? <span className="source-badge">policy</span> : null}
      </span>
    ),
  },
];
