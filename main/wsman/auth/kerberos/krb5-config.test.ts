import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readKrb5Config } from './krb5-config.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'windeck-krb5-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const use = (...names: string[]) => vi.stubEnv('KRB5_CONFIG', names.map((name) => join(folder, name)).join(':'));

test('realms, and which hosts are theirs; comments, braces and included files', async () => {
  mkdirSync(join(folder, 'd'));
  write('d/realm.conf', '[realms]\nINCLUDED.EXAMPLE = {\n kdc = k\n}\n');
  write('d/ignored.conf~', '[realms]\nIGNORED = {\n}\n');
  write(
    'krb5.conf',
    `# a comment = {\nincludedir ${join(folder, 'd')}\ninclude ${join(folder, 'krb5.conf')}\n[libdefaults]\n\tdefault_realm = CORP.EXAMPLE\n` +
      '[realms]\r\nCORP.EXAMPLE = {\n  kdc = dc1\n  auth_to_local_names = {\n    a = b\n  }\n  NOT.A.REALM = x\n}\n; another\n' +
      '[domain_realm]\n .Corp.Example = CORP.EXAMPLE\n web.example = "Web.Example"\n .corp.example = SECOND\n',
  );
  use('krb5.conf');
  const config = await readKrb5Config();
  expect(config.realms).toEqual(['INCLUDED.EXAMPLE', 'CORP.EXAMPLE', 'Web.Example', 'SECOND']);
  expect([...config.domainRealm]).toEqual([
    ['.corp.example', 'CORP.EXAMPLE'],
    ['web.example', 'Web.Example'],
  ]);
});

test('several files, of which some are missing', async () => {
  write('a', '[libdefaults]\ndefault_realm = A.EXAMPLE');
  write('b', '[domain_realm]\nb.example = B.EXAMPLE');
  use('a', 'missing', 'b');
  expect((await readKrb5Config()).realms).toEqual(['A.EXAMPLE', 'B.EXAMPLE']);
  use('missing');
  expect(await readKrb5Config()).toEqual({ realms: [], domainRealm: new Map() });
});

test('a fleet that signs in reads the files once, and a change is seen after a second', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(5000);
  write('krb5.conf', '[libdefaults]\ndefault_realm = A.EXAMPLE');
  use('krb5.conf');
  expect((await readKrb5Config()).realms).toEqual(['A.EXAMPLE']);
  write('krb5.conf', '[libdefaults]\ndefault_realm = B.EXAMPLE');
  clock.mockReturnValue(5999);
  expect((await readKrb5Config()).realms).toEqual(['A.EXAMPLE']);
  clock.mockReturnValue(6000);
  expect((await readKrb5Config()).realms).toEqual(['B.EXAMPLE']);
  clock.mockRestore();
});
