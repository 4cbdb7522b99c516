import {
  Menu,
  MenuDivider,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components';
import type { ServiceAction } from '../../../shared/contract/windows-services.ts';
import { actionIcons, actionKeys, startModes } from './ServiceToolbar.tsx';
import { actionWords } from './service-words.ts';
import type { ServiceRow } from './services-view.ts';
import type { ServiceActions } from './use-service-actions.ts';

interface ServiceMenuProps {
  readonly at: { readonly x: number; readonly y: number };
  readonly selected: readonly ServiceRow[];
  readonly actions: ServiceActions;
  readonly canChange: boolean;
  readonly command: string;
  readonly onClose: () => void;
}

const verbs: readonly ServiceAction[] = ['start', 'stop', 'restart', 'pause', 'resume'];

/** The menu of the selected rows, at the pointer or at the row when asked for by key. */
export function ServiceMenu({ at, selected, actions, canChange, command, onClose }: ServiceMenuProps) {
  const target = { getBoundingClientRect: () => new DOMRect(at.x, at.y, 0, 0) };
  const [first] = selected;
  const [mode, ...others] = new Set(selected.map(({ service }) => service.startMode));
  const names = selected.map(({ service }) => service.name);
  return (
    <Menu
      open
      positioning={{ target, position: 'below', align: 'start' }}
      onOpenChange={(_event, data) => {
        if (!data.open) onClose();
      }}
      checkedValues={{ mode: mode === undefined || others.length > 0 ? [] : [mode] }}
    >
      <MenuPopover aria-label={names.length === 1 && first ? first.service.displayName : `${names.length} services`}>
        <MenuList>
          {verbs.map((verb) => (
            <MenuItem
              key={verb}
              icon={actionIcons[verb]}
              secondaryContent={actionKeys[verb]}
              disabled={!canChange || actions.eligible(verb).length === 0}
              onClick={() => actions.act(verb)}
            >
              {actionWords[verb]}
            </MenuItem>
          ))}
          <MenuDivider />
          <Menu checkedValues={{ mode: mode === undefined || others.length > 0 ? [] : [mode] }}>
            <MenuTrigger disableButtonEnhancement>
              <MenuItem disabled={!canChange}>Start mode</MenuItem>
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
          <MenuDivider />
          <MenuItem onClick={() => copy(names.join('\n'))}>{names.length === 1 ? 'Copy name' : 'Copy names'}</MenuItem>
          <MenuItem onClick={() => copy(command)}>Copy as winrm line</MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

/** Refused where the page may not write to the clipboard; then nothing was copied and nothing is claimed. */
function copy(text: string): void {
  navigator.clipboard.writeText(text).catch(() => {});
}
