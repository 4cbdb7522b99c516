import { describe, expect, test } from 'vitest';
import type { MachineSettings } from '../../../shared/contract/machines.ts';
import type {
  DriftRow,
  StoreCertificate,
  WinrmConfiguration,
  WinrmListener,
  WinrmSetting,
} from '../../../shared/contract/winrm-settings.ts';
import type { DraftChange } from '../../stores/winrm-draft.ts';
import type { ApplyRun } from '../../stores/winrm-settings.ts';
import { winrmCommand } from './command.ts';
import { listenerRows, mappingRows } from './draft-rows.ts';
import { countDrift, driftAsCsv, driftRank, driftWords, groupDrift } from './drift-view.ts';
import {
  addressOf,
  emptyListener,
  formOf,
  listenerChange,
  listenerProblems,
  sortCertificates,
  withCertificate,
} from './listener-form.ts';
import {
  filterSettings,
  fullName,
  groupOf,
  humanPluginValue,
  humanValue,
  labelOf,
  lockSentence,
  lockWords,
  settingRows,
  whyWrong,
  whyWrongInPlugin,
  withMeaning,
} from './setting-view.ts';
import { runVerdict, shortPrint } from './words.ts';

const setting = (path: string, more: Partial<WinrmSetting> = {}): WinrmSetting => ({
  path,
  value: { kind: 'flag' },
  current: 'false',
  default: 'false',
  meaning: '',
  lock: null,
  ...more,
});
const idle = setting('Winrs/IdleTimeout', {
  value: { kind: 'number', least: 60_000, most: 2147483647, unit: 'ms' },
  current: '7200000',
  default: '7200000',
});

describe('settings as rows', () => {
  test('belong to the part of winrm/config that their path names', () => {
    expect([groupOf('Service/Auth/Basic'), groupOf('Winrs/IdleTimeout'), groupOf('MaxTimeoutms')]).toEqual([
      'Service',
      'Winrs',
      '',
    ]);
    expect([labelOf('Service/Auth/Basic'), labelOf('MaxTimeoutms')]).toEqual(['Auth / Basic', 'MaxTimeoutms']);
    expect(fullName('Service/Auth/Basic')).toBe('Service / Auth / Basic');
  });

  test('a number says what it means', () => {
    expect(humanValue(idle, '7200000')).toBe('2 h');
    expect(humanValue(idle, '900000')).toBe('15 min');
    expect(humanValue(idle, '2147483647')).toBe('no limit');
    expect(
      humanValue(setting('MaxEnvelopeSizekb', { value: { kind: 'number', least: 32, most: 9, unit: 'KB' } }), '500'),
    ).toBe('500 KB');
    expect(humanValue(idle, 'soon')).toBeNull();
    expect(withMeaning(idle, '900000')).toBe('900000 (15 min)');
    expect(withMeaning(undefined, 'x')).toBe('x');
  });

  test('what the machine would refuse is wrong before it is sent', () => {
    expect(whyWrong(idle, '1')).toBe('60000 to 2147483647');
    expect(whyWrong(idle, '1e9')).toBe('a whole number');
    expect(whyWrong(idle, '900000')).toBeNull();
    expect(whyWrong(setting('x', { value: { kind: 'choice', choices: ['None', 'Strict'] } }), 'Lax')).toContain(
      'None, Strict',
    );
    expect(whyWrong(setting('x', { value: { kind: 'text', looks: 'thumbprint' } }), 'abc')).not.toBeNull();
    expect(whyWrong(setting('x', { value: { kind: 'text', looks: 'thumbprint' } }), '')).toBeNull();
  });

  test('a locked one says why, and only a policy sends to the policy', () => {
    const locked = (kind: 'policy' | 'read-only' | 'deprecated') =>
      setting('x', { lock: kind === 'policy' ? { kind, policy: null } : { kind } });
    expect(lockWords(setting('x'))).toBeNull();
    expect(lockWords(locked('policy'))).toBe('Set by Group Policy');
    expect(lockSentence(locked('policy'))).toContain('gpupdate');
    expect(lockSentence(locked('read-only'))).not.toContain('policy');
    expect(lockSentence(locked('deprecated'))).toContain('refuse to write');
  });

  test('chips add up, words narrow down', () => {
    const rows = settingRows(
      [
        setting('Service/Auth/Basic', { lock: { kind: 'policy', policy: null } }),
        setting('Client/TrustedHosts', { value: { kind: 'text', looks: 'hosts' }, current: '10.*', default: '' }),
        idle,
      ],
      [{ kind: 'set', path: 'Winrs/IdleTimeout', value: '1' }],
    );
    const paths = (text: string, ...filters: ('changed' | 'locked' | 'not-default')[]) =>
      filterSettings(rows, text, new Set(filters)).map((row) => row.setting.path);
    expect(rows[2]).toMatchObject({ text: '1', changed: true, wrong: '60000 to 2147483647' });
    expect(paths('', 'locked')).toEqual(['Service/Auth/Basic']);
    expect(paths('', 'changed', 'not-default')).toEqual(['Client/TrustedHosts', 'Winrs/IdleTimeout']);
    expect(paths('winrs idle')).toEqual(['Winrs/IdleTimeout']);
    expect(paths('10.*')).toEqual(['Client/TrustedHosts']);
    expect(paths('winrs', 'locked')).toEqual([]);
  });
});

