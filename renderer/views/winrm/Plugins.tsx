import { ChevronDownRegular, ChevronRightRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import type { WinrmConfiguration, WinrmPlugin } from '../../../shared/contract/winrm-settings.ts';
import { Glyph } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { changeKey, type Draft, findChange, pluginValue } from '../../stores/winrm-draft.ts';
import { humanPluginValue, whyWrongInPlugin } from './setting-view.ts';

/** The properties of a plug-in that can be written, beside its quotas. */
const properties = ['UseSharedProcess', 'AutoRestart', 'ProcessIdleTimeoutSec', 'OutputBufferingMode'] as const;
const flags: ReadonlySet<string> = new Set(['Enabled', 'UseSharedProcess', 'AutoRestart']);

export function Plugins(props: {
  configuration: WinrmConfiguration;
  draft: Draft;
  frozen: string | null;
  onChange: (name: string, property: string, value: string) => void;
  /** Takes the change with this key back. */
  onDrop: (key: string) => void;
}) {
  const { configuration } = props;
  return (
    <section className="wr-section" aria-labelledby="wr-plugins">
      <div className="wr-head">
        <h2 className="h2" id="wr-plugins">
          Plug-ins
        </h2>
        <span className="t3 num">{configuration.pluginsProblem === null ? configuration.plugins.length : ''}</span>
      </div>
      {configuration.pluginsProblem !== null ? (
        <div className="room-note">
          <ProblemBanner problem={configuration.pluginsProblem} />
        </div>
      ) : configuration.plugins.length === 0 ? (
        <p className="wr-none t3">This stack has none that could be configured.</p>
      ) : (
        <ul className="wr-plugins">
          {configuration.plugins.map((plugin) => (
            <PluginRow key={plugin.name} plugin={plugin} {...props} />
          ))}
        </ul>
      )}
    </section>
  );
}

function PluginRow(props: {
  plugin: WinrmPlugin;
  configuration: WinrmConfiguration;
  draft: Draft;
  frozen: string | null;
  onChange: (name: string, property: string, value: string) => void;
  /** Takes the change with this key back. */
  onDrop: (key: string) => void;
}) {
  const { plugin, configuration, draft } = props;
  const [open, setOpen] = useState(false);
  const keyOf = (property: string) => changeKey({ kind: 'set-plugin', name: plugin.name, property, value: '' });
  const shown = (property: string): { text: string; changed: boolean } | null => {
    const change = findChange(draft, keyOf(property));
    if (change?.kind === 'set-plugin') return { text: change.value, changed: true };
    const text = pluginValue(configuration, plugin.name, property);
    return text === null ? null : { text, changed: false };
  };
  const all = ['Enabled', ...properties, ...plugin.quotas.map((quota) => `Quotas/${quota.name}`)];
  const changed = all.some((property) => shown(property)?.changed);
  const enabled = shown('Enabled') ?? { text: 'true', changed: false };
  const id = `wr-plugin-${plugin.name.replace(/\W/g, '-')}`;
  return (
    <li className={changed ? 'changed' : ''} data-plugin={plugin.name}>
      <div className="wr-plugin">
        <button
          type="button"
          className="wr-expander"
          aria-expanded={open}
          aria-controls={id}
          aria-label={`Details of ${plugin.name}`}
          onClick={() => setOpen(!open)}
        >
          {open ? <ChevronDownRegular fontSize={14} /> : <ChevronRightRegular fontSize={14} />}
        </button>
        <input
          type="checkbox"
          role="switch"
          className="wr-switch"
          aria-label={`${plugin.name} enabled`}
          checked={enabled.text.toLowerCase() === 'true'}
          aria-checked={enabled.text.toLowerCase() === 'true'}
          disabled={props.frozen !== null}
          title={props.frozen ?? undefined}
          onChange={(event) => props.onChange(plugin.name, 'Enabled', String(event.target.checked))}
        />
        <span className="b5 ell">{plugin.name}</span>
        {changed ? <i className="wr-dot" /> : null}
        <span className="t3 ell grow">{plugin.fileName}</span>
        {plugin.neededFor === null ? null : enabled.text.toLowerCase() === 'true' ? (
          <span className="t3 ell">needed for {plugin.neededFor}</span>
        ) : (
          <span className="c-warn row g6 ell">
            <Glyph name="warning" size={10} label="" /> <span className="ell">without it goes {plugin.neededFor}</span>
          </span>
        )}
      </div>
      {open ? (
        <div id={id} className="wr-plugin-body">
          {[...properties, ...plugin.quotas.map((quota) => `Quotas/${quota.name}`)].map((property) => {
            const value = shown(property);
            return value === null ? null : (
              <PropertyRow
                key={property}
                id={`${id}-${property.replaceAll('/', '-')}`}
                property={property}
                value={value}
                frozen={props.frozen !== null}
                onChange={(text) => props.onChange(plugin.name, property, text)}
                onRevert={() => props.onDrop(keyOf(property))}
              />
            );
          })}
          {plugin.runAsUser === null ? null : (
            <p className="t2">
              Runs as <span className="t1">{plugin.runAsUser}</span>.
            </p>
          )}
          <ul className="wr-resources" aria-label={`Resources of ${plugin.name}`}>
            {plugin.resources.map((resource) => (
              <li key={resource.resourceUri}>
                <span className="mono">{resource.resourceUri}</span>{' '}
                <span className="t3">{resource.capabilities.join(', ')}</span>
                {resource.sddl === null ? null : <div className="mono t3">{resource.sddl}</div>}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </li>
  );
}

function PropertyRow(props: {
  id: string;
  property: string;
  value: { readonly text: string; readonly changed: boolean };
  frozen: boolean;
  onChange: (text: string) => void;
  onRevert: () => void;
}) {
  const { id, property, value } = props;
  const wrong = value.changed ? whyWrongInPlugin(property, value.text) : null;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Esc of the control inside
    <div
      className={value.changed ? 'wr-property changed' : 'wr-property'}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !value.changed) return;
        event.preventDefault();
        event.stopPropagation();
        props.onRevert();
      }}
    >
      <label htmlFor={id}>{property.replaceAll('/', ' / ')}</label>
      {flags.has(property) ? (
        <input
          id={id}
          type="checkbox"
          role="switch"
          className="wr-switch"
          checked={value.text.toLowerCase() === 'true'}
          aria-checked={value.text.toLowerCase() === 'true'}
          disabled={props.frozen}
          onChange={(event) => props.onChange(String(event.target.checked))}
        />
      ) : property === 'OutputBufferingMode' ? (
        <select
          id={id}
          className="wr-input"
          value={value.text}
          disabled={props.frozen}
          onChange={(event) => props.onChange(event.target.value)}
        >
          {['Block', 'Drop'].includes(value.text) ? null : <option>{value.text}</option>}
          <option>Block</option>
          <option>Drop</option>
        </select>
      ) : (
        <input
          id={id}
          type="text"
          inputMode="numeric"
          className="wr-input num"
          value={value.text}
          readOnly={props.frozen}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={wrong !== null}
          aria-describedby={wrong === null ? undefined : `${id}-wrong`}
          onChange={(event) => props.onChange(event.target.value.trim())}
        />
      )}
      {wrong === null ? (
        <span className="t2">{flags.has(property) ? value.text : humanPluginValue(property, value.text)}</span>
      ) : (
        <span className="c-crit" id={`${id}-wrong`}>
          {wrong}
        </span>
      )}
    </div>
  );
}
