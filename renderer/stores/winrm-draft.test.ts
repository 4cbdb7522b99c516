import { describe, expect, test } from 'vitest';
import type { WinrmConfiguration, WinrmListener } from '../../shared/contract/winrm-settings.ts';
import {
  changeKey,
  type Draft,
  type DraftChange,
  needsPassword,
  passwordForPreview,
  putChange,
  settleDraft,
  toChanges,
} from './winrm-draft.ts';

const listener: WinrmListener = {
  address: '*',
  transport: 'HTTP',
  port: 5985,
  hostname: '',
  enabled: true,
  urlPrefix: 'wsman',
  thumbprint: '',
  listeningOn: ['127.0.0.1'],
  source: null,
  carriesThisConnection: true,
};
const issuer = 'AA11223344556677889900112233445566778899';
const configuration: WinrmConfiguration = {
  readAt: 1,
  source: 'config',
  denied: null,
  stack: null,
  generation: null,
  listeners: [listener],
  settings: [
    {
      path: 'Service/Auth/Basic',
      value: { kind: 'flag' },
      current: 'false',
      default: 'false',
      meaning: '',
      lock: null,
    },
  ],
  mappings: [{ issuer, subject: 'alice', uri: '*', userName: 'alice', enabled: true, source: null }],
  mappingsProblem: null,
  plugins: [
    {
      name: 'WMI Provider',
      fileName: 'WsmWmiPl.dll',
      enabled: true,
      sdkVersion: '1',
      runAsUser: null,
      useSharedProcess: null,
      autoRestart: null,
      processIdleTimeoutSeconds: 0,
      outputBufferingMode: 'Block',
      quotas: [{ name: 'MaxShellsPerUser', value: '30' }],
      resources: [],
      neededFor: null,
    },
  ],
  pluginsProblem: null,
  certificates: [],
  certificatesProblem: null,
  pendingReverts: [],
  fingerprint: 'x',
};
const put = (draft: Draft, ...changes: DraftChange[]): Draft =>
  changes.reduce((before, change) => putChange(before, change, configuration), draft);
const basic = (value: string): DraftChange => ({ kind: 'set', path: 'Service/Auth/Basic', value });
const values = { port: 80, hostname: null, enabled: true, urlPrefix: 'wsman', thumbprint: null };
const created: DraftChange = { kind: 'create-listener', address: 'IP:10.0.0.4', transport: 'HTTP', ...values };
const mapping = { issuer, subject: 'bob', uri: '*', userName: 'bob', enabled: true } as const;

describe('what is drafted for a machine', () => {
  test('the later change of one thing replaces the earlier in its place, and back to what is, is none', () => {
    const draft = put([], basic('true'), created);
    expect(draft.map(changeKey)).toEqual(['set Service/Auth/Basic', 'listener IP:10.0.0.4+HTTP']);
    expect(put(draft, basic('maybe')).map(changeKey)).toEqual(draft.map(changeKey));
    expect(put(draft, basic('false'))).toEqual([created]);
    expect(
      put([], { kind: 'set-plugin', name: 'WMI Provider', property: 'Quotas/MaxShellsPerUser', value: '30' }),
    ).toEqual([]);
    expect(put([], { kind: 'set-plugin', name: 'WMI Provider', property: 'Enabled', value: 'false' })).toHaveLength(1);
  });

  test('what is only drafted is edited and deleted in the draft, not on the machine', () => {
    const edited: DraftChange = { ...created, kind: 'edit-listener', port: 8080 };
    expect(put([], created, edited)).toEqual([{ ...edited, kind: 'create-listener' }]);
    expect(put([], created, { kind: 'delete-listener', address: 'IP:10.0.0.4', transport: 'HTTP' })).toEqual([]);
    const map: DraftChange = { kind: 'create-mapping', ...mapping, newPassword: true };
    expect(put([], map, { kind: 'edit-mapping', ...mapping, userName: 'carol', newPassword: false })).toEqual([
      { ...map, userName: 'carol' },
    ]);
    // One that the machine has is deleted there.
    expect(put([], { kind: 'delete-listener', address: '*', transport: 'HTTP' })).toHaveLength(1);
  });

  test('what is to be deleted and then made anew is changed, since it is there', () => {
    const gone: DraftChange = { kind: 'delete-listener', address: '*', transport: 'HTTP' };
    const anew: DraftChange = { kind: 'create-listener', address: '*', transport: 'HTTP', ...values };
    expect(put([], gone, anew)).toEqual([{ ...anew, kind: 'edit-listener' }]);
    expect(put([], gone, { ...anew, port: null })).toEqual([]);
    const keys = { issuer, subject: 'alice', uri: '*' };
    const map: DraftChange = { kind: 'create-mapping', ...keys, userName: 'dave', enabled: true, newPassword: true };
    expect(put([], { kind: 'delete-mapping', ...keys }, map)).toEqual([{ ...map, kind: 'edit-mapping' }]);
  });

  test('an edit that leaves a listener as it is, is no change; null means: whatever the machine has', () => {
    const same: DraftChange = { kind: 'edit-listener', address: '*', transport: 'HTTP', ...values, port: null };
    expect(put([], same)).toEqual([]);
    expect(put([], { ...same, port: 5985, hostname: '' })).toEqual([]);
    expect(put([], { ...same, enabled: false })).toHaveLength(1);
  });

  test('a newer reading settles what has become true meanwhile', () => {
    const draft = put([], basic('true'), { kind: 'delete-mapping', issuer, subject: 'alice', uri: '*' });
    expect(draft).toHaveLength(2);
    const [setting] = configuration.settings;
    const newer = { ...configuration, settings: setting ? [{ ...setting, current: 'true' }] : [], mappings: [] };
    expect(settleDraft(draft, newer)).toEqual([]);
    expect(settleDraft(draft, configuration)).toEqual(draft);
  });

  test('a mapping is the same whatever the case of its thumbprint', () => {
    const key = (print: string) => changeKey({ kind: 'delete-mapping', issuer: print, subject: 'a', uri: '*' });
    expect(key(issuer.toLowerCase())).toBe(key(issuer));
    expect(key(issuer)).not.toBe(changeKey({ kind: 'delete-mapping', issuer, subject: 'a', uri: 'b' }));
  });

  test('passwords come in only when it is sent, each for its own change; a preview has none', () => {
    const draft = put(
      [],
      { kind: 'create-mapping', ...mapping, newPassword: true },
      { kind: 'edit-mapping', issuer, subject: 'alice', uri: '*', userName: 'dave', enabled: true, newPassword: false },
    );
    expect(draft.filter(needsPassword)).toHaveLength(1);
    expect(JSON.stringify(draft)).not.toContain('"password"');
    const asked: string[] = [];
    const sent = toChanges(draft, (key) => {
      asked.push(key);
      return 'typed';
    });
    expect(asked).toEqual([changeKey({ kind: 'delete-mapping', issuer, subject: 'bob', uri: '*' })]);
    expect(sent).toEqual([
      { kind: 'create-mapping', ...mapping, password: 'typed' },
      { kind: 'edit-mapping', issuer, subject: 'alice', uri: '*', userName: 'dave', enabled: true, password: null },
    ]);
    expect(toChanges(draft, passwordForPreview)[0]).toMatchObject({ password: '*' });
  });
});
