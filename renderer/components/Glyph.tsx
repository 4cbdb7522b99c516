/** State = shape + colour + word. The shape alone tells it, so the table can be read without colour. */
export type GlyphName =
  | 'healthy'
  | 'warning'
  | 'critical'
  | 'unreachable'
  | 'pending'
  | 'maintenance'
  | 'stopped'
  | 'denied'
  | 'skipped';

const words: Readonly<Record<GlyphName, string>> = {
  healthy: 'Healthy',
  warning: 'Warning',
  critical: 'Critical',
  unreachable: 'Unreachable',
  pending: 'Pending',
  maintenance: 'Maintenance',
  stopped: 'Stopped',
  denied: 'Access denied',
  skipped: 'Skipped',
};

/** `label` is the word for those who cannot see the shape; an empty one hides the glyph from them where the word stands beside it. */
export function Glyph({ name, size = 12, label }: { name: GlyphName; size?: number; label?: string }) {
  const word = label ?? words[name];
  const className = name === 'pending' ? 'glyph spin' : 'glyph';
  if (word === '') {
    return (
      <svg className={className} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
        {shapes[name]}
      </svg>
    );
  }
  return (
    <svg className={className} width={size} height={size} viewBox="0 0 12 12" role="img" aria-label={word}>
      <title>{word}</title>
      {shapes[name]}
    </svg>
  );
}

const shapes: Readonly<Record<GlyphName, React.JSX.Element>> = {
  healthy: <circle cx="6" cy="6" r="4" fill="var(--ok)" />,
  warning: (
    <>
      <path d="M6 1.1 11.2 10.4H.8Z" fill="var(--warnF)" stroke="var(--warnF)" strokeLinejoin="round" />
      <path d="M6 4.4v2.9M6 8.6v.5" stroke="var(--bg)" strokeWidth="1.3" strokeLinecap="round" />
    </>
  ),
  critical: (
    <>
      <rect x="2" y="2" width="8" height="8" rx="1.2" transform="rotate(45 6 6)" fill="var(--critF)" />
      <path d="M6 3.3v3.2M6 8.3v.3" stroke="var(--onGlyph)" strokeWidth="1.4" strokeLinecap="round" />
    </>
  ),
  unreachable: (
    <>
      <circle cx="6" cy="6" r="4.2" fill="none" stroke="var(--off)" strokeWidth="1.5" />
      <path d="M3.2 8.8 8.8 3.2" stroke="var(--off)" strokeWidth="1.5" />
    </>
  ),
  pending: (
    <>
      <circle className="glyph-track" cx="6" cy="6" r="4.2" fill="none" stroke="var(--line2)" strokeWidth="1.8" />
      <path d="M6 1.8a4.2 4.2 0 0 1 4.2 4.2" fill="none" stroke="var(--accT)" strokeWidth="1.8" strokeLinecap="round" />
    </>
  ),
  maintenance: (
    <>
      <rect x="1.5" y="1.5" width="9" height="9" rx="1.5" fill="none" stroke="var(--t3)" strokeWidth="1.3" />
      <path d="M4.6 4v4M7.4 4v4" stroke="var(--t3)" strokeWidth="1.4" />
    </>
  ),
  stopped: <circle cx="6" cy="6" r="3.6" fill="none" stroke="var(--edge)" strokeWidth="1.4" />,
  denied: (
    <>
      <rect x="2" y="5.2" width="8" height="5.6" rx="1.2" fill="var(--crit)" />
      <path d="M4 5V3.6a2 2 0 0 1 4 0V5" fill="none" stroke="var(--crit)" strokeWidth="1.4" />
    </>
  ),
  skipped: <path d="M3 6h6" stroke="var(--edge)" strokeWidth="1.6" strokeLinecap="round" />,
};
