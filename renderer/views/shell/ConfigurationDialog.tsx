import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { openShell } from '../../stores/shells.ts';

/** A session configuration by its name: PowerShell 7, 32 bit, or one of JEA. */
export function ConfigurationDialog(props: { machineId: string; machineName: string; onClose: () => void }) {
  const [name, setName] = useState('');
  const isName = /^[\w.-]{1,200}$/.test(name);
  const open = () => {
    if (!isName) return;
    openShell(props.machineId, 'powershell', { configurationName: name });
    props.onClose();
  };
  return (
    <Dialog
      title={`PowerShell on ${props.machineName}`}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button kind="primary" disabled={!isName} onClick={open}>
            Open
          </Button>
        </>
      }
    >
      <label className="shell-configuration">
        Session configuration
        <input
          className="shell-input"
          data-autofocus
          list="shell-configurations"
          value={name}
          spellCheck={false}
          autoComplete="off"
          placeholder="PowerShell.7"
          onChange={(event) => setName(event.target.value.trim())}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            open();
          }}
        />
        <datalist id="shell-configurations">
          <option value="PowerShell.7" />
          <option value="Microsoft.PowerShell32" />
        </datalist>
      </label>
      <p className="t2">
        Get-PSSessionConfiguration on the machine lists them. An endpoint of JEA takes commands with their arguments,
        and no scripts.
      </p>
    </Dialog>
  );
}
