import type { ReactNode } from 'react';

/** A filter that is on or off; without `onPress` a fact in the same form. */
export function Chip({ pressed, onPress, children }: { pressed?: boolean; onPress?: () => void; children: ReactNode }) {
  if (onPress === undefined) return <span className="chip">{children}</span>;
  return (
    <button type="button" className="chip" aria-pressed={pressed ?? false} onClick={onPress}>
      {children}
    </button>
  );
}
