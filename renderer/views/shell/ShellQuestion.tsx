import { KeyboardRegular } from '@fluentui/react-icons';
import { useEffect, useRef, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { liveShell, type ShellTab } from '../../stores/shells.ts';
import type { Question } from '../../terminal/shell-view.ts';

/** What a PowerShell host is asked: fields, some of them secret, or a choice. A secret leaves this form for the machine only. */
export function ShellQuestion(props: { tab: ShellTab; question: Question; isCurrent: boolean }) {
  const { tab, question, isCurrent } = props;
  const first = useRef<HTMLElement | null>(null);
  // In a split the keyboard stays in the shell that has it: an answer meant for one must not reach the other.
  useEffect(() => {
    if (isCurrent) first.current?.focus();
  }, [isCurrent]);
  const reply = (answers: readonly string[] | null) => {
    const shell = liveShell(tab.id);
    shell?.answer(question.question, answers);
    shell?.screen.focus();
  };
  return (
    <form
      className="shell-bar"
      data-tint="accent"
      aria-label="Waiting for input"
      onSubmit={(event) => {
        event.preventDefault();
        if (question.form !== 'fields') return;
        const form = new FormData(event.currentTarget);
        reply(question.fields.map((_field, n) => String(form.get(String(n)) ?? '')));
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
        reply(null);
      }}
    >
      <KeyboardRegular fontSize={16} aria-hidden="true" />
      <b className="nowrap">{question.title === '' ? 'Waiting for input' : question.title}</b>
      <span className="ell t2">{question.message}</span>
      <span className="spacer" />
      {question.form === 'fields' ? (
        <Fields question={question} first={first} />
      ) : (
        question.choices.map((choice, n) => (
          <Button
            key={choice.label}
            kind={n === (question.preset ?? 0) ? 'primary' : 'plain'}
            title={choice.help}
            ref={(element) => {
              if (n === (question.preset ?? 0)) first.current = element;
            }}
            onClick={() => reply([String(n)])}
          >
            {choice.label}
          </Button>
        ))
      )}
      <Button onClick={() => reply(null)}>Stop</Button>
    </form>
  );
}

function Fields(props: { question: Extract<Question, { form: 'fields' }>; first: { current: HTMLElement | null } }) {
  const { fields } = props.question;
  const [texts, setTexts] = useState<readonly string[]>(() => fields.map(() => ''));
  return (
    <>
      {fields.map((field, n) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the fields of one question do not move
        <label key={n} className="row g6">
          <span className="nowrap">{field.label}</span>
          <input
            ref={(element) => {
              if (n === 0) props.first.current = element;
            }}
            name={String(n)}
            className="shell-input"
            type={field.isSecret ? 'password' : 'text'}
            aria-label={field.label === '' ? 'Input' : field.label}
            autoComplete="off"
            spellCheck={false}
            value={texts[n]}
            onChange={(event) => setTexts(texts.map((text, at) => (at === n ? event.target.value : text)))}
          />
        </label>
      ))}
      {/* A form sends itself by Enter only where it has a button for it. */}
      <button type="submit" className="fui-Button shell-send">
        Send
      </button>
    </>
  );
}
