import { configPolicies, policyKey } from '../../wsman/winrm-config/policies.ts';
import { blobOf, storeKey } from '../certificate-store.ts';
import { defineClass } from '../cim-class.ts';
import type { SimulatedMachine } from '../simulated-machine.ts';
import { isBranch } from '../world/winrm-config.ts';
import type { MethodInput, MethodResult, Provider } from './provider.ts';

/** StdRegProv over the few keys that the lab has: policies of WinRM, the machine's certificates, and the names of its event channels. */

type Value = { readonly type: 1 | 3 | 4; readonly data: string | number | Uint8Array };
interface Key {
  readonly keys: readonly string[];
  readonly values: ReadonlyMap<string, Value>;
}

const localMachine = '2147483650';
const channelsKey = 'software\\microsoft\\windows\\currentversion\\winevt\\channels';
const fileNotFound = 2;
const typeMismatch = 2147749893;

function findKey(machine: SimulatedMachine, path: string): Key | null {
  const lower = path.toLowerCase().replace(/\\+$/, '');
  if (lower === storeKey.toLowerCase())
    return { keys: machine.certificates().map(({ thumbprint }) => thumbprint), values: new Map() };
  if (lower.startsWith(`${storeKey.toLowerCase()}\\`)) {
    const certificate = machine.certificates().find(({ thumbprint }) => lower.endsWith(thumbprint.toLowerCase()));
    return certificate ? { keys: [], values: new Map([['Blob', { type: 3, data: blobOf(certificate) }]]) } : null;
  }
  if (lower === channelsKey) return { keys: machine.eventLogs.all().map(({ name }) => name), values: new Map() };
  const policies = policyKey.toLowerCase();
  if (lower !== policies && !lower.startsWith(`${policies}\\`)) return null;
  const all = policyValues(machine);
  const keys = new Set<string>();
  for (const key of all.keys()) {
    if (!key.toLowerCase().startsWith(`${lower}\\`)) continue;
    keys.add(key.slice(lower.length + 1).split('\\')[0]!);
  }
  const values = [...all].find(([key]) => key.toLowerCase() === lower)?.[1];
  return values || keys.size > 0 ? { keys: [...keys], values: values ?? new Map() } : null;
}

/** What the policies that show as Source="GPO" have written. */
function policyValues(machine: SimulatedMachine): Map<string, Map<string, Value>> {
  const byKey = new Map<string, Map<string, Value>>();
  for (const { setting, key, valueName } of configPolicies) {
    const leaf = machine.winrmConfig.find(setting);
    if (!leaf || isBranch(leaf) || leaf.source !== 'GPO') continue;
    const path = key.replace(/^HKLM\\/, '');
    const values = byKey.get(path) ?? new Map<string, Value>();
    byKey.set(path, values);
    const isFlag = leaf.value === 'true' || leaf.value === 'false';
    values.set(valueName, isFlag ? { type: 4, data: leaf.value === 'true' ? 1 : 0 } : { type: 1, data: leaf.value });
  }
  return byKey;
}

const keyOf = (machine: SimulatedMachine, input: MethodInput): Key | null =>
  (input.get('hdefkey')?.trim() || localMachine) === localMachine
    ? findKey(machine, input.get('ssubkeyname') ?? '')
    : null;

const value =
  (type: Value['type'], name: 'sValue' | 'uValue') =>
  (machine: SimulatedMachine, _row: unknown, input: MethodInput): MethodResult => {
    const key = keyOf(machine, input);
    const wanted = input.get('svaluename')?.toLowerCase() ?? '';
    const found = key && [...key.values].find(([candidate]) => candidate.toLowerCase() === wanted)?.[1];
    if (!found) return { returnValue: fileNotFound, output: { [name]: null } };
    if (found.type !== type) return { returnValue: typeMismatch, output: { [name]: null } };
    return { returnValue: 0, output: { [name]: found.data instanceof Uint8Array ? [...found.data] : found.data } };
  };

export const registryProvider: Provider = {
  cimClass: defineClass({ name: 'StdRegProv', namespace: 'root/default', properties: {} }),
  instances: () => [],
  staticMethods: ['EnumKey', 'EnumValues', 'GetStringValue', 'GetDWORDValue', 'GetBinaryValue'],
  methods: {
    EnumKey: (machine, _row, input) => {
      const key = keyOf(machine, input);
      return key
        ? { returnValue: 0, output: { sNames: [...key.keys] } }
        : { returnValue: fileNotFound, output: { sNames: null } };
    },
    EnumValues: (machine, _row, input) => {
      const key = keyOf(machine, input);
      if (!key) return { returnValue: fileNotFound, output: { sNames: null, Types: null } };
      const types = [...key.values.values()].map(({ type }) => type);
      return { returnValue: 0, output: { sNames: [...key.values.keys()], Types: types } };
    },
    GetStringValue: value(1, 'sValue'),
    GetDWORDValue: value(4, 'uValue'),
    GetBinaryValue: value(3, 'uValue'),
  },
};
