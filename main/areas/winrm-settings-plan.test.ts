import { expect, it } from 'vitest';
import type { WinrmChange } from '../../shared/contract/winrm-settings.ts';
import { type ConfigMapping, generationOf, type WinrmConfig } from '../wsman/index.ts';
import { passwordFor, planOfChanges } from './winrm-settings-plan.ts';
import type { Reading } from './winrm-settings-read.ts';

const mapping: ConfigMapping = {
  issuer: 'AB'.repeat(20),
  subject: 'Anna@Corp.example',
  uri: '*',
  userName: 'anna',
  enabled: true,
  source: null,
};
const config: WinrmConfig = { settings: [], listeners: [], mappings: [mapping], plugins: [] };
const reading: Reading = {
  read: { config, mappingsError: null, pluginsError: null },
  generation: generationOf('3.0', '10.0.20348'),
  own: { transport: 'http', port: 5985, path: 'wsman', mechanism: 'NTLM', insideSpnego: true, isClearText: false },
};
const edit: WinrmChange = {
  kind: 'edit-mapping',
  issuer: mapping.issuer.toLowerCase(),
  subject: 'anna@corp.example',
  uri: '*',
  userName: 'anna',
  enabled: true,
  password: 'another-one',
};

it('a new password alone reaches its mapping, whose names compare without case, and stands in no line', () => {
  const plan = planOfChanges(reading, [edit], 'auto');
  expect(plan.refusals).toEqual([]);
  expect(plan.operations).toEqual([{ kind: 'put-mapping', mapping }]);
  expect(passwordFor([edit], mapping)).toBe('another-one');
  expect(passwordFor([{ ...edit, password: null }], mapping)).toBeNull();
  expect(passwordFor([{ ...edit, uri: 'http://other/*' }], mapping)).toBeNull();
  expect(JSON.stringify([plan.lines, plan.revert])).not.toContain('another-one');
});
