import { Field } from '@fluentui/react-components';
import { EyeOffRegular, EyeRegular } from '@fluentui/react-icons';
import { type Ref, useImperativeHandle, useLayoutEffect, useRef, useState } from 'react';
import { invalid } from './form.tsx';
import './secret-field.css';

/** What a form may do with a secret that is being typed. */
export interface SecretHandle {
  /** Read where it is sent, in the expression that sends it: no variable, state or closure keeps it. */
  read(): string;
  clear(): void;
  focus(): void;
}

type Element = HTMLInputElement | HTMLTextAreaElement;

/**
 * The one field that secrets are typed into. Uncontrolled, and a plain element on purpose: Fluent's Input keeps what is typed in React
 * state. The value is in the element and nowhere else on this side, never in an attribute, and gone when the form has been sent (`clear`)
 * or the field goes.
 */
export function SecretField({
  label,
  hint,
  problem,
  secret,
  onTyped,
  autoFocus = false,
  multiline = false,
  placeholder,
}: {
  label: string;
  hint?: string | undefined;
  /** Why what is in it will not do. Shown under the field. */
  problem?: string | undefined;
  secret: Ref<SecretHandle>;
  /** Something was typed; what, is only said by `read`. */
  onTyped?: () => void;
  autoFocus?: boolean;
  /** Of several lines: a key that is pasted. */
  multiline?: boolean;
  placeholder?: string;
}) {
  const element = useRef<Element>(null);
  const [shown, show] = useState(false);
  const [capsLock, setCapsLock] = useState(false);
  // A fresh element cannot be filled again from the undo memory of the one before.
  const [generation, renew] = useState(0);
  const refocus = useRef(false);

  useImperativeHandle(
    secret,
    () => ({
      read: () => element.current?.value ?? '',
      clear: () => {
        refocus.current = document.activeElement === element.current;
        wipe(element.current);
        show(false);
        renew((before) => before + 1);
      },
      focus: () => element.current?.focus(),
    }),
    [],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: each element is wiped as it goes
  useLayoutEffect(() => {
    const here = element.current;
    if (refocus.current) here?.focus();
    refocus.current = false;
    return () => wipe(here);
  }, [generation]);

  const watchCapsLock = (event: React.KeyboardEvent) => setCapsLock(event.getModifierState('CapsLock'));
  const common = {
    autoComplete: 'new-password',
    spellCheck: false,
    autoCapitalize: 'none',
    autoCorrect: 'off',
    // Password managers are kept from offering to remember it.
    'data-1p-ignore': true,
    'data-lpignore': 'true',
    'data-autofocus': autoFocus ? '' : undefined,
    placeholder,
    onInput: onTyped,
    onKeyDown: watchCapsLock,
    onKeyUp: watchCapsLock,
    onBlur: () => setCapsLock(false),
  };
  const words = [hint, capsLock && !shown ? 'Caps Lock is on.' : undefined].filter((part) => part !== undefined);
  return (
    <Field label={label} {...(words.length === 0 ? {} : { hint: words.join(' ') })} {...invalid(problem)}>
      {(field) => (
        <div className={multiline ? 'secret-field lines' : 'secret-field'}>
          {multiline ? (
            <textarea
              {...field}
              {...common}
              key={generation}
              ref={element as Ref<HTMLTextAreaElement>}
              className={shown ? '' : 'covered'}
            />
          ) : (
            <input
              {...field}
              {...common}
              key={generation}
              ref={element as Ref<HTMLInputElement>}
              type={shown ? 'text' : 'password'}
            />
          )}
          <button
            type="button"
            aria-label={`Show ${label.toLowerCase()}`}
            title={shown ? 'Hide' : 'Show'}
            aria-pressed={shown}
            onClick={() => show(!shown)}
          >
            {shown ? <EyeOffRegular fontSize={16} /> : <EyeRegular fontSize={16} />}
          </button>
        </div>
      )}
    </Field>
  );
}

/** Setting the property, not the attribute: this also empties React's own note of the last value. */
function wipe(element: Element | null): void {
  if (element !== null) element.value = '';
}
