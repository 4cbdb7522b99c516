import {
  ArrowClockwiseRegular,
  ArrowSyncRegular,
  BranchCompareRegular,
  DeleteRegular,
  DismissRegular,
  KeyRegular,
  ShieldCheckmarkRegular,
  TagRegular,
  WindowConsoleRegular,
} from '@fluentui/react-icons';
import { IconButton } from '../../components/Button.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { ToolbarRule } from '../../components/Toolbar.tsx';
import { narrowWindow, useMedia } from '../../components/useMedia.ts';
import { VerbButton } from '../../components/VerbButton.tsx';
import { formatCount, plural } from '../../format.ts';
import { openDialog } from '../../stores/dialogs.ts';
import { useMachineFilter } from '../../stores/machine-filter.ts';
import { refreshMachines, useMachines } from '../../stores/machines.ts';
import { attempt } from '../../stores/notices.ts';
import { surveyNtlm } from '../ntlm/survey.ts';
import { ExportMenu } from './MachinesHead.tsx';

/** What can be done with all that is selected; names it, also what the filter hides at the moment. */
export function BulkBar({ ids }: { ids: ReadonlySet<string> }) {
  const byId = useMachines((state) => state.byId);
  const narrow = useMedia(narrowWindow);
  const machineIds = [...ids];
  const names = machineIds.map((id) => byId.get(id)?.settings.name ?? id);
  return (
    <div className="bulk-bar" role="toolbar" aria-label={`${plural(ids.size, 'selected machine')}`}>
      <b className="nowrap">{formatCount(ids.size)} selected</b>
      <span className="bulk-names ell" title={names.slice(0, 50).join(', ')}>
        {narrow ? '' : names.slice(0, 20).join(', ')}
      </span>
      <VerbButton
        icon={<ArrowSyncRegular />}
        onClick={() => openDialog({ kind: 'restart-machines', machineIds })}
        aria-keyshortcuts="r"
      >
        Restart…
      </VerbButton>
      <ToolbarRule />
      <VerbButton
        icon={<ArrowClockwiseRegular />}
        onClick={() => void attempt(() => refreshMachines(machineIds), `Asking ${plural(ids.size, 'machine')} now.`)}
        aria-keyshortcuts="F5"
      >
        Refresh
      </VerbButton>
      <VerbButton
        icon={<WindowConsoleRegular />}
        title="Run one line on all of them"
        onClick={() => openDialog({ kind: 'broadcast', machineIds })}
        aria-keyshortcuts="l"
      >
        Run a line…
      </VerbButton>
      <VerbButton
        icon={<TagRegular />}
        onClick={() => openDialog({ kind: 'tag-machines', machineIds })}
        aria-keyshortcuts="t"
      >
        Tag…
      </VerbButton>
      <VerbButton
        icon={<KeyRegular />}
        onClick={() => openDialog({ kind: 'assign-credential', machineIds })}
        aria-keyshortcuts="c"
      >
        Credential…
      </VerbButton>
      <VerbButton
        icon={<ShieldCheckmarkRegular />}
        title="Would these machines survive NTLM being switched off?"
        onClick={() => surveyNtlm(machineIds)}
      >
        Without NTLM?
      </VerbButton>
      <VerbButton
        icon={<BranchCompareRegular />}
        title="Compare WinRM settings"
        onClick={() => openDialog({ kind: 'winrm-drift', machineIds })}
      >
        Compare WinRM…
      </VerbButton>
      <ExportMenu ids={machineIds} />
      <VerbButton
        icon={<DeleteRegular />}
        onClick={() => openDialog({ kind: 'remove-machines', machineIds })}
        aria-keyshortcuts="Delete"
      >
        Remove…
      </VerbButton>
      <ToolbarRule />
      <IconButton
        name="Clear the selection"
        keys="Esc"
        icon={<DismissRegular fontSize={16} />}
        onClick={() => useMachineFilter.setState({ selected: new Set() })}
      />
      <Kbd>Esc</Kbd>
    </div>
  );
}
