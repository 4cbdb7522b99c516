import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import type { CimReference } from '../../../shared/contract/cim-value.ts';
import type { Machine } from '../../../shared/contract/machines.ts';
import type { WmiInstance, WmiMethod } from '../../../shared/contract/wmi.ts';
import { CodeLine } from '../../components/CodeLine.tsx';
import type { DataTableHandle } from '../../components/DataTable.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { isTyping } from '../../components/keys.ts';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { Toolbar } from '../../components/Toolbar.tsx';
import { untouchedWmi, type WmiMode, wmiStore } from '../../stores/wmi.ts';
import { useUserName } from '../machine/machine-view.ts';
import { isOwnProblem, Skeleton } from '../machine/section.tsx';
import { useNarrow } from '../machine/use-media.ts';
import { ClassDetails } from './ClassDetails.tsx';
import { ClassList } from './ClassList.tsx';
import { wmiCommand } from './command.ts';
import { DeleteDialog } from './DeleteDialog.tsx';
import { CreateDialog, EditDialog } from './EditDialog.tsx';
import { InstancePane } from './InstancePane.tsx';
import { MethodDialog } from './MethodDialog.tsx';
import { NamespaceTree } from './NamespaceTree.tsx';
import { QueryPanel } from './QueryPanel.tsx';
import { RowsTable } from './RowsTable.tsx';
import './wmi.css';

type Open =
  | { readonly kind: 'edit' | 'delete' | 'create' }
  | {
      readonly kind: 'method';
      readonly method: WmiMethod;
      readonly reference: CimReference | null;
      readonly className: string;
    };

const modes: readonly { readonly id: WmiMode; readonly name: string }[] = [
  { id: 'instances', name: 'Instances' },
  { id: 'class', name: 'Class' },
  { id: 'query', name: 'Query' },
];
const limits = [100, 1000, 10_000];

