import { useEffect, useRef, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { consoleStore, type Question } from '../../stores/console.ts';

/** The line that runs waits for somebody: a password, a name, or a yes. */
export function ConsoleQuestion({ question }: { question: Question }) {
  if (question.form === 'confirm') return <Confirm text={question.text} />;
  return <Ask key={question.question} question={question} />;
}

function Confirm({ text }: { text: string }) {
  const cut = text.lastIndexOf('. ') + 1;
  return (
    <Dialog
      alert
      title="Run this line?"
      onClose={() => consoleStore.answer('n')}
      actions={
        <>
          <Button data-autofocus="" onClick={() => consoleStore.answer('n')}>
            Do not run it
          </Button>
          <Button kind="danger" onClick={() => consoleStore.answer('y')}>
            Run it
          </Button>
        </>
      }
    >
      <p>{cut > 0 ? text.slice(0, cut) : text}</p>
    </Dialog>
  );
}

/** As the prompt it stands in for. The field is the only place on this side where the answer is, and it goes with it. */
function Ask({ question: { text, form } }: { question: Question }) {
  const field = useRef<HTMLInputElement>(null);
  const [capsLock, setCapsLock] = useState(false);
  useEffect(() => {
    const here = field.current;
    here?.focus();
    return () => {
      if (here !== null) here.value = '';
    };
  }, []);
  return (
    <div className="console-prompt asking">
      <label className="console-prompt-name mono" htmlFor="console-answer">
        {text}
      </label>
      <input
        id="console-answer"
        ref={field}
        className="mono"
        type={form === 'hidden' ? 'password' : 'text'}
        autoComplete={form === 'hidden' ? 'new-password' : 'off'}
        spellCheck={false}
        autoCapitalize="none"
        data-1p-ignore
        data-lpignore="true"
        onKeyDown={(event) => {
          setCapsLock(event.getModifierState('CapsLock'));
          if (event.key === 'Enter') {
            event.preventDefault();
            consoleStore.answer(event.currentTarget.value);
          } else if (event.key === 'Escape') {
            event.preventDefault();
            event.stopPropagation();
            consoleStore.answer(null);
          } else if (
            event.ctrlKey &&
            event.key === 'c' &&
            event.currentTarget.selectionStart === event.currentTarget.selectionEnd
          ) {
            event.preventDefault();
            consoleStore.interrupt();
          }
        }}
      />
      <span className="console-hint" role="status">
        {capsLock && form === 'hidden' ? 'Caps Lock is on.' : ''}
      </span>
    </div>
  );
}
