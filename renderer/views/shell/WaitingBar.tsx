import { KeyboardRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { useNow } from '../../components/useNow.ts';
import { formatDuration } from '../../format.ts';
import { liveShell, type ShellTab } from '../../stores/shells.ts';

/** A program has asked something and waits, or is silent for so long that it may: an answer, or an end. */
export function WaitingBar({ tab }: { tab: ShellTab }) {
  const { view } = tab;
  const [text, setText] = useState('');
  const now = useNow(1000);
  const isAsked = view.status === 'waiting';
  const shell = liveShell(tab.id);
  const answer = (line: string) => {
    setText('');
    shell?.type(line, view.hidesInput);
    shell?.screen.focus();
  };
  const choices = isAsked ? choicesOf(view.asks ?? '') : [];
  return (
    <section className="shell-bar" data-tint="accent" aria-label="Waiting for input">
      <KeyboardRegular fontSize={16} aria-hidden="true" />
      <b className="nowrap">{isAsked ? 'Waiting for input' : 'Silent'}</b>
      {isAsked ? (
        <span className="mono ell">{view.asks?.trim()}</span>
      ) : (
        <span className="t2 ell">
          Nothing came for {formatDuration(10_000 + Math.max(0, now - view.sinceAt))}: it works, or waits for a line.
        </span>
      )}
      <span className="spacer" />
      <input
        className="shell-input"
        type={view.hidesInput ? 'password' : 'text'}
        aria-label="Input for the program"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault();
            answer(text);
          } else if (event.key === 'Escape') {
            event.preventDefault();
            event.stopPropagation();
            shell?.screen.focus();
          }
        }}
      />
      {choices.map((choice) => (
        <Button key={choice} onClick={() => answer(choice)}>
          {choice}
        </Button>
      ))}
      <Button kind={isAsked && choices.length === 0 ? 'primary' : 'plain'} onClick={() => answer(text)}>
        Send
      </Button>
      <Button
        onClick={() => {
          shell?.interrupt('ctrl_c');
          shell?.screen.focus();
        }}
      >
        Stop
      </Button>
    </section>
  );
}

/** The letters of `(Y/N)`, `[Y,N]?`, `(Yes/No/All)`. */
export function choicesOf(asks: string): readonly string[] {
  const found = /[([]\s*([A-Za-z]+(?:\s*[/,]\s*[A-Za-z]+){1,3})\s*[)\]]\s*[?:]?\s*$/.exec(asks)?.[1];
  return found === undefined ? [] : found.split(/\s*[/,]\s*/);
}