/** Machine → WMI: namespaces, classes, instances, queries; what can be changed, is asked by name first. */
export function WmiRoom({ machine }: { machine: Machine }) {
  const machineId = machine.id;
  const online = machine.state === 'online';
  useEffect(() => wmiStore.hold(machineId), [machineId]);
  useEffect(() => {
    if (online) wmiStore.enter(machineId);
  }, [machineId, online]);
  const view = useStore(
    wmiStore.state,
    useCallback((all) => all[machineId] ?? untouchedWmi, [machineId]),
  );
  const userName = useUserName(machine);
  const narrow = useNarrow();
  const [open, setOpen] = useState<Open | null>(null);
  const classes = useRef<DataTableHandle>(null);
  const table = useRef<DataTableHandle>(null);
  const editor = useRef<HTMLTextAreaElement>(null);
  const pane = useRef<HTMLDivElement>(null);
  const shown = view.open.at(-1);
  const instance = shown?.instance.value ?? null;

  const setMode = useCallback(
    (mode: WmiMode) => {
      wmiStore.setMode(machineId, mode);
      if (mode === 'query') requestAnimationFrame(() => editor.current?.focus());
    },
    [machineId],
  );
  const toPane = () => requestAnimationFrame(() => pane.current?.querySelector<HTMLElement>('.wm-pane-body')?.focus());
  const openRow = ({ reference }: WmiInstance): void => {
    if (reference === null) return;
    wmiStore.openInstance(machineId, reference, false);
    toPane();
  };
  const follow = useCallback(
    (reference: CimReference) => {
      wmiStore.openInstance(machineId, reference, true);
      requestAnimationFrame(() => pane.current?.querySelector<HTMLElement>('.wm-pane-body')?.focus());
    },
    [machineId],
  );

  const noDialog = open === null;
  const canEdit = online && instance !== null;
  // Before it is painted: whoever sees the room may press its keys.
  useLayoutEffect(() => {
    if (!noDialog) return;
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"],[role="alertdialog"],[role="menu"]') !== null) return;
      const inPane = pane.current?.contains(document.activeElement) ?? false;
      if (event.key === 'i') setMode('instances');
      else if (event.key === 'c') setMode('class');
      else if (event.key === 'q') setMode('query');
      else if (event.key === 'e' && canEdit) setOpen({ kind: 'edit' });
      else if (event.key === 'a' && instance !== null) wmiStore.readAssociations(machineId);
      else if (event.key === 'Delete' && canEdit && inPane) setOpen({ kind: 'delete' });
      else if (event.key === 'Backspace' && view.open.length > 1) wmiStore.back(machineId);
      else if (event.key === 'Escape' && inPane) {
        wmiStore.closeInstance(machineId);
        table.current?.focus();
      } else return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [noDialog, canEdit, instance, machineId, setMode, view.open.length]);

  const command = useMemo(() => wmiCommand(view, machine.settings, userName), [view, machine.settings, userName]);
  const close = () => setOpen(null);
  const silent = !online && machine.state !== 'connecting' && machine.state !== 'unknown';
  const neverRead = view.classes.value === null && view.classes.problem === null;
  return (
    <>
      <div className="room wm" data-pane={shown !== undefined || undefined}>
        <div className="wm-side">
          <NamespaceTree machineId={machineId} view={view} onToClasses={() => classes.current?.focus()} />
          <ClassList
            machineId={machineId}
            view={view}
            handle={classes}
            onOpened={() => requestAnimationFrame(() => table.current?.focus())}
          />
        </div>
        <div className="room-main wm-main">
          <Toolbar
            label="WMI"
            end={
              <label className="wm-limit t2">
                Limit{' '}
                <select
                  aria-label="Row limit"
                  value={view.limit}
                  onChange={(event) => wmiStore.setLimit(machineId, Number(event.target.value))}
                >
                  {limits.map((limit) => (
                    <option key={limit} value={limit}>
                      {limit.toLocaleString('en-GB')} rows
                    </option>
                  ))}
                </select>
              </label>
            }
          >
            {modes.map(({ id, name }) => (
              <button
                key={id}
                type="button"
                className="chip"
                aria-pressed={view.mode === id}
                onClick={() => setMode(id)}
              >
                {name}
              </button>
            ))}
            <h2 className="wm-title ell" title={`${view.namespace}:${view.className ?? ''}`}>
              {view.mode === 'query' ? view.namespace : (view.className ?? '')}
            </h2>
          </Toolbar>
          {silent && neverRead ? (
            <EmptyState title="Not known yet">
              What {machine.settings.name} has in WMI is read as soon as it answers.
            </EmptyState>
          ) : view.mode === 'query' ? (
            <QueryPanel
              machineId={machineId}
              view={view}
              online={online}
              editor={editor}
              table={table}
              onOpen={openRow}
              onFollow={follow}
            />
          ) : view.className === null ? (
            <EmptyState title="Choose a class">
              Its instances are read when you open it: press / to filter the classes, Enter to open one. Q writes a
              query.
            </EmptyState>
          ) : view.mode === 'class' ? (
            view.declared.value !== null ? (
              <ClassDetails
                declared={view.declared.value}
                canChange={online}
                tight={narrow && shown !== undefined}
                onInvoke={(method) =>
                  setOpen({ kind: 'method', method, reference: null, className: view.declared.value!.name })
                }
                onCreate={() => setOpen({ kind: 'create' })}
              />
            ) : view.declared.problem && isOwnProblem(view.declared.problem, machine) ? (
              <div className="room-note">
                <ProblemBanner problem={view.declared.problem} />
              </div>
            ) : (
              <Skeleton className="room-skeleton" label="The class is being read" lines={12} />
            )
          ) : (
            <RowsTable
              key={view.className}
              label={`Instances of ${view.className}`}
              rows={view.instances}
              declared={view.declared.value}
              everything={false}
              most={narrow ? 4 : shown === undefined ? 7 : 5}
              onOpen={openRow}
              onFollow={follow}
              onCancel={() => wmiStore.cancel(machineId)}
              handle={table}
              empty="The class is there and has no instance on this machine."
            />
          )}
        </div>
        {shown === undefined ? null : (
          <div ref={pane} className="wm-pane-box">
            <InstancePane
              shown={shown}
              depth={view.open.length}
              canChange={online}
              onBack={() => wmiStore.back(machineId)}
              onClose={() => {
                wmiStore.closeInstance(machineId);
                table.current?.focus();
              }}
              onFollow={follow}
              onAssociations={() => wmiStore.readAssociations(machineId)}
              onEdit={() => setOpen({ kind: 'edit' })}
              onDelete={() => setOpen({ kind: 'delete' })}
              onInvoke={(method) =>
                setOpen({
                  kind: 'method',
                  method,
                  reference: method.isStatic ? null : shown.reference,
                  className: instance?.className ?? '',
                })
              }
            />
          </div>
        )}
      </div>
      <CodeLine command={command} />
      {open?.kind === 'edit' && instance !== null ? (
        <EditDialog
          machineId={machineId}
          machine={machine.settings.name}
          instance={instance}
          declared={shown?.declared ?? null}
          onClose={close}
        />
      ) : null}
      {open?.kind === 'delete' && shown !== undefined ? (
        <DeleteDialog
          machineId={machineId}
          machine={machine.settings.name}
          reference={shown.reference}
          onClose={close}
        />
      ) : null}
      {open?.kind === 'create' && view.declared.value !== null ? (
        <CreateDialog
          machineId={machineId}
          machine={machine.settings.name}
          declared={view.declared.value}
          onCreated={close}
          onClose={close}
        />
      ) : null}
      {open?.kind === 'method' ? (
        <MethodDialog
          machineId={machineId}
          machine={machine.settings.name}
          className={open.className}
          reference={open.reference}
          method={open.method}
          onClose={close}
        />
      ) : null}
    </>
  );
}
