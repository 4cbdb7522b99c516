import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { Machine } from '../../../shared/contract/machines.ts';
import type {
  CertificateMapping,
  ConfigurationSide,
  WinrmConfiguration,
  WinrmListener,
} from '../../../shared/contract/winrm-settings.ts';
import { AgeLabel } from '../../components/AgeLabel.tsx';
import { Button } from '../../components/Button.tsx';
import { CodeLine } from '../../components/CodeLine.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { isTyping } from '../../components/keys.ts';
import { Banner, ProblemBanner } from '../../components/ProblemBanner.tsx';
import { useNow } from '../../components/useNow.ts';
import { formatTime, plural } from '../../format.ts';
import { changeKey, type Draft, dropChange, findChange, listenerName, putChange } from '../../stores/winrm-draft.ts';
import { winrmManyStore } from '../../stores/winrm-many.ts';
import { isUnderWay, type MachineWinrm, rereadMs, winrmSettingsStore } from '../../stores/winrm-settings.ts';
import { useUserName } from '../machine/machine-view.ts';
import { isOwnProblem, Skeleton } from '../machine/section.tsx';
import { useNarrow } from '../machine/use-media.ts';
import { ApplyDialog } from './ApplyDialog.tsx';
import { RunBanner } from './ApplySteps.tsx';
import { ApplyToDialog } from './ApplyToDialog.tsx';
import { ChangesPane } from './ChangesPane.tsx';
import { CompareDialog } from './CompareDialog.tsx';
import { winrmCommand } from './command.ts';
import { mappingKey } from './draft-rows.ts';
import { ListenerDialog } from './ListenerDialog.tsx';
import { Listeners } from './Listeners.tsx';
import { MappingDialog } from './MappingDialog.tsx';
import { Mappings } from './Mappings.tsx';
import { manySummary } from './many-view.ts';
import { Plugins } from './Plugins.tsx';
import { QuickconfigDialog } from './QuickconfigDialog.tsx';
import { type SettingHandlers, SettingRows } from './SettingRows.tsx';
import { SnapshotsDialog } from './SnapshotsDialog.tsx';
import { filterSettings, firstWrong, type SettingFilter, settingRows } from './setting-view.ts';
import { useWinrm } from './use-winrm.ts';
import { WinrmToolbar } from './WinrmToolbar.tsx';
import './winrm.css';
import './winrm-dialogs.css';

type Open =
  | { readonly kind: 'listener'; readonly listener: WinrmListener | null }
  | { readonly kind: 'mapping'; readonly mapping: CertificateMapping | null }
  | { readonly kind: 'apply'; readonly draft: Draft }
  | { readonly kind: 'apply-to'; readonly draft: Draft }
  | { readonly kind: 'quickconfig' }
  | { readonly kind: 'snapshots' }
  | { readonly kind: 'compare'; readonly right: ConfigurationSide | null };

const noFilter: ReadonlySet<SettingFilter> = new Set();

