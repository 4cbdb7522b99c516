import { CheckmarkRegular, CopyRegular } from '@fluentui/react-icons';
import { useEffect, useRef, useState } from 'react';
import { Button } from './Button.tsx';

/** The view as the command line that asks the same. It must be true: run as it stands, it shows what is on the screen. */
export function CodeLine({ command }: { command: string }) {
  return (
    <div className="code-line">
      <code className="mono ell" title={command}>
        {command}
      </code>
      <CopyButton text={command} label="Copy" />
    </div>
  );
}

export function CopyButton({ text, label, kind = 'ghost' }: { text: string; label: string; kind?: 'ghost' | 'plain' }) {
  const [said, say] = useState<'' | 'Copied' | 'Could not copy'>('');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    let words: 'Copied' | 'Could not copy' = 'Copied';
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      words = 'Could not copy';
    }
    say(words);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => say(''), 2000);
  };
  return (
    <Button kind={kind} icon={said === 'Copied' ? <CheckmarkRegular /> : <CopyRegular />} onClick={() => void copy()}>
      <span aria-live="polite">{said === '' ? label : said}</span>
    </Button>
  );
}
