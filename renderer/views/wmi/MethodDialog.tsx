import { useState } from 'react';
import type { CimReference } from '../../../shared/contract/cim-value.ts';
import { writeObjectPath } from '../../../shared/contract/object-path.ts';
import type { WmiInvocation, WmiMethod } from '../../../shared/contract/wmi.ts';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { SubmitByEnter } from '../../components/form.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { Kv } from '../../components/Kv.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { formatCount } from '../../format.ts';
import { useAttempt } from '../../stores/use-attempt.ts';
import { wmiStore } from '../../stores/wmi.ts';
import { FieldRow } from './FieldForm.tsx';
import { exactText, type Field, toInput, wrongField } from './value-words.ts';

/** Calls a method: typed inputs, a question that names what is called where, and what came back with its meaning. */
export function MethodDialog(props: {
  machineId: string;
  machine: string;
  className: string;
  reference: CimReference | null;
  method: WmiMethod;
  onClose: () => void;
}) {
  const { method, machine, className, reference } = props;
  const inputs = method.parameters.filter(({ isInput }) => isInput);
  const [fields, setFields] = useState<readonly Field[]>(() =>
    inputs.map(({ name, type, isOptional }) => ({ name, type, isNull: isOptional, text: '' })),
  );
  const [result, setResult] = useState<WmiInvocation | null>(null);
  const { busy, problem, attempt } = useAttempt();
  const fits = fields.every((field) => wrongField(field) === null);
  const target = reference === null ? `the class ${className}` : writeObjectPath(reference);
  const invoke = () =>
    void attempt(async () => {
      setResult(null);
      // What is null and optional is not sent: the provider then takes its own default.
      const sent = fields.filter((field, index) => !(field.isNull && inputs[index]!.isOptional));
      setResult(await wmiStore.invoke(props.machineId, className, reference, method.name, sent.map(toInput)));
    });
  return (
    <Dialog
      title={result === null ? `Call ${method.name} on ${machine}?` : `${method.name} on ${machine}`}
      width={600}
      busy={busy}
      onClose={props.onClose}
      actions={
        result === null ? (
          <>
            <Button
              kind="primary"
              disabled={busy || !fits}
              onClick={invoke}
              {...(inputs.length === 0 ? { 'data-autofocus': true } : {})}
            >
              {busy ? `Calling ${method.name}…` : `Call ${method.name} of ${className}`}
            </Button>
            <Button disabled={busy} onClick={props.onClose}>
              Cancel
            </Button>
          </>
        ) : (
          <Button kind="primary" onClick={props.onClose}>
            Close
          </Button>
        )
      }
    >
      <p className="mp-dialog-text">
        It is called once, on <span className="mono wm-path">{target}</span>.
      </p>
      {problem ? <ProblemBanner problem={problem} /> : null}
      {result === null ? (
        <form
          className="wm-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (fits && !busy) invoke();
          }}
        >
          {fields.length === 0 ? <p className="t2">It takes no inputs.</p> : null}
          {fields.map((field, index) => (
            <FieldRow
              key={field.name}
              field={field}
              changed={false}
              note={inputs[index]!.isOptional ? 'optional' : undefined}
              choices={inputs[index]!.choices}
              autoFocus={index === 0}
              disabled={busy}
              onChange={(next) => setFields(fields.with(index, next))}
            />
          ))}
          <SubmitByEnter />
        </form>
      ) : (
        <Outcome result={result} />
      )}
    </Dialog>
  );
}

function Outcome({ result }: { result: WmiInvocation }) {
  return (
    <section className="wm-outcome" aria-label="What came back">
      {result.problem ? (
        <ProblemBanner problem={result.problem} />
      ) : (
        <p className="row g8">
          <Glyph name="healthy" size={12} label="" />
          <span>
            <b>{result.returnValue === null ? (result.returnText ?? 'Done') : `ReturnValue ${result.returnValue}`}</b>
            {result.meaning === null ? '' : `: ${result.meaning}`}
          </span>
        </p>
      )}
      {result.outputs.length === 0 ? null : (
        <Kv
          rows={result.outputs.map(([name, value]) => [
            name,
            <span key={name} className="mono wm-value">
              {exactText(value)}
            </span>,
          ])}
        />
      )}
      <p className="t3 num">{formatCount(Math.round(result.tookMs))} ms</p>
    </section>
  );
}
