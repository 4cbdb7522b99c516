import {
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components';
import { ArrowDownloadRegular, BookmarkRegular, ChevronDownRegular } from '@fluentui/react-icons';
import type { Ref } from 'react';
import type { SavedEventFilter } from '../../../shared/contract/event-log.ts';
import { Button } from '../../components/Button.tsx';
import { Chip } from '../../components/Chip.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Toolbar } from '../../components/Toolbar.tsx';
import { formatBytes, formatCount } from '../../format.ts';
import type { MachineEvents } from '../../stores/event-log.ts';
import { filterWords } from './event-words.ts';

interface EventToolbarProps {
  readonly view: MachineEvents;
  readonly saved: readonly SavedEventFilter[];
  readonly logButton: Ref<HTMLButtonElement>;
  readonly savedButton: Ref<HTMLButtonElement>;
  readonly onLog: (log: string) => void;
  readonly onOther: () => void;
  readonly onSaved: (saved: SavedEventFilter) => void;
  readonly onSave: () => void;
  readonly onForget: (name: string) => void;
  readonly onExport: (kind: 'csv' | 'json') => void;
  readonly onLive: (live: boolean) => void;
}

/** Which log, which kept filter, and what is done with what is shown. */
export function EventToolbar(props: EventToolbarProps) {
  const { view, saved } = props;
  const logs = view.list?.logs ?? [];
  const isOther = !logs.some(({ name }) => name === view.log);
  return (
    <Toolbar
      label="Events"
      end={
        <Chip pressed={view.live} onPress={() => props.onLive(!view.live)}>
          <Glyph name={view.live ? 'healthy' : 'stopped'} size={10} label="" />
          Live
        </Chip>
      }
    >
      <Menu checkedValues={{ log: [view.log] }}>
        <MenuTrigger disableButtonEnhancement>
          <Button ref={props.logButton} className="ev-log" kind="plain" title="Alt+G" aria-label={`Log: ${view.log}`}>
            <span className="ell ev-log-name">{view.log}</span>
            <ChevronDownRegular fontSize={12} aria-hidden="true" />
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {logs.map((log) => (
              <MenuItemRadio
                key={log.name}
                name="log"
                value={log.name}
                secondaryContent={`${log.records === null ? '' : formatCount(log.records)} · ${formatBytes(log.sizeBytes)}`}
                onClick={() => props.onLog(log.name)}
              >
                {log.name}
              </MenuItemRadio>
            ))}
            {isOther ? (
              <MenuItemRadio name="log" value={view.log} onClick={() => props.onLog(view.log)}>
                {view.log}
              </MenuItemRadio>
            ) : null}
            <MenuDivider />
            <MenuItem disabled={view.list?.offersChannels === false} onClick={props.onOther}>
              {view.list?.offersChannels === false ? 'This machine offers no other logs' : 'Another log…'}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button ref={props.savedButton} kind="ghost" icon={<BookmarkRegular />} title="Alt+S">
            Filters
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {saved.length === 0 ? null : (
              <MenuGroup>
                <MenuGroupHeader>Saved filters</MenuGroupHeader>
                {saved.map((one) => (
                  <MenuItem
                    key={one.name}
                    title={`${one.log ?? 'Any log'}: ${filterWords(one.filter)}`}
                    onClick={() => props.onSaved(one)}
                  >
                    {one.name}
                  </MenuItem>
                ))}
              </MenuGroup>
            )}
            {saved.length === 0 ? null : <MenuDivider />}
            <MenuItem onClick={props.onSave}>Save this filter…</MenuItem>
            {saved.length === 0 ? null : (
              <Menu>
                <MenuTrigger disableButtonEnhancement>
                  <MenuItem>Forget</MenuItem>
                </MenuTrigger>
                <MenuPopover>
                  <MenuList>
                    {saved.map((one) => (
                      <MenuItem key={one.name} onClick={() => props.onForget(one.name)}>
                        {one.name}
                      </MenuItem>
                    ))}
                  </MenuList>
                </MenuPopover>
              </Menu>
            )}
          </MenuList>
        </MenuPopover>
      </Menu>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button
            kind="ghost"
            icon={<ArrowDownloadRegular />}
            disabledFocusable={view.entries.length === 0}
            title="What is shown, as a file"
          >
            Export
          </Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem onClick={() => props.onExport('csv')}>CSV, for spreadsheets</MenuItem>
            <MenuItem onClick={() => props.onExport('json')}>JSON</MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
    </Toolbar>
  );
}
