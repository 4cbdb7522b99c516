import { Input } from '@fluentui/react-components';
import { useStore } from 'zustand';
import { Button } from '../../components/Button.tsx';
import { SubmitByEnter } from '../../components/form.tsx';
import { diagnoseStore } from '../../stores/diagnose.ts';

/** Names a machine that must be reachable from the one diagnosed: the next run asks there. */
export function WayBack({ machineId, name, busy }: { machineId: string; name: string; busy: boolean }) {
  const other = useStore(diagnoseStore.state, (state) => state.others[machineId] ?? '');
  const trimmed = other.trim();
  const isWrong = trimmed !== '' && !/^[A-Za-z0-9._:-]+$/.test(trimmed);
  const canRun = !isWrong && trimmed !== '' && !busy;
  return (
    <form
      className="side-part"
      aria-label="The way back"
      onSubmit={(event) => {
        event.preventDefault();
        if (canRun) diagnoseStore.run(machineId);
      }}
    >
      <h2 className="h2">The way back</h2>
      <p className="t2">From {name} to another machine: name it, and the next run asks over a shell there.</p>
      <div className="way-back">
        <Input
          value={other}
          aria-label="Machine for the way back"
          aria-invalid={isWrong}
          placeholder="hq-dc01.corp.example"
          maxLength={255}
          autoComplete="off"
          spellCheck={false}
          onChange={(_event, data) => diagnoseStore.nameOther(machineId, data.value)}
        />
        <Button disabled={!canRun} onClick={() => diagnoseStore.run(machineId)}>
          Run with it
        </Button>
      </div>
      <SubmitByEnter />
      {isWrong ? <p className="c-crit s12">It must be a host name or an address.</p> : null}
    </form>
  );
}