const certificate = (thumbprint: string, more: Partial<StoreCertificate> = {}): StoreCertificate => ({
  thumbprint,
  subject: 'CN=a',
  issuer: 'CN=ca',
  names: [],
  validFromAt: 0,
  validToAt: 10,
  serverAuthentication: true,
  hasPrivateKey: true,
  hostname: 'a.example',
  unsuitable: [],
  ...more,
});

test('a property of a plug-in says what its number means, and what is no number is none', () => {
  expect(humanPluginValue('ProcessIdleTimeoutSec', '0')).toBe('no limit');
  expect(humanPluginValue('ProcessIdleTimeoutSec', '900')).toBe('15 min');
  expect(humanPluginValue('Quotas/IdleTimeoutms', '7200000')).toBe('2 h');
  expect(humanPluginValue('Quotas/MaxShellsPerUser', '2147483647')).toBe('no limit');
  expect(humanPluginValue('Quotas/MaxShellsPerUser', '30')).toBeNull();
  expect(humanPluginValue('OutputBufferingMode', '1')).toBeNull();
  expect(whyWrongInPlugin('Quotas/MaxShellsPerUser', 'many')).not.toBeNull();
  expect(whyWrongInPlugin('Quotas/MaxShellsPerUser', '12')).toBeNull();
  expect(whyWrongInPlugin('OutputBufferingMode', 'Drop')).toBeNull();
});

describe('the form of a listener', () => {
  const good = certificate('A'.repeat(40));
  const bad = certificate('B'.repeat(40), { unsuitable: ['It has expired.'], validToAt: 99 });

  test('writes the address as WinRM does and reads it back', () => {
    expect(addressOf(emptyListener)).toBe('*');
    expect(addressOf({ ...emptyListener, kind: 'ip', address: ' 10.0.0.4 ' })).toBe('IP:10.0.0.4');
    const listener: WinrmListener = {
      address: 'MAC:00-11-22-33-44-55',
      transport: 'HTTPS',
      port: 443,
      hostname: 'a',
      enabled: false,
      urlPrefix: 'wsman',
      thumbprint: good.thumbprint,
      listeningOn: [],
      source: null,
      carriesThisConnection: false,
    };
    expect(formOf(listener)).toMatchObject({ kind: 'mac', address: '00-11-22-33-44-55', port: '443', enabled: false });
    expect(listenerChange(formOf(listener), listener)).toEqual({
      kind: 'edit-listener',
      address: 'MAC:00-11-22-33-44-55',
      transport: 'HTTPS',
      port: 443,
      hostname: 'a',
      enabled: false,
      urlPrefix: 'wsman',
      thumbprint: good.thumbprint,
    });
  });

  test('says field by field what will not do', () => {
    const problems = (form: Partial<typeof emptyListener>, taken: { address: string; transport: string }[] = []) =>
      Object.keys(listenerProblems({ ...emptyListener, ...form }, [good, bad], taken));
    expect(problems({})).toEqual([]);
    expect(problems({ kind: 'ip', address: 'here' })).toEqual(['address']);
    expect(problems({ kind: 'ip', address: 'fe80::1' })).toEqual([]);
    expect(problems({}, [{ address: '*', transport: 'HTTP' }])).toEqual(['address']);
    expect(problems({}, [{ address: '*', transport: 'HTTPS' }])).toEqual([]);
    expect(problems({ port: '70000' })).toEqual(['port']);
    expect(problems({ urlPrefix: '/wsman' })).toEqual(['urlPrefix']);
    expect(problems({ transport: 'HTTPS' })).toEqual(['certificate']);
    expect(problems({ transport: 'HTTPS', certificate: bad.thumbprint })).toEqual(['certificate']);
    expect(problems({ transport: 'HTTPS', hostname: 'a.example' })).toEqual([]);
    expect(problems({ transport: 'HTTPS', certificate: good.thumbprint, hostname: 'A.example' })).toEqual([]);
    expect(problems({ transport: 'HTTPS', certificate: good.thumbprint, hostname: 'b.example' })).toEqual(['hostname']);
  });

  test('in one that exists, what is left empty is said to the machine and not left as it was', () => {
    const existing = { address: '*', transport: 'HTTPS', thumbprint: good.thumbprint } as WinrmListener;
    expect(
      listenerChange({ ...emptyListener, transport: 'HTTPS', port: '', hostname: '', certificate: '' }, existing),
    ).toMatchObject({ kind: 'edit-listener', port: 5986, hostname: '', thumbprint: '' });
  });

  test('a certificate brings its host name; those that will do come first', () => {
    expect(withCertificate(emptyListener, good.thumbprint, [good]).hostname).toBe('a.example');
    expect(sortCertificates([bad, good])).toEqual([good, bad]);
    // HTTP has none, whatever was chosen before.
    expect(listenerChange({ ...emptyListener, certificate: good.thumbprint }, null)).toMatchObject({
      thumbprint: null,
      port: null,
    });
  });
});

