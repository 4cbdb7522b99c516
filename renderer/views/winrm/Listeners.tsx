import { useMemo } from 'react';
import type { StoreCertificate, WinrmConfiguration, WinrmListener } from '../../../shared/contract/winrm-settings.ts';
import { Glyph } from '../../components/Glyph.tsx';
import { Tag } from '../../components/Tag.tsx';
import { useNow } from '../../components/useNow.ts';
import { formatDay, missing } from '../../format.ts';
import { type Draft, listenerName } from '../../stores/winrm-draft.ts';
import { DraftedName, DraftSection } from './DraftSection.tsx';
import { type DraftRow, listenerRows } from './draft-rows.ts';
import type { RowColumn } from './RowTable.tsx';
import { shortPrint } from './words.ts';

const rowName = ({ item, drafted }: DraftRow<WinrmListener>): string =>
  [
    `${item.transport} on ${item.address}, port ${item.port}`,
    drafted,
    item.source === null ? null : item.source === 'GPO' ? 'set by Group Policy' : 'a compatibility listener',
  ]
    .filter(Boolean)
    .join(', ');

/** Why a listener cannot be changed here; null where it can. */
const listenerLock = (listener: WinrmListener): string | null =>
  listener.source === 'GPO'
    ? 'Set by Group Policy: Windows refuses to change it here. The policy is “Allow remote server management through WinRM”, in Windows Components › Windows Remote Management (WinRM) › WinRM Service.'
    : listener.source === 'Compatibility'
      ? 'It exists because Service / EnableCompatibilityHttpListener or …HttpsListener is on. Change that setting.'
      : null;

export function Listeners(props: {
  configuration: WinrmConfiguration;
  draft: Draft;
  narrow: boolean;
  /** Null: everything can be changed. Otherwise why not. */
  frozen: string | null;
  onCreate: () => void;
  onEdit: (listener: WinrmListener) => void;
  onDelete: (listener: WinrmListener) => void;
}) {
  const { configuration, draft } = props;
  const rows = useMemo(() => listenerRows(configuration, draft), [configuration, draft]);
  const columns = useMemo(() => columnsFor(configuration.certificates), [configuration.certificates]);
  return (
    <DraftSection
      id="wr-listeners"
      title="Listeners"
      noun="listener"
      count={configuration.listeners.length}
      columns={columns}
      rows={rows}
      itemId={listenerName}
      rowName={rowName}
      narrow={props.narrow}
      empty="No listener: WinRM answers nobody from outside."
      frozen={props.frozen}
      lock={listenerLock}
      createKey="N"
      onCreate={props.onCreate}
      onEdit={props.onEdit}
      onDelete={props.onDelete}
      problem={configuration.certificatesProblem}
    />
  );
}

const columnsFor = (certificates: readonly StoreCertificate[]): readonly RowColumn<DraftRow<WinrmListener>>[] => [
  {
    id: 'address',
    title: 'Address',
    width: '15%',
    cell: ({ item, drafted }) => (
      <span className="row g6">
        <DraftedName name={item.address} drafted={drafted} />
      </span>
    ),
  },
  { id: 'transport', title: 'Transport', width: '84px', cell: ({ item }) => item.transport },
  { id: 'port', title: 'Port', width: '64px', align: 'right', cell: ({ item }) => item.port },
  {
    id: 'hostname',
    title: 'Host name',
    wideOnly: true,
    cell: ({ item }) => <span title={item.hostname}>{item.hostname === '' ? missing : item.hostname}</span>,
  },
  {
    id: 'certificate',
    title: 'Certificate',
    width: '26%',
    cell: ({ item }) => <CertificateCell listener={item} certificates={certificates} />,
  },
  {
    id: 'listening',
    title: 'Listening on',
    width: '30%',
    cell: (row) => <ListeningCell row={row} />,
  },
];

/** What of a listener's certificate an administrator must act on. */
function CertificateCell({
  listener,
  certificates,
}: {
  listener: WinrmListener;
  certificates: readonly StoreCertificate[];
}) {
  const now = useNow(60_000);
  if (listener.thumbprint === '') return missing;
  const found = certificates.find((one) => one.thumbprint.toUpperCase() === listener.thumbprint.toUpperCase());
  const expired = found !== undefined && found.validToAt <= now;
  const soon = found !== undefined && !expired && found.validToAt - now < 30 * 86_400_000;
  const named =
    found === undefined ||
    listener.hostname === '' ||
    [found.hostname, ...found.names].some((name) => name?.toLowerCase() === listener.hostname.toLowerCase());
  const words =
    found === undefined
      ? certificates.length === 0
        ? null
        : 'not in the store'
      : expired
        ? `expired ${formatDay(found.validToAt)}`
        : named
          ? `until ${formatDay(found.validToAt)}`
          : 'name differs';
  const wrong = words === 'not in the store' || expired || !named;
  return (
    <span className="row g6" title={`${listener.thumbprint}${found === undefined ? '' : `\n${found.subject}`}`}>
      <Glyph name={wrong ? (expired ? 'critical' : 'warning') : soon ? 'warning' : 'healthy'} size={10} label="" />
      <span className="mono">{shortPrint(listener.thumbprint)}</span>
      {words === null ? null : <span className={wrong || soon ? 'c-warn ell' : 't3 ell'}>{words}</span>}
    </span>
  );
}

function ListeningCell({ row: { item: listener, drafted } }: { row: DraftRow<WinrmListener> }) {
  if (drafted === 'created') return <span className="t3">after applying</span>;
  return (
    <span className="wr-listening">
      {!listener.enabled ? (
        <>
          <Glyph name="stopped" size={10} label="" />
          <span className="t3">disabled</span>
        </>
      ) : listener.listeningOn.length === 0 ? (
        <>
          <Glyph name="critical" size={10} label="" />
          <span>no such address</span>
        </>
      ) : (
        <span className="ell" title={listener.listeningOn.join('\n')}>
          {listener.listeningOn.join(', ')}
        </span>
      )}
      {listener.carriesThisConnection ? <Tag name="this connection" /> : null}
      {listener.source === null ? null : (
        <span className="source-badge" title={listenerLock(listener) ?? ''}>
          {listener.source === 'GPO' ? 'Group Policy' : 'compatibility'}
        </span>
      )}
    </span>
  );
}
