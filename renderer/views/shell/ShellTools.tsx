import {
  ArrowDownloadRegular,
  ArrowUploadRegular,
  SaveRegular,
  SearchRegular,
  SplitVerticalRegular,
  StopRegular,
  TableRegular,
} from '@fluentui/react-icons';
import { type ReactElement, useState } from 'react';
import { Button, IconButton } from '../../components/Button.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { modifierName } from '../../components/keys.ts';
import { narrowWindow, useMedia } from '../../components/useMedia.ts';
import { liveShell, type ShellTab, saveTranscript, toggleSplit } from '../../stores/shells.ts';
import { DownloadDialog, UploadDialog } from './FileDialogs.tsx';

/** What can be done with the shell that has the keyboard. */
export function ShellTools({ tab, machineName, isSplit }: { tab: ShellTab; machineName: string; isSplit: boolean }) {
  const { view } = tab;
  const runs = view.status === 'running' || view.status === 'waiting' || view.status === 'silent';
  const [dialog, setDialog] = useState<'upload' | 'download' | null>(null);
  const file = { machineId: tab.machineId, machineName, configurationName: tab.configurationName };
  return (
    <div className="shell-tools" role="toolbar" aria-label="Shell">
      <span className="t3 s12 num shell-size">
        {view.size.columns} × {view.size.rows}
      </span>
      {view.hasObjects && view.status === 'idle' ? (
        <Tool
          label="As a table"
          keys=""
          icon={<TableRegular />}
          onClick={() => liveShell(tab.id)?.showTable(view.table === null)}
        />
      ) : null}
      {view.by === 'psrp' ? (
        <>
          <Tool label="Upload…" keys="" icon={<ArrowUploadRegular />} onClick={() => setDialog('upload')} />
          <Tool label="Download…" keys="" icon={<ArrowDownloadRegular />} onClick={() => setDialog('download')} />
        </>
      ) : null}
      <Tool
        label="Find"
        keys={`${modifierName}+F`}
        icon={<SearchRegular />}
        onClick={() => liveShell(tab.id)?.find('')}
      />
      <Tool
        label={isSplit ? 'Unsplit' : 'Split'}
        keys="Alt+Shift+D"
        icon={<SplitVerticalRegular />}
        onClick={() => toggleSplit(tab.machineId)}
      />
      <Tool
        label="Save transcript"
        keys={`${modifierName}+Shift+S`}
        icon={<SaveRegular />}
        onClick={() => saveTranscript(machineName, tab)}
      />
      <Button
        className="shell-interrupt"
        icon={<StopRegular />}
        disabledFocusable={!runs}
        onClick={() => {
          liveShell(tab.id)?.interrupt('ctrl_c');
          liveShell(tab.id)?.screen.focus();
        }}
      >
        Interrupt <Kbd>Ctrl C</Kbd>
      </Button>
      {dialog === 'upload' ? <UploadDialog {...file} onClose={() => setDialog(null)} /> : null}
      {dialog === 'download' ? <DownloadDialog {...file} onClose={() => setDialog(null)} /> : null}
    </div>
  );
}

function Tool({
  label,
  keys,
  icon,
  onClick,
}: {
  label: string;
  keys: string;
  icon: ReactElement;
  onClick: () => void;
}) {
  const narrow = useMedia(narrowWindow);
  if (narrow) return <IconButton name={label} {...(keys === '' ? {} : { keys })} icon={icon} onClick={onClick} />;
  return (
    <Button kind="ghost" icon={icon} title={keys === '' ? label : `${label} (${keys})`} onClick={onClick}>
      {label}
    </Button>
  );
}
