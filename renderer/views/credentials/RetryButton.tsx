import type { CredentialSet } from '../../../shared/contract/credentials.ts';
import { Button } from '../../components/Button.tsx';
import { refreshMachines, useMachines } from '../../stores/machines.ts';
import { attempt } from '../../stores/notices.ts';

/** One attempt, on one machine: the one that refused it, or the first that has it. */
export function RetryButton({ set, kind = 'ghost' }: { set: CredentialSet; kind?: 'ghost' | 'plain' }) {
  const machine = useMachines(
    (state) =>
      (set.refusal?.machineId == null ? undefined : state.byId.get(set.refusal.machineId)) ??
      state.list.find((each) => each.credential.id === set.id),
  );
  if (machine === undefined) return null;
  const { name } = machine.settings;
  return (
    <Button
      kind={kind}
      onClick={() => void attempt(() => refreshMachines([machine.id]), `Trying ${set.name} once on ${name}.`)}
    >
      Try once on {name}
    </Button>
  );
}
