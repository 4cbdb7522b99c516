/** Faults of Kerberos, with Debian's krb5-kdc and the library of this computer. Where they are missing this suite fails. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Lab, type LabMachine, type Misbehaviour, startLab } from '../../lab/start-lab.ts';
import { forgetTickets } from '../../wsman/auth/kerberos/provider.ts';
import type { Target } from '../../wsman/index.ts';
import { freePort, run } from './bench.test-suite.ts';

let lab: Lab;
let machine: LabMachine;
let folder: string;
const before = process.env['KRB5_CONFIG'];
const rows: string[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'windeck-diagnose-'));
  lab = await startLab({ machines: 1, auth: 'kerberos' });
  machine = lab.machines[0]!;
}, 90_000);
beforeEach(async () => {
  process.env['KRB5_CONFIG'] = lab.krb5Config;
  forgetTickets();
  await lab.misbehave(machine.name, null);
});
afterAll(async () => {
  if (before === undefined) delete process.env['KRB5_CONFIG'];
  else process.env['KRB5_CONFIG'] = before;
  await lab?.close();
  rmSync(folder, { recursive: true, force: true });
  process.stdout.write(
    `\n| fault | layer | expected | said | ms | wire form |\n|---|---|---|---|---|---|\n${rows.join('\n')}\n`,
  );
});

/** The lab's krb5.conf with one change. */
function useConfig(change: (text: string) => string): void {
  const file = join(folder, 'krb5.conf');
  writeFileSync(file, change(readFileSync(lab.krb5Config!, 'utf8')));
  process.env['KRB5_CONFIG'] = file;
}

interface KerberosFault {
  readonly name: string;
  readonly source: string;
  readonly expected: string;
  readonly set?: readonly RegExp[];
  readonly misbehaviour?: Misbehaviour;
  readonly prepare?: () => Promise<void> | void;
  readonly target?: Partial<Target>;
  readonly userName?: string;
  readonly password?: string;
}

const faults: readonly KerberosFault[] = [
  {
    name: 'no KDC answers',
    source: 'RFC 4120 7.2: nobody at the port of the KDC',
    expected: 'sign-in-no-kdc',
    prepare: async () => {
      const port = await freePort();
      useConfig((text) => text.replace(/kdc = 127\.0\.0\.1:\d+/, `kdc = 127.0.0.1:${port}`));
    },
  },
  {
    name: 'the SPN is not registered',
    source: 'RFC 4120 7.5.9, KDC_ERR_S_PRINCIPAL_UNKNOWN (7)',
    expected: 'sign-in-spn-unknown',
    target: { spn: { serviceClass: 'HTTP', host: 'nobody.corp.example', withPort: false } },
  },
  {
    name: 'the SPN is on another account',
    source: 'RFC 4120 7.5.9, KRB_AP_ERR_MODIFIED (41) in the 401',
    expected: 'sign-in-spn-wrong-account',
    set: [/another account/, /lost its own password/, /another machine/],
    misbehaviour: { kind: 'spn-on-another-account' },
  },
  {
    name: 'clocks apart',
    source: 'RFC 4120 7.5.9, KRB_AP_ERR_SKEW (37) in the 401',
    expected: 'sign-in-clock-skew',
    misbehaviour: { kind: 'clock-skew' },
  },
  {
    name: 'Kerberos is switched off, only NTLM is left',
    source: 'RFC 4178 4.2.2 (reject); no Kerberos in WWW-Authenticate',
    expected: 'sign-in-scheme-not-offered',
    misbehaviour: { kind: 'ntlm-only' },
  },
  {
    name: 'a wrong password, said by the KDC',
    source: 'RFC 4120 7.5.9, KDC_ERR_PREAUTH_FAILED (24)',
    expected: 'sign-in-wrong-password',
    password: 'not this one',
  },
  {
    name: 'no such account',
    source: 'RFC 4120 7.5.9, KDC_ERR_C_PRINCIPAL_UNKNOWN (6)',
    expected: 'sign-in-unknown-user',
    userName: 'nobody@CORP.EXAMPLE',
  },
  {
    name: 'the machine is given by its address',
    source: 'winerror.h 0x8033810B (Kerberos and an address); nothing is sent',
    expected: 'sign-in-address-needs-name',
    target: { host: '127.0.0.1' },
  },
];

test.each(faults.map((each) => [each.name, each] as const))(
  '%s',
  async (_, fault) => {
    const {
      name,
      source,
      expected,
      set = [],
      misbehaviour,
      prepare,
      target,
      userName = machine.user,
      password = machine.password,
    } = fault;
    if (misbehaviour) await lab.misbehave(machine.name, misbehaviour);
    await prepare?.();
    const { verdict, milliseconds, attempts, steps } = await run({
      target: { host: 'localhost', port: machine.port, authentication: 'kerberos', ...target },
      userName,
      password,
    });
    const { cause, outcome } = verdict;
    const candidates = (cause.candidates ?? []).map(({ what }) => what);
    rows.push(
      `| ${name} | auth | ${expected} | ${cause.id}${candidates.length > 0 ? ` {${candidates.length}}` : ''} | ${milliseconds} | ${source} |`,
    );
    expect({ id: cause.id, sentence: cause.sentence, outcome }).toMatchObject({ id: expected, outcome: 'fails' });
    for (const each of set)
      expect(
        candidates.some((what) => each.test(what)),
        `${each} among ${candidates.join(' | ')}`,
      ).toBe(true);
    expect(attempts).toBeLessThanOrEqual(1);
    expect(steps.find(({ step }) => step === 'identify')?.state).toBe('passed');
  },
  30_000,
);

test('a machine of the realm that is well', async () => {
  const { verdict } = await run({
    target: { host: 'localhost', port: machine.port, authentication: 'kerberos' },
    userName: machine.user,
    password: machine.password,
  });
  expect(verdict).toMatchObject({ outcome: 'works', cause: { id: 'works' } });
});
