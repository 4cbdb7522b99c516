import { expect, it } from 'vitest';
import { formatRoute, parseRoute, type Route } from './router.ts';

it.each<Route>([
  { view: 'machines' },
  { view: 'console' },
  { view: 'settings', tab: 'general' },
  { view: 'settings', tab: 'credentials' },
  { view: 'settings', tab: 'ntlm' },
  { view: 'machine', machineId: 'a1', tab: 'services' },
  { view: 'diagnose', machineId: 'a1' },
  { view: 'machine', machineId: 'ü/?#%', tab: 'overview' },
])('a route survives the address bar: %o', (route) => {
  expect(parseRoute(formatRoute(route))).toEqual(route);
});

it.each([
  ['', { view: 'machines' }],
  ['#/settings/nonsense', { view: 'settings', tab: 'general' }],
  ['#/nonsense', { view: 'machines' }],
  ['#/machines/a1', { view: 'machine', machineId: 'a1', tab: 'overview' }],
  ['#/machines/%E0%A4%A', { view: 'machines' }],
])('%s', (hash, expected) => {
  expect(parseRoute(hash)).toEqual(expected);
});
