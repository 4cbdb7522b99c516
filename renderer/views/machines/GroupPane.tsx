import {
  Menu,
  MenuButton,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components';
import { ChevronDownRegular } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { Glyph } from '../../components/Glyph.tsx';
import { formatCount } from '../../format.ts';
import { useMachineFilter } from '../../stores/machine-filter.ts';
import { groupTitle, type MachineGroup, type MachineGroups } from './groups.ts';

const open = (id: string) => useMachineFilter.setState({ group: id });

/** Groups that make themselves: what needs somebody, operating systems, tags. */
export function GroupPane({ groups, menu }: { groups: MachineGroups; menu: ReactNode }) {
  return (
    <aside className="group-pane" aria-label="Groups">
      <header>
        <h1 className="h1 grow">Machines</h1>
        {menu}
      </header>
      <nav className="group-list" aria-label="Groups of machines">
        <GroupItem group={{ id: 'all', title: 'All machines', count: groups.all }} />
        <Section title="Smart groups" groups={groups.smart} />
        <Section title="Operating systems" groups={groups.systems} />
        <Section title="Tags" groups={groups.tags} />
      </nav>
    </aside>
  );
}

function Section({ title, groups }: { title: string; groups: readonly MachineGroup[] }) {
  if (groups.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      {groups.map((group) => (
        <GroupItem key={group.id} group={group} />
      ))}
    </>
  );
}

function GroupItem({ group }: { group: MachineGroup }) {
  const current = useMachineFilter((state) => state.group === group.id);
  return (
    <button
      type="button"
      className="group-item"
      aria-current={current ? 'true' : undefined}
      onClick={() => open(group.id)}
    >
      {group.glyph ? <Glyph name={group.glyph} label="" /> : <span />}
      <span className="ell">{group.title}</span>
      <span className="count-of">{formatCount(group.count)}</span>
    </button>
  );
}

/** The same groups as a menu, where the window is too narrow for a pane. */
export function GroupMenu({ groups }: { groups: MachineGroups }) {
  const current = useMachineFilter((state) => state.group);
  const item = (group: MachineGroup) => (
    <MenuItem key={group.id} secondaryContent={formatCount(group.count)} onClick={() => open(group.id)}>
      {group.title}
    </MenuItem>
  );
  const section = (title: string, members: readonly MachineGroup[]) =>
    members.length === 0 ? null : (
      <>
        <MenuDivider />
        <MenuGroup>
          <MenuGroupHeader>{title}</MenuGroupHeader>
          {members.map(item)}
        </MenuGroup>
      </>
    );
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <MenuButton appearance="subtle" className="group-button" menuIcon={<ChevronDownRegular fontSize={12} />}>
          {groupTitle(current)}
        </MenuButton>
      </MenuTrigger>
      <MenuPopover style={{ maxHeight: '70vh', overflowY: 'auto' }}>
        <MenuList>
          {item({ id: 'all', title: 'All machines', count: groups.all })}
          {section('Smart groups', groups.smart)}
          {section('Operating systems', groups.systems)}
          {section('Tags', groups.tags)}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
