import type { ReactNode } from 'react';

/** Verbs at the left in order of use, filters at the right, the filter box last. */
export function Toolbar({ label, children, end }: { label: string; children?: ReactNode; end?: ReactNode }) {
  return (
    <div className="toolbar" role="toolbar" aria-label={label}>
      {children}
      <span className="spacer" />
      {end}
    </div>
  );
}
export const ToolbarRule = () => <span className="vr" aria-hidden="true" />;