/** Machine → WinRM: listeners, settings, mappings and plug-ins; what is changed here is drafted, reviewed, then applied. */
export function WinrmRoom({ machine }: { machine: Machine }) {
  const machineId = machine.id;
  const { name } = machine.settings;
  const view = useWinrm(machine);
  const { configuration, draft, run } = view;
  const narrow = useNarrow();
  const userName = useUserName(machine);
  const [open, setOpen] = useState<Open | null>(null);
  const [text, setText] = useState('');
  const [filters, setFilters] = useState(noFilter);
  const [focused, setFocused] = useState<string | null>(null);
  const form = useRef<HTMLDivElement>(null);

  const allRows = useMemo(() => settingRows(configuration?.settings ?? [], draft), [configuration, draft]);
  const rows = useMemo(() => filterSettings(allRows, text, filters), [allRows, text, filters]);
  const frozen = whyFrozen(machine, view);

  const put = useCallback(
    (change: Parameters<typeof putChange>[1]) => {
      if (configuration !== null) {
        winrmSettingsStore.setDraft(machineId, (before) => putChange(before, change, configuration));
      }
    },
    [machineId, configuration],
  );
  const handlers = useMemo<SettingHandlers>(
    () => ({
      onChange: (setting, value) => put({ kind: 'set', path: setting.path, value }),
      onFocus: setFocused,
    }),
    [put],
  );
  const drop = (key: string) => winrmSettingsStore.setDraft(machineId, (before) => dropChange(before, key));
  /** Deleted in the draft; once more takes that back. */
  const toggle = (change: Parameters<typeof putChange>[1]) => {
    const before = findChange(draft, changeKey(change));
    if (before?.kind === change.kind) drop(changeKey(change));
    else put(change);
  };
  const wrong = useMemo(() => firstWrong(allRows, draft), [allRows, draft]);
  const canReview = draft.length > 0 && frozen === null && wrong === null;
  const review = useCallback(() => {
    if (canReview) setOpen({ kind: 'apply', draft });
  }, [canReview, draft]);

  const noDialog = open === null;
  // Before it is painted: whoever sees the room may press its keys.
  useLayoutEffect(() => {
    if (!noDialog) return;
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || event.shiftKey) return;
      if (document.querySelector('[role="dialog"],[role="alertdialog"]') !== null) return;
      if (event.ctrlKey || event.metaKey) {
        if (event.key !== 'Enter') return;
        review();
      } else if (isTyping(event.target)) return;
      else if (event.key === 'n' && frozen === null) setOpen({ kind: 'listener', listener: null });
      else if (event.key === 's') setOpen({ kind: 'snapshots' });
      else if (event.key === 'd') setOpen({ kind: 'compare', right: null });
      else if (event.key === 'q') setOpen({ kind: 'quickconfig' });
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [noDialog, frozen, review]);

  const command = useMemo(() => winrmCommand(draft, machine.settings, userName), [draft, machine.settings, userName]);
  const close = () => setOpen(null);
  return (
    <>
      <div className="room wr" data-pane={configuration !== null || undefined}>
        <div className="room-main">
          <WinrmToolbar
            rows={allRows}
            known={configuration !== null}
            online={machine.state === 'online'}
            frozen={frozen}
            filters={filters}
            onFilters={setFilters}
            text={text}
            onText={setText}
            onToList={() => form.current?.querySelector<HTMLElement>('.wr-form [data-control]')?.focus()}
            onQuickconfig={() => setOpen({ kind: 'quickconfig' })}
            onSnapshots={() => setOpen({ kind: 'snapshots' })}
            onCompare={() => setOpen({ kind: 'compare', right: null })}
            onRestore={(what) => setOpen({ kind: 'apply', draft: [{ kind: 'restore', what }] })}
          />
          <div className="wr-scrolled" ref={form}>
            <Notes
              machine={machine}
              view={view}
              following={open?.kind === 'apply' || open?.kind === 'apply-to'}
              onShowRun={() => setOpen({ kind: 'apply', draft })}
              onShowMany={() => setOpen({ kind: 'apply-to', draft })}
              onQuickconfig={() => setOpen({ kind: 'quickconfig' })}
            />
            {configuration === null ? (
              <Gap machine={machine} view={view} />
            ) : (
              <>
                <Listeners
                  configuration={configuration}
                  draft={draft}
                  narrow={narrow}
                  frozen={frozen}
                  onCreate={() => setOpen({ kind: 'listener', listener: null })}
                  onEdit={(listener) => setOpen({ kind: 'listener', listener })}
                  onDelete={({ address, transport }) => toggle({ kind: 'delete-listener', address, transport })}
                />
                <section className="wr-section" aria-labelledby="wr-settings">
                  <div className="wr-head">
                    <h2 className="h2" id="wr-settings">
                      Configuration
                    </h2>
                    <span className="t3 num">
                      {rows.length === allRows.length ? allRows.length : `${rows.length} of ${allRows.length}`}
                    </span>
                  </div>
                  {rows.length === 0 ? (
                    <p className="wr-none t3">
                      {allRows.length === 0 ? 'None could be read.' : 'No setting is like this.'}
                    </p>
                  ) : (
                    <SettingRows rows={rows} frozen={frozen !== null} focused={focused} handlers={handlers} />
                  )}
                </section>
                <Mappings
                  configuration={configuration}
                  draft={draft}
                  narrow={narrow}
                  frozen={frozen}
                  onCreate={() => setOpen({ kind: 'mapping', mapping: null })}
                  onEdit={(mapping) => setOpen({ kind: 'mapping', mapping })}
                  onDelete={({ issuer, subject, uri }) => toggle({ kind: 'delete-mapping', issuer, subject, uri })}
                />
                <Plugins
                  configuration={configuration}
                  draft={draft}
                  frozen={frozen}
                  onChange={(plugin, property, value) => put({ kind: 'set-plugin', name: plugin, property, value })}
                  onDrop={drop}
                />
              </>
            )}
          </div>
        </div>
        {configuration === null ? null : (
          <ChangesPane
            machine={name}
            configuration={configuration}
            draft={draft}
            wrong={wrong}
            focused={configuration.settings.find((setting) => setting.path === focused) ?? null}
            frozen={frozen}
            onDrop={drop}
            onDiscard={() => winrmSettingsStore.setDraft(machineId, () => [])}
            onReview={review}
            onApplyTo={() => setOpen({ kind: 'apply-to', draft })}
          />
        )}
      </div>
      <CodeLine command={command} />
      {open?.kind === 'listener' && configuration !== null ? (
        <ListenerDialog
          machine={name}
          configuration={configuration}
          listener={open.listener}
          taken={taken(configuration, draft)}
          onDraft={put}
          onClose={close}
        />
      ) : null}
      {open?.kind === 'mapping' && configuration !== null ? (
        <MappingDialog
          machine={name}
          mapping={open.mapping}
          taken={takenMappings(configuration, draft)}
          onDraft={put}
          onClose={close}
        />
      ) : null}
      {open?.kind === 'apply' ? (
        <ApplyDialog
          machine={machine}
          draft={open.draft}
          onApplyTo={
            open.draft.some((change) => change.kind === 'restore')
              ? undefined
              : () => setOpen({ kind: 'apply-to', draft: open.draft })
          }
          onClose={close}
        />
      ) : null}
      {open?.kind === 'apply-to' ? <ApplyToDialog machine={machine} draft={open.draft} onClose={close} /> : null}
      {open?.kind === 'quickconfig' ? <QuickconfigDialog machine={machine} onClose={close} /> : null}
      {open?.kind === 'snapshots' ? (
        <SnapshotsDialog
          machineId={machineId}
          machine={name}
          onCompare={(right) => setOpen({ kind: 'compare', right })}
          onClose={close}
        />
      ) : null}
      {open?.kind === 'compare' ? (
        <CompareDialog left={{ kind: 'machine', machineId }} right={open.right} onClose={close} />
      ) : null}
      <span className="visually-hidden" role="status">
        {run !== null && isUnderWay(run) && open?.kind !== 'apply' ? `Changes to ${name} are being applied.` : ''}
      </span>
    </>
  );
}

