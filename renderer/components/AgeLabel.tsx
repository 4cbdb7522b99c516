import { HistoryRegular } from '@fluentui/react-icons';
import { formatAge, formatDate } from '../format.ts';
import { useNow } from './useNow.ts';

/** `14 min old`: stands beside every value that is not from now. */
export function AgeLabel({ readAt, prefix = '' }: { readAt: number; prefix?: string }) {
  const now = useNow(1000);
  return (
    <span className="age" title={`Read on ${formatDate(readAt)}`}>
      <HistoryRegular fontSize={13} aria-hidden="true" />
      {prefix}
      {formatAge(now - readAt)} old
    </span>
  );
}
