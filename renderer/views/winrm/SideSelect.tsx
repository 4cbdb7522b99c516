import { Field, Select } from '@fluentui/react-components';
import type { ConfigurationSide } from '../../../shared/contract/winrm-settings.ts';
import { formatDate } from '../../format.ts';
import { useMachines } from '../../stores/machines.ts';
import { useSnapshots } from '../../stores/winrm-snapshots.ts';

/** A side as the value of a list. */
export const sideKey = (side: ConfigurationSide): string =>
  side.kind === 'machine' ? `machine ${side.machineId}` : `snapshot ${side.id}`;
export function sideOf(key: string): ConfigurationSide {
  const rest = key.slice(key.indexOf(' ') + 1);
  return key.startsWith('snapshot ') ? { kind: 'snapshot', id: rest } : { kind: 'machine', machineId: rest };
}

/** A machine as it is now, or a snapshot. */
export function SideSelect(props: {
  label: string;
  value: ConfigurationSide | null;
  onChange: (side: ConfigurationSide) => void;
  autoFocus?: boolean;
}) {
  const machines = useMachines((state) => state.list);
  const snapshots = useSnapshots((state) => state.list);
  return (
    <Field label={props.label}>
      <Select
        value={props.value === null ? '' : sideKey(props.value)}
        data-autofocus={props.autoFocus ? '' : undefined}
        onChange={(_event, data) => {
          if (data.value !== '') props.onChange(sideOf(data.value));
        }}
      >
        {props.value === null ? <option value="">Choose…</option> : null}
        {snapshots === null || snapshots.length === 0 ? null : (
          <optgroup label="Snapshots">
            {snapshots.map((one) => (
              <option key={one.id} value={`snapshot ${one.id}`}>
                {one.name} ({one.machineName}, {formatDate(one.takenAt)})
              </option>
            ))}
          </optgroup>
        )}
        <optgroup label="Machines as they are now">
          {machines.map((machine) => (
            <option key={machine.id} value={`machine ${machine.id}`}>
              {machine.settings.name}
            </option>
          ))}
        </optgroup>
      </Select>
    </Field>
  );
}
