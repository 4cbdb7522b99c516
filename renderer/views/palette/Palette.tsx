import {
  AddRegular,
  ArrowClockwiseRegular,
  ArrowSyncRegular,
  CodeRegular,
  DeleteRegular,
  DocumentRegular,
  EyeRegular,
  KeyRegular,
  PowerRegular,
  QuestionCircleRegular,
  SearchRegular,
  ServerRegular,
  SettingsCogMultipleRegular,
  SettingsRegular,
  StethoscopeRegular,
  TagRegular,
  TextBulletListRegular,
  WindowConsoleRegular,
  WindowRegular,
} from '@fluentui/react-icons';
import {
  memo,
  type ReactElement,
  useDeferredValue,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { flushSync } from 'react-dom';
import { Glyph } from '../../components/Glyph.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { hasModifier, modifierName } from '../../components/keys.ts';
import { formatCount, plural } from '../../format.ts';
import { useMachineFilter } from '../../stores/machine-filter.ts';
import { closePalette, rememberChoice, usePalette } from '../../stores/palette.ts';
import { openMachines } from '../../stores/router.ts';
import { choose } from './choose.ts';
import type { PaletteAnswer, PaletteItem } from './palette-item.ts';
import { findItems } from './palette-items.ts';
import { usePaletteSources } from './use-palette-sources.ts';
import './palette.css';

const icons: Readonly<Record<PaletteItem['icon'], ReactElement>> = {
  add: <AddRegular />,
  console: <WindowConsoleRegular />,
  diagnose: <StethoscopeRegular />,
  file: <DocumentRegular />,
  help: <QuestionCircleRegular />,
  key: <KeyRegular />,
  line: <CodeRegular />,
  list: <TextBulletListRegular />,
  look: <EyeRegular />,
  machine: <ServerRegular />,
  power: <PowerRegular />,
  refresh: <ArrowClockwiseRegular />,
  remove: <DeleteRegular />,
  restart: <ArrowSyncRegular />,
  room: <WindowRegular />,
  service: <SettingsCogMultipleRegular />,
  settings: <SettingsRegular />,
  tag: <TagRegular />,
};

const optionId = (index: number): string => `palette-option-${index}`;

/** One box for everything: machines, rooms, actions, services, and lines for the Console. */
export function Palette() {
  const [text, setText] = useState(() => usePalette.getState().text);
  // Typing stays fluent with 10,000 machines: what is found may follow a moment later.
  const applied = useDeferredValue(text);
  const sources = usePaletteSources(applied.trim() !== '');
  const answer = useMemo(() => findItems(applied, sources), [applied, sources]);
  const items = useMemo(() => answer.groups.flatMap((group) => group.items), [answer]);
  // By id: machines change state while one looks, and the choice must not slip to a neighbour.
  const [activeId, setActiveId] = useState<string | null>(null);
  const found = items.findIndex((item) => item.id === activeId);
  const active = found < 0 ? 0 : found;
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [opener] = useState(() => document.activeElement);

  useLayoutEffect(() => {
    const input = field.current;
    input?.focus();
    input?.setSelectionRange(input.value.length, input.value.length);
  }, []);
  useEffect(() => {
    list.current?.querySelector(`#${optionId(active)}`)?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  /** Closes it first, so that a dialog that is opened from here gives the focus back to where it was before. */
  function leave(then?: () => void): void {
    flushSync(closePalette);
    // The search box of the title bar is where a mouse came from, not where the work is.
    const isBox = opener instanceof HTMLElement && opener.closest('.title-bar') !== null;
    if (opener instanceof HTMLElement && opener.isConnected && !(isBox && then !== undefined)) opener.focus();
    then?.();
  }

  function run(item: PaletteItem | undefined): void {
    if (item === undefined) return;
    if (item.choice.kind !== 'line') rememberChoice(item.id);
    leave(() => choose(item.choice));
  }

  /** What is found for what is typed, also where what is shown is still for the text before: who types fast means this. */
  const answerNow = (): PaletteAnswer => (applied === text ? answer : findItems(text, sources));

  function enter(): void {
    run(applied === text ? items[active] : answerNow().groups[0]?.items[0]);
  }

  function showInList(): void {
    const { list: wanted } = answerNow();
    if (wanted === null) return;
    leave(() => {
      useMachineFilter.setState({ group: 'all', text: wanted.text });
      openMachines();
    });
  }

  function move(by: number): void {
    if (items.length === 0) return;
    setActiveId(items[(active + by + items.length) % items.length]?.id ?? null);
  }

  function press(event: React.KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    const action = actionOf(event);
    // Nothing behind it hears a key while it is open.
    event.stopPropagation();
    if (action === null) return;
    event.preventDefault();
    action();
  }

  function actionOf(event: React.KeyboardEvent): (() => void) | null {
    const { key } = event;
    if (hasModifier(event) && key.toLowerCase() === 'k') return () => leave();
    if (event.altKey) return null;
    switch (key) {
      case 'Escape':
        return () => leave();
      case 'Enter':
        return hasModifier(event) ? showInList : enter;
      case 'ArrowDown':
        return () => move(1);
      case 'ArrowUp':
        return () => move(-1);
      case 'PageDown':
        return () => setActiveId(items[Math.min(items.length - 1, active + 8)]?.id ?? null);
      case 'PageUp':
        return () => setActiveId(items[Math.max(0, active - 8)]?.id ?? null);
      case 'Tab':
        return event.shiftKey ? () => {} : takeOver;
      default:
        return null;
    }
  }

  /** The name goes into the box, to be followed by a verb; the keyboard never leaves. */
  function takeOver(): void {
    const item = items[active];
    if (item === undefined) return;
    if (item.choice.kind === 'line') setText(item.choice.line);
    else if (item.choice.kind === 'machine') setText(`${item.name} `);
  }

  let index = -1;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a click beside it closes it; the keyboard has Esc
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside it closes it; the keyboard has Esc
    <div
      className="palette-back"
      onMouseDown={(event) => {
        if (event.target === event.currentTarget) event.preventDefault();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) leave();
      }}
    >
      <div className="palette" role="dialog" aria-modal="true" aria-label="Palette" onKeyDown={press}>
        <div className="palette-head">
          <SearchRegular fontSize={18} aria-hidden="true" />
          <input
            ref={field}
            type="text"
            role="combobox"
            aria-label="Search machines, services, commands"
            aria-expanded={items.length > 0}
            aria-controls="palette-list"
            aria-autocomplete="list"
            aria-activedescendant={items.length === 0 ? undefined : optionId(active)}
            placeholder="Search machines, services, commands…"
            value={text}
            maxLength={8000}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="none"
            autoCorrect="off"
            onChange={(event) => {
              setText(event.target.value);
              setActiveId(null);
            }}
          />
          <span className="t3 s12 num nowrap" role="status">
            {applied.trim() === '' ? '' : plural(answer.found, 'result')}
          </span>
        </div>
        <div ref={list} id="palette-list" className="palette-list" role="listbox" aria-label="What was found">
          {answer.groups.map((group) => (
            // biome-ignore lint/a11y/useSemanticElements: a group of options has no element of its own
            <div key={group.title} role="group" aria-label={group.title}>
              <div className="palette-title" aria-hidden="true">
                {group.title}
              </div>
              {group.items.map((item) => {
                index += 1;
                return (
                  <Option key={item.id} item={item} index={index} active={index === active} onPick={() => run(item)} />
                );
              })}
            </div>
          ))}
          {items.length === 0 ? (
            <div className="palette-none">
              Nothing is called that. A line that begins with <code className="mono">winrm</code> or{' '}
              <code className="mono">winrs</code> runs in the Console.
            </div>
          ) : null}
        </div>
        <footer className="palette-foot">
          <span>
            <Kbd>↑</Kbd> <Kbd>↓</Kbd> move
          </span>
          <span>
            <Kbd>Enter</Kbd> open
          </span>
          {answer.list === null ? (
            <span>
              <Kbd>Tab</Kbd> take the name over
            </span>
          ) : (
            <span>
              <Kbd>{`${modifierName} Enter`}</Kbd> {formatCount(answer.list.count)} in the list
            </span>
          )}
          <span className="spacer" />
          <span className="palette-scopes">
            <Kbd>{'>'}</Kbd> actions
          </span>
          <span className="palette-scopes">
            <Kbd>@</Kbd> machines
          </span>
          <span className="palette-scopes">
            <code className="mono">winrm …</code> runs as typed
          </span>
        </footer>
      </div>
    </div>
  );
}

const Option = memo(
  function Option(props: { item: PaletteItem; index: number; active: boolean; onPick: () => void }) {
    const { item, index, active } = props;
    return (
      // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the box, which names the active option
      // biome-ignore lint/a11y/useKeyWithClickEvents: Enter in the box
      <div
        id={optionId(index)}
        className="palette-option"
        role="option"
        aria-selected={active}
        onMouseDown={(event) => event.preventDefault()}
        onClick={props.onPick}
      >
        <span className="palette-icon" aria-hidden="true">
          {icons[item.icon]}
        </span>
        <span className={`ell ${item.icon === 'line' ? 'mono' : 'name'} palette-name`}>
          <Marked text={item.name} ranges={item.ranges} />
        </span>
        {item.glyph === null ? null : <Glyph name={item.glyph.name} label={item.glyph.label} />}
        <span className="palette-note ell">{item.note}</span>
        {item.keys === null ? null : <Kbd>{item.keys}</Kbd>}
        {active ? <Kbd>Enter</Kbd> : null}
      </div>
    );
  },
  (before, after) => before.active === after.active && before.index === after.index && before.item === after.item,
);

/** The letters that matched are bold. */
function Marked({ text, ranges }: { text: string; ranges: PaletteItem['ranges'] }) {
  const parts: React.ReactNode[] = [];
  let at = 0;
  for (const [from, to] of ranges) {
    parts.push(text.slice(at, from), <mark key={from}>{text.slice(from, to)}</mark>);
    at = to;
  }
  return (
    <>
      {parts}
      {text.slice(at)}
    </>
  );
}
