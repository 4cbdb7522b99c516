import { Switch } from '@fluentui/react-components';
import { ArrowExportLtrRegular, DeleteRegular, EyeOffRegular, PauseRegular, PlayRegular } from '@fluentui/react-icons';
import type { TraceRow } from '../../../shared/contract/trace.ts';
import { Button, IconButton } from '../../components/Button.tsx';
import { Chip } from '../../components/Chip.tsx';
import { FilterBox } from '../../components/FilterBox.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ToolbarRule } from '../../components/Toolbar.tsx';
import { formatCount } from '../../format.ts';
import { useNarrow } from '../machine/use-media.ts';
import { isSlow, type TraceFilter } from './trace-view.ts';

/** The filters of the list, and what is done with the trace. */
export function TraceToolbar(props: {
  rows: readonly TraceRow[] | null;
  shownCount: number;
  isFiltered: boolean;
  text: string;
  onText: (text: string) => void;
  filter: TraceFilter;
  onFilter: (filter: TraceFilter) => void;
  paused: boolean;
  /** How many came while the list stands still. */
  waiting: number;
  onPause: () => void;
  contents: boolean;
  onContents: () => void;
  onSave: () => void;
  onClear: () => void;
  onToList: () => void;
}) {
  const { rows, filter, onFilter } = props;
  const narrow = useNarrow();
  const failed = rows?.filter((row) => row.failed).length ?? 0;
  const slow = rows?.filter(isSlow).length ?? 0;
  const toggle = (wanted: TraceFilter) => onFilter(filter === wanted ? 'all' : wanted);
  const none = (rows?.length ?? 0) === 0;
  return (
    <div className="toolbar" role="toolbar" aria-label="Trace">
      <FilterBox
        value={props.text}
        onChange={props.onText}
        placeholder={narrow ? 'Filter' : 'Filter action, class, fault'}
        onLeave={props.onToList}
      />
      <Chip pressed={filter === 'all'} onPress={() => onFilter('all')}>
        All {formatCount(rows?.length ?? 0)}
      </Chip>
      <Chip pressed={filter === 'failed'} onPress={() => toggle('failed')}>
        {failed > 0 && <Glyph name="critical" size={10} label="" />}
        Failed {formatCount(failed)}
      </Chip>
      <Chip pressed={filter === 'slow'} onPress={() => toggle('slow')}>
        Slow {formatCount(slow)}
      </Chip>
      <span className="spacer" />
      <span
        className="tr-removed t3 nowrap wide-only"
        title="Passwords, tokens and whatever else is known to be secret are masked before an exchange is kept."
      >
        <EyeOffRegular fontSize={14} aria-hidden="true" />
        Secrets removed
      </span>
      <Switch
        className="tr-switch"
        checked={props.contents}
        onChange={props.onContents}
        aria-keyshortcuts="k"
        label={{ children: narrow ? 'Contents' : 'Command lines and streams' }}
        title="Off: of commands only the lengths are kept. On: also command lines, standard input and output, and PowerShell's messages, from now on. (K)"
      />
      <ToolbarRule />
      <Button
        kind="ghost"
        icon={props.paused ? <PlayRegular /> : <PauseRegular />}
        aria-keyshortcuts="p"
        aria-pressed={props.paused}
        onClick={props.onPause}
      >
        {props.paused ? (props.waiting > 0 ? `Go on (${formatCount(props.waiting)} new)` : 'Go on') : 'Pause'}
      </Button>
      <Button
        kind="ghost"
        icon={<ArrowExportLtrRegular />}
        aria-keyshortcuts="s"
        disabled={none || props.shownCount === 0}
        onClick={props.onSave}
      >
        {props.isFiltered ? `Save ${formatCount(props.shownCount)} for support` : 'Save for support'}
      </Button>
      <IconButton name="Empty the trace" icon={<DeleteRegular />} disabled={none} onClick={props.onClear} />
    </div>
  );
}
