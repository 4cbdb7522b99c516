import { Field, Input } from '@fluentui/react-components';
import { useEffect, useId, useState } from 'react';
import type { EventFilter, SavedEventFilter } from '../../../shared/contract/event-log.ts';
import type { Machine } from '../../../shared/contract/machines.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { invalid, SubmitByEnter } from '../../components/form.tsx';
import { eventLogStore } from '../../stores/event-log.ts';
import { filterWords } from './event-words.ts';

/** Keeps the filter under a name, for every machine. */
export function SaveFilterDialog(props: {
  log: string;
  filter: EventFilter;
  saved: readonly SavedEventFilter[];
  onClose: () => void;
}) {
  const [name, setName] = useState('');
  const trimmed = name.trim();
  const replaces = props.saved.some((one) => one.name === trimmed);
  const save = () => {
    if (trimmed === '') return;
    void eventLogStore.saveFilter({ name: trimmed, log: props.log, filter: props.filter });
    props.onClose();
  };
  return (
    <Dialog
      title="Save this filter"
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button kind="primary" disabled={trimmed === ''} onClick={save}>
            {replaces ? `Replace “${trimmed}”` : 'Save the filter'}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Field label="Name" required>
          <Input data-autofocus value={name} maxLength={80} onChange={(_event, data) => setName(data.value)} />
        </Field>
        <SubmitByEnter />
      </form>
      <p className="t2 ev-hint">
        {props.log}: {filterWords(props.filter)}. It is offered on every machine, and kept in the inventory file.
      </p>
    </Dialog>
  );
}

/** Another log than the classic ones: its name is typed, helped by those that the machine has. */
export function ChannelDialog(props: {
  machine: Machine;
  channels: readonly string[] | null;
  onOpen: (channel: string) => void;
  onClose: () => void;
}) {
  const { machine, channels } = props;
  const [name, setName] = useState('');
  const listId = useId();
  useEffect(() => void eventLogStore.readChannels(machine.id), [machine.id]);
  const trimmed = name.trim();
  const isUnknown =
    trimmed !== '' &&
    channels !== null &&
    channels.length > 0 &&
    !channels.some((channel) => channel.toLowerCase() === trimmed.toLowerCase());
  const open = () => {
    if (trimmed !== '') props.onOpen(trimmed);
  };
  return (
    <Dialog
      title={`Another log of ${machine.settings.name}`}
      width={560}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>Cancel</Button>
          <Button kind="primary" disabled={trimmed === ''} onClick={open}>
            Open the log
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          open();
        }}
      >
        <Field
          label="Name of the channel"
          required
          hint={channels === null ? 'The names are being read from its registry…' : null}
          {...invalid(isUnknown ? 'Its registry has no channel of this name.' : undefined)}
        >
          <Input
            data-autofocus
            list={listId}
            value={name}
            maxLength={256}
            spellCheck={false}
            placeholder="Microsoft-Windows-TaskScheduler/Operational"
            onChange={(_event, data) => setName(data.value)}
          />
        </Field>
        <datalist id={listId}>
          {(channels ?? []).slice(0, 2000).map((channel) => (
            <option key={channel} value={channel} />
          ))}
        </datalist>
        <SubmitByEnter />
      </form>
      <p className="t2 ev-hint">
        Channels are read from the event log service itself, oldest first: it is asked for a day, then for a month, then
        for everything.
      </p>
    </Dialog>
  );
}
