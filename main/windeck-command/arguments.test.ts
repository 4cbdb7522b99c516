import { describe, expect, test } from 'vitest';
import { CommandLineError } from '../winrm-command/command.ts';
import { parseOwnArguments } from './arguments.ts';

const rules = [
  { name: 'format', spellings: ['f', 'format'], value: 'required' },
  { name: 'all', spellings: ['all'], value: 'none' },
] as const;

describe('arguments of our own commands', () => {
  test('the connection is said as in winrm, own switches and operands stand anywhere', () => {
    const { connection, operands, own, help } = parseOwnArguments(
      ['-r:https://web01:8443', 'first', '-FORMAT:"json"', '-u:CORP\\anna', '-p:x', '-all', '--', '-second'],
      rules,
    );
    expect(connection.endpoint).toEqual({ host: 'web01', port: 8443, transport: 'https', path: '/wsman' });
    expect(connection.userName).toBe('CORP\\anna');
    expect(operands).toEqual(['first', '-second']);
    expect([...own]).toEqual([
      ['format', 'json'],
      ['all', ''],
    ]);
    expect(help).toBe(false);
  });

  test('help is seen', () => {
    expect(parseOwnArguments(['-?'], rules).help).toBe(true);
  });

  test('a dash alone is an operand', () => {
    expect(parseOwnArguments(['-', '-all'], rules).operands).toEqual(['-']);
  });

  test.each([
    [['-format'], 'needs a value'],
    [['-format:'], 'needs a value'],
    [['-all:yes'], 'takes no value'],
    [['-all', '-all'], 'given twice'],
    [['-wrong:SECRET'], 'winrm has no switch -wrong'],
    [['-filter:x'], 'does not go with'],
  ])('%j is refused', (args, words) => {
    expect(() => parseOwnArguments(args, rules)).toThrow(CommandLineError);
    expect(() => parseOwnArguments(args, rules)).toThrow(words);
    expect(() => parseOwnArguments(args, rules)).not.toThrow('SECRET');
  });
});
