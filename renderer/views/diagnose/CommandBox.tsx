import { CheckmarkRegular, CopyRegular } from '@fluentui/react-icons';
import { useEffect, useRef, useState } from 'react';
import { IconButton } from '../../components/Button.tsx';

/** A command to copy, whole: it wraps instead of being cut off. */
export function CommandBox({ command }: { command: string }) {
  const [said, say] = useState<'' | 'Copied' | 'Could not copy'>('');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    let words: 'Copied' | 'Could not copy' = 'Copied';
    try {
      await navigator.clipboard.writeText(command);
    } catch {
      words = 'Could not copy';
    }
    say(words);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => say(''), 2000);
  };
  return (
    <div className="command-box">
      <code className="mono">{command}</code>
      <span className="command-said s11" aria-live="polite">
        {said}
      </span>
      <IconButton
        name={`Copy ${command}`}
        icon={said === 'Copied' ? <CheckmarkRegular /> : <CopyRegular />}
        onClick={() => void copy()}
      />
    </div>
  );
}
