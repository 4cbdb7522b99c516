import { expect, test } from 'vitest';
import type { Krb5Config } from './krb5-config.ts';
import { principalOf, servicePrincipalOf } from './principal.ts';

const config: Krb5Config = {
  realms: ['CORP.EXAMPLE', 'Mixed.Example', 'EMEA.CORP.EXAMPLE', 'TWIN.A', 'TWIN.B'],
  domainRealm: new Map([
    ['.corp.example', 'CORP.EXAMPLE'],
    ['emea.corp.example', 'EMEA.CORP.EXAMPLE'],
    ['odd.corp.example', 'Mixed.Example'],
  ]),
};
const source = { config, defaultRealm: () => 'CORP.EXAMPLE' };

test.each([
  ['alice', 'alice@CORP.EXAMPLE'],
  ['alice@CORP.EXAMPLE', 'alice@CORP.EXAMPLE'],
  ['alice@corp.example', 'alice@CORP.EXAMPLE'],
  ['alice@mixed.example', 'alice@Mixed.Example'],
  ['alice@elsewhere.example', 'alice@ELSEWHERE.EXAMPLE'],
  ['CORP\\alice', 'alice@CORP.EXAMPLE'],
  ['corp\\alice', 'alice@CORP.EXAMPLE'],
  ['EMEA\\alice', 'alice@EMEA.CORP.EXAMPLE'],
  ['emea.corp.example\\alice', 'alice@EMEA.CORP.EXAMPLE'],
  ['a@b@corp.example', 'a\\@b@CORP.EXAMPLE'],
  ['svc/web', 'svc/web@CORP.EXAMPLE'],
])('%s is %s', (userName, principal) => {
  expect(principalOf(userName, source)).toBe(principal);
});

test('the default realm wins among realms of the same first label', () => {
  expect(principalOf('TWIN\\a', { config, defaultRealm: () => 'TWIN.B' })).toBe('a@TWIN.B');
});

test.each([
  ['.\\alice', 'CORP.EXAMPLE', /machine itself/],
  ['OTHER\\alice', 'CORP.EXAMPLE', /OTHER fits no realm/],
  ['TWIN\\alice', 'CORP.EXAMPLE', /more than one/],
  ['alice', null, /user@REALM/],
])('%s with default realm %s has no realm', (userName, defaultRealm, message) => {
  const attempt = () => principalOf(userName, { config, defaultRealm: () => defaultRealm });
  expect(attempt).toThrow(message);
  expect(attempt).toThrow(expect.objectContaining({ reason: 'no-realm' }));
});

test.each([
  ['HTTP/web01.corp.example', 'HTTP/web01.corp.example@CORP.EXAMPLE'],
  ['HTTP/web01.CORP.example:5985', 'HTTP/web01.CORP.example:5985@CORP.EXAMPLE'],
  ['HOST/emea.corp.example', 'HOST/emea.corp.example@EMEA.CORP.EXAMPLE'],
  ['HTTP/web01.emea.corp.example', 'HTTP/web01.emea.corp.example@EMEA.CORP.EXAMPLE'],
  ['HTTP/odd.corp.example', 'HTTP/odd.corp.example@Mixed.Example'],
  ['HTTP/web01', 'HTTP/web01@'],
  ['HTTP/web01@OTHER', 'HTTP/web01@OTHER'],
])('the service %s is %s', (spn, principal) => {
  expect(servicePrincipalOf(spn, config)).toBe(principal);
});
