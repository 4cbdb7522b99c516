import { Button } from '../../components/Button.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { formatCount } from '../../format.ts';
import { useMachineFilter } from '../../stores/machine-filter.ts';
import { useMachines } from '../../stores/machines.ts';
import { groupTitle } from './groups.ts';

/** The list is empty because of what was asked of it. */
export function NoMatch({ filterProblem }: { filterProblem: string | undefined }) {
  const { text, group } = useMachineFilter();
  const inventory = useMachines((state) => state.list.length);
  const filtered = text.trim() !== '';
  const grouped = group !== 'all';
  if (filterProblem !== undefined) {
    return (
      <EmptyState
        title="The filter is not understood"
        actions={<Button onClick={() => useMachineFilter.setState({ text: '' })}>Clear the filter</Button>}
      >
        {filterProblem}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title={filtered ? 'No machine matches' : `“${groupTitle(group)}” is empty`}
      actions={
        <>
          {filtered ? <Button onClick={() => useMachineFilter.setState({ text: '' })}>Clear the filter</Button> : null}
          {grouped ? (
            <Button onClick={() => useMachineFilter.setState({ group: 'all' })}>Show all machines</Button>
          ) : null}
        </>
      }
    >
      {filtered ? (
        <>
          {grouped ? `No machine in “${groupTitle(group)}”` : `None of the ${formatCount(inventory)} machines`} matches{' '}
          <span className="mono">{text.trim()}</span>.
        </>
      ) : (
        'No machine belongs to this group at the moment.'
      )}
    </EmptyState>
  );
}
