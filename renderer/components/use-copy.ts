import { useEffect, useRef, useState } from 'react';

/** So long the button says how it went. */
const saidMs = 2000;

/** Copies to the clipboard, and says for a moment whether that worked. */
export function useCopy(text: string) {
  const [said, say] = useState<'' | 'Copied' | 'Could not copy'>('');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async (): Promise<void> => {
    let words: 'Copied' | 'Could not copy' = 'Copied';
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      words = 'Could not copy';
    }
    say(words);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => say(''), saidMs);
  };
  return { said, copy: () => void copy() };
}
