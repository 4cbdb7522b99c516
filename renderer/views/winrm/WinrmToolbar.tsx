import { Menu, MenuItem, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import {
  ArrowUndoRegular,
  BranchCompareRegular,
  CameraRegular,
  ChevronDownRegular,
  FlashSettingsRegular,
  LockClosedRegular,
} from '@fluentui/react-icons';
import type { ReactElement } from 'react';
import { Button, IconButton } from '../../components/Button.tsx';
import { Chip } from '../../components/Chip.tsx';
import { FilterBox } from '../../components/FilterBox.tsx';
import { Toolbar } from '../../components/Toolbar.tsx';
import { useNarrow } from '../machine/use-media.ts';
import { isNotDefault, type SettingFilter, type SettingRow } from './setting-view.ts';

export function WinrmToolbar(props: {
  rows: readonly SettingRow[];
  known: boolean;
  online: boolean;
  frozen: string | null;
  filters: ReadonlySet<SettingFilter>;
  onFilters: (filters: ReadonlySet<SettingFilter>) => void;
  text: string;
  onText: (text: string) => void;
  onToList: () => void;
  onQuickconfig: () => void;
  onSnapshots: () => void;
  onCompare: () => void;
  onRestore: (what: 'config' | 'plugins') => void;
}) {
  const { rows, known, filters, frozen } = props;
  const narrow = useNarrow();
  const count = (filter: SettingFilter): number =>
    rows.filter((row) =>
      filter === 'changed' ? row.changed : filter === 'locked' ? row.setting.lock !== null : isNotDefault(row.setting),
    ).length;
  const chip = (filter: SettingFilter, words: string, icon?: ReactElement) => (
    <Chip
      pressed={filters.has(filter)}
      onPress={() => {
        const next = new Set(filters);
        if (!next.delete(filter)) next.add(filter);
        props.onFilters(next);
      }}
    >
      {icon}
      {narrow && icon !== undefined ? <span className="visually-hidden">{words}</span> : words}{' '}
      <span className="num">{known ? count(filter) : ''}</span>
    </Chip>
  );
  return (
    <Toolbar
      label="WinRM"
      end={
        <>
          {chip('changed', 'Changed')}
          {chip('locked', 'Locked', <LockClosedRegular fontSize={12} aria-hidden="true" />)}
          {chip('not-default', narrow ? 'Not def.' : 'Not default')}
          <FilterBox value={props.text} onChange={props.onText} label="Filter settings" onLeave={props.onToList} />
        </>
      }
    >
      <Verb narrow={narrow} name="Quickconfig…" keys="Q" icon={<FlashSettingsRegular />} onDo={props.onQuickconfig} />
      <Verb narrow={narrow} name="Snapshots…" keys="S" icon={<CameraRegular />} onDo={props.onSnapshots} />
      <Verb narrow={narrow} name="Compare…" keys="D" icon={<BranchCompareRegular />} onDo={props.onCompare} />
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          {narrow ? (
            <IconButton name="Restore defaults" icon={<ArrowUndoRegular />} disabled={frozen !== null} />
          ) : (
            <Button kind="ghost" icon={<ArrowUndoRegular />} disabled={frozen !== null} title={frozen ?? undefined}>
              Restore defaults
              <ChevronDownRegular className="sv-chevron" fontSize={12} aria-hidden="true" />
            </Button>
          )}
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem onClick={() => props.onRestore('config')}>Of winrm/config…</MenuItem>
            <MenuItem onClick={() => props.onRestore('plugins')}>Of the plug-ins…</MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
    </Toolbar>
  );
}

function Verb(props: { narrow: boolean; name: string; keys: string; icon: ReactElement; onDo: () => void }) {
  if (props.narrow) return <IconButton name={props.name} keys={props.keys} icon={props.icon} onClick={props.onDo} />;
  return (
    <Button kind="ghost" icon={props.icon} title={props.keys} onClick={props.onDo}>
      {props.name}
    </Button>
  );
}
