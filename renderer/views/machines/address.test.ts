import { expect, it } from 'vitest';
import { isLoopback, type ParsedAddress, parseAddress } from './address.ts';

it.each<[string, ParsedAddress]>([
  ['', { address: '' }],
  ['  HQ-DC01 ', { address: 'HQ-DC01' }],
  ['hq-dc01.corp.example.', { address: 'hq-dc01.corp.example.' }],
  ['10.0.0.7', { address: '10.0.0.7' }],
  ['localhost', { address: 'localhost' }],
  ['srv:5986', { address: 'srv', port: 5986 }],
  ['srv:', { address: 'srv' }],
  ['10.0.0.7:80', { address: '10.0.0.7', port: 80 }],
  ['::1', { address: '::1' }],
  ['fe80::1%3', { address: 'fe80::1%3' }],
  ['2001:db8:0:0:0:0:0:1', { address: '2001:db8:0:0:0:0:0:1' }],
  ['::ffff:10.0.0.7', { address: '::ffff:10.0.0.7' }],
  ['[::1]:5986', { address: '::1', port: 5986 }],
  ['[fe80::1]', { address: 'fe80::1' }],
  ['http://srv', { address: 'srv', transport: 'http' }],
  ['https://srv:5986/wsman', { address: 'srv', port: 5986, transport: 'https', path: 'wsman' }],
  ['HTTPS://[::1]:443/wsman/', { address: '::1', port: 443, transport: 'https', path: 'wsman' }],
  ['http://srv/wsman?x=1', { address: 'srv', transport: 'http', path: 'wsman' }],
  ['\\\\HQ-FS01\\share', { address: 'HQ-FS01' }],
  ['büro-pc', { address: 'büro-pc' }],
])('%s', (text, expected) => {
  expect(parseAddress(text)).toEqual(expected);
});

it.each([
  ['ftp://srv', /http and https/],
  ['srv:99999', /1 to 65535/],
  ['srv:abc', /1 to 65535/],
  ['two words', /spaces/],
  ['user@srv', /credential/],
  ['10.0.0.300', /255/],
  ['1:2:3', /IPv6/],
  ['1::2::3', /IPv6/],
  ['[srv]:80', /IPv6/],
  [':5985', /missing/],
  ['srv/wsman', /http:\/\//],
  ['http://srv/a b', /path/],
  ['a;b', /;/],
])('%s is refused in words', (text, words) => {
  expect(parseAddress(text).problem).toMatch(words);
});

it('knows this computer itself', () => {
  expect(['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '::1'].every(isLoopback)).toBe(true);
  expect(['localhost.example', '10.0.0.1', '::2'].some(isLoopback)).toBe(false);
});
