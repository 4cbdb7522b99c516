import {
  Menu,
  MenuDivider,
  MenuItem,
  MenuItemCheckbox,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components';
import {
  AddRegular,
  ArrowExportLtrRegular,
  ArrowImportRegular,
  ColumnTripleEditRegular,
  MoreHorizontalRegular,
} from '@fluentui/react-icons';
import { Button, IconButton } from '../../components/Button.tsx';
import { FilterBox } from '../../components/FilterBox.tsx';
import { saveFile } from '../../components/save-file.ts';
import { ToolbarRule } from '../../components/Toolbar.tsx';
import { VerbButton } from '../../components/VerbButton.tsx';
import { formatCount, plural } from '../../format.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { chooseColumns, useMachineFilter } from '../../stores/machine-filter.ts';
import { exportMachines, refreshMachines, useMachines } from '../../stores/machines.ts';
import { attempt } from '../../stores/notices.ts';
import { type MachineColumn, machineColumns } from './columns.tsx';
import { GroupMenu } from './GroupPane.tsx';
import type { MachineGroups } from './groups.ts';

/** The inventory, or a part of it, as a file. */
export function exportToFile(ids: readonly string[] | null, format: 'list' | 'csv'): void {
  const count = ids?.length ?? useMachines.getState().list.length;
  void attempt(
    async () => {
      const { fileName, text } = await exportMachines(ids, format);
      saveFile(fileName, text);
    },
    `Exported ${plural(count, 'machine')}. No password is part of the file.`,
  );
}

export function MachinesHead(props: {
  narrow: boolean;
  groups: MachineGroups;
  shown: number;
  filterProblem: string | undefined;
  columns: readonly MachineColumn[];
  onLeaveFilter: () => void;
}) {
  const text = useMachineFilter((state) => state.text);
  const narrowed = text.trim() !== '';
  return (
    <header className="machines-head">
      {props.narrow ? <GroupMenu groups={props.groups} /> : null}
      <FilterBox
        value={text}
        onChange={(value) => useMachineFilter.setState({ text: value })}
        placeholder={props.narrow ? 'Filter, or cpu > 80' : 'Filter, or cpu > 80 tag:sql'}
        label="Filter the machines"
        invalid={props.filterProblem}
        onLeave={props.onLeaveFilter}
      />
      <span className="filter-note ell" role="status">
        {props.filterProblem !== undefined ? (
          <span className="c-warn">{props.filterProblem}</span>
        ) : narrowed ? (
          <span className="t3">{formatCount(props.shown)} match</span>
        ) : null}
      </span>
      <span className="spacer" />
      <ColumnMenu columns={props.columns} />
      <VerbButton icon={<ArrowImportRegular />} onClick={() => openDialog({ kind: 'import' })} aria-keyshortcuts="i">
        Import
      </VerbButton>
      <ExportMenu ids={null} />
      <ToolbarRule />
      <Button
        kind="primary"
        icon={<AddRegular />}
        onClick={() => openDialog({ kind: 'add-machine' })}
        aria-keyshortcuts="a"
      >
        Add machine
      </Button>
    </header>
  );
}

export function ExportMenu({ ids }: { ids: readonly string[] | null }) {
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <VerbButton icon={<ArrowExportLtrRegular />}>Export</VerbButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem onClick={() => exportToFile(ids, 'csv')}>CSV with all settings</MenuItem>
          <MenuItem onClick={() => exportToFile(ids, 'list')}>Plain list of addresses</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

function ColumnMenu({ columns }: { columns: readonly MachineColumn[] }) {
  const shown = columns.map((column) => column.id);
  return (
    <Menu
      checkedValues={{ columns: shown }}
      onCheckedValueChange={(_event, data) =>
        chooseColumns(machineColumns.map((column) => column.id).filter((id) => data.checkedItems.includes(id)))
      }
    >
      <MenuTrigger disableButtonEnhancement>
        <VerbButton icon={<ColumnTripleEditRegular />}>Columns</VerbButton>
      </MenuTrigger>
      <MenuPopover style={{ maxHeight: '80vh', overflowY: 'auto' }}>
        <MenuList>
          {machineColumns
            .filter((column) => column.id !== 'state' && column.id !== 'name')
            .map((column) => (
              <MenuItemCheckbox key={column.id} name="columns" value={column.id}>
                {column.label}
              </MenuItemCheckbox>
            ))}
          <MenuDivider />
          <MenuItem onClick={() => chooseColumns(null)}>Standard columns</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

/** What concerns the whole list. */
export function PageMenu() {
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <IconButton name="More" icon={<MoreHorizontalRegular />} />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem
            secondaryContent="F5"
            onClick={() =>
              void attempt(() => refreshMachines(useMachines.getState().list.map((machine) => machine.id)))
            }
          >
            Refresh all
          </MenuItem>
          <MenuItem secondaryContent="I" onClick={() => openDialog({ kind: 'import' })}>
            Import…
          </MenuItem>
          <MenuItem onClick={() => exportToFile(null, 'csv')}>Export all as CSV</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
