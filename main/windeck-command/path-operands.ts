/** Paths, and base64, may begin with a slash, which elsewhere in the language of winrm begins a switch. */
import type { OwnSwitch } from './arguments.ts';

/** The same arguments with every word that is no switch of ours behind `--`, where it is an operand whatever it looks like. */
export function withSlashOperands(args: readonly string[], rules: readonly OwnSwitch<string>[]): readonly string[] {
  const end = args.indexOf('--');
  const words = end < 0 ? args : args.slice(0, end);
  const spellings = new Set(['?', 'help', ...rules.flatMap((rule) => rule.spellings)]);
  const isSwitch = (word: string): boolean => {
    if (!word.startsWith('/')) return /^-./.test(word);
    return spellings.has(word.slice(1).split(':', 1)[0]!.toLowerCase());
  };
  const operands = words.filter((word) => !isSwitch(word));
  return [...words.filter(isSwitch), '--', ...operands, ...(end < 0 ? [] : args.slice(end + 1))];
}
