import { Checkbox } from '@fluentui/react-components';
import { type ReactNode, useState } from 'react';
import { isWholePath, mostDownloadBytes } from '../../../shared/contract/files.ts';
import { Bar } from '../../components/Bar.tsx';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { formatBytes } from '../../format.ts';
import { type Transfer, useFileTransfer } from '../../stores/file-transfer.ts';
import './file-dialogs.css';

interface FileDialogProps {
  readonly machineId: string;
  readonly machineName: string;
  readonly configurationName: string | null;
  readonly onClose: () => void;
}

const usualFolder = 'C:\\Windows\\Temp\\';

/** A file of this computer becomes one of the machine. */
export function UploadDialog({ machineId, machineName, configurationName, onClose }: FileDialogProps) {
  const { transfer, upload, stop } = useFileTransfer();
  const [file, setFile] = useState<File | null>(null);
  const [path, setPath] = useState('');
  const [replace, setReplace] = useState(false);
  const canStart = file !== null && isWholePath(path);
  const start = () => {
    if (canStart) upload({ machineId, configurationName, path, replace }, file);
  };
  return (
    <FileDialog
      title={`Upload a file to ${machineName}`}
      verb="Upload"
      transfer={transfer}
      canStart={canStart}
      onStart={start}
      onStop={stop}
      onClose={onClose}
    >
      <label className="file-field">
        File on this computer
        <input
          className="file-choice"
          type="file"
          data-autofocus
          onChange={(event) => {
            const chosen = event.target.files?.[0] ?? null;
            setFile(chosen);
            // Where a folder stands, or the name of another file that was chosen before.
            if (chosen !== null) setPath((before) => `${/^.*[\\/]/.exec(before)?.[0] ?? usualFolder}${chosen.name}`);
          }}
        />
      </label>
      <PathField label={`Path on ${machineName}`} path={path} onPath={setPath} onEnter={start} />
      <Checkbox
        disabled={isFixed(transfer)}
        label="Replace a file that is there already"
        checked={replace}
        onChange={(_event, data) => setReplace(data.checked === true)}
      />
    </FileDialog>
  );
}

/** A file of the machine becomes one of this computer, where the browser or the desktop puts it. */
export function DownloadDialog({ machineId, machineName, configurationName, onClose }: FileDialogProps) {
  const { transfer, download, stop } = useFileTransfer();
  const [path, setPath] = useState('');
  const canStart = isWholePath(path);
  const start = () => {
    if (canStart) download({ machineId, configurationName, path }, path.replace(/^.*[\\/]/, ''));
  };
  return (
    <FileDialog
      title={`Download a file from ${machineName}`}
      verb="Download"
      transfer={transfer}
      canStart={canStart}
      onStart={start}
      onStop={stop}
      onClose={onClose}
    >
      <PathField label={`Path on ${machineName}`} path={path} onPath={setPath} onEnter={start} hasFocus />
      <p className="t2 s12">
        Up to {formatBytes(mostDownloadBytes)}; <span className="mono">windeck copy</span> takes files of any size.
      </p>
    </FileDialog>
  );
}

/** What was asked is under way or done: the form only says what it was. */
const isFixed = (transfer: Transfer | null): boolean => transfer !== null && transfer.phase !== 'failed';

function FileDialog(props: {
  title: string;
  verb: string;
  transfer: Transfer | null;
  canStart: boolean;
  onStart: () => void;
  onStop: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const { transfer } = props;
  const isDone = transfer?.phase === 'done';
  const isUnderWay = isFixed(transfer) && !isDone;
  return (
    <Dialog
      title={props.title}
      width={600}
      busy={isUnderWay}
      onClose={props.onClose}
      actions={
        isUnderWay ? (
          <Button onClick={props.onStop}>Stop</Button>
        ) : (
          <>
            <Button onClick={props.onClose}>{isDone ? 'Close' : 'Cancel'}</Button>
            {isDone ? null : (
              <Button kind="primary" disabled={!props.canStart} onClick={props.onStart}>
                {props.verb}
              </Button>
            )}
          </>
        )
      }
    >
      <fieldset className="file-form" disabled={isFixed(transfer)}>
        {props.children}
      </fieldset>
      {transfer === null ? null : <Standing transfer={transfer} />}
    </Dialog>
  );
}

function Standing({ transfer }: { transfer: Transfer }) {
  const { phase, bytes, length, file, problem } = transfer;
  if (problem !== null) return <ProblemBanner problem={problem} />;
  if (file !== null) {
    return (
      <div className="file-done" role="status">
        <p className="row g8">
          <Glyph name="healthy" size={13} label="" /> <b>{formatBytes(file.bytes)}, whole.</b>
        </p>
        <p className="mono s12">{file.path}</p>
        <p className="mono t2 s12">SHA-256 {file.sha256}</p>
      </div>
    );
  }
  const percent = length === null ? null : length === 0 ? 100 : (100 * bytes) / length;
  return (
    <div className="file-progress" role="status">
      <p className="num">
        {phase === 'opening' || percent === null
          ? 'A session is being opened.'
          : `${Math.floor(percent)} % of ${formatBytes(length)}`}
      </p>
      <Bar percent={percent} />
    </div>
  );
}

function PathField(props: {
  label: string;
  path: string;
  onPath: (path: string) => void;
  onEnter: () => void;
  hasFocus?: boolean;
}) {
  const { path } = props;
  const isWrong = path !== '' && !isWholePath(path);
  return (
    <label className="file-field">
      {props.label}
      <input
        className="shell-input"
        {...(props.hasFocus ? { 'data-autofocus': true } : {})}
        value={path}
        maxLength={32_767}
        spellCheck={false}
        autoComplete="off"
        placeholder={`${usualFolder}setup.msi`}
        aria-invalid={isWrong}
        onChange={(event) => props.onPath(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          props.onEnter();
        }}
      />
      <span className="t2 s12">
        {isWrong
          ? 'It has to begin with a drive or a share, and end with the name of a file.'
          : 'In full, with its name.'}
      </span>
    </label>
  );
}
