import { expect, it } from 'vitest';
import { storedConfig } from './winrm-snapshots.ts';

const plugin = {
  name: 'WMI Provider',
  fileName: 'WsmWmiPl.dll',
  quotas: [{ name: 'MaxShells', value: '25' }],
  resources: [{ resourceUri: 'http://schemas.microsoft.com/wbem/wsman/1/wmi' }],
};
const config = { settings: [{ path: 'MaxTimeoutms', value: '60000' }], listeners: [], mappings: [], plugins: [plugin] };

it('takes what was saved', () => {
  expect(storedConfig({ name: 'Golden', config })).toBe(config);
});

it.each([
  ['nothing', null],
  ['a text', 'config'],
  ['a part missing', { ...config, mappings: undefined }],
  ['a setting without a value', { ...config, settings: [{ path: 'MaxTimeoutms' }] }],
  ['a listener that is none', { ...config, listeners: [null] }],
  ['a plug-in without quotas', { ...config, plugins: [{ ...plugin, quotas: null }] }],
  ['a resource that is a number', { ...config, plugins: [{ ...plugin, resources: [7] }] }],
])('refuses what somebody has changed: %s', (_, changed) => {
  expect(() => storedConfig({ name: 'Golden', config: changed })).toThrow('The snapshot “Golden” cannot be read');
});
