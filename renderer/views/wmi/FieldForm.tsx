import { Input, Select, Textarea } from '@fluentui/react-components';
import { type Field, isArrayType, wrongField } from './value-words.ts';

/** One typed value: null or not, and its text in the form of its type. */
export function FieldRow(props: {
  field: Field;
  /** What it was, where that matters. */
  changed: boolean;
  note?: string | undefined;
  choices?: readonly string[];
  autoFocus?: boolean;
  disabled?: boolean;
  onChange: (field: Field) => void;
}) {
  const { field, onChange } = props;
  const { name, type, isNull, text } = field;
  const wrong = wrongField(field);
  const disabled = props.disabled ?? false;
  const set = (next: string) => onChange({ ...field, text: next, isNull: false });
  const common = {
    'aria-label': name,
    disabled: disabled || isNull,
    ...(props.autoFocus ? { 'data-autofocus': true } : {}),
  };
  return (
    <div className="wm-field" data-changed={props.changed || undefined}>
      <div className="wm-field-head">
        <span className="name t1 ell" title={name}>
          {name}
        </span>
        <span className="mono t3">{type}</span>
        {props.note === undefined ? null : <span className="t3">{props.note}</span>}
        <span className="grow" />
        <label className="wm-null">
          <input
            type="checkbox"
            aria-label={`${name} is null`}
            checked={isNull}
            disabled={disabled}
            onChange={(event) => onChange({ ...field, isNull: event.target.checked })}
          />
          null
        </label>
      </div>
      {type === 'boolean' ? (
        <Select {...common} value={text.toLowerCase()} onChange={(_event, data) => set(data.value)}>
          <option value="">–</option>
          <option value="true">true</option>
          <option value="false">false</option>
        </Select>
      ) : props.choices !== undefined && props.choices.length > 0 && !isArrayType(type) ? (
        <Select {...common} value={text} onChange={(_event, data) => set(data.value)}>
          <option value="">–</option>
          {props.choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </Select>
      ) : isArrayType(type) || type === 'instance' || text.includes('\n') || text.length > 80 ? (
        <Textarea {...common} resize="vertical" value={text} onChange={(_event, data) => set(data.value)} />
      ) : (
        <Input
          {...common}
          spellCheck={false}
          autoComplete="off"
          value={text}
          onChange={(_event, data) => set(data.value)}
        />
      )}
      {isArrayType(type) && !isNull ? <span className="t3 s11">One element per line</span> : null}
      {wrong === null || isNull ? null : (
        <span className="wm-field-wrong" role="alert">
          {wrong}
        </span>
      )}
    </div>
  );
}
