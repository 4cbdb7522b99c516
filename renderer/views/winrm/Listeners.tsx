import { AddRegular, DeleteRegular, EditRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import type { StoreCertificate, WinrmConfiguration, WinrmListener } from '../../../shared/contract/winrm-settings.ts';
import { Button } from '../../components/Button.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { Tag } from '../../components/Tag.tsx';
import { useNow } from '../../components/useNow.ts';
import { formatDay, missing } from '../../format.ts';
import { changeKey, type Draft, listenerName } from '../../stores/winrm-draft.ts';
import { type RowColumn, RowTable } from './RowTable.tsx';
import { shortPrint } from './words.ts';

/** One row: a listener of the machine, with what is drafted for it, or one that is only drafted. */
export interface ListenerRow {
  readonly listener: WinrmListener;
  readonly drafted: 'created' | 'edited' | 'deleted' | null;
}

export function listenerRows(configuration: WinrmConfiguration, draft: Draft): readonly ListenerRow[] {
  const byKey = new Map(draft.map((change) => [changeKey(change), change]));
  const rows = configuration.listeners.map((listener): ListenerRow => {
    const { address, transport } = listener;
    const change = byKey.get(changeKey({ kind: 'delete-listener', address, transport }));
    return {
      listener,
      drafted: change?.kind === 'edit-listener' ? 'edited' : change?.kind === 'delete-listener' ? 'deleted' : null,
    };
  });
  const created = draft.flatMap((change): ListenerRow[] =>
    change.kind !== 'create-listener'
      ? []
      : [
          {
            listener: {
              address: change.address,
              transport: change.transport,
              port: change.port ?? (change.transport === 'HTTPS' ? 5986 : 5985),
              hostname: change.hostname ?? '',
              enabled: change.enabled,
              urlPrefix: change.urlPrefix,
              thumbprint: change.thumbprint ?? '',
              listeningOn: [],
              source: null,
              carriesThisConnection: false,
            },
            drafted: 'created',
          },
        ],
  );
  return [...rows, ...created];
}

const rowId = ({ listener }: ListenerRow): string => listenerName(listener);
const rowName = ({ listener, drafted }: ListenerRow): string =>
  [`${listener.transport} on ${listener.address}, port ${listener.port}`, drafted].filter(Boolean).join(', ');
const rowClass = ({ drafted }: ListenerRow): string =>
  drafted === null ? '' : drafted === 'deleted' ? 'changed gone' : 'changed';

/** Why a listener cannot be changed here; null where it can. */
export const listenerLock = (listener: WinrmListener): string | null =>
  listener.source === 'GPO'
    ? 'Set by Group Policy: Windows refuses to change it here.'
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
  const [selectedId, select] = useState<string | null>(null);
  const rows = useMemo(() => listenerRows(configuration, draft), [configuration, draft]);
  const selected = rows.find((row) => rowId(row) === selectedId);
  const columns = useMemo(() => columnsFor(configuration.certificates), [configuration.certificates]);
  const why = (row: ListenerRow | undefined): string | null =>
    props.frozen ?? (row === undefined ? 'Select a listener first' : listenerLock(row.listener));
  const open = (row: ListenerRow) => {
    if (why(row) === null) props.onEdit(row.listener);
  };
  const remove = (row: ListenerRow) => {
    if (why(row) === null) props.onDelete(row.listener);
  };
  return (
    <section className="wr-section" aria-labelledby="wr-listeners">
      <div className="wr-head">
        <h2 className="h2" id="wr-listeners">
          Listeners
        </h2>
        <span className="t3 num">{configuration.listeners.length}</span>
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
          title={props.frozen ?? 'N'}
          onClick={() => {
            if (props.frozen === null) props.onCreate();
          }}
        >
          New listener
        </Button>
      </div>
      <RowTable
        label="Listeners"
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
        empty="No listener: WinRM answers nobody from outside."
      />
      {configuration.certificatesProblem === null ? null : (
        <div className="wr-note">
          <ProblemBanner problem={configuration.certificatesProblem} />
        </div>
      )}
    </section>
  );
}

const columnsFor = (certificates: readonly StoreCertificate[]): readonly RowColumn<ListenerRow>[] => [
  {
    id: 'address',
    title: 'Address',
    width: '15%',
    cell: ({ listener, drafted }) => (
      <span className="row g6">
        {drafted === null ? null : <i className="wr-dot" title={`${drafted}, not applied yet`} />}
        <span className="ell b5">{listener.address}</span>
      </span>
    ),
  },
  { id: 'transport', title: 'Transport', width: '84px', cell: ({ listener }) => listener.transport },
  { id: 'port', title: 'Port', width: '64px', align: 'right', cell: ({ listener }) => listener.port },
  {
    id: 'hostname',
    title: 'Host name',
    wideOnly: true,
    cell: ({ listener }) => (
      <span title={listener.hostname}>{listener.hostname === '' ? missing : listener.hostname}</span>
    ),
  },
  {
    id: 'certificate',
    title: 'Certificate',
    width: '28%',
    cell: ({ listener }) => <CertificateCell listener={listener} certificates={certificates} />,
  },
  {
    id: 'listening',
    title: 'Listening on',
    width: '27%',
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

function ListeningCell({ row: { listener, drafted } }: { row: ListenerRow }) {
  if (drafted === 'created') return <span className="t3">after applying</span>;
  return (
    <span className="row g6">
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
