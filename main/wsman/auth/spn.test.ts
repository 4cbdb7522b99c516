import { expect, test } from 'vitest';
import { spnCandidates } from './spn.ts';

const target = { host: 'web01.corp.example', port: 5985, transport: 'http' } as const;
const choice = { serviceClass: null, host: null, withPort: false };

test.each([
  ['the defaults', target, undefined, ['HTTP/web01.corp.example', 'HOST/web01.corp.example']],
  ['a choice that chooses nothing', target, choice, ['HTTP/web01.corp.example', 'HOST/web01.corp.example']],
  ['a class', target, { ...choice, serviceClass: 'WSMAN' }, ['WSMAN/web01.corp.example']],
  [
    'another host',
    target,
    { ...choice, host: 'real.corp.example' },
    ['HTTP/real.corp.example', 'HOST/real.corp.example'],
  ],
  ['the port', target, { ...choice, serviceClass: 'HTTP', withPort: true }, ['HTTP/web01.corp.example:5985']],
  [
    'an address with a chosen host',
    { ...target, host: '10.0.0.1' },
    { ...choice, host: 'web01' },
    ['HTTP/web01', 'HOST/web01'],
  ],
  [
    'an absolute name',
    { ...target, host: 'web01.corp.example.' },
    undefined,
    ['HTTP/web01.corp.example', 'HOST/web01.corp.example'],
  ],
  [
    'a name outside ASCII',
    { ...target, host: 'bücher.example' },
    { ...choice, serviceClass: 'HTTP' },
    ['HTTP/xn--bcher-kva.example'],
  ],
  ['a name with an underscore', { ...target, host: 'old_box' }, { ...choice, serviceClass: 'HTTP' }, ['HTTP/old_box']],
])('%s', (_name, where, chosen, expected) => {
  expect(spnCandidates(where, chosen)).toEqual(expected);
});

test.each(['192.0.2.7', '2001:db8::7', 'fe80::1%eth0', '[2001:db8::7]'])('the address %s needs a name', (host) => {
  expect(() => spnCandidates({ ...target, host }, undefined)).toThrow(
    expect.objectContaining({ reason: 'address-needs-name' }),
  );
  expect(() => spnCandidates(target, { ...choice, host })).toThrow(
    expect.objectContaining({ reason: 'address-needs-name' }),
  );
});
