import { Button } from '../../components/Button.tsx';
import { plural } from '../../format.ts';
import { isActive, type ServiceActionRecord, windowsServicesStore } from '../../stores/windows-services.ts';
import { actionWords } from './service-words.ts';

/** At the foot of the table while several services are at work: how far they are, and a way to take back what waits. */
export function ActionsBar({ machineId, actions }: { machineId: string; actions: readonly ServiceActionRecord[] }) {
  const active = actions.filter(isActive);
  const waiting = active.filter((record) => record.stage === 'queued').length;
  const [newest] = active;
  if (active.length < 2 || !newest) return null;
  const one = active.every((record) => record.action === newest.action);
  return (
    <div className="sv-bar" role="status">
      <b className="num">{plural(active.length, 'service')}</b>
      <span className="t2 ell">
        {one ? `${actionWords[newest.action].toLowerCase()}: ` : 'at work: '}
        {active.length - waiting} asked and followed{waiting > 0 ? `, ${waiting} waiting` : ''}
      </span>
      <span className="grow" />
      {waiting > 0 && (
        <Button kind="plain" onClick={() => windowsServicesStore.cancelQueued(machineId)}>
          Take back the {waiting} waiting
        </Button>
      )}
    </div>
  );
}
