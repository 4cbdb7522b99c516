import type { EventEntry } from '../../../shared/contract/event-log.ts';
import type { Column } from '../../components/DataTable.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { formatFull, formatMoment, headline, levelLooks } from './event-words.ts';

export const rowId = ({ log, recordId }: EventEntry): string => `${log} ${recordId}`;

/** In the order of the log, newest first, which is no choice: so no column sorts. */
export function eventColumns(narrow: boolean): readonly Column<EventEntry>[] {
  return [
    {
      id: 'level',
      title: 'Level',
      width: 118,
      cell: ({ level }) => {
        const look = levelLooks[level];
        return (
          <span className="ev-look">
            {look.glyph === null ? <i /> : <Glyph name={look.glyph} size={11} label="" />}
            <span className={look.tone}>{look.word}</span>
          </span>
        );
      },
    },
    {
      id: 'at',
      title: 'Time',
      width: 118,
      cell: ({ at }) => (
        <span className="num t2" title={formatFull(at)}>
          {formatMoment(at)}
        </span>
      ),
    },
    {
      id: 'source',
      title: 'Source',
      width: narrow ? 140 : 190,
      grow: 0.6,
      cell: ({ source }) => (
        <span className="ell t1" title={source}>
          {source.replace(/^Microsoft-Windows-/, '')}
        </span>
      ),
    },
    {
      id: 'eventId',
      title: 'ID',
      width: 58,
      align: 'right',
      cell: ({ eventId }) => eventId,
    },
    {
      id: 'message',
      title: 'Message',
      width: 160,
      grow: 3,
      cell: (entry) => (
        <span className={`ell ${entry.message === null ? 't3' : 't1'}`} title={entry.message ?? undefined}>
          {headline(entry)}
        </span>
      ),
    },
  ];
}
