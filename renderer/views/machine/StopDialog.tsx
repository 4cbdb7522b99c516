import type { Machine } from '../../../shared/contract/machines.ts';
import type { WindowsService } from '../../../shared/contract/windows-services.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Banner, ProblemBanner } from '../../components/ProblemBanner.tsx';
import { plural } from '../../format.ts';
import { actionWords, type Lifeline, lifelinesAmong, serviceLook } from './service-words.ts';
import type { Confirmation } from './use-service-actions.ts';

interface StopDialogProps {
  readonly machine: Machine;
  readonly confirmation: Confirmation;
  readonly services: readonly WindowsService[];
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}

const numberWords = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten'];

/** Before services go down: all that go with them, in the order in which they stop, and whether this connection hangs on them. */
export function StopDialog({ machine, confirmation, services, onConfirm, onCancel }: StopDialogProps) {
  const host = machine.settings.name;
  const display = (name: string) => services.find((service) => service.name === name)?.displayName ?? name;
  const [first] = confirmation.names;
  const subject =
    confirmation.names.length === 1 && first ? display(first) : plural(confirmation.names.length, 'service');
  const verb = confirmation.kind === 'disable' ? 'Disable' : actionWords[confirmation.action];
  const all = confirmation.kind === 'stop' ? confirmation.plan.order.map((one) => one.name) : confirmation.names;
  const lifelines = lifelinesAmong(all);
  return (
    <Dialog
      alert
      width={560}
      title={`${verb} ${subject} on ${host}?`}
      onClose={onCancel}
      actions={
        <>
          <Button onClick={onCancel}>Cancel</Button>
          <Button kind="danger" onClick={onConfirm}>
            {verb} {all.length === 1 && first ? first : plural(all.length, 'service')} on {host}
          </Button>
        </>
      }
    >
      {confirmation.kind === 'stop' && <Order confirmation={confirmation} />}
      {confirmation.kind === 'unplanned' && (
        <>
          <ProblemBanner problem={confirmation.problem} />
          <p className="mp-dialog-text">
            So it is not known what depends on {confirmation.names.length === 1 ? 'it' : 'them'}. Windows refuses to
            stop a service while running ones depend on it.
          </p>
        </>
      )}
      {confirmation.kind === 'disable' && (
        <p className="mp-dialog-text">
          {confirmation.names.length === 1 ? 'It keeps' : 'They keep'} running for now and will not start again with the
          machine.
        </p>
      )}
      {lifelines.length > 0 && (
        <CutWarning lifelines={lifelines} later={confirmation.kind === 'disable'} action={verb} />
      )}
    </Dialog>
  );
}

function Order({ confirmation }: { confirmation: Extract<Confirmation, { kind: 'stop' }> }) {
  const { plan, action, names } = confirmation;
  const { size } = plan.dependants;
  const count = numberWords[size] ?? String(size);
  return (
    <>
      <p className="mp-dialog-text">
        {size === 0
          ? `No other running service depends on ${names.length === 1 ? 'it' : 'them'}.`
          : `${count} running ${size === 1 ? 'service depends' : 'services depend'} on ${
              names.length === 1 ? 'it' : 'them'
            } and ${size === 1 ? 'stops' : 'stop'} first, in this order.`}
        {action === 'restart' && size > 0
          ? ' Look at their state afterwards: what does not start again by itself is shown in the list.'
          : ''}
      </p>
      <ol className="sv-order">
        {plan.order.map((service, index) => {
          const look = serviceLook(service, undefined);
          return (
            <li key={service.name} data-chosen={!plan.dependants.has(service.name) || undefined}>
              <span className="sv-number num">{index + 1}</span>
              <span className="name b6 ell">{service.name}</span>
              <span className="t2 ell grow">{service.displayName}</span>
              <Glyph name={look.glyph} label="" />
              <span className="nowrap">{look.words.toLowerCase()}</span>
            </li>
          );
        })}
      </ol>
    </>
  );
}

function CutWarning({ lifelines, later, action }: { lifelines: readonly Lifeline[]; later: boolean; action: string }) {
  const certain = lifelines.some((one) => one.certain);
  return (
    <Banner tint="crit" glyph="critical">
      <b>
        {later
          ? 'After the next restart this machine may be out of reach.'
          : certain
            ? 'This cuts the connection to the machine.'
            : 'This can cut the connection to the machine.'}
      </b>{' '}
      {lifelines.map((one) => `${one.name}: ${one.why}`).join(' ')}
      {action === 'Restart' && certain
        ? ' A restart is a stop and then a start, and the start can no longer be asked for.'
        : ''}
      {certain && !later ? ' Have another way to the machine at hand: its own console, or a remote desktop.' : ''}
    </Banner>
  );
}
