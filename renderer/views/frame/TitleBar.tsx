import { SearchRegular } from '@fluentui/react-icons';
import { useMemo } from 'react';
import { Glyph, type GlyphName } from '../../components/Glyph.tsx';
import { Kbd } from '../../components/Kbd.tsx';
import { modifierName } from '../../components/keys.ts';
import { formatCount } from '../../format.ts';
import { machineHealth } from '../../machine-health.ts';
import { useLinkState } from '../../stores/link.ts';
import { useMachineFilter } from '../../stores/machine-filter.ts';
import { useMachines } from '../../stores/machines.ts';
import { openPalette } from '../../stores/palette.ts';
import { openMachines } from '../../stores/router.ts';
import { Mark } from './Mark.tsx';

const groups: readonly { group: 'ok' | 'warn' | 'crit' | 'off'; glyph: GlyphName; word: string; filter: string }[] = [
  { group: 'ok', glyph: 'healthy', word: 'healthy', filter: 'is:healthy' },
  { group: 'warn', glyph: 'warning', word: 'with a warning', filter: 'is:warning' },
  { group: 'crit', glyph: 'critical', word: 'in trouble', filter: 'is:critical' },
  { group: 'off', glyph: 'unreachable', word: 'unreachable', filter: 'state:unreachable' },
];

/** The mark, the box that opens the palette, and how the fleet stands; each count opens the machines it counts. */
export function TitleBar() {
  const list = useMachines((state) => state.list);
  // Counts of a fleet that nobody watches would be guesses.
  const watched = useLinkState() === 'open';
  const counts = useMemo(() => {
    const found = { ok: 0, warn: 0, crit: 0, off: 0 };
    for (const machine of list) {
      const { group } = machineHealth(machine);
      if (group !== null) found[group] += 1;
    }
    return found;
  }, [list]);
  return (
    <header className="title-bar">
      <span className="brand">
        <Mark />
      </span>
      <button
        type="button"
        className="search-box"
        aria-label="Search machines, services, commands"
        aria-keyshortcuts={`${modifierName === 'Ctrl' ? 'Control' : 'Meta'}+K`}
        aria-haspopup="dialog"
        onClick={() => openPalette()}
      >
        <SearchRegular fontSize={16} aria-hidden="true" />
        <span className="ell">Search machines, services, commands…</span>
        <Kbd>{`${modifierName} K`}</Kbd>
      </button>
      {list.length === 0 || !watched ? null : (
        <div className="counts">
          {groups.map(({ group, glyph, word, filter }) => (
            <button
              key={group}
              type="button"
              className="count"
              title={`${formatCount(counts[group])} ${word}`}
              aria-label={`${formatCount(counts[group])} ${word}`}
              onClick={() => {
                useMachineFilter.setState({ group: 'all', text: filter });
                openMachines();
              }}
            >
              <Glyph name={glyph} label="" />
              {formatCount(counts[group])}
            </button>
          ))}
        </div>
      )}
    </header>
  );
}
