import { LockClosedFilled } from '@fluentui/react-icons';
import { memo } from 'react';
import type { WinrmSetting } from '../../../shared/contract/winrm-settings.ts';
import {
  fullName,
  groupOf,
  humanValue,
  isNotDefault,
  labelOf,
  lockWords,
  type SettingRow,
  settingGroups,
} from './setting-view.ts';

/** What the form tells the room; stable functions, so that a row renders only when it changes. */
export interface SettingHandlers {
  readonly onChange: (setting: WinrmSetting, text: string) => void;
  readonly onFocus: (path: string) => void;
}

/** The settings as a form, in the groups of winrm/config. Arrow up and down go from row to row, Esc takes a change back. */
export function SettingRows(props: {
  rows: readonly SettingRow[];
  frozen: boolean;
  focused: string | null;
  handlers: SettingHandlers;
}) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only moves the focus between the controls inside
    <div className="wr-form" onKeyDown={moveByArrows}>
      {settingGroups.map((group) => {
        const rows = props.rows.filter(({ setting }) => groupOf(setting.path) === group.id);
        if (rows.length === 0) return null;
        return (
          <fieldset key={group.id} className="wr-group">
            <legend>
              <b className="b6">{group.title}</b> <span className="mono t3">{group.where}</span>
            </legend>
            {rows.map((row) => (
              <Row
                key={row.setting.path}
                row={row}
                frozen={props.frozen}
                focused={props.focused === row.setting.path}
                handlers={props.handlers}
              />
            ))}
          </fieldset>
        );
      })}
    </div>
  );
}

function moveByArrows(event: React.KeyboardEvent<HTMLElement>): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const { target, currentTarget } = event;
  if (!(target instanceof HTMLElement) || target.dataset['control'] === undefined) return;
  // A list changes its value by the arrows; with Ctrl they move on from there too.
  if (target instanceof HTMLSelectElement && !event.ctrlKey) return;
  const controls = [...currentTarget.querySelectorAll<HTMLElement>('[data-control]')];
  const next = controls[controls.indexOf(target) + (event.key === 'ArrowDown' ? 1 : -1)];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
  if (next instanceof HTMLInputElement && next.type === 'text') next.select();
}

/** A default that would take the whole row is only said to be met or not. */
function defaultWords({ default: normal, current }: WinrmSetting): string {
  if (normal === null) return '';
  if (normal.length > 24) return normal === current ? 'is the default' : 'not the default';
  return `default ${normal === '' ? '(empty)' : normal}`;
}

const sameRow = (
  a: { row: SettingRow; frozen: boolean; focused: boolean; handlers: SettingHandlers },
  b: typeof a,
): boolean =>
  a.row.setting === b.row.setting &&
  a.row.text === b.row.text &&
  a.row.changed === b.row.changed &&
  a.frozen === b.frozen &&
  a.focused === b.focused &&
  a.handlers === b.handlers;

const Row = memo(function Row(props: {
  row: SettingRow;
  frozen: boolean;
  focused: boolean;
  handlers: SettingHandlers;
}) {
  const { setting, text, changed, wrong } = props.row;
  const locked = lockWords(setting);
  const human = humanValue(setting, text);
  return (
    <div
      className={`wr-setting${locked === null ? '' : ' locked'}${changed ? ' changed' : ''}${props.focused ? ' focused' : ''}`}
      data-setting={setting.path}
      title={setting.meaning}
    >
      <span className="wr-gutter">
        {locked === null ? (
          changed ? (
            <i className="wr-dot" />
          ) : null
        ) : (
          <LockClosedFilled fontSize={12} aria-hidden="true" />
        )}
      </span>
      <label className="ell" htmlFor={`wr-${setting.path}`}>
        {labelOf(setting.path)}
      </label>
      <span className="wr-control">
        <Control {...props} disabled={props.frozen} locked={locked} />
        {human === null ? null : <span className="t2 nowrap">{human}</span>}
        {wrong === null ? null : (
          <span className="c-crit wr-wrong" id={`wr-wrong-${setting.path}`}>
            {wrong}
          </span>
        )}
      </span>
      <span className="wr-default ell">
        {locked !== null ? (
          locked
        ) : setting.default === null ? null : (
          <span className={isNotDefault(setting) ? 't1 b5' : 't3'} title={setting.default}>
            {defaultWords(setting)}
          </span>
        )}
      </span>
    </div>
  );
}, sameRow);

function Control(props: {
  row: SettingRow;
  disabled: boolean;
  /** Why it cannot be written; such a value is still reached, read and copied by the keyboard. */
  locked: string | null;
  handlers: SettingHandlers;
}) {
  const { setting, text, wrong, changed } = props.row;
  const readOnly = props.disabled || props.locked !== null;
  const change = (next: string) => {
    if (!readOnly) props.handlers.onChange(setting, next);
  };
  const common = {
    id: `wr-${setting.path}`,
    'data-control': '',
    'aria-label': `${fullName(setting.path)}${props.locked === null ? '' : `, ${props.locked}`}`,
    'aria-invalid': wrong !== null,
    'aria-describedby': wrong === null ? undefined : `wr-wrong-${setting.path}`,
    onFocus: () => props.handlers.onFocus(setting.path),
    onKeyDown: (event: React.KeyboardEvent) => {
      if (event.key === 'Escape' && changed) {
        event.preventDefault();
        event.stopPropagation();
        change(setting.current);
      }
    },
  };
  switch (setting.value.kind) {
    case 'flag':
      return (
        <>
          <input
            {...common}
            type="checkbox"
            role="switch"
            className="wr-switch"
            checked={text === 'true'}
            aria-checked={text === 'true'}
            aria-readonly={readOnly}
            onChange={(event) => change(String(event.target.checked))}
          />
          <span className={readOnly ? 't3' : ''}>{text}</span>
        </>
      );
    case 'choice':
      return (
        <select
          {...common}
          className="wr-input"
          value={text}
          disabled={readOnly}
          onChange={(event) => change(event.target.value)}
        >
          {setting.value.choices.includes(text) ? null : <option>{text}</option>}
          {setting.value.choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      );
    case 'number':
    case 'text':
      return (
        <input
          {...common}
          type="text"
          className={setting.value.kind === 'number' ? 'wr-input num' : 'wr-input long'}
          inputMode={setting.value.kind === 'number' ? 'numeric' : 'text'}
          spellCheck={false}
          autoComplete="off"
          value={text}
          readOnly={readOnly}
          title={text.length > 30 ? text : undefined}
          onChange={(event) => change(setting.value.kind === 'number' ? event.target.value.trim() : event.target.value)}
        />
      );
  }
}
