import { expect, test } from 'vitest';
import { AuthenticationError, explainFailure } from '../../wsman/index.ts';
import { asArgument, fixOf } from './cause.ts';

test.each([
  ['On the machine: sc query winrm', 'On the machine:', 'sc query winrm'],
  ['See whose it is: setspn -Q HTTP/web01', 'See whose it is:', 'setspn -Q HTTP/web01'],
  ['Enable it, if it is disabled: Enable-ADAccount bob', 'Enable it, if it is disabled:', 'Enable-ADAccount bob'],
  ['It offers: nothing that helps', 'It offers: nothing that helps', null],
  ['Check the spelling.', 'Check the spelling.', null],
])('%s', (advice, text, command) => {
  expect(fixOf(advice)).toEqual({ text, command });
});

test('the advice for a failed sign-in gives its commands', () => {
  const { advice } = explainFailure(new AuthenticationError('x', { reason: 'spn-wrong-account' }));
  expect(advice.map(fixOf).filter(({ command }) => command !== null)).toHaveLength(2);
});

test('nothing that a shell would act on gets into a command', () => {
  expect(asArgument('web01.corp.example')).toBe('web01.corp.example');
  expect(asArgument('web01;reboot')).toBe('HOST');
  expect(asArgument('$(x)')).toBe('HOST');
});
