import type { ReactNode } from 'react';

/** Nothing to show, said in words, with the next step. */
export function EmptyState({ title, children, actions }: { title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="empty-state">
      <h2>{title}</h2>
      {children === undefined ? null : <p>{children}</p>}
      {actions === undefined ? null : <div className="row g8">{actions}</div>}
    </div>
  );
}
