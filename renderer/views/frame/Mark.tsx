/** Windeck's mark: decks, one above the other. */
export const Mark = ({ size = 22 }: { size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
    <path d="M12 2.6 21.4 7.4 12 12.2 2.6 7.4Z" fill="var(--acc)" />
    <g fill="none" stroke="var(--acc)" strokeWidth="2.1" strokeLinejoin="round" strokeLinecap="round">
      <path d="M2.6 11.9 12 16.7l9.4-4.8" opacity=".72" />
      <path d="M2.6 16.3 12 21.1l9.4-4.8" opacity=".4" />
    </g>
  </svg>
);
