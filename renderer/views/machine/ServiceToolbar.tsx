import { Menu, MenuItemRadio, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import {
  ArrowSyncRegular,
  ChevronDownRegular,
  PauseRegular,
  PlayRegular,
  SquareRegular,
  TopSpeedRegular,
} from '@fluentui/react-icons';
import type { ReactElement, Ref } from 'react';
import type { ServiceAction } from '../../../shared/contract/windows-services.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Chip } from '../../components/Chip.tsx';
import { FilterBox } from '../../components/FilterBox.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Toolbar, ToolbarRule } from '../../components/Toolbar.tsx';
import type { NewStartModeName } from '../../stores/windows-services.ts';
import { actionWords, whyNot } from './service-words.ts';
import type { ServiceRow, StateFilter } from './services-view.ts';
import { useNarrow } from './use-media.ts';
import type { ServiceActions } from './use-service-actions.ts';

export const actionKeys: Readonly<Record<ServiceAction, string>> = {
  start: 'Alt+S',
  stop: 'Alt+T',
  restart: 'Alt+R',
  pause: 'Alt+P',
  resume: 'Alt+U',
};
export const startModes: readonly (readonly [mode: NewStartModeName, words: string])[] = [
  ['Auto', 'Automatic'],
  ['Manual', 'Manual'],
  ['Disabled', 'Disabled'],
];
export const actionIcons: Readonly<Record<ServiceAction, ReactElement>> = {
  start: <PlayRegular />,
  stop: <SquareRegular />,
  restart: <ArrowSyncRegular />,
  pause: <PauseRegular />,
  resume: <PlayRegular />,
};

interface ServiceToolbarProps {
  readonly rows: readonly ServiceRow[];
  /** False until there is a list, old or new: no service is not the same as not known. */
  readonly known: boolean;
  readonly selected: readonly ServiceRow[];
  readonly actions: ServiceActions;
  /** Nothing can be asked of a machine that does not answer. */
  readonly canChange: boolean;
  readonly attentionFirst: boolean;
  readonly onAttentionFirst: (on: boolean) => void;
  readonly stateFilter: StateFilter;
  readonly onStateFilter: (filter: StateFilter) => void;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly onToList: () => void;
  readonly modeMenu: { readonly open: boolean; readonly set: (open: boolean) => void };
  readonly modeButton: Ref<HTMLButtonElement>;
}

export function ServiceToolbar(props: ServiceToolbarProps) {
  const { rows, selected, actions, canChange, stateFilter, modeMenu } = props;
  const narrow = useNarrow();
  const running = rows.filter(({ service }) => service.state !== 'Stopped').length;
  const paused = selected.length > 0 && selected.every(({ service }) => service.state === 'Paused');
  const verbs: ServiceAction[] = ['start', 'stop', 'restart', paused ? 'resume' : 'pause'];
  const modes = new Set(selected.map(({ service }) => service.startMode));
  const [mode] = modes.size === 1 ? modes : [];
  return (
    <Toolbar
      label="Services"
      end={
        <>
          <Chip pressed={props.attentionFirst} onPress={() => props.onAttentionFirst(!props.attentionFirst)}>
            <Glyph name="critical" size={11} label="" />
            {narrow ? 'Attention' : 'Needs attention first'}
          </Chip>
          <Chip
            pressed={stateFilter === 'running'}
            onPress={() => props.onStateFilter(stateFilter === 'running' ? null : 'running')}
          >
            <Glyph name="healthy" size={11} label="" />
            {props.known ? running : ''}
            {narrow ? <span className="visually-hidden"> running</span> : ' running'}
          </Chip>
          <Chip
            pressed={stateFilter === 'stopped'}
            onPress={() => props.onStateFilter(stateFilter === 'stopped' ? null : 'stopped')}
          >
            <Glyph name="stopped" size={11} label="" />
            {props.known ? rows.length - running : ''}
            {narrow ? <span className="visually-hidden"> stopped</span> : ' stopped'}
          </Chip>
          <FilterBox value={props.text} onChange={props.onText} label="Filter services" onLeave={props.onToList} />
        </>
      }
    >
      {verbs.map((verb) => (
        <Verb
          key={verb}
          verb={verb}
          narrow={narrow}
          disabled={!canChange || actions.eligible(verb).length === 0}
          why={
            canChange
              ? whyNot(
                  verb,
                  selected.map(({ service }) => service),
                )
              : 'The machine does not answer now'
          }
          onDo={() => actions.act(verb)}
        />
      ))}
      <ToolbarRule />
      <Menu
        open={modeMenu.open}
        onOpenChange={(_event, data) => modeMenu.set(data.open)}
        checkedValues={{ mode: mode === undefined ? [] : [mode] }}
      >
        <MenuTrigger disableButtonEnhancement>
          {narrow ? (
            <IconButton
              ref={props.modeButton}
              name="Start mode"
              keys="Alt+M"
              icon={<TopSpeedRegular />}
              disabled={!canChange || selected.length === 0}
            />
          ) : (
            <Button
              ref={props.modeButton}
              kind="ghost"
              disabled={!canChange || selected.length === 0}
              title={selected.length === 0 ? 'Select a service first' : 'Alt+M'}
            >
              Start mode
              <ChevronDownRegular className="sv-chevron" fontSize={12} aria-hidden="true" />
            </Button>
          )}
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {startModes.map(([value, words]) => (
              <MenuItemRadio key={value} name="mode" value={value} onClick={() => actions.setStartMode(value)}>
                {words}
              </MenuItemRadio>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
    </Toolbar>
  );
}

/** Stays focusable while it cannot be used: the keyboard does not fall off the page when a stop has begun. */
function Verb(props: {
  verb: ServiceAction;
  narrow: boolean;
  disabled: boolean;
  why: string | null;
  onDo: () => void;
}) {
  const { verb, disabled, why } = props;
  const icon = actionIcons[verb];
  const hint = disabled && why !== null ? why : actionKeys[verb];
  if (props.narrow) {
    return (
      <IconButton name={actionWords[verb]} keys={hint} icon={icon} disabledFocusable={disabled} onClick={props.onDo} />
    );
  }
  return (
    <Button kind="ghost" icon={icon} disabledFocusable={disabled} title={hint} onClick={props.onDo}>
      {actionWords[verb]}
    </Button>
  );
}
