import { Field, Input } from '@fluentui/react-components';
import { useState } from 'react';
import type { Machine } from '../../../shared/contract/machines.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { SubmitByEnter } from '../../components/form.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { type ProcessActionRecord, processesStore } from '../../stores/processes.ts';

/** Starts a program on a machine, once. What Windows says stands in the dialog until it is put right or left. */
export function StartDialog(props: {
  machine: Machine;
  onStarted: (record: ProcessActionRecord) => void;
  onClose: () => void;
}) {
  const { machine, onStarted, onClose } = props;
  const [commandLine, setCommandLine] = useState('');
  const [directory, setDirectory] = useState('');
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<ProcessActionRecord | null>(null);
  const host = machine.settings.name;
  const start = async () => {
    if (busy || commandLine.trim() === '') return;
    setBusy(true);
    const record = await processesStore.start(machine.id, commandLine.trim(), directory.trim() || null);
    setBusy(false);
    if (record.stage === 'done') onStarted(record);
    else {
      setFailed(record);
      // It stands here already.
      processesStore.dismiss(machine.id, record.id);
    }
  };
  const mayHave = failed?.stage === 'unknown';
  return (
    <Dialog
      width={560}
      title={`Start a program on ${host}`}
      onClose={onClose}
      busy={busy}
      actions={
        <>
          <Button onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button kind="primary" disabled={busy || commandLine.trim() === ''} onClick={() => void start()}>
            {busy ? 'Starting…' : mayHave ? `Start again on ${host}` : `Start on ${host}`}
          </Button>
        </>
      }
    >
      <form
        className="pr-form"
        onSubmit={(event) => {
          event.preventDefault();
          void start();
        }}
      >
        <Field label="Command line" required>
          <Input
            data-autofocus
            className="mono"
            value={commandLine}
            maxLength={8191}
            spellCheck={false}
            autoComplete="off"
            placeholder='"C:\Program Files\Tool\tool.exe" /switch'
            onChange={(_event, data) => setCommandLine(data.value)}
          />
        </Field>
        <Field label="Folder that it starts in" hint="Left empty, that of Windows itself.">
          <Input
            className="mono"
            value={directory}
            maxLength={1024}
            spellCheck={false}
            autoComplete="off"
            onChange={(_event, data) => setDirectory(data.value)}
          />
        </Field>
        <SubmitByEnter />
      </form>
      <p className="t2 pr-hint">
        It runs in session 0, without a window, as the account that is signed in here, and goes on when this connection
        ends. What it writes is not seen: use a shell for that.
      </p>
      {failed?.problem ? <ProblemBanner problem={failed.problem} /> : null}
    </Dialog>
  );
}