describe('listeners and mappings with their draft', () => {
  const listener: WinrmListener = {
    address: '*',
    transport: 'HTTPS',
    port: 5986,
    hostname: 'a.example',
    enabled: true,
    urlPrefix: 'wsman',
    thumbprint: 'A'.repeat(40),
    listeningOn: ['10.0.0.4'],
    source: null,
    carriesThisConnection: true,
  };
  const mapping = {
    issuer: 'C'.repeat(40),
    subject: '*@corp.example',
    uri: '*',
    userName: 'one',
    enabled: true,
    source: null,
  };
  const configuration = { listeners: [listener], mappings: [mapping] } as unknown as WinrmConfiguration;

  test('an edited listener has the drafted values, so that a second edit begins with the first', () => {
    const change = {
      ...listenerChange({ ...formOf(listener), port: '8443', enabled: false }, listener),
      hostname: null,
    } as const;
    const [row] = listenerRows(configuration, [change as DraftChange]);
    expect(row).toEqual({ item: { ...listener, port: 8443, enabled: false }, drafted: 'edited' });
    expect(formOf(row!.item)).toMatchObject({ port: '8443', enabled: false, hostname: 'a.example' });
  });

  test('a deleted one stays as it is; a new one has the port of its transport', () => {
    expect(listenerRows(configuration, [])).toEqual([{ item: listener, drafted: null }]);
    expect(listenerRows(configuration, [{ kind: 'delete-listener', address: '*', transport: 'HTTPS' }])).toEqual([
      { item: listener, drafted: 'deleted' },
    ]);
    const [, created] = listenerRows(configuration, [listenerChange(emptyListener, null)]);
    expect(created).toMatchObject({ item: { address: '*', transport: 'HTTP', port: 5985 }, drafted: 'created' });
  });

  test('mappings alike, whatever the case of the thumbprint', () => {
    const issuer = mapping.issuer.toLowerCase();
    const edit = { kind: 'edit-mapping', issuer, subject: mapping.subject, uri: '*', userName: 'two' } as const;
    expect(mappingRows(configuration, [{ ...edit, enabled: true, newPassword: false }])).toEqual([
      { item: { ...mapping, userName: 'two' }, drafted: 'edited' },
    ]);
  });
});

describe('the line that does the same', () => {
  const target: MachineSettings = {
    name: 'web01',
    address: 'web01',
    transport: 'http',
    port: 5985,
    path: 'wsman',
    signIn: 'negotiate',
  } as MachineSettings;

  test('is true: settings of one resource together, one resource at a time', () => {
    expect(winrmCommand([], target, null)).toBe('winrm get winrm/config -r:web01');
    expect(
      winrmCommand(
        [
          { kind: 'set', path: 'Service/Auth/Basic', value: 'true' },
          { kind: 'set', path: 'Service/IPv4Filter', value: '10.0.0.1-10.0.0.9' },
          { kind: 'set', path: 'Service/MaxConnections', value: '200' },
        ],
        target,
        null,
      ),
    ).toBe('winrm set winrm/config/service @{IPv4Filter="10.0.0.1-10.0.0.9";MaxConnections="200"} -r:web01');
    expect(winrmCommand([{ kind: 'delete-listener', address: '*', transport: 'HTTPS' }], target, null)).toBe(
      'winrm delete winrm/config/listener?Address=*+Transport=HTTPS -r:web01',
    );
    expect(winrmCommand([{ kind: 'restore', what: 'config' }], target, null)).toBe(
      'winrm invoke restore winrm/config @{} -r:web01',
    );
  });
});

