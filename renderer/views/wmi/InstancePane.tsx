import { Menu, MenuItem, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import { ArrowLeftRegular, DismissRegular } from '@fluentui/react-icons';
import type { CimReference, CimValue } from '../../../shared/contract/cim-value.ts';
import { classOf, writeObjectPath } from '../../../shared/contract/object-path.ts';
import type { WmiInstance, WmiMethod } from '../../../shared/contract/wmi.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { CopyButton } from '../../components/CodeLine.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { plural } from '../../format.ts';
import type { OpenInstance } from '../../stores/wmi.ts';
import type { Rows } from '../../stores/wmi-rows.ts';
import { Skeleton } from '../machine/section.tsx';
import { cellText, exactText, instanceName, isReference, linkName } from './value-words.ts';

/** The right-hand pane: one instance in full, what can be done with it, and what it is associated with. */
export function InstancePane(props: {
  shown: OpenInstance;
  depth: number;
  canChange: boolean;
  onBack: () => void;
  onClose: () => void;
  onFollow: (reference: CimReference) => void;
  onAssociations: () => void;
  onEdit: () => void;
  onDelete: () => void;
  onInvoke: (method: WmiMethod) => void;
}) {
  const { shown, canChange } = props;
  const { value, problem, reading } = shown.instance;
  const methods = shown.declared?.methods ?? [];
  const className = value?.className ?? classOf(shown.reference);
  return (
    <aside className="wm-pane" aria-label="Instance">
      <div className="wm-pane-head">
        {props.depth > 1 ? (
          <IconButton name="Back to the instance before" icon={<ArrowLeftRegular />} onClick={props.onBack} />
        ) : null}
        <h2 className="room-pane-title" title={writeObjectPath(shown.reference)}>
          {className}
        </h2>
        <IconButton name="Close the instance" icon={<DismissRegular />} onClick={props.onClose} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <div className="wm-pane-body" tabIndex={0}>
        <p className="mono wm-path">{writeObjectPath(shown.reference)}</p>
        <div className="wm-verbs">
          <Button disabled={!canChange || value === null} onClick={props.onEdit}>
            Edit…
          </Button>
          <Menu>
            <MenuTrigger disableButtonEnhancement>
              <Button disabled={!canChange || methods.length === 0}>Methods</Button>
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                {methods.map((method) => (
                  <MenuItem key={method.name} onClick={() => props.onInvoke(method)}>
                    {method.name}…
                  </MenuItem>
                ))}
              </MenuList>
            </MenuPopover>
          </Menu>
          <Button disabled={value === null} onClick={props.onAssociations}>
            Associations
          </Button>
          <Button kind="ghost" disabled={!canChange || value === null} onClick={props.onDelete}>
            Delete…
          </Button>
        </div>
        {problem ? <ProblemBanner problem={problem} /> : null}
        {value === null && reading ? (
          <Skeleton className="room-skeleton" label="The instance is being read" lines={8} />
        ) : null}
        {shown.associated.stage === 'none' ? null : (
          <>
            <Related title="Associated with" rows={shown.associated} nameOf={instanceName} onFollow={props.onFollow} />
            <Related
              title="Links"
              rows={shown.links}
              nameOf={(link) => linkName(link, shown.reference)}
              onFollow={props.onFollow}
            />
          </>
        )}
        {value === null ? null : (
          <>
            <div className="row g8">
              <h3 className="h2">Properties</h3>
              <span className="t3 num">{value.properties.length}</span>
              <span className="grow" />
              <CopyButton
                text={value.properties.map(([name, one]) => `${name} = ${exactText(one)}`).join('\n')}
                label="Copy"
              />
            </div>
            <dl className="wm-properties">
              {value.properties.map(([name, one]) => {
                const declared = shown.declared?.properties.find((property) => property.name === name);
                return (
                  <div key={name}>
                    <dt title={declared?.type}>
                      {name}
                      {declared?.isKey ? <span className="t3"> key</span> : null}
                    </dt>
                    <dd>
                      <Value value={one} onFollow={props.onFollow} />
                    </dd>
                  </div>
                );
              })}
            </dl>
          </>
        )}
      </div>
    </aside>
  );
}

function Value({ value, onFollow }: { value: CimValue; onFollow: (reference: CimReference) => void }) {
  if (value === null) return <span className="t3">null</span>;
  if (isReference(value)) {
    return (
      <button type="button" className="wm-link mono" onClick={() => onFollow(value)}>
        {cellText(value)}
      </button>
    );
  }
  if (Array.isArray(value)) {
    return (
      <span title={exactText(value)}>
        <span className="t3">{plural(value.length, 'element')} </span>
        {cellText(value)}
      </span>
    );
  }
  return <span title={exactText(value)}>{typeof value === 'string' ? value : cellText(value)}</span>;
}

function Related(props: {
  title: string;
  rows: Rows;
  nameOf: (row: WmiInstance) => string;
  onFollow: (reference: CimReference) => void;
}) {
  const { title, rows, nameOf, onFollow } = props;
  return (
    <section className="wm-related" aria-label={title}>
      <h3 className="h2">
        {title} <span className="t3 num">{rows.rows.length}</span>
      </h3>
      {rows.problem ? <ProblemBanner problem={rows.problem} /> : null}
      {rows.stage === 'reading' && rows.rows.length === 0 ? <p className="t3">Being read…</p> : null}
      {rows.stage === 'done' && rows.rows.length === 0 ? <p className="t3">None.</p> : null}
      {rows.cutOff ? <p className="t2">The first {rows.limit}; there are more.</p> : null}
      <ul>
        {rows.rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows of one answer, which never change places
          <li key={index}>
            {row.reference === null ? (
              <span className="ell">{nameOf(row)}</span>
            ) : (
              <button
                type="button"
                className="wm-link wm-wrap"
                title={nameOf(row)}
                onClick={() => onFollow(row.reference!)}
              >
                {nameOf(row)}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