/** Why nothing can be changed at the moment; null where it can. */
function whyFrozen(machine: Machine, { configuration, run }: MachineWinrm): string | null {
  if (configuration === null) return 'The settings have not been read';
  if (isUnderWay(run)) return 'Changes are being applied';
  if (machine.state !== 'online') return 'The machine does not answer now';
  if (configuration.source === 'registry') return 'winrm/config was refused: this is only what the registry shows';
  return null;
}

const taken = (configuration: WinrmConfiguration, draft: Draft) => [
  ...configuration.listeners.filter(
    (one) => !draft.some((change) => change.kind === 'delete-listener' && listenerName(change) === listenerName(one)),
  ),
  ...draft.flatMap((change) => (change.kind === 'create-listener' ? [change] : [])),
];

const takenMappings = (configuration: WinrmConfiguration, draft: Draft) => [
  ...configuration.mappings.filter(
    (one) => !draft.some((change) => change.kind === 'delete-mapping' && mappingKey(change) === mappingKey(one)),
  ),
  ...draft.flatMap((change) => (change.kind === 'create-mapping' ? [change] : [])),
];

/** What is to be known before the values: their age, that they are from the registry, reverts that still wait, changes under way. */
function Notes(props: {
  machine: Machine;
  view: MachineWinrm;
  /** A dialog shows the run already. */
  following: boolean;
  onShowRun: () => void;
  onShowMany: () => void;
  onQuickconfig: () => void;
}) {
  const { machine, view } = props;
  const { configuration, problem, run } = view;
  const many = useStore(winrmManyStore.state, (state) => state.run);
  const now = useNow(4000);
  const { name } = machine.settings;
  const old = configuration !== null && (machine.state !== 'online' || now - configuration.readAt > rereadMs * 1.5);
  const own = problem !== null && isOwnProblem(problem, machine) && configuration !== null ? problem : null;
  const reverts = configuration?.pendingReverts ?? [];
  return (
    <div className="wr-notes">
      {old && configuration !== null ? (
        <div className="row g8 s12">
          <AgeLabel readAt={configuration.readAt} />
          <span className="t2">As it was then. It is read again when the machine answers.</span>
        </div>
      ) : null}
      {run === null || props.following ? null : (
        <RunBanner
          run={run}
          machine={name}
          onShow={props.onShowRun}
          onDismiss={() => winrmSettingsStore.dismiss(machine.id)}
        />
      )}
      {many === null || props.following || (many.phase !== 'applying' && many.phase !== 'ended') ? null : (
        <Banner
          tint="info"
          glyph={many.phase === 'applying' ? 'pending' : 'healthy'}
          actions={<Button onClick={props.onShowMany}>Show the machines…</Button>}
        >
          <b>
            {plural(many.draft.length, 'change')} to {plural(many.rows.length, 'machine')}.
          </b>{' '}
          {manySummary(many)}
        </Banner>
      )}
      {own === null ? null : <ProblemBanner problem={own} />}
      {configuration?.denied ? (
        <ProblemBanner
          problem={configuration.denied}
          actions={<Button onClick={props.onQuickconfig}>Quickconfig…</Button>}
        />
      ) : null}
      {configuration?.source === 'registry' ? (
        <Banner tint="warn" glyph="denied">
          <b>Only what the registry of {name} shows.</b> winrm/config itself was refused, so nothing can be changed
          here, and a value that no policy sets may be missing.
        </Banner>
      ) : null}
      {reverts.length === 0 || isUnderWay(run) ? null : (
        <Banner tint="warn" glyph="warning">
          <b>
            {plural(reverts.length, 'planted revert')} still {reverts.length === 1 ? 'waits' : 'wait'} on {name}.
          </b>{' '}
          {reverts
            .map((revert) => `${revert.name}${revert.dueAt === null ? '' : `, due ${formatTime(revert.dueAt)}`}`)
            .join('; ')}
          . Another console is changing these settings, or one ended half-way. What it takes back may be what you change
          now.
        </Banner>
      )}
    </div>
  );
}

/** Instead of the settings: being read, refused, or never known. */
function Gap({ machine, view }: { machine: Machine; view: MachineWinrm }) {
  if (view.problem !== null && isOwnProblem(view.problem, machine)) {
    return (
      <div className="room-note">
        <ProblemBanner
          problem={view.problem}
          actions={<Button onClick={() => winrmSettingsStore.refresh(machine.id)}>Read again</Button>}
        />
      </div>
    );
  }
  if (machine.state === 'online' || machine.state === 'connecting' || machine.state === 'unknown') {
    return <Skeleton className="room-skeleton" label="The WinRM settings are being read" lines={14} />;
  }
  return (
    <EmptyState title="Not known yet">
      The WinRM settings of {machine.settings.name} are read as soon as it answers. Quickconfig has the script to run on
      the machine itself.
    </EmptyState>
  );
}