describe('how applying ended', () => {
  const run = (more: Partial<ApplyRun>): ApplyRun => ({
    count: 2,
    startedAt: 0,
    steps: [],
    result: null,
    problem: null,
    endedAt: null,
    ...more,
  });
  test('is said plainly, and only a confirmed change is called confirmed', () => {
    const confirm = {
      phase: 'confirm',
      outcome: 'passed',
      words: '',
      revertAt: null,
      problem: null,
      result: null,
    } as const;
    expect(runVerdict(run({}), 'web01')).toBeNull();
    expect(runVerdict(run({ result: 'applied', steps: [confirm] }), 'web01')?.words).toBe(
      'Confirmed. All 2 changes to web01 stand.',
    );
    expect(runVerdict(run({ result: 'applied' }), 'web01')?.words).toMatch(/^Applied\./);
    expect(runVerdict(run({ result: 'reverted' }), 'web01')?.words).toMatch(/^Reverted\./);
    for (const result of ['unreachable', 'lost'] as const) {
      expect(runVerdict(run({ result }), 'web01')).toMatchObject({
        tint: 'crit',
        words: expect.stringMatching(/^Unknown\./),
      });
    }
    const planted = { ...confirm, phase: 'plant-revert' } as const;
    const refused = { ...confirm, phase: 'apply', outcome: 'failed', result: 'refused' } as const;
    const next = (...steps: ApplyRun['steps']) => runVerdict(run({ result: 'refused', steps }), 'web01')?.next;
    expect(next(refused)).toBe('What was done before the refusal stands in the steps.');
    expect(next(planted, refused)).toBe('Nothing was changed, and the planted revert was taken away.');
    expect(next(planted, { ...refused, revertAt: 60_000 })).toMatch(/could not be taken away\. It runs on web01 at /);
    expect(runVerdict(run({ result: 'unreachable', steps: [planted] }), 'web01')?.next).toMatch(/taken back/);
    expect(runVerdict(run({ result: 'unreachable' }), 'web01')?.next).toMatch(/^No revert was planted/);
    expect(shortPrint('6C1F9A03D4E5F60718293A4B5C6D7E8F901277B1')).toBe('6C1F 9A03 … 77B1');
  });
});

describe('drift', () => {
  const row = (machineId: string, right: string | null): DriftRow => ({
    machineId,
    outcome: right === null ? 'same' : 'drifted',
    differences: right === null ? [] : [{ subject: 'Service/MaxConnections', left: '300', right, expected: false }],
    problem: null,
    readAt: 1,
  });
  const failed: DriftRow = { ...row('f', null), outcome: 'failed' };

  test('machines that differ alike stand together, what differs first', () => {
    const rows = [row('a', null), row('b', '25'), failed, row('c', '25'), row('d', '7'), row('e', null)];
    expect(countDrift(rows)).toEqual({ same: 2, drifted: 3, failed: 1 });
    expect(groupDrift(rows).map((group) => group.map((one) => one.machineId).join(''))).toEqual(['bc', 'd', 'f', 'ae']);
  });

  test('CSV: one line per difference; what a machine says becomes no formula', () => {
    expect(driftAsCsv([row('a', null), row('b', '=cmd|"x"')], (id) => `machine ${id}`).split('\r\n')).toEqual([
      'machine,outcome,setting,expected,found',
      'machine a,same,,,',
      `machine b,drifted,Service/MaxConnections,300,"'=cmd|""x"""`,
    ]);
  });

  test('as a column: how many settings, from what; those never compared have nothing to say', () => {
    const known = (one: DriftRow) => ({ row: one, against: 'web01' });
    expect(driftWords(undefined)).toBeNull();
    expect(driftWords(known(row('a', '5')))?.short).toBe('1 setting');
    expect(driftWords(known(row('a', '5')))?.sentence).toMatch(/^1 WinRM setting differs from web01, read at /);
    expect(driftWords(known(row('a', null)))?.short).toBe('none');
    expect(driftWords(known(failed))?.short).toBe('not read');
    expect([row('a', '5'), row('a', null), failed].map((one) => driftRank(known(one)))).toEqual([1, 0, -1]);
    expect(driftRank(undefined)).toBeNull();
  });
});
