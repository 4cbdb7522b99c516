import { useState } from 'react';
import type { WmiClass, WmiInstance } from '../../../shared/contract/wmi.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { SubmitByEnter } from '../../components/form.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { plural } from '../../format.ts';
import { useAttempt } from '../../stores/use-attempt.ts';
import { wmiStore } from '../../stores/wmi.ts';
import { FieldRow } from './FieldForm.tsx';
import {
  type Field,
  instanceName,
  propertyOf,
  sameField,
  toField,
  toInput,
  writable,
  wrongField,
} from './value-words.ts';

/** Changes properties of an instance: typed first, then what is different is shown with names, then it is written, once. */
export function EditDialog(props: {
  machineId: string;
  machine: string;
  instance: WmiInstance;
  declared: WmiClass | null;
  onClose: () => void;
}) {
  const { machineId, machine, declared } = props;
  // As it was when the dialog opened: what is written is compared with this, here and at the console.
  const [instance] = useState(props.instance);
  const [before] = useState(() =>
    writable(declared, instance).map(({ name, type }) => toField(name, type, propertyOf(instance, name))),
  );
  const [fields, setFields] = useState<readonly Field[]>(before);
  const [reviewing, setReviewing] = useState(false);
  const { busy, problem, attempt, forget } = useAttempt();
  const changed = fields.filter((field, index) => !sameField(field, before[index]!));
  const fits = changed.length > 0 && changed.every((field) => wrongField(field) === null);
  const name = instanceName(instance);
  const marked = declared?.properties.some(({ isWritable }) => isWritable) ?? false;
  const write = () =>
    void attempt(() => wmiStore.put(machineId, changed.map(toInput), instance)).then((done) => {
      if (done) props.onClose();
    });
  const title = reviewing
    ? `Write ${plural(changed.length, 'property', 'properties')} on ${machine}?`
    : `Change ${instance.className}`;
  return (
    <Dialog
      title={title}
      width={620}
      busy={busy}
      onClose={props.onClose}
      actions={
        reviewing ? (
          <>
            <Button kind="primary" data-autofocus disabled={busy} onClick={write}>
              {`Write ${plural(changed.length, 'property', 'properties')} of ${instance.className}`}
            </Button>
            <Button
              disabled={busy}
              onClick={() => {
                setReviewing(false);
                forget();
              }}
            >
              Back
            </Button>
          </>
        ) : (
          <>
            <Button kind="primary" disabled={!fits} onClick={() => setReviewing(true)}>
              {changed.length === 0 ? 'Review' : `Review ${plural(changed.length, 'change')}`}
            </Button>
            <Button onClick={props.onClose}>Cancel</Button>
          </>
        )
      }
    >
      <p className="mp-dialog-text mono wm-path">{name}</p>
      {problem ? <ProblemBanner problem={problem} /> : null}
      {reviewing ? (
        <ul className="wm-diff" aria-label="What is written">
          {changed.map((field) => {
            const old = before.find((one) => one.name === field.name)!;
            return (
              <li key={field.name}>
                <b>{field.name}</b>
                <span className="mono wm-minus">− {old.isNull ? 'null' : old.text}</span>
                <span className="mono wm-plus">+ {field.isNull ? 'null' : field.text}</span>
              </li>
            );
          })}
        </ul>
      ) : (
        <form
          className="wm-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (fits) setReviewing(true);
          }}
        >
          {marked ? null : (
            <p className="t2">The class does not say what can be written; the machine refuses what cannot.</p>
          )}
          {fields.map((field, index) => (
            <FieldRow
              key={field.name}
              field={field}
              changed={!sameField(field, before[index]!)}
              autoFocus={index === 0}
              onChange={(next) => setFields(fields.with(index, next))}
            />
          ))}
          <SubmitByEnter />
        </form>
      )}
    </Dialog>
  );
}

/** A new instance: keys first; what is left alone is not sent. */
export function CreateDialog(props: {
  machineId: string;
  machine: string;
  declared: WmiClass;
  onCreated: () => void;
  onClose: () => void;
}) {
  const { declared, machine } = props;
  const [ordered] = useState(() => [
    ...declared.properties.filter(({ isKey }) => isKey),
    ...declared.properties.filter(({ isKey, isWritable }) => !isKey && isWritable),
    ...(declared.properties.some(({ isWritable }) => isWritable)
      ? []
      : declared.properties.filter(({ isKey }) => !isKey)),
  ]);
  const [fields, setFields] = useState<readonly Field[]>(() =>
    ordered.map(({ name, type, isKey }) => ({ name, type, isNull: !isKey, text: '' })),
  );
  const [reviewing, setReviewing] = useState(false);
  const { busy, problem, attempt, forget } = useAttempt();
  const given = fields.filter(({ isNull }) => !isNull);
  const fits = given.length > 0 && given.every((field) => wrongField(field) === null);
  const create = () =>
    void attempt(async () => {
      const reference = await wmiStore.create(props.machineId, declared.name, given.map(toInput));
      wmiStore.openInstance(props.machineId, reference, false);
    }).then((done) => {
      if (done) props.onCreated();
    });
  return (
    <Dialog
      title={reviewing ? `Create a ${declared.name} on ${machine}?` : `New ${declared.name}`}
      width={620}
      busy={busy}
      onClose={props.onClose}
      actions={
        <>
          <Button kind="primary" disabled={busy || !fits} onClick={reviewing ? create : () => setReviewing(true)}>
            {reviewing ? `Create ${declared.name}` : 'Review'}
          </Button>
          <Button
            disabled={busy}
            onClick={() => {
              if (!reviewing) props.onClose();
              setReviewing(false);
              forget();
            }}
          >
            {reviewing ? 'Back' : 'Cancel'}
          </Button>
        </>
      }
    >
      {problem ? <ProblemBanner problem={problem} /> : null}
      {reviewing ? (
        <ul className="wm-diff" aria-label="What is created">
          {given.map((field) => (
            <li key={field.name}>
              <b>{field.name}</b>
              <span className="mono wm-plus">+ {field.text}</span>
            </li>
          ))}
        </ul>
      ) : (
        <form
          className="wm-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (fits) setReviewing(true);
          }}
        >
          {fields.map((field, index) => (
            <FieldRow
              key={field.name}
              field={field}
              changed={false}
              note={ordered[index]!.isKey ? 'key' : undefined}
              autoFocus={index === 0}
              onChange={(next) => setFields(fields.with(index, next))}
            />
          ))}
          <SubmitByEnter />
        </form>
      )}
    </Dialog>
  );
}
